"""Schema and Column: what goes in and what comes out, in names and sizes; JSON both ways."""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict

from unrolled.errors import SettingError, did_you_mean
from unrolled.shapes import FACTS, Shape, Side

Kind = Literal["number", "category", "vector", "numbers", "tokens", "text"]
Unit = Literal["characters", "words", "subwords"]
Scheme = Literal["IOB1", "BIO", "BIOES"]
KINDS: tuple[Kind, ...] = get_args(Kind)
UNITS: tuple[Unit, ...] = get_args(Unit)

KIND_FACTS: dict[Kind, tuple[Side, str]] = {
    "number": ("one", "a number"),
    "category": ("one", "one of a few labels"),
    "vector": ("one", "a list of numbers, equally long in every row"),
    "numbers": ("many", "a row of steps, each a number or a list of numbers"),
    "tokens": ("many", "a row of steps, each a string"),
    "text": ("many", "text, read as characters, words or subwords"),
}


class Column(BaseModel):
    """A column that goes in or comes out.

    Attributes:
        name: Its name in the table.
        kind: What a cell holds.
        unit: What a step of a text is; None for every other kind.
        width: Numbers in a cell (`vector`) or in a step (`numbers`); 1 for every other kind.
        length: Steps in every row, or None where rows differ (or there are no steps).
        spaced: Whether `tokens` stand in a text with blanks between, and come out so.
        scheme: How tags over the input steps mark spans; None where they mark none.
        why: The evidence the kind was taken from, in a few words.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    kind: Kind
    unit: Unit | None = None
    width: int = 1
    length: int | None = None
    spaced: bool = False
    scheme: Scheme | None = None
    why: str = ""

    @property
    def side(self) -> Side:
        """Whether a cell is one set of values or many steps."""
        return KIND_FACTS[self.kind][0]

    @property
    def kind_name(self) -> str:
        """The kind as a person writes it: `text:words`, `number`."""
        return f"{self.kind}:{self.unit}" if self.unit else self.kind


class Schema(BaseModel):
    """What goes in, what comes out, and the shape between.

    Attributes:
        inputs: The columns that go in.
        outputs: The columns that come out.
        shape: The shape taken.
        reason: Why this shape, and what would have made it another.

    Example:
        >>> a, b = Column(name="text", kind="text", unit="words"), Column(name="y", kind="category")
        >>> schema = Schema(inputs=(a,), outputs=(b,), shape="many-to-one", reason="")
        >>> Schema.model_validate_json(schema.model_dump_json()) == schema
        True
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    inputs: tuple[Column, ...]
    outputs: tuple[Column, ...]
    shape: Shape
    reason: str

    @property
    def steps_in(self) -> int | None:
        """Input steps `t` where every row has the same, else None."""
        lengths = {c.length for c in self.inputs if c.side == "many"}
        return lengths.pop() if len(lengths) == 1 else None

    @property
    def pattern(self) -> str:
        """The axes in and out."""
        return FACTS[self.shape].pattern


def parse_kind(kind: str, *, column: str) -> tuple[Kind, Unit | None]:
    """Return the kind and unit that a person stated for a column.

    Args:
        kind: A kind (`number`), a kind with a unit (`text:characters`), or a unit alone.
        column: The column's name, for the error.

    Raises:
        SettingError: There is no such kind or unit.

    Example:
        >>> parse_kind("characters", column="name")
        ('text', 'characters')
        >>> parse_kind("number", column="age")
        ('number', None)
    """
    head, _, tail = str(kind).strip().lower().partition(":")
    if head in UNITS and not tail:
        head, tail = "text", head
    if head in KINDS and (not tail or (head == "text" and tail in UNITS)):
        return head, (tail if tail in UNITS else None)
    known = [*KINDS, *(f"text:{unit}" for unit in UNITS)]
    raise SettingError(
        f"got the kind {kind!r} for column '{column}', expected one of"
        f" {', '.join(known)}.{did_you_mean(str(kind), known)}"
    )
