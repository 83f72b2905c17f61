"""Arrays in: `X` and `y` as a table with the columns `x` and `y`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from unrolled.data.infer.kinds import FEW
from unrolled.data.infer.numeric_arrays import Array, is_array, numeric, whole
from unrolled.data.tables.table import Table, Values
from unrolled.errors import DataError
from unrolled.schema import Column

Found = tuple[Column, Values]


def from_arrays(
    X: Any,  # noqa: N803 - the name that every such library gives it
    y: Any = None,
    *,
    expected: Sequence[Column] = (),
) -> tuple[Table, tuple[Column, ...], tuple[Column, ...]]:
    """Return arrays as a table, with the columns `x` and `y`.

    Args:
        X: (b,), (b f) or (b t f), or a list of b arrays (t_i, f) or (t_i,). NaN is missing.
        y: (b,), (b o) or (b u o), a list of b arrays (u_i, o) or (u_i,), labels (b), or lists of
            labels (b u_i). None to predict.
        expected: The columns of the training data, whose kinds and widths these must have.

    Returns:
        The table, the column that goes in, and the column that comes out (none without `y`).

    Raises:
        DataError: The axes are not `b t f` or seem swapped, X and y differ in length, or a value
            is infinite or (in y) missing.

    Example:
        >>> table, inputs, outputs = from_arrays(np.zeros((4, 24, 3)), np.arange(4) / 2)
        >>> inputs[0].kind_name, inputs[0].length, inputs[0].width, outputs[0].kind_name
        ('numbers', 24, 3, 'number')
    """
    known = {column.name: column for column in expected}
    x_column, x = numeric("X", X, "b t f", gaps=True)
    columns, values, rows = (), {"x": x}, len(x)
    if y is not None:
        y_column, targets = _target(y, known.get("y"))
        if len(targets) != rows:
            raise DataError(
                f"X has {rows} rows and y has {len(targets)}, expected one row of y for each row"
                " of X. Rows are the first axis of both."
            )
        if is_array(X):
            _refuse_swapped(x_column, x, y_column)
        _match(y_column, known.get("y"), "y")
        columns, values = (y_column,), {"x": x, "y": targets}  # type: ignore[assignment]
    _match(x_column, known.get("x"), "X")
    return Table(values, rows), (x_column,), columns


def _target(y: Any, known: Column | None) -> Found:
    """Return `y` as a column and its values."""
    array = whole(y)
    first = y[0] if array is None else array
    words = array if array is not None else whole(first)
    if words is not None and words.dtype.kind in "US" and (array is None or words.ndim == 2):
        rows = [[str(token) for token in row] for row in y]
        empty = [place for place, row in enumerate(rows, 1) if not row]
        if empty:
            raise DataError(
                f"y, row {empty[0]}: got a sequence of length 0, expected at least one step."
            )
        return Column(name="y", kind="tokens", why="lists of labels"), rows
    if array is not None and array.ndim == 1 and _labels(array, known):
        labels = np.empty(len(array), dtype=object)
        labels[:] = array.tolist()
        why = f"{len(set(array.tolist()))} different labels in {len(labels)} rows"
        return Column(name="y", kind="category", why=why), labels
    return numeric("y", y, "b u o", gaps=False)


def _labels(array: Array, known: Column | None) -> bool:
    """Return whether a (b,) array holds labels and not quantities."""
    if known is not None:
        return known.kind == "category"
    if array.dtype.kind == "O":
        wrong = [i for i, label in enumerate(array) if not isinstance(label, str | int)]
        if wrong:
            raise DataError(
                f"y, row {wrong[0] + 1}: got {array[wrong[0]]!r} in an object array, expected a"
                " label (text or a whole number), or an array of numbers."
            )
        return True
    if array.dtype.kind in "USb":
        return True
    distinct = len(np.unique(array))
    return array.dtype.kind in "iu" and distinct <= FEW and len(array) >= 2 * distinct


def _refuse_swapped(x_column: Column, x: Values, y_column: Column) -> None:
    """Refuse `X` as (b f t) where the steps of `y` leave no doubt."""
    steps, width, out = x_column.length, x_column.width, y_column.length
    if x_column.kind != "numbers" or steps is None or out is None:
        return
    if out == width and out != steps and steps < width:
        raise DataError(
            f"the axes of X look swapped: X is ({len(x)}, {steps}, {width}) and y has {out} steps,"
            f" expected `b t f`, steps before features. Pass X.transpose(0, 2, 1), or list(X) if it"
            f" does have {steps} steps."
        )


def _match(found: Column, known: Column | None, name: str) -> None:
    """Refuse arrays of another kind or width than those of the training data."""
    if known is None or (found.kind, found.width) == (known.kind, known.width):
        return
    raise DataError(
        f"{name} is {_spelled(found)}, expected {_spelled(known)} as in the training data."
    )


def _spelled(column: Column) -> str:
    """Return a column of an array in words."""
    axes = {
        "number": "(b,)",
        "category": "labels (b,)",
        "vector": f"(b {column.width})",
        "numbers": f"(b t {column.width})",
    }
    return axes.get(column.kind, column.kind_name)
