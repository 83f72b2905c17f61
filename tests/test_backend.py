"""Networks are those of the defaults of Keras, whatever the user or `keras.json` has set."""

import json
import os
import subprocess
import sys
from contextlib import contextmanager
from threading import Thread

import keras
import numpy as np
import pytest

from unrolled.backend import keras_defaults
from unrolled.explain.code import code
from unrolled.networks import NetworkSpec, build
from unrolled.settings import Network

SETTINGS = {  # keys of keras.json
    "float64": {"floatx": "float64"},
    "float16": {"floatx": "float16"},
    "channels first": {"image_data_format": "channels_first"},
}


@contextmanager
def user_settings(floatx="float32", image_data_format="channels_last", policy="float32"):
    config = keras.config
    before = config.floatx(), config.image_data_format(), config.dtype_policy()

    def use(floatx, image_data_format, policy):
        config.set_floatx(floatx)
        config.set_image_data_format(image_data_format)
        config.set_dtype_policy(policy)

    use(floatx, image_data_format, policy)
    try:
        yield
    finally:
        use(*before)


def current():
    config = keras.config
    return config.floatx(), config.image_data_format(), config.dtype_policy().name


OTHERS = [
    {"floatx": "float64", "policy": "float64"},
    {"floatx": "float16", "policy": "float16"},
    {"policy": "mixed_bfloat16"},
    {"image_data_format": "channels_first"},
]


@pytest.mark.parametrize("settings", OTHERS, ids=str)
def test_a_network_is_built_in_float32_with_the_features_last(settings):
    spec = NetworkSpec("many-to-one", t=5, values=2, characters={"word": (9, 4)})
    settled = Network(architecture="pooled", units=3, dropout=0.1)
    with user_settings(**settings):
        before = current()
        model = build(spec, settled)
        assert current() == before
    kept = {layer.dtype_policy.name for layer in model.layers if layer.name not in ("x", "word")}
    assert kept == {"float32"}
    assert {str(w.dtype) for w in model.weights} == {"float32"}
    assert model.input["x"].dtype == "float32"
    formats = [getattr(layer, "data_format", None) for layer in model.layers]
    assert set(formats) == {None, "channels_last"}


def fail_inside():
    with keras_defaults(), keras_defaults():
        assert current() == ("float32", "channels_last", "float32")
        raise KeyError("inside")


def test_the_settings_of_the_user_come_back_after_an_error_and_when_calls_are_nested():
    with user_settings("float16", "channels_first", "mixed_float16"):
        with pytest.raises(KeyError, match="inside"):
            fail_inside()
        assert current() == ("float16", "channels_first", "mixed_float16")


def test_a_thread_that_ends_early_does_not_take_the_defaults_from_another():
    with user_settings("float64", policy="float64"):
        with keras_defaults():
            thread = Thread(target=_enter_and_leave)
            thread.start()
            thread.join()
            assert keras.config.floatx() == "float32"
        assert keras.config.floatx() == "float64"


def _enter_and_leave():
    with keras_defaults():
        pass


TRAIN = """
import sys, keras, numpy as np, unrolled
rng = np.random.default_rng(0)
x = [rng.normal(size=int(n)).tolist() for n in rng.integers(3, 7, 40)]
table = {"x": x, "y": [sum(row) for row in x]}
labels = {"x": x, "y": ["up" if sum(row) > 0 else "down" for row in x]}
training = unrolled.Training(epochs=1, verbose=False, seed=1)
for name, rows in (("numbers", table), ("labels", labels)):
    model = unrolled.SequenceModel("x", "y", network=unrolled.Network(units=4), training=training)
    model.fit(rows)
    model.save(f"{sys.argv[1]}/{name}")
    np.save(f"{sys.argv[1]}/{name}.npy", np.asarray(model.predict(rows)["y"]))
"""
USE = """
import sys, keras, numpy as np, unrolled
rng = np.random.default_rng(0)
x = [rng.normal(size=int(n)).tolist() for n in rng.integers(3, 7, 40)]
print(keras.config.floatx(), keras.config.image_data_format())
for name in ("numbers", "labels"):
    model = unrolled.load(f"{sys.argv[1]}/{name}")
    expected = np.load(f"{sys.argv[1]}/{name}.npy")
    assert np.array_equal(np.asarray(model.predict({"x": x})["y"]), expected), name
"""


@pytest.mark.slow
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS.keys())
def test_a_model_loads_and_predicts_the_same_under_every_setting(settings, tmp_path):
    home = tmp_path / "keras"
    home.mkdir()
    (home / "keras.json").write_text(json.dumps(settings))
    other = os.environ | {"KERAS_HOME": str(home)}
    run(TRAIN, tmp_path, other)
    assert set(settings.values()) <= set(run(USE, tmp_path, other).split())
    assert run(USE, tmp_path, os.environ) == "float32 channels_last\n"


def run(script, folder, environment):
    command = [sys.executable, "-c", script, str(folder)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_the_script_of_a_network_builds_it_under_the_same_settings():
    spec = NetworkSpec("many-to-one", t=5, values=2)
    with user_settings("float64", "channels_first", "float64"):
        model = build(spec, Network(architecture="pooled", units=3))
        namespace = {}
        exec(code(model), namespace)  # the script is our own
        other = namespace["model"]
    assert {layer.dtype_policy.name for layer in other.layers[1:]} == {"float32"}
    other.set_weights(model.get_weights())
    x = np.ones((2, 5, 2), "float32")
    np.testing.assert_allclose(other.predict_on_batch(x), model.predict_on_batch(x), atol=1e-6)


def test_a_prediction_does_not_depend_on_the_settings():
    spec = NetworkSpec("many-to-one", t=5, values=2)
    model = build(spec, Network(architecture="pooled", units=3))
    x = np.ones((2, 5, 2), "float32")
    expected = model.predict_on_batch(x)
    with user_settings("float16", "channels_first", "mixed_float16"), keras_defaults():
        np.testing.assert_array_equal(build_like(model, spec).predict_on_batch(x), expected)


def build_like(model, spec):
    other = build(spec, Network(architecture="pooled", units=3))
    other.set_weights(model.get_weights())
    return other
