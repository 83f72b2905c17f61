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
from unrolled.data.formats.parquet_probe import check_parquet, unreadable_error
from unrolled.errors import DataError, SettingError, did_you_mean

SUFFIXES = (".csv", ".tsv", ".parquet", ".jsonl", ".ndjson", ".json", ".ts", *conll.SUFFIXES)
PARQUET_ERRORS = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError)
MAX_PATH_LETTERS = 300  # of a path in an error
MIN_SIMILARITY = 0.75  # of file names without their suffixes, which are all similar


def read(source: Any, *, columns: Sequence[str] | None = None, what: str = "data") -> pl.DataFrame:
    """Return a table from a path, a frame or a dict of columns.

    Args:
        source: A path to CSV, TSV, Parquet, JSON lines, a JSON list of records, a `.ts` file or a
            CoNLL column file (`.conll`, `.iob`, `.bio`); a pandas, polars or pyarrow frame; a dict
            of columns (lists or arrays, rows first).
        columns: Names for the columns of a file without a header line.
        what: What to call the source in an error if it has no name of its own.

    Returns:
        The table, with at least one row.

    Raises:
        DataError: There is no such file, or it cannot be read as the table it should be.
        SettingError: Columns are named for a source that has names of its own.

    Example:
        >>> read({"a": [1, 2], "b": ["x", None]}).rows()
        [(1, 'x'), (2, None)]
    """
    if isinstance(source, str | os.PathLike):
        return _read_file(Path(source), columns)
    if columns is not None:
        raise _has_names_error(what)
    is_dict = isinstance(source, Mapping)
    frame = _from_columns(source, what) if is_dict else _from_frame(source, what)
    if not frame.columns:
        raise DataError(f"{what} has no columns. Give it at least one input and one output.")
    if frame.is_empty():
        raise DataError(f"{what} has columns, but no rows. Give it at least one row.")
    return frame


def _has_names_error(what: str) -> SettingError:
    """Return the error for columns named for a source that has names of its own."""
    return SettingError(
        f"{what} has column names of its own, but names were given for its columns. Names are given"
        f" only for a file without a header line (.csv, .tsv, {', '.join(conll.SUFFIXES)}). Leave"
        " them out."
    )


def _read_file(path: Path, columns: Sequence[str] | None) -> pl.DataFrame:
    """Return the table in a file."""
    suffix, what = path.suffix.lower(), f"'{path}'"
    _check_file(path, what)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DataError(
            f"{what} cannot be read ({error.strerror}). Check its permissions."
        ) from None
    if not data:
        raise DataError(f"{what} is empty. Give a table with at least one row.")
    if suffix in (".csv", ".tsv"):
        separator = "," if suffix == ".csv" else "\t"
        return delimited.parse(data, separator=separator, what=what, columns=columns)
    if suffix in conll.SUFFIXES:
        return conll.parse(data, what=what, columns=columns)
    if columns is not None:
        raise _has_names_error(what)
    if suffix == ".ts":
        return ts_archive.parse(data, what=what)
    if suffix == ".parquet":
        return _parse_parquet(data, what)
    parse = json_records.parse_document if suffix == ".json" else json_records.parse_lines
    return parse(data, what=what)


def _check_file(path: Path, what: str) -> None:
    """Refuse a path at which there is no file, or not one whose format is known."""
    if not _exists(path):
        has_folder = _exists(path.parent) and path.parent.is_dir()
        files = path.parent.iterdir() if has_folder else ()
        similar = [
            f.name for f in files if did_you_mean(f.stem, [path.stem], cutoff=MIN_SIMILARITY)
        ]
        shown = what if len(what) <= MAX_PATH_LETTERS else f"{what[:MAX_PATH_LETTERS]}...'"
        raise DataError(
            f"there is no file {shown}. Give the path of a table.{did_you_mean(path.name, similar)}"
        )
    if path.is_dir():
        raise DataError(f"{what} is a folder. Give a file such as data.csv.")
    if not path.is_file():  # a pipe or a device may never end
        raise DataError(f"{what} is not a regular file. Save its content in one.")
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        similar = [known for known in SUFFIXES if known[:2] == suffix[:2]]
        raise DataError(
            f"the name of the file {what} does not say its format. It must end in"
            f" {', '.join(SUFFIXES)}.{did_you_mean(suffix, similar)}"
        )


def _exists(path: Path) -> bool:
    """Return whether there is something at a path, which may be longer than a path can be."""
    try:
        return path.exists()
    except OSError:
        return False


def _parse_parquet(data: bytes, what: str) -> pl.DataFrame:
    """Return the table in a Parquet file."""
    check_parquet(data, what)
    try:
        frame = pl.read_parquet(data)
    except PARQUET_ERRORS:
        raise unreadable_error(what) from None
    if frame.is_empty():
        raise DataError(f"{what} has columns, but no rows. Give it at least one row.")
    return frame.select(_without_storage_types(frame[name]) for name in frame.columns)


def _from_columns(source: Mapping[Any, Any], what: str) -> pl.DataFrame:
    """Return a dict of columns as a table."""
    columns = [_from_column(str(name), values) for name, values in source.items()]
    _refuse_repeated_names([column.name for column in columns], what)
    for column in columns:
        if len(column) != len(columns[0]):
            raise DataError(
                f"column '{column.name}' has {len(column)} rows and column '{columns[0].name}'"
                f" has {len(columns[0])}. Give all columns the same length."
            )
    return pl.DataFrame(columns)


def _from_column(name: str, values: Any) -> pl.Series:
    """Return one column of a dict: a series of any library, an array, or a list."""
    wrapped = nw.from_native(values, series_only=True, pass_through=True)
    if not isinstance(wrapped, nw.Series):
        return to_series(name, values)
    if wrapped.implementation.is_pandas_like():
        return _from_pandas_column(wrapped, name)
    return _without_storage_types(wrapped.to_polars().alias(name))


def _from_frame(source: Any, what: str) -> pl.DataFrame:
    """Return a frame of any library as a polars frame."""
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
    pandas_like = table.implementation.is_pandas_like()
    frame = table if pandas_like else table.to_polars()
    columns = [
        _from_pandas_column(column, name)
        if pandas_like
        else _without_storage_types(column.alias(name))
        for column, name in zip(frame.iter_columns(), names, strict=True)
    ]
    return pl.DataFrame(columns)


def _from_pandas_column(column: Any, name: str) -> pl.Series:
    """Return a column of a pandas-like frame, which marks missing cells in many ways."""
    dtype = column.dtype
    if not column.is_null().any() and (dtype.is_numeric() or dtype == nw.Boolean):
        return to_series(name, column.to_numpy())
    missing = column.is_null().to_list()
    cells = [None if gap else cell for cell, gap in zip(column.to_list(), missing, strict=True)]
    return to_series(name, cells)


def _without_storage_types(column: pl.Series) -> pl.Series:
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
