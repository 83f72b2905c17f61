"""Cells of a polars column as the values of a kind; every refusal names the row."""

from __future__ import annotations

import json
import re
from datetime import date, time, timedelta
from typing import Any

import numpy as np
import polars as pl

from unrolled.data.formats.from_python import to_series
from unrolled.errors import DataError

FloatArray = np.ndarray[Any, np.dtype[np.float64]]
_BETWEEN = re.compile(r"[\s,;]+")


def row_of(mask: Any) -> int:
    """Return the number, from 1, of the first row that a mask marks."""
    return int(np.flatnonzero(mask)[0]) + 1


def number(column: pl.Series) -> FloatArray:
    """Return one float a row, NaN where the cell is missing.

    Example:
        >>> number(pl.Series("a", ["1", " 2.5", None]))
        array([1. , 2.5, nan])
    """
    name, dtype = column.name, column.dtype
    if dtype == pl.Null:
        return np.full(len(column), np.nan)
    if dtype == pl.String:
        plain = column.str.strip_chars()
        read = plain.cast(pl.Float64, strict=False)
        bad = (read.is_null() & plain.is_not_null() & (plain != "")).fill_null(False).to_numpy()
        if bad.any():
            raise DataError(
                f"column '{name}', row {row_of(bad)}: got {column[row_of(bad) - 1]!r}, expected a"
                " number. Correct it, leave the cell empty if it is missing, or state"
                f" '{name}:category' or '{name}:text'."
            )
        column = read
    elif not (dtype.is_numeric() or dtype == pl.Boolean):
        raise wrong_type(column, "number", "one number a row")
    refuse_overflow(column)
    values: FloatArray = column.cast(pl.Float64).fill_null(np.nan).to_numpy().copy()
    if np.isinf(values).any():
        raise infinite(name, row_of(np.isinf(values)))
    return values


def refuse_overflow(column: pl.Series, *, rows: Any = None) -> None:
    """Refuse integers beyond 64 bits, which are identifiers more often than quantities.

    Args:
        column: The numbers.
        rows: The row of each from 0, where that is not its place.
    """
    if column.dtype not in (pl.Int128, pl.UInt128, pl.UInt64):
        return
    big = ((column > 2**63 - 1) | (column < -(2**63))).fill_null(False).to_numpy()
    if big.any():
        place = row_of(big) - 1
        row = place + 1 if rows is None else int(rows[place]) + 1
        raise DataError(
            f"column '{column.name}', row {row}: the integer {column[place]} overflows 64 bits,"
            f" expected at most {2**63 - 1}. State '{column.name}:category' if it is an identifier,"
            " or write it as a decimal number."
        )


def category(column: pl.Series) -> np.ndarray[Any, np.dtype[np.object_]]:
    """Return one Python scalar a row, None where missing; whole floats become integers.

    Example:
        >>> category(pl.Series("a", [1.0, None, 2.5])).tolist()
        [1, None, 2.5]
    """
    if column.dtype.is_nested() or column.dtype in (pl.Binary, pl.Object):
        raise wrong_type(column, "category", "one label a row")
    values = np.empty(len(column), dtype=object)
    values[:] = [_label(cell) for cell in column.to_list()]
    return values


def _label(cell: Any) -> Any:
    """Return a cell as a label that JSON can hold."""
    if isinstance(cell, float):
        return None if cell != cell else int(cell) if cell.is_integer() else cell
    return str(cell) if isinstance(cell, date | time | timedelta) else cell


def listed(column: pl.Series) -> pl.Series:
    """Return text that spells lists (JSON, or numbers between blanks, `,` or `;`) as lists."""
    return to_series(column.name, [_list(column.name, i, c) for i, c in enumerate(column, 1)])


def _list(name: str, row: int, cell: str | None) -> Any:
    """Return one text as the list that it spells."""
    text = (cell or "").strip()
    if not text:
        return None
    try:
        if text.startswith("["):
            return json.loads(text)
        return [float(part) for part in _BETWEEN.split(text.strip(",; ")) if part]
    except (ValueError, RecursionError):
        shown = text if len(text) <= 40 else text[:37] + "..."
        raise DataError(
            f"column '{name}', row {row}: got {shown!r}, expected a list of numbers such as"
            f" '[1, 2.5]' or '1 2.5'. Correct it, or state '{name}:tokens' or '{name}:text'."
        ) from None


