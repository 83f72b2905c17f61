"""The values that inference returns are those that the same columns have for a fitted model."""

import numpy as np
import pytest

from unrolled.data.formats.read import read
from unrolled.data.infer.columns import infer_table
from unrolled.data.tables.table import make_table

CELLS = {
    "number": [1.5, None, 2.5],
    "numbers as text": ["1", "", "2.5"],
    "labels": ["p", None, "q"],
    "vector": [[1, 2], [3, 4], [5, 6]],
    "vector as JSON": ["[1, 2]", "[3, 4]", "[5, 6]"],
    "steps": [[1, 2], [3], [5, 6]],
    "steps as text": ["1 2", "3", "5;6"],
    "steps of two numbers": [[[1, 2]], [[3, 4], [5, None]], [[7, 8]]],
    "tokens": [["a"], ["b", "c"], ["a"]],
    "tokens as JSON": ['["a"]', '["b", "c"]', '["a"]'],
    "tokens as text": ["a b", "b c d", "a"],
    "text": ["to be", "", "or not"],
    "dates": ["2024-01-31", None, "2024-02-01 12:30"],
}
STATED = {
    "numbers as text": "number",
    "labels": "category",
    "steps as text": "numbers",
    "tokens as text": "tokens",
    "text": "characters",
}


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("as_output", [False, True])
def test_cells_are_read_alike_for_training_and_for_prediction(name, as_output):
    frame = read({name: CELLS[name], "other": [1.0, 2.0, 3.5]})
    sides = (["other"], [name]) if as_output else ([name], ["other"])
    stated = {name: STATED[name]} if name in STATED else {}
    table, inputs, outputs = infer_table(frame, *sides, stated=stated)
    for_prediction = make_table(frame, inputs, outputs)
    assert table.rows == for_prediction.rows == 3
    np.testing.assert_equal(table.values, for_prediction.values)
