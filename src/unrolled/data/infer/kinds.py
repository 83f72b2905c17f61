"""The kind of one column: inferred from its cells, or stated and then checked."""

from __future__ import annotations

import json

import polars as pl

from unrolled.data.formats.raw_table import note
from unrolled.data.infer.label_lists import infer_bits, stated_labels
from unrolled.data.tables import cells
from unrolled.data.tables.date_cells import are_dates, look_like_dates
from unrolled.data.tables.label_sets import holds_lists
from unrolled.data.tables.ragged import NumberLists, read_number_lists
from unrolled.data.tables.spelled_numbers import spelled_numbers
from unrolled.data.tables.table import READERS, Values, as_vectors
from unrolled.errors import DataError, SettingError
from unrolled.schema import Column, Kind, Unit, parse_kind

MAX_INTEGER_CLASSES = 10  # with more different integers, an output column is a quantity
MIN_SENTENCE_WORDS = 4  # words in a cell, on average
MAX_SYMBOL_LETTERS = 1.5  # of a symbol, on average, without accents, length marks and the like
MAX_SYMBOL_LENGTH = 4  # letters of the longest one of a closed set of symbols
MAX_CLOSED_LETTERS = 2.3  # of a symbol of a closed set, on average
MAX_SYMBOLS = 200  # different ones of a closed set
MIN_REPEATS = 3  # of a symbol of a closed set, on average
_LETTER = r"[^\p{M}\p{Lm}\p{Sk}\s]"
_LONG_INTEGER = r"^\s*[+-]?\d{19,}\s*$"

Measured = tuple[Column, Values]


def infer_kind(series: pl.Series, *, stated: str | None, output: bool) -> Measured:
    """Return what a column is, with the reason, and its values.

    Args:
        series: Its cells.
        stated: The kind that a person stated, or None to infer it.
        output: Whether the column is an output.

    Raises:
        DataError: Every cell is missing, or no kind (or not the stated one) fits the cells.

    Example:
        >>> infer_kind(pl.Series("a", [1.5, 2.5]), stated=None, output=False)[0].kind_name
        'number'
        >>> infer_kind(pl.Series("a", ["y", "n"] * 9), stated=None, output=True)[0].why
        'text with 2 different values in 18 rows'
    """
    filled = series.drop_nulls()
    if series.dtype.is_float():
        filled = filled.drop_nans()
    if filled.is_empty():
        raise _all_missing_error(series.name)
    if stated is not None:
        kind, unit = parse_kind(stated, column=series.name)
        return _measure(series, kind, unit, "stated", output=output)
    if series.dtype == pl.String:
        return _infer_text(series, filled, output=output)
    if are_dates(filled):
        return _infer_dates(series, output=output)
    if series.dtype.is_temporal():
        raise _times_error(series.name, str(filled[0]))
    if isinstance(series.dtype, pl.List | pl.Array):
        return _infer_lists(series, output=output)
    if series.dtype == pl.Boolean:
        return _measure(series, "category", None, "booleans")
    if not series.dtype.is_numeric():
        raise cells.wrong_type_error(series, "any kind", "numbers, text or lists of them")
    return _infer_number(series, filled, output=output)


def _infer_number(series: pl.Series, filled: pl.Series, *, output: bool) -> Measured:
    """Return the kind of a column of numbers: a few integers are classes if it is an output."""
    distinct = filled.n_unique()
    whole = series.dtype.is_integer() or bool((filled == filled.floor()).all())
    has_gaps = len(filled) < len(series)  # then integers may be stored as floats
    are_bits = distinct == 2 and bool(((filled == 0) | (filled == 1)).all())
    integers = whole and (series.dtype.is_integer() or has_gaps or are_bits)
    if output and integers and distinct <= MAX_INTEGER_CLASSES and len(filled) >= 2 * distinct:
        why = f"{distinct} different whole numbers in {len(series)} rows"
        return _measure(series, "category", None, why)
    return _measure(series, "number", None, "a number in each row")


