"""A limit on the size of a network, checked from its sizes before memory is allocated."""

from __future__ import annotations

from unrolled.errors import ShapeError
from unrolled.networks.architectures import architecture_of
from unrolled.networks.spec import NetworkSpec
from unrolled.settings import Network


def min_weights(spec: NetworkSpec, network: Network) -> int:
    """Return a lower bound of the number of weights that is of the same order of magnitude.

    Args:
        spec: The sizes of inputs and outputs.
        network: The settings, without gaps.

    Example:
        >>> min_weights(NetworkSpec("many-to-one", t=3), Network(architecture="last", units=8))
        272
    """
    widths = {n: spec.vectors.get(n) or spec.width(size) for n, size in spec.embedded.items()}
    tables = sum(size * widths[name] for name, size in spec.embedded.items())
    tables += sum(size for size, _ in (*spec.characters.values(), *spec.ngrams.values()))
    values = spec.values + sum(group.values for group in spec.groups)
    features = values + sum(widths.values())
    return tables + architecture_of(spec.shape, network).weights(spec, network, features)


def refuse_larger(
    spec: NetworkSpec, network: Network, *, networks: int, arrays: int, weights: int
) -> None:
    """Refuse a specification of more weights than a saved model has, before it is built.

    Args:
        spec: The sizes of inputs and outputs.
        network: The settings, without gaps.
        networks: Number of networks.
        arrays: Number of arrays of weights that were saved.
        weights: Number of values in them.

    Raises:
        ShapeError: Fewer weights were saved than the network has.
    """
    from unrolled.networks import minirocket  # it loads NumPy

    shared = minirocket.weight_count(spec.values) if spec.minirocket and spec.linear_outputs else 0
    layers = networks * (network.layers + len(spec.heads) + len(spec.embedded))
    for needed, available, what in (
        (layers, arrays, "arrays of weights"),
        (networks * min_weights(spec, network) + shared, weights, "weights"),
    ):
        if needed > available:
            raise ShapeError(
                f"a network of units={network.units}, layers={network.layers} for these columns has"
                f" at least {needed} {what}, and there are {available}"
            )
