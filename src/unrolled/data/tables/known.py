"""Which outputs of a row are known: rows without any are left out, and gaps weigh nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from unrolled.data.tables.label_index import is_missing
from unrolled.data.tables.table import Indices, Table, Values
from unrolled.errors import DataError
from unrolled.schema import Column

Flags = np.ndarray[Any, np.dtype[np.bool_]]


def known_rows(values: Values, column: Column) -> Flags:
    """Return in which rows (b) an output is known, at least in part.

    Args:
        values: The values of the output, by its kind.
        column: The output.

    Example:
        >>> known_rows([["A", None], [None], None], Column(name="y", kind="tokens")).tolist()
        [True, False, False]
    """
    if column.is_category:
        return np.array([not is_missing(value) for value in values], dtype=bool)
    if column.is_label_set and column.width == 0:
        return np.array([names is not None for names in values], dtype=bool)
    if column.side == "one":
        numbers = np.asarray(values, dtype=np.float64).reshape(len(values), -1)  # b f
        return np.asarray((~np.isnan(numbers)).any(axis=1))
    return np.array([row is not None and _has_known_step(row, column) for row in values], bool)


def _has_known_step(row: Any, column: Column) -> bool:
    """Return whether at least one step of a row is known."""
    if column.is_numeric:
        return not bool(np.isnan(row).all())
    return column.kind == "text" or not row or any(step is not None for step in row)


def complete_rows(values: Values, column: Column) -> Flags:
    """Return in which rows (b) an output is known as a whole."""
    if column.is_category or (column.is_label_set and column.width == 0):
        return known_rows(values, column)
    if column.side == "one":
        numbers = np.asarray(values, dtype=np.float64).reshape(len(values), -1)  # b f
        return np.asarray((~np.isnan(numbers)).all(axis=1))
    if column.is_numeric:
        return np.array([row is not None and not np.isnan(row).any() for row in values], bool)
    if column.kind == "text":
        return known_rows(values, column)
    return np.array([row is not None and None not in row for row in values], bool)


def first_gap(values: Values, column: Column) -> tuple[int, int] | None:
    """Return the first row and its first step, both from 1, that are a gap inside a sequence."""
    if column.side == "one":
        return None
    for number, row in enumerate(values, 1):
        if row is None or column.kind == "text":
            continue
        if column.is_numeric:
            gaps = np.isnan(row).reshape(len(row), -1).any(axis=1)
        else:
            gaps = np.array([step is None for step in row], dtype=bool)
        if gaps.any():
            return number, int(np.flatnonzero(gaps)[0]) + 1
    return None


def unknown_steps(steps: int, column: Column) -> Any:
    """Return a sequence of so many steps, none of which is known."""
    return np.full((steps, column.width), np.nan) if column.is_numeric else [None] * steps


def describe_gaps(data: Table, outputs: Sequence[Column]) -> list[str]:
    """Return a sentence for each output that is known only in part.

    Example:
        >>> y = Column(name="y", kind="numbers")
        >>> describe_gaps(Table({"y": [np.array([[1.0], [np.nan]])]}, 1), [y])
        ['`y` is known at 1 of 2 steps; the others weigh nothing.']
    """
    sentences = []
    for column in outputs:
        known, total, unit = _count_known(data.values[column.name], column)
        if known < total:
            where = "at" if unit == "steps" else "in"
            sentences.append(
                f"`{column.name}` is known {where} {known} of {total} {unit}; the others weigh"
                " nothing."
            )
    return sentences


def _count_known(values: Values, column: Column) -> tuple[int, int, str]:
    """Return how many places of an output are known, how many there are, and what they are."""
    if column.side == "one" and column.width > 1 and not column.is_category:  # many numbers
        numbers = np.asarray(values, dtype=np.float64)
        return int((~np.isnan(numbers)).sum()), numbers.size, "places"
    if column.side == "one" or column.kind == "text":
        flags = known_rows(values, column)
        return int(flags.sum()), len(flags), "rows"
    known = total = 0
    for row in values:
        if row is None:
            continue
        total += len(row)
        if column.is_numeric:
            known += int((~np.isnan(row).reshape(len(row), -1).any(axis=1)).sum())
        else:
            known += sum(step is not None for step in row)
    return known, total, "steps"


def drop_unknown_rows(
    data: Table, outputs: Sequence[Column], *, complete: bool
) -> tuple[Table, Indices]:
    """Return the rows that can be learned from and scored, and their indices.

    Args:
        data: The table.
        outputs: The output columns.
        complete: Whether a row needs every output as a whole, as a network does that generates its
            outputs step by step; otherwise a row needs one known value, and the gaps stay.

    Returns:
        The table of these rows, and their indices in `data`, from 0.

    Raises:
        DataError: There is no such row, or with `complete` a step is missing inside a sequence.
    """
    flags = []
    for column in outputs:
        values = data.values[column.name]
        if complete and (gap := first_gap(values, column)) is not None:
            row, step = gap
            what = "number" if column.is_numeric else "token"
            raise DataError(
                f"column '{column.name}', row {row}: a {what} is missing at step {step} of this"
                " output. Fill it, or leave the whole cell empty to leave the row out."
            )
        flags.append(complete_rows(values, column) if complete else known_rows(values, column))
    kept: Flags = np.all(flags, axis=0) if complete else np.any(flags, axis=0)
    if not kept.any():
        names = ", ".join(f"'{column.name}'" for column in outputs)
        every = "a value for every output" if complete else "a known output"
        raise DataError(f"no row has {every} ({names}). Give at least two such rows.")
    indices = np.flatnonzero(kept)
    return (data if kept.all() else data.take(indices)), indices


def fill_missing_sequences(data: Table, outputs: Sequence[Column], lengths: Sequence[int]) -> Table:
    """Return rows in which a missing sequence is a sequence of steps that are not known.

    Args:
        data: The rows.
        outputs: The outputs; a missing text stays missing.
        lengths: The number of steps of each row (b).
    """
    values = dict(data.values)
    for column in outputs:
        rows = values[column.name]
        if column.side == "many" and column.kind != "text" and any(row is None for row in rows):
            values[column.name] = [
                unknown_steps(int(steps), column) if row is None else row
                for row, steps in zip(rows, lengths, strict=True)
            ]
    return Table(values, data.rows)
