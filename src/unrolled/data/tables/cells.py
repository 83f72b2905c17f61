"""Cells of a polars column as the values of a kind; every error names the row."""

from __future__ import annotations

import json
import re
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl

from unrolled.data.formats.from_python import to_series
from unrolled.data.tables.label_index import is_missing
from unrolled.data.tables.spelled_numbers import spelled_numbers
from unrolled.errors import DataError

FloatArray = np.ndarray[Any, np.dtype[np.float64]]
_SEPARATORS = re.compile(r"[\s,;]+")
JSON_LIST = r"^\s*\[.*\]\s*$"


def first_row(mask: Any) -> int:
    """Return the number, from 1, of the first row that is True in a mask."""
    return int(np.flatnonzero(mask)[0]) + 1


def is_known(column: pl.Series) -> pl.Series:
    """Return which cells of a column are there: neither missing nor NaN."""
    return (column.fill_nan(None) if column.dtype.is_float() else column).is_not_null()


def read_numbers(column: pl.Series) -> FloatArray:
    """Return one float for each row, NaN where the cell is missing.

    Example:
        >>> read_numbers(pl.Series("a", ["1", " 2.5", None]))
        array([1. , 2.5, nan])
    """
    name, dtype = column.name, column.dtype
    if dtype == pl.Null:
        return np.full(len(column), np.nan)
    if dtype == pl.String:
        plain = column.str.strip_chars()
        parsed = plain.cast(pl.Float64, strict=False)
        bad = (parsed.is_null() & plain.is_not_null() & (plain != "")).fill_null(False).to_numpy()
        if bad.any():
            row = first_row(bad)
            spelled = spelled_numbers(column)
            advice = f" {spelled.advice}" if spelled is not None else ""
            raise DataError(
                f"column '{name}', row {row}: {column[row - 1]!r} is not a number.{advice} Correct"
                f" it, leave the cell empty if it is missing, or state '{name}:category' or"
                f" '{name}:text'."
            )
        column = parsed
    elif not (dtype.is_numeric() or dtype == pl.Boolean):
        raise wrong_type_error(column, "number", "one number in each row")
    refuse_overflow(column)
    values: FloatArray = column.cast(pl.Float64).fill_null(np.nan).to_numpy().copy()
    if np.isinf(values).any():
        raise infinity_error(name, first_row(np.isinf(values)))
    return values


def refuse_overflow(column: pl.Series, *, rows: Any = None) -> None:
    """Refuse integers beyond 64 bits, which are identifiers more often than quantities.

    Args:
        column: The numbers.
        rows: The row of each number from 0, where that is not its position.
    """
    if column.dtype not in (pl.Int128, pl.UInt128, pl.UInt64):
        return
    big = ((column > 2**63 - 1) | (column < -(2**63))).fill_null(False).to_numpy()
    if big.any():
        position = first_row(big) - 1
        row = position + 1 if rows is None else int(rows[position]) + 1
        raise DataError(
            f"column '{column.name}', row {row}: the integer {column[position]} is too large; the"
            f" largest one is {2**63 - 1}. State '{column.name}:category' if it is an identifier,"
            " or write it as a decimal number."
        )


def read_labels(column: pl.Series) -> np.ndarray[Any, np.dtype[np.object_]]:
    """Return one Python scalar for each row; whole floats become integers.

    A missing label is None; so is a text of nothing but blanks.

    Example:
        >>> read_labels(pl.Series("a", [1.0, None, 2.5])).tolist()
        [1, None, 2.5]
    """
    if column.dtype.is_nested() or column.dtype in (pl.Binary, pl.Object):
        raise wrong_type_error(column, "category", "one label in each row")
    values = np.empty(len(column), dtype=object)
    values[:] = [_label(cell) for cell in column.to_list()]
    return values


def _label(cell: Any) -> Any:
    """Return a cell as a label that JSON can hold."""
    if is_missing(cell):
        return None
    if isinstance(cell, Decimal):
        cell = int(cell) if cell == cell.to_integral_value() else float(cell)
    if isinstance(cell, float):
        return int(cell) if cell.is_integer() else cell
    return str(cell) if isinstance(cell, date | time | timedelta) else cell


def parse_lists(column: pl.Series) -> pl.Series:
    """Return lists from text: JSON, or numbers separated by spaces, `,` or `;`."""
    name = column.name
    return to_series(name, [_parse_list(name, row, cell) for row, cell in enumerate(column, 1)])


def _parse_list(name: str, row: int, cell: str | None) -> Any:
    """Return the list that a text contains."""
    text = (cell or "").strip()
    if not text:
        return None
    try:
        if text.startswith("["):
            return json.loads(text)
        return [float(part) for part in _SEPARATORS.split(text.strip(",; ")) if part]
    except (ValueError, RecursionError):
        shown = text if len(text) <= 40 else text[:37] + "..."
        raise DataError(
            f"column '{name}', row {row}: {shown!r} is not a list of numbers such as '[1, 2.5]' or"
            f" '1 2.5'. Correct it, or state '{name}:tokens' or '{name}:text'."
        ) from None


