"""Rows that stand in the training part and in the test part, and make scores too good."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np

from unrolled.data.tables.table import Table, Values
from unrolled.schema import Column

FEW_VALUES = 20  # rows of inputs with so few different values each are the same by chance


def describe_shared_rows(
    train: Table, test: Table, inputs: Sequence[Column], outputs: Sequence[Column]
) -> str | None:
    """Return a sentence on test rows that were trained on, or None.

    A row is shared if all of its inputs and outputs are the same. Rows are the same by chance, and
    nothing is said, if every input has only a few different values.

    Args:
        train: The rows that were trained on.
        test: The rows that are scored.
        inputs: The input columns.
        outputs: The output columns.

    Example:
        >>> text = Column(name="a", kind="text", unit="words")
        >>> train, test = Table({"a": [str(i) for i in range(30)]}, 30), Table({"a": ["7", "x"]}, 2)
        >>> describe_shared_rows(train, test, [text], [])
        '1 of 2 test rows was also trained on, with the same inputs and outputs (test row 1 is the \
first). The scores are better than on new rows.'
    """
    names = [column.name for column in (*inputs, *outputs)]
    if all(has_few_values(train.values[column.name]) for column in inputs):
        return None
    known = set(_keys(train, names))
    shared = [row for row, key in enumerate(_keys(test, names), 1) if key in known]
    if not shared:
        return None
    verb = "was" if len(shared) == 1 else "were"
    return (
        f"{len(shared)} of {test.rows} test rows {verb} also trained on, with the same inputs and"
        f" outputs (test row {shared[0]} is the first). The scores are better than on new rows."
    )


def has_few_values(values: Values) -> bool:
    """Return whether a column has only a few different values."""
    distinct: set[Hashable] = set()
    for value in values:
        distinct.add(_key(value))
        if len(distinct) > FEW_VALUES:
            return False
    return True


def _keys(table: Table, names: Sequence[str]) -> list[Hashable]:
    """Return a key for each row (b), which is the same for the same values."""
    columns = [[_key(value) for value in table.values[name]] for name in names]
    return list(zip(*columns, strict=True))


def _key(value: Any) -> Hashable:
    """Return a value as a key of a dictionary; missing numbers are the same."""
    if isinstance(value, np.ndarray):
        return value.shape, value.astype(np.float64).tobytes()
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, float | np.floating) and value != value:
        return "nan"
    return str(value) if isinstance(value, np.datetime64) else value
