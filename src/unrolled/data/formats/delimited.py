"""Delimited text (CSV, TSV): RFC 4180 quoting, a header, UTF-8, and nothing dropped unsaid."""

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
MOST_PLACES = 8
INTEGER = r"^[+-]?(0|[1-9]\d*)$"
PADDED = r"^[+-]?0\d+$"
HOW = "with --columns NAME ... (in Python: unrolled.read(path, columns=[...]))"
MANY = "Enclose a cell in quotes where it contains the separator."
FEW = "Add the cells that it lacks; an empty cell has its separator too."


def frame(
    data: bytes, *, separator: str, what: str, columns: Sequence[str] | None = None
) -> pl.DataFrame:
    """Return the table that delimited text holds, a column's type found from all its cells.

    Blank lines are passed over, except in a table of one column, where each is a missing cell.

    Args:
        data: The bytes of the file.
        separator: What stands between cells.
        what: The file's name, for errors.
        columns: Names for the columns of a file without a header line; None reads the header.

    Raises:
        DataError: Not UTF-8, no header, no rows, a row with too few or too many cells,
            a quote that is not closed, or as many names as there are not columns.

    Example:
        >>> frame(b"a,b\\n1,x\\n2,\\n", separator=",", what="data").rows()
        [(1, 'x'), (2, None)]
    """
    cells = strings(data, separator=separator, what=what, columns=columns)
    return cells.select(typed(cells[name]) for name in cells.columns)


def strings(
    data: bytes, *, separator: str, what: str, columns: Sequence[str] | None = None
) -> pl.DataFrame:
    """Return the table that delimited text holds, every cell as it stands there; see `frame`."""
    text = decoded(data.removeprefix(BOM), what=what).rstrip("\r\n")
    if not text.strip():
        raise DataError(f"{what} is empty, expected a header line and then a row a line.")
    if columns is not None:  # as the header line that the file lacks
        text = f"{_line(columns, text, separator, what)}\n{text}"
    body = text.encode()
    blank = _blank(body, separator, what)
    options: dict[str, Any] = {"separator": separator, "infer_schema": False}
    try:
        header = pl.read_csv(BOM + body, has_header=False, n_rows=1, **options).row(0)
        names = _header([name or "" for name in header], what)
        if not blank.size:
            raise DataError(f"{what} has a header and no rows, expected at least one row below it.")
        cells = pl.read_csv(BOM + body, **options)  # else `x^` at its head is taken for zlib's
    except pl.exceptions.PolarsError:
        cells = None
    if cells is None or cells.height != len(blank):
        raise DataError(
            f"{what} could not be read as delimited text: a cell has a quote in an odd place."
            ' Enclose the whole cell in quotes and double those inside it: "say ""hi""".'
        )
    cells.columns = names
    return cells.filter(pl.Series(~blank)) if blank.any() else cells


def decoded(data: bytes, *, what: str) -> str:
    """Return bytes as text.

    Raises:
        DataError: The bytes are not UTF-8, or hold a NUL; the first bad one is named.
    """
    if (place := data.find(b"\0")) >= 0 and data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        raise DataError(
            f"{what}, line {data.count(NEWLINE, 0, place) + 1}: got a NUL byte at position"
            f" {place}, expected UTF-8 text. It is no text, or text in another encoding: save it"
            " as UTF-8."
        )
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{what} is not UTF-8: got byte 0x{data[error.start]:02x} at position {error.start}"
            f" (line {line}), expected UTF-8 text. Save it as UTF-8 and read it again."
        ) from None


def typed(cells: pl.Series) -> pl.Series:
    """Return string cells as integers, numbers or booleans where every cell is one.

    Integers with leading zeros stay strings, since they are codes and not quantities.

    Example:
        >>> typed(pl.Series("a", ["1", None, "2.5"])).to_list()
        [1.0, None, 2.5]
        >>> typed(pl.Series("zip", ["01234", "98765"])).to_list()
        ['01234', '98765']
    """
    return cast(cells, Facts.of(cells))


