"""Probabilities mean what they say after a temperature, and no label changes by it."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

import unrolled
from unrolled.inference.calibration import calibration_error, evaluate_calibration, fit_temperature
from unrolled.inference.predict import log_softmax, softmax

RNG = np.random.default_rng(0)
SENTENCES = Path(__file__).parents[2] / "examples" / "many-to-one" / "sentences.csv"


def drawn(rows, heat):
    """Return logits that are `heat` times too sure, and labels drawn from the right ones."""
    right = RNG.normal(size=(rows, 4)) * 2
    ids = np.array([RNG.choice(4, p=p) for p in softmax(right)])
    return right * heat, ids


def loss(logits, ids, heat):
    return -np.take_along_axis(log_softmax(logits / heat), ids[:, None], axis=1).mean()


@pytest.mark.parametrize("heat", [0.5, 1.0, 3.0])
def test_the_temperature_is_the_one_that_is_most_likely(heat):
    logits, ids = drawn(5000, heat)
    found = fit_temperature(logits, ids)
    searched = minimize_scalar(lambda t: loss(logits, ids, t), bounds=(0.05, 20), method="bounded")
    assert found == pytest.approx(searched.x, rel=1e-3)
    assert found == pytest.approx(heat, rel=0.1)


def test_rows_whose_label_training_had_not_do_not_count():
    logits, ids = drawn(200, 2.0)
    more = np.concatenate([logits, np.eye(4) * 9])
    assert fit_temperature(more, np.append(ids, [-1] * 4)) == fit_temperature(logits, ids)


@pytest.mark.parametrize(
    "ids", [[0, 1, 2], [1, 2, 0], [-1, -1, -1]], ids=["right", "wrong", "none"]
)
def test_where_no_temperature_is_best_it_is_one(ids):
    assert fit_temperature(np.eye(3, dtype="float32") * 4, np.array(ids)) == 1.0


def test_the_error_is_the_weighted_gap_of_each_bin_by_hand():
    sure = np.array([0.95, 0.95, 0.95, 0.95, 0.61, 0.61])
    shares = np.stack([sure, 1 - sure], axis=1)
    ids = np.array([0, 0, 1, 1, 0, 0])
    assert calibration_error(shares, ids) == pytest.approx((4 * 0.45 + 2 * 0.39) / 6)
    assert calibration_error(np.eye(2), np.array([0, 1])) == 0


def test_the_right_temperature_makes_the_error_small():
    logits, ids = drawn(20000, 3.0)
    found = evaluate_calibration(logits, ids, fit_temperature(logits, ids))
    assert (found.error < 0.02, found.before > 0.15) == (True, True)
    assert str(evaluate_calibration(np.eye(2), np.array([0, 1]), 2.0)) == (
        "Expected calibration error 0.378; 0.269 without the temperature of 2."
    )


@pytest.fixture(scope="module")
def sentences():
    """Return a model that was fitted for too long by itself, and rows that it has not seen."""
    table = unrolled.read(SENTENCES)
    rows = np.random.default_rng(0).permutation(table.height)
    network = unrolled.Network(units=16, dropout=0.0, linear=False)
    training = unrolled.Training(
        epochs=8, decay="cosine", learning_rate=0.01, label_smoothing=0, verbose=False
    )
    model = unrolled.SequenceModel({"text": "words"}, "label", network=network, training=training)
    return model.fit(table[rows[:2000]]), table[rows[2000:]]


def test_the_error_falls_on_real_sentences_and_no_label_changes(sentences):
    model, held = sentences
    found = model.evaluate(held)
    measured = found.calibrations["label"]
    assert measured.temperature != 1
    assert measured.error < measured.before
    assert str(measured) in str(found)
    shares = model.predict_proba(held)
    names = np.array([name.removeprefix("label=") for name in shares.columns])
    given = shares.to_numpy()
    assert names[given.argmax(axis=1)].tolist() == model.predict(held)["label"].to_list()
    ids = np.searchsorted(names, held["label"].to_numpy())
    assert calibration_error(given, ids) == pytest.approx(measured.error)


def test_the_temperature_is_saved_and_older_models_have_none(sentences, tmp_path):
    model, held = sentences
    new = held.head(50)
    folder = model.save(tmp_path / "model")
    assert "`temperatures` in `manifest.json`" in (folder / "README.md").read_text()
    said = model.predict_proba(new)
    assert unrolled.load(folder).predict_proba(new).equals(said)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest.pop("temperatures") == dict(model._trained.temperatures)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    older = unrolled.load(folder)
    assert not older.predict_proba(new).equals(said)
    assert older.predict(new).equals(model.predict(new))
    assert older.evaluate(new).calibrations["label"].temperature == 1
