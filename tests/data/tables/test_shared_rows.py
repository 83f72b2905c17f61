"""Rows that are in the training part and in the test part."""

from typing import Any

import numpy as np
import pytest

from unrolled.data.tables.shared_rows import describe_shared_rows
from unrolled.data.tables.table import Table
from unrolled.schema import Column, Kind

NOISE = np.random.default_rng(0).normal(size=(40, 3))
VALUES: dict[Kind, Any] = {
    "number": NOISE[:, 0],
    "vector": NOISE,
    "numbers": [row[:, None] for row in NOISE],
    "tokens": [[str(cell) for cell in row] for row in NOISE],
    "text": [str(row) for row in NOISE],
    "date": np.datetime64("2024-01-01", "us") + np.arange(40) * np.timedelta64(1, "D"),
    "category": np.array([f"c{i}" for i in range(40)], dtype=object),
}


@pytest.mark.parametrize("kind", VALUES)
def test_rows_with_the_same_inputs_and_outputs_are_counted(kind: Kind) -> None:
    inputs, outputs = [Column(name="x", kind=kind)], [Column(name="y", kind="category")]
    labels = np.array(["a", None] * 20, dtype=object)
    whole = Table({"x": VALUES[kind], "y": labels}, 40)
    train, test = whole.take(range(30)), whole.take([39, 4, 5, 38])
    assert describe_shared_rows(train, test, inputs, outputs) == (
        "2 of 4 test rows were also trained on, with the same inputs and outputs (test row 2 is the"
        " first). The scores are better than on new rows."
    )
    assert describe_shared_rows(train, whole.take(range(30, 40)), inputs, outputs) is None
    other = Table({**test.values, "y": np.array(["b"] * 4, dtype=object)}, 4)
    assert describe_shared_rows(train, other, inputs, outputs) is None


def test_missing_numbers_are_alike_and_rows_of_few_values_are_not_counted() -> None:
    column = [Column(name="x", kind="number")]
    train = Table({"x": np.append(np.arange(30.0), np.nan)}, 31)
    message = describe_shared_rows(train, Table({"x": np.array([np.nan, 99])}, 2), column, [])
    assert message is not None
    assert message.startswith("1 of 2 test rows was")
    few = Table({"x": np.arange(30.0) % 5}, 30)
    assert describe_shared_rows(few, few, column, []) is None
