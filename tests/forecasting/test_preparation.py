"""Settings that would have no effect on a forecaster are refused before anything is trained."""

import numpy as np
import polars as pl
import pytest
from sklearn.base import clone

import unrolled
from unrolled import Forecaster, Network, Training
from unrolled.errors import SettingError
from unrolled.forecasting import fitting

TABLE = {"y": np.random.default_rng(0).normal(size=60)}
SIZES = {"horizon": 2, "lookback": 4}
HOLDS_OUT_LAST = "it always holds out the last steps of each series"
NUMBERS = "its outputs are numbers and no labels"
UNUSED = [
    (Training, "split", "random", HOLDS_OUT_LAST),
    (Training, "split", "time", HOLDS_OUT_LAST),
    (Training, "split_by", "t", HOLDS_OUT_LAST),
    (Training, "label_smoothing", 0.1, NUMBERS),
    (Training, "class_weight", "balanced", NUMBERS),
    (Training, "word_dropout", 0.2, "its inputs are numbers and no words"),
    (Training, "seeds", 3, "it is one network and no ensemble"),
    (Training, "scheduled_sampling", "linear", "only architecture='decoder' is fed outputs"),
    (Network, "pooling", "max", "its networks do not pool the steps"),
    (Network, "pooling", "mean", "its networks do not pool the steps"),
    (Network, "linear", True, "only networks for labels have a linear branch"),
]
ALLOWED = [
    Training(split="auto", split_by=None, label_smoothing=None, class_weight=None, word_dropout=0),
    Training(label_smoothing=0, seeds=1, scheduled_sampling="none"),
    Network(linear=False, bidirectional=True, cell="gru", layers=2, dropout=0.1, units=4),
]


@pytest.fixture
def untrained(monkeypatch):
    """Let nothing be trained."""

    def fit_forecaster(*_, **__):
        pytest.fail("a network was trained")

    monkeypatch.setattr(fitting, "fit_forecaster", fit_forecaster)


def named(settings):
    """Return settings as a keyword argument of `Forecaster`."""
    return {"network" if isinstance(settings, Network) else "training": settings}


@pytest.mark.parametrize(("kind", "name", "value", "why"), UNUSED)
@pytest.mark.parametrize("method", ["fit", "fit_and_evaluate"])
@pytest.mark.usefixtures("untrained")
def test_a_stated_setting_without_effect_is_refused(method, kind, name, value, why):
    model = Forecaster("y", **SIZES, **named(kind(**{name: value})))
    with pytest.raises(SettingError) as caught:
        getattr(model, method)(TABLE)
    assert str(caught.value) == (
        f"{name}={value!r} has no effect on a Forecaster: {why}. Leave {name} out of"
        f" {kind.__name__}."
    )


@pytest.mark.usefixtures("untrained")
def test_a_setting_without_effect_is_refused_before_the_table_is_read():
    model = Forecaster("y", **SIZES, training=Training(seeds=2))
    with pytest.raises(SettingError, match="seeds=2 has no effect"):
        model.fit("nowhere.csv")
    with pytest.raises(SettingError, match="seeds=2 has no effect"):
        clone(model).make_future(TABLE)


@pytest.mark.parametrize("settings", ALLOWED)
def test_a_setting_that_asks_for_nothing_or_has_an_effect_is_allowed(settings):
    model = Forecaster("y", **SIZES, **named(settings))
    assert getattr(model._forecast_settings(), next(iter(named(settings)))) is settings


def test_scheduled_sampling_is_allowed_with_a_decoder():
    training = Training(scheduled_sampling="linear")
    model = Forecaster("y", **SIZES, network=Network(architecture="decoder"), training=training)
    assert model._forecast_settings().training is training


@pytest.mark.slow
def test_a_default_is_not_taken_for_a_stated_setting(tmp_path):
    quick = Training(epochs=1, verbose=False)
    model = Forecaster("y", **SIZES, network=Network(units=2), training=quick).fit(TABLE)
    model.set_params(**model.get_params()).fit(TABLE)
    loaded = unrolled.load(model.save(tmp_path / "model"))
    assert loaded.network.model_fields_set == {"units"}
    assert loaded.fit(TABLE, warm=True).history_.loss


@pytest.mark.parametrize("calendar", [True, False])
def test_a_calendar_is_not_ignored_by_a_warm_start(calendar):
    days = pl.date_range(pl.date(2024, 1, 1), pl.date(2024, 2, 29), eager=True)
    table = {"day": days, **TABLE}
    quick = Training(epochs=1, verbose=False)
    model = Forecaster("y", time="day", **SIZES, network=Network(units=2), training=quick)
    model.set_params(calendar=not calendar).fit(table)
    with pytest.raises(SettingError) as caught:
        model.set_params(calendar=calendar).fit(table, warm=True)
    assert str(caught.value) == (
        f"calendar={calendar} changes the inputs of the network, and warm=True goes on with the"
        " weights that it has. Set calendar back, or leave warm out."
    )
