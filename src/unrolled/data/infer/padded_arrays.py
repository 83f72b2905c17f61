"""Arrays (b t f) that are filled with NaN behind the end of a row."""

from __future__ import annotations

import numpy as np

from unrolled.data.block import Array
from unrolled.data.tables.table import Values
from unrolled.schema import Column


def end_at_missing(
    column: Column, rows: Values, outputs: tuple[Column, Values] | None = None
) -> tuple[Column, Values, tuple[Column, Values] | None]:
    """Return the rows without the steps at their ends that are NaN alone.

    Outputs with as many steps lose the same steps if there is nothing in them, NaN or 0; if there
    is something, all rows stay as they are. So does a row of nothing but NaN.

    Args:
        column: The column of the array.
        rows: Its rows, each (t, f).
        outputs: The outputs and their values.

    Example:
        >>> rows = [np.array([[1.0], [np.nan]]), np.array([[1.0], [2.0]])]
        >>> ended, rows, _ = end_at_missing(Column(name="x", kind="numbers", length=2), rows)
        >>> ended.length, rows[0].tolist()
        (None, [[1.0]])
    """
    if column.kind != "numbers" or column.length is None:
        return column, rows, outputs
    missing = np.stack([np.isnan(row).all(axis=1) for row in rows])  # b t
    lengths = column.length - np.argmin(missing[:, ::-1], axis=1)
    lengths[missing.all(axis=1)] = column.length
    if (lengths == column.length).all():
        return column, rows, outputs
    ended = _end(outputs, lengths, column.length) if outputs is not None else None
    if outputs is not None and ended is None:
        return column, rows, outputs
    same = int(lengths[0]) if len(np.unique(lengths)) == 1 else None
    why = f"{column.why}, each row up to its last step that is not NaN"
    column = column.model_copy(update={"length": same, "why": why})
    return column, [row[:n] for row, n in zip(rows, lengths, strict=True)], ended


def _end(
    outputs: tuple[Column, Values], lengths: Array, steps: int
) -> tuple[Column, Values] | None:
    """Return outputs that end with their inputs; None where an output is known behind the end."""
    column, rows = outputs
    if column.kind != "numbers" or column.length != steps:
        return outputs
    for row, n in zip(rows, lengths, strict=True):
        if row is not None and np.nan_to_num(row[n:]).any():
            return None
    same = int(lengths[0]) if len(np.unique(lengths)) == 1 else None
    ended = [None if row is None else row[:n] for row, n in zip(rows, lengths, strict=True)]
    return column.model_copy(update={"length": same}), ended
