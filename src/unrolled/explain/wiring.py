"""From a network's sizes and settings to the facts of its picture."""

from __future__ import annotations

from unrolled.explain.diagram import Wiring
from unrolled.explain.diagram.facts import Ends
from unrolled.networks import Ports
from unrolled.settings import Network

Names = tuple[tuple[str, ...], tuple[str, ...]]


def wiring(ports: Ports, network: Network, *, names: Names = ((), ())) -> Wiring:
    """Return what the picture of a network has to show.

    Args:
        ports: What goes in and out.
        network: The settings, every one of them given.
        names: The columns that go in, and those that come out.
    """
    steps = ports.t if ports.shape == "aligned" else ports.u
    ends: Ends = "stop" if ports.stops else ""
    if network.architecture == "decoder" and ports.tokens:
        ends = "END"
    return Wiring(
        shape=ports.shape,
        architecture=network.architecture,
        t=ports.t,
        u=None if ends else steps,
        f=ports.features,
        o=sum(size for name, size in ports.heads.items() if name not in ports.pooled),
        units=network.units or 0,
        layers=network.layers,
        cell=network.cell,
        bidirectional=bool(network.bidirectional),
        dropout=network.dropout or 0.0,
        inputs=names[0],
        outputs=names[1],
        ends=ends,
        pooled=sum(ports.heads[name] for name in ports.pooled),
        pooling=network.pooling,
        spelled=bool(ports.spelled),
        linear=bool(ports.told),
    )
