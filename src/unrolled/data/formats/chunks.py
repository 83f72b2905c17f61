"""A file as tables of bounded size, whose columns have the types that the whole file asks for."""

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
from unrolled.data.formats.delimited import BOM, Facts, cast, header_line, strings
from unrolled.data.formats.parquet_probe import can_be_read
from unrolled.data.formats.read import UNREADABLE, read, unreadable
from unrolled.errors import DataError

SIZE = 4 << 20  # bytes of text in a piece
ROWS = 1 << 16  # rows in a piece of a Parquet file

Tables = Callable[[], Iterator[pl.DataFrame]]


@dataclass(frozen=True)
class Chunks:
    """Tables of one kind that are a file together.

    Attributes:
        rows: Of all of them.
        tables: Reads them, one after the other.
        what: The file, for errors.
    """

    rows: int
    tables: Tables
    what: str = "data"

    @contextmanager
    def locate_errors(self, first: int, count: int) -> Iterator[None]:
        """Say where a piece stands in an error that counts its rows from 1."""
        try:
            yield
        except DataError as error:
            if count == self.rows:
                raise
            raise DataError(
                f"{self.what}, rows {first + 1} to {first + count}, here counted from 1: {error}"
            ) from None


def read_chunks(
    source: Any, *, columns: Sequence[str] | None = None, size: int = SIZE, rows: int = ROWS
) -> Chunks:
    """Return a file as tables of bounded size; anything else, or a small file, as one table.

    A delimited file and JSON lines are read twice: the types of their columns follow from all rows.

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
        return _parquet(path, rows)
    if path is not None and large and suffix in (".csv", ".tsv"):
        return _delimited(path, columns, "," if suffix == ".csv" else "\t", size)
    if path is not None and large and suffix in (".jsonl", ".ndjson") and columns is None:
        return _lines(path, size)
    table = read(source, columns=columns)
    return Chunks(table.height, lambda: iter([table]))


def _parquet(path: Path, rows: int) -> Chunks:
    """Return the slices of a Parquet file."""
    try:
        scanned = pl.scan_parquet(path)
        count = int(scanned.select(pl.len()).collect().item())
    except UNREADABLE:
        count = 0
    if count <= rows:
        table = read(path)
        return Chunks(table.height, lambda: iter([table]))
    if not can_be_read(path):
        raise unreadable(f"'{path}'")
    starts = range(0, count, rows)

    def tables() -> Iterator[pl.DataFrame]:
        for at in starts:
            try:
                yield read(scanned.slice(at, rows).collect())
            except UNREADABLE:
                raise unreadable(f"'{path}', from row {at + 1} on,") from None

    return Chunks(count, tables, f"'{path}'")


def _delimited(path: Path, columns: Sequence[str] | None, separator: str, size: int) -> Chunks:
    """Return the tables of delimited text."""
    what = f"'{path}'"

    def cells() -> Iterator[pl.DataFrame]:
        header = b"" if columns is None else header_line(columns, separator).encode()
        for place, block in enumerate(_blocks(path, size, quoted=True)):
            first = place == 0
            if first and columns is None:
                header = block[: _end(block, quoted=True, last=False)].rstrip(b"\r\n")
            data = block if first else header + block
            names = columns if first else None
            yield strings(data, separator=separator, what=what, columns=names)

    facts: list[dict[str, Facts]] = []
    count = 0
    for table in _counted(cells, what):
        facts.append({name: Facts.of(table[name]) for name in table.columns})
        count += table.height
    whole = {name: reduce(Facts.together, [one[name] for one in facts]) for name in facts[0]}

    def tables() -> Iterator[pl.DataFrame]:
        for table in cells():
            if table.height:
                yield table.select(cast(table[name], whole[name]) for name in whole)

    return Chunks(count, tables, what)


def _lines(path: Path, size: int) -> Chunks:
    """Return the tables of JSON lines."""
    what = f"'{path}'"

    def found() -> Iterator[pl.DataFrame]:
        for block in _blocks(path, size, quoted=False):
            yield json_records.lines(block, what=what)

    schema: dict[str, Any] = {}
    count = 0
    for table in _counted(found, what):
        for name, dtype in table.schema.items():
            schema[name] = _wider(schema.get(name, pl.Null()), dtype, name, what)
        count += table.height

    def tables() -> Iterator[pl.DataFrame]:
        for table in found():
            missing = [pl.lit(None).alias(n) for n in schema if n not in table.columns]
            yield table.with_columns(missing).select(pl.col(n).cast(t) for n, t in schema.items())

    return Chunks(count, tables, what)


def _counted(tables: Tables, what: str) -> Iterator[pl.DataFrame]:
    """Return tables, and say in an error how many rows were read before."""
    rows = 0
    made = tables()
    while True:
        try:
            table = next(made, None)
        except DataError as error:
            if not rows:
                raise
            raise DataError(f"{what}, beyond row {rows}, from which is counted: {error}") from None
        if table is None:
            return
        yield table
        rows += table.height


def _wider(one: Any, other: Any, name: str, what: str) -> Any:
    """Return the type that holds the cells of two, as `series` would find for all at once."""
    if one == other or other == pl.Null:
        return one
    if one == pl.Null:
        return other
    if isinstance(one, pl.List) and isinstance(other, pl.List):
        return pl.List(_wider(one.inner, other.inner, name, what))
    if one.is_numeric() and other.is_numeric():
        return pl.Float64() if pl.Float64 in (one, other) else pl.Int128()
    raise DataError(
        f"{what}: column '{name}' holds {str(one).lower()} in some rows and {str(other).lower()} in"
        " others. Give every row of a column the same type; leave a missing cell empty."
    )


def _blocks(path: Path, size: int, *, quoted: bool) -> Iterator[bytes]:
    """Return the bytes of a file in blocks of whole lines; all but the first begin with a line end.

    So no blank line is lost between two of them, and a header can be put before each.

    Args:
        path: The file.
        size: About how many bytes in a block.
        quoted: Whether a line may end within quotes, and go on.
    """
    rest = b""
    with path.open("rb") as file:
        rest = file.read(size).removeprefix(BOM)
        while block := file.read(size):
            rest += block
            whole = rest[: _end(rest, quoted=quoted, last=True)].rstrip(b"\r\n")
            if whole.strip():
                yield whole
                rest = rest[len(whole) :]
    if rest.strip():
        yield rest


def _end(data: bytes, *, quoted: bool, last: bool) -> int:
    """Return where the first or last line of some ends, its line end included; 0 if none does."""
    if not quoted:
        return data.rfind(b"\n") + 1
    codes = np.frombuffer(data, dtype=np.uint8)
    outside = ~np.logical_xor.accumulate(codes == ord('"'))
    ends = np.flatnonzero((codes == ord("\n")) & outside)
    return int(ends[-1 if last else 0]) + 1 if len(ends) else 0
