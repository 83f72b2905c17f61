"""Several labels in a row: lists of 0 and 1 (multi-hot), or lists of the labels' names.

A list of 0 and 1 in which every row has exactly one 1 is one-hot: a single label, which is the
place of the 1.
"""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np
import polars as pl

from unrolled.data.tables import cells
from unrolled.data.tables.ragged import NumberLists, read_number_lists
from unrolled.errors import DataError
from unrolled.schema import Column

Array = np.ndarray[Any, Any]
_SEPARATORS = re.compile(r"[,;|]")


def read_values(series: pl.Series, column: Column) -> Any:
    """Return the cells of a set of labels (b k) or b lists of names, or of one-hot labels (b)."""
    if column.is_one_hot and not holds_lists(series):
        return cells.read_labels(series)  # the labels themselves
    if column.is_label_set and column.width == 0:
        return read_label_sets(series)
    values = read_bits(series, column.width)
    return labels_of_one_hot(series.name, values) if column.is_one_hot else values


def holds_lists(series: pl.Series) -> bool:
    """Return whether the cells are lists, or texts that contain lists.

    Example:
        >>> holds_lists(pl.Series(["[0, 1]", None])), holds_lists(pl.Series(["a; b"]))
        (True, False)
    """
    if series.dtype != pl.String:
        return isinstance(series.dtype, pl.List | pl.Array)
    filled = series.drop_nulls()
    return bool(len(filled)) and bool(filled.str.contains(cells.JSON_LIST).all())


def holds_bits(values: Array) -> bool:
    """Return whether numbers (b k) are all 0 or 1, and both occur; missing ones do not count.

    Example:
        >>> holds_bits(np.array([[0, 1.0], [np.nan, 1]])), holds_bits(np.ones((2, 2)))
        (True, False)
    """
    known = values[~np.isnan(values)]
    return bool(np.isin(known, (0.0, 1.0)).all() and (known == 0).any() and (known == 1).any())


def is_one_hot(values: Array) -> bool:
    """Return whether each row (b k) has exactly one 1; a row may be missing as a whole.

    Example:
        >>> is_one_hot(np.eye(3)), is_one_hot(np.array([[1.0, 1.0], [0.0, 1.0]]))
        (True, False)
    """
    missing = np.isnan(values)
    rows = values[~missing.all(axis=1)]
    return values.shape[1] > 1 and bool(len(rows) and (rows.sum(axis=1) == 1).all())


def read_bits(series: pl.Series, width: int) -> Array:
    """Return lists of 0 and 1 as (b k), NaN where one is missing.

    Args:
        series: The cells.
        width: How many labels there are.

    Raises:
        DataError: A list has another length, or a number that is neither 0 nor 1.

    Example:
        >>> read_bits(pl.Series("y", [[0, 1], None]), 2).tolist()
        [[0.0, 1.0], [nan, nan]]
    """
    lists = read_number_lists(series)
    return check_bits(series.name, _as_rows(series.name, lists, width))


def check_bits(name: str, values: Array) -> Array:
    """Return numbers (b k) if they are all 0 or 1, or missing.

    Raises:
        DataError: One of them is something else; the message names its row.
    """
    wrong = ~(np.isnan(values) | (values == 0) | (values == 1))
    if wrong.any():
        row, place = map(int, np.argwhere(wrong)[0])
        raise DataError(
            f"column '{name}', row {row + 1}: the value {values[row, place]:g} at place {place + 1}"
            " is not 0 or 1, but each place of a list of labels says whether the row has that"
            f" label. Correct it, or state '{name}:vector' if these are quantities."
        )
    return values


def labels_of_one_hot(name: str, values: Array) -> Array:
    """Return the label of each one-hot row (b): the place of its 1 from 0, None where missing.

    Raises:
        DataError: A row has no 1, or several; the message names it.

    Example:
        >>> labels_of_one_hot("y", np.array([[0.0, 1.0], [np.nan, np.nan]])).tolist()
        [1, None]
    """
    missing = np.asarray(np.isnan(values).all(axis=1))
    wrong = ~missing & (np.nan_to_num(values).sum(axis=1) != 1)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise DataError(
            f"column '{name}', row {row + 1}: {np.nan_to_num(values[row]).astype(int).tolist()} is"
            " not one-hot: each row needs exactly one 1. Correct it, or state"
            f" '{name}:labels' if a row may have several labels, or none."
        )
    labels = np.empty(len(values), dtype=object)
    labels[:] = [
        None if gap else int(place)
        for gap, place in zip(missing.tolist(), np.nan_to_num(values).argmax(axis=1), strict=True)
    ]
    return labels


def one_hot(labels: Array, width: int) -> Array:
    """Return labels (b) as one-hot rows (b k) of integers.

    Example:
        >>> one_hot(np.array([1, 0], dtype=object), 3).tolist()
        [[0, 1, 0], [1, 0, 0]]
    """
    rows: Array = np.eye(width, dtype=np.int64)[labels.astype(np.int64)]
    return rows


def read_label_sets(series: pl.Series) -> list[list[str] | None]:
    """Return the labels of each row; a text holds them with `,`, `;` or `|` between them, or JSON.

    Example:
        >>> read_label_sets(pl.Series("y", ["news; sport", None, "[]"]))
        [['news', 'sport'], None, []]
    """
    if series.dtype == pl.String:
        rows = [_split(series.name, number, cell) for number, cell in enumerate(series, 1)]
    elif isinstance(series.dtype, pl.List | pl.Array) or series.dtype == pl.Null:
        rows = series.to_list()
    else:
        raise cells.wrong_type_error(
            series, "labels", "a list of 0 and 1, or a list of labels, in each row"
        )
    return [None if row is None else [str(v) for v in row if v is not None] for row in rows]


def _split(name: str, row: int, cell: str | None) -> list[Any] | None:
    """Return the labels that a text holds; None if it is empty."""
    text = (cell or "").strip()
    if not text:
        return None
    if text.startswith("["):
        try:
            return list(json.loads(text))
        except (ValueError, RecursionError):
            raise DataError(
                f"column '{name}', row {row}: {text[:40]!r} is not a list of labels such as"
                ' \'["news", "sport"]\' or "news; sport". Correct it.'
            ) from None
    return [part.strip() for part in _SEPARATORS.split(text) if part.strip()]


def _as_rows(name: str, lists: NumberLists, width: int) -> Array:
    """Return lists of one length as (b k), NaN in every place of a missing one."""
    lengths = lists.lengths * lists.width
    wrong = (lengths != width) & ~lists.missing
    if wrong.any():
        row = cells.first_row(wrong)
        raise DataError(
            f"column '{name}', row {row}: the list has {lengths[row - 1]} numbers, but there are"
            f" {width} labels, each 0 or 1. Correct the row."
        )
    values = np.full((len(lengths), width), np.nan)  # b k
    values[~lists.missing] = lists.flat.reshape(-1, width)
    return values
