"""One door for data: whatever a person brings, as a table with its columns and the way back."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from unrolled.data.formats.read import read, to_frame_like
from unrolled.data.infer.arrays import from_arrays
from unrolled.data.infer.infer_schema import infer_columns
from unrolled.data.tables.table import Table, make_table
from unrolled.errors import DataError, SettingError, quote_names
from unrolled.schema import KINDS, UNITS, Column

Columns = str | Sequence[str] | Mapping[str, str] | None


@dataclass(frozen=True)
class Source:
    """Data as it came, checked.

    Attributes:
        given: What was given.
        frame: The table as read; None for arrays.
        table: Its values by kind.
        inputs: The columns that go in.
        outputs: The columns that come out; none when predicting.
        arrays: Whether they came as arrays, whose axes are their kinds.
    """

    given: Any
    frame: pl.DataFrame | None
    table: Table
    inputs: tuple[Column, ...]
    outputs: tuple[Column, ...]
    arrays: bool = False

    def to_original_type(self, columns: Mapping[str, Any]) -> Any:
        """Return predictions as the kind of thing that was given."""
        if self.frame is not None:
            return to_frame_like(
                pl.DataFrame({n: _cells(v) for n, v in columns.items()}), self.given
            )
        arrays = [_array(values) for values in columns.values()]
        return arrays[0] if len(arrays) == 1 else np.stack(arrays, axis=1)


def ingest(
    data: Any,
    y: Any,
    inputs: Columns | tuple[Column, ...],
    outputs: Columns | tuple[Column, ...],
    *,
    beside: str | None = None,
) -> Source:
    """Return data as a table.

    Args:
        data: A path, a frame or a dict of columns; or `X` as an array or a list.
        y: The outputs of arrays, or of a table that has none; None to predict or where the
            table has them.
        inputs: Names, names with kinds, or the columns of a fitted model.
        outputs: The same; None to predict.
        beside: A column that is no input unless it is named (it groups or orders the rows).

    Raises:
        DataError: The data cannot be used.
        SettingError: No outputs were named for a table.
    """
    known_in, known_out = _known(inputs), _known(outputs)
    if not _is_table(data):
        return _from_arrays(data, y, inputs, outputs)
    frame = read(data)
    if y is not None:
        name = _first(outputs, "y")
        frame = _with_output(frame, y, name)
        outputs = outputs or name
    if known_in:
        return Source(data, frame, make_table(frame, known_in, known_out), known_in, known_out)
    out_names, out_kinds = stated_columns(outputs)
    if not out_names:
        raise SettingError(
            "got a table and no outputs, expected the columns that come out. Name them:"
            " SequenceModel(inputs=..., outputs=...)."
        )
    in_names, in_kinds = stated_columns(inputs)
    in_names = in_names or [n for n in frame.columns if n not in (*out_names, beside)]
    into, out = infer_columns(frame, in_names, out_names, stated={**in_kinds, **out_kinds})
    return Source(data, frame, make_table(frame, into, out), into, out)


def _from_arrays(data: Any, y: Any, inputs: Any, outputs: Any) -> Source:
    """Return arrays as a source; a list of texts or of tokens becomes a column of a table."""
    known = (*_known(inputs), *_known(outputs))
    if not hasattr(data, "__len__"):
        raise DataError(
            f"got {type(data).__name__} as data, expected a path, a frame, a dict of columns, or"
            " arrays."
        )
    if y is None and not known:
        raise DataError(
            "got X and no y, expected an output for each row of X. Call fit(X, y), or pass a table"
            " that holds both and name its outputs."
        )
    first = next(iter(data), None)
    if isinstance(first, str) or (isinstance(first, list) and first and isinstance(first[0], str)):
        given = {_first(inputs, "x"): list(data)}
        made = ingest(given, y, inputs, outputs if y is not None else None)
        return Source(data, None, made.table, made.inputs, made.outputs)
    if known and [column.name for column in _known(inputs)] != ["x"]:
        raise DataError(
            f"got an array, expected a table with the columns"
            f" {quote_names(column.name for column in _known(inputs))}, as in the training data."
        )
    values, into, out = from_arrays(data, y, expected=known or _stated_target(outputs))
    return Source(data, None, values, into, out, arrays=True)


def _stated_target(outputs: Any) -> tuple[Column, ...]:
    """Return `y` as it was stated, where whole numbers could be labels or quantities."""
    stated = [
        kind for kind in stated_columns(outputs)[1].values() if kind in ("category", "number")
    ]
    return tuple(Column(name="y", kind=kind) for kind in stated[:1])  # type: ignore[arg-type]


def _first(columns: Any, otherwise: str) -> str:
    """Return the first name among columns or what was stated of them."""
    names = [column.name for column in _known(columns)] or stated_columns(columns)[0]
    return names[0] if names else otherwise


def _is_table(data: Any) -> bool:
    """Return whether data has named columns, or is a path to such."""
    return (
        isinstance(data, str | os.PathLike | Mapping)
        or hasattr(data, "columns")
        or hasattr(data, "collect")
    )


def _known(columns: Any) -> tuple[Column, ...]:
    """Return the columns of a fitted model, or none."""
    return (
        columns if isinstance(columns, tuple) and columns and isinstance(columns[0], Column) else ()
    )


def stated_columns(columns: Any) -> tuple[list[str], dict[str, str]]:
    """Return names, and the kinds stated for some of them (`name:kind`, or a mapping)."""
    if columns is None or _known(columns):
        return [], {}
    if isinstance(columns, Mapping):
        return list(columns), {n: k for n, k in columns.items() if k is not None}
    names, kinds = [], {}
    for given in [columns] if isinstance(columns, str) else columns:
        name, _, kind = str(given).partition(":")
        if kind.lower().split(":")[0] in (*KINDS, *UNITS):
            names.append(name)
            kinds[name] = kind
        else:
            names.append(str(given))
    return names, kinds


def _with_output(frame: pl.DataFrame, y: Any, name: str) -> pl.DataFrame:
    """Return the table with `y` as a column."""
    found = read(y, what="y") if hasattr(y, "columns") else read({name: y})
    if found.width != 1:
        raise DataError(
            f"y has {found.width} columns, expected one. Put several outputs into the table, and"
            " name them."
        )
    if found.height != frame.height:
        raise DataError(
            f"the table has {frame.height} rows and y has {found.height}, expected one value a row."
        )
    return frame.drop(name, strict=False).hstack([found.to_series().alias(name)])


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
    """Return predictions of arrays as one array where rows are of one size and type."""
    if isinstance(values, list) and values and isinstance(values[0], np.ndarray):
        return np.stack(values) if len({v.shape for v in values}) == 1 else values
    if isinstance(values, np.ndarray) and len({type(value) for value in values}) == 1:
        return np.array(values.tolist())
    return values
