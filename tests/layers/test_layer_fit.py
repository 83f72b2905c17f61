"""Training steps with the fast layers equal those with stock layers."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from layer_cases import PAIRS, array

import unrolled.layers


def network(kind, cell, dropout):
    steps = keras.Input((None,), dtype="int32")
    x = keras.layers.Embedding(12, 6, mask_zero=True)(steps)
    x = getattr(kind, cell)(8, return_sequences=True, dropout=dropout, seed=3)(x)
    x = keras.layers.Bidirectional(getattr(kind, cell)(6))(x)
    model = keras.Model(steps, keras.layers.Dense(1)(x))
    model.compile(keras.optimizers.Adam(0.05), "mse")
    return model


@pytest.mark.slow
@pytest.mark.parametrize(("cell", "dropout"), [("LSTM", 0.3), ("GRU", 0.0)])
def test_some_steps_are_equal(cell, dropout):
    draw = np.random.default_rng(0)
    steps = draw.integers(1, 12, (16, 9)) * (np.arange(9) < draw.integers(1, 10, 16)[:, None])
    y = steps.sum(1, keepdims=True) / 50
    models = [network(kind, cell, dropout) for kind in (unrolled.layers, keras.layers)]
    models[0].set_weights(models[1].get_weights())
    losses = []
    for model in models:
        history = model.fit(steps, y, batch_size=8, epochs=3, verbose=0, shuffle=False)
        losses.append(history.history["loss"])
    assert losses[0][2] < losses[0][0]
    np.testing.assert_allclose(*losses, rtol=1e-4)
    for one, other in zip(*(m.get_weights() for m in models), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize("cell", PAIRS)
def test_lengths_are_an_input_of_a_functional_model(cell):
    x, lengths = keras.Input((None, 3)), keras.Input((), dtype="int32")
    fast = getattr(unrolled.layers, cell)(4)
    model = keras.Model([x, lengths], fast(x, lengths=lengths))
    model.compile("sgd", "mse")
    values = np.random.default_rng(0).normal(size=(4, 6, 3)).astype("float32")
    sizes = np.array([6, 1, 3, 0], "int32")
    got = model.predict([values, sizes], verbose=0)
    stock = getattr(keras.layers, cell)(4)
    stock.build(values.shape)
    stock.set_weights(fast.get_weights())
    expected = stock(values, mask=np.arange(6) < sizes[:, None])
    np.testing.assert_allclose(got, array(expected), atol=1e-6)
    assert np.isfinite(model.fit([values, sizes], got, verbose=0).history["loss"]).all()
