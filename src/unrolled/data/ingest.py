"""The single entry for data: whatever a person passes, as a checked table with its columns."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from unrolled.data.formats.raw_table import RawTable
from unrolled.data.formats.read import open_table, read
from unrolled.data.formats.write import to_frame_like
from unrolled.data.infer.arrays import from_arrays
from unrolled.data.infer.columns import infer_table
from unrolled.data.layouts.arrange import Layout, StatedLayout, arrange, arrange_like
from unrolled.data.layouts.columns_as_steps import AUTO
from unrolled.data.layouts.labels_by_id import join_labels
from unrolled.data.layouts.rows_as_steps import RowsAsSteps, StepRows
from unrolled.data.reading import read_fitted, read_stated, with_decimals
from unrolled.data.tables.cells import is_known
from unrolled.data.tables.missing_inputs import with_empty_texts
from unrolled.data.tables.table import Table, make_table
from unrolled.errors import DataError, SettingError, quote_names
from unrolled.schema import KINDS, UNITS, Column

STATED_FOR_ARRAYS = ("category", "labels", "number", "vector")

Columns = str | Sequence[str] | Mapping[str, str] | None


@dataclass(frozen=True)
class Source:
    """Data that was read and checked.

    Attributes:
        original: The data as it was passed.
        frame: The frame with an example in each row; None for arrays.
        table: Its values by kind.
        inputs: The input columns.
        outputs: The output columns; none when predicting.
        arrays: Whether the data was passed as arrays, whose axes are their kinds.
        layout: How `frame` was made of the table that was read; None where it is that table.
        step_rows: Where the rows of that table went, if they are steps.
        notes: Sentences for the reason of the shape.
        left_out: How many rows were left out, since they have no known output.
        what: The name of the file that was read, for errors; empty for what is no file.
    """

    original: Any
    frame: pl.DataFrame | None
    table: Table
    inputs: tuple[Column, ...]
    outputs: tuple[Column, ...]
    arrays: bool = False
    layout: Layout | None = None
    step_rows: StepRows | None = None
    notes: tuple[str, ...] = ()
    left_out: int = 0
    what: str = ""

    def to_original_type(self, columns: Mapping[str, Any], *, aligned: bool = False) -> Any:
        """Return predictions in the type of the original data.

        Args:
            columns: A value for each example, by column.
            aligned: Whether the sequences among them have a step for each input step.

        Returns:
            A table with a row for each example, with its id where the rows of the data are steps;
            with a row for each of these rows if the sequences are aligned. For arrays, an array.
        """
        if self.frame is not None:
            frame = pl.DataFrame({name: _cells(values) for name, values in columns.items()})
            return to_frame_like(self._by_row(frame, aligned=aligned), self.original)
        arrays = [_array(values) for values in columns.values()]
        return arrays[0] if len(arrays) == 1 else np.stack(arrays, axis=1)

    def _by_row(self, frame: pl.DataFrame, *, aligned: bool) -> pl.DataFrame:
        """Return predictions beside their ids, or for each row where rows are aligned steps."""
        if not isinstance(self.layout, RowsAsSteps) or self.frame is None:
            return frame
        if not aligned or self.step_rows is None:
            ids = self.frame[self.layout.id]
            return frame if ids.name in frame.columns else frame.insert_column(0, ids)
        rows = [self.step_rows.spread(column) for column in frame]
        return pl.DataFrame([self.layout.to_labels(column) for column in rows])


def ingest(
    data: Any,
    y: Any,
    inputs: Columns | tuple[Column, ...],
    outputs: Columns | tuple[Column, ...],
    *,
    exclude: str | None = None,
    layout: StatedLayout | Layout | None = None,
) -> Source:
    """Return data as a table.

    Args:
        data: A path, a frame or a dict of columns; or `X` as an array or a list.
        y: The outputs of arrays, or of a table that has none: a value for each row, or a table of
            labels by id; None to predict or if the table has them.
        inputs: Names, names with kinds, or the columns of a fitted model.
        outputs: The same; None to predict.
        exclude: A column that is no input unless it is named (it groups or orders the rows).
        layout: How examples stand in the table: as a person states it, or as a model was fitted.

    Raises:
        DataError: The data cannot be used.
        SettingError: No outputs were named for a table.
    """
    trained_inputs, trained_outputs = _trained(inputs), _trained(outputs)
    if hasattr(data, "toarray"):
        raise DataError("X is a sparse matrix, which is not supported. Pass X.toarray().")
    if not _is_table(data):
        return _from_arrays(data, y, inputs, outputs)
    table = open_table(data)
    with table.locate_errors():
        if trained_inputs:
            fitted = None if isinstance(layout, StatedLayout) else layout
            source = _read_as_fitted(table, y, trained_inputs, trained_outputs, fitted)
        else:
            stated = layout if isinstance(layout, StatedLayout) else StatedLayout()
            source = _read_as_stated(table, y, inputs, outputs, stated, exclude)
    filled, sentences = with_empty_texts(source.table, source.inputs)
    return replace(
        source,
        original=data,
        table=filled,
        notes=(*source.notes, *sentences),
        what=table.what,
    )


def _read_as_fitted(
    raw: RawTable,
    y: Any,
    inputs: tuple[Column, ...],
    outputs: tuple[Column, ...],
    layout: Layout | None,
) -> Source:
    """Return a table as a model was fitted on it."""
    columns = (*inputs, *outputs)
    frame = read_fitted(raw, columns, layout)
    frame, _, notes = _with_labels(frame, y, outputs, getattr(layout, "id", None))
    frame, rows = arrange_like(frame, layout, inputs, outputs)
    source = Source(raw, frame, make_table(frame, inputs, outputs), inputs, outputs)
    return replace(source, layout=layout, step_rows=rows, notes=notes)


def _read_as_stated(
    raw: RawTable,
    y: Any,
    inputs: Any,
    outputs: Any,
    layout: StatedLayout,
    exclude: str | None,
) -> Source:
    """Return a table as a person describes it; what is not stated is inferred."""
    input_names, input_kinds = stated_columns(inputs)
    output_names, kinds = stated_columns(outputs)
    kinds = input_kinds | kinds
    needed = [*input_names, *output_names, *([exclude] if exclude else [])]
    frame = read_stated(raw, needed, kinds, layout, all_inputs=not input_names)
    frame, label_names, notes = _with_labels(frame, y, outputs, layout.id)
    output_names = output_names or label_names
    if not output_names:
        raise SettingError(
            "no outputs are named for the table. Name the columns to predict:"
            " SequenceModel(inputs=..., outputs=...)."
        )
    if not input_names and layout.steps in (AUTO, None):
        keep = {*output_names, *kinds, layout.id, layout.time, exclude}
        frame, empty = _without_empty_columns(frame, keep)
        notes = (*notes, *empty)
    arranged = arrange(frame, layout, input_names, output_names, kinds, also=exclude)
    names = arranged.inputs, arranged.outputs
    table, *sides = infer_table(arranged.frame, *names, stated=arranged.kinds)
    inputs, outputs = (
        with_decimals(arranged.explain(side), raw, arranged.layout) for side in sides
    )
    source = Source(raw, arranged.frame, table, inputs, outputs)
    notes = (*notes, *arranged.notes)
    return replace(source, layout=arranged.layout, step_rows=arranged.rows, notes=notes)


def _without_empty_columns(
    frame: pl.DataFrame, keep: Collection[str | None]
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Return a table without the columns that nobody named and that have no value in any row."""
    empty = [
        column.name for column in frame if column.name not in keep and not is_known(column).any()
    ]
    if not empty or {*empty, *keep} >= {*frame.columns}:  # nothing would be left to go in
        return frame, ()
    subject = (
        f"Column {quote_names(empty)} has"
        if len(empty) == 1
        else (f"The columns {quote_names(empty)} have")
    )
    return frame.drop(empty), (f"{subject} no value in any row: left out.",)


