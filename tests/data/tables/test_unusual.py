"""What a person is told about the training part, and about rows that are unlike it."""

import json
from typing import Any

import numpy as np
import pytest

from unrolled.data.encoders.encoder import encoder_from_dict
from unrolled.data.encoders.labels import Labels
from unrolled.data.encoders.scaler import Scaler
from unrolled.schema import Column

NUMBER, CURVES = Column(name="a", kind="number"), Column(name="a", kind="numbers")
VECTOR = Column(name="a", kind="vector", width=2)


def saved(encoder: Any) -> Any:
    return encoder_from_dict(json.loads(json.dumps(encoder.to_dict())))


def test_numbers_far_outside_the_training_part() -> None:
    scaler = saved(Scaler(NUMBER).fit(np.arange(20.0)))
    assert scaler.describe_new(np.array([19.0, 70.0, -35.0, np.nan])) == []
    assert scaler.describe_new(np.array([5.0, np.nan, 1e6, -1e9])) == [
        "the numbers of `a` were 0 to 19 in the training part. 2 of 4 rows are far outside, such as"
        " 1e+06 in row 3: their predictions are a guess."
    ]
    steps = Scaler(CURVES).fit([np.arange(9.0)[:, None], np.zeros((1, 1))])
    assert steps.describe_new([np.ones((2, 1)), np.array([[1.0], [500.0]])]) == [
        "the numbers of `a` were 0 to 8 in the training part. 1 of 2 rows is far outside, such as"
        " 500 in row 2: its prediction is a guess."
    ]
    facts = scaler.to_dict()
    del facts["range"]  # a model that was saved before
    assert encoder_from_dict(facts).describe_new(np.array([1e6])) == []


def test_a_number_that_was_constant_changes_nothing_and_this_is_said() -> None:
    scaler = saved(Scaler(VECTOR).fit(np.array([[3.0, 1.0], [3.0, 2.0]])))
    assert scaler.describe_new(np.array([[3.0, 1.0], [np.nan, 2.0]])) == []
    assert scaler.describe_new(np.array([[3.0, 1.0], [10.0, 2.0]])) == [
        "`a` was 3 in all of the training part, so that another number, such as 10 in row 2,"
        " changes no prediction."
    ]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([*range(50), 1e300], True),
        ([*range(50), -1e9, np.nan], True),
        ([*np.linspace(-1e-9, 1e-9, 30), 7.0], True),
        ([*range(50), 5000], False),
        ([0.0] * 99 + [1.0], False),
        ([0.0] * 99, False),
        ([1.0, 2.0, 1e300], False),  # too few to tell
        (np.exp(3 * np.random.default_rng(0).normal(size=5000)), False),
    ],
)
def test_one_number_that_dominates_a_column(values: Any, expected: bool) -> None:
    numbers = np.array(values, dtype=np.float64)
    sentences = Scaler(NUMBER).describe_training(numbers)
    assert bool(sentences) == expected
    assert Scaler(VECTOR).describe_training(np.stack([numbers, numbers], axis=1)) == sentences


def test_labels_none_of_which_is_known() -> None:
    labels = saved(Labels(Column(name="a", kind="category")).fit(["x", "y"]))
    assert labels.describe_new(["x", "z"]) == labels.describe_new([None]) == []
    assert labels.describe_new(["u", None, "v", "u"]) == [
        "none of the labels of `a` was in the training part, so that they tell the network nothing."
        " They are 'u', 'v'; in the training part they were 'x', 'y'."
    ]
