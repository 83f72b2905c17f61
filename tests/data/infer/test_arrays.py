import tracemalloc
from typing import Any

import numpy as np
import pandas as pd
import pytest

from unrolled.data.infer.arrays import from_arrays
from unrolled.data.infer.infer_schema import infer_schema
from unrolled.errors import DataError
from unrolled.schema import Column


def refusal(*args: Any, **options: Any) -> str:
    with pytest.raises(DataError) as caught:
        from_arrays(*args, **options)
    return str(caught.value)


def kinds(X: Any, y: Any) -> tuple[str, str]:
    _, (x,), (out,) = from_arrays(X, y)
    return f"{x.kind_name} {x.length} {x.width}", f"{out.kind_name} {out.length} {out.width}"


@pytest.mark.parametrize(
    ("X", "y", "x_is", "y_is"),
    [
        (np.zeros(4), np.arange(4) / 2, "number None 1", "number None 1"),
        (np.zeros((4, 3)), np.ones((4, 2)), "vector None 3", "vector None 2"),
        (np.zeros((4, 5, 3)), np.ones((4, 6, 2)), "numbers 5 3", "numbers 6 2"),
        ([np.zeros((2, 3)), np.zeros((4, 3))], [0.5, 1], "numbers None 3", "number None 1"),
        ([np.zeros(2), np.zeros(2)], [np.ones(2), np.ones(3)], "numbers 2 1", "numbers None 1"),
        ([[1, 2], [3]], [[1.5], [2, 3]], "numbers None 1", "numbers None 1"),
        ([[1, 2], [3, 4]], ["a", "b"], "vector None 2", "category None 1"),
        (np.zeros((4, 3)), [0, 1, 0, 1], "vector None 3", "category None 1"),
        (np.zeros((4, 3)), [0, 1, 2, 3], "vector None 3", "number None 1"),
        (np.zeros((2, 3)), [True, False], "vector None 3", "category None 1"),
        (np.zeros((2, 3, 1)), [["a", "b", "c"], ["d"]], "numbers 3 1", "tokens None 1"),
        (np.zeros((2, 2, 1)), [["a", "b"], ["c", "d"]], "numbers 2 1", "tokens None 1"),
        (pd.DataFrame({"p": [1, 2]}), pd.Series(["a", "b"]), "vector None 1", "category None 1"),
    ],
)
def test_kinds_of_arrays(X: Any, y: Any, x_is: str, y_is: str) -> None:
    assert kinds(X, y) == (x_is, y_is)


def test_labels_keep_their_python_type() -> None:
    table, _, _ = from_arrays(np.zeros((4, 3)), np.array([0, 1, 0, 1]))
    assert [type(label) for label in table.values["y"]] == [int] * 4


def test_a_big_array_is_not_copied() -> None:
    X = np.zeros((10000, 336, 7), dtype=np.float32)
    tracemalloc.start()
    try:
        table, _, _ = from_arrays(X, np.arange(10000) / 2)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < X.nbytes / 2  # the mask of infinite numbers alone has a quarter of it
    assert np.shares_memory(table.values["x"][0], X)


def test_shapes_of_arrays() -> None:
    table, inputs, outputs = from_arrays(np.zeros((4, 5, 3)), np.ones((4, 5, 1)))
    assert infer_schema(table, inputs, outputs).shape == "aligned"
    table, inputs, outputs = from_arrays(np.zeros((4, 5, 3)), np.ones((4, 2, 1)))
    assert infer_schema(table, inputs, outputs).shape == "unaligned"


def test_missing_numbers_may_go_in_and_come_out() -> None:
    table, _, outputs = from_arrays([[1, np.nan], [2, 3]])
    assert outputs == ()
    np.testing.assert_equal(table.values["x"], [[1, np.nan], [2, 3]])
    table, _, (y,) = from_arrays([[1], [2]], [1.5, np.nan])
    assert y.kind == "number"
    np.testing.assert_equal(table.values["y"], [1.5, np.nan])
    ragged = [np.ones((1, 2)), np.array([[1, 2], [3, np.nan]])]
    table, _, (y,) = from_arrays(np.ones((2, 2)), ragged)
    np.testing.assert_equal(table.values["y"][1], ragged[1])
    table, _, (y,) = from_arrays(np.ones((2, 2)), np.array(["a", None], dtype=object))
    assert table.values["y"].tolist() == ["a", None]


@pytest.mark.parametrize(
    ("y", "kind", "width", "first"),
    [
        ([0.0, 1.0] * 3, "category", 1, 0.0),
        ([np.nan, 1.0, 0.0, 0.0, 1.0], "category", 1, None),
        ([np.nan, 1.0, 2.0, 2.0, 1.0], "category", 1, None),
        ([None, 1, 0, 1, 0], "category", 1, None),
        ([None, True, False], "category", 1, None),
        (["", "0", "1"], "category", 1, None),
        (pd.Series([pd.NA, 1, 0, 1, 0], dtype="Int64"), "category", 1, None),
        (pd.Series([pd.NA, True, False], dtype="boolean"), "category", 1, None),
        (pd.Series(["a", None, "b"], dtype="category"), "category", 1, "a"),
        ([0.0, 1.0, 0.5, 1.0], "number", 1, 0.0),
        ([0.0, 2.0] * 3, "number", 1, 0.0),
        ([[1, 0, 1], [0, 1, 1]], "labels", 3, [1, 0, 1]),
        ([[True, False], [True, True]], "labels", 2, [1, 0]),
        ([[1.0], [0.0]], "labels", 1, [1]),
        (np.eye(3)[[2, 0, 1]], "category", 3, 2),
        (np.eye(2, dtype=bool), "category", 2, 0),
        ([[1, 2], [0, 1]], "vector", 2, [1, 2]),
        (np.zeros((3, 2)), "vector", 2, [0, 0]),
        ([["a", None], ["b", "c"]], "tokens", 1, ["a", None]),
        ([["a", None, "d"], ["b", "c"]], "tokens", 1, ["a", None, "d"]),
    ],
)
def test_labels_are_recognised_in_every_type(y: Any, kind: str, width: int, first: Any) -> None:
    table, _, (column,) = from_arrays(np.zeros((len(y), 4)), y)
    assert (column.kind, column.width) == (kind, width)
    value = table.values["y"][0]
    np.testing.assert_equal(value.tolist() if isinstance(value, np.ndarray) else value, first)


