"""The facts a picture is drawn from: `Wiring`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from unrolled.errors import SettingError, ShapeError, quote_names
from unrolled.shapes import FACTS, Shape

Architecture = Literal[
    "dense", "repeat", "decoder", "last", "pooled", "steps", "tail", "padded", "vector", "segments"
]
Ends = Literal["", "END", "stop"]

WIRINGS: dict[str, tuple[Architecture, ...]] = {
    "one-to-one": ("dense",),
    "one-to-many": ("repeat", "decoder"),
    "many-to-one": ("last", "pooled"),
    "aligned": ("steps",),
    "unaligned": ("tail", "padded", "vector", "repeat", "segments", "decoder"),
}


@dataclass(frozen=True)
class Wiring:
    """What a picture has to show.

    Attributes:
        shape: One of the five shapes.
        architecture: A wiring of that shape.
        t: Input steps; None when they vary.
        u: Output steps; None when they vary.
        f: Values of an input step.
        o: Values of an output step.
        units: Hidden units `h` of a layer.
        layers: Layers on top of one another (0 only for `dense`).
        cell: The recurrent cell.
        bidirectional: Whether the steps are also read from right to left.
        dropout: Share of values dropped after each layer while training.
        inputs: Names of the input columns, where they are known.
        outputs: Names of the output columns, where they are known.
        ends: What ends a row of outputs: the token `END`, the further output `stop`, or nothing
            where u is fixed.
        pooled: Values of the outputs for the whole row, beside those of its steps (`aligned`).
        pooling: What `pooled` makes of the states of all steps.
        spelled: Whether words are also read by their characters.
        linear: Whether a linear map of the whole row stands beside the recurrence.

    Raises:
        SettingError: The shape has no such architecture, or no layer is left.
        ShapeError: `tail` is to keep more steps than there are, or `segments` has an open size.

    Example:
        >>> Wiring("aligned", "steps", t=24, u=24, f=4, o=1, units=64).cell
        'lstm'
    """

    shape: Shape
    architecture: str
    t: int | None
    u: int | None
    f: int
    o: int
    units: int
    layers: int = 1
    cell: str = "lstm"
    bidirectional: bool = False
    dropout: float = 0.0
    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    ends: Ends = ""
    pooled: int = 0
    pooling: str = "mean"
    spelled: bool = False
    linear: bool = False

    def __post_init__(self) -> None:
        known = WIRINGS.get(self.shape, ())
        if self.architecture not in known:
            raise SettingError(
                f"got the architecture {self.architecture!r} for the shape {self.shape!r},"
                f" expected one of {quote_names(known)}."
            )
        if self.layers < (0 if self.architecture == "dense" else 1):
            raise SettingError(
                f"got layers={self.layers}, expected at least 1 for {self.architecture!r}."
            )
        few = self.t is not None and self.u is not None and self.t < self.u
        if self.architecture == "tail" and few:
            raise ShapeError(
                f"got t={self.t} and u={self.u}, expected t >= u: 'tail' keeps the last u of the"
                " t input steps. Use 'padded', 'vector' or 'repeat' for more output steps."
            )

        if self.architecture == "segments" and (self.t is None or self.u is None):
            raise ShapeError(
                f"got t={self.t} and u={self.u} for 'segments', expected both numbers: segments"
                " divide them. Give both, or take 'repeat'."
            )

    @property
    def pattern(self) -> str:
        """The axes in and out, `b t f -> b o`."""
        return FACTS[self.shape].pattern
