"""The kind of one column: found from its cells, or stated and then measured."""

from __future__ import annotations

import json

import polars as pl

from unrolled.data.tables import cells, ragged
from unrolled.errors import DataError
from unrolled.schema import Column, Kind, Unit, parse_kind

FEW = 10
SENTENCE = 4  # words in a cell, on average
LETTERS = 1.5  # of a symbol, on average, without accents, length marks and the like
_DATE = r"^\s*\d{4}[-/]\d{1,2}[-/]\d{1,2}([ T]\d|\s*$)"
_LIST = r"^\s*\[.*\]\s*$"
_LONG = r"^\s*[+-]?\d{19,}\s*$"


def infer_kind(column: pl.Series, *, stated: str | None, output: bool) -> Column:
    """Return what a column is, with the evidence.

    Args:
        column: Its cells.
        stated: The kind a person gave it, or None to find it.
        output: Whether it comes out of the model.

    Raises:
        DataError: Every cell is missing, or no kind (or not the one stated) fits the cells.

    Example:
        >>> kind(pl.Series("a", [1.5, 2.5]), stated=None, output=False).kind_name
        'number'
        >>> kind(pl.Series("a", ["y", "n"] * 9), stated=None, output=True).why
        'text with 2 different values in 18 rows'
    """
    filled = column.drop_nulls()
    if column.dtype.is_float():
        filled = filled.drop_nans()
    if filled.is_empty():
        raise _nothing(column.name)
    if stated is not None:
        taken, unit = parse_kind(stated, column=column.name)
        return _measured(column, taken, unit, "stated")
    if column.dtype == pl.String:
        return _text(column, filled, output=output)
    if column.dtype.is_temporal():
        raise _dates(column.name, str(filled[0]))
    if isinstance(column.dtype, pl.List | pl.Array):
        return _lists(column)
    if column.dtype == pl.Boolean:
        return _measured(column, "category", None, "booleans")
    if not column.dtype.is_numeric():
        raise cells.wrong_type(column, "any kind", "numbers, text or lists of them")
    distinct = filled.n_unique()
    gaps = len(filled) < len(column)
    whole = column.dtype.is_integer() or (gaps and bool((filled == filled.floor()).all()))
    if output and whole and distinct <= FEW and len(filled) >= 2 * distinct:
        why = f"{distinct} different whole numbers in {len(column)} rows"
        return _measured(column, "category", None, why)
    return _measured(column, "number", None, "a number in each row")


