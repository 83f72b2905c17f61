"""Column files of the CoNLL shared tasks: one token on a line, a blank line after each sentence."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import polars as pl

from unrolled.data.formats.delimited import BOM, decode_utf8
from unrolled.errors import DataError, SettingError, quote_names

SUFFIXES = (".conll", ".iob", ".bio")
DOCUMENT = "-DOCSTART-"
STRING_LISTS = pl.List(pl.String)


def parse(data: bytes, *, what: str, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """Return a row for each sentence, a list of strings in each column.

    Cells are separated by tabs if every line has one, else by spaces. Lines that begin with
    `-DOCSTART-` are skipped.

    Args:
        data: The bytes of the file.
        what: The name of the file, for errors.
        columns: A name for each column; None calls the first `word`, the last of several `tag`,
            and those between by their numbers: `column-2`.

    Raises:
        DataError: It is not UTF-8, has no sentence, or a line has more or fewer cells than the
            first.
        SettingError: There are not as many names as columns.

    Example:
        >>> parse(b"to O\\nRome B-city\\n\\nhome O\\n", what="data").rows()
        [(['to', 'Rome'], ['O', 'B-city']), (['home'], ['O'])]
    """
    lines = decode_utf8(data.removeprefix(BOM), what=what).split("\n")
    separator = "\t" if all("\t" in line for line in lines if line.strip()) else None
    cells_by_line = [
        (number, line.rstrip("\r").split(separator) if line.strip() else [])
        for number, line in enumerate(lines, 1)
        if not line.startswith(DOCUMENT)
    ]
    width = next((len(cells) for _, cells in cells_by_line if cells), 0)
    if not width:
        raise DataError(
            f"{what} has no sentence. Write one token on each line, and a blank line after each"
            " sentence."
        )
    for number, cells in cells_by_line:
        if cells and len(cells) != width:
            raise DataError(
                f"{what}, line {number}: the line has {len(cells)} cells, but the first line has"
                f" {width}. Correct the line; a blank line stands between sentences."
            )
    sentences = [
        [cells for _, cells in group]
        for is_filled, group in groupby(cells_by_line, lambda line: bool(line[1]))
        if is_filled
    ]
    rows = [list(zip(*sentence, strict=True)) for sentence in sentences]
    names = _column_names(width, columns, what)
    return pl.DataFrame(
        {name: [list(row[i]) for row in rows] for i, name in enumerate(names)},
        schema=dict.fromkeys(names, STRING_LISTS),
    )


def format_conll(table: pl.DataFrame) -> str:
    """Return a table as the text of such a file, with tabs between cells if one has a space.

    Args:
        table: Lists of strings; in each row, those of all columns have the same length.

    Raises:
        DataError: A column holds something else, or the lists of a row differ in length.

    Example:
        >>> format_conll(pl.DataFrame({"word": [["to", "Rome"]], "tag": [["O", "B-city"]]}))
        'to O\\nRome B-city\\n\\n'
    """
    for column in table:
        is_filled = not column.null_count() and column.dtype == STRING_LISTS
        if not (is_filled and (column.list.len() > 0).all()):
            raise DataError(
                f"column '{column.name}' cannot be written as a {SUFFIXES[0]} file, which needs a"
                " list of strings in every row. Write a .jsonl file, or leave the column out."
            )
    sentences = []
    separator = "\t" if any(_has_spaces(column) for column in table) else " "
    for number, row in enumerate(table.iter_rows(), 1):
        if len(set(map(len, row))) > 1:
            raise DataError(
                f"row {number}: the columns have {' and '.join(str(len(cells)) for cells in row)}"
                " strings, but a .conll file needs as many in every column. Write a .jsonl file."
            )
        lines = [f"{separator.join(cells)}\n" for cells in zip(*row, strict=True)]
        sentences.append("".join(lines))
    return "".join(f"{sentence}\n" for sentence in sentences)


def _has_spaces(column: pl.Series) -> bool:
    """Return whether a token contains white space."""
    return bool(column.explode().str.contains(r"\s").any())


def _column_names(width: int, columns: Sequence[str] | None, what: str) -> list[str]:
    """Return a name for each column."""
    if columns is None:
        between = [f"column-{number}" for number in range(2, width)]
        return ["word", *between, *(["tag"] if width > 1 else [])]
    if len(columns) != width or len(set(columns)) != width:
        raise SettingError(
            f"{what} has {width} columns, but {len(columns)}"
            f" {'name was' if len(columns) == 1 else 'names were'} given for them"
            f" ({quote_names(columns)}). Give each column a name of its own."
        )
    return list(columns)
