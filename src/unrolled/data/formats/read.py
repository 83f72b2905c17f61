"""Tables in: a file, a frame of any library or a dict of columns."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from unrolled.data.formats import conll, json_records, ts_archive
from unrolled.data.formats.content.compression import SUFFIXES as COMPRESSED
from unrolled.data.formats.content.compression import format_suffix, read_bytes
from unrolled.data.formats.content.encoding import decode
from unrolled.data.formats.dates import dates_if_all
from unrolled.data.formats.delimited.dialect import TAB_SUFFIXES, detect_dialect
from unrolled.data.formats.delimited.parse import parse_strings
from unrolled.data.formats.delimited.table import DelimitedTable
from unrolled.data.formats.frames import from_columns, from_frame, without_storage_types
from unrolled.data.formats.parquet_probe import check_parquet, unreadable_error
from unrolled.data.formats.raw_table import RawTable, note
from unrolled.data.formats.read_options import ReadOptions
from unrolled.errors import DataError, SettingError, did_you_mean

DELIMITED = (".csv", *TAB_SUFFIXES, ".txt", ".dat", ".data")
JSON_LINES = (".jsonl", ".ndjson")
SUFFIXES = (*DELIMITED, ".parquet", *JSON_LINES, ".json", ".ts", *conll.READ_SUFFIXES)
PARQUET_ERRORS = (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError)
MAX_PATH_LETTERS = 300  # of a path in an error
MIN_SIMILARITY = 0.75  # of file names without their suffixes, which are all similar
DEFAULTS = ReadOptions()


def read(
    source: Any,
    *,
    columns: Sequence[str] | None = None,
    separator: str | None = None,
    decimal: str | None = None,
    encoding: str | None = None,
    missing: Sequence[str] | None = None,
    date_format: str | None = None,
    what: str = "data",
) -> pl.DataFrame:
    """Return a table from a path, a frame or a dict of columns.

    What is not stated is detected where the content of a file settles it. Where something is
    assumed, a warning says it. The type of each column follows from all of its cells; a model that
    is given the path itself, or what `scan` returns, reads text as it is written.

    Args:
        source: A path to delimited text (`.csv`, `.tsv`, `.txt`, ...), Parquet, JSON lines, a JSON
            list of records, a `.ts` file or a CoNLL column file (`.conll`, `.conllu`, `.iob`,
            `.bio`), each perhaps compressed (`.gz`, `.zst`); a pandas, polars or pyarrow frame; a
            dict of columns (lists or arrays, rows first).
        columns: Names for the columns of a file without a header line.
        separator: The character between the cells of delimited text; `tab` is one, too.
        decimal: The decimal mark of delimited text, `.` or `,`. The other one of the two may then
            stand between groups of three digits.
        encoding: The encoding of a text file, such as `cp1251`.
        missing: Cells of delimited text that mean "missing", besides empty ones.
        date_format: How dates are written as text, such as `%d.%m.%Y`.
        what: What to call the source in an error if it has no name of its own.

    Returns:
        The table, with at least one row.

    Raises:
        DataError: There is no such file, or it cannot be read as the table it should be.
        SettingError: An option is wrong, or has no effect on the source.

    Example:
        >>> read({"a": [1, 2], "b": ["x", None]}).rows()
        [(1, 'x'), (2, None)]
    """
    options = ReadOptions(columns, separator, decimal, encoding, missing, date_format)
    return open_table(source, options, what=what).frame()


def scan(
    source: Any,
    *,
    columns: Sequence[str] | None = None,
    separator: str | None = None,
    decimal: str | None = None,
    encoding: str | None = None,
    missing: Sequence[str] | None = None,
    date_format: str | None = None,
) -> RawTable:
    """Return a table whose columns are converted when a model needs them.

    Wherever a model takes a path, it takes this table. A fitted model reads each column as it was
    fitted: text as it is written in the file, whatever the other rows hold. A column that the model
    does not use cannot stop anything.

    Args:
        source: As for `read`.
        columns: As for `read`.
        separator: As for `read`.
        decimal: As for `read`.
        encoding: As for `read`.
        missing: As for `read`.
        date_format: As for `read`.

    Raises:
        DataError: As for `read`.
        SettingError: As for `read`.

    Example:
        >>> scan({"a": [1, 2], "b": [1, "x"]}).columns
        ['a', 'b']
    """
    return open_table(
        source, ReadOptions(columns, separator, decimal, encoding, missing, date_format)
    )


def open_table(source: Any, options: ReadOptions = DEFAULTS, *, what: str = "data") -> RawTable:
    """Return a table with columns that are converted when they are needed; see `read`."""
    if isinstance(source, RawTable):
        options.refuse_unused((), what, "a table that was read before")
        return source
    if isinstance(source, str | os.PathLike):
        return _open_file(Path(source), options)
    if options.columns is not None:
        raise _has_names_error(what)
    options.refuse_unused(("date_format",), what, "no text file")
    table = (from_columns if isinstance(source, Mapping) else from_frame)(source, what)
    if not table.columns:
        raise DataError(f"{what} has no columns. Give it at least one input and one output.")
    if not table.height:
        raise DataError(f"{what} has columns, but no rows. Give it at least one row.")
    return _with_dates(table, options)


def _has_names_error(what: str) -> SettingError:
    """Return the error for columns named for a source that has names of its own."""
    return SettingError(
        f"{what} has column names of its own, but names were given for its columns. Names are given"
        f" only for a file without a header line ({', '.join(DELIMITED)},"
        f" {', '.join(conll.READ_SUFFIXES)}). Leave them out."
    )


def _with_dates(table: RawTable, options: ReadOptions) -> RawTable:
    """Return a table whose text is read as dates where it is written in the stated format."""
    form = options.date_format
    if form is None:
        return table

    def convert(name: str) -> pl.Series:
        column = table.column(name)
        return dates_if_all(column, form) if column.dtype == pl.String else column

    return RawTable(table.columns, table.height, convert, cells=table.cells, what=table.what)


def _open_file(path: Path, options: ReadOptions) -> RawTable:
    """Return the table in a file."""
    suffix, what = format_suffix(path), f"'{path}'"
    check_file(path, what)
    data = read_bytes(path, what)
    if not data:
        raise DataError(f"{what} is empty. Give a table with at least one row.")
    if suffix == ".parquet":
        if options.columns is not None:
            raise _has_names_error(what)
        options.refuse_unused(("date_format",), what, "a Parquet file")
        return _with_dates(_open_parquet(data, what), options)
    text, assumed = decode(data, what=what, encoding=options.encoding)
    note([assumed] if assumed else [])
    if suffix in DELIMITED:
        return open_delimited(text, options, suffix=suffix, what=what)
    if suffix in conll.READ_SUFFIXES:
        options.refuse_unused(("columns", "encoding"), what, "a column file")
        frame, notes = conll.parse(text, what=what, columns=options.columns, suffix=suffix)
        note(notes)
        return RawTable(frame.columns, frame.height, frame.get_column, what=what)
    if options.columns is not None:
        raise _has_names_error(what)
    options.refuse_unused(("encoding", "date_format"), what, f"a {suffix} file")
    if suffix == ".ts":
        frame = ts_archive.parse(text, what=what)
        return RawTable(frame.columns, frame.height, frame.get_column, what=what)
    parse = json_records.parse_document if suffix == ".json" else json_records.parse_lines
    return _with_dates(json_records.records_to_table(parse(text, what=what), what=what), options)


def open_delimited(text: str, options: ReadOptions, *, suffix: str, what: str) -> DelimitedTable:
    """Return the table in delimited text.

    Args:
        text: The whole text.
        options: What is stated about it.
        suffix: The suffix of its name, such as `.csv`.
        what: The name of the file, for errors.

    Raises:
        DataError: It has no header or no rows, a row has too few or too many cells, a quote is not
            closed, there are not as many names as columns, or two separators fit.

    Example:
        >>> open_delimited("a,b\\n1,x\\n2,\\n", DEFAULTS, suffix=".csv", what="data").frame().rows()
        [(1, 'x'), (2, None)]
    """
    if not text.strip():
        raise DataError(f"{what} is empty. Give a header line, and then one row on each line.")
    dialect = detect_dialect(text, options, suffix=suffix, what=what)
    note(dialect.notes)
    cells = parse_strings(dialect.below_header(text), dialect, what=what)
    return DelimitedTable(cells, separator=dialect.separator, options=options, name=what)


def check_file(path: Path, what: str) -> None:
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
    suffix = format_suffix(path)
    if suffix not in SUFFIXES:
        similar = [known for known in SUFFIXES if suffix and known[:2] == suffix[:2]]
        raise DataError(
            f"the name of the file {what} does not say its format. It must end in"
            f" {', '.join(SUFFIXES)}, and {' or '.join(COMPRESSED[:2])} after that if it is"
            f" compressed.{did_you_mean(suffix, similar)}"
        )


def _exists(path: Path) -> bool:
    """Return whether there is something at a path, which may be longer than a path can be."""
    try:
        return path.exists()
    except OSError:
        return False


def _open_parquet(data: bytes, what: str) -> RawTable:
    """Return the table in a Parquet file."""
    check_parquet(data, what)
    try:
        frame = pl.read_parquet(io.BytesIO(data))
    except PARQUET_ERRORS:
        raise unreadable_error(what) from None
    if frame.is_empty():
        raise DataError(f"{what} has columns, but no rows. Give it at least one row.")
    return RawTable(
        frame.columns,
        frame.height,
        lambda name: without_storage_types(frame[name]),
        cells=lambda name: frame[name].to_list(),
        what=what,
    )