def read_tokens(column: pl.Series) -> list[list[str | None] | None]:
    """Return lists of strings; text is split at white space, or parsed if it is a JSON list.

    A missing step is None.

    Example:
        >>> read_tokens(pl.Series("a", ["to be", None]))
        [['to', 'be'], None]
    """
    if column.dtype == pl.String:
        column = _split(column) if has_spaced_tokens(column) else parse_lists(column)
    if column.dtype == pl.Null:
        column = column.cast(pl.List(pl.String))
    column = column.cast(with_open_lists(column.dtype))
    inner = column.dtype.inner if isinstance(column.dtype, pl.List) else None
    if inner is None or isinstance(inner, pl.List):
        raise wrong_type_error(
            column, "tokens", "a list of strings, or text with spaces between the tokens"
        )
    column = with_empty_as_missing(column)
    rows: list[list[str | None] | None] = column.to_list()
    if inner != pl.String:
        rows = [None if row is None else [_as_token(token) for token in row] for row in rows]
    return rows


def _as_token(value: Any) -> str | None:
    """Return a number or a boolean as a token, a whole number without a decimal point."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return None if is_missing(value) else str(value)


def read_written_tokens(column: pl.Series, *, spaced: bool) -> list[list[str | None] | None]:
    """Return the tokens in text as a model was fitted on them: each cell by itself.

    Args:
        column: Text.
        spaced: Whether tokens have spaces between them; otherwise a cell may be a JSON list.

    Example:
        >>> read_written_tokens(pl.Series("a", ['["to", "be"]', "or not"]), spaced=False)
        [['to', 'be'], ['or', 'not']]
    """
    is_list = column.str.contains(JSON_LIST).fill_null(value=False) & (not spaced)
    words = read_tokens(_split(column.filter(~is_list)))
    lists = read_tokens(parse_lists(column.filter(is_list))) if is_list.any() else []
    remaining = iter(words), iter(lists)
    return [next(remaining[is_one]) for is_one in is_list.to_list()]


def has_spaced_tokens(column: pl.Series) -> bool:
    """Return whether cells are text with white space between tokens, and not JSON lists.

    Example:
        >>> as_text, as_json = pl.Series("a", ["to be"]), pl.Series("a", ['["to", "be"]'])
        >>> has_spaced_tokens(as_text), has_spaced_tokens(as_json)
        (True, False)
    """
    filled = column.drop_nulls()
    if filled.dtype != pl.String:
        return False
    return not (len(filled) and filled.str.contains(JSON_LIST).all())


def _split(column: pl.Series) -> pl.Series:
    """Return texts split at white space."""
    cells = [None if cell is None else cell.split() for cell in column.to_list()]
    return pl.Series(column.name, cells, dtype=pl.List(pl.String))


def read_texts(column: pl.Series) -> list[str | None]:
    """Return one string for each row; an empty text is a text, a missing one is None."""
    if column.dtype.is_nested() or column.dtype in (pl.Binary, pl.Object):
        raise wrong_type_error(column, "text", "a string in each row")
    dated = column.dtype in (pl.Date, pl.Datetime)
    texts: list[str | None] = (write_dates(column) if dated else column.cast(pl.String)).to_list()
    return texts


def write_dates(column: pl.Series) -> pl.Series:
    """Return dates as text: with their time of day where it is not midnight.

    Example:
        >>> from datetime import datetime
        >>> cells = [datetime(2024, 2, 29), datetime(2024, 3, 1, 12, 30), None]
        >>> write_dates(pl.Series("a", cells)).to_list()
        ['2024-02-29', '2024-03-01 12:30:00', None]
    """
    text = column.dt.to_string(
        "%Y-%m-%d %H:%M:%S%.f" if column.dtype == pl.Datetime else "%Y-%m-%d"
    )
    return text.str.strip_suffix(" 00:00:00")


def wrong_type_error(column: pl.Series, kind: str, needed: str) -> DataError:
    """Return the error for a column whose type cannot become a kind."""
    return DataError(
        f"column '{column.name}' holds {describe_dtype(column.dtype)} and cannot be read as {kind},"
        f" which needs {needed}. State another kind for it, or change the column."
    )


def describe_dtype(dtype: Any) -> str:
    """Return a type of cells in plain words.

    Example:
        >>> describe_dtype(pl.List(pl.List(pl.Int64)))
        'lists of lists of numbers'
    """
    if isinstance(dtype, pl.List | pl.Array):
        return f"lists of {describe_dtype(dtype.inner)}"
    if dtype.is_numeric():
        return "numbers"
    if dtype.is_temporal():
        return "dates or times"
    words: dict[Any, str] = {pl.String: "text", pl.Boolean: "booleans", pl.Null: "nothing"}
    return words.get(dtype, "records" if isinstance(dtype, pl.Struct) else "binary data")


def infinity_error(name: str, row: int) -> DataError:
    """Return the error for an infinity."""
    return DataError(
        f"column '{name}', row {row}: the number is infinite. Correct it, or leave it empty if it"
        " is missing."
    )


def with_empty_as_missing(column: pl.Series) -> pl.Series:
    """Return lists with those that are empty as missing: both have no steps."""
    return pl.select(pl.when(column.list.len() > 0).then(column)).to_series().alias(column.name)


def with_open_lists(dtype: Any) -> Any:
    """Return a type with lists in place of arrays of a fixed size."""
    return pl.List(with_open_lists(dtype.inner)) if isinstance(dtype, pl.List | pl.Array) else dtype
