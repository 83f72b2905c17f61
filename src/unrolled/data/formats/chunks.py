"""A file as tables of bounded size, whose columns have the types that the whole file needs."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from unrolled.data.formats import json_records
from unrolled.data.formats.content.compression import format_suffix, open_binary
from unrolled.data.formats.content.encoding import detect_stream_encoding
from unrolled.data.formats.delimited.cell_types import CellFacts, merge_facts
from unrolled.data.formats.delimited.dialect import TAB, Dialect, detect_dialect
from unrolled.data.formats.delimited.parse import parse_strings
from unrolled.data.formats.delimited.table import DelimitedTable, without_missing
from unrolled.data.formats.parquet_probe import check_parquet, unreadable_error
from unrolled.data.formats.raw_table import RawTable, note
from unrolled.data.formats.read import (
    DEFAULTS,
    DELIMITED,
    JSON_LINES,
    PARQUET_ERRORS,
    check_file,
    open_table,
)
from unrolled.data.formats.read_options import ReadOptions
from unrolled.errors import DataError

CHUNK_BYTES = 4 << 20  # of text
CHUNK_ROWS = 1 << 16  # of a Parquet file

Tables = Callable[[], Iterator[RawTable]]


@dataclass(frozen=True)
class Chunks:
    """Tables with the same columns that together are a file.

    Attributes:
        rows: The number of rows of all tables.
        tables: Reads them, one after the other.
        what: The name of the file, for errors.
    """

    rows: int
    tables: Tables
    what: str = "data"

    @contextmanager
    def locate_errors(self, first: int, count: int) -> Iterator[None]:
        """Add to an error, which counts rows within a chunk, where the chunk is in the file.

        Args:
            first: How many rows are before the chunk.
            count: How many rows it has.
        """
        try:
            yield
        except DataError as error:
            if count == self.rows:
                raise
            raise DataError(
                f"{self.what}, rows {first + 1} to {first + count}, here counted from 1: {error}"
            ) from None


def read_chunks(
    source: Any,
    options: ReadOptions = DEFAULTS,
    *,
    size: int = CHUNK_BYTES,
    rows: int = CHUNK_ROWS,
) -> Chunks:
    """Return a file as tables of bounded size; anything else, or a small file, as one table.

    A delimited file and JSON lines are read twice, since the types of their columns depend on all
    rows.

    Args:
        source: As for `read`.
        options: What is stated about the file.
        size: Bytes of text in a table.
        rows: Rows of a Parquet file in a table.

    Raises:
        DataError: As for `read`.
    """
    path = Path(source) if isinstance(source, str | os.PathLike) else None
    suffix = format_suffix(path) if path is not None and os.path.isfile(path) else ""
    if path is not None and suffix == ".parquet" and options == DEFAULTS:
        return _parquet_chunks(path, rows)
    if path is not None and suffix in (*DELIMITED, *JSON_LINES) and _is_large(path, size):
        check_file(path, f"'{path}'")
        if suffix in DELIMITED:
            return _delimited_chunks(path, options, suffix, size)
        if not set(options.stated()) - {"encoding"}:
            return _json_chunks(path, options, size)
    table = open_table(source, options)
    return Chunks(table.height, lambda: iter([table]))


def _is_large(path: Path, size: int) -> bool:
    """Return whether the content of a file has more than some bytes."""
    if path.stat().st_size > size:
        return True
    with open_binary(path, f"'{path}'") as file:
        return len(file.read(size + 1)) > size


def _parquet_chunks(path: Path, rows: int) -> Chunks:
    """Return the slices of a Parquet file."""
    try:
        scan = pl.scan_parquet(path)
        count = int(scan.select(pl.len()).collect().item())
    except PARQUET_ERRORS:
        count = 0
    if count <= rows:
        table = open_table(path)
        return Chunks(table.height, lambda: iter([table]))
    check_parquet(path, f"'{path}'")

    def tables() -> Iterator[RawTable]:
        for start in range(0, count, rows):
            try:
                yield open_table(scan.slice(start, rows).collect())
            except PARQUET_ERRORS:
                raise unreadable_error(f"'{path}', from row {start + 1} on,") from None

    return Chunks(count, tables, f"'{path}'")


def _delimited_chunks(path: Path, options: ReadOptions, suffix: str, size: int) -> Chunks:
    """Return the tables of delimited text."""
    what = f"'{path}'"
    encoding = _detect_encoding(path, options, what)
    first = next(_blocks(path, size, encoding, quoted=True))
    dialect = detect_dialect(first, options, suffix=suffix, what=what)
    note(dialect.notes)

    def string_tables() -> Iterator[pl.DataFrame]:
        for number, block in enumerate(_blocks(path, size, encoding, quoted=True)):
            yield _parse_block(block, dialect, what, is_first=number == 0)

    facts: list[dict[str, CellFacts]] = []
    count = 0
    try:
        for cells in _locate_rows(string_tables, what):
            known = without_missing(cells, options)
            facts.append({name: CellFacts.from_cells(known[name]) for name in known.columns})
            count += cells.height
    except DataError:
        if dialect.separator != TAB:
            raise
        table = open_table(path, options)  # whether quotes are letters, only all rows tell
        return Chunks(table.height, lambda: iter([table]))
    merged = merge_facts(facts)

    def tables() -> Iterator[RawTable]:
        for cells in string_tables():
            if cells.height:
                yield DelimitedTable(
                    cells,
                    separator=dialect.separator,
                    options=options,
                    name=what,
                    is_part=True,
                    facts=merged,
                )

    return Chunks(count, tables, what)


def _parse_block(block: str, dialect: Dialect, what: str, *, is_first: bool) -> pl.DataFrame:
    """Return the cells of a block; all but the first are lines below the header."""
    if is_first:
        return parse_strings(dialect.below_header(block), dialect, what=what, letters=False)
    lines = block.removeprefix("\r").removeprefix("\n")
    return parse_strings(lines, dialect, what=what, first_line=2, letters=False)


def _json_chunks(path: Path, options: ReadOptions, size: int) -> Chunks:
    """Return the tables of JSON lines."""
    what = f"'{path}'"
    encoding = _detect_encoding(path, options, what)

    def parsed_tables() -> Iterator[RawTable]:
        for block in _blocks(path, size, encoding, quoted=False):
            records = json_records.parse_lines(block, what=what)
            yield json_records.records_to_table(records, what="", name=what)

    types: dict[str, Any] = {}
    refusals: dict[str, DataError] = {}
    count = 0
    for table in _locate_rows(parsed_tables, what):
        for name in table.columns:
            try:
                found = table.column(name).dtype
                types[name] = _common_type(types.get(name, pl.Null()), found, name, what)
            except DataError as error:
                types.setdefault(name, pl.Null())
                refusals.setdefault(name, error)
        count += table.height

    def convert(table: RawTable, name: str) -> pl.Series:
        if name in refusals:
            raise refusals[name]
        if name not in table.columns:
            return pl.Series(name, [None] * table.height, dtype=types[name])
        return table.column(name).cast(types[name])

    def tables() -> Iterator[RawTable]:
        for table in parsed_tables():
            yield RawTable(list(types), table.height, partial(convert, table), cells=table.cells)

    return Chunks(count, tables, what)


def _detect_encoding(path: Path, options: ReadOptions, what: str) -> str:
    """Return the encoding of a file, and say what was assumed."""
    if options.encoding is not None:
        return options.encoding
    with open_binary(path, what) as file:
        detected = detect_stream_encoding(file, what=what)
    note([detected.note] if detected.note else [])
    return detected.name


def _locate_rows(tables: Callable[[], Iterator[Any]], what: str) -> Iterator[Any]:
    """Yield tables, and add to an error how many rows were read before it."""
    rows = 0
    remaining = tables()
    while True:
        try:
            table = next(remaining, None)
        except DataError as error:
            if not rows:
                raise
            raise DataError(f"{what}, beyond row {rows}, from which is counted: {error}") from None
        if table is None:
            return
        yield table
        rows += table.height


def _common_type(one: Any, other: Any, name: str, what: str) -> Any:
    """Return the type that holds the cells of two, as `to_series` chooses it for all at once."""
    if one == other or other == pl.Null:
        return one
    if one == pl.Null:
        return other
    if isinstance(one, pl.List) and isinstance(other, pl.List):
        return pl.List(_common_type(one.inner, other.inner, name, what))
    if one.is_numeric() and other.is_numeric():
        return pl.Float64() if pl.Float64 in (one, other) else pl.Int128()
    raise DataError(
        f"{what}: column '{name}' holds {str(one).lower()} in some rows and {str(other).lower()} in"
        " others. Give every row of a column the same type; leave a missing cell empty."
    )


def _blocks(path: Path, size: int, encoding: str, *, quoted: bool) -> Iterator[str]:
    """Yield the text of a file in blocks of complete lines.

    All blocks but the first begin with a line end, so that no blank line is lost between two.

    Args:
        path: The file.
        size: About how many letters in a block.
        encoding: The encoding of the text.
        quoted: Whether quotes may contain line ends.
    """
    what = f"'{path}'"
    with open_binary(path, what) as binary:
        file = io.TextIOWrapper(binary, encoding, newline="")
        try:
            rest = file.read(size).removeprefix("\ufeff")
            while more := file.read(size):
                rest += more
                block = rest[: _last_line_end(rest, quoted=quoted)].rstrip("\r\n")
                if block.strip():
                    yield block
                    rest = rest[len(block) :]
        except UnicodeDecodeError as error:
            raise DataError(
                f"{what} is not {encoding}: there is a byte 0x{error.object[error.start]:02x}."
                " State its encoding: --encoding NAME."
            ) from None
    if rest.strip():
        yield rest


def _last_line_end(text: str, *, quoted: bool) -> int:
    """Return where the last line ends, its line end included; 0 if none does."""
    if not quoted or '"' not in text:
        return text.rfind("\n") + 1
    codes = np.frombuffer(text.encode("utf-32-le", errors="surrogatepass"), dtype=np.uint32)
    is_outside = ~np.logical_xor.accumulate(codes == ord('"'))
    ends = np.flatnonzero((codes == ord("\n")) & is_outside)
    return int(ends[-1]) + 1 if len(ends) else 0
