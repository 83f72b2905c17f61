"""`Schema` and `Column`: the input and output columns of a model, written to and read from JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, ValidationError, model_serializer, model_validator

from unrolled.errors import SettingError, did_you_mean
from unrolled.shapes import FACTS, Shape, Side

Kind = Literal["number", "category", "labels", "date", "vector", "numbers", "tokens", "text"]
Unit = Literal["characters", "words", "subwords"]
Scheme = Literal["IOB1", "BIO", "BIOES"]
KINDS: tuple[Kind, ...] = get_args(Kind)
UNITS: tuple[Unit, ...] = get_args(Unit)


@dataclass(frozen=True)
class KindFacts:
    """What is fixed about a kind of column.

    Attributes:
        side: `one` if a cell is a fixed set of values, `many` if it is a sequence of steps.
        content: What the values are: numbers, which are scaled; one label; any number of labels;
            or strings.
        description: What a cell holds, in words.
    """

    side: Side
    content: Literal["numbers", "label", "labels", "strings"]
    description: str


KIND_FACTS: dict[Kind, KindFacts] = {
    "number": KindFacts("one", "numbers", "a number"),
    "category": KindFacts("one", "label", "one of a few labels"),
    "labels": KindFacts("one", "labels", "any number of a few labels"),
    "date": KindFacts("one", "numbers", "a date, or a date and a time; only as an input"),
    "vector": KindFacts("one", "numbers", "a list of numbers, of the same length in every row"),
    "numbers": KindFacts(
        "many", "numbers", "a sequence of steps, each a number or a list of numbers"
    ),
    "tokens": KindFacts("many", "strings", "a sequence of steps, each a string"),
    "text": KindFacts("many", "strings", "text, read as characters, words or subwords"),
}


class Record(BaseModel):
    """A frozen set of checked values that can be written to JSON and read from it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def to_dict(self) -> dict[str, Any]:
        """Return the values by name, as they are saved with a model."""
        return self.model_dump()

    @classmethod
    def from_dict(cls, state: Any) -> Self:
        """Return what `to_dict` wrote.

        Raises:
            SettingError: A value is missing, unknown, or of the wrong type.
        """
        try:
            return cls.model_validate(state)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, (cls.__name__.lower(), *first["loc"])))
            raise SettingError(f"'{place}' is not valid: {first['msg']}.") from None


class Column(Record):
    """An input column or an output column.

    Attributes:
        name: The name of the column in the table.
        kind: What a cell holds.
        unit: What a step of text is; None for every other kind.
        width: Numbers in a cell (`vector`) or in a step (`numbers`). Where labels are written as
            lists of 0 and 1, the number of labels: of `labels` (multi-hot; 0 where they are lists
            of names), and of a one-hot `category`. 1 for everything else.
        length: Number of steps, if it is the same in every row; else None.
        spaced: Whether `tokens` are written as one string with spaces between them.
        decimal: The decimal mark of its numbers in the text that they were read from.
        scheme: The scheme by which tags mark spans (IOB1, BIO, BIOES); None if they mark none.
        why: Why this kind was chosen, in a few words.
    """

    name: str
    kind: Kind
    unit: Unit | None = None
    width: int = 1
    length: int | None = None
    spaced: bool = False
    scheme: Scheme | None = None
    decimal: Literal[".", ","] = "."
    why: str = ""

    @model_serializer(mode="wrap")
    def _without_usual(self, write: Any) -> dict[str, Any]:
        """Leave out the decimal point, as in files that were written before there was a choice."""
        state: dict[str, Any] = write(self)
        if self.decimal == ".":
            del state["decimal"]
        return state

    @property
    def side(self) -> Side:
        """`one` if a cell is a fixed set of values, `many` if it is a sequence of steps."""
        return KIND_FACTS[self.kind].side

    @property
    def is_numeric(self) -> bool:
        """Whether its values are numbers: `number`, `date`, `vector` or `numbers`."""
        return KIND_FACTS[self.kind].content == "numbers"

    @property
    def is_category(self) -> bool:
        """Whether a cell is one label: `category`."""
        return KIND_FACTS[self.kind].content == "label"

    @property
    def is_label_set(self) -> bool:
        """Whether a cell is any number of labels: `labels`."""
        return KIND_FACTS[self.kind].content == "labels"

    @property
    def is_one_hot(self) -> bool:
        """Whether a label is written as a list with one 1 among zeros."""
        return self.is_category and self.width > 1

    @property
    def is_token_sequence(self) -> bool:
        """Whether its steps are strings: `tokens` or `text`."""
        return KIND_FACTS[self.kind].content == "strings"

    @property
    def kind_name(self) -> str:
        """The kind as it is written on the command line: `text:words`, `number`."""
        return f"{self.kind}:{self.unit}" if self.unit else self.kind


