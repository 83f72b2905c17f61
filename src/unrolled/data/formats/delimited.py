"""Delimited text (CSV, TSV): RFC 4180 quoting, a header, UTF-8; nothing is dropped silently."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import polars as pl

from unrolled.errors import DataError, quote_names

BOM = b"\xef\xbb\xbf"
NEWLINE = b"\n"
MAX_SHOWN_PLACES = 8
INTEGER = r"^[+-]?(0|[1-9]\d*)$"
ZERO_PADDED = r"^[+-]?0\d+$"
NAME_COLUMNS = "with --columns NAME ... (in Python: unrolled.read(path, columns=[...]))"
TOO_MANY = "Enclose a cell in quotes if it contains the separator."
TOO_FEW = "Add the missing cells; an empty cell has its separator too."
CR, LF, QUOTE = ord("\r"), ord("\n"), ord('"')

Mask = np.ndarray[Any, np.dtype[np.bool_]]


def parse(
    data: bytes, *, separator: str, what: str, columns: Sequence[str] | None = None
) -> pl.DataFrame:
    """Return the table in delimited text; the type of a column follows from all of its cells.

    Blank lines are skipped, except in a table of one column, where each is a missing cell.

    Args:
        data: The bytes of the file.
        separator: The character between cells.
        what: The name of the file, for errors.
        columns: Names for the columns of a file without a header line; None reads the header.

    Raises:
        DataError: It is not UTF-8, has no header or no rows, a row has too few or too many cells,
            a quote is not closed, or there are not as many names as columns.

    Example:
        >>> parse(b"a,b\\n1,x\\n2,\\n", separator=",", what="data").rows()
        [(1, 'x'), (2, None)]
    """
    cells = parse_strings(data, separator=separator, what=what, columns=columns)
    return cells.select(infer_type(cells[name]) for name in cells.columns)


def parse_strings(
    data: bytes, *, separator: str, what: str, columns: Sequence[str] | None = None
) -> pl.DataFrame:
    """Return the table in delimited text with every cell as a string; see `parse`."""
    text = decode_utf8(data.removeprefix(BOM), what=what).rstrip("\r\n")
    if not text.strip():
        raise DataError(f"{what} is empty. Give a header line, and then one row on each line.")
    if columns is not None:  # as the header line that the file lacks
        text = f"{_header_from_names(columns, text, separator, what)}\n{text}"
    body = text.encode()
    blank = _blank_lines(body, separator, what)
    options: dict[str, Any] = {"separator": separator, "infer_schema": False}
    try:
        header = pl.read_csv(BOM + body, has_header=False, n_rows=1, **options).row(0)
        names = _check_header([name or "" for name in header], what)
        if not blank.size:
            raise DataError(f"{what} has a header, but no rows. Add at least one row below it.")
        cells = pl.read_csv(BOM + body, **options)  # without BOM, `x^` looks like zlib to polars
    except pl.exceptions.PolarsError:
        cells = None
    if cells is None or cells.height != len(blank):
        raise DataError(
            f"{what} could not be read as delimited text: a cell has a quote in an odd place."
            ' Enclose the whole cell in quotes and double those inside it: "say ""hi""".'
        )
    cells.columns = names
    return cells.filter(pl.Series(~blank)) if blank.any() else cells


