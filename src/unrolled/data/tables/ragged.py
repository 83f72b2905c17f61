"""Sequences of numbers: rows of steps of differing length, held in one array."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from unrolled.data.tables import cells
from unrolled.errors import DataError


@dataclass(frozen=True)
class Ragged:
    """Rows of steps, one after another in a single array.

    Attributes:
        flat: Every step of every row.                  # sum(t) f
        lengths: Steps of each row, 0 where missing.    # b
        missing: Whether the row has no cell at all.    # b
        nested: Whether a step was a list of numbers.
    """

    flat: cells.FloatArray
    lengths: np.ndarray[Any, np.dtype[np.int64]]
    missing: np.ndarray[Any, np.dtype[np.bool_]]
    nested: bool

    @property
    def length(self) -> int | None:
        """The steps that every filled row has, or None where rows differ."""
        found = np.unique(self.lengths[~self.missing])
        return int(found[0]) if found.size == 1 else None

    def rows(self) -> list[cells.FloatArray | None]:
        """Return each row as (t_i, f), a view into the one array; None where missing."""
        if self.length is not None and not self.missing.any():
            return list(self.flat.reshape(len(self.lengths), self.length, -1))
        pieces = np.split(self.flat, np.cumsum(self.lengths)[:-1])
        return [None if no else row for row, no in zip(pieces, self.missing, strict=True)]


def numbers(column: pl.Series) -> Ragged:
    """Return lists of numbers, lists of lists of numbers, or their text, as steps.

    Example:
        >>> numbers(pl.Series("a", ["1 2 3", "[4, 5]"])).lengths
        array([3, 2])
    """
    if column.dtype == pl.String:
        column = cells.listed(column)
    if column.dtype == pl.Null:
        column = column.cast(pl.List(pl.Float64))
    if isinstance(column.dtype, pl.Array) and column.null_count() == 0:
        ragged = _block(column)
    else:
        ragged = _lists(column.cast(cells.loose(column.dtype)))
    infinite = np.isinf(ragged.flat).any(axis=1)
    if infinite.any():
        step = int(np.flatnonzero(infinite)[0])
        raise cells.infinite(
            column.name, int(np.repeat(np.arange(len(column)), ragged.lengths)[step]) + 1
        )
    return ragged


def _block(column: pl.Series) -> Ragged:
    """Return a column whose rows are equally long, without copying it."""
    base = column.to_numpy()
    if base.dtype.kind not in "biuf" or base.ndim > 3:
        raise cells.wrong_type(
            column, "numbers", "a list of numbers, or of lists of numbers, a row"
        )
    if base.shape[1] == 0:
        raise cells.empty(column.name, 1)
    n, t, width = base.shape if base.ndim == 3 else (*base.shape, 1)
    flat = base.reshape(n * t, width).astype(np.float64, copy=False)
    return Ragged(flat, np.full(n, t), np.zeros(n, dtype=bool), base.ndim == 3)


def _lists(column: pl.Series) -> Ragged:
    """Return a column of lists as steps."""
    if column.dtype.is_numeric() or column.dtype == pl.Boolean:
        raise DataError(
            f"column '{column.name}' holds one number in each row, expected a list of numbers in"
            f" each row to read as steps or as a vector. Did you mean '{column.name}:number'?"
        )
    if not isinstance(column.dtype, pl.List):
        raise cells.wrong_type(
            column, "numbers", "a list of numbers, or of lists of numbers, a row"
        )
    lengths, missing = cells.lengths_of(column)
    steps = column.drop_nulls().explode()
    nested = isinstance(steps.dtype, pl.List)
    width = 1
    of_row = np.repeat(np.arange(len(column)), lengths)
    if nested:
        widths = steps.list.len().fill_null(0).to_numpy().astype(np.int64)
        width = int(widths[0]) if len(widths) else 1
        wrong = (widths != width) | (widths == 0)
        if wrong.any():
            step = cells.row_of(wrong) - 1
            raise DataError(
                f"column '{column.name}', row {of_row[step] + 1}: got a step of {widths[step]}"
                f" numbers, expected {max(width, 1)} in every step of every row."
            )
        steps = steps.explode()
    if not (steps.dtype.is_numeric() or steps.dtype in (pl.Boolean, pl.Null)):
        raise cells.wrong_type(
            column, "numbers", "a list of numbers, or of lists of numbers, a row"
        )
    cells.refuse_overflow(steps.alias(column.name), rows=np.repeat(of_row, width))
    flat = steps.cast(pl.Float64).fill_null(np.nan).to_numpy().reshape(-1, width)
    return Ragged(flat, lengths, missing, nested)
