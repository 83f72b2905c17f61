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


def forecaster(**given):
    return Forecaster("y", **{"time": "ds", "id": "id", "horizon": 6, "lookback": 24,
                              "network": SMALL, "training": FEW, **given})  # fmt: skip


@pytest.fixture(scope="module")
def fitted():
    return forecaster().fit(waves())


def test_a_wave_is_learned_and_beats_repeating_it():
    made = Forecaster("y", time="ds", id="id", horizon=12, lookback=24, network=Network(units=32),
                      training=Training(epochs=60, learning_rate=0.005, verbose=False))  # fmt: skip
    found = made.fit_and_evaluate(waves(600, noise=0.3), last=48, level=[80])
    assert found.scores["network"]["MAE"] < found.scores["seasonal naive"]["MAE"]
    assert found.windows == 2 * (48 - 12 + 1)
    assert found.intervals[80]["coverage"] == pytest.approx(0.8, abs=0.12)


def test_the_forecast_goes_on_where_each_series_ends(fitted):
    found = fitted.predict(level=[80, 95])
    assert found.columns == ["id", "ds", "y", "y-lo-80", "y-hi-80", "y-lo-95", "y-hi-95"]
    assert found["id"].to_list() == ["a"] * 6 + ["b"] * 6
    ends = waves().group_by("id", maintain_order=True).agg(pl.col("ds").last())
    assert found["ds"][0] == ends["ds"][0] + pd.Timedelta(hours=1)
    for low, high in (("y-lo-95", "y-lo-80"), ("y-lo-80", "y-hi-80"), ("y-hi-80", "y-hi-95")):
        assert (found[low] <= found[high]).all()


def test_new_data_and_a_series_never_seen_are_forecast_from_their_own_past(fitted):
    other = waves(60, ids=("new",), seed=3).with_columns(pl.col("y") * 100)
    found = fitted.predict(other)
    assert found["id"].unique().to_list() == ["new"]
    assert found["y"].is_between(400, 1600).all()
    assert isinstance(fitted.predict(other.to_pandas()), pd.DataFrame)


def test_a_backtest_forecasts_as_predict_would_have(fitted):
    data = waves(300)
    found = fitted.backtest(data, last=20)
    early = data.filter(pl.int_range(pl.len()).over("id") < 300 - 20)
    again = fitted.predict(early)["y"].to_numpy().reshape(2, 6)
    said = found.arrays["network"].reshape(2, -1, 6)
    np.testing.assert_allclose(said[:, 0], again, rtol=1e-4)
    assert set(found.scores) == {"network", "repeat last", "seasonal naive", "ridge"}
    assert fitted.backtest(data, last=20, step=5).windows == 2 * 3


def test_a_backtest_of_new_data_scores_what_fit_did_not_see(fitted):
    assert fitted.backtest(waves(270)).windows == 2 * (30 - 6 + 1)
    assert fitted.backtest().windows == 2 * (36 - 6 + 1)


@pytest.mark.parametrize("channels", ["shared", "joint"])
def test_several_targets_are_forecast_in_their_own_units(channels):
    made = Forecaster(["y", "z"], time="ds", id="id", horizon=6, lookback=24, channels=channels,
                      network=SMALL, training=FEW).fit(waves())  # fmt: skip
    found = made.predict(level=[80])
    assert found["y"].is_between(2, 30).all()
    assert found["z"].is_between(-30, -2).all()
    assert made.backtest().arrays["true"].shape[-1] == (1 if channels == "shared" else 2)


def test_columns_known_beforehand_are_asked_for_and_a_missing_one_is_named():
    made = forecaster(future="off").fit(waves())
    asked = made.make_future()
    assert asked.columns == ["id", "ds", "off"]
    assert asked["off"].is_null().all()
    filled = asked.with_columns(pl.lit(1.0).alias("off"))
    assert made.predict(future=filled).height == 12
    with pytest.raises(DataError, match="the future values of 'off' are missing"):
        made.predict()
    with pytest.raises(DataError, match="the future has the series 'a2', but none of those to"):
        made.predict(future=filled.with_columns(pl.col("id") + "2"))
    with pytest.raises(DataError) as caught:
        made.predict(future=filled.filter(pl.int_range(pl.len()) != 7))
    assert "the future has no 'off' for 2024-01-11 01:00:00 of the series 'b'" in str(caught.value)


