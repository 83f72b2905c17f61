"""Sequences of numbers: rows with different numbers of steps, stored in one array."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from unrolled.data.tables import cells
from unrolled.errors import DataError

NEEDED = "a list of numbers, or a list of lists of numbers, in each row"


@dataclass(frozen=True)
class NumberLists:
    """Rows of steps, one after another in a single array.

    Attributes:
        flat: Every step of every row.                          # sum(t) f
        lengths: The number of steps of each row, 0 if missing. # b
        missing: Whether the cell of the row is missing.        # b
        nested: Whether a step was a list of numbers.
    """

    flat: cells.FloatArray
    lengths: np.ndarray[Any, np.dtype[np.int64]]
    missing: np.ndarray[Any, np.dtype[np.bool_]]
    nested: bool

    @property
    def width(self) -> int:
        """How many numbers a step has."""
        return int(self.flat.shape[1])

    @property
    def length(self) -> int | None:
        """The number of steps that every row has, or None where rows differ."""
        distinct = np.unique(self.lengths[~self.missing])
        return int(distinct[0]) if distinct.size == 1 else None

    def rows(self) -> list[cells.FloatArray | None]:
        """Return each row as (t_i, f), a view into the one array; None where missing."""
        if self.length is not None and not self.missing.any():
            return list(self.flat.reshape(len(self.lengths), self.length, -1))
        rows = np.split(self.flat, np.cumsum(self.lengths)[:-1])
        return [None if gap else row for row, gap in zip(rows, self.missing, strict=True)]


def read_number_lists(column: pl.Series) -> NumberLists:
    """Return lists of numbers, or lists of lists of numbers, also from text.

    Example:
        >>> read_number_lists(pl.Series("a", ["1 2 3", "[4, 5]"])).lengths
        array([3, 2])
    """
    if column.dtype == pl.String:
        column = cells.parse_lists(column)
    if column.dtype == pl.Null:
        column = column.cast(pl.List(pl.Float64))
    if isinstance(column.dtype, pl.Array) and column.dtype.size and column.null_count() == 0:
        lists = _from_array(column)
    else:
        lists = _from_lists(column.cast(cells.with_open_lists(column.dtype)))
    infinite = np.isinf(lists.flat).any(axis=1)
    if infinite.any():
        step = int(np.flatnonzero(infinite)[0])
        row = int(np.repeat(np.arange(len(column)), lists.lengths)[step]) + 1
        raise cells.infinity_error(column.name, row)
    return lists


def _from_array(column: pl.Series) -> NumberLists:
    """Return a column whose rows all have the same length, without copying it."""
    array = column.to_numpy()
    if array.dtype.kind not in "biuf" or array.ndim > 3:
        raise cells.wrong_type_error(column, "numbers", NEEDED)
    n, t, width = array.shape if array.ndim == 3 else (*array.shape, 1)
    flat = array.reshape(n * t, width).astype(np.float64, copy=False)
    return NumberLists(flat, np.full(n, t), np.zeros(n, dtype=bool), array.ndim == 3)


def _from_lists(column: pl.Series) -> NumberLists:
    """Return a column of lists as steps."""
    name = column.name
    if column.dtype.is_numeric() or column.dtype == pl.Boolean:
        raise DataError(
            f"column '{name}' holds one number in each row and cannot be read as steps or as a"
            f" vector, which need a list of numbers in each row. Did you mean '{name}:number'?"
        )
    if not isinstance(column.dtype, pl.List):
        raise cells.wrong_type_error(column, "numbers", NEEDED)
    column = cells.with_empty_as_missing(column)
    missing = column.is_null().to_numpy()
    lengths = column.list.len().fill_null(0).to_numpy().astype(np.int64)
    row_of_step = np.repeat(np.arange(len(column)), lengths)
    steps = column.drop_nulls().explode()
    nested = isinstance(steps.dtype, pl.List)
    width = _step_width(name, steps, row_of_step) if nested else 1
    numbers = steps.explode() if nested else steps
    if not (numbers.dtype.is_numeric() or numbers.dtype in (pl.Boolean, pl.Null)):
        raise cells.wrong_type_error(column, "numbers", NEEDED)
    cells.refuse_overflow(numbers.alias(name), rows=np.repeat(row_of_step, width))
    flat = numbers.cast(pl.Float64).fill_null(np.nan).to_numpy().reshape(-1, width)
    return NumberLists(flat, lengths, missing, nested)


def _step_width(name: str, steps: pl.Series, row_of_step: Any) -> int:
    """Return how many numbers every step has; refuse a step with more or fewer."""
    widths = steps.list.len().fill_null(0).to_numpy().astype(np.int64)
    width = int(widths[0]) if len(widths) else 1
    wrong = (widths != width) | (widths == 0)
    if wrong.any():
        step = cells.first_row(wrong) - 1
        raise DataError(
            f"column '{name}', row {row_of_step[step] + 1}: a step has {widths[step]} numbers. All"
            f" steps of a column must have the same number of values, here {max(width, 1)}."
        )
    return width
