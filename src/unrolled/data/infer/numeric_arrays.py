"""Numbers in arrays: one array, or a list of arrays, as a column and its values."""

from __future__ import annotations

from typing import Any

import numpy as np

from unrolled.data.block import Array
from unrolled.data.tables.table import Values
from unrolled.errors import DataError
from unrolled.schema import Column


def numeric_column(name: str, value: Any, axes: str) -> tuple[Column, Values]:
    """Return the numbers of `X` or `y` as a column and its values; NaN is a missing number.

    Args:
        name: `X` or `y`, for errors.
        value: (b,), (b f) or (b t f), or a list of b arrays (t_i, f) or (t_i,).
        axes: The three axes as letters, for errors.

    Raises:
        DataError: There is something else than numbers, the axes are wrong, or a number is
            infinite.
    """
    array = as_array(value)
    if array is None:
        return _from_rows(name, list(value))
    _check_dtype(name, array, axes)
    if array.ndim not in (1, 2, 3):
        raise DataError(
            f"{name} has {array.ndim} axes, but only 1 to 3 can be used: (b,), (b f) or (b t f),"
            f" written `{axes}` (batch, step, value). Reshape it."
        )
    if 0 in array.shape:
        raise DataError(f"{name} has the shape {array.shape}: an axis is empty. Give it values.")
    array = _as_float(array)
    _refuse_infinite(f"{name}[{{0}}]", array)
    column = name.lower()
    if array.ndim == 1:
        values = array.astype(np.float64, copy=False)
        return Column(name=column, kind="number", why="an array (b,)"), values
    if array.ndim == 2:
        values = array.astype(np.float64, copy=False)
        why = f"an array (b {axes[-1]})"
        return Column(name=column, kind="vector", width=array.shape[1], why=why), values
    _, steps, width = array.shape
    why = f"an array ({axes})"
    return Column(name=column, kind="numbers", width=width, length=steps, why=why), list(array)


def as_array(value: Any) -> Array | None:
    """Return a value as one array, or None if it is a list of arrays or of lists of any length."""
    if isinstance(value, list | tuple) and any(np.ndim(v) for v in value[:1] if is_array(v)):
        return None
    try:
        return np.asarray(value)
    except ValueError:  # lists of different lengths
        return None


def is_array(value: Any) -> bool:
    """Return whether a value is an array and not a list."""
    return hasattr(value, "__array__")


def _as_float(array: Array) -> Array:
    return array if array.dtype in (np.float32, np.float64) else array.astype(np.float64)


def _from_rows(name: str, value: list[Any]) -> tuple[Column, Values]:
    """Return a list of arrays (t_i, f) or (t_i,) as a column and its values."""
    rows = [_check_row(name, number, item) for number, item in enumerate(value, 1)]
    widths = [row.shape[1] for row in rows]
    lengths = {len(row) for row in rows}
    if len(set(widths)) > 1 and len(lengths) == 1:
        raise DataError(
            f"the axes of {name} look swapped: every row has {lengths.pop()} on its first axis and"
            " different numbers on its second. Rows are (t, f), steps first. Transpose each row."
        )
    if len(set(widths)) > 1:
        row = next(i for i, width in enumerate(widths, 1) if width != widths[0])
        raise DataError(
            f"{name}, row {row}: a step has {widths[row - 1]} numbers, but the rows before it have"
            f" {widths[0]} in each step. Correct the row."
        )
    length = lengths.pop() if len(lengths) == 1 else None
    why = "a list of arrays (t, f)"
    column = Column(name=name.lower(), kind="numbers", width=widths[0], length=length, why=why)
    return column, rows


def _check_row(name: str, number: int, item: Any) -> Array:
    """Return one row of a list as an array (t, f)."""
    row = as_array(item)
    if row is None or row.ndim not in (1, 2):
        what = "is a list of lists of different lengths" if row is None else f"has {row.ndim} axes"
        raise DataError(
            f"{name}, row {number} {what}. A row is an array (t, f) or (t,): steps first, then the"
            " numbers of a step."
        )
    _check_dtype(f"{name}, row {number}", row, "t f")
    if 0 in row.shape:
        raise DataError(
            f"{name}, row {number}: the sequence is empty. Give it at least one step, or leave the"
            " row out."
        )
    row = _as_float(row)
    _refuse_infinite(f"{name}[{number - 1}, {{0}}]", row)
    return row.reshape(len(row), -1)


def _check_dtype(name: str, array: Array, axes: str) -> None:
    """Refuse everything but numbers."""
    if array.dtype.kind in "biuf":
        return
    if array.dtype.kind in "US":
        raise DataError(
            f"{name} holds text, but arrays can hold only numbers. Put text into a table of named"
            " columns, such as {'text': [...], 'label': [...]}, and name its inputs and outputs."
        )
    raise DataError(
        f"{name} is an array of type {array.dtype}, but only numbers can be used, with the axes"
        f" `{axes}`. Make it a list of arrays (t, f) if the rows have different lengths."
    )


def _refuse_infinite(place: str, array: Array) -> None:
    """Refuse infinities; the first one is named."""
    infinite = np.isinf(array)
    if infinite.any():
        index = ", ".join(map(str, np.argwhere(infinite)[0].tolist()))
        raise DataError(f"{place.format(index)} is infinite. Correct it, or leave the row out.")
