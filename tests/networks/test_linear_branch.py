"""The linear map beside a recurrence: what it is given of a row's numbers, and what it adds."""

import numpy as np
import pytest

from unrolled.backend import keras
from unrolled.networks import NetworkSpec, build, build_bundle
from unrolled.networks.linear_branch import summarize_numbers
from unrolled.settings import Network

B, T, F, OUT = 3, 5, 2, 4
LENGTHS = [5, 1, 3]
X = np.random.default_rng(0).normal(size=(B, T, F)).astype("float32")
MASK = np.arange(T) < np.array(LENGTHS)[:, None]
RAGGED = NetworkSpec(
    "many-to-one", values=F, ragged=True, linear_numbers=True, heads={"y": OUT}, labels=("y",)
)


def summed_up(row):
    return np.concatenate([row.mean(0), row.std(0), row.min(0), row.max(0), row[0], row[-1]])  # 6f


@pytest.mark.slow
@pytest.mark.parametrize("garbage", [0.0, 7.0, -9.0])
def test_rows_of_different_lengths_are_summed_up_by_their_real_steps(garbage):
    x, mask = keras.Input((None, F)), keras.Input((None,), dtype="bool")
    model = keras.Model([x, mask], summarize_numbers(x, mask))
    said = model.predict_on_batch([np.where(MASK[..., None], X, garbage), MASK])
    wanted = [summed_up(row[:length]) for row, length in zip(X, LENGTHS, strict=True)]
    np.testing.assert_allclose(said, wanted, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("steps", "wanted"), [(T, X.reshape(B, -1)), (None, list(map(summed_up, X)))]
)
def test_rows_of_one_length_are_given_as_they_are_if_it_is_known(steps, wanted):
    x = keras.Input((steps, F))
    said = keras.Model(x, summarize_numbers(x, None)).predict_on_batch(X)
    np.testing.assert_allclose(said, wanted, rtol=1e-4, atol=1e-4)


def test_long_rows_are_summed_up():
    x = keras.Input((3000, F))
    assert summarize_numbers(x, None).shape == (None, 6 * F)


def test_it_is_nothing_at_first_and_then_adds_the_product():
    made = build_bundle(RAGGED, Network(units=4))
    given = {"x": X, "mask": MASK}
    before = made.recurrence.predict_on_batch(given)
    np.testing.assert_allclose(made.model.predict_on_batch(given), before, atol=1e-6)
    weights = np.random.default_rng(1).normal(size=(6 * F, OUT)).astype("float32")
    made.linear_branches[0]["y"].numbers.set_weights([weights])
    rows = [summed_up(row[:length]) for row, length in zip(X, LENGTHS, strict=True)]
    wanted = before + np.array(rows) @ weights
    np.testing.assert_allclose(made.model.predict_on_batch(given), wanted, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize(
    ("sizes", "there"),
    [
        ({}, True),
        ({"heads": {"y": 101}}, False),
        ({"labels": ()}, False),
        ({"linear_numbers": False}, False),
    ],
    ids=str,
)
def test_it_is_there_for_a_few_labels_alone(sizes, there):
    plain = {"values": F, "t": T, "linear_numbers": True, "heads": {"y": OUT}, "labels": ("y",)}
    spec = NetworkSpec("many-to-one", **plain | sizes)
    assert bool(build_bundle(spec, Network(units=4)).linear_branches) == there
    assert len(build(spec, Network(units=4)).get_weights()) == 8 + there
