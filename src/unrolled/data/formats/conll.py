"""Column files of the CoNLL shared tasks: a token a line, a blank line after each sentence."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

import polars as pl

from unrolled.data.formats.delimited import BOM, decoded
from unrolled.errors import DataError, SettingError, quote_names

SUFFIXES = (".conll", ".iob", ".bio")
DOCUMENT = "-DOCSTART-"
ROWS = pl.List(pl.String)


def frame(data: bytes, *, what: str, columns: Sequence[str] | None = None) -> pl.DataFrame:
    """Return a row for each sentence, a list of strings in each column.

    Cells stand between tabs where every line has one, else between blanks. Lines that begin with
    `-DOCSTART-` are left out.

    Args:
        data: The bytes of the file.
        what: The file's name, for errors.
        columns: A name for each column; None calls the first `word`, the last of several `tag`,
            and those between by their numbers: `column-2`.

    Raises:
        DataError: Not UTF-8, no sentence, or a line with more or fewer cells than the first.
        SettingError: As many names as there are not columns.

    Example:
        >>> frame(b"to O\\nRome B-city\\n\\nhome O\\n", what="data").rows()
        [(['to', 'Rome'], ['O', 'B-city']), (['home'], ['O'])]
    """
    lines = decoded(data.removeprefix(BOM), what=what).split("\n")
    tabs = "\t" if all("\t" in line for line in lines if line.strip()) else None
    cells = [
        (number, line.rstrip("\r").split(tabs) if line.strip() else [])
        for number, line in enumerate(lines, 1)
        if not line.startswith(DOCUMENT)
    ]
    width = next((len(found) for _, found in cells if found), 0)
    if not width:
        raise DataError(f"{what} has no sentence, expected a token a line and blank lines between.")
    for number, found in cells:
        if found and len(found) != width:
            raise DataError(
                f"{what}, line {number}: got {len(found)} cells, expected {width} as in the first"
                " line. Correct the line; a blank line stands between sentences."
            )
    sentences = [
        [found for _, found in group]
        for full, group in groupby(cells, lambda c: bool(c[1]))
        if full
    ]
    rows = [list(zip(*sentence, strict=True)) for sentence in sentences]
    names = _names(width, columns, what)
    return pl.DataFrame(
        {name: [list(row[i]) for row in rows] for i, name in enumerate(names)},
        schema=dict.fromkeys(names, ROWS),
    )


def text(table: pl.DataFrame) -> str:
    """Return a table as such a file holds it: cells between blanks, or tabs where one has a blank.

    Args:
        table: Lists of strings, in each row as long in every column.

    Raises:
        DataError: A column of something else, or a row whose lists differ in length.

    Example:
        >>> text(pl.DataFrame({"word": [["to", "Rome"]], "tag": [["O", "B-city"]]}))
        'to O\\nRome B-city\\n\\n'
    """
    for column in table:
        if column.dtype != ROWS or column.null_count() or not (column.list.len() > 0).all():
            raise DataError(
                f"column '{column.name}' cannot be written as a {SUFFIXES[0]} file, expected a list"
                " of strings in every row. Write a .jsonl file, or leave the column out."
            )
    sentences = []
    between = "\t" if any(_spaced(column) for column in table) else " "
    for number, row in enumerate(table.iter_rows(), 1):
        if len(set(map(len, row))) > 1:
            raise DataError(
                f"row {number}: got lists of {' and '.join(str(len(cells)) for cells in row)}"
                " strings, expected as many in every column. Write a .jsonl file."
            )
        sentences.append("".join(f"{between.join(cells)}\n" for cells in zip(*row, strict=True)))
    return "".join(f"{sentence}\n" for sentence in sentences)


def _spaced(column: pl.Series) -> bool:
    """Return whether a token holds a blank."""
    return bool(column.explode().str.contains(r"\s").any())


def _names(width: int, columns: Sequence[str] | None, what: str) -> list[str]:
    """Return a name for each column."""
    if columns is None:
        between = [f"column-{place}" for place in range(2, width)]
        return ["word", *between, *(["tag"] if width > 1 else [])]
    if len(columns) != width or len(set(columns)) != width:
        raise SettingError(
            f"got {len(columns)} {'name' if len(columns) == 1 else 'names'} for the columns of"
            f" {what} ({quote_names(columns)}), expected {width}, no two alike. Name every column."
        )
    return list(columns)