def test_what_is_known_beforehand_is_used():
    n = 400
    random = np.random.default_rng(0)
    jump = random.integers(0, 2, n).astype(float)
    table = pl.DataFrame(
        {"t": np.arange(n), "jump": jump, "y": 5 * jump + 0.1 * random.normal(size=n)}
    )
    given = {"time": "t", "horizon": 4, "lookback": 8, "network": Network(units=32, dropout=0.0)}
    settings = Training(epochs=60, learning_rate=0.01, verbose=False)
    with_it, without = (
        Forecaster("y", future=future, training=settings, **given).fit_and_evaluate(table)
        for future in (("jump",), ())
    )
    assert with_it.scores["network"]["MAE"] < 0.5 * without.scores["network"]["MAE"]


def test_missing_values_are_forecast_over():
    table = waves().with_columns(
        pl.when(pl.int_range(pl.len()) % 7 == 3).then(None).otherwise("y").alias("y")
    )
    made = forecaster().fit(table)
    assert made.predict()["y"].is_not_nan().all()
    assert np.isnan(made.backtest().arrays["true"]).any()
    assert np.isfinite(made.backtest().scores["network"]["MAE"])


def test_lookback_and_season_are_found_with_the_reason():
    made = Forecaster("y", time="ds", id="id", horizon=6, network=SMALL, training=FEW).fit(waves())
    assert made.reasons_ == (
        "season 24: the rows are hours",
        "lookback 48: whole seasons and horizons, two seasons at least",
    )
    n = np.arange(300)
    table = {"y": np.sin(2 * np.pi * n / 17) + 0.01 * np.random.default_rng(0).normal(size=300)}
    made = Forecaster("y", horizon=5, network=SMALL, training=FEW).fit(table)
    assert made.reasons_[0] == "season 17: changes resemble those 17 steps earlier most"


def test_the_same_seed_gives_the_same_forecast(fitted):
    again = forecaster().fit(waves())
    assert again.predict().equals(fitted.predict())
    other = forecaster(training=FEW.model_copy(update={"seed": 1})).fit(waves())
    assert not other.predict().equals(fitted.predict())


def test_training_goes_on_from_the_weights_before():
    made = forecaster().fit(waves())
    cold = forecaster().fit(waves(300)).history_
    assert made.fit(waves(300), warm=True).history_.validation[0] < cold.validation[0]
    made.set_params(network=Network(units=9))
    with pytest.raises(SettingError, match="the settings now give a network of other sizes"):
        made.fit(waves(), warm=True)


def test_a_fit_that_fails_keeps_what_was_there():
    made = forecaster().fit(waves())
    before = made.predict()
    with pytest.raises(DataError):
        made.fit(waves(20))
    assert made.predict().equals(before)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"horizon": 0}, "horizon must be a whole number of at least 1, not 0"),
        ({"lookback": 2.5}, "lookback must be a whole number of at least 1, not 2.5"),
        ({"channels": "both"}, "there is no channels='both'"),
        ({"past": "y"}, "'y' is named more than once"),
        ({"transform": "sqrt"}, "there is no transform 'sqrt'"),
    ],
)
def test_settings_that_are_none_are_refused(given, words):
    with pytest.raises(SettingError) as caught:
        forecaster(**given).fit(waves())
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
    said = fitted.predict(short)
    assert said.equals(fitted.predict(pl.concat([short, longer.select(short.columns)])))


def test_before_fit_nothing_else_is_done():
    for call in (Forecaster.predict, Forecaster.backtest, Forecaster.make_future):
        with pytest.raises(NotFittedError, match="This Forecaster is not fitted yet"):
            call(forecaster())


