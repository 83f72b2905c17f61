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

import narwhals as nw
import polars as pl

from unrolled.data.formats import conll
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
    """Give what takes tables of one kind, one after the other, and write them as `write` does.

    The file is there when all of them are, and not before; a stream gets each at once.

    Args:
        out: As for `write`.

    Raises:
        DataError: As for `write`.
    """
    if not isinstance(out, str | os.PathLike):
        heads = chain([True], repeat(False))
        yield lambda frame: _streamed(frame, out, header=next(heads))
        return
    target, suffix = _named(out)
    folder: str | None = None
    parts: list[Path] = []

    def put(frame: pl.DataFrame) -> None:
        parts.append(Path(str(folder), str(len(parts))))
        _fill(frame, parts[-1], suffix, header=len(parts) == 1)

    try:
        folder = tempfile.mkdtemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
        yield put
        whole = _joined(parts, suffix)
        durable.fsync_file(whole)
        whole.replace(target)
        durable.fsync_dir(target.parent)
    except OSError as error:
        raise _unwritable(target, error.strerror or error) from None
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def check_writable(out: str | os.PathLike[str]) -> None:
    """Refuse a file that `write` would, before there is a table.

    Raises:
        DataError: The suffix is unknown, or the file cannot be written.
    """
    target, _ = _named(out)
    if not durable.is_writable(target):
        raise _unwritable(target, "it is no file in a folder that may be written to")


def _unwritable(target: Path, says: object) -> DataError:
    """Return the error for a file that cannot be written."""
    return DataError(
        f"'{target}' cannot be written ({says}). Name a file in a folder that exists and that you"
        " may write to."
    )


def _named(out: str | os.PathLike[str]) -> tuple[Path, str]:
    """Return a file's path and its suffix, if that says a format."""
    target = Path(out)
    suffix = target.suffix.lower()
    if suffix not in SUFFIXES:
        raise DataError(
            f"got the file name '{target}', expected one ending in {', '.join(SUFFIXES)}."
            f"{did_you_mean(suffix, [known for known in SUFFIXES if known[:2] == suffix[:2]])}"
        )
    return target, suffix


def _streamed(frame: pl.DataFrame, out: TextIO, *, header: bool) -> None:
    """Write a table to a stream as CSV."""
    try:
        out.write(_flat(frame).write_csv(include_header=header))
        out.flush()
    except UnicodeEncodeError as error:
        letter = error.object[error.start]
        raise DataError(
            f"the output cannot hold {letter!r}: it is written as {error.encoding}. Name a file, or"
            " set PYTHONIOENCODING=utf-8."
        ) from None
    except OSError as error:
        raise DataError(f"the output cannot be written ({error.strerror or error}).") from None


def _joined(parts: list[Path], suffix: str) -> Path:
    """Return a file of all parts, one after the other."""
    if len(parts) == 1:
        return parts[0]
    whole = parts[0].with_name("whole")
    if suffix == ".parquet":
        scanned = [pl.scan_parquet(part) for part in parts]
        pl.concat(scanned, how="vertical_relaxed").sink_parquet(whole)
        return whole
    with whole.open("wb") as file:
        for part in parts:
            with part.open("rb") as one:
                shutil.copyfileobj(one, file)
    return whole


def to_frame_like(frame: pl.DataFrame, source: Any) -> Any:
    """Return a table as the kind of thing `source` was; a pandas index is kept.

    Args:
        frame: The table, with the rows of `source`.
        source: What was read: a path, a frame, or a dict of columns.

    Returns:
        A polars frame for a path or a polars source, a dict of lists for a dict, else a frame
        of the library that `source` came from.

    Example:
        >>> like(pl.DataFrame({"y": [1, 2]}), {"x": [3, 4]})
        {'y': [1, 2]}
    """
    if isinstance(source, dict):
        return frame.to_dict(as_series=False)
    if isinstance(source, str | os.PathLike):
        return frame
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


def _fill(frame: pl.DataFrame, path: Path, suffix: str, *, header: bool) -> None:
    """Write a table in the format of a suffix."""
    if suffix == ".parquet":
        frame.write_parquet(path)
    elif suffix in conll.SUFFIXES:
        path.write_text(conll.text(frame), encoding="utf-8")
    elif suffix in (".csv", ".tsv"):
        separator = "," if suffix == ".csv" else "\t"
        _flat(frame).write_csv(path, separator=separator, include_header=header)
    else:
        frame.write_ndjson(path)


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a table with JSON text in place of lists."""
    return frame.with_columns(
        _json(column) for column in frame if isinstance(column.dtype, pl.List | pl.Array)
    )


def _json(column: pl.Series) -> pl.Series:
    """Return list cells as JSON text."""
    import json

    cells = [
        None if cell is None else json.dumps(_listed(cell), ensure_ascii=False)
        for cell in column.to_list()
    ]
    return pl.Series(column.name, cells, dtype=pl.String)


def _listed(cell: Any) -> Any:
    """Return a cell with lists in place of arrays and of nested series."""
    return [_listed(item) for item in cell] if isinstance(cell, list | tuple) else cell
