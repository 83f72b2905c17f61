"""A page about a shape or an architecture, for the terminal."""

from __future__ import annotations

import textwrap

from unrolled.explain.diagram import diagram
from unrolled.explain.textbook import printed
from unrolled.explain.wiring import wiring
from unrolled.networks import NetworkSpec, architecture_of, names_of, with_defaults
from unrolled.settings import Network
from unrolled.shapes import AXES, FACTS, SHAPES, Shape

GLANCE = """\
one-to-one    one-to-many    many-to-one    aligned        unaligned

    ■           ■  ■  ■            ■        ■  ■  ■              ■  ■  ■
    ↑           ↑  ↑  ↑            ↑        ↑  ↑  ↑              ↑  ↑  ↑
    ●           ●→ ●→ ●      ●→ ●→ ●        ●→ ●→ ●        ●→ ●→ ●→ ●→ ●
    ↑           ↑            ↑  ↑  ↑        ↑  ↑  ↑        ↑  ↑  ↑
    ■           ■            ■  ■  ■        ■  ■  ■        ■  ■  ■
"""
WIDTH = 78


def glance() -> str:
    """Return the five shapes at a glance."""
    rows = []
    for shape in SHAPES:
        facts = FACTS[shape]
        names = ", ".join(names_of(shape))
        rows.append(f"{shape:<12} {facts.pattern:<16} {facts.picture}; {facts.example}")
        rows.append(f"{'':<12} {'':<16} architectures: {names}")
    axes = ", ".join(f"{letter} {meaning}" for letter, meaning in AXES.items())
    return "\n".join([GLANCE, *rows, "", f"axes: {axes}"])


def page(spec: NetworkSpec, network: Network) -> str:
    """Return the diagram, a description, the sizes and the code of a network.

    Args:
        spec: The sizes of inputs and outputs.
        network: The settings, without gaps.
    """
    row = architecture_of(spec.shape, network)
    others = [name for name in names_of(spec.shape) if name != row.name]
    text = [f"{row.layers}.", row.guide]
    if others:
        text.append(f"Other architectures of {spec.shape}: {', '.join(others)}.")
    text.append(_better_settings(spec.shape))
    network_text = printed(spec, network)
    return "\n".join(
        [
            str(diagram(wiring(spec, network))),
            "",
            *(textwrap.fill(paragraph, WIDTH) for paragraph in text),
            "",
            f"example  {FACTS[spec.shape].example}",
            f"input    {network_text.inputs}",
            f"output   {network_text.outputs}",
            f"weights  {network_text.weights}",
            "",
            network_text.script.text().rstrip(),
        ]
    )


def _better_settings(shape: Shape) -> str:
    """Return a line about the settings of SequenceModel, which scored better than the textbook's.

    Example:
        >>> _better_settings("one-to-one")
        'SequenceModel uses what scored better: dense, 1 hidden layer, dropout 0.3.'
    """
    spec = NetworkSpec(shape, u=1 if shape in ("one-to-many", "unaligned") else None)
    network = with_defaults(spec, Network(), rows=1)
    better = [network.architecture]
    if not architecture_of(shape, network).recurrent:
        better.append(f"{network.layers} hidden layer")
    if network.bidirectional:
        better.append("bidirectional")
    better.append(f"dropout {network.dropout:g}")
    return f"SequenceModel uses what scored better: {', '.join(better)}."
