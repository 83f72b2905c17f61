"""The types of string cells: integers, numbers in either spelling, booleans, or text."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import reduce
from typing import Any, Literal, Self

import polars as pl

INTEGER = r"^[+-]?(0|[1-9]\d*)$"
ZERO_PADDED = r"^[+-]?0\d+$"
MISSING_MARKS = ("?", "NA", "N/A", "#N/A", "n/a", "na", "null", "NULL", "None", "-", "--")

# Numbers as people write them. `POINT` may have commas between groups of three digits, and `COMMA`
# points or hard spaces. The other two cannot be told apart by themselves: is 1,234 a thousand?
POINT = r"^[+-]?(\d+|\d{1,3}(,\d{3})+)?(\.\d*)?([eE][+-]?\d+)?$"
COMMA = r"^[+-]?(\d+|\d{1,3}([.\u00A0\u202F]\d{3})+)?(,\d*)?([eE][+-]?\d+)?$"
COMMA_GROUPS = r"^[+-]?[1-9]\d{0,2}(,\d{3})+$"
POINT_GROUPS = r"^[+-]?[1-9]\d{0,2}(\.\d{3})+$"
FEW = 64  # cells
HARD_SPACES = "[\u00a0\u202f]"

Decimal = Literal[".", ","]
CellType = Literal["nothing", "text", "integer", "long", "number", "comma", "groups", "boolean"]


@dataclass(frozen=True)
class CellFacts:
    """What the type of string cells depends on. Cells that mean "missing" are left out.

    Attributes:
        present: Whether some cell is there, even if it is empty.
        filled: Whether some cell is neither empty nor a mark such as `?`.
        marked: How many cells are marks such as `?`, which are missing among numbers.
        mark: The first of these marks.
        zero_padded: Whether some cell is an integer with leading zeros.
        integers: Whether every filled cell is an integer.
        fit_int64: Whether every filled cell fits 64 bits.
        fit_int128: Whether every filled cell fits 128 bits.
        numbers: Whether every filled cell is a number as Python writes it.
        booleans: Whether every filled cell is true or false.
        groups: Whether every filled cell is a number that may have commas between thousands.
        commas: Whether every filled cell is a number that may have a decimal comma.
        has_comma: Whether one of such numbers has a comma.
        certain_comma: Whether a comma of theirs cannot separate thousands.
        has_point: Whether one of `numbers` has a decimal point.
        certain_point: Whether a point of theirs cannot separate thousands.
    """

    present: bool
    filled: bool
    marked: int = 0
    mark: str = ""
    zero_padded: bool = False
    integers: bool = False
    fit_int64: bool = False
    fit_int128: bool = False
    numbers: bool = False
    booleans: bool = False
    groups: bool = False
    commas: bool = False
    has_comma: bool = False
    certain_comma: bool = False
    has_point: bool = False
    certain_point: bool = False

    @classmethod
    def from_cells(cls, cells: pl.Series) -> Self:
        """Return the facts about some cells, with few checks: a table may be wide."""
        plain = cells.str.strip_chars()
        filled = plain.filter(plain != "")
        present, marked, mark = cells.null_count() < len(cells), 0, ""
        numbers = _all_are(filled, pl.Float64)
        if not numbers:
            is_mark = filled.is_in(MISSING_MARKS)
            if marked := int(is_mark.sum()):
                mark = str(filled.filter(is_mark)[0])
                filled = filled.filter(~is_mark)
                numbers = _all_are(filled, pl.Float64)
        if not numbers:
            return cls._of_text(filled, present=present, marked=marked, mark=mark)
        digits = filled if _all_are(filled, pl.Int64) else filled.str.strip_prefix("+")
        fit_int64 = _all_are(digits, pl.Int64)
        points = filled.clear() if fit_int64 else filled.filter(_contains(filled, "."))
        return cls(
            present,
            filled=not filled.is_empty(),
            marked=marked,
            mark=mark,
            zero_padded=bool(filled.str.contains(ZERO_PADDED).any()),
            integers=_all_match(filled, INTEGER),
            fit_int64=fit_int64,
            fit_int128=fit_int64 or _all_are(digits, pl.Int128),
            numbers=True,
            booleans=filled.is_empty(),
            groups=True,
            commas=points.is_empty() or _all_match(filled, COMMA),
            has_point=not points.is_empty(),
            certain_point=not _all_match(points, POINT_GROUPS),
        )

    @classmethod
    def _of_text(cls, filled: pl.Series, *, present: bool, marked: int, mark: str) -> Self:
        """Return the facts about cells of which some are no numbers as Python writes them."""
        if not _all_match(filled, r"^[+-]?[\d.,]"):
            booleans = not marked and filled.str.to_lowercase().is_in(["true", "false"]).all()
            return cls(present, True, marked=marked, mark=mark, booleans=bool(booleans))
        commas = filled.filter(_contains(filled, ","))
        return cls(
            present,
            True,
            marked=marked,
            mark=mark,
            groups=_all_match(filled, POINT),
            commas=_all_match(filled, COMMA),
            has_comma=not commas.is_empty(),
            certain_comma=not _all_match(commas, COMMA_GROUPS),
        )

    def merge(self, other: CellFacts) -> CellFacts:
        """Return the facts about these cells and others together."""
        some = {"present", "filled", "zero_padded"}
        some |= {"has_comma", "certain_comma", "has_point", "certain_point"}
        values: dict[str, Any] = {}
        for field in fields(CellFacts):
            pair = (getattr(self, field.name), getattr(other, field.name))
            values[field.name] = any(pair) if field.name in some else all(pair)
        values |= {"marked": self.marked + other.marked, "mark": self.mark or other.mark}
        return CellFacts(**values)


def merge_facts(parts: list[dict[str, CellFacts]]) -> dict[str, CellFacts]:
    """Return the facts about the columns of a file from those about its parts."""
    return {name: reduce(CellFacts.merge, [part[name] for part in parts]) for name in parts[0]}


@dataclass(frozen=True)
class Spelling:
    """How the numbers of a file are spelled, as far as it is known.

    Attributes:
        decimal: The decimal mark that is stated; None detects it.
        separator: The character between cells. A decimal comma is detected unless it is a comma.
        detected: The decimal mark that other columns of the file settle; None if they do not.
    """

    decimal: str | None = None
    separator: str = ","
    detected: str | None = None


def detect_decimal(facts: list[CellFacts]) -> str | None:
    """Return the decimal mark that the numbers of a file settle; None if none or both occur."""
    comma = any(column.commas and column.certain_comma for column in facts)
    point = any(column.numbers and column.certain_point for column in facts)
    return None if comma == point else "," if comma else "."


def choose_type(facts: CellFacts, spelling: Spelling) -> CellType:
    """Return the type of a column.

    Integers with leading zeros are text, since they are codes and not quantities, and so are
    numbers whose commas or points could be decimal marks or separate thousands.
    """
    if not facts.filled:
        return "nothing" if not facts.present else "text"
    if facts.zero_padded or (facts.integers and not facts.fit_int128):
        return "text"
    if facts.integers:
        return "integer" if facts.fit_int64 else "long"
    if facts.booleans:
        return "boolean"
    if spelling.decimal is not None:
        return _stated_type(facts, spelling.decimal)
    if spelling.separator == ",":
        return "number" if facts.numbers else "text"
    return _detected_type(facts, spelling)


def _stated_type(facts: CellFacts, decimal: str) -> CellType:
    """Return the type of a column whose decimal mark is stated."""
    if decimal == ",":
        return "comma" if facts.commas else "text"
    return "number" if facts.numbers else "groups" if facts.groups else "text"


def _detected_type(facts: CellFacts, spelling: Spelling) -> CellType:
    """Return the type of a column in a file in which a comma may be a decimal mark."""
    if facts.commas and facts.has_comma:
        if facts.certain_comma or spelling.detected == ",":
            return "comma"
        return "groups" if facts.groups and spelling.detected == "." else "text"
    if not facts.numbers:
        return "text"
    unclear = facts.has_point and facts.commas and not facts.certain_point
    if not unclear or spelling.separator != ";" or spelling.detected == ".":
        return "number"
    return "comma" if spelling.detected == "," else "text"


def cast_cells(cells: pl.Series, cell_type: CellType) -> pl.Series:
    """Return string cells in a type that fits them; text is returned as it is written."""
    if cell_type == "nothing":
        return pl.Series(cells.name, [None] * len(cells))
    if cell_type == "text":
        return cells
    plain = cells.str.strip_chars()
    if cell_type == "boolean":
        lower = plain.str.to_lowercase()
        return pl.select(pl.when(lower != "").then(lower == "true").alias(cells.name)).to_series()
    if cell_type in ("integer", "long"):
        dtype = pl.Int64 if cell_type == "integer" else pl.Int128
        return plain.str.strip_prefix("+").cast(dtype, strict=False)
    return as_numbers(plain, cell_type)


def as_numbers(plain: pl.Series, cell_type: CellType) -> pl.Series:
    """Return stripped cells as floats, null where they are none in this spelling."""
    if cell_type == "comma":
        right = plain.str.contains(COMMA)
        plain = plain.str.replace_all(rf"\.|{HARD_SPACES}", "").str.replace(",", ".", literal=True)
    elif cell_type == "groups":
        right = plain.str.contains(POINT)
        plain = plain.str.replace_all(",", "", literal=True)
    else:
        return plain.cast(pl.Float64, strict=False)
    numbers = plain.cast(pl.Float64, strict=False)
    return pl.select(pl.when(right).then(numbers).alias(plain.name)).to_series()


def infer_type(cells: pl.Series) -> pl.Series:
    """Return string cells as integers, numbers or booleans if every cell is one.

    Example:
        >>> infer_type(pl.Series("a", ["1", None, "2.5"])).to_list()
        [1.0, None, 2.5]
        >>> infer_type(pl.Series("zip", ["01234", "98765"])).to_list()
        ['01234', '98765']
    """
    return cast_cells(cells, choose_type(CellFacts.from_cells(cells), Spelling()))


def _all_are(cells: pl.Series, dtype: type[pl.DataType]) -> bool:
    """Return whether every cell is a number of a type."""
    return cells.cast(dtype, strict=False).null_count() == 0


def _all_match(cells: pl.Series, pattern: str) -> bool:
    """Return whether every cell matches a pattern; the first cells mostly tell that some do not."""
    few = cells.head(FEW).str.contains(pattern).all()
    return bool(few and (len(cells) <= FEW or cells.str.contains(pattern).all()))


def _contains(cells: pl.Series, letter: str) -> pl.Series:
    """Return which cells contain a letter."""
    return cells.str.contains(letter, literal=True)