def _with_labels(
    frame: pl.DataFrame, y: Any, outputs: Any, id: str | None
) -> tuple[pl.DataFrame, list[str], tuple[str, ...]]:
    """Return a table with its outputs, their names where `y` names them, and what is to be said."""
    if y is None:
        return frame, [], ()
    is_path = isinstance(y, str | os.PathLike)
    if id is not None and (is_path or isinstance(y, Mapping) or hasattr(y, "columns")):
        labels = read(y, what="the table of labels")
        names = [c.name for c in _trained(outputs)] or stated_columns(outputs)[0]
        names = names or [name for name in labels.columns if name != id]
        frame, notes = join_labels(frame, labels, id, names)
        return frame, names, notes
    if is_path:
        raise SettingError(
            f"the labels are in a second table ('{y}'), which is joined to the data by a column of"
            " ids. Name this column as id (on the command line --id)."
        )
    name = _first_name(outputs, "y")
    return _with_output(frame, y, name), [name], ()


def _from_arrays(data: Any, y: Any, inputs: Any, outputs: Any) -> Source:
    """Return arrays as a source; a list of texts or of tokens becomes a column of a table."""
    trained = (*_trained(inputs), *_trained(outputs))
    if not hasattr(data, "__len__"):
        raise DataError(
            f"the data is of type {type(data).__name__}, which cannot be read. Pass a path, a"
            " frame, a dict of columns, or arrays."
        )
    if y is None and not trained:
        raise DataError(
            "X was passed without y. Call fit(X, y) with an output for each row of X, or pass a"
            " table that holds both and name its outputs."
        )
    first = next(iter(data), None)
    if isinstance(first, str) or (isinstance(first, list) and first and isinstance(first[0], str)):
        column = {_first_name(inputs, "x"): list(data)}
        source = ingest(column, y, inputs, outputs if y is not None else None)
        return Source(data, None, source.table, source.inputs, source.outputs)
    if trained and [column.name for column in _trained(inputs)] != ["x"]:
        names = quote_names(column.name for column in _trained(inputs))
        raise DataError(
            "an array was passed, but the model was trained on a table. Pass a table with the"
            f" columns {names}."
        )
    stated = None if trained else _stated_target(outputs)
    return Source(data, None, *from_arrays(data, y, expected=trained, stated=stated), arrays=True)


