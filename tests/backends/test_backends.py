"""Every architecture trains, saves and loads on the other backends, with the results of JAX.

`make test-backends` runs this on each backend, and compares it with JAX in a process of its own.
"""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

BACKEND = os.environ.get("KERAS_BACKEND", "jax")
if BACKEND == "jax" or find_spec(BACKEND) is None:
    pytest.skip(
        f"KERAS_BACKEND={BACKEND}: these tests need torch or tensorflow, installed and active",
        allow_module_level=True,
    )

import cases  # noqa: E402

import unrolled  # noqa: E402
from unrolled.backend import keras  # noqa: E402

SCRIPT = Path(cases.__file__)
each_case = pytest.mark.parametrize("case", cases.CASES, ids=str)


def run_on_jax(verb, folder):
    """Run the cases in a fresh process on JAX."""
    subprocess.run(
        [sys.executable, str(SCRIPT), verb, str(folder)],
        env={**os.environ, "KERAS_BACKEND": "jax"},
        check=True,
    )


@pytest.fixture(scope="module")
def jax_folder(tmp_path_factory):
    """Return a folder of every case, trained and saved on JAX, with its predictions."""
    folder = tmp_path_factory.mktemp("jax")
    run_on_jax("train", folder)
    return folder


@pytest.fixture(scope="module")
def models():
    """Return every case, trained on this backend."""
    return {str(case): cases.train(case) for case in cases.CASES}


@pytest.fixture(scope="module")
def own_folder(models, tmp_path_factory):
    """Return a folder of every case, trained and saved here, with its predictions on JAX."""
    folder = tmp_path_factory.mktemp(BACKEND)
    for name, model in models.items():
        model.save(folder / name)
    run_on_jax("predict", folder)
    return folder


def results_on_jax(folder, case):
    """Return the losses and predictions of a case on JAX."""
    return json.loads((folder / f"{case}.json").read_text(encoding="utf-8"))


def check_same(predictions, expected, tolerance=1e-4):
    """Compare predictions: labels exactly, numbers within a tolerance."""
    assert list(predictions) == list(expected)
    for name, rows in predictions.items():
        assert len(rows) == len(expected[name]) == cases.ROWS
        for row, other in zip(rows, expected[name], strict=True):
            if np.asarray(row).dtype.kind in "US":
                assert row == other
            else:
                np.testing.assert_allclose(row, other, rtol=tolerance, atol=tolerance)


def test_the_chosen_backend_is_active():
    assert keras.backend.backend() == BACKEND


@each_case
def test_it_learns_and_keeps_its_best_weights(case, models):
    history = models[str(case)].history_
    assert history.loss[-1] < history.loss[0]
    assert history.best_epoch == 1 + int(np.argmin(history.validation))


@each_case
def test_from_the_same_weights_it_trains_as_on_jax(case, models, jax_folder):
    expected, losses = results_on_jax(jax_folder, case), models[str(case)].history_.loss
    columns = [side for side in (case.inputs, case.outputs) if isinstance(side, dict)]
    embeds = any("tokens" in side.values() for side in columns)
    if BACKEND == "tensorflow" and embeds:
        # There, Adam of Keras squares the gradients of a word one by one, not their sum.
        np.testing.assert_allclose(losses, expected["loss"], rtol=0.05)
        return
    np.testing.assert_allclose(losses, expected["loss"], rtol=1e-3)
    check_same(cases.predict(models[str(case)]), expected["predictions"], tolerance=1e-2)


@each_case
def test_a_loaded_model_predicts_the_same(case, models, own_folder):
    loaded = unrolled.load(own_folder / str(case))
    check_same(cases.predict(loaded), cases.predict(models[str(case)]), tolerance=1e-6)


@each_case
def test_a_model_trained_on_jax_predicts_the_same_here(case, jax_folder):
    loaded = unrolled.load(jax_folder / str(case))
    check_same(cases.predict(loaded), results_on_jax(jax_folder, case)["predictions"])


@each_case
def test_a_model_trained_here_predicts_the_same_on_jax(case, models, own_folder):
    check_same(cases.predict(models[str(case)]), results_on_jax(own_folder, case)["predictions"])
