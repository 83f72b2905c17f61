"""A temperature calibrates probabilities, and changes no predicted label."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

import unrolled
from unrolled.inference.calibration import calibration_error, evaluate_calibration, fit_temperature

RNG = np.random.default_rng(0)
SENTENCES = Path(__file__).parents[2] / "examples" / "many-to-one" / "sentences.csv"


def overconfident(rows, temperature):
    """Return logits times a temperature, and labels drawn from the calibrated logits."""
    calibrated = RNG.normal(size=(rows, 4)) * 2
    ids = np.array([RNG.choice(4, p=p) for p in softmax(calibrated, axis=-1)])
    return calibrated * temperature, ids


def loss(logits, ids, temperature):
    return -np.take_along_axis(
        log_softmax(logits / temperature, axis=-1), ids[:, None], axis=1
    ).mean()


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_the_temperature_maximizes_the_likelihood(temperature):
    logits, ids = overconfident(5000, temperature)
    fitted = fit_temperature(logits, ids)
    searched = minimize_scalar(lambda t: loss(logits, ids, t), bounds=(0.05, 20), method="bounded")
    assert fitted == pytest.approx(searched.x, rel=1e-3)
    assert fitted == pytest.approx(temperature, rel=0.1)


def test_rows_with_a_label_unknown_to_training_do_not_count():
    logits, ids = overconfident(200, 2.0)
    more = np.concatenate([logits, np.eye(4) * 9])
    assert fit_temperature(more, np.append(ids, [-1] * 4)) == fit_temperature(logits, ids)


@pytest.mark.parametrize(
    "ids", [[0, 1, 2], [1, 2, 0], [-1, -1, -1]], ids=["right", "wrong", "none"]
)
def test_without_a_best_temperature_it_is_one(ids):
    assert fit_temperature(np.eye(3, dtype="float32") * 4, np.array(ids)) == 1.0


def test_the_error_is_the_weighted_mean_of_the_gaps_of_the_bins():
    confidence = np.array([0.95, 0.95, 0.95, 0.95, 0.61, 0.61])
    probabilities = np.stack([confidence, 1 - confidence], axis=1)
    ids = np.array([0, 0, 1, 1, 0, 0])
    assert calibration_error(probabilities, ids) == pytest.approx((4 * 0.45 + 2 * 0.39) / 6)
    assert calibration_error(np.eye(2), np.array([0, 1])) == 0


def test_the_right_temperature_makes_the_error_small():
    logits, ids = overconfident(20000, 3.0)
    calibration = evaluate_calibration(logits, ids, fit_temperature(logits, ids))
    assert (calibration.error < 0.02, calibration.before > 0.15) == (True, True)
    assert str(evaluate_calibration(np.eye(2), np.array([0, 1]), 2.0)) == (
        "Expected calibration error 0.378 (0.269 without the temperature of 2)."
    )


@pytest.fixture(scope="module")
def sentences():
    """Return a model that is overfitted on purpose, and held-out rows."""
    table = unrolled.read(SENTENCES)
    rows = np.random.default_rng(0).permutation(table.height)
    network = unrolled.Network(units=16, dropout=0.0, linear=False)
    training = unrolled.Training(
        epochs=8, decay="cosine", learning_rate=0.01, label_smoothing=0, verbose=False
    )
    model = unrolled.SequenceModel({"text": "words"}, "label", network=network, training=training)
    return model.fit(table[rows[:2000]]), table[rows[2000:]]


@pytest.mark.slow
def test_the_error_falls_on_real_sentences_and_no_label_changes(sentences):
    model, held_out = sentences
    evaluation = model.evaluate(held_out)
    calibration = evaluation.calibrations["label"]
    assert calibration.temperature != 1
    assert calibration.error < calibration.before
    assert str(calibration) in str(evaluation)
    table = model.predict_proba(held_out)
    names = np.array([name.removeprefix("label=") for name in table.columns])
    probabilities = table.to_numpy()
    assert (
        names[probabilities.argmax(axis=1)].tolist() == model.predict(held_out)["label"].to_list()
    )
    ids = np.searchsorted(names, held_out["label"].to_numpy())
    assert calibration_error(probabilities, ids) == pytest.approx(calibration.error)


@pytest.mark.slow
def test_the_temperature_is_saved_and_older_models_have_none(sentences, tmp_path):
    model, held_out = sentences
    new = held_out.head(50)
    folder = model.save(tmp_path / "model")
    assert "`temperatures` in `manifest.json`" in (folder / "README.md").read_text()
    table = model.predict_proba(new)
    assert unrolled.load(folder).predict_proba(new).equals(table)
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest.pop("temperatures") == dict(model._trained.temperatures)
    (folder / "manifest.json").write_text(json.dumps(manifest))
    older = unrolled.load(folder)
    assert not older.predict_proba(new).equals(table)
    assert older.predict(new).equals(model.predict(new))
    assert older.evaluate(new).calibrations["label"].temperature == 1
