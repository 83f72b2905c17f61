"""A model saved in any format loads, and says what it said when it was saved."""

from datetime import date
from pathlib import Path

import pytest

import unrolled
from unrolled.saving import FORMAT

SAVED = Path(__file__).parents[1] / "saved"
FORMATS = range(1, FORMAT + 1)


@pytest.mark.parametrize("number", FORMATS)
def test_a_model_of_rows_says_what_it_said(number):
    model = unrolled.load(SAVED / f"format-{number}-sequences")
    new = {"text": ["a good day", "bad"], "size": [1.0, 2.0]}
    said = model.predict_proba(new)
    assert said["label=bad"] == pytest.approx([0.39437389, 0.59024754], abs=1e-5)
    assert model.predict(new) == {"label": ["good", "bad"]}
    assert len(model.histories_) == 1
    rows = {"text": ["good", "bad"] * 5, "size": [0.0] * 10, "label": ["good", "bad"] * 5}
    assert "logistic regression" in str(model.evaluate(rows))


@pytest.mark.parametrize("number", FORMATS)
def test_a_forecaster_says_what_it_said(number):
    made = unrolled.load(SAVED / f"format-{number}-forecasts")
    said = made.predict(level=[80])
    assert said["t"].to_list() == [date(2024, 3, 31), date(2024, 4, 1)]
    assert said["y"].to_list() == pytest.approx([6.78927139, 6.82961685], abs=1e-4)
    assert (said["y-lo-80"] < said["y"]).all()
    assert (said["y"] < said["y-hi-80"]).all()
    assert "ridge" in str(made.backtest())


@pytest.mark.parametrize("kind", ["sequences", "forecasts"])
def test_an_older_model_is_saved_again_in_the_newest_format(kind, tmp_path):
    place = unrolled.load(SAVED / f"format-1-{kind}").save(tmp_path / "model")
    assert f'"format": {FORMAT},' in (place / "manifest.json").read_text()
    unrolled.load(place)
