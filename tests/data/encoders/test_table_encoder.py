"""From a table to the network's arrays: joined, named and checked."""

import numpy as np
import pytest

from unrolled.data.batches import batch_inputs, validation_batches
from unrolled.data.encoders.table_encoder import RESERVED, TableEncoder, unique_identifiers
from unrolled.data.formats.read import read
from unrolled.data.infer.columns import infer_table
from unrolled.data.infer.infer_schema import infer_schema
from unrolled.data.tables.table import make_table
from unrolled.errors import DataError


def fit_encoder(columns, inputs, outputs, *, stated=None):
    """Return an encoding fitted on all rows, and the table."""
    frame = read(columns)
    values, into, out = infer_table(frame, inputs, outputs, stated=stated)
    return TableEncoder.fit(infer_schema(values, into, out), values), values


def arrays(encoder, values):
    examples = encoder.encode(values, targets=False)
    (batch,) = validation_batches(examples)
    return batch_inputs(examples, batch)


def test_inputs_of_both_sides_are_joined_along_the_steps():
    encoder, values = fit_encoder(
        {
            "s": [[1.0, 3.0], [1.0], [3.0]],
            "a": [0.0, 1.0, 2.0],
            "c": ["p", "q", "p"],
            "y": [1.0, 2.0, 4.0],
        },
        ["s", "a", "c"],
        ["y"],
    )
    x = arrays(encoder, values)["x"]
    a = np.array([-1.5, 0.0, 1.5]) / np.std([-1.5, 0.0, 1.5])
    np.testing.assert_allclose(x[0, :2], [[-1, a[0], 1, 0], [1, a[0], 1, 0]], atol=1e-6)
    np.testing.assert_allclose(x[1, 0], [-1, a[1], 0, 1], atol=1e-6)
    assert not x[1, 1:].any()


def test_ids_go_in_under_names_of_their_own():
    many = [f"c{i}" for i in range(40)]
    encoder, values = fit_encoder(
        {"x": many, "mask": [["a", "b"]] * 40, "y": range(40)},
        ["x", "mask"],
        ["y"],
        stated={"x": "category"},
    )
    inputs_by_name = arrays(encoder, values)
    assert {name: array.dtype.kind for name, array in inputs_by_name.items()} == {
        "x_": "i",
        "mask_": "i",
    }
    assert encoder.sizes == {"x_": 41, "mask_": 4, "y": 1}


@pytest.mark.parametrize(
    ("names", "plain"),
    [
        (["x", "mask", "h"], ["x_", "mask_", "h_"]),
        (["1st", "été", ""], ["_1st", "_t_", "_"]),
        (["a b", "a-b", "a_b"], ["a_b", "a_b_", "a_b__"]),
        (["class", "None"], ["class_", "None_"]),
    ],
)
def test_identifiers_are_plain_and_differ(names, plain):
    assert list(unique_identifiers(names).values()) == plain
    assert not RESERVED & set(plain)


def test_sequences_of_differing_length_in_a_row_are_refused_when_predicting():
    encoder, _ = fit_encoder(
        {"a": [[1.0], [2.0, 3.0]], "b": [[1.0], [2.0, 3.0]], "y": [1.0, 2.0]}, ["a", "b"], ["y"]
    )
    crossed = read({"a": [[1.0, 2.0], [1.0]], "b": [[1.0], [2.0, 3.0]]})
    with pytest.raises(DataError) as caught:
        encoder.encode(make_table(crossed, encoder.schema.inputs), targets=False)
    assert str(caught.value) == (
        "row 1: 'a' has 2 steps and 'b' has 1. They had the same number of steps in every row of"
        " the training data. Correct the row."
    )


def test_inputs_with_steps_of_their_own_are_encoded_by_group():
    columns = {
        "a": [[1.0], [2.0, 3.0]],
        "b": [["u", "v"], ["w"]],
        "k": [1.0, 5.0],
        "x_2": [[4.0, 4.0, 1.0], [4.0, 0.0]],
        "y": [1.0, 2.0],
    }
    encoder, values = fit_encoder(columns, ["a", "b", "k", "x_2"], ["y"])
    second, third = encoder.further_groups
    assert (second.number, second.t, second.values, second.inputs) == (2, None, 1, ("b",))
    assert (third.number, third.values, third.inputs) == (3, 2, ())
    assert encoder.tensor_names["x_2"] == "x_2_"  # the network has an input of this name
    assert (encoder.values, encoder.ragged, encoder.can_use_linear_branch) == (2, True, False)
    examples = encoder.encode(values, targets=True)
    shapes = {name: column.flat.shape for name, column in examples.inputs.items()}
    assert shapes == {"x": (3, 2), "x_2": (3, 1), "b": (3,), "x_3": (5, 2)}
    assert [(g.inputs, g.mask, g.lengths.tolist()) for g in examples.groups] == [
        (("x_2", "b"), "mask_2", [2, 1]),
        (("x_3",), "mask_3", [3, 2]),
    ]
    one = examples.take(np.array([1]))
    assert [one.lengths.tolist(), *(g.lengths.tolist() for g in one.groups)] == [[2], [1], [2]]
    assert one.input_lengths(0) == [2, 1, 2]


def test_a_row_of_another_length_is_refused_where_all_had_one():
    encoder, _ = fit_encoder({"a": [[[1.0], [2.0]]] * 3, "y": [1.0, 2.0, 3.0]}, ["a"], ["y"])
    longer = read({"a": [[[1.0], [2.0]], [[1.0], [2.0], [3.0]]]})
    with pytest.raises(DataError) as caught:
        encoder.encode(make_table(longer, encoder.schema.inputs), targets=False)
    assert str(caught.value) == (
        "row 2 has 3 steps, but every row of the training data has 2. Cut or fill the row, or"
        " train on rows of different lengths."
    )


def test_numbers_whose_count_nothing_says_have_the_steps_of_the_longest_row():
    columns = {"a": [[1.0], [2.0, 3.0], [1.0, 2.0]], "y": [[1.0], [2.0, 3.0], [4.0]]}
    encoder, values = fit_encoder(columns, ["a"], ["y"])
    assert (encoder.schema.shape, encoder.steps_out) == ("unaligned", 2)
    assert encoder.schema.outputs[0].length is None  # so that a decoder ends its rows itself
    targets = encoder.encode(values, targets=True).targets["y"]
    assert targets.lengths.tolist() == [1, 2, 1]


def test_output_steps_are_those_of_the_longest_row_with_its_end_mark():
    encoder, _ = fit_encoder(
        {"a": [1.0, 2.0, 3.0], "y": ["ab", "c", "abcd"]}, ["a"], ["y"], stated={"y": "characters"}
    )
    assert (encoder.schema.shape, encoder.steps_out) == ("one-to-many", 5)


def test_outputs_are_not_looked_at_when_predicting():
    encoder, values = fit_encoder({"a": [1.0, 2.0], "y": [1.0, 2.0]}, ["a"], ["y"])
    del values.values["y"]
    assert encoder.encode(values, targets=False).targets == {}
