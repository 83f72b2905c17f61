"""Run a chained decoder over examples: forced along known outputs, or on its own."""

from __future__ import annotations

from unrolled.data.batch import Examples
from unrolled.data.vocabulary import END
from unrolled.networks import Faces, Ports


def forced(examples: Examples, ports: Ports, faces: Faces) -> Examples:
    """Return rows as a network is trained on: a chained decoder's are fed the true outputs.

    Args:
        examples: The rows.
        ports: What goes in and out.
        faces: The network.
    """
    if faces.step is None:
        return examples
    (name,) = ports.heads
    return examples.forced(name, start=END if ports.tokens else 0, stops=ports.stops)
