"""The facts that a diagram is drawn from: `Wiring`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from unrolled.errors import SettingError, ShapeError
from unrolled.networks import Architecture, architecture
from unrolled.shapes import FACTS, Shape

Ends = Literal["", "END", "stop"]


@dataclass(frozen=True)
class OtherInputs:
    """Inputs with a number of steps of their own, beside the first ones.

    Attributes:
        letter: The letter of their steps.
        t: Steps; None when they vary.
        f: Values of a step.
        names: Names of the columns, where they are known.
    """

    letter: str
    t: int | None
    f: int
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wiring:
    """What a diagram has to show.

    Attributes:
        shape: One of the five shapes.
        architecture: The name of an architecture of that shape.
        t: Input steps; None when they vary.
        u: Output steps; None when they vary.
        f: Values of an input step.
        o: Values of an output step.
        units: Hidden units `h` of a layer.
        layers: Layers on top of one another (0 only for `dense`).
        cell: The recurrent cell.
        bidirectional: Whether the steps are also read from right to left.
        dropout: Fraction of the values dropped after each layer in training.
        inputs: Names of the input columns, where they are known.
        outputs: Names of the output columns, where they are known.
        ends: What ends a row of outputs: the token `END`, the additional output `stop`, or nothing
            where u is fixed.
        attention: Whether a decoder attends to the input steps.
        pooled: Values of the outputs of the whole row, beside those of its steps (`aligned`).
        pooling: How `pooled` combines the states of all steps.
        characters: Whether words are also read by their characters.
        linear: Whether there is a linear branch.
        others: The inputs with a number of steps of their own; `t`, `f` and `inputs` are those of
            the first inputs.

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
    attention: bool = True
    pooled: int = 0
    pooling: str = "mean"
    characters: bool = False
    linear: bool = False
    others: tuple[OtherInputs, ...] = ()

    def __post_init__(self) -> None:
        if self.row.recurrent and self.layers < 1:
            raise SettingError(
                f"The architecture '{self.architecture}' needs at least 1 recurrent layer, and"
                f" layers={self.layers}."
            )
        too_few = self.t is not None and self.u is not None and self.t < self.u
        if "input steps, the last u kept" in self.row.picture and too_few:
            raise ShapeError(
                f"The architecture '{self.architecture}' keeps the last u of t input steps, and"
                f" t={self.t} is smaller than u={self.u}. Use 'padded', 'vector' or 'repeat'"
                " for more output steps."
            )
        if "input segments" in self.row.picture and None in (self.t, self.u):
            raise ShapeError(
                f"The architecture '{self.architecture}' cuts t and u into segments, and t={self.t}"
                f" and u={self.u}. Give both, or use 'repeat'."
            )

    @property
    def row(self) -> Architecture:
        """The architecture's row of the registry."""
        return architecture(self.shape, self.architecture, attention=self.attention)

    @property
    def pattern(self) -> str:
        """The axes in and out, `b t f -> b o`."""
        return FACTS[self.shape].pattern
