"""For random sizes and flags the fast layers follow the rules of Keras, written in NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from layer_cases import BACKEND, PAIRS, array, inputs, twins

sizes = st.fixed_dictionaries(
    {
        "b": st.integers(1, 5),
        "t": st.integers(1, 9),
        "f": st.sampled_from([1, 2, 5, 17]),
        "units": st.sampled_from([1, 3, 7, 8, 65]),
        "back": st.booleans(),
        "zero": st.booleans(),
        "seed": st.integers(0, 99),
    }
)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def lstm_step(x, h, c, w, u, bias):
    i, f, g, o = np.split(x @ w + h @ u + bias, 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def gru_step(x, h, w, u, bias):
    (xz, xr, xh), (hz, hr, hh) = np.split(x @ w + bias[0], 3), np.split(h @ u + bias[1], 3)
    z, r = sigmoid(xz + hz), sigmoid(xr + hr)
    return (z * h + (1 - z) * np.tanh(xh + r * hh),)


def by_hand(step, x, mask, weights, back, zero):
    """Keras' rules for one row after the other in float64, from a state of zeros."""
    rows = []
    for row, real in zip(x.astype("float64"), mask, strict=True):
        h = weights[1].shape[0]
        state, out = [np.zeros(h)] * (2 if step is lstm_step else 1), []
        for t in reversed(range(len(row))) if back else range(len(row)):
            if real[t]:
                state = list(step(row[t], *state, *weights))
            out.append(state[0] if real[t] or not zero else np.zeros(h))
        rows.append([np.stack(out), *state])
    return [np.stack(part) for part in zip(*rows, strict=True)]


@pytest.mark.parametrize("cell", PAIRS)
@given(size=sizes)
@settings(
    max_examples=5 if BACKEND == "jax" else 15,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
def test_sizes_flags_and_masks(cell, size):
    draw = np.random.default_rng(size["seed"])
    x, _ = inputs(cell, size["b"], size["t"], size["f"])
    fast, _ = twins(
        cell,
        size["f"],
        units=size["units"],
        return_sequences=True,
        return_state=True,
        go_backwards=size["back"],
        zero_output_for_mask=size["zero"],
    )
    mask = draw.random(x.shape[:2]) < 0.6
    lengths = draw.integers(0, size["t"] + 1, size["b"])
    right = np.arange(size["t"]) < lengths[:, None]
    weights = [w.astype("float64") for w in fast.get_weights()]
    step = lstm_step if cell == "LSTM" else gru_step
    for call, real in (({"mask": mask}, mask), ({"lengths": lengths}, right)):
        got = [array(v) for v in fast(x, **call)]
        expected = by_hand(step, x, real, weights, size["back"], size["zero"])
        for one, other in zip(got, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("cell", PAIRS)
def test_padding_and_its_content_never_matter(cell):
    x, _ = inputs(cell)
    fast, _ = twins(cell)
    if BACKEND == "tensorflow":
        pytest.skip("runs as stock Keras")
    lengths = np.array([4, 2, 0, 3])
    dirty = np.where((np.arange(x.shape[1]) < lengths[:, None])[..., None], x, np.nan)
    short, long = fast(x[:, :4], lengths=lengths), fast(dirty, lengths=lengths)
    np.testing.assert_allclose(array(short), array(long), atol=1e-6)


@pytest.mark.parametrize("cell", PAIRS)
def test_the_order_of_the_batch_never_matters(cell):
    x, _ = inputs(cell)
    fast, _ = twins(cell, return_sequences=True)
    lengths, order = np.array([7, 2, 0, 3]), np.array([2, 0, 3, 1])
    here = array(fast(x, lengths=lengths))[order]
    there = array(fast(x[order], lengths=lengths[order]))
    np.testing.assert_allclose(here, there, atol=1e-6)
