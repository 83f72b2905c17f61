"""How many weights a network has at least, told from its sizes before it is built."""

from __future__ import annotations

from unrolled.errors import ShapeError
from unrolled.networks import minirocket
from unrolled.networks.architectures import architecture
from unrolled.networks.spec import NetworkSpec
from unrolled.settings import Network
from unrolled.shapes import segment

GATES = {"lstm": 4, "gru": 3, "rnn": 1}


def min_weights(spec: NetworkSpec, network: Network) -> int:
    """Return a number of weights that the network has at least, and not many times over.

    Args:
        spec: What goes in and out.
        network: The settings, every one of them given.

    Example:
        >>> least(NetworkSpec("many-to-one", t=3), Network(architecture="last", units=8))
        272
    """
    name = architecture(spec.shape, network.architecture).name
    h, o = network.units or 1, sum(spec.heads.values())
    widths = {n: spec.vectors.get(n) or spec.width(size) for n, size in spec.embedded.items()}
    f = spec.values + sum(widths.values())
    count = sum(size * widths[n] for n, size in spec.embedded.items())
    count += sum(size for size, _ in (*spec.characters.values(), *spec.ngrams.values()))
    if name == "dense":
        hidden = h * f + (network.layers - 1) * h * h if network.layers else 0
        return count + hidden + o * (h if network.layers else f)
    count += GATES[network.cell] * h * h * network.layers
    if name == "segments":
        w = segment(spec.t or 1, spec.u or 1)
        return count + h * (w * f + w * o + (spec.u or 1) // w)
    narrow = min(h, spec.width(o))  # without attention it is as wide as the state
    fed = o * narrow if name == "decoder" and spec.tokens else 0
    return count + fed + h * (f + o * (spec.u or 1 if name == "vector" else 1))


def refuse_larger(
    spec: NetworkSpec, network: Network, *, networks: int, arrays: int, weights: int
) -> None:
    """Refuse sizes that ask for more weights than there are, before memory is taken for them.

    Args:
        spec: What goes in and out.
        network: The settings, every one of them given.
        networks: How many of them there are.
        arrays: The arrays of weights that there are.
        weights: The numbers in them.

    Raises:
        ShapeError: There are fewer.
    """
    shared = minirocket.weights(spec.values) if spec.minirocket and spec.linear_outputs else 0
    layers = networks * (network.layers + len(spec.heads) + len(spec.embedded))
    for wanted, there, what in (
        (layers, arrays, "arrays of weights"),
        (networks * min_weights(spec, network) + shared, weights, "weights"),
    ):
        if wanted > there:
            raise ShapeError(
                f"a network of units={network.units}, layers={network.layers} for these columns has"
                f" at least {wanted} {what}, and there are {there}"
            )
