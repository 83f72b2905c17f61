"""Rows that were trained on are known again, in whatever types they come."""

import json

import numpy as np
import pytest

from unrolled.data.tables.table import Table
from unrolled.data.tables.trained_rows import MAX_ROWS, count_trained_rows, describe_rows
from unrolled.schema import Column

INPUTS = [Column(name="a", kind="number"), Column(name="t", kind="text", unit="words")]
OUTPUTS = [Column(name="y", kind="category")]


def table(labels, first=0, count=30):
    numbers = np.arange(first, first + count) * 1.5
    texts = [f"row {k}" for k in range(first, first + count)]
    return Table({"a": numbers, "t": texts, "y": [labels[k % 2] for k in range(count)]}, count)


@pytest.mark.parametrize("labels", [(0, 1), (0.0, 1.0), ("0", "1"), (np.int8(0), np.int8(1))])
def test_rows_are_counted_in_whatever_type_their_labels_are(labels):
    facts = json.loads(json.dumps(describe_rows(table((0, 1)), INPUTS, OUTPUTS)))
    again = table(labels, first=20)
    assert count_trained_rows(again, facts, INPUTS, OUTPUTS) == 10
    assert count_trained_rows(table((1, 0)), facts, INPUTS, OUTPUTS) == 0


def test_missing_cells_and_sequences_are_compared_too():
    columns = [Column(name="x", kind="numbers")]
    rows = [np.arange(k, k + 3.0) for k in range(30)]
    facts = describe_rows(Table({"x": rows}, 30), columns, OUTPUTS[:0])
    assert count_trained_rows(Table({"x": [rows[3], rows[3][:2]]}, 2), facts, columns, []) == 1


def test_rows_that_are_alike_by_chance_or_too_many_are_not_counted():
    few = Table({"a": np.arange(30) % 2 * 1.0}, 30)
    assert describe_rows(few, INPUTS[:1], []) == {}
    many = Table({"a": np.arange(MAX_ROWS + 1.0)}, MAX_ROWS + 1)
    assert describe_rows(many, INPUTS[:1], []) == {}
    assert count_trained_rows(few, {}, INPUTS[:1], []) == 0
