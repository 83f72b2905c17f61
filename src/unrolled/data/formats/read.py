"""Tables in: a file, a frame of any library or a dict of columns as one polars frame."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import narwhals as nw
import polars as pl

from unrolled.data.formats import conll, delimited, json_records, ts_archive
from unrolled.data.formats.from_python import to_series
from unrolled.data.formats.parquet_probe import can_be_read
from unrolled.errors import DataError, SettingError, did_you_mean

SUFFIXES = (".csv", ".tsv", ".parquet", ".jsonl", ".ndjson", ".json", ".ts", *conll.SUFFIXES)
UNREADABLE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError)  # as Parquet
LONGEST = 300  # letters of a path in an error
ALIKE = 0.75  # of file names without their endings, which are much the same anyway


def read(source: Any, *, columns: Sequence[str] | None = None, what: str = "data") -> pl.DataFrame:
    """Return a table from a path, a frame or a dict of columns.

    Args:
        source: A path to CSV, TSV, Parquet, JSON lines, a JSON list of records, a `.ts` file or a
            CoNLL column file (`.conll`, `.iob`, `.bio`); a pandas, polars or pyarrow frame; a dict
            of columns (lists or arrays, rows first).
        columns: Names for the columns of a file without a header line.
        what: What to call the source in an error when it has no name of its own.

    Returns:
        The table, with at least one row.

    Raises:
        DataError: There is no such file, or it cannot be read as the table it should be.
        SettingError: Columns are named for what has names of its own.

    Example:
        >>> read({"a": [1, 2], "b": ["x", None]}).rows()
        [(1, 'x'), (2, None)]
    """
    if isinstance(source, str | os.PathLike):
        return _file(Path(source), columns)
    if columns is not None:
        raise _named(what)
    frame = _columns(source, what) if isinstance(source, Mapping) else _native(source, what)
    if not frame.columns:
        raise DataError(f"{what} has no columns, expected at least one input and one output.")
    if frame.is_empty():
        raise DataError(f"{what} has columns and no rows, expected at least one row.")
    return frame


def _named(what: str) -> SettingError:
    """Return the error for columns named for what has names of its own."""
    return SettingError(
        f"got names for the columns of {what}, expected them only for a file without a header line"
        f" (.csv, .tsv, {', '.join(conll.SUFFIXES)}). Leave them out."
    )


def _file(path: Path, columns: Sequence[str] | None) -> pl.DataFrame:
    """Return the table that a file holds."""
    suffix, what = path.suffix.lower(), f"'{path}'"
    if not _exists(path):
        beside = path.parent.iterdir() if _exists(path.parent) and path.parent.is_dir() else ()
        near = [e.name for e in beside if did_you_mean(e.stem, [path.stem], cutoff=ALIKE)]
        raise DataError(
            f"there is no file {_cut(what)}, expected a path to a table.{did_you_mean(path.name, near)}"
        )
    if path.is_dir():
        raise DataError(f"{what} is a folder, expected a file such as data.csv.")
    if not path.is_file():  # a pipe or a device may never end
        raise DataError(f"{what} is no regular file, expected one. Save what it gives in a file.")
    if suffix not in SUFFIXES:
        raise DataError(
            f"got the file {what}, expected a name ending in {', '.join(SUFFIXES)}."
            f"{did_you_mean(suffix, [known for known in SUFFIXES if known[:2] == suffix[:2]])}"
        )
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"{what} cannot be read ({error.strerror}). Check its rights.") from None
    if not data:
        raise DataError(f"{what} is empty, expected a table with at least one row.")
    if suffix in (".csv", ".tsv"):
        separator = "," if suffix == ".csv" else "\t"
        return delimited.frame(data, separator=separator, what=what, columns=columns)
    if suffix in conll.SUFFIXES:
        return conll.frame(data, what=what, columns=columns)
    if columns is not None:
        raise _named(what)
    if suffix == ".ts":
        return ts_archive.frame(data, what=what)
    if suffix == ".parquet":
        return _parquet(data, what)
    return (json_records.document if suffix == ".json" else json_records.lines)(data, what=what)


def _cut(name: str) -> str:
    """Return a name in at most so many letters."""
    return name if len(name) <= LONGEST else f"{name[:LONGEST]}...'"


def _exists(path: Path) -> bool:
    """Return whether there is something at a path, which may be longer than a path can be."""
    try:
        return path.exists()
    except OSError:
        return False


def unreadable(what: str) -> DataError:
    """Return the error for what is no Parquet file, or a damaged one."""
    return DataError(
        f"{what} is not a Parquet file, though its name ends in .parquet, or it is damaged. Write"
        " it again, or rename it to what it is."
    )


def _parquet(data: bytes, what: str) -> pl.DataFrame:
    """Return the table that a Parquet file holds."""
    if not can_be_read(data):
        raise unreadable(what)
    try:
        frame = pl.read_parquet(data)
    except UNREADABLE:
        raise unreadable(what) from None
    if frame.is_empty():
        raise DataError(f"{what} has columns and no rows, expected at least one row.")
    return frame.select(_settled(frame[name]) for name in frame.columns)


def _columns(source: Mapping[Any, Any], what: str) -> pl.DataFrame:
    """Return a dict of columns as a table."""
    columns = [_column(str(name), values) for name, values in source.items()]
    _unique([column.name for column in columns], what)
    for column in columns:
        if len(column) != len(columns[0]):
            raise DataError(
                f"column '{column.name}' has {len(column)} rows and column '{columns[0].name}'"
                f" has {len(columns[0])}, expected columns of one length."
            )
    return pl.DataFrame(columns)


def _column(name: str, values: Any) -> pl.Series:
    """Return one column of a dict: a series of any library, an array, or a list."""
    wrapped = nw.from_native(values, series_only=True, pass_through=True)
    if not isinstance(wrapped, nw.Series):
        return to_series(name, values)
    if wrapped.implementation.is_pandas_like():
        return _cells(wrapped, name)
    return _settled(wrapped.to_polars().alias(name))


def _native(source: Any, what: str) -> pl.DataFrame:
    """Return a frame of any library as a polars frame."""
    try:
        wrapped = nw.from_native(source)
        table = wrapped.collect() if isinstance(wrapped, nw.LazyFrame) else wrapped
        names = [str(name) for name in table.columns]
    except nw.exceptions.DuplicateError:
        _unique([str(name) for name in _names(source)], what)
        raise DataError(f"{what} has a column name twice, expected every name once.") from None
    except TypeError:
        raise DataError(
            f"got {type(source).__name__} as {what}, expected a path, a pandas, polars or pyarrow"
            " frame, or a dict of columns."
        ) from None
    except (pl.exceptions.PolarsError, nw.exceptions.NarwhalsError) as error:
        raise DataError(f"{what} could not be collected: {str(error).splitlines()[0]}") from None
    _unique(names, what)
    pandas_like = table.implementation.is_pandas_like()
    frame = table if pandas_like else table.to_polars()
    columns = [
        _cells(column, name) if pandas_like else _settled(column.alias(name))
        for column, name in zip(frame.iter_columns(), names, strict=True)
    ]
    return pl.DataFrame(columns)


def _cells(column: Any, name: str) -> pl.Series:
    """Return a column of a pandas-like frame, whose missing cells have many spellings."""
    dtype = column.dtype
    if not column.is_null().any() and (dtype.is_numeric() or dtype == nw.Boolean):
        return to_series(name, column.to_numpy())
    missing = column.is_null().to_list()
    cells = [None if gone else cell for cell, gone in zip(column.to_list(), missing, strict=True)]
    return to_series(name, cells)


def _settled(column: pl.Series) -> pl.Series:
    """Return a polars column without the types that only say how cells are stored."""
    if column.dtype == pl.Object:
        return to_series(column.name, column.to_list())
    return column.cast(_plain(column.dtype))


def _plain(dtype: Any) -> Any:
    """Return the type of the values themselves: strings for categories, floats for decimals."""
    if isinstance(dtype, pl.List):
        return pl.List(_plain(dtype.inner))
    if dtype in (pl.Categorical, pl.Enum):
        return pl.String
    return pl.Float64 if dtype.is_decimal() else dtype


def _names(source: Any) -> list[Any]:
    """Return the column names of a frame that holds one twice."""
    return list(getattr(source, "column_names", None) or source.columns)


def _unique(names: list[str], what: str) -> None:
    """Refuse a column name that stands twice."""
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise DataError(
            f"{what} has the column name '{twice[0]}' {names.count(twice[0])} times, expected"
            " every name once. Rename all but one."
        )
