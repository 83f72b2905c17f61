"""One column of cells as a polars series. Nothing is truncated or guessed; mixtures are refused."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import polars as pl

from unrolled.errors import DataError

INT64 = range(-(2**63), 2**63)
INT128_LIMIT = 2**127
TYPE_NAMES = {int: "number", float: "number", str: "string", bool: "boolean"}


def to_series(name: str, values: Any) -> pl.Series:
    """Return cells (numpy, Python scalars, or lists of lists) as a polars series.

    Args:
        name: The column's name.
        values: A numpy array with the rows first, or a sequence with a cell a row.

    Raises:
        DataError: The cells mix types that no column can hold.

    Example:
        >>> to_series("a", [[1, 2], [2.5]]).to_list()
        [[1.0, 2.0], [2.5]]
    """
    if isinstance(values, np.ndarray) and values.dtype.kind in "biuf" and values.ndim > 0:
        if values.dtype == np.float16:
            values = values.astype(np.float32)
        return pl.Series(name, np.ascontiguousarray(values))
    is_scalar = isinstance(values, np.ndarray) and values.ndim == 0
    if isinstance(values, str | bytes | dict) or is_scalar or not hasattr(values, "__iter__"):
        raise DataError(
            f"column '{name}' is of type {type(values).__name__}, which cannot be read. Give a list"
            " or array with one cell for each row."
        )
    series = _from_matrices(name, list(values))
    if series is not None:
        return series
    return _from_cells(name, _missing_as_none([_plain(value) for value in values]))


def _from_cells(name: str, cells: list[Any]) -> pl.Series:
    """Return plain Python cells as a series of the one type that fits all of them."""
    depth = max((_depth(cell) for cell in cells), default=0)
    first_rows: dict[type, int] = {}
    for row, cell in enumerate(cells, 1):
        if cell is not None and _depth(cell) != depth and cell != []:
            raise _mixed_error(name, row, cell, f"other rows hold lists {depth} deep")
        for leaf in _leaves(cell):
            first_rows.setdefault(type(leaf), row)
    dtype = _common_type(name, cells, first_rows)
    for _ in range(depth if dtype is not None else 0):
        dtype = pl.List(dtype)
    try:
        return pl.Series(name, cells, dtype=dtype)
    except UnicodeError:
        raise DataError(
            f"column '{name}' holds text that is not valid Unicode (half of a surrogate pair)."
            " Decode it again from its bytes."
        ) from None
    except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError):
        raise DataError(
            f"column '{name}' could not be read: its lists are nested to different depths. Give"
            " numbers, strings, or lists of one depth in every row."
        ) from None


def _from_matrices(name: str, values: list[Any]) -> pl.Series | None:
    """Return arrays (t_i, f) as lists of lists without visiting every number; None for others."""
    if not all(
        isinstance(v, np.ndarray) and v.ndim == 2 and v.dtype.kind in "biuf" and v.size
        for v in values
    ):
        return None
    if len({v.shape[1] for v in values}) != 1:
        return None
    flat = pl.Series("flat", np.concatenate(values).astype(np.float64, copy=False))
    row = np.repeat(np.arange(len(values)), [len(v) for v in values])
    steps = pl.DataFrame({"row": row, "flat": flat.cast(pl.List(pl.Float64))})
    return steps.group_by("row", maintain_order=True).agg("flat")["flat"].alias(name)


def _plain(value: Any) -> Any:
    """Return a cell without numpy: arrays as lists, numpy scalars as Python's."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None if type(value).__name__ in ("NAType", "NaTType") else value


def _missing_as_none(cells: list[Any]) -> list[Any]:
    """Return cells with None in place of NaN, where others are text or booleans.

    Beside numbers NaN stays as it is: there it is a missing number already.
    """
    leaves = list(_leaves(cells))
    if not any(isinstance(leaf, str | bool) for leaf in leaves):
        return cells
    return [_without_nan(cell) for cell in cells]


def _without_nan(cell: Any) -> Any:
    """Return a cell, or the items of a list, with None in place of NaN."""
    if isinstance(cell, list):
        return [_without_nan(item) for item in cell]
    return None if isinstance(cell, float) and cell != cell else cell


def _depth(cell: Any) -> int:
    """Return how deep lists are nested in a cell; only the first item of each list is looked at."""
    if not isinstance(cell, list):
        return 0
    return 1 + max((_depth(item) for item in cell[:1]), default=0)


def _leaves(cell: Any) -> Iterator[Any]:
    """Yield the values in a cell, without the lists around them and without missing ones."""
    if isinstance(cell, list):
        for item in cell:
            yield from _leaves(item)
    elif cell is not None:
        yield cell


def _common_type(name: str, cells: Sequence[Any], first_rows: dict[type, int]) -> Any:
    """Return the one polars type of all values.

    Args:
        name: The column's name.
        cells: The cells, plain Python.
        first_rows: Each type of value, with the first row that holds it.
    """
    types = set(first_rows)
    if not types:
        return pl.Null
    if types <= {int, float}:
        integer = _integer_type(name, cells) if int in types else pl.Float64
        return pl.Float64 if float in types else integer
    if len(types) == 1:
        return _single_type(name, *first_rows.popitem())
    first, second = sorted(first_rows.items(), key=lambda pair: pair[1])[:2]
    row = second[1]
    other = next(leaf for leaf in _leaves(cells[row - 1]) if type(leaf) is second[0])
    type_name = TYPE_NAMES.get(first[0], first[0].__name__)
    raise _mixed_error(name, row, other, f"a row before it holds a {type_name}")


def _single_type(name: str, kind: type, row: int) -> Any:
    """Return the polars type of the one type that all values have; None lets polars find it."""
    if kind in (str, bool):
        return pl.String if kind is str else pl.Boolean
    if issubclass(kind, Decimal):
        return pl.Float64
    if issubclass(kind, date | time | timedelta):
        return None
    raise DataError(
        f"column '{name}', row {row}: a cell is of type {kind.__name__}, which cannot be read. Give"
        " a number, a string, a boolean or a list of them."
    )


def _integer_type(name: str, cells: Sequence[Any]) -> Any:
    """Return the smallest integer type that holds every value."""
    dtype: Any = pl.Int64
    for row, cell in enumerate(cells, 1):
        for leaf in _leaves(cell):
            if isinstance(leaf, int) and leaf not in INT64:
                dtype = pl.Int128
            if isinstance(leaf, int) and not -INT128_LIMIT <= leaf < INT128_LIMIT:
                raise DataError(
                    f"column '{name}', row {row}: an integer has {len(str(abs(leaf)))} digits, but"
                    " at most 19 can be used. Write it as text if it is an identifier, or as a"
                    " decimal number if it is a quantity."
                )
    return dtype


def _mixed_error(name: str, row: int, value: Any, others: str) -> DataError:
    """Return the error for a cell of another type than the rows before it."""
    shown = repr(value) if len(repr(value)) <= 40 else repr(value)[:37] + "..."
    return DataError(
        f"column '{name}', row {row}: the cell is {shown}, but {others}. Give every row of a column"
        " the same type; leave a missing cell empty."
    )