def tokens(column: pl.Series) -> list[list[str] | None]:
    """Return lists of strings; a text is split at white space (or read as a JSON list).

    Example:
        >>> tokens(pl.Series("a", ["to be", None]))
        [['to', 'be'], None]
    """
    if column.dtype == pl.String:
        column = _split(column) if spaced(column) else listed(column)
    if column.dtype == pl.Null:
        column = column.cast(pl.List(pl.String))
    column = column.cast(loose(column.dtype))
    inner = column.dtype.inner if isinstance(column.dtype, pl.List) else None
    if inner is None or isinstance(inner, pl.List):
        raise wrong_type(
            column, "tokens", "a list of strings, or text with white space between them"
        )
    lengths_of(column)
    found: list[list[str] | None] = column.to_list()
    if inner != pl.String:
        found = [None if row is None else [str(token) for token in row] for row in found]
    for place, row in enumerate(found, 1):
        if row is not None and None in row:
            raise DataError(
                f"column '{column.name}', row {place}: got a missing token, expected a string at"
                " every step."
            )
    return found


def spaced(column: pl.Series) -> bool:
    """Return whether cells are text with white space between tokens, and no JSON lists.

    Example:
        >>> spaced(pl.Series("a", ["to be"])), spaced(pl.Series("a", ['["to", "be"]']))
        (True, False)
    """
    filled = column.drop_nulls()
    as_json = r"^\s*\[.*\]\s*$"
    return filled.dtype == pl.String and not (len(filled) and filled.str.contains(as_json).all())


def _split(column: pl.Series) -> pl.Series:
    """Return texts split at white space."""
    cells = [None if cell is None else cell.split() for cell in column.to_list()]
    return pl.Series(column.name, cells, dtype=pl.List(pl.String))


def text(column: pl.Series) -> list[str | None]:
    """Return one string a row; an empty text is a text, a missing one is None."""
    if column.dtype.is_nested() or column.dtype in (pl.Binary, pl.Object):
        raise wrong_type(column, "text", "a string a row")
    found: list[str | None] = column.cast(pl.String).to_list()
    return found


def wrong_type(column: pl.Series, kind: str, expected: str) -> DataError:
    """Return the error for a column of a type that a kind cannot be made from."""
    return DataError(
        f"column '{column.name}' holds {spelled(column.dtype)} and cannot be read as {kind},"
        f" expected {expected}. State another kind for it, or change the column."
    )


def spelled(dtype: Any) -> str:
    """Return a type of cells in plain words.

    Example:
        >>> spelled(pl.List(pl.List(pl.Int64)))
        'lists of lists of numbers'
    """
    if isinstance(dtype, pl.List | pl.Array):
        return f"lists of {spelled(dtype.inner)}"
    if dtype.is_numeric():
        return "numbers"
    if dtype.is_temporal():
        return "dates or times"
    words: dict[Any, str] = {pl.String: "text", pl.Boolean: "booleans", pl.Null: "nothing"}
    return words.get(dtype, "records" if isinstance(dtype, pl.Struct) else "binary data")


def infinite(name: str, row: int) -> DataError:
    """Return the error for an infinity."""
    return DataError(
        f"column '{name}', row {row}: got an infinity, expected finite numbers. Correct it, or"
        " leave it empty if it is missing."
    )


def empty(name: str, row: int) -> DataError:
    """Return the error for a row of no steps."""
    return DataError(
        f"column '{name}', row {row}: got a sequence of length 0, expected at least one step."
        " Leave the row out, or give it a step."
    )


def lengths_of(column: pl.Series) -> tuple[Any, Any]:
    """Return the steps of each row and which rows are missing; refuse a row of no steps."""
    missing = column.is_null().to_numpy()
    lengths = column.list.len().fill_null(0).to_numpy().astype(np.int64)
    if ((lengths == 0) & ~missing).any():
        raise empty(column.name, row_of((lengths == 0) & ~missing))
    return lengths, missing


def loose(dtype: Any) -> Any:
    """Return a type with lists in place of arrays of a fixed size."""
    return pl.List(loose(dtype.inner)) if isinstance(dtype, pl.List | pl.Array) else dtype
