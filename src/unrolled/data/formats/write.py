"""Tables out: to a file, or back as the kind of frame they came in as."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from itertools import chain, repeat
from pathlib import Path
from typing import Any, TextIO

import polars as pl

from unrolled.data.formats import conll
from unrolled.data.formats.raw_table import RawTable
from unrolled.disk import durable
from unrolled.errors import DataError, did_you_mean

SUFFIXES = (".csv", ".tsv", ".parquet", ".jsonl", ".ndjson", *conll.SUFFIXES)


def write(frame: pl.DataFrame, out: str | os.PathLike[str] | TextIO) -> None:
    """Write a table to a file whose suffix says the format; all of it or nothing.

    Lists are written as JSON in CSV and TSV.

    Args:
        frame: The table.
        out: A path that ends in `.csv`, `.tsv`, `.parquet`, `.jsonl`, `.ndjson`, `.conll`, `.iob`
            or `.bio`; or an open stream of text, which gets CSV.

    Raises:
        DataError: The suffix is unknown, the file cannot be written, or it is a CoNLL file and
            columns are not lists of strings.
    """
    with open_writer(out) as put:
        put(frame)


@contextlib.contextmanager
def open_writer(out: str | os.PathLike[str] | TextIO) -> Iterator[Callable[[pl.DataFrame], None]]:
    """Yield a function that takes tables with the same columns, one after the other.

    They are written as by `write`. The file appears when all of them are written, and not before;
    a stream gets each table at once.

    Args:
        out: As for `write`.

    Raises:
        DataError: As for `write`.
    """
    if not isinstance(out, str | os.PathLike):
        headers = chain([True], repeat(False))
        yield lambda frame: _write_to_stream(frame, out, header=next(headers))
        return
    target, suffix = _check_name(out)
    folder: str | None = None
    parts: list[Path] = []

    def put(frame: pl.DataFrame) -> None:
        parts.append(Path(str(folder), str(len(parts))))
        _write_part(frame, parts[-1], suffix, header=len(parts) == 1)

    try:
        folder = tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
        yield put
        whole = _join_parts(parts, suffix)
        durable.fsync_file(whole)
        whole.replace(target)
        durable.fsync_dir(target.parent)
    except OSError as error:
        raise _unwritable_error(target, error.strerror or error) from None
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def check_writable(out: str | os.PathLike[str]) -> None:
    """Refuse a file that `write` would refuse, before there is a table.

    Raises:
        DataError: The suffix is unknown, or the file cannot be written.
    """
    target, _ = _check_name(out)
    if not durable.is_writable(target):
        raise _unwritable_error(target, "it is not a file in a writable folder")


def takes_text(out: str | os.PathLike[str] | TextIO) -> bool:
    """Return whether every cell is text in a file, or in a stream."""
    is_path = isinstance(out, str | os.PathLike)
    return not is_path or Path(str(out)).suffix.lower() in (".csv", ".tsv")


def _unwritable_error(target: Path, why: object) -> DataError:
    """Return the error for a file that cannot be written."""
    return DataError(
        f"'{target}' cannot be written ({why}). Name a file in a folder that exists and that you"
        " may write to."
    )


def _check_name(out: str | os.PathLike[str]) -> tuple[Path, str]:
    """Return a file's path and its suffix; refuse a suffix that is not a format."""
    target = Path(out)
    suffix = target.suffix.lower()
    if suffix not in SUFFIXES:
        raise DataError(
            f"the name of the file '{target}' does not say its format. It must end in"
            f" {', '.join(SUFFIXES)}."
            f"{did_you_mean(suffix, [known for known in SUFFIXES if known[:2] == suffix[:2]])}"
        )
    return target, suffix


def _write_to_stream(frame: pl.DataFrame, out: TextIO, *, header: bool) -> None:
    """Write a table to a stream as CSV."""
    try:
        out.write(_with_json_lists(frame).write_csv(include_header=header))
        out.flush()
    except UnicodeEncodeError as error:
        letter = error.object[error.start]
        raise DataError(
            f"the output cannot hold {letter!r}, since it is encoded as {error.encoding}. Name a"
            " file, or set PYTHONIOENCODING=utf-8."
        ) from None
    except OSError as error:
        raise DataError(f"the output cannot be written ({error.strerror or error}).") from None


def _join_parts(parts: list[Path], suffix: str) -> Path:
    """Return a file that holds all parts, one after the other."""
    if len(parts) == 1:
        return parts[0]
    whole = parts[0].with_name("whole")
    if suffix == ".parquet":
        scanned = [pl.scan_parquet(part) for part in parts]
        pl.concat(scanned, how="vertical_relaxed").sink_parquet(whole)
        return whole
    with whole.open("wb") as file:
        for part in parts:
            with part.open("rb") as source:
                shutil.copyfileobj(source, file)
    return whole


def to_frame_like(frame: pl.DataFrame, source: Any) -> Any:
    """Return a table in the type of `source`; a pandas index is kept.

    Args:
        frame: The table, with the rows of `source`.
        source: The original data: a path, a frame, or a dict of columns.

    Returns:
        A polars frame for a path or a polars source, a dict of lists for a dict, else a frame
        of the library that `source` came from.

    Example:
        >>> to_frame_like(pl.DataFrame({"y": [1, 2]}), {"x": [3, 4]})
        {'y': [1, 2]}
    """
    if isinstance(source, dict):
        return frame.to_dict(as_series=False)
    if isinstance(source, str | os.PathLike | pl.DataFrame | RawTable):
        return frame
    import narwhals as nw

    try:
        wrapped = nw.from_native(source)
    except (TypeError, ValueError):
        return frame
    kind = wrapped.implementation
    if kind is nw.Implementation.PYARROW:
        return frame.to_arrow()
    if kind.is_pandas_like():
        native = nw.from_dict(frame.to_dict(as_series=False), backend=kind).to_native()
        if len(native) == len(source):
            native.index = source.index
        return native
    return frame


def _write_part(frame: pl.DataFrame, path: Path, suffix: str, *, header: bool) -> None:
    """Write a table in the format of a suffix."""
    if suffix == ".parquet":
        frame.write_parquet(path)
    elif suffix in conll.SUFFIXES:
        path.write_text(conll.format_conll(frame), encoding="utf-8")
    elif suffix in (".csv", ".tsv"):
        separator = "," if suffix == ".csv" else "\t"
        _with_json_lists(frame).write_csv(path, separator=separator, include_header=header)
    else:
        frame.write_ndjson(path)


def _with_json_lists(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a table with JSON text in place of lists."""
    return frame.with_columns(
        _lists_to_json(column)
        for column in frame
        if isinstance(column.dtype, pl.List | pl.Array | pl.Struct)
    )


def _lists_to_json(column: pl.Series) -> pl.Series:
    """Return list cells as JSON text."""
    import json

    cells = [
        None if cell is None else json.dumps(_plain_lists(cell), ensure_ascii=False, default=str)
        for cell in column.to_list()
    ]
    return pl.Series(column.name, cells, dtype=pl.String)


def _plain_lists(cell: Any) -> Any:
    """Return a cell with lists in place of arrays and of nested series."""
    return [_plain_lists(item) for item in cell] if isinstance(cell, list | tuple) else cell
