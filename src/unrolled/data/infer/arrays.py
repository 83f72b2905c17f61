"""Arrays `X` and `y` as a table with the columns `x` and `y`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from unrolled.data.infer.numeric_arrays import is_array, numeric_column
from unrolled.data.infer.padded_arrays import end_at_missing
from unrolled.data.infer.target_arrays import target_column
from unrolled.data.tables.table import Table, Values
from unrolled.errors import DataError
from unrolled.schema import Column


def from_arrays(
    X: Any,  # noqa: N803 - the name that every such library gives it
    y: Any = None,
    *,
    expected: Sequence[Column] = (),
    stated: str | None = None,
) -> tuple[Table, tuple[Column, ...], tuple[Column, ...]]:
    """Return arrays as a table, with the columns `x` and `y`.

    Args:
        X: (b,), (b f) or (b t f), or a list of b arrays (t_i, f) or (t_i,). NaN is missing; where
            the last steps of a row of (b t f) are nothing but NaN, the row ends before them.
        y: (b,), (b o) or (b u o), a list of b arrays (u_i, o) or (u_i,), labels (b), or lists of
            labels (b u_i). NaN and None are missing. None to predict.
        expected: The columns of the training data, whose kinds and widths these must have.
        stated: The kind that a person stated for `y`, where it could be another.

    Returns:
        The table, the input column, and the output column (none without `y`).

    Raises:
        DataError: The axes are not `b t f` or seem swapped, X and y differ in length, or a value
            is infinite.

    Example:
        >>> import numpy as np
        >>> table, inputs, outputs = from_arrays(np.zeros((4, 24, 3)), np.arange(4) / 2)
        >>> inputs[0].kind_name, inputs[0].length, inputs[0].width, outputs[0].kind_name
        ('numbers', 24, 3, 'number')
    """
    trained = {column.name: column for column in expected}
    x_column, x = numeric_column("X", X, "b t f")
    values: dict[str, Values] = {"x": x}
    # A network whose rows all had one length reads NaN at their ends as missing numbers.
    may_end = is_array(X) and ("x" not in trained or trained["x"].length is None)
    outputs: tuple[Column, ...] = ()
    if y is not None:
        y_column, targets = target_column(y, trained=trained.get("y"), stated=stated)
        if len(targets) != len(x):
            raise DataError(
                f"X has {len(x)} rows and y has {len(targets)}. Give one row of y for each row of"
                " X; rows are the first axis of both."
            )
        if is_array(X):
            _refuse_swapped_axes(x_column, x, y_column)
        if may_end:
            target = y_column, targets
            x_column, values["x"], ended = end_at_missing(x_column, x, target)
            y_column, targets = ended or target
        _check_match(y_column, trained.get("y"), "y")
        outputs, values["y"] = (y_column,), targets
    elif may_end:
        x_column, values["x"], _ = end_at_missing(x_column, x)
    _check_match(x_column, trained.get("x"), "X")
    return Table(values, len(x)), (x_column,), outputs


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
    if trained.is_category and column.kind == trained.kind and column.width == 1:
        return  # labels as they are, where the model was trained on one-hot rows
    raise DataError(
        f"{name} is {_describe_axes(column)}, but the model was trained on"
        f" {_describe_axes(trained)}. Give {name} the axes of the training data."
    )


def _describe_axes(column: Column) -> str:
    """Return a column of an array in words."""
    axes = {
        "number": "(b,)",
        "category": "labels (b,)" if column.width == 1 else f"one-hot rows (b {column.width})",
        "labels": f"labels (b {column.width}), each 0 or 1",
        "vector": f"(b {column.width})",
        "numbers": f"(b t {column.width})",
    }
    return axes.get(column.kind, column.kind_name)