@dataclass(frozen=True)
class Facts:
    """What string cells are, to tell their type.

    Attributes:
        there: Whether a cell is there, be it empty.
        filled: Whether one is not empty.
        padded: Whether one is an integer with leading zeros.
        whole: Whether every filled one is an integer; of 64 bits; of 128.
        numbers: Whether every filled one is a number.
        truths: Whether every filled one is true or false.
    """

    there: bool
    filled: bool
    padded: bool
    whole: tuple[bool, bool, bool]
    numbers: bool
    truths: bool

    @classmethod
    def of(cls, cells: pl.Series) -> Self:
        """Return the facts of cells, of which few are looked up: a table may be wide."""
        plain = cells.str.strip_chars()
        filled = plain.filter(plain != "")
        there, some = cells.null_count() < len(cells), not filled.is_empty()
        if not _all(filled, pl.Float64):
            truths = bool(filled.str.to_lowercase().is_in(["true", "false"]).all())
            return cls(there, some, False, (False, False, False), False, truths)
        padded = bool(filled.str.contains(PADDED).any())
        digits = filled if _all(filled, pl.Int64) else filled.str.strip_prefix("+")
        small = _all(digits, pl.Int64)
        whole = bool(filled.str.contains(INTEGER).all())
        wide = small or _all(digits, pl.Int128)
        return cls(there, some, padded, (whole, small, wide), True, not some)

    def together(self, other: Facts) -> Facts:
        """Return the facts of these cells and others."""
        pairs = zip(self.whole, other.whole, strict=True)
        all_whole, *fits = [one and two for one, two in pairs]
        return Facts(
            there=self.there or other.there,
            filled=self.filled or other.filled,
            padded=self.padded or other.padded,
            whole=(all_whole, fits[0], fits[1]),
            numbers=self.numbers and other.numbers,
            truths=self.truths and other.truths,
        )


def _all(cells: pl.Series, kind: type[pl.DataType]) -> bool:
    """Return whether every cell is a number of a kind."""
    return cells.cast(kind, strict=False).null_count() == 0


def cast(cells: pl.Series, facts: Facts) -> pl.Series:
    """Return string cells in the type that the facts ask for."""
    plain = cells.str.strip_chars()
    all_whole, *fits = facts.whole
    if not facts.filled:
        return cells if facts.there else pl.Series(cells.name, [None] * len(cells))
    if facts.padded or (all_whole and not any(fits)):
        return cells
    if all_whole:
        digits = plain.str.strip_prefix("+")
        return digits.cast(pl.Int64 if fits[0] else pl.Int128, strict=False)
    if facts.numbers:
        return plain.cast(pl.Float64, strict=False)
    if facts.truths:
        lower = plain.str.to_lowercase()
        return pl.select(pl.when(lower != "").then(lower == "true").alias(cells.name)).to_series()
    return cells