class Schema(Record):
    """The input columns, the output columns, and the shape of the problem.

    Attributes:
        inputs: The input columns.
        outputs: The output columns.
        shape: The shape.
        reason: Why it is this shape, and which data would have given another shape.
        length_groups: The names of the inputs with steps, in groups of the same number of steps in
            every row; the outputs of `aligned` follow the first. Empty where all inputs have the
            same number of steps.

    Example:
        >>> a, b = Column(name="text", kind="text", unit="words"), Column(name="y", kind="category")
        >>> schema = Schema(inputs=(a,), outputs=(b,), shape="many-to-one", reason="")
        >>> Schema.from_dict(schema.to_dict()) == schema
        True
    """

    inputs: tuple[Column, ...]
    outputs: tuple[Column, ...]
    shape: Shape
    reason: str
    length_groups: tuple[tuple[str, ...], ...] = ()

    @model_validator(mode="after")
    def _check_length_groups(self) -> Self:
        """Refuse groups that are not those of the inputs with steps."""
        names = [name for group in self.length_groups for name in group]
        many = [column.name for column in self.inputs if column.side == "many"]
        if names and (sorted(names) != sorted(many) or () in self.length_groups):
            raise ValueError(f"length_groups names {names}, and the inputs with steps are {many}")
        return self

    def to_dict(self) -> dict[str, Any]:
        """Return the values by name, as they are saved; groups only where there are any."""
        values = super().to_dict()
        return {k: v for k, v in values.items() if k != "length_groups" or v}

    @property
    def input_groups(self) -> tuple[tuple[Column, ...], ...]:
        """The inputs with steps, in groups of the same number of steps in every row."""
        many = {column.name: column for column in self.inputs if column.side == "many"}
        names = self.length_groups or ((tuple(many),) if many else ())
        return tuple(tuple(many[name] for name in group) for group in names)

    @property
    def steps_in(self) -> int | None:
        """The number of input steps `t`, if it is the same in every row; else None.

        Where inputs have numbers of steps of their own, it is that of the first group, if all of
        them are the same in every row.
        """
        lengths = [group_length(group) for group in self.input_groups]
        return None if None in lengths or not lengths else lengths[0]

    @property
    def pattern(self) -> str:
        """The axes of the inputs and of the outputs, such as `b t f -> b o`."""
        return FACTS[self.shape].pattern


def group_length(columns: Sequence[Column]) -> int | None:
    """Return the number of steps of columns, if it is the same in every row; else None."""
    lengths = {column.length for column in columns}
    return lengths.pop() if len(lengths) == 1 else None


def parse_kind(kind: str, *, column: str) -> tuple[Kind, Unit | None]:
    """Return the kind and the unit that a user stated for a column.

    Args:
        kind: A kind (`number`), a kind with a unit (`text:characters`), or a unit alone.
        column: The name of the column, for the error message.

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
        f"There is no kind {kind!r}, which is stated for column '{column}'. The kinds are"
        f" {', '.join(known)}.{did_you_mean(str(kind), known)}"
    )
