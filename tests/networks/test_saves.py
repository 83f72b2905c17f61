"""Every network is saved and loaded by Keras alone, in its safe mode."""

import json

import numpy as np
import pytest

from unrolled.backend import keras as import_keras
from unrolled.networks import ARCHITECTURES, Ports, build
from unrolled.settings import Network
from unrolled.shapes import FACTS

keras = import_keras()


def network_of(row, **settings):
    many = FACTS[row.shape].inputs == "many"
    u = 2 if row.shape in ("one-to-many", "unaligned") else None
    ports = Ports(row.shape, t=4 if many else None, u=u, values=3)
    x = np.random.default_rng(0).normal(size=(5, 4, 3) if many else (5, 3))
    return build(ports, Network(architecture=row.name, units=4, **settings)), x


@pytest.mark.parametrize("row", ARCHITECTURES, ids=lambda row: f"{row.shape} {row.name}")
def test_a_saved_network_loads_in_safe_mode_and_says_the_same(row, tmp_path):
    settings = {} if row.name == "dense" else {"bidirectional": True, "cell": "gru"}
    network, x = network_of(row, layers=2, dropout=0.1, **settings)
    network.save(tmp_path / "network.keras")
    loaded = keras.models.load_model(tmp_path / "network.keras")
    np.testing.assert_array_equal(loaded.predict_on_batch(x), network.predict_on_batch(x))


@pytest.mark.parametrize("row", ARCHITECTURES, ids=lambda row: f"{row.shape} {row.name}")
def test_a_network_is_made_of_stock_layers_and_their_drop_ins_without_lambda(row):
    network, _ = network_of(row)
    config = json.loads(network.to_json())
    for layer in config["config"]["layers"]:
        assert layer["module"].startswith(("keras.layers", "keras.src.ops.", "unrolled.layers."))
        assert layer["class_name"] != "Lambda"
        assert layer["registered_name"] in (None, "GetItem", "unrolled>LSTM", "unrolled>GRU")


def test_embedded_inputs_and_several_heads_survive(tmp_path):
    ports = Ports(
        "aligned", values=2, embedded={"word": 9}, heads={"tag": 3, "word": 1}, ragged=True
    )
    network = build(ports, Network(units=4))
    x = {
        "x": np.ones((2, 5, 2), "float32"),
        "word": np.arange(10).reshape(2, 5) % 9,
        "mask": np.arange(5) < np.array([[3], [5]]),
    }
    network.save(tmp_path / "network.keras")
    loaded = keras.models.load_model(tmp_path / "network.keras")
    ours, theirs = network.predict_on_batch(x), loaded.predict_on_batch(x)
    assert set(ours) == set(theirs) == {"tag", "word"}
    for name in ours:
        np.testing.assert_array_equal(theirs[name], ours[name])
