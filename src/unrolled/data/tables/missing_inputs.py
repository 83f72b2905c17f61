"""Input cells that are empty: what each kind makes of them.

A number, a date, a category and a vector have a place for what is missing in their encoders. An
empty text is a text without steps. A sequence without steps is missing as a whole: nothing can be
computed from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from unrolled.data.tables.table import Table
from unrolled.errors import DataError
from unrolled.schema import Column

Flags = np.ndarray[Any, np.dtype[np.bool_]]


def with_empty_texts(table: Table, inputs: Sequence[Column]) -> tuple[Table, tuple[str, ...]]:
    """Return a table whose missing input texts are empty texts, and a sentence for each column.

    The sentence counts the empty texts. A text of nothing but white space is empty, too.

    Args:
        table: The rows.
        inputs: The input columns.

    Example:
        >>> text = Column(name="a", kind="text", unit="words")
        >>> with_empty_texts(Table({"a": ["to be", None]}, 2), [text])[1]
        ('`a` is empty in 1 of 2 rows (row 2 first), which counts as an empty text.',)
    """
    values, sentences = dict(table.values), []
    for column in inputs:
        if column.kind != "text":
            continue
        texts = ["" if text is None else text for text in values[column.name]]
        values[column.name] = texts
        empty = np.array([not text or text.isspace() for text in texts], dtype=bool)
        if empty.any():
            sentences.append(
                f"`{column.name}` is empty in {_count(empty)}, which counts as an empty text."
            )
    return Table(values, table.rows), tuple(sentences)


def complete_inputs(table: Table, inputs: Sequence[Column]) -> tuple[Flags, tuple[str, ...]]:
    """Return in which rows (b) no input sequence is missing, and a sentence for each column.

    Args:
        table: The rows.
        inputs: The input columns.
    """
    complete, sentences = np.ones(table.rows, dtype=bool), []
    for column in inputs:
        _refuse_missing_tokens(table, column)
        missing = _missing_sequences(table, column)
        complete &= ~missing
        if missing.any():
            sentences.append(
                f"`{column.name}` is missing or has no steps in {_count(missing)}, so nothing is"
                " predicted there."
            )
    return complete, tuple(sentences)


def refuse_missing_sequences(table: Table, inputs: Sequence[Column]) -> None:
    """Refuse an input sequence whose cell is missing or has no steps.

    Raises:
        DataError: There is one; the message names the column and the row.
    """
    for column in inputs:
        missing = _missing_sequences(table, column)
        if missing.any():
            count = int(missing.sum())
            more = f" ({count} rows are like this)" if count > 1 else ""
            raise DataError(
                f"column '{column.name}', row {int(np.flatnonzero(missing)[0]) + 1}: the sequence"
                f" is missing or has no steps{more}. Give it at least one step, or leave the row"
                " out."
            )


def _refuse_missing_tokens(table: Table, column: Column) -> None:
    """Refuse a missing token among the steps of an input."""
    if column.kind != "tokens":
        return
    for row, tokens in enumerate(table.values[column.name], 1):
        if tokens is not None and None in tokens:
            raise DataError(
                f"column '{column.name}', row {row}: a token is missing at step"
                f" {tokens.index(None) + 1} of this input. Give every step a string."
            )


def _missing_sequences(table: Table, column: Column) -> Flags:
    """Return in which rows (b) a sequence is missing; an input text never is."""
    if column.side == "one":
        return np.zeros(table.rows, dtype=bool)
    return np.array([value is None for value in table.values[column.name]], dtype=bool)


def _count(rows: Flags) -> str:
    """Return how many rows are marked, and the first of them, in words."""
    first = int(np.flatnonzero(rows)[0]) + 1
    return f"{int(rows.sum())} of {len(rows)} rows (row {first} first)"