def _text(column: pl.Series, filled: pl.Series, *, output: bool) -> Column:
    """Return the kind of a column of strings."""
    name = column.name
    if filled.str.contains(_LIST).all() and _json(filled[0]):
        lists = cells.listed(column)
        return _lists(lists, why="text that spells lists, ")
    if filled.str.contains(_DATE).all():
        raise _dates(name, filled[0])
    distinct, rows = filled.n_unique(), len(column)
    few = distinct <= max(2, min(100, rows // 5))
    _refuse_almost_numbers(column, few)
    sentences = not output and distinct >= FEW and _spaced(filled) and _words(filled) >= SENTENCE
    if few and not sentences:
        why = f"text with {distinct} different values in {rows} rows"
        return _measured(column, "category", None, why)
    if _spaced(filled) and _symbols(filled):
        return _measured(column, "tokens", None, "text, single letters with a blank between")
    unit: Unit = "words" if _spaced(filled) else "characters"
    return _measured(column, "text", unit, f"text, {distinct} different in {rows} rows")


def _json(cell: str) -> bool:
    """Return whether a text is JSON, and not words in brackets."""
    try:
        json.loads(cell)
    except (ValueError, RecursionError):
        return False
    return True


def _spaced(filled: pl.Series) -> bool:
    """Return whether most texts contain white space between words."""
    return 2 * int(filled.str.strip_chars().str.contains(r"\s").sum()) > len(filled)


def _symbols(filled: pl.Series) -> bool:
    """Return whether texts are symbols, mostly of one letter, with one blank between any two."""
    if filled.str.contains(r"^\s|\s$|\s\s|[^\S ]").any():
        return False
    letters = int(filled.str.count_matches(r"[^\p{M}\p{Lm}\p{Sk}\s]").sum())
    return letters < LETTERS * int(filled.str.count_matches(r"\S+").sum())


def _words(filled: pl.Series) -> float:
    """Return how many words a text has on average."""
    return int(filled.str.count_matches(r"\S+").sum()) / len(filled)


def _refuse_almost_numbers(column: pl.Series, few: bool) -> None:
    """Refuse text of which most cells are numbers: a mixture, or numbers that were quoted."""
    name = column.name
    plain = column.str.strip_chars()
    full = (plain.is_not_null() & (plain != "")).fill_null(False).to_numpy()
    numeric = plain.cast(pl.Float64, strict=False).is_not_null().to_numpy() & full
    if 2 * int(numeric.sum()) <= int(full.sum()):
        return
    odd = full & ~numeric
    if odd.any():
        row = cells.row_of(odd)
        raise DataError(
            f"column '{name}' mixes numbers and text: row {row} holds {column[row - 1]!r}, expected"
            " one type. Leave a missing cell empty, correct the row, or state"
            f" '{name}:category' or '{name}:text'."
        )
    long = column.str.contains(_LONG).fill_null(False).to_numpy()
    if long.any():
        row = cells.row_of(long)
        raise DataError(
            f"column '{name}', row {row}: the integer {plain[row - 1]} overflows 64 bits, expected"
            f" at most {2**63 - 1}. State '{name}:category' if it is an identifier."
        )
    if not few:
        raise DataError(
            f"column '{name}' holds numbers written as text, {column[cells.row_of(full) - 1]!r} the"
            f" first, expected a kind to be stated. State '{name}:number' for quantities or"
            f" '{name}:category' for codes."
        )


def _lists(column: pl.Series, why: str = "") -> Column:
    """Return the kind of a column of lists."""
    inner = cells.loose(column.dtype)
    depth = 0
    while isinstance(inner, pl.List):
        inner, depth = inner.inner, depth + 1
    if inner == pl.String and depth == 1:
        return _measured(column, "tokens", None, why + "lists of strings")
    if depth == 0:
        raise cells.wrong_type(column, "any kind", "lists in every row")
    if depth > 1:
        found = _measured(column, "numbers", None, why)
        return found.model_copy(update={"why": why + _steps_of(found)})
    even = ragged.numbers(column).length
    if even is not None:
        return _measured(column, "vector", None, f"{why}lists of {even} numbers in every row")
    return _measured(column, "numbers", None, why + "lists of numbers of differing length")


def _steps_of(found: Column) -> str:
    """Return in words what a list of steps holds."""
    steps = {None: "steps", 1: "1 step"}.get(found.length, f"{found.length} steps")
    return f"lists of {steps} of {found.width} {'number' if found.width == 1 else 'numbers'} each"


def _measured(column: pl.Series, taken: Kind, unit: Unit | None, why: str) -> Column:
    """Return a column of a kind with its width and its length, its cells checked."""
    width, length = 1, None
    if taken == "number":
        cells.number(column)
    elif taken == "category":
        cells.category(column)
    elif taken == "tokens":
        lengths = {len(row) for row in cells.tokens(column) if row is not None}
        length = lengths.pop() if len(lengths) == 1 else None
    elif taken == "text":
        texts = pl.Series([cell for cell in cells.text(column) if cell is not None])
        unit = unit or ("words" if _spaced(texts) else "characters")
    else:
        found = ragged.numbers(column)
        if found.missing.all():
            raise _nothing(column.name)
        width, length = int(found.flat.shape[1]), found.length
        if taken == "vector":
            width, length = width * _even(found, column.name), None
    spaced = taken == "tokens" and cells.spaced(column)
    return Column(
        name=column.name,
        kind=taken,
        unit=unit,
        width=width,
        length=length,
        spaced=spaced,
        why=why,
    )


def _even(found: ragged.Ragged, name: str) -> int:
    """Return the one length of every row, or name the first row that has another."""
    if found.length is not None:
        return found.length
    lengths = found.lengths[~found.missing]
    first = int(lengths[0])
    row = cells.row_of((found.lengths != first) & ~found.missing)
    raise DataError(
        f"column '{name}', row {row}: got a list of {found.lengths[row - 1]} numbers, expected"
        f" {first} as in the rows before it. Correct the row, or state '{name}:numbers' where"
        " lengths may differ."
    )


def _nothing(name: str) -> DataError:
    """Return the error for a column without a value."""
    return DataError(
        f"every value of column '{name}' is missing, expected some. Choose another column, or fill"
        " this one."
    )


def _dates(name: str, shown: str) -> DataError:
    """Return the error for a column of dates."""
    return DataError(
        f"column '{name}' holds dates or times ({shown}), expected numbers, labels, text or lists."
        " Derive numbers from it, such as the month, the weekday or the hour, or state"
        f" '{name}:category'."
    )
