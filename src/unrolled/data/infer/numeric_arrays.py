"""Numbers in arrays: one array, or a list of arrays, as a column and its values."""

from __future__ import annotations

from typing import Any

import numpy as np

from unrolled.data.tables.table import Values
from unrolled.errors import DataError
from unrolled.schema import Column

Array = np.ndarray[Any, Any]


def numeric(name: str, value: Any, axes: str, *, gaps: bool) -> tuple[Column, Values]:
    """Return one side's numbers as a column and its values.

    Args:
        name: `X` or `y`, for errors.
        value: (b,), (b f) or (b t f), or a list of b arrays (t_i, f) or (t_i,).
        axes: The three axes as letters, for errors.
        gaps: Whether NaN is a missing number, and not an error.

    Raises:
        DataError: Not numbers, wrong axes, an infinity, or NaN without `gaps`.
    """
    array = whole(value)
    if array is None:
        return _rows(name, list(value), gaps=gaps)
    _check_dtype(name, array, axes)
    if array.ndim not in (1, 2, 3):
        raise DataError(
            f"{name} has {array.ndim} axes, expected 1 to 3: (b,), (b f) or (b t f), written"
            f" `{axes}` (batch, step, value). Reshape it."
        )
    if 0 in array.shape:
        raise DataError(f"{name} has the shape {array.shape}, expected at least one of each axis.")
    if array.dtype not in (np.float32, np.float64):
        array = array.astype(np.float64)
    _refuse(f"{name}[{{0}}]", array, gaps=gaps)
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


def whole(value: Any) -> Array | None:
    """Return a value as one array, or None where it is a list of arrays or of uneven lists."""
    if isinstance(value, list | tuple) and any(np.ndim(v) for v in value[:1] if is_array(v)):
        return None
    try:
        return np.asarray(value)
    except ValueError:  # lists of differing lengths
        return None


def is_array(value: Any) -> bool:
    """Return whether a value is an array and not a list."""
    return hasattr(value, "__array__")


def _rows(name: str, value: list[Any], *, gaps: bool) -> tuple[Column, Values]:
    """Return a list of arrays (t_i, f) or (t_i,) as a column and its values."""
    rows = []
    for place, item in enumerate(value, 1):
        row = whole(item)
        if row is None or row.ndim not in (1, 2):
            got = "an uneven list" if row is None else f"{row.ndim} axes"
            raise DataError(
                f"{name}, row {place}: got {got}, expected an array (t, f) or (t,): steps first,"
                " then the numbers of a step."
            )
        _check_dtype(f"{name}, row {place}", row, "t f")
        if 0 in row.shape:
            raise DataError(
                f"{name}, row {place}: got a sequence of length 0, expected at least one step."
                " Leave the row out."
            )
        if row.dtype not in (np.float32, np.float64):
            row = row.astype(np.float64)
        _refuse(f"{name}[{place - 1}, {{0}}]", row, gaps=gaps)
        rows.append(row.reshape(len(row), -1))
    widths = [row.shape[1] for row in rows]
    lengths = {len(row) for row in rows}
    if len(set(widths)) > 1 and len(lengths) == 1:
        raise DataError(
            f"the axes of {name} look swapped: every row has {lengths.pop()} on its first axis and"
            " differing numbers on its second, expected rows (t, f): steps first. Transpose each"
            " row."
        )
    if len(set(widths)) > 1:
        place = next(i for i, width in enumerate(widths, 1) if width != widths[0])
        raise DataError(
            f"{name}, row {place}: got {widths[place - 1]} numbers in a step, expected"
            f" {widths[0]} as in the rows before it."
        )
    length = lengths.pop() if len(lengths) == 1 else None
    why = "a list of arrays (t, f)"
    column = Column(name=name.lower(), kind="numbers", width=widths[0], length=length, why=why)
    return column, rows


def _check_dtype(name: str, array: Array, axes: str) -> None:
    """Refuse what is not numbers."""
    if array.dtype.kind in "biuf":
        return
    if array.dtype.kind in "US":
        raise DataError(
            f"{name} holds text, expected numbers. Put text into a table of named columns, such as"
            " {'text': [...], 'label': [...]}, and name its inputs and outputs."
        )
    raise DataError(
        f"{name} is an array of type {array.dtype}, expected numbers with the axes `{axes}`. Make"
        " it a list of arrays (t, f) where rows differ in length."
    )


def _refuse(place: str, array: Array, *, gaps: bool) -> None:
    """Refuse infinities, and NaN where nothing may be missing; the first one is named."""
    bad = np.isinf(array) if gaps else ~np.isfinite(array)
    if bad.any():
        at = tuple(int(i) for i in np.argwhere(bad)[0])
        got = "an infinity" if np.isinf(array[at]) else "a missing number (NaN)"
        raise DataError(
            f"{place.format(', '.join(map(str, at)))} is {got}, expected"
            f" {'a finite number' if gaps else 'a number'}. Correct it, or leave the row out."
        )
