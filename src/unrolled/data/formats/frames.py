"""Frames of any library and dicts of columns, whose columns are converted when they are needed.

narwhals, which reads the frames of all other libraries than polars, is imported for them alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from unrolled.data.formats.from_python import to_series
from unrolled.data.formats.raw_table import RawTable
from unrolled.errors import DataError


def from_columns(source: Mapping[Any, Any], what: str) -> RawTable:
    """Return a dict of columns as a table."""
    names = [str(name) for name in source]
    _refuse_repeated_names(names, what)
    values = {name: _sized(name, cells) for name, cells in zip(names, source.values(), strict=True)}
    for name in names:
        if len(values[name]) != len(values[names[0]]):
            raise DataError(
                f"column '{name}' has {len(values[name])} rows and column '{names[0]}' has"
                f" {len(values[names[0]])}. Give all columns the same length."
            )
    height = len(values[names[0]]) if names else 0
    return RawTable(
        names, height, lambda name: _from_column(name, values[name]), cells=values.__getitem__
    )


def _sized(name: str, values: Any) -> Any:
    """Return the cells of a column, which have a number; refuse what are no cells."""
    has_length = hasattr(values, "__len__") and not isinstance(values, str | bytes | dict)
    is_scalar = getattr(values, "ndim", 1) == 0
    return values if has_length and not is_scalar else to_series(name, values)


def _from_column(name: str, values: Any) -> pl.Series:
    """Return one column of a dict: a series of any library, an array, or a list."""
    if isinstance(values, pl.Series):
        return without_storage_types(values.alias(name))
    if isinstance(values, list | tuple | np.ndarray):
        return to_series(name, values)
    import narwhals as nw

    wrapped = nw.from_native(values, series_only=True, pass_through=True)
    if not isinstance(wrapped, nw.Series):
        return to_series(name, values)
    if wrapped.implementation.is_pandas_like():
        return _from_pandas_column(wrapped, name)
    return without_storage_types(wrapped.to_polars().alias(name))


def from_frame(source: Any, what: str) -> RawTable:
    """Return a frame of any library as a table."""
    if isinstance(source, pl.DataFrame):
        return RawTable(
            source.columns,
            source.height,
            lambda name: without_storage_types(source.get_column(name)),
            cells=lambda name: source.get_column(name).to_list(),
        )
    import narwhals as nw

    try:
        wrapped = nw.from_native(source)
        table = wrapped.collect() if isinstance(wrapped, nw.LazyFrame) else wrapped
        names = [str(name) for name in table.columns]
    except nw.exceptions.DuplicateError:
        known = list(getattr(source, "column_names", None) or source.columns)
        _refuse_repeated_names([str(name) for name in known], what)
        raise DataError(f"{what} has a column name twice. Rename one of the two.") from None
    except TypeError:
        raise DataError(
            f"{what} is of type {type(source).__name__}, which cannot be read. Give a path, a"
            " pandas, polars or pyarrow frame, or a dict of columns."
        ) from None
    except (pl.exceptions.PolarsError, nw.exceptions.NarwhalsError) as error:
        raise DataError(f"{what} could not be collected: {str(error).splitlines()[0]}") from None
    _refuse_repeated_names(names, what)
    places = {name: place for place, name in enumerate(names)}
    pandas_like = table.implementation.is_pandas_like()

    def convert(name: str) -> pl.Series:
        column = table[:, places[name]]
        if pandas_like:
            return _from_pandas_column(column, name)
        return without_storage_types(_to_polars(column, name))

    def cells(name: str) -> Any:
        return table[:, places[name]].to_list()

    return RawTable(names, len(table) if names else 0, convert, cells=cells)


def _to_polars(column: Any, name: str) -> pl.Series:
    """Return a column of another library as a polars column."""
    try:
        return column.to_polars().alias(name)  # type: ignore[no-any-return]
    except Exception as error:  # each library has errors of its own
        raise DataError(
            f"column '{name}' has a type that cannot be read ({str(error).splitlines()[0]})."
            " Convert it to numbers or text."
        ) from None


def _from_pandas_column(column: Any, name: str) -> pl.Series:
    """Return a column of a pandas-like frame, which marks missing cells in many ways."""
    from narwhals import Boolean

    dtype = column.dtype
    if not column.is_null().any() and (dtype.is_numeric() or dtype == Boolean):
        return to_series(name, column.to_numpy())
    missing = column.is_null().to_list()
    cells = [None if gap else cell for cell, gap in zip(column.to_list(), missing, strict=True)]
    return to_series(name, cells)


def without_storage_types(column: pl.Series) -> pl.Series:
    """Return a polars column without the types that only say how cells are stored."""
    if column.dtype == pl.Object:
        return to_series(column.name, column.to_list())
    return column.cast(_value_type(column.dtype))


def _value_type(dtype: Any) -> Any:
    """Return the type of the values themselves: strings for categories, floats for decimals."""
    if isinstance(dtype, pl.List):
        return pl.List(_value_type(dtype.inner))
    if dtype in (pl.Categorical, pl.Enum):
        return pl.String
    return pl.Float64 if dtype.is_decimal() else dtype


def _refuse_repeated_names(names: list[str], what: str) -> None:
    """Refuse a column name that occurs twice."""
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        raise DataError(
            f"{what} has the column name '{repeated[0]}' {names.count(repeated[0])} times. Rename"
            " all but one."
        )
