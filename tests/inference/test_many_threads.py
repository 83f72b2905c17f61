"""Many threads may predict with one model at once, while other models are loaded."""

import gc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from weakref import ref

import numpy as np
import pytest

import unrolled
from unrolled import Network, SequenceModel, Training
from unrolled.backend import keras
from unrolled.runtime.network import runner_of

SAVED = Path(__file__).parents[1] / "saved"
THREADS, CALLS = 8, 25
NUMBERS = np.random.default_rng(0).normal(size=(40, 5, 2)).astype("float32")
WORDS = {"x": ["a b", "b a c", "c"] * 8, "y": ["u", "v u", "w u v"] * 8}


@pytest.fixture(scope="module")
def numbers():
    return SequenceModel(network=Network(units=4), training=Training(epochs=1, verbose=False)).fit(
        NUMBERS, NUMBERS.sum(axis=(1, 2))
    )


def in_threads(call, calls=CALLS):
    """Return what many threads got from the same call; an error of one of them is raised."""
    with ThreadPoolExecutor(THREADS) as pool:
        return [future.result() for future in [pool.submit(call) for _ in range(THREADS * calls)]]


def test_every_thread_gets_the_predictions_of_one(numbers):
    expected = numbers.predict(NUMBERS)
    for result in in_threads(lambda: numbers.predict(NUMBERS)):
        np.testing.assert_array_equal(result, expected)


def test_the_predictions_are_those_of_keras(numbers):
    inputs = np.random.default_rng(1).normal(size=(16, 5, 2)).astype("float32")
    model = numbers.model_
    (name,) = (x.name for x in model.inputs)
    ours = runner_of(model, ["y"])({name: inputs})["y"]
    np.testing.assert_allclose(ours, model.predict_on_batch(inputs), rtol=1e-5, atol=1e-6)


@pytest.mark.slow
def test_a_decoder_is_run_and_scored_in_threads_at_once():
    model = SequenceModel(
        {"x": "text:words"},
        {"y": "text:words"},
        network=Network(architecture="decoder", units=4),
        training=Training(epochs=1, verbose=False),
    ).fit(WORDS)

    def both():
        evaluation = model.evaluate(WORDS)
        return model.predict(WORDS)["y"], str(evaluation)

    expected = both()
    assert all(result == expected for result in in_threads(both, calls=2))


def test_predictions_stay_right_while_other_models_are_loaded(numbers):
    expected = numbers.predict(NUMBERS)
    with ThreadPoolExecutor(1) as pool:
        loading = pool.submit(unrolled.load, SAVED / "format-2-numbers")
        while not loading.done():
            np.testing.assert_array_equal(numbers.predict(NUMBERS), expected)
        assert loading.result().shape_


def test_new_weights_are_used_and_a_model_is_not_kept():
    x = keras.Input((2,), name="x")
    model = keras.Model(x, keras.layers.Dense(1, use_bias=False)(x))
    run = runner_of(model, ["y"])
    for weight in (1.0, 3.0):
        model.set_weights([np.full((2, 1), weight, "float32")])
        assert float(run({"x": np.ones((1, 2), "float32")})["y"][0, 0]) == 2 * weight
    kept = ref(model)
    del model, x
    gc.collect()
    assert kept() is None
