"""A decoder forecasts: it is trained on true values, and then fed its own forecasts."""

import numpy as np
import polars as pl
import pytest

import unrolled
from unrolled import Forecaster, Network, Training
from unrolled.settings import Schedule

DECODER = Network(architecture="decoder", units=32, dropout=0.0)


def wave(n=600, noise=0.3):
    random = np.random.default_rng(0)
    y = 3 * np.sin(2 * np.pi * np.arange(n) / 12) + 10 + noise * random.normal(size=n)
    return pl.DataFrame({"t": range(n), "y": y})


def forecaster(epochs=2, **params):
    settings = Training(epochs=epochs, learning_rate=0.005, verbose=False)
    sizes = {"horizon": 6, "lookback": 12, "season": 12, "network": DECODER}
    return Forecaster("y", time="t", **{**sizes, "training": settings, **params})


@pytest.fixture(scope="module")
def fitted():
    return forecaster().fit(wave(200))


@pytest.mark.slow
def test_a_decoder_learns_a_wave():
    backtest = forecaster(40).fit_and_evaluate(wave(), last=60, level=[80])
    assert backtest.scores["network"]["MAE"] < 0.95 * backtest.scores["seasonal naive"]["MAE"]
    assert backtest.intervals[80]["coverage"] == pytest.approx(0.8, abs=0.12)


@pytest.mark.slow
def test_a_forecast_equals_that_of_the_printed_loop(fitted):
    script = {}
    exec(fitted.code(), script)
    script["model"].set_weights(fitted.model_.get_weights())
    y = wave(200)["y"].to_numpy()
    held_out = max(round(0.15 * 200), 6)
    mean, std = y[: 200 - held_out].mean(), y[: 200 - held_out].std()
    window = ((y[-12:] - mean) / std)[None, :, None]
    level = window[:, -1:]
    theirs = script["generate"]({"x": (window - level).astype("float32")}) + level
    np.testing.assert_allclose(fitted.predict()["y"], theirs[0, :, 0] * std + mean, rtol=1e-4)
    assert "unaligned · decoder · LSTM" in str(fitted.diagram())


def test_a_backtest_never_feeds_true_values_of_the_steps_to_forecast(fitted):
    table = wave(230)
    other = table.with_columns(pl.when(pl.col("t") >= 224).then(99).otherwise("y").alias("y"))
    one, two = (fitted.backtest(t, last=6).arrays["network"] for t in (table, other))
    np.testing.assert_array_equal(one, two)


@pytest.mark.slow
def test_future_columns_are_used():
    random = np.random.default_rng(0)
    jump = random.integers(0, 2, 400).astype(float)
    y = 5 * jump + 0.1 * random.normal(size=400)
    table = pl.DataFrame({"t": range(400), "jump": jump, "y": y})
    params = {"horizon": 4, "lookback": 8, "season": None}
    with_it, without = (
        forecaster(60, future=future, **params).fit_and_evaluate(table).scores["network"]["MAE"]
        for future in (("jump",), ())
    )
    assert with_it < 0.7 * without


@pytest.mark.representatives(1)
@pytest.mark.parametrize("schedule", [s for s in Schedule.__args__ if s != "none"])
def test_it_may_be_fed_its_own_values_in_training(schedule):
    settings = Training(epochs=2, scheduled_sampling=schedule, verbose=False)
    sampled = forecaster(training=settings).fit(wave(200))
    plain = forecaster(training=settings.model_copy(update={"scheduled_sampling": "none"}))
    assert not sampled.predict().equals(plain.fit(wave(200)).predict())


def test_a_saved_decoder_forecasts_as_before(fitted, tmp_path):
    fitted.save(tmp_path / "model")
    assert unrolled.load(tmp_path / "model").predict(level=[80]).equals(fitted.predict(level=[80]))
