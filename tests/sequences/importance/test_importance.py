"""Which inputs matter, by permutation."""

import numpy as np
import pytest

from unrolled import Network, SequenceModel, Training
from unrolled.data.tables.table import Table
from unrolled.errors import DataError, SettingError
from unrolled.schema import Column
from unrolled.sequences.importance import Importance
from unrolled.sequences.importance.permutation import _exchange_cells, _exchange_steps

RESULT = Importance(
    10, "R2", 0.5, ("a", "b<c"), np.array([[0.0, 0.01, -0.01, 0.0], [0.3, 0.31, 0.29, 0.3]])
)
ORDER = np.array([1, 2, 0])
CASES = (
    ("text", "words", ["a b c", "d e", "f"]),
    ("text", "characters", ["abc", "de", "f"]),
    ("tokens", None, [["a", "b", "c"], ["d", "e"], ["f"]]),
    ("numbers", None, [np.arange(3.0)[:, None], np.arange(2.0)[:, None], np.zeros((1, 1))]),
)


def length(column, cell):
    return len(cell.split()) if column.unit == "words" else len(cell)


@pytest.mark.parametrize(("kind", "unit", "cells"), CASES)
@pytest.mark.parametrize("bounds", [(0, 1), (1, 2), (0, 3)])
def test_steps_are_exchanged_and_lengths_kept(kind, unit, cells, bounds):
    column = Column(name="x", kind=kind, unit=unit)
    table = Table({"x": cells}, 3)
    for change in (
        _exchange_steps(column, *bounds),
        _exchange_cells(column, keep_length=True),
    ):
        result = change(table, ORDER).values["x"]
        assert [length(column, c) for c in result] == [length(column, c) for c in cells]
    assert table.values["x"] is cells  # the rows themselves stay


def test_whole_cells_are_those_of_other_rows():
    column = Column(name="x", kind="text", unit="words")
    result = _exchange_cells(column, keep_length=False)(Table({"x": ["a", "b c", "d"]}, 3), ORDER)
    assert result.values["x"] == ["b c", "d", "a"]


def test_the_result_is_a_table_a_page_and_a_picture(tmp_path):
    assert RESULT.table["input"].to_list() == ["b<c", "a"]
    assert RESULT.table["importance"][0] == pytest.approx(0.3)
    assert RESULT.table["standard_error"][0] == pytest.approx(0.00816497 / 2)
    assert "No importance that can be told from 0: a." in str(RESULT)
    assert "b&lt;c" in RESULT._repr_html_()
    assert RESULT.plot(tmp_path / "importance.png").exists()


@pytest.mark.slow
def test_the_input_that_decides_is_found_among_columns_numbers_and_steps():
    random = np.random.default_rng(0)
    table = {
        "a": random.normal(size=60),
        "s": [row.tolist() for row in random.normal(size=(60, 3, 2))],
        "c": ["u", "v"] * 30,
    }
    table["y"] = [3 * row[0][1] for row in table["s"]]
    model = SequenceModel(
        None,
        "y",
        network=Network(units=8),
        training=Training(epochs=25, learning_rate=0.02, verbose=False),
    ).fit(table)
    result = model.importance(table, repeats=3)
    means = dict(zip(result.names, result.mean, strict=True))
    assert set(means) >= {"a", "c", "s", "s, number 1", "s, number 2", "s, step 1", "s, step 3"}
    assert means["s, number 2"] > means["s, number 1"]
    assert means["s, step 1"] > means["s, step 3"]
    assert means["s"] > means["a"]
    assert model.importance(table, repeats=3).losses.tolist() == result.losses.tolist()
    with pytest.raises(SettingError, match="repeats=1 gives no standard error"):
        model.importance(table, repeats=1)
    with pytest.raises(DataError, match="There are 1 rows"):
        model.importance({name: values[:1] for name, values in table.items()})
