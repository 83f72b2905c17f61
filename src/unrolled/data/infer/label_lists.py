"""Cells that hold several labels: lists of 0 and 1, or lists of names."""

from __future__ import annotations

import numpy as np
import polars as pl

from unrolled.data.tables import cells
from unrolled.data.tables.label_sets import (
    holds_bits,
    holds_lists,
    is_one_hot,
    read_values,
)
from unrolled.data.tables.ragged import NumberLists, read_number_lists
from unrolled.data.tables.table import Values
from unrolled.errors import DataError
from unrolled.schema import Column, Kind

Measured = tuple[Column, Values]


def infer_bits(series: pl.Series, lists: NumberLists, why: str) -> Measured | None:
    """Return an output whose cells are all lists of 0 and 1; None where they are other numbers.

    Args:
        series: The cells.
        lists: The same cells as numbers, of one length.
        why: The beginning of the reason for the kind.
    """
    if not holds_bits(lists.flat):
        return None
    width = int(lists.length or 0)
    rows = lists.flat.reshape(-1, width)
    kind: Kind = "category" if is_one_hot(rows) else "labels"
    shown = "one-hot lists" if kind == "category" else "lists"
    column = Column(
        name=series.name, kind=kind, width=width, why=f"{why}{shown} of {width}, each 0 or 1"
    )
    return column, read_values(series, column)


def stated_labels(series: pl.Series, kind: Kind, why: str) -> Measured:
    """Return a column that a person stated to be labels, or a category of one-hot lists.

    Raises:
        DataError: The cells are neither lists of 0 and 1 of one length nor lists of names.

    Example:
        >>> stated_labels(pl.Series("y", [["a", "b"], ["a"]]), "labels", "stated")[0].width
        0
    """
    if kind == "labels" and not _holds_numbers(series):
        column = Column(name=series.name, kind=kind, width=0, why=why)
        return column, read_values(series, column)
    lists = read_number_lists(series)
    if lists.length is None:
        lengths = lists.lengths[~lists.missing]
        row = cells.first_row((lists.lengths != lengths[0]) & ~lists.missing)
        raise DataError(
            f"column '{series.name}', row {row}: the list has {lists.lengths[row - 1]} numbers, but"
            f" the rows before it have {lengths[0]}. Lists of 0 and 1 have one place for each"
            " label, and so the same length in every row. Correct the row."
        )
    width = lists.length * lists.width
    column = Column(name=series.name, kind=kind, width=width, why=why)
    return column, read_values(series, column)


def _holds_numbers(series: pl.Series) -> bool:
    """Return whether the cells are lists of numbers."""
    if not holds_lists(series):
        return False
    if series.dtype == pl.String:
        series = cells.parse_lists(series)
    inner = cells.with_open_lists(series.dtype).inner
    is_text = inner == pl.String or (
        inner == pl.Null and not np.any(series.list.len().fill_null(0))
    )
    return not is_text
