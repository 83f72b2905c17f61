"""The cells of delimited text as strings: RFC 4180 quoting; nothing is dropped silently."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import polars as pl

from unrolled.data.formats.delimited.dialect import (
    BLANK,
    NAME_COLUMNS,
    TAB,
    Dialect,
    split_cells,
    squeeze,
)
from unrolled.data.formats.raw_table import note
from unrolled.errors import DataError, quote_names

BOM = b"\xef\xbb\xbf"
NEWLINE = b"\n"
MAX_SHOWN_PLACES = 8
TOO_MANY = "Enclose a cell in quotes if it contains the separator."
TOO_FEW = "Add the missing cells; an empty cell has its separator too."
CR, LF, QUOTE = ord("\r"), ord("\n"), ord('"')

Mask = np.ndarray[Any, np.dtype[np.bool_]]


def parse_strings(
    text: str, dialect: Dialect, *, what: str, first_line: int | None = None, letters: bool = True
) -> pl.DataFrame:
    """Return the table below a header line, with every cell as a string; None where it is empty.

    Blank lines are skipped, except in a table of one column, where each is a missing cell. Quotes
    that do not stand around whole cells are letters if tabs stand between the cells.

    Args:
        text: The lines below the header line; without one, all lines.
        dialect: How the file is built.
        what: The name of the file, for errors.
        first_line: The number of the first line of `text` in the file, for errors; None is that
            of the first one below the header line.
        letters: Whether quotes may be letters.

    Raises:
        DataError: There are no rows, a row has too few or too many cells, a quote is not closed,
            or there are not as many names as columns.
    """
    text = squeeze(text) if dialect.separator == BLANK else text
    try:
        return _parse(text, dialect, what, first_line, has_quotes=True)
    except DataError as refusal:
        if dialect.separator != TAB or not letters or '"' not in text:
            raise
        try:
            cells = _parse(text, dialect, what, first_line, has_quotes=False)
        except DataError:
            raise refusal from None
    note([f"{what}: quotes do not stand around whole cells, and were read as letters."])
    return cells


def _parse(
    text: str, dialect: Dialect, what: str, first_line: int | None, *, has_quotes: bool
) -> pl.DataFrame:
    """Return the cells of a text; `has_quotes` says whether quotes may stand around cells."""
    text = _without_empty_end(text.rstrip("\r\n"), dialect.separator, what)
    names = dialect.names
    header = dialect.header_line if has_quotes or names is None else TAB.join(names)
    body = f"{header}\n{text}".encode() if text else header.encode()
    offset = (first_line or dialect.body_line) - 2 - header.count("\n")
    if names is not None and first_line is None:
        _check_names(text, dialect, what)
    blank = _blank_lines(body, dialect, what, offset, has_quotes=has_quotes)
    options: dict[str, Any] = {"separator": dialect.separator, "infer_schema": False}
    options |= {} if has_quotes else {"quote_char": None}
    try:
        row = pl.read_csv(BOM + body, has_header=False, n_rows=1, **options).row(0)
        columns = _check_header(_name_unnamed([name or "" for name in row]), what)
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
    cells.columns = columns
    return cells.filter(pl.Series(~blank)) if blank.any() else cells


def _without_empty_end(text: str, separator: str, what: str) -> str:
    """Return lines without the last ones that hold separators alone, which spreadsheets append."""
    end, lines = len(text), 0
    while (start := text.rfind("\n", 0, end) + 1) and not text[start:end].strip(f"\r{separator}"):
        lines += end > start
        end = start - 1
    if lines:
        note([f"{what}: the last {lines} lines have no value in any cell, and were left out."])
    return text[:end]


def _name_unnamed(names: list[str]) -> list[str]:
    """Return names with `column-3` for each one that is empty, if several are.

    Example:
        >>> _name_unnamed(["a", "", ""])
        ['a', 'column-2', 'column-3']
    """
    if names.count("") < 2:
        return names
    return [name or f"column-{place}" for place, name in enumerate(names, 1)]


def _blank_lines(
    body: bytes, dialect: Dialect, what: str, offset: int, *, has_quotes: bool
) -> Mask:
    """Return which lines below the header are blank; refuse rows with a wrong number of cells."""
    if b"\n" not in body and b"\r" in body:
        raise DataError(
            f"{what} ends its lines with carriage returns alone. Save it with Unix or Windows line"
            " ends."
        )
    codes = np.frombuffer(body, dtype=np.uint8)
    quoted = np.logical_xor.accumulate((codes == QUOTE) & has_quotes)
    if quoted[-1]:
        last_quote = int(np.flatnonzero(codes == QUOTE)[-1])
        line = body.count(NEWLINE, 0, last_quote) + 1 + offset
        raise DataError(f"{what}, line {line}: a quote is opened and never closed. Close it.")
    ends = np.append(np.flatnonzero((codes == LF) & ~quoted), len(codes))
    starts = np.append(0, ends[:-1] + 1)
    separators = np.cumsum((codes == ord(dialect.separator)) & ~quoted)
    counts = np.diff(separators[np.minimum(ends, len(codes) - 1)], prepend=0) + 1
    only_return = (ends - starts == 1) & (codes[np.minimum(starts, len(codes) - 1)] == CR)
    blank = ((ends == starts) | only_return) & bool(counts[0] > 1)
    wrong = np.flatnonzero((counts != counts[0]) & ~blank)
    if wrong.size:
        first = int(wrong[0])
        line = body.count(NEWLINE, 0, int(starts[first])) + 1 + offset
        row = first - int(blank[:first].sum())
        cells = f"{counts[first]} {'cell' if counts[first] == 1 else 'cells'}"
        head = "the header has" if dialect.names is None else "the columns are"
        raise DataError(
            f"{what}, row {row} (line {line}): the row has {cells}, but {head} {counts[0]}."
            f" {TOO_MANY if counts[first] > counts[0] else TOO_FEW}"
        )
    return np.asarray(blank[1:])


def _check_names(text: str, dialect: Dialect, what: str) -> None:
    """Refuse too few or too many names for the columns, and those that are there."""
    names = list(dialect.names or ())
    line = text.split("\n", 1)[0].rstrip("\r")
    if line.count('"') % 2:  # a cell of several lines, or a quote that is wrong
        return
    first = split_cells(line, dialect.separator)
    if first == names:
        raise DataError(
            f"{what} begins with the line {quote_names(first)}, which names the columns, but"
            " names were given for them too. Leave the names out."
        )
    if len(first) != len(names):
        raise DataError(
            f"{what} has {len(first)} {'column' if len(first) == 1 else 'columns'}, but"
            f" {len(names)} {'name was' if len(names) == 1 else 'names were'} given for them"
            f" ({quote_names(names)}). Name every column."
        )


def _check_header(names: list[str], what: str) -> list[str]:
    """Return the names in the header; refuse repeated ones."""
    repeated = [name for name, count in Counter(names).items() if count > 1]
    if repeated:
        places = [i + 1 for i, name in enumerate(names) if name == repeated[0]]
        more = ", ..." if len(places) > MAX_SHOWN_PLACES else ""
        raise DataError(
            f"{what} has the column name '{repeated[0]}' {len(places)} times (columns"
            f" {', '.join(map(str, places[:MAX_SHOWN_PLACES]))}{more}). Rename all but one, or, if"
            f" this is no header line, name the columns {NAME_COLUMNS}."
        )
    return names
