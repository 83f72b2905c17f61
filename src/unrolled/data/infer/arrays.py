"""Arrays `X` and `y` as a table with the columns `x` and `y`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from unrolled.data.block import Array
from unrolled.data.infer.kinds import MAX_INTEGER_CLASSES
from unrolled.data.infer.numeric_arrays import as_array, is_array, numeric_column
from unrolled.data.tables.table import Table, Values
from unrolled.errors import DataError
from unrolled.schema import Column


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
        The table, the input column, and the output column (none without `y`).

    Raises:
        DataError: The axes are not `b t f` or seem swapped, X and y differ in length, or a value
            is infinite or (in y) missing.

    Example:
        >>> table, inputs, outputs = from_arrays(np.zeros((4, 24, 3)), np.arange(4) / 2)
        >>> inputs[0].kind_name, inputs[0].length, inputs[0].width, outputs[0].kind_name
        ('numbers', 24, 3, 'number')
    """
    trained = {column.name: column for column in expected}
    x_column, x = numeric_column("X", X, "b t f", allow_missing=True)
    values: dict[str, Values] = {"x": x}
    outputs: tuple[Column, ...] = ()
    if y is not None:
        y_column, targets = _target_column(y, trained.get("y"))
        if len(targets) != len(x):
            raise DataError(
                f"X has {len(x)} rows and y has {len(targets)}. Give one row of y for each row of"
                " X; rows are the first axis of both."
            )
        if is_array(X):
            _refuse_swapped_axes(x_column, x, y_column)
        _check_match(y_column, trained.get("y"), "y")
        outputs, values["y"] = (y_column,), targets
    _check_match(x_column, trained.get("x"), "X")
    return Table(values, len(x)), (x_column,), outputs


def _target_column(y: Any, trained: Column | None) -> tuple[Column, Values]:
    """Return `y` as a column and its values."""
    array = as_array(y)
    words = array if array is not None else as_array(y[0])
    if words is not None and words.dtype.kind in "US" and (array is None or words.ndim == 2):
        rows = [[str(token) for token in row] for row in y]
        empty = [number for number, row in enumerate(rows, 1) if not row]
        if empty:
            raise DataError(
                f"y, row {empty[0]}: the sequence is empty. Give it at least one step, or leave the"
                " row out."
            )
        return Column(name="y", kind="tokens", why="lists of labels"), rows
    if array is not None and array.ndim == 1 and _are_labels(array, trained):
        labels = np.empty(len(array), dtype=object)
        labels[:] = array.tolist()
        why = f"{len(set(array.tolist()))} different labels in {len(labels)} rows"
        return Column(name="y", kind="category", why=why), labels
    return numeric_column("y", y, "b u o", allow_missing=False)


def _are_labels(array: Array, trained: Column | None) -> bool:
    """Return whether a (b,) array holds labels and not quantities."""
    if trained is not None:
        return trained.is_category
    if array.dtype.kind == "O":
        wrong = [i for i, label in enumerate(array) if not isinstance(label, str | int)]
        if wrong:
            raise DataError(
                f"y, row {wrong[0] + 1}: {array[wrong[0]]!r} in an object array is not a label,"
                " which is text or a whole number. Correct it, or give an array of numbers."
            )
        return True
    if array.dtype.kind in "USb":
        return True
    distinct = len(np.unique(array))
    few = distinct <= MAX_INTEGER_CLASSES and len(array) >= 2 * distinct
    return array.dtype.kind in "iu" and few


def _refuse_swapped_axes(x_column: Column, x: Values, y_column: Column) -> None:
    """Refuse `X` as (b f t) if the steps of `y` leave no doubt."""
    steps, width, out = x_column.length, x_column.width, y_column.length
    if x_column.kind != "numbers" or steps is None or out is None:
        return
    if out == width and out != steps and steps < width:
        raise DataError(
            f"the axes of X look swapped: X is ({len(x)}, {steps}, {width}) and y has {out} steps."
            " X is `b t f`, steps before features. Pass X.transpose(0, 2, 1), or list(X) if it"
            f" does have {steps} steps."
        )


def _check_match(column: Column, trained: Column | None, name: str) -> None:
    """Refuse arrays of another kind or width than those of the training data."""
    if trained is None or (column.kind, column.width) == (trained.kind, trained.width):
        return
    raise DataError(
        f"{name} is {_describe_axes(column)}, but the model was trained on"
        f" {_describe_axes(trained)}. Give {name} the axes of the training data."
    )


def _describe_axes(column: Column) -> str:
    """Return a column of an array in words."""
    axes = {
        "number": "(b,)",
        "category": "labels (b,)",
        "vector": f"(b {column.width})",
        "numbers": f"(b t {column.width})",
    }
    return axes.get(column.kind, column.kind_name)
