"""A hint for files whose first line is a row and not a header."""

from __future__ import annotations

import polars as pl

from unrolled.data.formats.delimited.dialect import NAME_COLUMNS, is_number


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
        return column.dtype.is_numeric() and is_number(name)
    cells = column.head(1000).drop_nulls()
    cell_words = {word for cell in cells for word in cell.split()}
    words = name.split()
    return name in cells or (len(words) > 1 and cell_words.issuperset(words))