def decode_utf8(data: bytes, *, what: str) -> str:
    """Return bytes as text.

    Raises:
        DataError: The bytes are not UTF-8, or contain a NUL; the message names the first bad one.
    """
    if (position := data.find(b"\0")) >= 0 and data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        raise DataError(
            f"{what}, line {data.count(NEWLINE, 0, position) + 1}: there is a NUL byte at position"
            f" {position}. It is not text, or text in another encoding. Save it as UTF-8."
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(NEWLINE, 0, error.start) + 1
        raise DataError(
            f"{what} is not UTF-8: there is a byte 0x{data[error.start]:02x} at position"
            f" {error.start} (line {line}). Save it as UTF-8 and read it again."
        ) from None


def infer_type(cells: pl.Series) -> pl.Series:
    """Return string cells as integers, numbers or booleans if every cell is one.

    Integers with leading zeros stay strings, since they are codes and not quantities.

    Example:
        >>> infer_type(pl.Series("a", ["1", None, "2.5"])).to_list()
        [1.0, None, 2.5]
        >>> infer_type(pl.Series("zip", ["01234", "98765"])).to_list()
        ['01234', '98765']
    """
    return cast_cells(cells, CellFacts.from_cells(cells))


@dataclass(frozen=True)
class CellFacts:
    """What the type of string cells depends on.

    Attributes:
        present: Whether some cell is there, even if it is empty.
        filled: Whether some cell is not empty.
        zero_padded: Whether some cell is an integer with leading zeros.
        integers: Whether every filled cell is an integer.
        fit_int64: Whether every filled cell fits 64 bits.
        fit_int128: Whether every filled cell fits 128 bits.
        numbers: Whether every filled cell is a number.
        booleans: Whether every filled cell is true or false.
    """

    present: bool
    filled: bool
    zero_padded: bool = False
    integers: bool = False
    fit_int64: bool = False
    fit_int128: bool = False
    numbers: bool = False
    booleans: bool = False

    @classmethod
    def from_cells(cls, cells: pl.Series) -> Self:
        """Return the facts about some cells, with few checks: a table may be wide."""
        plain = cells.str.strip_chars()
        filled = plain.filter(plain != "")
        present, is_filled = cells.null_count() < len(cells), not filled.is_empty()
        if not _all_are(filled, pl.Float64):
            booleans = bool(filled.str.to_lowercase().is_in(["true", "false"]).all())
            return cls(present, is_filled, booleans=booleans)
        digits = filled if _all_are(filled, pl.Int64) else filled.str.strip_prefix("+")
        fit_int64 = _all_are(digits, pl.Int64)
        return cls(
            present,
            is_filled,
            zero_padded=bool(filled.str.contains(ZERO_PADDED).any()),
            integers=bool(filled.str.contains(INTEGER).all()),
            fit_int64=fit_int64,
            fit_int128=fit_int64 or _all_are(digits, pl.Int128),
            numbers=True,
            booleans=not is_filled,
        )

    def merge(self, other: CellFacts) -> CellFacts:
        """Return the facts about these cells and others together."""
        return CellFacts(
            present=self.present or other.present,
            filled=self.filled or other.filled,
            zero_padded=self.zero_padded or other.zero_padded,
            integers=self.integers and other.integers,
            fit_int64=self.fit_int64 and other.fit_int64,
            fit_int128=self.fit_int128 and other.fit_int128,
            numbers=self.numbers and other.numbers,
            booleans=self.booleans and other.booleans,
        )


def _all_are(cells: pl.Series, dtype: type[pl.DataType]) -> bool:
    """Return whether every cell is a number of a type."""
    return cells.cast(dtype, strict=False).null_count() == 0


def cast_cells(cells: pl.Series, facts: CellFacts) -> pl.Series:
    """Return string cells in the type that follows from the facts about them."""
    plain = cells.str.strip_chars()
    if not facts.filled:
        return cells if facts.present else pl.Series(cells.name, [None] * len(cells))
    if facts.zero_padded or (facts.integers and not facts.fit_int128):
        return cells
    if facts.integers:
        digits = plain.str.strip_prefix("+")
        return digits.cast(pl.Int64 if facts.fit_int64 else pl.Int128, strict=False)
    if facts.numbers:
        return plain.cast(pl.Float64, strict=False)
    if facts.booleans:
        lower = plain.str.to_lowercase()
        return pl.select(pl.when(lower != "").then(lower == "true").alias(cells.name)).to_series()
    return cells


def _blank_lines(body: bytes, separator: str, what: str) -> Mask:
    """Return which lines below the header are blank; refuse rows with a wrong number of cells."""
    if b"\n" not in body and b"\r" in body:
        raise DataError(
            f"{what} ends its lines with carriage returns alone. Save it with Unix or Windows line"
            " ends."
        )
    codes = np.frombuffer(body, dtype=np.uint8)
    quoted = np.logical_xor.accumulate(codes == QUOTE)
    if quoted[-1]:
        last_quote = int(np.flatnonzero(codes == QUOTE)[-1])
        line = body.count(NEWLINE, 0, last_quote) + 1
        raise DataError(f"{what}, line {line}: a quote is opened and never closed. Close it.")
    ends = np.append(np.flatnonzero((codes == LF) & ~quoted), len(codes))
    starts = np.append(0, ends[:-1] + 1)
    separators = np.cumsum((codes == ord(separator)) & ~quoted)
    counts = np.diff(separators[np.minimum(ends, len(codes) - 1)], prepend=0) + 1
    only_return = (ends - starts == 1) & (codes[np.minimum(starts, len(codes) - 1)] == CR)
    blank = ((ends == starts) | only_return) & bool(counts[0] > 1)
    wrong = np.flatnonzero((counts != counts[0]) & ~blank)
    if wrong.size:
        first = int(wrong[0])
        line = body.count(NEWLINE, 0, int(starts[first])) + 1
        row = first - int(blank[:first].sum())
        cells = f"{counts[first]} {'cell' if counts[first] == 1 else 'cells'}"
        raise DataError(
            f"{what}, row {row} (line {line}): the row has {cells}, but the header has {counts[0]}."
            f" {TOO_MANY if counts[first] > counts[0] else TOO_FEW}"
        )
    return np.asarray(blank[1:])


def _header_from_names(columns: Sequence[str], text: str, separator: str, what: str) -> str:
    """Return names as a header line; refuse too few or too many, and those that are there."""
    options: dict[str, Any] = {"separator": separator, "infer_schema": False, "has_header": False}
    try:
        first = pl.read_csv(BOM + text.encode(), n_rows=1, **options).row(0)
    except pl.exceptions.PolarsError:
        first = tuple(columns)  # a quote is wrong, which `parse` reports
    else:
        if list(first) == list(columns):
            raise DataError(
                f"{what} begins with the line {quote_names(first)}, which names the columns, but"
                " names were given for them too. Leave the names out."
            )
    if len(first) != len(columns):
        raise DataError(
            f"{what} has {len(first)} columns, but {len(columns)}"
            f" {'name was' if len(columns) == 1 else 'names were'} given for them"
            f" ({quote_names(columns)}). Name every column."
        )
    return header_line(columns, separator)


def header_line(columns: Sequence[str], separator: str) -> str:
    """Return names as a header line, each in quotes."""
    return separator.join('"' + name.replace('"', '""') + '"' for name in columns)


def _check_header(names: list[str], what: str) -> list[str]:
    """Return the names in the header; refuse repeated names and a first line of data."""
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        places = [i + 1 for i, name in enumerate(names) if name == repeated[0]]
        more = ", ..." if len(places) > MAX_SHOWN_PLACES else ""
        raise DataError(
            f"{what} has the column name '{repeated[0]}' {len(places)} times (columns"
            f" {', '.join(map(str, places[:MAX_SHOWN_PLACES]))}{more}). Rename all but one, or, if"
            f" this is no header line, name the columns {NAME_COLUMNS}."
        )
    are_numbered = names == [str(i) for i in range(len(names))]
    if not are_numbered and all(_is_number(name) for name in names):
        raise DataError(
            f"{what} starts with a line of numbers ({', '.join(names[:4])}"
            f"{', ...' if len(names) > 4 else ''}) and not with a header that names the columns."
            f" Add one, or name the columns {NAME_COLUMNS}."
        )
    return names


def missing_header_hint(table: pl.DataFrame) -> str:
    """Return a hint if the column names look like cells of their columns, else an empty string.

    Example:
        >>> surnames = pl.DataFrame({"Aalst": ["Abbas", "Abe"], "Dutch": ["Arabic", "Dutch"]})
        >>> missing_header_hint(surnames)[:46]
        ' The file seems to have no header line: if so,'
        >>> missing_header_hint(pl.DataFrame({"name": ["Abbas"], "language": ["Arabic"]}))
        ''
    """
    if not any(_looks_like_cell(name, table[name]) for name in table.columns):
        return ""
    return f" The file seems to have no header line: if so, name its columns {NAME_COLUMNS}."


def _looks_like_cell(name: str, column: pl.Series) -> bool:
    """Return whether a name is a cell of its column, or consists of words of its cells."""
    if column.dtype != pl.String:
        return column.dtype.is_numeric() and _is_number(name)
    cells = column.head(1000).drop_nulls()
    cell_words = {word for cell in cells for word in cell.split()}
    words = name.split()
    return name in cells or (len(words) > 1 and cell_words.issuperset(words))


def _is_number(text: str) -> bool:
    """Return whether a text is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True
