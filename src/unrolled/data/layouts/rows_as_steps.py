"""A table whose rows are steps: the rows of one id, in the order of time, are one example."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl

from unrolled.data.block import Array
from unrolled.data.layouts.times import elapsed, read_times
from unrolled.data.tables import cells
from unrolled.data.tables.cells import is_known
from unrolled.data.tables.label_index import canonical_form
from unrolled.errors import DataError, did_you_mean, quote_names
from unrolled.schema import Record

ROW, EXAMPLE, TIME = "\0row", "\0example", "\0time"  # no column of a table has such a name
ELAPSED = "elapsed"

StepKind = Literal["number", "category", "vector"]
LabelType = Literal["boolean", "integer", "number", "text"]


@dataclass(frozen=True)
class StepRows:
    """Where the rows of a table are among the steps of its examples.

    Attributes:
        example: The example of each row, from 0 (n).
        place: The place of each row among the steps of all examples, end to end (n).
        moved: How many rows did not stand in the order of time.
    """

    example: Array
    place: Array
    moved: int = 0

    def spread(self, column: pl.Series) -> pl.Series:
        """Return a value for each row of a column that has a cell, or a list, for each example.

        Example:
            >>> rows = StepRows(example=np.array([0, 1, 0]), place=np.array([1, 2, 0]))
            >>> rows.spread(pl.Series("y", [[1, 2], [3]])).to_list()
            [2, 3, 1]
        """
        if isinstance(column.dtype, pl.List):
            return column.explode()[self.place]
        return column[self.example]


class RowsAsSteps(Record):
    """The layout of a table whose rows are the steps of the examples that a column names.

    Attributes:
        id: The column that names the example of each row.
        time: The column that orders the steps; None takes the order of the rows.
        one: Columns with one value for each example.
        many: Columns with a value at each step, each with the kind of this value.
        labels: By column of labels, the type that they had in the table that was fitted.
        elapsed: Whether the time since the step before is an input.
    """

    id: str
    time: str | None = None
    one: tuple[str, ...] = ()
    many: dict[str, StepKind]
    labels: dict[str, LabelType]
    elapsed: bool = False

    def nest(
        self,
        frame: pl.DataFrame,
        inputs: Sequence[str],
        outputs: Sequence[str] = (),
        *,
        ordered: tuple[pl.DataFrame, StepRows] | None = None,
    ) -> tuple[pl.DataFrame, StepRows]:
        """Return the table with an example in each row, and where the rows went.

        A missing label is the label `""` in a sequence of inputs, and missing in one of outputs.

        Args:
            frame: The table, with a step in each row.
            inputs: The columns that are needed; those that it lacks are left out.
            outputs: The same.
            ordered: What `order_rows` returned for this table, where it was called before.

        Returns:
            The table of the examples, in the order of their first rows: the id, the time of the
            last step, the columns with one value, and lists of the values at each step.

        Raises:
            DataError: An id or a time is missing, an id has one time twice, or a column that had
                one value for each id in training has several; the rows are named.
        """
        rows, places = ordered or order_rows(frame, self.id, self.time)
        names = [name for name in dict.fromkeys([*inputs, *outputs]) if name in frame.columns]
        single = [name for name in names if name in self.one]
        for name in single:
            self._refuse_varying(rows, name)
        columns = [] if self.id in names else [pl.col(self.id).first()]
        if self.time is not None and self.time not in names:
            columns.append(pl.col(self.time).last())
        columns += [pl.col(n).filter(known_cells(frame[n])).first() for n in single]
        steps = {
            n: self._steps(frame[n], missing=None if n in outputs else "")
            for n in names
            if n in self.many
        }
        rows = rows.with_columns(values[rows[ROW]].alias(name) for name, values in steps.items())
        if self.elapsed:
            first = np.diff(rows[EXAMPLE].to_numpy(), prepend=-1) > 0
            rows = rows.with_columns(pl.Series(ELAPSED, elapsed(rows[TIME], first)))
        columns += [pl.col(name) for name in (*steps, *([ELAPSED] if self.elapsed else []))]
        nested = rows.group_by(EXAMPLE, maintain_order=True).agg(columns).drop(EXAMPLE)
        return nested, places

    def examples(self, table: pl.DataFrame, ids: pl.Series) -> pl.DataFrame:
        """Return a row for each example: its id, and the columns with one value for it.

        Args:
            table: A table of steps, as it is to be written.
            ids: The id of each of its rows.
        """
        text = [pl.col(n).replace("", None) for n, t in table.schema.items() if t == pl.String]
        rows, _ = order_rows(table.with_columns(text).with_columns(ids), self.id, None)
        single = [n for n in self.one if n in rows.columns and varying_rows(rows, n) is None]
        columns = [pl.col(self.id).first()]
        columns += [pl.col(n).filter(known_cells(rows[n])).first() for n in single if n != self.id]
        return rows.group_by(EXAMPLE, maintain_order=True).agg(columns).drop(EXAMPLE)

    def to_labels(self, column: pl.Series) -> pl.Series:
        """Return the predicted labels of steps in the type that they had in the fitted table."""
        kind = self.labels.get(column.name, self.labels.get(column.name.removesuffix("-predicted")))
        if kind is None or kind == "text":
            return column
        if kind == "boolean":
            return column.str.to_lowercase() == "true"
        return column.cast(pl.Int64 if kind == "integer" else pl.Float64, strict=False)

    def _steps(self, column: pl.Series, *, missing: str | None) -> pl.Series:
        """Return the values of a column at each row, by their kind; missing labels as stated."""
        kind = self.many[column.name]
        if kind == "number":
            return pl.Series(column.name, cells.read_numbers(column))
        if kind == "vector":
            return column
        is_text = self.labels.get(column.name, "text") == "text"
        distinct = column.unique()
        labels = {
            cell: None if label is None else _label(label, is_text)
            for cell, label in zip(distinct, cells.read_labels(distinct), strict=True)
        }
        steps = pl.Series(column.name, map(labels.get, column), dtype=pl.String)
        return steps if missing is None else steps.fill_null(missing)

    def _refuse_varying(self, rows: pl.DataFrame, name: str) -> None:
        """Refuse a column with several values in one example, which had one in training."""
        pair = varying_rows(rows, name)
        if pair is None:
            return
        one, other = pair[name]
        first, second = sorted(int(row) + 1 for row in pair[ROW])
        raise DataError(
            f"column '{name}' has one value for each '{self.id}' in the training data, but for"
            f" {pair[self.id][0]!r} it is {one!r} and {other!r} (rows {first} and {second})."
            " Correct the rows, or train again with data in which it varies."
        )


def _label(cell: Any, is_text: bool) -> str:
    """Return a label as a step: text as it is, and a number or a truth value in one form."""
    return str(cell if is_text else canonical_form(cell)[1])


def order_rows(frame: pl.DataFrame, id: str, time: str | None) -> tuple[pl.DataFrame, StepRows]:
    """Return the rows by example and time, with their number, and where each row went.

    Raises:
        DataError: A column is missing, an id or a time is missing, or an id has one time twice.
    """
    for name, role in ((id, "id"), (time, "time")):
        if name is not None and name not in frame.columns:
            raise DataError(
                f"the data has no column '{name}', which was named as `{role}`. The columns are"
                f" {quote_names(frame.columns)}.{did_you_mean(name, frame.columns)}"
            )
    example = _number_examples(frame[id])
    rows = frame.with_row_index(ROW).with_columns(pl.Series(EXAMPLE, example))
    keys = [EXAMPLE]
    if time is not None:
        rows = rows.with_columns(read_times(frame[time]).alias(TIME))
        keys.append(TIME)
    moved = _count_moved(rows) if time is not None else 0
    rows = rows.sort(keys, maintain_order=True)
    if time is not None:
        _refuse_same_times(rows, id, time)
    place = np.empty(rows.height, dtype=np.int64)
    place[rows[ROW].to_numpy()] = np.arange(rows.height)
    return rows, StepRows(example, place, moved)


def varying_rows(rows: pl.DataFrame, name: str) -> pl.DataFrame | None:
    """Return two rows of one example with different values; None where each has one value.

    Missing values do not count.
    """
    known = rows.filter(is_known(rows[name]))
    differs = pl.col(name) != pl.col(name).first().over(EXAMPLE)
    other = known.filter(differs.fill_null(value=False))
    if other.is_empty():
        return None
    first = known.filter(pl.col(EXAMPLE) == other[EXAMPLE][0])
    return pl.concat([first.head(1), other.head(1)])


def known_cells(column: pl.Series) -> pl.Expr:
    """Return the cells of a column that are there, as a condition on its table."""
    cell = pl.col(column.name)
    return cell.is_not_null() & cell.is_not_nan() if column.dtype.is_float() else cell.is_not_null()


def _number_examples(ids: pl.Series) -> Array:
    """Return the example of each row (n), numbered in the order of their first rows."""
    missing = ~is_known(ids)
    if ids.dtype == pl.String:
        missing |= ids.str.strip_chars() == ""
    if missing.any():
        raise DataError(
            f"column '{ids.name}', row {cells.first_row(missing.to_numpy())}: the id is missing, so"
            " nothing says which example the row belongs to. Fill it in, or leave the row out."
        )
    if ids.dtype.is_nested():
        raise cells.wrong_type_error(ids, "ids", "one value in each row")
    first = ids.unique(maintain_order=True)
    numbers = pl.DataFrame({"id": first, "number": np.arange(len(first))})
    joined = pl.DataFrame({"id": ids}).join(numbers, on="id", how="left", maintain_order="left")
    return joined["number"].to_numpy()


def _count_moved(rows: pl.DataFrame) -> int:
    """Return how many rows come before a row of the same example with an earlier time."""
    earlier = pl.col(TIME) < pl.col(TIME).shift().over(EXAMPLE)
    return int(rows.select(earlier.fill_null(value=False).sum()).item())


def _refuse_same_times(rows: pl.DataFrame, id: str, time: str) -> None:
    """Refuse two rows of an example with one time, of ordered rows."""
    same = (pl.col(EXAMPLE) == pl.col(EXAMPLE).shift()) & (pl.col(TIME) == pl.col(TIME).shift())
    again = rows.select(same.fill_null(value=False)).to_series().arg_true()
    if not len(again):
        return
    pair = rows[int(again[0]) - 1 : int(again[0]) + 1]
    more = f" {len(again)} rows repeat a time." if len(again) > 1 else ""
    raise DataError(
        f"rows {pair[ROW][0] + 1} and {pair[ROW][1] + 1}: the '{id}' {pair[id][0]!r} has two rows"
        f" with the time {pair[time][0]} in '{time}', so their order is not known.{more} Leave one"
        " of the rows out, or name another column as `time`."
    )


def label_types(frame: pl.DataFrame, kinds: Mapping[str, StepKind]) -> dict[str, LabelType]:
    """Return the type of the labels of each column of labels."""
    return {name: _label_type(frame[name]) for name, kind in kinds.items() if kind == "category"}


def _label_type(column: pl.Series) -> LabelType:
    """Return what the labels of a column are."""
    if column.dtype == pl.Boolean:
        return "boolean"
    if column.dtype.is_integer():
        return "integer"
    if column.dtype.is_float():
        known = column.filter(is_known(column))
        return "integer" if bool((known == known.floor()).all()) else "number"
    return "text"