def _infer_text(series: pl.Series, filled: pl.Series, *, output: bool) -> Measured:
    """Return the kind of a column of strings."""
    if filled.str.contains(cells.JSON_LIST).all() and _is_json(filled[0]):
        lists = cells.parse_lists(series)
        return _infer_lists(lists, output=output, why="text that contains lists, ")
    if are_dates(filled.filter(filled.str.strip_chars() != "")):
        return _infer_dates(series, output=output)
    distinct, rows = filled.n_unique(), len(series)
    few = distinct <= max(2, min(100, rows // 5))
    _refuse_almost_numbers(series, few)
    has_spaces = _has_spaces(filled)
    long = has_spaces and _mean_words(filled) >= MIN_SENTENCE_WORDS
    sentences = not output and distinct >= MAX_INTEGER_CLASSES and long
    if few and not sentences:
        why = f"text with {distinct} different values in {rows} rows"
        return _measure(series, "category", None, why)
    if has_spaces and (symbols := _describe_symbols(filled)):
        return _measure(series, "tokens", None, f"text, {symbols} separated by spaces")
    unit: Unit = "words" if has_spaces else "characters"
    why = f"text, {distinct} different in {rows} rows"
    if look_like_dates(filled):
        why += ", which could be dates: state how they are written (--date-format)"
    return _measure(series, "text", unit, why)


def _infer_dates(series: pl.Series, *, output: bool) -> Measured:
    """Return the kind of a column of dates: as an output they are written as text."""
    if output:
        return _measure(series, "text", "characters", "dates, which are written as text")
    return _measure(series, "date", None, "dates")


def _is_json(cell: str) -> bool:
    """Return whether a text is JSON, and not words in brackets."""
    try:
        json.loads(cell)
    except (ValueError, RecursionError):
        return False
    return True


def _has_spaces(filled: pl.Series) -> bool:
    """Return whether most texts contain white space between words."""
    return 2 * int(filled.str.strip_chars().str.contains(r"\s").sum()) > len(filled)


def _describe_symbols(filled: pl.Series) -> str | None:
    """Return in words what symbols texts are made of, with one space between any two, or None.

    Symbols are mostly of one letter; or they are short ones of a closed set, which are repeated
    often, such as the sounds of a language (`HH AH0 L OW1`).
    """
    if filled.str.contains(r"^\s|\s$|\s\s|[^\S ]").any():
        return None
    letters = int(filled.str.count_matches(_LETTER).sum())
    count = int(filled.str.count_matches(r"\S+").sum())
    if letters < MAX_SYMBOL_LETTERS * count:
        return "single letters"
    if letters > MAX_CLOSED_LETTERS * count:
        return None
    symbols = filled.str.split(" ").explode().unique()
    few = len(symbols) <= min(MAX_SYMBOLS, count / MIN_REPEATS)
    short = int(symbols.str.count_matches(_LETTER).max() or 0) <= MAX_SYMBOL_LENGTH  # type: ignore[arg-type]
    return f"{len(symbols)} different short symbols" if few and short else None


def _mean_words(filled: pl.Series) -> float:
    """Return how many words a text has on average."""
    return int(filled.str.count_matches(r"\S+").sum()) / len(filled)


def _refuse_almost_numbers(series: pl.Series, few: bool) -> None:
    """Refuse text of which most cells are numbers: mixed cells, or quoted numbers."""
    name = series.name
    _refuse_spelled_numbers(series, few)
    plain = series.str.strip_chars()
    filled = (plain.is_not_null() & (plain != "")).fill_null(False).to_numpy()
    numeric = plain.cast(pl.Float64, strict=False).is_not_null().to_numpy() & filled
    if 2 * int(numeric.sum()) <= int(filled.sum()):
        return
    other = filled & ~numeric
    if other.any():
        row = cells.first_row(other)
        raise DataError(
            f"column '{name}' mixes numbers and text: row {row} holds {series[row - 1]!r}. Leave a"
            f" missing cell empty, correct the row, or state '{name}:category' or '{name}:text'."
        )
    long = series.str.contains(_LONG_INTEGER).fill_null(False).to_numpy()
    if long.any():
        row = cells.first_row(long)
        raise DataError(
            f"column '{name}', row {row}: the integer {plain[row - 1]} is too large; the largest"
            f" one is {2**63 - 1}. State '{name}:category' if it is an identifier."
        )
    if not few:
        raise DataError(
            f"column '{name}' holds numbers written as text, the first of them"
            f" {series[cells.first_row(filled) - 1]!r}. State '{name}:number' if they are"
            f" quantities, or '{name}:category' if they are codes."
        )


def _refuse_spelled_numbers(series: pl.Series, few: bool) -> None:
    """Refuse numbers that are text by their spelling; of a few with a unit, only say it."""
    spelled = spelled_numbers(series)
    if spelled is None:
        return
    place = f"column '{series.name}', row {spelled.row}: {spelled.cell!r}"
    if spelled.is_unit and few:
        note([f"{place} is read as text. If it is a number: {spelled.advice}"])
        return
    raise DataError(
        f"{place} is a number that is written as text. {spelled.advice} If it is no number, state"
        f" '{series.name}:category', '{series.name}:text' or, for a list, '{series.name}:numbers'."
    )


def _infer_lists(series: pl.Series, *, output: bool, why: str = "") -> Measured:
    """Return the kind of a column of lists."""
    inner = cells.with_open_lists(series.dtype)
    depth = 0
    while isinstance(inner, pl.List):
        inner, depth = inner.inner, depth + 1
    if inner == pl.String and depth == 1:
        return _measure(series, "tokens", None, f"{why}lists of strings")
    if depth == 0:
        raise cells.wrong_type_error(series, "any kind", "lists in every row")
    lists = read_number_lists(series)
    if depth > 1:
        return _measure_lists(series.name, lists, "numbers", why + _describe_steps(lists))
    if output and lists.length is not None and (hot := infer_bits(series, lists, why)):
        return hot
    if lists.length is not None:
        why = f"{why}lists of {lists.length} numbers in every row"
        return _measure_lists(series.name, lists, "vector", why)
    return _measure_lists(
        series.name, lists, "numbers", f"{why}lists of numbers of different lengths"
    )


def _describe_steps(lists: NumberLists) -> str:
    """Return in words what a list of steps holds."""
    steps = {None: "steps", 1: "1 step"}.get(lists.length, f"{lists.length} steps")
    return f"lists of {steps} of {lists.width} {'number' if lists.width == 1 else 'numbers'} each"


def _measure(
    series: pl.Series, kind: Kind, unit: Unit | None, why: str, *, output: bool = False
) -> Measured:
    """Return a column of a kind, and its values."""
    name = series.name
    if kind == "labels" or (kind == "category" and holds_lists(series)):
        return stated_labels(series, kind, why)
    if kind == "date" and output:
        raise SettingError(
            f"column '{name}' is stated as dates, but it is an output, and dates are inputs only."
            f" State '{name}:characters' to have the dates written as text."
        )
    if kind not in READERS:
        return _measure_lists(name, read_number_lists(series), kind, why)
    values = READERS[kind](series)
    if kind == "text":
        texts = pl.Series([cell for cell in values if cell is not None])
        unit = unit or ("words" if _has_spaces(texts) else "characters")
    if kind != "tokens":
        return Column(name=name, kind=kind, unit=unit, why=why), values
    lengths = {len(row) for row in values if row is not None}
    length = lengths.pop() if len(lengths) == 1 else None
    spaced = cells.has_spaced_tokens(series)
    return Column(name=name, kind=kind, length=length, spaced=spaced, why=why), values


def _measure_lists(name: str, lists: NumberLists, kind: Kind, why: str) -> Measured:
    """Return a column of lists of numbers, with its width and its length, and its values."""
    if lists.missing.all():
        raise _all_missing_error(name)
    if kind == "vector":
        width = lists.width * _common_length(lists, name)
        column = Column(name=name, kind=kind, width=width, why=why)
        return column, as_vectors(lists, column)
    column = Column(name=name, kind=kind, width=lists.width, length=lists.length, why=why)
    return column, lists.rows()


def _common_length(lists: NumberLists, name: str) -> int:
    """Return the one length of all rows, or name the first row that has another."""
    if lists.length is not None:
        return lists.length
    lengths = lists.lengths[~lists.missing]
    first = int(lengths[0])
    row = cells.first_row((lists.lengths != first) & ~lists.missing)
    raise DataError(
        f"column '{name}', row {row}: the list has {lists.lengths[row - 1]} numbers, but the rows"
        f" before it have {first}. Correct the row, or state '{name}:numbers' if lengths may"
        " differ."
    )


def _all_missing_error(name: str) -> DataError:
    """Return the error for a column without a value."""
    return DataError(
        f"every value of column '{name}' is missing. Choose another column, or fill this one."
    )


def _times_error(name: str, shown: str) -> DataError:
    """Return the error for a column of times of day or of durations."""
    return DataError(
        f"column '{name}' holds times of day or durations ({shown}), which no kind fits. Write them"
        f" as numbers, such as hours, or state '{name}:category'."
    )
