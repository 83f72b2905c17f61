"""From a network's sizes and settings to the facts of its diagram."""

from __future__ import annotations

from unrolled.explain.diagram import Wiring
from unrolled.explain.diagram.facts import Ends, OtherInputs
from unrolled.networks import NetworkSpec, architecture_of
from unrolled.settings import Network

Names = tuple[tuple[str, ...], ...]
LETTERS = "vwz"  # of the steps of inputs beside x


def wiring(spec: NetworkSpec, network: Network, *, names: Names = ((), ())) -> Wiring:
    """Return what the diagram of a network has to show.

    Args:
        spec: The sizes of inputs and outputs.
        network: The settings, without gaps.
        names: The names of the input columns, those of the output columns, and those of each
            further group of inputs, whose number of steps is its own.
    """
    steps = spec.t if spec.shape == "aligned" else spec.u
    ends: Ends = "stop" if spec.stops else ""
    if spec.tokens and architecture_of(spec.shape, network).autoregressive:
        ends = "END"
    return Wiring(
        shape=spec.shape,
        architecture=network.architecture,
        attention=network.attention,
        t=spec.t,
        u=None if ends else steps,
        f=spec.features,
        o=sum(size for name, size in spec.heads.items() if name not in spec.pooled),
        units=network.units or 0,
        layers=network.layers,
        cell=network.cell,
        bidirectional=bool(network.bidirectional),
        dropout=network.dropout or 0.0,
        inputs=names[0],
        outputs=names[1],
        ends=ends,
        pooled=sum(spec.heads[name] for name in spec.pooled),
        pooling=network.pooling,
        characters=bool(spec.characters),
        linear=bool(spec.linear_outputs),
        others=_other_inputs(spec, names[2:]),
    )


def _other_inputs(spec: NetworkSpec, names: Names) -> tuple[OtherInputs, ...]:
    """Return the inputs with a number of steps of their own."""
    return tuple(
        OtherInputs(
            letter=LETTERS[min(index, len(LETTERS) - 1)],
            t=group.t,
            f=spec.features_of(group),
            names=names[index] if names else (),
        )
        for index, group in enumerate(spec.groups)
    )
