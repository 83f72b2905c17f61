"""Column files of the CoNLL shared tasks: one token on a line, a blank line after each sentence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import polars as pl

from unrolled.errors import DataError, SettingError, quote_names

SUFFIXES = (".conll", ".iob", ".bio")
UNIVERSAL = ".conllu"
READ_SUFFIXES = (*SUFFIXES, UNIVERSAL)
UNIVERSAL_WIDTH = 10  # columns of CoNLL-U
DOCUMENT = "-DOCSTART-"
STRING_LISTS = pl.List(pl.String)
_TOKEN_ID = re.compile(r"\d+([-.]\d+)?$")  # 1-2 is a range of tokens, and 8.1 an empty node


@dataclass(frozen=True)
class _Line:
    """A line of such a file.

    Attributes:
        number: Its number in the file.
        text: Its text.
        cells: Its cells; none on a blank line.
        starts: Whether it stands at the start of a sentence, perhaps after comments.
    """

    number: int
    text: str
    cells: tuple[str, ...]
    starts: bool


def parse(
    text: str, *, what: str, columns: Sequence[str] | None = None, suffix: str = SUFFIXES[0]
) -> tuple[pl.DataFrame, list[str]]:
    """Return a row for each sentence, a list of strings in each column; and what was assumed.

    Cells are separated by tabs if every token has one, else by spaces. Lines that begin with
    `-DOCSTART-` are skipped, and so are comments: lines that begin with `#` before a sentence and
    are no tokens. In CoNLL-U files, ranges (`1-2`) and empty nodes (`8.1`) are skipped, too.

    Args:
        text: The text of the file.
        what: The name of the file, for errors.
        columns: A name for each column. None calls those of CoNLL-U `column-1` to `column-10`; of
            other files the first is `word`, the last of several `tag`, and those between are called
            by their numbers: `column-2`.
        suffix: The suffix of the name of the file.

    Raises:
        DataError: It has no sentence, or a line has more or fewer cells than the first.
        SettingError: There are not as many names as columns.

    Example:
        >>> parse("to O\\nRome B-city\\n\\nhome O\\n", what="data")[0].rows()
        [(['to', 'Rome'], ['O', 'B-city']), (['home'], ['O'])]
    """
    lines = _split(text)
    width = _count_columns(lines, what)
    universal = suffix == UNIVERSAL or _is_universal(lines, width)
    if suffix == UNIVERSAL and width != UNIVERSAL_WIDTH:
        raise DataError(
            f"{what} has {width} columns, but a {UNIVERSAL} file has {UNIVERSAL_WIDTH}, with tabs"
            " between them. Correct it, or name it .conll."
        )
    lines, notes = _without_comments(lines, width, what, universal=universal)
    for line in lines:
        if line.cells and len(line.cells) != width:
            raise DataError(
                f"{what}, line {line.number}: the line has {len(line.cells)} cells, but the first"
                f" line has {width}. Correct the line; a blank line stands between sentences."
            )
    if universal:
        lines = [line for line in lines if not line.cells or line.cells[0].isdecimal()]
    sentences = [
        [line.cells for line in group]
        for is_filled, group in groupby(lines, lambda line: bool(line.cells))
        if is_filled
    ]
    if not sentences:
        raise DataError(f"{what} has comments, but no sentence. Write one token on each line.")
    rows = [list(zip(*sentence, strict=True)) for sentence in sentences]
    names = _column_names(width, columns, what, universal=universal)
    frame = pl.DataFrame(
        {name: [list(row[i]) for row in rows] for i, name in enumerate(names)},
        schema=dict.fromkeys(names, STRING_LISTS),
    )
    return frame, notes


def _split(text: str) -> list[_Line]:
    """Return the lines of a file with their cells, without `-DOCSTART-`."""
    lines = [line.rstrip("\r") for line in text.split("\n")]
    tokens = [line for line in lines if line.strip() and not line.startswith(("#", DOCUMENT))]
    separator = "\t" if tokens and all("\t" in line for line in tokens) else None
    split, starts = [], True
    for number, line in enumerate(lines, 1):
        if line.startswith(DOCUMENT):
            continue
        cells = tuple(line.split(separator)) if line.strip() else ()
        split.append(_Line(number, line, cells, starts))
        starts = not cells or (starts and line.startswith("#"))
    return split


def _count_columns(lines: list[_Line], what: str) -> int:
    """Return how many cells the first token has, or the first line if all begin with `#`."""
    tokens = [line for line in lines if line.cells and line.text[0] != "#"]
    first = next(iter(tokens), None) or next((line for line in lines if line.cells), None)
    if first is None:
        raise DataError(
            f"{what} has no sentence. Write one token on each line, and a blank line after each"
            " sentence."
        )
    return len(first.cells)


def _is_universal(lines: list[_Line], width: int) -> bool:
    """Return whether lines are those of CoNLL-U: ten cells, and a number in the first."""
    tokens = [line for line in lines if line.cells and not line.text.startswith("#")]
    return width == UNIVERSAL_WIDTH and all(_TOKEN_ID.match(line.cells[0]) for line in tokens)


def _without_comments(
    lines: list[_Line], width: int, what: str, *, universal: bool
) -> tuple[list[_Line], list[str]]:
    """Return lines without comments, and what was assumed.

    A line that begins with `#` and has as many cells as a token may be a token. It is taken for a
    comment if every sentence begins with a comment.
    """
    hashes = [line for line in lines if line.starts and line.text.startswith("#")]
    comments = hashes if universal else [line for line in hashes if len(line.cells) != width]
    like_tokens = [
        line
        for line in hashes
        if not universal and len(line.cells) == width and line.cells[0] == "#"
    ]
    notes = []
    if like_tokens and len(comments) + len(like_tokens) >= _count_sentences(lines):
        comments += like_tokens
        count = "1 line" if len(like_tokens) == 1 else f"{len(like_tokens)} lines"
        notes.append(
            f"{what}: {count} such as {like_tokens[0].text[:40]!r} were taken for comments and left"
            " out, since every sentence begins with one."
        )
    numbers = {line.number for line in comments}
    return [line for line in lines if line.number not in numbers], notes


def _count_sentences(lines: list[_Line]) -> int:
    """Return how many groups of lines stand between blank lines."""
    return sum(is_filled for is_filled, _ in groupby(lines, lambda line: bool(line.cells)))


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


def _column_names(
    width: int, columns: Sequence[str] | None, what: str, *, universal: bool
) -> list[str]:
    """Return a name for each column."""
    if columns is None:
        names = [f"column-{number}" for number in range(1, width + 1)]
        return names if universal else ["word", *names[1:-1], *(["tag"] if width > 1 else [])]
    if len(columns) != width or len(set(columns)) != width:
        raise SettingError(
            f"{what} has {width} columns, but {len(columns)}"
            f" {'name was' if len(columns) == 1 else 'names were'} given for them"
            f" ({quote_names(columns)}). Give each column a name of its own."
        )
    return list(columns)
