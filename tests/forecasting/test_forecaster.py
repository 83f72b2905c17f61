"""Forecaster: fit, predict, backtest and plot, on series that can be learned."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.base import clone

from unrolled import Forecaster, Network, Training
from unrolled.errors import DataError, NotFittedError, SettingError

FEW = Training(epochs=3, verbose=False)
SMALL = Network(units=8)


def waves(n=240, *, ids=("a", "b"), seed=0, noise=0.05):
    """Return series of a day's wave that differ in size and phase, with their hours."""
    random = np.random.default_rng(seed)
    frames = []
    for k, name in enumerate(ids):
        hours = pl.datetime_range(
            pl.datetime(2024, 1, 1),
            pl.datetime(2024, 1, 1) + pl.duration(hours=n - 1),
            "1h",
            eager=True,
        )
        y = (3 + k) * np.sin(2 * np.pi * (np.arange(n) + 5 * k) / 24) + 10 * (k + 1)
        holiday = (np.arange(n) // 24) % 3 == k
        columns = {"id": [name] * n, "ds": hours, "y": y + noise * random.normal(size=n)}
        frames.append(pl.DataFrame({**columns, "z": -y, "off": holiday.astype(float)}))
    return pl.concat(frames)


def forecaster(**params):
    return Forecaster("y", **{"time": "ds", "id": "id", "horizon": 6, "lookback": 24,
                              "network": SMALL, "training": FEW, **params})  # fmt: skip


@pytest.fixture(scope="module")
def fitted():
    return forecaster().fit(waves())


@pytest.mark.slow
def test_a_wave_is_learned_and_beats_repeating_it():
    model = Forecaster("y", time="ds", id="id", horizon=12, lookback=24, network=Network(units=32),
                      training=Training(epochs=60, learning_rate=0.005, verbose=False))  # fmt: skip
    result = model.fit_and_evaluate(waves(600, noise=0.3), last=48, level=[80])
    assert result.scores["network"]["MAE"] < result.scores["seasonal naive"]["MAE"]
    assert result.windows == 2 * (48 - 12 + 1)
    assert result.intervals[80]["coverage"] == pytest.approx(0.8, abs=0.12)


@pytest.mark.slow
def test_the_forecast_goes_on_where_each_series_ends(fitted):
    result = fitted.predict(level=[80, 95])
    assert result.columns == ["id", "ds", "y", "y-lo-80", "y-hi-80", "y-lo-95", "y-hi-95"]
    assert result["id"].to_list() == ["a"] * 6 + ["b"] * 6
    ends = waves().group_by("id", maintain_order=True).agg(pl.col("ds").last())
    assert result["ds"][0] == ends["ds"][0] + pd.Timedelta(hours=1)
    for low, high in (("y-lo-95", "y-lo-80"), ("y-lo-80", "y-hi-80"), ("y-hi-80", "y-hi-95")):
        assert (result[low] <= result[high]).all()


def test_new_data_and_a_series_never_seen_are_forecast_from_their_own_past(fitted):
    other = waves(60, ids=("new",), seed=3).with_columns(pl.col("y") * 100)
    result = fitted.predict(other)
    assert result["id"].unique().to_list() == ["new"]
    assert result["y"].is_between(400, 1600).all()
    assert isinstance(fitted.predict(other.to_pandas()), pd.DataFrame)


def test_a_backtest_forecasts_as_predict_would_have(fitted):
    data = waves(300)
    result = fitted.backtest(data, last=20)
    early = data.filter(pl.int_range(pl.len()).over("id") < 300 - 20)
    again = fitted.predict(early)["y"].to_numpy().reshape(2, 6)
    forecasts = result.arrays["network"].reshape(2, -1, 6)
    np.testing.assert_allclose(forecasts[:, 0], again, rtol=1e-4)
    assert set(result.scores) == {"network", "repeat last", "seasonal naive", "ridge"}
    assert fitted.backtest(data, last=20, step=5).windows == 2 * 3


def test_a_backtest_of_new_data_scores_what_fit_did_not_see(fitted):
    assert fitted.backtest(waves(270)).windows == 2 * (30 - 6 + 1)
    assert fitted.backtest().windows == 2 * (36 - 6 + 1)


@pytest.mark.slow
@pytest.mark.parametrize("channels", ["shared", "joint"])
def test_several_targets_are_forecast_in_their_own_units(channels):
    model = Forecaster(["y", "z"], time="ds", id="id", horizon=6, lookback=24, channels=channels,
                      network=SMALL, training=FEW).fit(waves())  # fmt: skip
    result = model.predict(level=[80])
    assert result["y"].is_between(2, 30).all()
    assert result["z"].is_between(-30, -2).all()
    assert model.backtest().arrays["true"].shape[-1] == (1 if channels == "shared" else 2)


def test_future_columns_are_required_and_a_missing_value_is_named():
    model = forecaster(future="off").fit(waves())
    future = model.make_future()
    assert future.columns == ["id", "ds", "off"]
    assert future["off"].is_null().all()
    filled = future.with_columns(pl.lit(1.0).alias("off"))
    assert model.predict(future=filled).height == 12
    with pytest.raises(DataError, match="the future values of 'off' are missing"):
        model.predict()
    with pytest.raises(DataError, match="the future has the series 'a2', but none of those to"):
        model.predict(future=filled.with_columns(pl.col("id") + "2"))
    with pytest.raises(DataError) as caught:
        model.predict(future=filled.filter(pl.int_range(pl.len()) != 7))
    assert "the future has no 'off' for 2024-01-11 01:00:00 of the series 'b'" in str(caught.value)


@pytest.mark.slow
def test_future_columns_are_used():
    n = 400
    random = np.random.default_rng(0)
    jump = random.integers(0, 2, n).astype(float)
    table = pl.DataFrame(
        {"t": np.arange(n), "jump": jump, "y": 5 * jump + 0.1 * random.normal(size=n)}
    )
    params = {"time": "t", "horizon": 4, "lookback": 8, "network": Network(units=32, dropout=0.0)}
    settings = Training(epochs=60, learning_rate=0.01, verbose=False)
    with_it, without = (
        Forecaster("y", future=future, training=settings, **params).fit_and_evaluate(table)
        for future in (("jump",), ())
    )
    assert with_it.scores["network"]["MAE"] < 0.5 * without.scores["network"]["MAE"]


def test_missing_values_are_forecast_over():
    table = waves().with_columns(
        pl.when(pl.int_range(pl.len()) % 7 == 3).then(None).otherwise("y").alias("y")
    )
    model = forecaster().fit(table)
    assert model.predict()["y"].is_not_nan().all()
    assert np.isnan(model.backtest().arrays["true"]).any()
    assert np.isfinite(model.backtest().scores["network"]["MAE"])


@pytest.mark.slow
def test_lookback_and_season_are_chosen_with_the_reason():
    model = Forecaster("y", time="ds", id="id", horizon=6, network=SMALL, training=FEW).fit(waves())
    assert model.reasons_[:3] == (
        "steps: hours",
        "season 24: the rows are hours",
        "lookback 48: whole seasons and horizons, two seasons at least",
    )
    assert len(model.reasons_) == 4
    assert model.reasons_[3].startswith("floor 0: no value of 'y' is below 0, so no forecast is;")
    n = np.arange(300)
    table = {"y": np.sin(2 * np.pi * n / 17) + 0.01 * np.random.default_rng(0).normal(size=300)}
    model = Forecaster("y", horizon=5, network=SMALL, training=FEW).fit(table)
    assert model.reasons_[0] == "season 17: the changes of the series repeat after 17 steps"


def test_the_same_seed_gives_the_same_forecast(fitted):
    again = forecaster().fit(waves())
    assert again.predict().equals(fitted.predict())
    other = forecaster(training=FEW.model_copy(update={"seed": 1})).fit(waves())
    assert not other.predict().equals(fitted.predict())


@pytest.mark.slow
def test_a_warm_fit_starts_from_the_previous_weights():
    model = forecaster().fit(waves())
    cold = forecaster().fit(waves(300)).history_
    assert model.fit(waves(300), warm=True).history_.validation[0] < cold.validation[0]
    model.set_params(network=Network(units=9))
    with pytest.raises(SettingError, match="the settings now give a network of other sizes"):
        model.fit(waves(), warm=True)


def test_a_fit_that_fails_keeps_the_previous_model():
    model = forecaster().fit(waves())
    before = model.predict()
    with pytest.raises(DataError):
        model.fit(waves(20))
    assert model.predict().equals(before)


@pytest.mark.parametrize(
    ("params", "words"),
    [
        ({"horizon": 0}, "horizon must be a whole number of at least 1, not 0"),
        ({"lookback": 2.5}, "lookback must be a whole number of at least 1, not 2.5"),
        ({"channels": "both"}, "there is no channels='both'"),
        ({"past": "y"}, "'y' is named more than once"),
        ({"transform": "sqrt"}, "there is no transform 'sqrt'"),
    ],
)
def test_settings_out_of_range_are_refused(params, words):
    with pytest.raises(SettingError) as caught:
        forecaster(**params).fit(waves())
    assert words in str(caught.value)


def test_series_too_short_are_refused_with_what_they_need(fitted):
    with pytest.raises(DataError, match="6 to hold out, and the longest series has 20"):
        forecaster().fit(waves(20))
    with pytest.raises(SettingError, match="last must be a whole number of at least 6, not 3"):
        fitted.backtest(waves(), last=3)
    with pytest.raises(SettingError, match="is no percentage: give whole percents from 1 to 99"):
        fitted.predict(level=[0.8])


def test_a_short_series_is_forecast_as_if_it_had_begun_with_its_first_value(fitted):
    short = waves().filter((pl.col("id") == "a") | (pl.int_range(pl.len()).over("id") < 10))
    first = short.filter(pl.col("id") == "b")["ds"][0]
    before = pl.DataFrame({"ds": [first - pd.Timedelta(hours=k) for k in range(14, 0, -1)]})
    longer = short.filter(pl.col("id") == "b")[[0] * 14].with_columns(before["ds"])
    forecasts = fitted.predict(short)
    assert forecasts.equals(fitted.predict(pl.concat([short, longer.select(short.columns)])))


def test_nothing_else_works_before_fit():
    for call in (Forecaster.predict, Forecaster.backtest, Forecaster.make_future):
        with pytest.raises(NotFittedError, match="This Forecaster is not fitted yet"):
            call(forecaster())


def test_the_picture_is_drawn(fitted, tmp_path):
    path = fitted.plot(tmp_path / "seen.png")
    assert path.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(DataError, match="Cannot draw into"):
        fitted.plot(tmp_path / "nowhere" / "seen.png")


def test_the_network_is_printed_and_drawn(fitted):
    script = {}
    exec(fitted.code(), script)
    x = np.random.default_rng(0).normal(size=(3, 24, 1)).astype("float32")
    script["model"].set_weights(fitted.model_.get_weights())
    ours, theirs = (model.predict_on_batch(x) for model in (fitted.model_, script["model"]))
    np.testing.assert_allclose(ours, theirs, atol=1e-5)
    assert "unaligned · segments · LSTM" in str(fitted.diagram())


def test_it_is_an_estimator_of_scikit_learn():
    model = forecaster()
    assert clone(model).get_params() == model.get_params()
    with pytest.raises(SettingError, match="Forecaster has no parameter 'horizn'"):
        model.set_params(horizn=3)


RANDOM = np.random.default_rng(7)
BASE = pl.DataFrame({"t": [*range(80)] * 2, "id": ["a"] * 80 + ["b"] * 80,
                     "y": RANDOM.normal(size=160)})  # fmt: skip
SHORT = {"time": "t", "horizon": 3, "lookback": 6, "network": SMALL, "training": FEW}


def short(**params):
    return Forecaster("y", **{**SHORT, "id": "id", **params})


@pytest.fixture(scope="module")
def plain():
    return short().fit(BASE)


@pytest.mark.slow
def test_days_of_business_have_no_whole_week_and_are_forecast_all_the_same():
    days = pd.bdate_range("2024-01-01", periods=160)
    table = pd.DataFrame({"ds": days, "y": RANDOM.normal(size=160)})
    model = Forecaster("y", **{**SHORT, "time": "ds", "horizon": 7, "lookback": 14}).fit(table)
    assert np.isfinite(model.backtest().scores["ridge"]["MAE"])
    assert len(model.predict()) == 7


def test_rows_without_a_target_at_the_ends_of_a_series_are_no_part_of_it():
    longer = {"t": range(100), "y": [None] * 8 + [*RANDOM.normal(size=80)] + [None] * 12}
    model = Forecaster("y", **SHORT).fit(longer)
    assert model.predict()["t"].to_list() == [88, 89, 90]
    assert min(model.history_.validation) > 0
    with pytest.raises(DataError, match="no row of the series 'c' has a value of 'y'"):
        short().fit(pl.concat([BASE, pl.DataFrame({"t": [1], "id": ["c"], "y": [np.nan]})]))


def test_a_series_too_short_to_train_on_is_scaled_by_itself():
    big = pl.DataFrame({"t": [0, 1, 2], "id": ["s"] * 3, "y": [1e6, 1.01e6, 1.02e6]})
    model = short().fit(pl.concat([BASE, big]))
    renamed = model.predict(big.with_columns(pl.lit("new").alias("id")))
    np.testing.assert_allclose(model.predict()["y"][-3:], renamed["y"])


def test_a_new_series_is_scaled_by_what_stood_before_the_steps_to_score(plain):
    y = RANDOM.normal(size=80)
    forecasts = []
    for late in (y[60:], y[60:] + 100):
        table = pl.DataFrame({"t": range(80), "id": ["n"] * 80, "y": [*y[:60], *late]})
        forecasts.append(plain.backtest(table, last=20).arrays["network"][0])
    np.testing.assert_array_equal(*forecasts)
    np.testing.assert_allclose(forecasts[0][:, 0], plain.predict(table[:60])["y"], rtol=1e-5)


def test_a_series_no_longer_than_what_is_held_out_is_new_then():
    young = pl.DataFrame({"t": [75, 76, 77], "id": ["s"] * 3, "y": [1.0, 2.0, 3.0]})
    for tables in ([BASE, young], [young, BASE]):
        model = short()
        model.fit_and_evaluate(pl.concat(tables), last=5)
        assert model.predict()["id"].unique(maintain_order=True).to_list() == ["a", "b"]


def test_many_short_series_share_their_errors_in_fit_and_evaluate():
    walks = RANDOM.normal(size=(30, 40)).cumsum(axis=1)
    rows = [pl.DataFrame({"id": [f"s{i}"] * 40, "t": range(40), "y": y})
            for i, y in enumerate(walks)]  # fmt: skip
    result = short().fit_and_evaluate(pl.concat(rows), last=6, level=[80])
    assert 0.5 < result.intervals[80]["coverage"] < 1


def test_the_last_lookback_is_enough_for_intervals(plain):
    result = plain.predict(BASE.filter(pl.col("t") >= 74), level=80)
    assert (result["y-lo-80"] < result["y-hi-80"]).all()


def test_a_series_from_before_those_of_fit_is_a_new_one(plain):
    table = pl.DataFrame({"t": range(-100, -20), "id": ["n"] * 80, "y": RANDOM.normal(size=80)})
    assert plain.backtest(table).windows == 80 - 6 - 3 + 1
    alone = Forecaster("y", **{**SHORT, "time": None}).fit({"y": BASE["y"]})
    with pytest.raises(DataError, match="Say how many of the last rows to score"):
        alone.backtest({"y": RANDOM.normal(size=60)})
    assert alone.backtest({"y": RANDOM.normal(size=60)}, last=9).windows == 7


def test_a_constant_series_has_no_scale_and_does_not_dominate_the_score():
    flat = pl.DataFrame({"t": range(80), "id": ["z"] * 80, "y": [0.0] * 70 + [1e4] * 10})
    result = short().fit_and_evaluate(pl.concat([BASE, flat]), last=10)
    assert result.scores["network"]["MASE"] < 10
    alone = Forecaster("y", **SHORT).fit_and_evaluate(flat.drop("id"), last=10)
    assert np.isnan(alone.scores["network"]["MASE"])
    assert "nan" not in alone.verdict


@pytest.mark.parametrize(
    ("times", "words"),
    [
        (pl.Series("t", range(20)), "'t' holds Int64 here and held Date in the data of `fit`"),
        (
            pl.date_range(pl.date(2024, 1, 1), pl.date(2024, 1, 20), eager=True),
            "lies between two steps",
        ),
    ],
)
def test_times_unlike_those_of_fit_are_refused(times, words):
    months = pl.date_range(pl.date(2015, 1, 1), pl.date(2021, 8, 1), "1mo", eager=True)
    model = Forecaster("y", **SHORT).fit({"t": months, "y": RANDOM.normal(size=80)})
    with pytest.raises(DataError) as caught:
        model.predict({"t": times, "y": range(20)})
    assert words in str(caught.value)


def test_months_that_begin_at_a_short_ones_end_keep_their_day():
    months = pl.date_range(pl.date(2015, 2, 28), pl.date(2021, 9, 28), "1mo", eager=True)
    model = Forecaster("y", **SHORT).fit({"t": months, "y": RANDOM.normal(size=80)})
    assert [day.day for day in model.predict()["t"]] == [28, 28, 28]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda model: model.predict(level=["80"]), "level='80' is no percentage"),
        (lambda model: model.predict(level=[97.5]), "level=97.5 is no percentage"),
        (
            lambda model: model.backtest(step=2.5),
            "step must be a whole number of at least 1, not 2.5",
        ),
        (
            lambda model: model.fit_and_evaluate(BASE, last=2.5),
            "last must be a whole number of at least 3, not 2.5",
        ),
        (
            lambda model: model.fit_and_evaluate(BASE, last=0),
            "last must be a whole number of at least 3, not 0",
        ),
        (
            lambda model: model.fit_and_evaluate(BASE, last=1000),
            "1000 steps are to be held out, and the longest series has 80",
        ),
        (
            lambda _: short(time=None, past="step").fit(BASE),
            "a column is named 'step' and there is no time",
        ),
    ],
)
def test_arguments_out_of_range_are_refused_before_training(plain, call, words):
    with pytest.raises((SettingError, DataError)) as caught:
        call(plain)
    assert words in str(caught.value)


@pytest.mark.slow
def test_a_missing_value_in_new_data_does_not_prevent_a_warm_fit():
    model = Forecaster("y", **{**SHORT, "lookback": None}).fit(BASE[:80].drop("id"))
    more = (
        BASE[:80]
        .drop("id")
        .with_columns(pl.when(pl.col("t") == 40).then(None).otherwise("y").alias("y"))
    )
    assert model.fit(more, warm=True).predict().height == 3


def test_a_target_outside_the_domain_of_a_transform_is_named():
    table = {"y": RANDOM.uniform(size=80), "z": -1 - RANDOM.uniform(size=80)}
    with pytest.raises(DataError, match="'z' is -1"):
        Forecaster(["y", "z"], **{**SHORT, "time": None, "transform": "log1p"}).fit(table)
