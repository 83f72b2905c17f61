"""A page about a shape or an architecture, for the terminal."""

from __future__ import annotations

import textwrap
from typing import Any

from unrolled.explain.code import code
from unrolled.explain.diagram import diagram
from unrolled.explain.wiring import wiring
from unrolled.networks import (
    PREVIOUS,
    NetworkSpec,
    architecture,
    architectures_of,
    build,
    with_defaults,
)
from unrolled.settings import Network
from unrolled.shapes import AXES, FACTS, SHAPES

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
        names = ", ".join(row.name for row in architectures_of(shape))
        rows.append(f"{shape:<12} {facts.pattern:<16} {facts.picture}; {facts.example}")
        rows.append(f"{'':<12} {'':<16} architectures: {names}")
    axes = ", ".join(f"{letter} {meaning}" for letter, meaning in AXES.items())
    return "\n".join([GLANCE, *rows, "", f"axes: {axes}"])


def page(spec: NetworkSpec, network: Network) -> str:
    """Return the picture, a few sentences, the sizes and the code of a network.

    Args:
        spec: What goes in and out.
        network: The settings; gaps are filled.
    """
    taken = with_defaults(spec, network)
    row = architecture(spec.shape, taken.architecture)
    model = build(spec, taken)
    others = [other.name for other in architectures_of(spec.shape) if other.name != row.name]
    facts = FACTS[spec.shape]
    steps = "t" if spec.shape == "aligned" else "u"
    says = [f"{row.wiring}.", row.page]
    if others:
        says.append(f"Other architectures of {spec.shape}: {', '.join(others)}.")
    return "\n".join(
        [
            str(diagram(wiring(spec, taken))),
            "",
            *(textwrap.fill(text, WIDTH) for text in says),
            "",
            f"example  {facts.example}",
            f"input    {_sizes(model.input, 't')}",
            f"output   {_sizes(model.output, steps)}",
            f"weights  {model.count_params()}",
            "",
            code(model, steps=spec.u).rstrip(),
        ]
    )


def _sizes(tensors: Any, steps: str) -> str:
    """Return a tensor's axes, or those of several by name; an open one has the letter `steps`."""
    if not isinstance(tensors, dict):
        return _axes(tensors.shape, steps)
    named = {name: "u" if name == PREVIOUS else steps for name in tensors}
    return ", ".join(f"{name} {_axes(tensors[name].shape, k)}" for name, k in named.items())


def _axes(shape: tuple[int | None, ...], steps: str) -> str:
    """Return a tensor's axes.

    Example:
        >>> _axes((None, None, 4), "t")
        '(b, t, 4)'
    """
    return f"(b, {', '.join(str(n or steps) for n in shape[1:])})"