def _blank(body: bytes, separator: str, what: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return which lines below the header are blank; refuse too few or too many cells in a row."""
    if b"\n" not in body and b"\r" in body:
        raise DataError(
            f"{what} ends its lines with carriage returns alone, expected line feeds."
            " Save it with Unix or Windows line ends."
        )
    codes = np.frombuffer(body, dtype=np.uint8)
    inside = np.logical_xor.accumulate(codes == ord('"'))
    if inside[-1]:
        opened = int(np.flatnonzero(codes == ord('"'))[-1])
        line = body.count(b"\n", 0, opened) + 1
        raise DataError(f"{what}, line {line}: a quote is opened and never closed. Close it.")
    ends = np.append(np.flatnonzero((codes == ord("\n")) & ~inside), len(codes))
    marks = np.cumsum((codes == ord(separator)) & ~inside)
    cells = np.diff(marks[np.minimum(ends, len(codes) - 1)], prepend=0) + 1
    begins = np.append(0, ends[:-1] + 1)
    returns = (ends - begins == 1) & (codes[np.minimum(begins, len(codes) - 1)] == ord("\r"))
    blank = ((ends == begins) | returns) & bool(cells[0] > 1)
    wrong = np.flatnonzero((cells != cells[0]) & ~blank)
    if wrong.size:
        first = int(wrong[0])
        line = body.count(b"\n", 0, int(begins[first])) + 1
        row = first - int(blank[:first].sum())
        raise DataError(
            f"{what}, row {row} (line {line}): got {cells[first]}"
            f" {'cell' if cells[first] == 1 else 'cells'}, expected {cells[0]} as in the header."
            f" {MANY if cells[first] > cells[0] else FEW}"
        )
    return np.asarray(blank[1:])


def _line(columns: Sequence[str], text: str, separator: str, what: str) -> str:
    """Return names as a header line; refuse too few or too many, and those that stand there."""
    options: dict[str, Any] = {"separator": separator, "infer_schema": False, "has_header": False}
    try:
        first = pl.read_csv(BOM + text.encode(), n_rows=1, **options).row(0)
    except pl.exceptions.PolarsError:
        first = tuple(columns)  # the quotes are at fault, which `frame` says
    else:
        if list(first) == list(columns):
            raise DataError(
                f"{what} begins with the line {quote_names(first)}, expected no header line where the"
                " columns are named. Leave the names out."
            )
    if len(first) != len(columns):
        raise DataError(
            f"got {len(columns)} {'name' if len(columns) == 1 else 'names'} for the columns of"
            f" {what} ({quote_names(columns)}), expected {len(first)}. Name every column."
        )
    return header_line(columns, separator)


def header_line(columns: Sequence[str], separator: str) -> str:
    """Return names as a header line, each in quotes."""
    return separator.join('"' + name.replace('"', '""') + '"' for name in columns)


def _header(names: list[str], what: str) -> list[str]:
    """Return the names in the header; refuse names that repeat and a first line of data."""
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        places = [i + 1 for i, name in enumerate(names) if name == twice[0]]
        more = ", ..." if len(places) > MOST_PLACES else ""
        raise DataError(
            f"{what} has the column name '{twice[0]}' {len(places)} times (columns"
            f" {', '.join(map(str, places[:MOST_PLACES]))}{more}), expected every name once."
            f" Rename all but one, or, if this is no header line, name the columns {HOW}."
        )
    counted = names == [str(i) for i in range(len(names))]
    if not counted and all(_number(name) for name in names):
        raise DataError(
            f"{what} starts with a line of numbers ({', '.join(names[:4])}"
            f"{', ...' if len(names) > 4 else ''}), expected a header naming the columns. Add one,"
            f" or name the columns {HOW}."
        )
    return names


def missing_header_hint(table: pl.DataFrame) -> str:
    """Return a hint where a table's names look like cells of its columns, else nothing.

    Example:
        >>> headerless(pl.DataFrame({"Aalst": ["Abbas", "Abe"], "Dutch": ["Arabic", "Dutch"]}))[:46]
        ' The file seems to have no header line: if so,'
        >>> headerless(pl.DataFrame({"name": ["Abbas"], "language": ["Arabic"]}))
        ''
    """
    if not any(_is_cell(name, table[name]) for name in table.columns):
        return ""
    return f" The file seems to have no header line: if so, name its columns {HOW}."


def _is_cell(name: str, column: pl.Series) -> bool:
    """Return whether a name is a cell of its column, or made of the pieces of its cells."""
    if column.dtype != pl.String:
        return column.dtype.is_numeric() and _number(name)
    cells = column.head(1000).drop_nulls()
    pieces = {piece for cell in cells for piece in cell.split()}
    own = name.split()
    return name in cells or (len(own) > 1 and pieces.issuperset(own))


def _number(text: str) -> bool:
    """Return whether a text is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True