def test_the_picture_is_drawn(fitted, tmp_path):
    path = fitted.plot(tmp_path / "seen.png")
    assert path.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(DataError, match="Cannot draw into"):
        fitted.plot(tmp_path / "nowhere" / "seen.png")


def test_the_network_is_printed_and_drawn(fitted):
    said = {}
    exec(fitted.code(), said)
    x = np.random.default_rng(0).normal(size=(3, 24, 1)).astype("float32")
    said["model"].set_weights(fitted.model_.get_weights())
    ours, theirs = (model.predict_on_batch(x) for model in (fitted.model_, said["model"]))
    np.testing.assert_allclose(ours, theirs, atol=1e-5)
    assert "unaligned · segments · LSTM" in str(fitted.diagram())


def test_it_is_an_estimator_of_scikit_learn():
    made = forecaster()
    assert clone(made).get_params() == made.get_params()
    with pytest.raises(SettingError, match="Forecaster has no parameter 'horizn'"):
        made.set_params(horizn=3)


RANDOM = np.random.default_rng(7)
BASE = pl.DataFrame({"t": [*range(80)] * 2, "id": ["a"] * 80 + ["b"] * 80,
                     "y": RANDOM.normal(size=160)})  # fmt: skip
SHORT = {"time": "t", "horizon": 3, "lookback": 6, "network": SMALL, "training": FEW}


def short(**given):
    return Forecaster("y", **{**SHORT, "id": "id", **given})


@pytest.fixture(scope="module")
def plain():
    return short().fit(BASE)


def test_days_of_business_have_no_whole_week_and_are_forecast_all_the_same():
    days = pd.bdate_range("2024-01-01", periods=160)
    table = pd.DataFrame({"ds": days, "y": RANDOM.normal(size=160)})
    made = Forecaster("y", **{**SHORT, "time": "ds", "horizon": 7, "lookback": 14}).fit(table)
    assert np.isfinite(made.backtest().scores["ridge"]["MAE"])
    assert len(made.predict()) == 7


def test_rows_without_a_target_at_the_ends_of_a_series_are_no_part_of_it():
    longer = {"t": range(100), "y": [None] * 8 + [*RANDOM.normal(size=80)] + [None] * 12}
    made = Forecaster("y", **SHORT).fit(longer)
    assert made.predict()["t"].to_list() == [88, 89, 90]
    assert min(made.history_.validation) > 0
    with pytest.raises(DataError, match="no row of the series 'c' has a value of 'y'"):
        short().fit(pl.concat([BASE, pl.DataFrame({"t": [1], "id": ["c"], "y": [np.nan]})]))


def test_a_series_too_short_to_train_on_is_scaled_by_itself():
    big = pl.DataFrame({"t": [0, 1, 2], "id": ["s"] * 3, "y": [1e6, 1.01e6, 1.02e6]})
    made = short().fit(pl.concat([BASE, big]))
    renamed = made.predict(big.with_columns(pl.lit("new").alias("id")))
    np.testing.assert_allclose(made.predict()["y"][-3:], renamed["y"])


def test_a_new_series_is_scaled_by_what_stood_before_the_steps_to_score(plain):
    y = RANDOM.normal(size=80)
    said = []
    for late in (y[60:], y[60:] + 100):
        table = pl.DataFrame({"t": range(80), "id": ["n"] * 80, "y": [*y[:60], *late]})
        said.append(plain.backtest(table, last=20).arrays["network"][0])
    np.testing.assert_array_equal(*said)
    np.testing.assert_allclose(said[0][:, 0], plain.predict(table[:60])["y"], rtol=1e-5)


def test_a_series_no_longer_than_what_is_held_out_is_new_then():
    young = pl.DataFrame({"t": [75, 76, 77], "id": ["s"] * 3, "y": [1.0, 2.0, 3.0]})
    for tables in ([BASE, young], [young, BASE]):
        made = short()
        made.fit_and_evaluate(pl.concat(tables), last=5)
        assert made.predict()["id"].unique(maintain_order=True).to_list() == ["a", "b"]


