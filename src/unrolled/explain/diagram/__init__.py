"""The unrolled diagram of a network, as text and as SVG."""

from __future__ import annotations

from unrolled.explain.diagram.drawing import scene
from unrolled.explain.diagram.facts import Wiring
from unrolled.explain.diagram.picture import Diagram

__all__ = ["Diagram", "Wiring", "diagram"]


def diagram(wiring: Wiring) -> Diagram:
    """Return the diagram of a network.

    Args:
        wiring: What the network is.

    Returns:
        A diagram that prints as text and shows as SVG in a notebook.

    Example:
        >>> diagram(Wiring("aligned", "steps", t=3, u=3, f=4, o=1, units=8)).text.splitlines()[:2]
        ['aligned · steps · LSTM', 'b t f -> b t o']
    """
    return Diagram(scene(wiring))
