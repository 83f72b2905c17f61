"""Every architecture on another engine: it trains, saves, loads, and agrees with JAX.

`make test-backends` runs this under each engine; JAX, in a process of its own, is the judge.
"""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

ENGINE = os.environ.get("KERAS_BACKEND", "jax")
if ENGINE == "jax" or find_spec(ENGINE) is None:
    pytest.skip(
        f"KERAS_BACKEND={ENGINE}: these tests want torch or tensorflow, active and installed",
        allow_module_level=True,
    )

import cases  # noqa: E402

import unrolled  # noqa: E402
from unrolled.backend import keras  # noqa: E402

SCRIPT = Path(cases.__file__)
each_case = pytest.mark.parametrize("case", cases.CASES, ids=str)


def by_jax(verb, folder):
    """Run the cases in a fresh process on JAX."""
    subprocess.run(
        [sys.executable, str(SCRIPT), verb, str(folder)],
        env={**os.environ, "KERAS_BACKEND": "jax"},
        check=True,
    )


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    """A folder of every case, trained, saved and asked by JAX."""
    folder = tmp_path_factory.mktemp("jax")
    by_jax("train", folder)
    return folder


@pytest.fixture(scope="module")
def models():
    """Every case, trained here."""
    return {str(case): cases.trained(case) for case in cases.CASES}


@pytest.fixture(scope="module")
def ours(models, tmp_path_factory):
    """A folder of every case, trained and saved here, then loaded and asked by JAX."""
    folder = tmp_path_factory.mktemp(ENGINE)
    for name, model in models.items():
        model.save(folder / name)
    by_jax("predict", folder)
    return folder


def words(folder, case):
    """Return what JAX left about a case: its losses, and what it said."""
    return json.loads((folder / f"{case}.json").read_text(encoding="utf-8"))


def same(said, expected, tolerance=1e-4):
    """Compare what two models say: labels alike, numbers within a tolerance."""
    assert list(said) == list(expected)
    for name, rows in said.items():
        assert len(rows) == len(expected[name]) == cases.ROWS
        for row, other in zip(rows, expected[name], strict=True):
            if np.asarray(row).dtype.kind in "US":
                assert row == other
            else:
                np.testing.assert_allclose(row, other, rtol=tolerance, atol=tolerance)


def test_the_engine_asked_for_is_the_one_at_work():
    assert keras.backend.backend() == ENGINE


@each_case
def test_learns_and_keeps_its_best_weights(case, models):
    history = models[str(case)].history_
    assert history.loss[-1] < history.loss[0]
    assert history.best_epoch == 1 + int(np.argmin(history.validation))


@each_case
def test_trains_as_jax_does_from_the_same_weights(case, models, theirs):
    told, losses = words(theirs, case), models[str(case)].history_.loss
    embeds = case.inputs == cases.WORDS or case.outputs == cases.SPELLED
    if ENGINE == "tensorflow" and embeds:
        # Keras' Adam there squares a word's gradients use by use, not their sum: a longer step.
        np.testing.assert_allclose(losses, told["loss"], rtol=0.05)
        return
    np.testing.assert_allclose(losses, told["loss"], rtol=1e-3)
    same(cases.said(models[str(case)]), told["said"], tolerance=1e-2)


@each_case
def test_a_loaded_model_says_the_same(case, models, ours):
    loaded = unrolled.load(ours / str(case))
    same(cases.said(loaded), cases.said(models[str(case)]), tolerance=1e-6)


@each_case
def test_a_model_trained_by_jax_says_the_same_here(case, theirs):
    loaded = unrolled.load(theirs / str(case))
    same(cases.said(loaded), words(theirs, case)["said"])


@each_case
def test_a_model_trained_here_says_the_same_on_jax(case, models, ours):
    same(cases.said(models[str(case)]), words(ours, case)["said"])