def test_many_short_series_share_their_errors_in_a_trial_too():
    walks = RANDOM.normal(size=(30, 40)).cumsum(axis=1)
    rows = [pl.DataFrame({"id": [f"s{i}"] * 40, "t": range(40), "y": y})
            for i, y in enumerate(walks)]  # fmt: skip
    found = short().fit_and_evaluate(pl.concat(rows), last=6, level=[80])
    assert 0.5 < found.intervals[80]["coverage"] < 1


def test_the_last_lookback_is_enough_for_intervals(plain):
    found = plain.predict(BASE.filter(pl.col("t") >= 74), level=80)
    assert (found["y-lo-80"] < found["y-hi-80"]).all()


def test_a_series_from_before_those_of_fit_is_a_new_one(plain):
    table = pl.DataFrame({"t": range(-100, -20), "id": ["n"] * 80, "y": RANDOM.normal(size=80)})
    assert plain.backtest(table).windows == 80 - 6 - 3 + 1
    alone = Forecaster("y", **{**SHORT, "time": None}).fit({"y": BASE["y"]})
    with pytest.raises(DataError, match="Say how many of the last rows to score"):
        alone.backtest({"y": RANDOM.normal(size=60)})
    assert alone.backtest({"y": RANDOM.normal(size=60)}, last=9).windows == 7


def test_a_constant_series_has_no_scale_and_does_not_rule_the_score():
    flat = pl.DataFrame({"t": range(80), "id": ["z"] * 80, "y": [0.0] * 70 + [1e4] * 10})
    found = short().fit_and_evaluate(pl.concat([BASE, flat]), last=10)
    assert found.scores["network"]["MASE"] < 10
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
    made = Forecaster("y", **SHORT).fit({"t": months, "y": RANDOM.normal(size=80)})
    with pytest.raises(DataError) as caught:
        made.predict({"t": times, "y": range(20)})
    assert words in str(caught.value)


def test_months_that_begin_at_a_short_ones_end_keep_their_day():
    months = pl.date_range(pl.date(2015, 2, 28), pl.date(2021, 9, 28), "1mo", eager=True)
    made = Forecaster("y", **SHORT).fit({"t": months, "y": RANDOM.normal(size=80)})
    assert [day.day for day in made.predict()["t"]] == [28, 28, 28]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda made: made.predict(level=["80"]), "level='80' is no percentage"),
        (lambda made: made.predict(level=[97.5]), "level=97.5 is no percentage"),
        (
            lambda made: made.backtest(step=2.5),
            "step must be a whole number of at least 1, not 2.5",
        ),
        (
            lambda made: made.fit_and_evaluate(BASE, last=2.5),
            "last must be a whole number of at least 3, not 2.5",
        ),
        (
            lambda made: made.fit_and_evaluate(BASE, last=0),
            "last must be a whole number of at least 3, not 0",
        ),
        (
            lambda made: made.fit_and_evaluate(BASE, last=1000),
            "1000 steps are to be held out, and the longest series has 80",
        ),
        (
            lambda _: short(time=None, past="step").fit(BASE),
            "a column is named 'step' and there is no time",
        ),
    ],
)
def test_arguments_that_are_none_are_refused_before_training(plain, call, words):
    with pytest.raises((SettingError, DataError)) as caught:
        call(plain)
    assert words in str(caught.value)


def test_a_value_missing_in_more_data_does_not_stand_in_the_way_of_going_on():
    made = Forecaster("y", **{**SHORT, "lookback": None}).fit(BASE[:80].drop("id"))
    more = (
        BASE[:80]
        .drop("id")
        .with_columns(pl.when(pl.col("t") == 40).then(None).otherwise("y").alias("y"))
    )
    assert made.fit(more, warm=True).predict().height == 3


def test_the_target_that_a_transform_does_not_take_is_named():
    table = {"y": RANDOM.uniform(size=80), "z": -1 - RANDOM.uniform(size=80)}
    with pytest.raises(DataError, match="'z' is -1"):
        Forecaster(["y", "z"], **{**SHORT, "time": None, "transform": "log1p"}).fit(table)
