"""One door: whatever comes in is a table, and goes back as what it was."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from unrolled.data.infer.infer_schema import infer_schema
from unrolled.data.ingest import ingest
from unrolled.errors import DataError, SettingError

COLUMNS = {"a": [1.0, 2.0, 3.5], "b": ["p", "q", "p"], "y": [0.5, 1.0, 2.0]}


def kinds(columns):
    return {column.name: column.kind_name for column in columns}


@pytest.mark.parametrize("inputs", [None, ["a", "b"], ("a", "b"), {"a": None, "b": None}])
def test_inputs_are_every_column_but_the_outputs_unless_named(inputs):
    source = ingest(COLUMNS, None, inputs, "y")
    assert kinds(source.inputs) == {"a": "number", "b": "category"}
    assert kinds(source.outputs) == {"y": "number"}


@pytest.mark.parametrize(
    "inputs", ["b:characters", "b:Characters", ["b:text:characters"], {"b": "characters"}]
)
def test_a_kind_is_stated_beside_a_name(inputs):
    assert kinds(ingest(COLUMNS, None, inputs, "y").inputs) == {"b": "text:characters"}


def test_a_name_may_hold_a_colon():
    columns = {"a:b": [1.0, 2.0], "y": [1.0, 2.0]}
    assert kinds(ingest(columns, None, "a:b", "y").inputs) == {"a:b": "number"}


Y = [0.5, 1.0, 2.0]
Y4 = [0.5, 1.0, 2.0, 4.5]


@pytest.mark.parametrize(
    "y",
    [Y, np.array(Y), pd.Series(Y, index=[7, 8, 9]), pl.Series(Y), pd.DataFrame({"other": Y})],
    ids=["list", "array", "pandas", "polars", "frame"],
)
@pytest.mark.parametrize("outputs", [None, "y", {"y": "number"}])
def test_y_may_come_beside_a_table(y, outputs):
    source = ingest(pd.DataFrame({"a": [1, 2, 3]}), y, "a", outputs)
    assert source.table.values["y"].tolist() == Y
    assert kinds(source.inputs) == {"a": "number"}


def test_y_takes_the_name_of_the_output():
    source = ingest({"a": [1, 2, 3]}, ["u", "v", "u"], None, {"label": "category"})
    assert kinds(source.outputs) == {"label": "category"}


TEXTS = ["good day", "bad one", "good one"]


@pytest.mark.parametrize(
    "texts",
    [TEXTS, np.array(TEXTS), pd.Series(TEXTS, index=[4, 5, 6])],
    ids=["list", "array", "series"],
)
def test_a_list_of_texts_is_a_column(texts):
    source = ingest(texts, [1.0, 2.0, 3.5], "words:characters", None)
    assert kinds(source.inputs) == {"words": "text:characters"}
    assert source.table.values["words"] == TEXTS


def test_a_list_of_token_lists_is_a_column():
    source = ingest([["a", "b"], ["c"]], [1.0, 2.0], None, None)
    assert kinds(source.inputs) == {"x": "tokens"}


def test_whole_numbers_are_labels_where_that_was_stated():
    y = np.arange(20)
    assert kinds(ingest(np.eye(20), y, None, None).outputs) == {"y": "number"}
    assert kinds(ingest(np.eye(20), y, None, {"y": "category"}).outputs) == {"y": "category"}
    few = ingest(np.eye(20), y % 2, None, {"y": "number"})
    assert kinds(few.outputs) == {"y": "number"}


@pytest.mark.parametrize(
    ("X", "y", "change"),
    [
        (np.eye(4), Y4, "many-to-one with `x` as an array (b t 1), and one-to-many with `y` as an"),
        (np.eye(4), np.eye(4), "and one-to-many with `y` as an array (b u 1)."),
        (np.ones((4, 3, 2)), Y4, "one-to-one with `x` as an array (b f), and unaligned or aligned"),
        (np.eye(4), np.ones((4, 3, 1)), "and one-to-one with `y` as an array (b o)."),
        (np.eye(4), ["p", "q"] * 2, "one-to-many with a list of labels in each row of `y`."),
        (np.eye(4), [["p"], ["q", "q"]] * 2, "one-to-one with one label in each row of `y`."),
        (["good day", "bad"] * 2, Y4, "one-to-one with `x:category` stated, and"),
    ],
)
def test_the_reason_speaks_of_the_axes_of_arrays(X, y, change):
    source = ingest(X, y, {"x": "words"} if isinstance(X, list) else None, None)
    predictions = infer_schema(source.table, source.inputs, source.outputs, arrays=source.arrays)
    assert change in predictions.reason


def to_original_type(given, columns):
    return ingest(given, None, "a", "y").to_original_type(columns)


def test_a_prediction_is_the_kind_of_table_that_came_in(tmp_path):
    path = tmp_path / "data.csv"
    pl.DataFrame(COLUMNS).write_csv(path)
    predictions = {"y": np.array([1.0, 2.0, 3.0])}
    assert to_original_type(COLUMNS, predictions) == {"y": [1.0, 2.0, 3.0]}
    assert to_original_type(str(path), predictions).equals(pl.DataFrame(predictions))
    assert to_original_type(pl.DataFrame(COLUMNS), predictions).equals(pl.DataFrame(predictions))
    assert to_original_type(pl.DataFrame(COLUMNS).to_arrow(), predictions).to_pydict() == {
        "y": [1, 2, 3]
    }
    back = to_original_type(pd.DataFrame(COLUMNS, index=[5, 6, 9]), predictions)
    pd.testing.assert_frame_equal(back, pd.DataFrame(predictions, index=[5, 6, 9]))


def test_steps_come_back_as_lists():
    rows = [np.array([[1.0], [2.0]]), np.array([[3.0]])]
    wide = [np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]])]
    predictions = to_original_type({**COLUMNS}, {"y": rows, "z": wide, "w": [["a"], ["b", "c"]]})
    assert predictions == {
        "y": [[1.0, 2.0], [3.0]],
        "z": [[[1.0, 2.0]], [[3.0, 4.0]]],
        "w": [["a"], ["b", "c"]],
    }


@pytest.mark.parametrize(
    ("labels", "dtype"), [([1, 0], "int64"), (["a", "b"], "<U1"), ([True, False], "bool")]
)
def test_labels_of_arrays_come_back_in_their_own_type(labels, dtype):
    values = np.empty(2, dtype=object)
    values[:] = labels
    back = ingest(np.eye(2), np.array([1.0, 2.0]), None, None).to_original_type({"y": values})
    assert back.tolist() == labels
    assert back.dtype == dtype


def test_rows_of_arrays_come_back_as_one_array_where_they_can():
    source = ingest(np.eye(2), np.array([1.0, 2.0]), None, None)
    one, two = np.ones((1, 1)), np.ones((2, 1))
    assert source.to_original_type({"y": [two, two]}).shape == (2, 2, 1)
    assert [row.shape for row in source.to_original_type({"y": [one, two]})] == [(1, 1), (2, 1)]
    assert source.to_original_type({"p": np.ones(2), "q": np.ones(2)}).shape == (2, 2)


@pytest.mark.parametrize(
    ("data", "y", "message"),
    [
        (
            None,
            [1.0],
            "the data is of type NoneType, which cannot be read. Pass a path, a frame, a dict"
            " of columns, or arrays.",
        ),
        (
            np.eye(2),
            None,
            "X was passed without y. Call fit(X, y) with an output for each row of X, or pass"
            " a table that holds both and name its outputs.",
        ),
        (
            {"a": [1, 2]},
            [1.0],
            "the table has 2 rows and y has 1. Give one value of y for each row.",
        ),
        (
            {"a": [1, 2]},
            pd.DataFrame({"p": [1, 2], "q": [1, 2]}),
            "y has 2 columns, but it can hold only one. Put several outputs into the table,"
            " and name them.",
        ),
    ],
)
def test_data_that_cannot_be_used_is_refused(data, y, message):
    with pytest.raises(DataError) as caught:
        ingest(data, y, None, None)
    assert str(caught.value) == message


def test_a_table_needs_its_outputs_named():
    with pytest.raises(SettingError) as caught:
        ingest(COLUMNS, None, "a", None)
    assert str(caught.value) == (
        "no outputs are named for the table. Name the columns to predict:"
        " SequenceModel(inputs=..., outputs=...)."
    )


def test_an_array_is_refused_where_a_table_was_learned():
    fitted = ingest(COLUMNS, None, None, "y")
    with pytest.raises(DataError) as caught:
        ingest(np.eye(2), None, fitted.inputs, None)
    assert str(caught.value) == (
        "an array was passed, but the model was trained on a table. Pass a table with the"
        " columns 'a', 'b'."
    )


def test_texts_alone_suit_a_model_of_one_column_of_text():
    fitted = ingest({"t": TEXTS, "y": Y}, None, "t:words", "y")
    again = ingest(TEXTS, None, fitted.inputs, None)
    assert again.table.values == {"t": TEXTS}


def test_the_column_that_orders_the_rows_is_no_input_unless_named():
    table = {"day": [1, 2, 3], "x": [4.0, 5.0, 6.5], "y": [1.5, 2.5, 3.5]}
    assert [c.name for c in ingest(table, None, None, "y", exclude="day").inputs] == ["x"]
    named = ingest(table, None, ["day", "x"], "y", exclude="day").inputs
    assert [c.name for c in named] == ["day", "x"]
