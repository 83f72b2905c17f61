"""How a delimited file is built: its separator, its header line, and lines before that."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from unrolled.data.formats.delimited.cell_types import COMMA, MISSING_MARKS, POINT
from unrolled.data.formats.read_options import ReadOptions
from unrolled.errors import DataError, quote_names

TAB, BLANK = "\t", " "
SEPARATORS = (",", ";", TAB, "|")
SEPARATOR_WORDS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a vertical bar"}
TAB_SUFFIXES = (".tsv", ".tab")
SAMPLE_LETTERS, SAMPLE_ROWS = 1 << 18, 200
FIRST_YEAR, LAST_YEAR = 1800, 2200  # a line of such numbers in a row is a header
LABEL = "label"
NAME_COLUMNS = "with --columns NAME ... (in Python: unrolled.read(path, columns=[...]))"
_BLANKS, _END_BLANKS = re.compile(r"[ \t]+"), re.compile(r"^ | (?=\r?$)", re.MULTILINE)
_QUOTED = re.compile(r'"[^"]*"')
_NUMBER = re.compile(f"{POINT}|{COMMA}")
_SPECIAL = re.compile(r"^[+-]?(nan|inf|infinity)$", re.IGNORECASE)
_DATE = re.compile(r"^\d{1,4}([-/.])\d{1,2}(\1\d{1,4})?([ T]\d.*)?$")
_SEP_LINE = re.compile(r"^\"?sep=(.)\"?$", re.IGNORECASE)  # Excel writes and reads such a line


@dataclass(frozen=True)
class Dialect:
    """How a delimited file is built.

    Attributes:
        separator: The character between cells.
        names: Names for the columns if the file has no header line; None if it has one.
        skipped: How many lines stand before the header line, or before the first row.
        header: The header line as it is to be read; empty if the file has none.
        notes: What was assumed, in sentences.
    """

    separator: str
    names: tuple[str, ...] | None
    skipped: int = 0
    header: str = ""
    notes: tuple[str, ...] = ()

    @property
    def header_line(self) -> str:
        """The line that names the columns, from the file or made of `names`."""
        if self.names is not None:
            return header_line(self.names, self.separator)
        return squeeze(self.header) if self.separator == BLANK else self.header

    @property
    def body_line(self) -> int:
        """The number of the first line below the header line."""
        return self.skipped + 1 + (0 if self.names is not None else 1 + self.header.count("\n"))

    def below_header(self, text: str) -> str:
        """Return the lines of a whole text below its header line."""
        start = 0
        for _ in range(self.body_line - 1):
            end = text.find("\n", start)
            if end < 0:
                return ""
            start = end + 1
        return text[start:]


def header_line(columns: Sequence[str], separator: str) -> str:
    """Return names as a header line, each in quotes."""
    return separator.join('"' + name.replace('"', '""') + '"' for name in columns)


def detect_dialect(text: str, options: ReadOptions, *, suffix: str, what: str) -> Dialect:
    """Return how a file is built, from the text that it begins with.

    Args:
        text: The first letters of the file, or all of it.
        options: What is stated.
        suffix: The suffix of its name, such as `.csv`.
        what: The name of the file, for errors.

    Raises:
        DataError: Two separators fit, and nothing says which is meant.

    Example:
        >>> detect_dialect("a;b\\n1,5;2\\n", ReadOptions(), suffix=".csv", what="data").separator
        ';'
    """
    stated = options.separator
    lines, skipped = _sample(text)
    if lines and (found := _SEP_LINE.match(lines[0].strip())):
        stated, lines, skipped = stated or found.group(1), lines[1:], skipped + 1
    count = _count_comments(lines)
    rows = [line for line in lines[count:] if line.strip()]
    separator = stated or _detect_separator(rows or [""], options, suffix, what)
    cells = [split_cells(line, separator) for line in rows]
    header = None
    if count and cells and options.columns is None:
        header = _header_among_comments(lines[count - 1], cells[0], separator)
        count -= header is not None
    notes = [f"{what}: {_count_lines(count)} skipped before the table."] if count else []
    while header is None and count < len(lines) and not lines[count].strip():
        count += 1
    skipped += sum(1 + line.count("\n") for line in lines[:count])
    if options.columns is not None:
        return Dialect(separator, tuple(options.columns), skipped, notes=tuple(notes))
    if header is None and cells and is_data(cells[0]):
        names = _default_names(cells)
        notes.append(
            f"{what} begins with data and not with a header line. Its columns are called"
            f" {quote_names(names, 3)}. To name them: --columns NAME ..."
        )
        return Dialect(separator, names, skipped, notes=tuple(notes))
    header = header if header is not None else rows[0] if rows else ""
    return Dialect(separator, None, skipped, header, tuple(notes))


def _count_comments(lines: list[str]) -> int:
    """Return how many lines at the start are comments, if anything follows them."""
    count = 0
    while count < len(lines) and lines[count].lstrip().startswith("#"):
        count += 1
    return count if any(line.strip() for line in lines[count:]) else 0


def _count_lines(count: int) -> str:
    """Return a number of comment lines in words."""
    return "1 comment line (#) was" if count == 1 else f"{count} comment lines (#) were"


def _sample(text: str) -> tuple[list[str], int]:
    """Return the first lines, those within a quoted cell as one, and how many blank ones precede.

    The last line is left out if the sample may have cut it.
    """
    sample = text[:SAMPLE_LETTERS]
    if "\n" not in sample:  # a long header
        sample = text[: text.find("\n", len(sample)) + 1 or len(text)]
    lines: list[str] = []
    blank, pending = 0, ""
    pieces = sample.split("\n")
    if len(sample) < len(text) and len(pieces) > 1:
        pieces.pop()
    for piece in pieces:
        pending = f"{pending}\n{piece}" if pending else piece
        if pending.count('"') % 2:
            continue
        line, pending = pending.rstrip("\r"), ""
        if not lines and not line.strip():
            blank += 1
            continue
        lines.append(line)
        if len(lines) == SAMPLE_ROWS:
            return lines, blank
    return lines + ([pending] if pending else []), blank


def split_cells(line: str, separator: str) -> list[str]:
    """Return the cells of a line, without the quotes around them.

    Example:
        >>> split_cells('a,"b,""c"', ",")
        ['a', 'b,"c']
    """
    if separator == BLANK and '"' not in line:
        return line.split()
    cells: list[str] = []
    pending = ""
    for piece in line.split(separator):
        pending = f"{pending}{separator}{piece}" if pending else piece
        if pending.count('"') % 2:
            continue
        cell, pending = pending.strip(), ""
        if len(cell) > 1 and cell[0] == cell[-1] == '"':
            cell = cell[1:-1].replace('""', '"')
        cells.append(cell)
    return cells + ([pending] if pending else [])


def _detect_separator(rows: list[str], options: ReadOptions, suffix: str, what: str) -> str:
    """Return the character that stands equally often in every line."""
    usual = TAB if suffix in TAB_SUFFIXES else ","
    plain = [_QUOTED.sub("", row) for row in rows]
    counts = {mark: [row.count(mark) for row in plain] for mark in SEPARATORS}
    fitting = [m for m, found in counts.items() if found[0] and min(found) == max(found)]
    if options.columns is not None:
        by_names = [m for m in fitting if counts[m][0] + 1 == len(options.columns)]
        fitting = by_names or fitting
    if options.decimal == "," and len(fitting) > 1:
        fitting = [m for m in fitting if m != ","]
    if usual in fitting and (usual == TAB or len(fitting) == 1):
        return usual
    if len(fitting) == 1:
        return fitting[0]
    if len(fitting) > 1:
        return _choose_separator(rows, fitting, what)
    in_header = {mark: found.count(found[0]) for mark, found in counts.items() if found[0]}
    if not in_header and _have_blanks(rows):
        return BLANK
    if not in_header or usual in in_header:
        return usual
    return max(in_header, key=lambda mark: in_header[mark])


def _have_blanks(rows: list[str]) -> bool:
    """Return whether blanks separate as many numbers in each line."""
    cells = [row.split() for row in rows]
    width = len(cells[0])
    return (
        width > 1
        and all(len(row) == width for row in cells)
        and all(is_data(row) for row in cells[1:] or cells)
    )


def squeeze(text: str) -> str:
    """Return lines with one blank in place of several, and none at their ends.

    Example:
        >>> squeeze(" 1   2 \\n3  4")
        '1 2\\n3 4'
    """
    if '"' in text:
        return text
    return _END_BLANKS.sub("", _BLANKS.sub(BLANK, text))


def _choose_separator(rows: list[str], fitting: list[str], what: str) -> str:
    """Return the one of several separators between which all cells are numbers or dates."""
    body = rows[1:] or rows
    numeric = [
        mark
        for mark in fitting
        if all(is_data(split_cells(row, mark), dates_alone=True) for row in body)
    ]
    if len(numeric) == 1:
        return numeric[0]
    words = " or ".join(SEPARATOR_WORDS[mark] for mark in fitting)
    choices = " or ".join(f"--separator {'tab' if m == TAB else repr(m)}" for m in fitting)
    raise DataError(f"{what}: {words} could stand between the cells. State which: {choices}.")


def is_data(cells: Sequence[str], *, dates_alone: bool = False) -> bool:
    """Return whether the cells of a line are numbers, dates and missing ones, and so no names.

    Numbers that count from 0, or years in a row, are names.

    Args:
        cells: The cells.
        dates_alone: Whether dates without any number count as data.

    Example:
        >>> is_data(["0.5", "?"]), is_data(["2024-01-31", "7"]), is_data(["2019", "2020", "2021"])
        (True, True, False)
    """
    plain = [cell.strip() for cell in cells]
    numbers = [cell for cell in plain if cell and is_number(cell)]
    others = [cell for cell in plain if cell and not is_number(cell)]
    if not all(_DATE.match(cell) or cell in MISSING_MARKS for cell in others):
        return False
    return bool(numbers or (dates_alone and others)) and not _are_counted(plain)


def is_number(text: str) -> bool:
    """Return whether a text is a number, with either decimal mark."""
    has_digit = any(letter.isdigit() for letter in text)
    return bool(has_digit and _NUMBER.match(text)) or bool(_SPECIAL.match(text))


def _are_counted(cells: list[str]) -> bool:
    """Return whether names count from 0, perhaps after an empty one, or are years in a row."""
    names = cells[1:] if cells and not cells[0] else cells
    if not names or not all(name.isdecimal() for name in names):
        return False
    first = int(names[0])
    years = len(names) > 2 and FIRST_YEAR <= first <= LAST_YEAR
    return (first == 0 or years) and names == [str(first + i) for i in range(len(names))]


def _header_among_comments(comment: str, first: list[str], separator: str) -> str | None:
    """Return the header if the last line that begins with `#` is one.

    numpy writes `# a,b` above numbers; other programs call the first column `#id`.
    """
    last = comment.strip()
    names = split_cells(last, separator)
    if len(names) < 2 or len(names) != len(first):
        return None
    if is_data(first):
        return last.lstrip("# \t")
    return last if last[1:2].strip() else None


def _default_names(cells: list[list[str]]) -> tuple[str, ...]:
    """Return names for the columns of a file without a header line.

    A first column of few whole numbers before other numbers is the label, as in the UCR archive.
    """
    width = len(cells[0])
    names = [f"column-{number}" for number in range(1, width + 1)]
    first = [_to_float(row[0]) for row in cells]
    is_label = all(map(float.is_integer, first)) and 1 < len(set(first)) <= len(first) / 2
    others = {cell for row in cells for cell in row[1:]}
    if width > 2 and is_label and any(is_number(cell) and "." in cell for cell in others):
        names[0] = LABEL
    return tuple(names)


def _to_float(text: str) -> float:
    """Return a number, NaN if it is none."""
    try:
        return float(text)
    except ValueError:
        return float("nan")
