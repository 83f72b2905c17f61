"""Table: checked values by column, the one form that splits and encoders work on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from unrolled.data.formats.delimited.header_hint import missing_header_hint
from unrolled.data.tables import cells, label_sets
from unrolled.data.tables.date_cells import read_dates
from unrolled.data.tables.ragged import NumberLists, read_number_lists
from unrolled.errors import DataError, did_you_mean
from unrolled.schema import Column

Values = np.ndarray[Any, Any] | list[Any]
Indices = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class Table:
    """Values by column name.

    Attributes:
        values: By kind: `number` float64 (b,), NaN where missing; `category` object (b,), None
            where missing; `date` datetime64[us] (b,), NaT where missing; `vector` float64 (b, f);
            `labels` float64 (b, k), NaN where missing, or a list of lists of names; `numbers` a
            list of (t_i, f); `tokens` a list of lists of strings; `text` a list of strings. In the
            last three None is a missing cell, and a NaN or a None among the steps a missing step,
            which only an output may have.
        rows: The number of rows.

    Example:
        >>> Table({"a": np.array([1.0, 2.0, 3.0])}, rows=3).take([2, 0]).values["a"]
        array([3., 1.])
    """

    values: dict[str, Values]
    rows: int

    def take(self, indices: Sequence[int] | Indices) -> Table:
        """Return the rows at some indices (from 0), in their order."""
        rows = np.asarray(indices, dtype=np.int64)
        return Table(
            {
                name: values[rows] if isinstance(values, np.ndarray) else [values[i] for i in rows]
                for name, values in self.values.items()
            },
            len(rows),
        )


def make_table(
    frame: pl.DataFrame, inputs: Sequence[Column], outputs: Sequence[Column] = ()
) -> Table:
    """Return the checked values of a frame.

    Args:
        frame: The frame that `read` returned.
        inputs: The input columns.
        outputs: The output columns; leave them out to predict.

    Raises:
        DataError: A column is missing, or a cell does not fit its column's kind; the message names
            the row.
    """
    values: dict[str, Values] = {}
    for column in (*inputs, *outputs):
        if column.name not in frame.columns:
            hint = did_you_mean(column.name, frame.columns) or missing_header_hint(frame)
            raise DataError(
                f"the data has no column '{column.name}', which the model was trained on.{hint}"
            )
        try:
            values[column.name] = convert_column(frame[column.name], column)
        except DataError as error:
            raise _with_trained_kind(error, column) from None
    return Table(values, frame.height)


def _with_trained_kind(error: DataError, column: Column) -> DataError:
    """Return an error that does not only advise to state another kind, which needs a training."""
    if not any(words in str(error) for words in ("tate ", "Did you mean")):
        return error
    return DataError(
        f"{error} The model was trained with '{column.name}:{column.kind_name}', and another kind"
        " needs a new training."
    )


READERS: dict[str, Callable[[pl.Series], Values]] = {
    "number": cells.read_numbers,
    "category": cells.read_labels,
    "date": read_dates,
    "tokens": cells.read_tokens,
    "text": cells.read_texts,
}


def convert_column(series: pl.Series, column: Column) -> Values:
    """Return the cells of a column as the values of its kind, checked against its width."""
    if column.is_label_set or column.is_one_hot:
        values: Values = label_sets.read_values(series, column)
        return values
    if column.kind == "tokens" and series.dtype == pl.String:
        return cells.read_written_tokens(series, spaced=column.spaced)
    if column.kind in READERS:
        return READERS[column.kind](series)
    lists = read_number_lists(series)
    if column.kind == "vector":
        return as_vectors(lists, column)
    if lists.flat.size and lists.width != column.width:
        raise DataError(
            f"column '{column.name}' has {lists.width} numbers in each step, but the training data"
            f" has {column.width}. Give each step the numbers of the training data."
        )
    return lists.rows()


def as_vectors(lists: NumberLists, column: Column) -> Values:
    """Return lists of one length as (b, f), NaN in every place of a missing one."""
    lengths = lists.lengths * lists.width
    wrong = (lengths != column.width) & ~lists.missing
    if wrong.any():
        row = cells.first_row(wrong)
        raise DataError(
            f"column '{column.name}', row {row}: the list has {lengths[row - 1]} numbers, but a"
            f" vector has the same number in every row, here {column.width}. Correct the row, or"
            f" state '{column.name}:numbers' if lengths may differ."
        )
    values = np.full((len(lengths), column.width), np.nan)  # b f
    values[~lists.missing] = lists.flat.reshape(-1, column.width)
    return values


def check_trainable(data: Table, outputs: Sequence[Column], *, by_step: bool = False) -> None:
    """Refuse a table from which nothing can be learned: one row, or an output that never varies.

    Args:
        data: The rows.
        outputs: The output columns.
        by_step: Whether the steps of outputs are learned one by one, so that they may vary within
            a row.

    Raises:
        DataError: It has fewer than two rows, or an output is constant; the message names it.
    """
    if data.rows < 2:
        raise DataError(
            f"only {data.rows} row has a known output. Training needs at least two: one to train on"
            " and one to hold out. Add rows."
        )
    for column in outputs:
        values = data.values[column.name]
        if by_step and column.side == "many" and column.kind != "text":
            values = [step for row in values for step in row]
        values = [value for value in values if not _is_missing(value)]
        if all(_equal(value, values[0]) for value in values):
            shown = f"is {_shorten(values[0])}" if values else "is missing"
            raise DataError(
                f"the output '{column.name}' {shown} in every row, so there is nothing to learn."
                " Choose an output with at least two different values."
            )


def _is_missing(value: Any) -> bool:
    """Return whether a value is missing as a whole."""
    if isinstance(value, np.ndarray):
        return bool(np.isnan(value).all())
    return value is None or (isinstance(value, float) and value != value)


def _equal(value: Any, first: Any) -> bool:
    """Return whether two cells are equal."""
    if isinstance(value, np.ndarray):
        return np.array_equal(value, first, equal_nan=True)
    return bool(value == first)


def _shorten(value: Any) -> str:
    """Return a cell short enough for an error."""
    plain = value.tolist() if isinstance(value, np.ndarray | np.generic) else value
    text = repr(plain)
    return text if len(text) <= 40 else text[:37] + "..."
