from typing import Any

import numpy as np
import polars as pl
import pytest

from unrolled.data.formats.read import read
from unrolled.data.infer.kinds import infer_kind
from unrolled.data.tables.known import drop_unknown_rows
from unrolled.data.tables.table import Table, check_trainable, make_table
from unrolled.errors import DataError
from unrolled.schema import Column


def table_of(data: dict[str, Any], **stated: str) -> Table:
    frame = read(data)
    first, *others = [
        infer_kind(frame[name], stated=stated.get(name), output=False)[0] for name in data
    ]
    return make_table(frame, others, [first])


def test_values_by_kind() -> None:
    rows = table_of(
        {
            "y": [1, 0],
            "n": [1.5, None],
            "c": ["x", None],
            "b": [True, False],
            "v": [[1, 2], None],
            "s": [[1, 2, 3], [4]],
            "w": [[[1, 2]], [[3, 4], [5, None]]],
            "k": [["a"], ["b", "c"]],
            "t": ["hello", ""],
        },
        c="category",
        t="characters",
    ).values
    np.testing.assert_equal(rows["n"], [1.5, np.nan])
    assert list(rows["c"]) == ["x", None]
    assert list(rows["b"]) == [True, False]
    np.testing.assert_equal(rows["v"], [[1, 2], [np.nan, np.nan]])
    assert [row.tolist() for row in rows["s"]] == [[[1], [2], [3]], [[4]]]
    np.testing.assert_equal(rows["w"][1], [[3, 4], [5, np.nan]])
    assert rows["k"] == [["a"], ["b", "c"]]
    assert rows["t"] == ["hello", ""]


def test_equally_long_rows_are_views_into_one_array() -> None:
    array = np.arange(24.0).reshape(2, 3, 4)
    rows = table_of({"y": [1, 2], "x": array}).values["x"]
    assert np.shares_memory(rows[0], rows[1].base)
    np.testing.assert_array_equal(np.stack(rows), array)


def test_labels_keep_their_python_type() -> None:
    result = table_of({"c": [1.0, 2.5, None]}, c="category").values["c"]
    assert list(result) == [1, 2.5, None]
    assert type(result[0]) is int


def test_rows_can_be_taken_in_any_order() -> None:
    taken = table_of({"y": [1, 2, 3], "t": ["a", "b", "c"]}, t="text").take([2, 0])
    assert taken.rows == 2
    assert taken.values["t"] == ["c", "a"]
    assert list(taken.values["y"]) == [3, 1]


def test_a_frame_that_lacks_a_column_or_has_another_width() -> None:
    frame = read({"x": [[1, 2]], "texts": ["a"]})
    with pytest.raises(DataError) as caught:
        make_table(frame, [Column(name="text", kind="text", unit="words")])
    assert str(caught.value) == (
        "the data has no column 'text', which the model was trained on. Did you mean 'texts'?"
    )
    with pytest.raises(DataError) as caught:
        make_table(frame, [Column(name="x", kind="vector", width=3)])
    assert str(caught.value) == (
        "column 'x', row 1: the list has 2 numbers, but a vector has the same number in every"
        " row, here 3. Correct the row, or state 'x:numbers' if lengths may differ. The model was"
        " trained with 'x:vector', and another kind needs a new training."
    )
    with pytest.raises(DataError) as caught:
        make_table(frame, [Column(name="x", kind="numbers", width=3)])
    assert str(caught.value) == (
        "column 'x' has 1 numbers in each step, but the training data has 3. Give each step"
        " the numbers of the training data."
    )


def test_rows_without_a_known_sequence_are_left_out() -> None:
    frame = read({"x": [[1, 2], None, [3]]})
    column = Column(name="x", kind="numbers")
    complete, indices = drop_unknown_rows(make_table(frame, [], [column]), [column], complete=True)
    assert indices.tolist() == [0, 2]
    assert [row.tolist() for row in complete.values["x"]] == [[[1], [2]], [[3]]]


def test_a_column_that_is_all_missing_when_predicting() -> None:
    nothing = pl.DataFrame({"x": [None, None]})
    result = make_table(nothing, [Column(name="x", kind="vector", width=2)]).values["x"]
    assert np.isnan(result).tolist() == [[True, True], [True, True]]
    assert list(make_table(nothing, [Column(name="x", kind="category")]).values["x"]) == [
        None,
        None,
    ]
    for kind in ("numbers", "tokens", "text"):
        assert make_table(nothing, [Column(name="x", kind=kind)]).values["x"] == [None, None]
    assert np.isnat(make_table(nothing, [Column(name="x", kind="date")]).values["x"]).all()


def test_rows_without_an_output_are_left_out() -> None:
    outputs = [
        Column(name="n", kind="number"),
        Column(name="c", kind="category"),
        Column(name="v", kind="vector", width=2),
    ]
    frame = read(
        {"n": [1, None, 3, 4], "c": ["a", "b", None, "d"], "v": [[1, 2], [1, 2], [1, 2], [1, None]]}
    )
    complete, indices = drop_unknown_rows(make_table(frame, [], outputs), outputs, complete=True)
    assert (complete.rows, indices.tolist()) == (1, [0])
    with pytest.raises(DataError) as caught:
        check_trainable(complete, outputs)
    assert str(caught.value) == (
        "only 1 row has a known output. Training needs at least two: one to train on and one"
        " to hold out. Add rows."
    )


def test_outputs_that_are_all_missing_or_have_a_missing_step() -> None:
    n = Column(name="n", kind="number")
    with pytest.raises(DataError) as caught:
        drop_unknown_rows(
            make_table(pl.DataFrame({"n": [None, None]}), [], [n]), [n], complete=True
        )
    assert str(caught.value) == (
        "no row has a value for every output ('n'). Give at least two such rows."
    )
    s = Column(name="s", kind="numbers")
    with pytest.raises(DataError) as caught:
        drop_unknown_rows(
            make_table(pl.DataFrame({"s": [[1.0], [2.0, None]]}), [], [s]), [s], complete=True
        )
    assert str(caught.value) == (
        "column 's', row 2: a number is missing at step 2 of this output. Fill it, or leave"
        " the whole cell empty to leave the row out."
    )


@pytest.mark.parametrize(
    ("cells", "shown"),
    [
        (["a", "a"], "'a'"),
        ([2.5, 2.5], "2.5"),
        ([[1, 2], [1, 2]], "[1.0, 2.0]"),
        ([["a"], ["a"]], "['a']"),
        ([[[1], [2]], [[1], [2]]], "[[1.0], [2.0]]"),
    ],
)
def test_a_constant_output(cells: Any, shown: str) -> None:
    rows = table_of({"y": cells})
    with pytest.raises(DataError) as caught:
        check_trainable(rows, [Column(name="y", kind="category")])
    assert str(caught.value) == (
        f"the output 'y' is {shown} in every row, so there is nothing to learn. Choose an output"
        " with at least two different values."
    )
