"""From a network's sizes and settings to the facts of its diagram."""

from __future__ import annotations

from unrolled.explain.diagram import Wiring
from unrolled.explain.diagram.facts import Ends
from unrolled.networks import NetworkSpec, architecture_of
from unrolled.settings import Network

Names = tuple[tuple[str, ...], tuple[str, ...]]


def wiring(spec: NetworkSpec, network: Network, *, names: Names = ((), ())) -> Wiring:
    """Return what the diagram of a network has to show.

    Args:
        spec: The sizes of inputs and outputs.
        network: The settings, without gaps.
        names: The names of the input columns, and those of the output columns.
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
    )