def test_numbers_that_look_like_labels_can_be_stated() -> None:
    X, hot = np.zeros((4, 2)), np.array([[0, 1], [1, 0]] * 2)
    for y, stated, width in ((hot, "vector", 2), (hot, "labels", 2), ([0, 1, 0, 1], "number", 1)):
        _, _, (column,) = from_arrays(X, y, stated=stated)
        assert (column.kind, column.width) == (stated, width)
    with pytest.raises(DataError, match=r"row 1: \[0, 0\] is not one-hot: each row needs"):
        from_arrays(X, np.zeros((4, 2)), stated="category")
    with pytest.raises(DataError, match="row 1: the value 2 at place 1 is not 0 or 1"):
        from_arrays(X, np.full((4, 2), 2.0), stated="labels")


@pytest.mark.parametrize(
    ("X", "message"),
    [
        (
            np.array([[[1.0], [np.inf]]]),
            "X[0, 1, 0] is infinite. Correct it, or leave the row out.",
        ),
        (
            [np.ones((2, 1)), np.array([1, -np.inf])],
            "X[1, 1] is infinite. Correct it, or leave the row out.",
        ),
        (
            np.zeros((1, 2, 3, 4)),
            "X has 4 axes, but only 1 to 3 can be used: (b,), (b f) or (b t f), written `b t"
            " f` (batch, step, value). Reshape it.",
        ),
        (
            np.array(1.0),
            "X has 0 axes, but only 1 to 3 can be used: (b,), (b f) or (b t f), written `b t"
            " f` (batch, step, value). Reshape it.",
        ),
        (
            np.zeros((3, 0, 2)),
            "X has the shape (3, 0, 2): an axis is empty. Give it values.",
        ),
        (
            np.array([None, 1], dtype=object),
            "X is an array of type object, but only numbers can be used, with the axes `b t"
            " f`. Make it a list of arrays (t, f) if the rows have different lengths.",
        ),
        (
            ["good", "bad"],
            "X holds text, but arrays can hold only numbers. Put text into a table of named"
            " columns, such as {'text': [...], 'label': [...]}, and name its inputs and outputs.",
        ),
        (
            [np.zeros((2, 2)), np.zeros((0, 2))],
            "X, row 2: the sequence is empty. Give it at least one step, or leave the row out.",
        ),
        (
            [np.zeros((2, 2)), np.zeros((3, 1))],
            "X, row 2: a step has 1 numbers, but the rows before it have 2 in each step."
            " Correct the row.",
        ),
        (
            [np.zeros((2, 2)), np.zeros((3, 1, 1))],
            "X, row 2 has 3 axes. A row is an array (t, f) or (t,): steps first, then the"
            " numbers of a step.",
        ),
        (
            [np.zeros((3, 2)), np.zeros((3, 4))],
            "the axes of X look swapped: every row has 3 on its first axis and different"
            " numbers on its second. Rows are (t, f), steps first. Transpose each row.",
        ),
    ],
)
def test_refusals(X: Any, message: str) -> None:
    assert refusal(X) == message


def test_lengths_and_labels_that_do_not_fit() -> None:
    assert refusal(np.zeros((3, 2)), [1, 2]) == (
        "X has 3 rows and y has 2. Give one row of y for each row of X; rows are the first"
        " axis of both."
    )
    assert refusal(np.zeros((2, 2)), np.array(["a", object], dtype=object)) == (
        "y, row 2: <class 'object'> in an object array is not a label, which is text or a number."
        " Correct it, or give an array of numbers."
    )
    assert refusal(np.zeros((2, 2)), [["a"], []]).startswith("y, row 2: the sequence is empty")


def test_swapped_axes_are_refused_only_without_doubt() -> None:
    X = np.zeros((9, 3, 24))
    assert refusal(X, np.ones((9, 24, 1))) == (
        "the axes of X look swapped: X is (9, 3, 24) and y has 24 steps. X is `b t f`, steps"
        " before features. Pass X.transpose(0, 2, 1), or list(X) if it does have 3 steps."
    )
    from_arrays(list(X), np.ones((9, 24, 1)))
    from_arrays(X, np.ones((9, 3, 1)))
    from_arrays(X, np.ones((9, 12, 1)))
    from_arrays(np.zeros((9, 24, 7)), np.ones((9, 7, 7)))


def test_arrays_must_be_of_the_kind_that_was_trained_on() -> None:
    expected = [Column(name="x", kind="vector", width=3), Column(name="y", kind="category")]
    assert refusal(np.zeros((2, 4)), expected=expected) == (
        "X is (b 4), but the model was trained on (b 3). Give X the axes of the training data."
    )
    _, _, (y,) = from_arrays(np.zeros((2, 3)), [7, 8], expected=expected)
    assert y.kind == "category"
    number = [expected[0], Column(name="y", kind="number")]
    _, _, (y,) = from_arrays(np.zeros((4, 3)), [1, 1, 1, 1], expected=number)
    assert y.kind == "number"
