"""Configs, weights and saved models are those of Keras: fast and stock are interchangeable."""

from __future__ import annotations

import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from layer_cases import PAIRS, array, inputs

SETTINGS = {"return_sequences": True, "dropout": 0.1, "zero_output_for_mask": True, "name": "a"}


def network(layer):
    x = keras.Input((7, 3))
    y = keras.layers.Bidirectional(layer)(keras.layers.Masking()(x))
    return keras.Model(x, keras.layers.Dense(2)(y))


@pytest.mark.parametrize("cell", PAIRS)
def test_the_config_is_stock(cell):
    fast, stock = (kind(5, **SETTINGS) for kind in PAIRS[cell])
    assert fast.get_config() == stock.get_config()
    assert [w.path for w in _built(fast).weights] == [w.path for w in _built(stock).weights]


@pytest.mark.parametrize("cell", PAIRS)
def test_weights_swap_both_ways(cell, tmp_path):
    fast, stock = (network(kind(5, name="a")) for kind in PAIRS[cell])
    x, _ = inputs(cell)
    for giver, taker in ((fast, stock), (stock, fast)):
        giver.set_weights([w + 0.01 for w in giver.get_weights()])
        giver.save_weights(tmp_path / "a.weights.h5")
        taker.load_weights(tmp_path / "a.weights.h5")
        np.testing.assert_allclose(array(giver(x)), array(taker(x)), atol=1e-6)


@pytest.mark.parametrize("cell", PAIRS)
def test_a_saved_model_loads_in_safe_mode(cell, tmp_path):
    model = network(PAIRS[cell][0](5))
    x, _ = inputs(cell)
    model.save(tmp_path / "m.keras")
    loaded = keras.models.load_model(tmp_path / "m.keras", safe_mode=True)
    assert type(loaded.layers[2].forward_layer) is PAIRS[cell][0]
    np.testing.assert_allclose(array(loaded(x)), array(model(x)), atol=1e-6)


@pytest.mark.slow
def test_a_saved_model_loads_without_this_package(tmp_path):
    model = network(PAIRS["LSTM"][0](5))
    x, _ = inputs("LSTM")
    model.save(tmp_path / "m.keras")
    np.save(tmp_path / "x.npy", x)
    code = """
import sys, keras, numpy as np
stock = {"unrolled>LSTM": keras.layers.LSTM}
model = keras.models.load_model(sys.argv[1] + "/m.keras", custom_objects=stock)
assert type(model.layers[2].forward_layer) is keras.layers.LSTM
np.save(sys.argv[1] + "/y.npy", keras.ops.convert_to_numpy(model(np.load(sys.argv[1] + "/x.npy"))))
assert "unrolled" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, env=os.environ)
    np.testing.assert_allclose(np.load(tmp_path / "y.npy"), array(model(x)), atol=1e-6)


@pytest.mark.slow
def test_a_saved_model_loads_after_the_line_that_the_documentation_names(tmp_path):
    network(PAIRS["LSTM"][0](5)).save(tmp_path / "m.keras")
    code = """
import sys, keras
try:
    keras.saving.load_model(sys.argv[1] + "/m.keras")
except TypeError as error:
    assert "Could not locate class 'LSTM'" in str(error), error
    assert "are all imported" in str(error), error
    assert "'module': 'unrolled.layers.lstm'" in str(error), error
else:
    raise AssertionError("Keras finds the layer by itself: docs/layers.md may say so")
import unrolled.layers
model = keras.saving.load_model(sys.argv[1] + "/m.keras")
assert type(model.layers[2].forward_layer) is unrolled.layers.LSTM
"""
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, env=os.environ)


def _built(layer):
    layer.build((None, 7, 3))
    return layer
