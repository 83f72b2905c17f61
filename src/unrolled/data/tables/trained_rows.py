"""Which rows a model was trained on: a number for each, the same in every kind of file."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from unrolled.data.block import Array
from unrolled.data.tables.label_index import canonical_form, is_missing
from unrolled.data.tables.shared_rows import has_few_values
from unrolled.data.tables.table import Table, Values
from unrolled.schema import Column

MAX_ROWS = 100_000
KEY = "trained_rows"  # in the facts about the data of a model


def describe_rows(
    table: Table, inputs: Sequence[Column], outputs: Sequence[Column]
) -> dict[str, str]:
    """Return the rows that were trained on, as JSON: a number of 32 bits for each, in base64.

    It is empty where there are more than 100 000 rows, or where rows are equal by chance, since
    every input has only a few different values.

    Args:
        table: The rows.
        inputs: The input columns.
        outputs: The output columns.
    """
    if table.rows > MAX_ROWS or all(has_few_values(table.values[c.name]) for c in inputs):
        return {}
    numbers = np.unique(_hashes(table, [column.name for column in (*inputs, *outputs)]))
    return {KEY: base64.b64encode(numbers.tobytes()).decode()}


def count_trained_rows(
    table: Table, facts: Mapping[str, Any], inputs: Sequence[Column], outputs: Sequence[Column]
) -> int:
    """Return how many rows of a table were trained on, as far as that is known.

    Args:
        table: The rows.
        facts: The facts about the data of a model, with what `describe_rows` returned.
        inputs: The input columns.
        outputs: The output columns.

    Raises:
        ValueError: The facts hold no such rows.

    Example:
        >>> number, columns = np.arange(30.0), [Column(name="a", kind="number")]
        >>> facts = describe_rows(Table({"a": number}, 30), columns, [])
        >>> count_trained_rows(Table({"a": np.array([3.0, 99.0])}, 2), facts, columns, [])
        1
    """
    if KEY not in facts:
        return 0
    trained = np.frombuffer(base64.b64decode(facts[KEY], validate=True), dtype="<u4")
    names = [column.name for column in (*inputs, *outputs)]
    return int(np.isin(_hashes(table, names), trained).sum())


def _hashes(table: Table, names: Sequence[str]) -> Array:
    """Return a number for each row (n, uint32)."""
    columns = [_cells(table.values[name]) for name in names]
    digests = b"".join(
        hashlib.blake2b(b"\0".join(cells), digest_size=4).digest()
        for cells in zip(*columns, strict=True)
    )
    return np.frombuffer(digests, dtype="<u4")


def _cells(values: Values) -> list[bytes]:
    """Return the cells of a column as bytes (n)."""
    if isinstance(values, np.ndarray) and values.dtype.kind == "f" and values.ndim == 1:
        raw = np.where(np.isnan(values), np.nan, values).astype("<f8").tobytes()
        return [raw[place : place + 8] for place in range(0, len(raw), 8)]
    return [_bytes(value) for value in values]


def _bytes(value: Any) -> bytes:
    """Return a cell as bytes: labels and numbers in one form, whatever their type."""
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        return np.ascontiguousarray(value, dtype="<f8").tobytes()
    if isinstance(value, list | tuple | np.ndarray):
        return b"\1".join(map(_bytes, value))
    if is_missing(value):
        return b""
    return repr(canonical_form(value)).encode()
