"""A file as tables of bounded size, whose columns have the types that the whole file needs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from unrolled.data.formats import json_records
from unrolled.data.formats.delimited import (
    BOM,
    CellFacts,
    cast_cells,
    header_line,
    parse_strings,
)
from unrolled.data.formats.parquet_probe import check_parquet, unreadable_error
from unrolled.data.formats.read import PARQUET_ERRORS, read
from unrolled.errors import DataError

CHUNK_BYTES = 4 << 20  # of text
CHUNK_ROWS = 1 << 16  # of a Parquet file

Tables = Callable[[], Iterator[pl.DataFrame]]


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
    *,
    columns: Sequence[str] | None = None,
    size: int = CHUNK_BYTES,
    rows: int = CHUNK_ROWS,
) -> Chunks:
    """Return a file as tables of bounded size; anything else, or a small file, as one table.

    A delimited file and JSON lines are read twice, since the types of their columns depend on all
    rows.

    Args:
        source: As for `read`.
        columns: As for `read`.
        size: Bytes of text in a table.
        rows: Rows of a Parquet file in a table.

    Raises:
        DataError: As for `read`.
    """
    path = Path(source) if isinstance(source, str | Path) else None
    suffix = path.suffix.lower() if path is not None and os.path.isfile(path) else ""
    large = path is not None and suffix and path.stat().st_size > size
    if path is not None and suffix == ".parquet" and columns is None:
        return _parquet_chunks(path, rows)
    if path is not None and large and suffix in (".csv", ".tsv"):
        return _delimited_chunks(path, columns, "," if suffix == ".csv" else "\t", size)
    if path is not None and large and suffix in (".jsonl", ".ndjson") and columns is None:
        return _json_chunks(path, size)
    table = read(source, columns=columns)
    return Chunks(table.height, lambda: iter([table]))


def _parquet_chunks(path: Path, rows: int) -> Chunks:
    """Return the slices of a Parquet file."""
    try:
        scan = pl.scan_parquet(path)
        count = int(scan.select(pl.len()).collect().item())
    except PARQUET_ERRORS:
        count = 0
    if count <= rows:
        table = read(path)
        return Chunks(table.height, lambda: iter([table]))
    check_parquet(path, f"'{path}'")

    def tables() -> Iterator[pl.DataFrame]:
        for start in range(0, count, rows):
            try:
                yield read(scan.slice(start, rows).collect())
            except PARQUET_ERRORS:
                raise unreadable_error(f"'{path}', from row {start + 1} on,") from None

    return Chunks(count, tables, f"'{path}'")


def _delimited_chunks(
    path: Path, columns: Sequence[str] | None, separator: str, size: int
) -> Chunks:
    """Return the tables of delimited text."""
    what = f"'{path}'"

    def string_tables() -> Iterator[pl.DataFrame]:
        header = b"" if columns is None else header_line(columns, separator).encode()
        for number, block in enumerate(_blocks(path, size, quoted=True)):
            is_first = number == 0
            if is_first and columns is None:
                header = block[: _line_end(block, quoted=True, last=False)].rstrip(b"\r\n")
            data = block if is_first else header + block
            names = columns if is_first else None
            yield parse_strings(data, separator=separator, what=what, columns=names)

    facts: list[dict[str, CellFacts]] = []
    count = 0
    for table in _locate_rows(string_tables, what):
        facts.append({name: CellFacts.from_cells(table[name]) for name in table.columns})
        count += table.height
    merged = {name: reduce(CellFacts.merge, [part[name] for part in facts]) for name in facts[0]}

    def tables() -> Iterator[pl.DataFrame]:
        for table in string_tables():
            if table.height:
                yield table.select(cast_cells(table[name], merged[name]) for name in merged)

    return Chunks(count, tables, what)


def _json_chunks(path: Path, size: int) -> Chunks:
    """Return the tables of JSON lines."""
    what = f"'{path}'"

    def parsed_tables() -> Iterator[pl.DataFrame]:
        for block in _blocks(path, size, quoted=False):
            yield json_records.parse_lines(block, what=what)

    schema: dict[str, Any] = {}
    count = 0
    for table in _locate_rows(parsed_tables, what):
        for name, dtype in table.schema.items():
            schema[name] = _common_type(schema.get(name, pl.Null()), dtype, name, what)
        count += table.height

    def tables() -> Iterator[pl.DataFrame]:
        for table in parsed_tables():
            missing = [pl.lit(None).alias(n) for n in schema if n not in table.columns]
            yield table.with_columns(missing).select(pl.col(n).cast(t) for n, t in schema.items())

    return Chunks(count, tables, what)


def _locate_rows(tables: Tables, what: str) -> Iterator[pl.DataFrame]:
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


def _blocks(path: Path, size: int, *, quoted: bool) -> Iterator[bytes]:
    """Yield the bytes of a file in blocks of complete lines.

    All blocks but the first begin with a line end.

    So no blank line is lost between two of them, and a header can be put before each.

    Args:
        path: The file.
        size: About how many bytes in a block.
        quoted: Whether quotes may contain line ends.
    """
    rest = b""
    with path.open("rb") as file:
        rest = file.read(size).removeprefix(BOM)
        while more := file.read(size):
            rest += more
            block = rest[: _line_end(rest, quoted=quoted, last=True)].rstrip(b"\r\n")
            if block.strip():
                yield block
                rest = rest[len(block) :]
    if rest.strip():
        yield rest


def _line_end(data: bytes, *, quoted: bool, last: bool) -> int:
    """Return where the first or last line ends, its line end included; 0 if none does."""
    if not quoted:
        return data.rfind(b"\n") + 1
    codes = np.frombuffer(data, dtype=np.uint8)
    is_outside = ~np.logical_xor.accumulate(codes == ord('"'))
    ends = np.flatnonzero((codes == ord("\n")) & is_outside)
    return int(ends[-1 if last else 0]) + 1 if len(ends) else 0
