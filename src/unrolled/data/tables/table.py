"""Table: checked values by column, in the one form that splits and encoders work on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from unrolled.data.formats.delimited import headerless
from unrolled.data.tables import cells, ragged
from unrolled.errors import DataError, did_you_mean
from unrolled.schema import Column

Values = np.ndarray[Any, Any] | list[Any]
Indices = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class Table:
    """Values by column name.

    Attributes:
        values: By kind: `number` float64 (b,), NaN where missing; `category` object (b,), None
            where missing; `vector` float64 (b, f); `numbers` a list of (t_i, f); `tokens` a list
            of lists of strings; `text` a list of strings. In the last three None is a missing
            cell, which only an output may have.
        rows: How many.

    Example:
        >>> Table({"a": np.array([1.0, 2.0, 3.0])}, rows=3).take([2, 0]).values["a"]
        array([3., 1.])
    """

    values: dict[str, Values]
    rows: int

    def take(self, indices: Sequence[int] | Indices) -> Table:
        """Return the rows at some indices (from 0), in their order."""
        chosen = np.asarray(indices, dtype=np.int64)
        return Table(
            {
                name: found[chosen] if isinstance(found, np.ndarray) else [found[i] for i in chosen]
                for name, found in self.values.items()
            },
            len(chosen),
        )


def make_table(
    frame: pl.DataFrame, inputs: Sequence[Column], outputs: Sequence[Column] = ()
) -> Table:
    """Return the checked values of a frame.

    Args:
        frame: What `read` returned.
        inputs: The columns that go in; a sequence among them may not be missing.
        outputs: The columns that come out; leave them away to predict.

    Raises:
        DataError: A column is missing, or a cell does not fit its column's kind; the row is named.
    """
    values: dict[str, Values] = {}
    for column in (*inputs, *outputs):
        if column.name not in frame.columns:
            raise DataError(
                f"the data has no column '{column.name}', expected it since the model uses it."
                f"{did_you_mean(column.name, frame.columns) or headerless(frame)}"
            )
        found = convert_column(frame[column.name], column)
        if column.side == "many" and column in inputs:
            _refuse_missing(found, column)
        values[column.name] = found
    return Table(values, frame.height)


def convert_column(column: pl.Series, facts: Column) -> Values:
    """Return one column's cells as the values of its kind, checked against its width."""
    if facts.kind == "number":
        return cells.number(column)
    if facts.kind == "category":
        return cells.category(column)
    if facts.kind == "tokens":
        return cells.tokens(column)
    if facts.kind == "text":
        return cells.text(column)
    found = ragged.numbers(column)
    if facts.kind == "vector":
        return _vector(found, facts)
    if found.flat.size and found.flat.shape[1] != facts.width:
        raise DataError(
            f"column '{facts.name}' has {found.flat.shape[1]} numbers in a step, expected"
            f" {facts.width} as in the training data."
        )
    return found.rows()


def _vector(found: ragged.Ragged, facts: Column) -> Values:
    """Return equally long lists as (b, f), NaN in every place of a missing one."""
    lengths = found.lengths * found.flat.shape[1]
    wrong = (lengths != facts.width) & ~found.missing
    if wrong.any():
        row = cells.row_of(wrong)
        raise DataError(
            f"column '{facts.name}', row {row}: got a list of {lengths[row - 1]} numbers, expected"
            f" {facts.width} in every row of a vector. Correct the row, or state"
            f" '{facts.name}:numbers' where lengths may differ."
        )
    values = np.full((len(lengths), facts.width), np.nan)  # b f
    values[~found.missing] = found.flat.reshape(-1, facts.width)
    return values


def drop_incomplete_rows(data: Table, outputs: Sequence[Column]) -> tuple[Table, Indices]:
    """Return the rows whose outputs are all there, and which they are.

    Args:
        data: The table.
        outputs: The columns that come out.

    Returns:
        The table of the rows kept, and their indices in `data`, from 0.

    Raises:
        DataError: No row has every output, or a sequence has a missing step among its steps.
    """
    kept = np.ones(data.rows, dtype=bool)
    for column in outputs:
        kept &= ~_missing(data.values[column.name], column)
    if not kept.any():
        names = ", ".join(f"'{column.name}'" for column in outputs)
        raise DataError(
            f"no row has a value for every output ({names}), expected at least two such rows."
        )
    indices = np.flatnonzero(kept)
    return (data if kept.all() else data.take(indices)), indices


def check_trainable(data: Table, outputs: Sequence[Column]) -> None:
    """Refuse a table from which nothing can be learned: one row, or an output that never varies.

    Raises:
        DataError: It has fewer than two rows, or a constant output, which is named.
    """
    if data.rows < 2:
        raise DataError(
            f"got {data.rows} row with a known output, expected at least two: one to train on and"
            " one to hold out. Add rows."
        )
    for column in outputs:
        values = data.values[column.name]
        if all(_same(value, values[0]) for value in values):
            raise DataError(
                f"the output '{column.name}' is {_shown(values[0])} in every row, expected at"
                " least two different values. There is nothing to learn; choose another output."
            )


def _missing(values: Values, column: Column) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return which rows of an output are missing; refuse a missing step inside a sequence."""
    if column.kind in ("number", "vector"):
        gaps = np.isnan(np.asarray(values, dtype=np.float64).reshape(len(values), -1))
        return np.asarray(gaps.any(axis=1))
    if column.kind == "numbers":
        for row, steps in enumerate(values, 1):
            if steps is not None and np.isnan(steps).any():
                raise DataError(
                    f"column '{column.name}', row {row}: got a missing number at step"
                    f" {cells.row_of(np.isnan(steps).any(axis=1))} of an output, expected every"
                    " step filled. Fill it, or leave the whole cell empty to leave the row out."
                )
    return np.array([value is None for value in values], dtype=bool)


def _refuse_missing(values: Values, column: Column) -> None:
    """Refuse a sequence that is missing as a whole."""
    for row, value in enumerate(values, 1):
        if value is None:
            raise DataError(
                f"column '{column.name}', row {row}: got no value, expected {column.kind_name}."
                " Leave the row out, or fill the cell."
            )


def _same(value: Any, first: Any) -> bool:
    """Return whether two cells are equal."""
    if isinstance(value, np.ndarray):
        return np.array_equal(value, first, equal_nan=True)
    return bool(value == first)


def _shown(value: Any) -> str:
    """Return a cell short enough for an error."""
    plain = value.tolist() if isinstance(value, np.ndarray | np.generic) else value
    text = repr(plain)
    return text if len(text) <= 40 else text[:37] + "..."
