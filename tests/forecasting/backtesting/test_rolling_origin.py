"""Backtests use no values from the future, for every forecaster and any refits."""

import numpy as np
import polars as pl
import pytest

from unrolled import Forecaster, Network, Training
from unrolled.errors import SettingError
from unrolled.forecasting.backtesting.refit import refit_as_time_passes

LAST, HORIZON, REFIT = 40, 3, 15


def walks(n=220, *, ids=("a", "b"), seed=0):
    """Return series that wander, of different lengths."""
    random = np.random.default_rng(seed)
    parts = []
    for k, name in enumerate(ids):
        y = random.normal(size=n - 10 * k).cumsum() + 50
        parts.append(pl.DataFrame({"t": range(10 * k, n), "id": [name] * len(y), "y": y}))
    return pl.concat(parts)


def forecaster(**params):
    settings = Training(epochs=2, validation=0.6, verbose=False)  # errors enough of each series
    sizes = {"horizon": HORIZON, "lookback": 6, "network": Network(units=8), "training": settings}
    return Forecaster("y", time="t", id="id", **{**sizes, **params})


@pytest.fixture(scope="module")
def refitted():
    return forecaster().fit_and_evaluate(walks(), last=LAST, level=[80], refit=REFIT)


@pytest.mark.slow
@pytest.mark.parametrize("later", [0, 15, 24, 30])
def test_no_later_value_changes_an_earlier_forecast(refitted, later):
    """Change the values from some held-out step on: at a training, and between trainings."""
    first = 220 - LAST + later
    other = walks().with_columns(pl.when(pl.col("t") >= first).then(-1e3).otherwise("y").alias("y"))
    backtest = forecaster().fit_and_evaluate(other, last=LAST, level=[80], refit=REFIT)
    before = refitted.origins.steps <= first
    assert before.any()
    assert not before.all()
    for name in ("network", "ridge", "repeat last", "lo-80", "hi-80"):
        np.testing.assert_array_equal(backtest.arrays[name][before], refitted.arrays[name][before])
        assert not np.array_equal(backtest.arrays[name], refitted.arrays[name])


def test_until_the_first_refit_forecasts_are_those_of_one_training(refitted):
    once = forecaster().fit_and_evaluate(walks(), last=LAST, level=[80])
    early = once.origins.steps < 220 - LAST + REFIT
    for name in ("network", "ridge", "lo-80"):
        same = once.arrays[name] == refitted.arrays[name]
        assert same[early].all()
        assert not same[~early].all(axis=(1, 2)).any()


@pytest.mark.slow
def test_each_refit_forecasts_as_its_predict_would(refitted):
    model, table = forecaster(), walks()
    model.fit_and_evaluate(table, last=LAST)
    whole, settings = model._panel_of(table), model._forecast_settings()
    refits = refit_as_time_passes(model._trained, whole, settings, whole.lengths - LAST, REFIT)
    for start, end, fitted in refits:
        assert (start, end) in ((15, 30), (30, 45))
        at = 220 - LAST + start
        assert (fitted.panel.ends == at).all()
        again = forecaster()
        again._trained = fitted
        forecast = again.predict().filter(pl.col("id") == "b")["y"].to_numpy()
        rows = (refitted.origins.steps == at) & (refitted.origins.series == 1)
        np.testing.assert_allclose(refitted.arrays["network"][rows][0, :, 0], forecast, rtol=1e-4)


@pytest.mark.slow
def test_the_forecaster_keeps_its_first_training():
    once, more = forecaster(), forecaster()
    once.fit_and_evaluate(walks(), last=LAST)
    more.fit_and_evaluate(walks(), last=LAST, refit=REFIT)
    assert once.predict().equals(more.predict())


@pytest.mark.slow
def test_a_refit_learns_what_is_new():
    n = np.arange(420)
    y = np.where(n < 300, n % 4, n % 7) + np.random.default_rng(0).normal(size=420) / 9
    table = pl.DataFrame({"t": n, "id": ["a"] * 420, "y": y})
    long = Training(epochs=40, learning_rate=0.01, validation=0.05, verbose=False)
    once, again = (
        forecaster(training=long)
        .fit_and_evaluate(table, last=120, refit=refit)
        .scores["network"]["MAE"]
        for refit in (None, 40)
    )
    assert again < 0.8 * once


@pytest.mark.parametrize("refit", [0, 2.5])
def test_a_refit_that_is_no_number_of_steps_is_refused(refit):
    with pytest.raises(
        SettingError, match=f"refit must be a whole number of at least 1, not {refit}"
    ):
        forecaster().fit_and_evaluate(walks(), refit=refit)


def test_with_levels_every_forecaster_has_a_quantile_loss_below_its_mase(refitted):
    assert refitted.origins.titles == (("a · y",), ("b · y",))
    assert tuple(refitted.reliability) == (10, 20, 30, 40, 50, 60, 70, 80, 90, 95)
    assert refitted.intervals[80]["coverage"] == refitted.reliability[80]
    inside = (refitted.arrays["lo-80"] <= refitted.arrays["true"]) & (
        refitted.arrays["true"] <= refitted.arrays["hi-80"]
    )
    assert inside.mean() == refitted.reliability[80]
    for scores in refitted.scores.values():
        assert 0.5 * scores["MASE"] < scores["SQL"] < scores["MASE"]
