"""Calls run on the fast path as the table says, and all others as stock Keras."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from layer_cases import BACKEND, agree, array, inputs, masks, results, twins

from unrolled.errors import ShapeError
from unrolled.layers import fast_path

has_fast_path = pytest.mark.skipif(BACKEND == "tensorflow", reason="no fast path on TensorFlow")


@pytest.fixture
def calls(monkeypatch):
    """Record the layers that ran on the fast path."""
    layers, original = [], fast_path.runner

    def runner():
        run = original()
        return lambda layer, *rest: layers.append(layer) or run(layer, *rest)

    monkeypatch.setattr(fast_path, "runner", runner)
    return layers


LIMITED = {
    "activation": ("LSTM", {"activation": "relu"}, {}),
    "unroll": ("GRU", {"unroll": True}, {}),
    "recurrent_dropout": ("LSTM", {"recurrent_dropout": 0.3, "seed": 1}, {"training": True}),
    "dropout": ("GRU", {"dropout": 1.0, "seed": 1}, {"training": True}),
    "mask": ("LSTM", {}, {"mask": masks()["holes"][..., None]}),
}
FAST = {
    "plain": ("LSTM", {}, {}),
    "gru": ("GRU", {}, {}),
    "dropout": ("LSTM", {"dropout": 0.4, "seed": 1}, {"training": True}),
    "dropout at rest": ("GRU", {"dropout": 0.4, "recurrent_dropout": 0.2}, {"training": False}),
    "no cudnn": ("LSTM", {"use_cudnn": False}, {}),
}


@has_fast_path
@pytest.mark.parametrize("name", FAST)
def test_runs_fast(name, calls):
    cell, settings, call = FAST[name]
    fast, stock = twins(cell, **settings)
    x, states = inputs(cell)
    got = results(fast, x, states, **call)
    assert calls == [fast]
    agree(got, results(stock, x, states, **call))


@has_fast_path
@pytest.mark.parametrize("name", LIMITED)
def test_runs_as_stock(name, calls):
    if name == "mask" and BACKEND == "torch":
        pytest.skip("stock Keras on torch does not take such a mask")
    cell, settings, call = LIMITED[name]
    fast, stock = twins(cell, **settings)
    x, states = inputs(cell)
    got = results(fast, x, states, **call)
    assert calls == []
    agree(got, results(stock, x, states, **call))


@has_fast_path
@pytest.mark.parametrize("dtype", ["mixed_bfloat16", "bfloat16", "float64"])
def test_other_dtypes_run_as_stock(dtype, calls):
    fast, stock = twins("LSTM", dtype=dtype, recurrent_initializer="glorot_uniform")
    x, _ = inputs("LSTM")
    got, expected = fast(x), stock(x)
    assert calls == []
    assert got.dtype == expected.dtype
    np.testing.assert_array_equal(*(array(keras.ops.cast(v, "float32")) for v in (got, expected)))


@has_fast_path
def test_gru_with_the_reset_gate_before(calls):
    fast, _ = twins("GRU", reset_after=False)
    fast(inputs("GRU")[0])
    assert bool(calls) == (BACKEND == "jax")


def test_use_cudnn_true_is_the_same_error_as_in_stock_keras():
    if BACKEND != "jax":
        pytest.skip("stock Keras on other backends does not refuse it on a CPU")
    fast, stock = twins("LSTM", use_cudnn=True)
    for layer in (fast, stock):
        with pytest.raises(ValueError, match="use_cudnn=True"):
            layer(inputs("LSTM")[0])


@has_fast_path
def test_with_a_mask_and_lengths_a_step_must_be_real_by_both():
    fast, stock = twins("LSTM", return_sequences=True)
    x, _ = inputs("LSTM")
    holes, lengths = masks()["holes"], np.array([5, 7, 2, 4])
    both = holes & (np.arange(7) < lengths[:, None])
    agree(results(fast, x, mask=holes, lengths=lengths), results(stock, x, mask=both))


def test_stock_accepts_lengths_too():
    fast, stock = twins("LSTM", activation="relu", return_sequences=True)
    x, _ = inputs("LSTM")
    mask = masks()["right"]
    agree(results(fast, x, lengths=mask.sum(1)), results(stock, x, mask=mask))


def test_the_initial_state_may_be_a_variable_that_the_call_overwrites():
    """A stateful layer reads its variables and writes them in one call."""
    if BACKEND == "tensorflow":
        pytest.skip("runs as stock Keras")
    fast, stock = twins("LSTM")
    x, _ = inputs("LSTM")
    outs = []
    for layer in (fast, stock):
        twin = type(layer)(5, stateful=True)
        twin.build(x.shape)
        for new, old in zip(twin.trainable_variables, layer.trainable_variables, strict=True):
            new.assign(old)
        twin(x)
        outs.append(array(twin(x)))
    np.testing.assert_allclose(*outs, atol=1e-6)


def test_the_documented_table_is_the_one_in_use():
    page = Path(__file__).parents[2] / "docs" / "layers.md"
    assert fast_path.table() in page.read_text()


def test_table_names_every_limit():
    text = fast_path.table()
    for limit in (*fast_path.LAYER_LIMITS, *fast_path.CALL_LIMITS):
        assert f"| {limit.when} | {limit.why} |" in text


@pytest.mark.parametrize(
    ("lengths", "found"),
    [
        (np.array([3, -1, 2, 7]), "-1 in row 1"),
        (np.array([3, 1, 2.5, 7]), "2.5 in row 2"),
        (np.array([3, 1, np.nan, -2]), "nan in row 2"),
        (np.array([np.inf, 1, 1, -2]), "inf in row 0"),
        ([3, 0, 2, -4], "-4 in row 3"),
    ],
)
def test_lengths_that_are_no_numbers_of_steps_are_refused(lengths, found):
    fast, _ = twins("LSTM")
    x, _ = inputs("LSTM")
    with pytest.raises(ShapeError) as error:
        fast(x, lengths=lengths)
    sentence = (  # Keras puts the arguments of the call around it
        f"lengths has {found} (the first is row 0). A length is the number of real steps of a row,"
        " a whole number from 0 to 7."
    )
    assert sentence in str(error.value)


def test_whole_lengths_are_taken_in_any_type():
    fast, _ = twins("GRU")
    x, _ = inputs("GRU")
    expected = array(fast(x, lengths=np.array([3, 0, 2, 7])))
    for lengths in (np.array([3.0, 0, 2, 7]), [3, 0, 2, 7], np.array([3, 0, 2, 7], "uint8")):
        np.testing.assert_array_equal(array(fast(x, lengths=lengths)), expected)
