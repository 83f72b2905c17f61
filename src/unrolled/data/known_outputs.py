"""Rows with known outputs: what is not known weighs nothing, and rows without any are left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from unrolled.data.encoders import tokenizer
from unrolled.data.ingest import Source
from unrolled.data.tables.known import (
    describe_gaps,
    drop_unknown_rows,
    fill_missing_sequences,
    known_rows,
)
from unrolled.data.tables.table import Table
from unrolled.schema import Column

Lengths = np.ndarray[Any, np.dtype[np.int64]]


def keep_known_outputs(source: Source, shape: str) -> Source:
    """Return the rows that can be learned from and scored, with a note on what is not known.

    Where each output belongs to the row or to a step of the input, a row is kept if anything of
    its outputs is known. Where outputs are sequences of a length of their own, a row needs all of
    them: a decoder reads each true step before it predicts the next one.

    Args:
        source: The rows.
        shape: The shape that was stated, or of the fitted model; `auto` finds it.

    Raises:
        DataError: No row can be kept, or a step is missing inside a sequence that is generated.
    """
    lengths = _aligned_lengths(source, shape)
    has_sequences = any(column.side == "many" for column in source.outputs)
    table, rows = drop_unknown_rows(
        source.table, source.outputs, complete=has_sequences and lengths is None
    )
    if lengths is not None:
        table = fill_missing_sequences(table, source.outputs, lengths[rows].tolist())
        complete = np.all([known_rows(table.values[t.name], t) for t in _texts(source)], axis=0)
        if not np.all(complete):  # there is no text without its characters
            rows, table = rows[complete], table.take(np.flatnonzero(complete))
    left_out = source.table.rows - table.rows
    notes = describe_gaps(table, source.outputs)
    if left_out:
        has, is_ = ("has", "is") if left_out == 1 else ("have", "are")
        what = f"{has} no known output"
        if has_sequences and lengths is None:
            what = f"{'lacks' if left_out == 1 else 'lack'} an output"
        notes.insert(0, f"Of {source.table.rows} rows, {left_out} {what} and {is_} left out.")
    frame = source.frame[rows] if left_out and source.frame is not None else source.frame
    return replace(
        source, table=table, frame=frame, left_out=left_out, notes=(*source.notes, *notes)
    )


def learns_by_step(source: Source, shape: str) -> bool:
    """Return whether each step of an output belongs to a step of the input."""
    return _aligned_lengths(source, shape) is not None


def _texts(source: Source) -> list[Column]:
    return [column for column in source.outputs if column.kind == "text"]


def _aligned_lengths(source: Source, shape: str) -> Lengths | None:
    """Return the steps of each row (b) if the outputs have those of an input, else None."""
    outputs = [column for column in source.outputs if column.side == "many"]
    if not outputs or shape in ("one-to-many", "unaligned"):
        return None
    for column in source.inputs:
        if column.side == "many":
            lengths = _steps(source.table, column, output=False)
            if lengths is not None and _fit(source.table, outputs, lengths):
                return lengths
    return None


def _fit(table: Table, outputs: Sequence[Column], lengths: Lengths) -> bool:
    """Return whether every sequence that is not missing has so many steps."""
    for column in outputs:
        steps = _steps(table, column, output=True)
        if steps is None or ((steps != lengths) & (steps >= 0)).any():
            return False
    return True


def _steps(table: Table, column: Column, *, output: bool) -> Lengths | None:
    """Return the steps of each row (b), -1 where it is missing; None for subwords."""
    values = table.values[column.name]
    missing = np.array([value is None for value in values], dtype=bool)
    if column.kind == "text":
        texts = ["" if value is None else value for value in values]
        lengths = tokenizer.count_steps(texts, column.unit or "characters", exact=output)
    else:
        lengths = np.array([0 if value is None else len(value) for value in values], np.int64)
    return None if lengths is None else np.where(missing, -1, lengths)
