"""Ports: what a network is given and what it must give, in sizes only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from unrolled.errors import ShapeError
from unrolled.shapes import FACTS, Shape


@dataclass(frozen=True)
class Ports:
    """What goes into a network and what comes out.

    Attributes:
        shape: One of the five.
        t: Input steps, None where rows differ.
        u: Output steps of `one-to-many` and `unaligned`; None elsewhere.
        values: Numbers in the input `x` (`f`); 0 where every input is embedded.
        embedded: Vocabulary size of each input of whole numbers (tokens, wide categories).
        heads: Output values `o` of each output.
        ragged: Whether rows have different lengths, told by a boolean input `mask` (b t).
    """

    shape: Shape
    t: int | None = None
    u: int | None = None
    values: int = 1
    embedded: Mapping[str, int] = field(default_factory=dict)
    heads: Mapping[str, int] = field(default_factory=lambda: {"y": 1})
    ragged: bool = False

    def __post_init__(self) -> None:
        for axis, size in {"t": self.t, "u": self.u, "f": self.values or None}.items():
            if size is not None and size < 1:
                raise ShapeError(f"got {axis}={size}, expected a whole number of at least 1.")
        for name, size in self.heads.items():
            if size < 1:
                raise ShapeError(f"got o={size} for '{name}', expected at least 1.")
        if self.shape in ("one-to-many", "unaligned") and self.u is None:
            raise ShapeError(
                f"got no u for the shape {self.shape} ({FACTS[self.shape].pattern}), expected the"
                " number of output steps. Give u=..."
            )
        if self.shape not in ("one-to-many", "unaligned") and self.u not in (None, self.t):
            raise ShapeError(
                f"got u={self.u} for the shape {self.shape} ({FACTS[self.shape].pattern}), which"
                " has no u of its own. Leave u out, or take one-to-many or unaligned."
            )
        if FACTS[self.shape].inputs == "one" and self.t is not None:
            raise ShapeError(
                f"got t={self.t} for the shape {self.shape} ({FACTS[self.shape].pattern}), whose"
                " input has no steps. Leave t out, or take a shape that begins with many."
            )