def _stated_target(outputs: Any) -> str | None:
    """Return the stated kind of `y`, where its numbers could be labels or quantities."""
    kinds = stated_columns(outputs)[1].values()
    return next((kind for kind in kinds if kind in STATED_FOR_ARRAYS), None)


def _first_name(columns: Any, default: str) -> str:
    """Return the first name among columns, or names as they were stated."""
    names = [column.name for column in _trained(columns)] or stated_columns(columns)[0]
    return names[0] if names else default


def _is_table(data: Any) -> bool:
    """Return whether data has named columns, or is a path to a file."""
    return (
        isinstance(data, str | os.PathLike | Mapping | RawTable)
        or hasattr(data, "columns")
        or hasattr(data, "collect")
    )


def _trained(columns: Any) -> tuple[Column, ...]:
    """Return the columns of a fitted model, or none."""
    return (
        columns if isinstance(columns, tuple) and columns and isinstance(columns[0], Column) else ()
    )


def stated_columns(columns: Any) -> tuple[list[str], dict[str, str]]:
    """Return names, and the kinds stated for some of them (`name:kind`, or a mapping)."""
    if columns is None or _trained(columns):
        return [], {}
    if isinstance(columns, Mapping):
        return list(columns), {n: k for n, k in columns.items() if k is not None}
    names, kinds = [], {}
    for column in [columns] if isinstance(columns, str) else columns:
        name, _, kind = str(column).partition(":")
        if kind.lower().split(":")[0] in (*KINDS, *UNITS):
            names.append(name)
            kinds[name] = kind
        else:
            names.append(str(column))
    return names, kinds


def _with_output(frame: pl.DataFrame, y: Any, name: str) -> pl.DataFrame:
    """Return the table with `y` as a column."""
    column = read(y, what="y") if hasattr(y, "columns") else read({name: y})
    if column.width != 1:
        raise DataError(
            f"y has {column.width} columns, but it can hold only one. Put several outputs into the"
            " table, and name them."
        )
    if column.height != frame.height:
        raise DataError(
            f"the table has {frame.height} rows and y has {column.height}. Give one value of y for"
            " each row."
        )
    return frame.drop(name, strict=False).hstack([column.to_series().alias(name)])


def _cells(values: Any) -> Any:
    """Return values as cells of a column: labels and numbers as they are, steps as lists."""
    if isinstance(values, np.ndarray):
        return values.tolist()
    return [
        row.ravel().tolist()
        if isinstance(row, np.ndarray) and row.shape[-1] == 1
        else row.tolist()
        if isinstance(row, np.ndarray)
        else row
        for row in values
    ]


def _array(values: Any) -> Any:
    """Return predictions of arrays as one array if all rows have one size and type."""
    if isinstance(values, list) and values and isinstance(values[0], np.ndarray):
        return np.stack(values) if len({v.shape for v in values}) == 1 else values
    if isinstance(values, np.ndarray) and len({type(value) for value in values}) == 1:
        return np.array(values.tolist())
    return values
