"""Every network is saved and loaded by Keras alone, in its safe mode."""

import json

import numpy as np
import pytest

from unrolled.backend import keras
from unrolled.networks import ARCHITECTURES, PREVIOUS, NetworkSpec, build, build_bundle
from unrolled.settings import Network
from unrolled.shapes import FACTS

each = pytest.mark.parametrize("row", ARCHITECTURES, ids=lambda row: f"{row.shape} {row.title}")


def network_of(row, **settings):
    many = FACTS[row.shape].inputs == "many"
    u = 2 if row.shape in ("one-to-many", "unaligned") else None
    spec = NetworkSpec(row.shape, t=4 if many else None, u=u, values=3)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(5, 4, 3) if many else (5, 3))
    if row.name == "decoder":
        x = {"x": x, PREVIOUS: rng.normal(size=(5, 2, 1))}
    return build(spec, Network(**row.settings, units=4, **settings)), x


@pytest.mark.representatives(4)
@each
def test_a_saved_network_loads_in_safe_mode_and_says_the_same(row, tmp_path):
    settings = {} if row.name == "dense" else {"cell": "gru"}
    if row.name != "dense" and (row.shape, row.name) != ("one-to-many", "decoder"):
        settings["bidirectional"] = True  # those two have nothing to read both ways
    network, x = network_of(row, layers=2, dropout=0.1, **settings)
    network.save(tmp_path / "network.keras")
    loaded = keras.models.load_model(tmp_path / "network.keras")
    np.testing.assert_array_equal(loaded.predict_on_batch(x), network.predict_on_batch(x))


@each
def test_a_network_is_made_of_stock_layers_and_their_drop_ins_without_lambda(row):
    network, _ = network_of(row)
    config = json.loads(network.to_json())
    for layer in config["config"]["layers"]:
        assert layer["module"].startswith(("keras.layers", "keras.src.ops.", "unrolled.layers."))
        assert layer["class_name"] != "Lambda"
        assert layer["registered_name"] in (None, "GetItem", "unrolled>LSTM", "unrolled>GRU")


def test_embedded_inputs_and_several_heads_survive(tmp_path):
    spec = NetworkSpec(
        "aligned", values=2, embedded={"word": 9}, heads={"tag": 3, "word": 1}, ragged=True
    )
    network = build(spec, Network(units=4))
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


def same(said, expected):
    """Compare what two networks say, however it is nested."""
    pairs = zip(keras.tree.flatten(said), keras.tree.flatten(expected), strict=True)
    for one, other in pairs:
        np.testing.assert_array_equal(one, other)


@pytest.mark.slow
@pytest.mark.parametrize("shape", ["one-to-many", "unaligned"])
@pytest.mark.parametrize("says", [{"tokens": True}, {"stops": True}], ids=str)
def test_every_face_of_a_decoder_loads_by_itself_and_says_the_same(shape, says, tmp_path):
    many = shape == "unaligned"
    spec = NetworkSpec(shape, u=2, values=3, heads={"y": 6}, ragged=many, **says)
    built = build_bundle(spec, Network(architecture="decoder", units=4, layers=2, dropout=0.1))
    rng = np.random.default_rng(0)
    x = rng.normal(size=(5, 4, 3) if many else (5, 3))
    inputs = {"x": x, "mask": np.arange(4) < np.array([[4], [1], [3], [2], [4]])} if many else x
    previous = np.arange(10).reshape(5, 2) % 6 if "tokens" in says else rng.normal(size=(5, 2, 6))
    whole = {**(inputs if many else {"x": inputs}), PREVIOUS: previous}
    state = built.encode.predict_on_batch(inputs)
    asked = {
        "model": whole,
        "encode": inputs,
        "step": {PREVIOUS: previous[:, :1], **state},
        "attend": whole,
    }
    for name in asked if many else ("model", "encode", "step"):
        face = getattr(built, name)
        face.save(tmp_path / f"{name}.keras")
        loaded = keras.models.load_model(tmp_path / f"{name}.keras")
        same(loaded.predict_on_batch(asked[name]), face.predict_on_batch(asked[name]))
