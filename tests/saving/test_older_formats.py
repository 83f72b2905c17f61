"""Models and checkpoints that older versions saved load, and give the same numbers as then."""

import json
import shutil
from datetime import date, datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import unrolled
from unrolled.data.encoders.encoder import encoder_from_dict
from unrolled.saving import FORMAT
from unrolled.settings import Decoding, Network, Training

SAVED = Path(__file__).parents[1] / "saved"
FORMATS = range(1, FORMAT + 1)
EXPECTED = {path.stem: json.loads(path.read_text()) for path in (SAVED / "expected").iterdir()}
ROW_MODELS = sorted(name for name, expected in EXPECTED.items() if "new" in expected)


def as_json(value):
    """Return predictions as JSON can hold them."""
    if isinstance(value, dict):
        return {name: as_json(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(inner) for inner in value]
    if isinstance(value, np.ndarray | np.generic):
        return as_json(value.tolist())
    if isinstance(value, date | datetime):
        return value.isoformat()
    return None if isinstance(value, float) and not np.isfinite(value) else value


def assert_close(actual, expected):
    """Check that numbers are equal to 1e-5, and everything else is identical."""
    if isinstance(expected, dict):
        assert list(actual) == list(expected)
        actual, expected = list(actual.values()), list(expected.values())
    if isinstance(expected, list):
        assert len(actual) == len(expected)
        for one, other in zip(actual, expected, strict=True):
            assert_close(one, other)
    elif isinstance(expected, float) and actual is not None:
        assert actual == pytest.approx(expected, rel=1e-5, abs=1e-5)
    else:
        assert actual == expected


def score_values(evaluation):
    """Return the scores of each output and each predictor, without the names of the metrics."""
    return [[list(s.values()) for s in table.values()] for table in evaluation.scores.values()]


@pytest.mark.parametrize("number", FORMATS)
def test_a_model_of_rows_predicts_the_same(number):
    model = unrolled.load(SAVED / f"format-{number}-sequences")
    new = {"text": ["a good day", "bad"], "size": [1.0, 2.0]}
    probabilities = model.predict_proba(new)
    assert probabilities["label=bad"] == pytest.approx([0.39437389, 0.59024754], abs=1e-5)
    assert model.predict(new) == {"label": ["good", "bad"]}
    assert len(model.histories_) == 1
    rows = {"text": ["good", "bad"] * 5, "size": [0.0] * 10, "label": ["good", "bad"] * 5}
    assert "logistic regression" in str(model.evaluate(rows))


@pytest.mark.parametrize("number", FORMATS)
def test_a_forecaster_predicts_the_same(number):
    forecaster = unrolled.load(SAVED / f"format-{number}-forecasts")
    forecast = forecaster.predict(level=[80])
    assert forecast["t"].to_list() == [date(2024, 3, 31), date(2024, 4, 1)]
    assert forecast["y"].to_list() == pytest.approx([6.78927139, 6.82961685], abs=1e-4)
    assert (forecast["y-lo-80"] < forecast["y"]).all()
    assert (forecast["y"] < forecast["y-hi-80"]).all()
    assert "ridge" in str(forecaster.backtest())


@pytest.mark.parametrize("name", ROW_MODELS)
def test_each_kind_of_model_predicts_the_same(name):
    expected = EXPECTED[name]
    model, new = unrolled.load(SAVED / name), expected["new"]
    assert_close(as_json(model.predict(new)), expected["predictions"])
    if "probabilities" in expected:
        assert_close(as_json(model.predict_proba(new)), expected["probabilities"])
    if "hypotheses" in expected:
        hypotheses = model.predict(new, decoding=Decoding(**expected["decoding"]))
        assert_close(as_json(hypotheses), expected["hypotheses"])
    if "attention" in expected:
        weights = [attention.weights for attention in model.attention(new)]
        assert_close(as_json(weights), expected["attention"])
    if "scores" in expected:
        evaluation = model.evaluate(expected["rows"])
        assert_close(as_json(score_values(evaluation)), expected["scores"])


def test_a_forecaster_with_a_decoder_predicts_the_same():
    expected = EXPECTED["format-2-forecast-decoder"]
    forecaster = unrolled.load(SAVED / "format-2-forecast-decoder")
    future = pl.DataFrame(expected["future"]).with_columns(pl.col("day").str.to_date())
    forecast = forecaster.predict(future=future, level=[80]).to_dict(as_series=False)
    assert_close(as_json(forecast), expected["predictions"])
    scores = [list(each.values()) for each in forecaster.backtest().scores.values()]
    assert_close(scores, expected["scores"])


def test_an_encoder_of_subwords_encodes_the_same():
    expected = EXPECTED["subwords"]
    encoder = encoder_from_dict(expected["encoder"])
    rows = encoder.encode(expected["texts"])
    assert [row.tolist() for row in rows] == expected["ids"]
    assert encoder.decode(rows) == expected["decoded"]
    assert encoder.to_dict() == expected["encoder"]


@pytest.mark.parametrize("kind", ["sequences", "forecasts"])
def test_an_older_model_is_saved_again_in_the_newest_format(kind, tmp_path):
    place = unrolled.load(SAVED / f"format-1-{kind}").save(tmp_path / "model")
    assert f'"format": {FORMAT},' in (place / "manifest.json").read_text()
    unrolled.load(place)


def test_an_interrupted_training_resumes_to_the_same_weights(tmp_path):
    expected = EXPECTED["checkpoint"]
    folder = shutil.copytree(SAVED / "checkpoint", tmp_path / "checkpoint")
    training = Training(
        epochs=4,
        batch_size=8,
        verbose=False,
        checkpoint=folder,
        every=expected["every"],
        resume=True,
    )
    model = unrolled.SequenceModel(
        "a", "b", network=Network(units=3, dropout=0.2), training=training
    )
    model.fit(expected["rows"])
    weights = [np.asarray(w).ravel().tolist() for w in model.model_.weights]
    assert_close(weights, expected["weights"])
    assert_close(as_json(model.history_.loss), expected["loss"])
    assert_close(as_json(model.history_.validation), expected["validation"])
    assert model.history_.best_epoch == expected["best_epoch"]
