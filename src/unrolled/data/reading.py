"""Which columns of a table are read, and as which kinds: as stated, or as a model was fitted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from unrolled.data.formats.raw_table import RawTable
from unrolled.data.layouts.arrange import STEP_KINDS, Layout, StatedLayout
from unrolled.data.layouts.columns_as_steps import ColumnsAsSteps
from unrolled.data.layouts.rows_as_steps import RowsAsSteps
from unrolled.schema import Column, parse_kind


def read_stated(
    table: RawTable,
    names: Sequence[str],
    kinds: Mapping[str, str],
    layout: StatedLayout,
    *,
    all_inputs: bool,
) -> pl.DataFrame:
    """Return the columns of a table to fit on.

    A column of a stated kind is read as this kind: labels, text and tokens as they are written.
    Columns that are not named are there too, if they can be converted.

    Args:
        table: The table.
        names: The columns that are named: inputs, outputs and others.
        kinds: The stated kinds.
        layout: How examples stand in the table.
        all_inputs: Whether every column is an input.

    Raises:
        DataError: A column that is needed cannot be converted.
    """
    needed = {*names, *(name for name in (layout.id, layout.time) if name)}
    has_patterns = layout.steps not in (None, "auto", "none")
    read_as = {n: parse_kind(kind, column=n)[0] for n, kind in kinds.items() if n in table.columns}
    if layout.id is not None:  # a cell is one step of a sequence
        read_as = {n: STEP_KINDS.get(kind, kind) for n, kind in read_as.items()}
    return table.frame(None if all_inputs or has_patterns else needed, kinds=read_as)


def read_fitted(table: RawTable, columns: Sequence[Column], layout: Layout | None) -> pl.DataFrame:
    """Return the columns of a table as a model was fitted on them.

    Args:
        table: The table.
        columns: The columns of the model.
        layout: How examples stand in the table that it was fitted on.

    Raises:
        DataError: A column that is needed cannot be converted.
    """
    kinds: dict[str, str] = {}
    commas: dict[str, bool] = {}
    for column in columns:
        for name, kind in _cells_of(column, layout).items():
            kinds[name], commas[name] = kind, column.decimal == ","
    needed = set(kinds)
    if isinstance(layout, RowsAsSteps):
        needed |= {name for name in (layout.id, layout.time) if name}
    return table.frame(needed, kinds=kinds, commas=commas)


def with_decimals(
    columns: Sequence[Column], table: RawTable, layout: Layout | None
) -> tuple[Column, ...]:
    """Return columns that remember whether their numbers were written with decimal commas."""
    marked = []
    for column in columns:
        cells = [name for name, kind in _cells_of(column, layout).items() if kind == "number"]
        mark = "," if table.comma_columns(cells) else "."
        marked.append(column if mark == "." else column.model_copy(update={"decimal": mark}))
    return tuple(marked)


def _cells_of(column: Column, layout: Layout | None) -> dict[str, Any]:
    """Return the columns of the table that a column was made of, with the kind of their cells."""
    if isinstance(layout, ColumnsAsSteps) and column.name in layout.sequences:
        sequence = layout.sequences[column.name]
        return dict.fromkeys(sequence.columns, sequence.kind)
    if isinstance(layout, RowsAsSteps) and column.name in layout.many:
        return {column.name: layout.many[column.name]}
    return {column.name: column.kind}
