"""Calendar features follow the dates, and a forecaster learns from them."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
import pytest

import unrolled
from unrolled.errors import SettingError
from unrolled.forecasting.series.calendar_features import calendar_cycles, cyclical_features
from unrolled.forecasting.series.layout import Layout
from unrolled.forecasting.series.reading.from_frame import panel_from_frame

FEW = unrolled.Training(epochs=1, verbose=False)


def series(times, **columns):
    """Return the panel of a table of times and ones."""
    table = pl.DataFrame({"when": times, "y": np.arange(len(times)) * 1.0, **columns})
    return panel_from_frame(table, Layout(("y",), "when", "id" if "id" in columns else None))


def hours(count, first=datetime(2026, 3, 27), step=1):
    return [first + timedelta(hours=step * k) for k in range(count)]


def test_hours_have_a_place_in_day_week_and_year():
    panel = series(hours(200))
    assert calendar_cycles(panel.timeline) == ("day", "week", "year")
    features = cyclical_features(panel, ("day", "week", "year"), 5)
    for row in (0, 3, 100, 199):
        at = datetime(2026, 3, 27) + timedelta(hours=row + 5)
        day = at.hour / 24
        week, year = (at.weekday() + day) / 7, (at.timetuple().tm_yday - 1 + day) / 365.25
        for k, share in enumerate((day, week, year)):
            wave = [np.sin(2 * np.pi * share), np.cos(2 * np.pi * share)]
            np.testing.assert_allclose(features[row, 2 * k : 2 * k + 2], wave, atol=1e-5)


def test_each_series_has_the_features_of_its_own_times():
    times = [*hours(30), *hours(10, datetime(2026, 3, 29, 7))]
    both = series(times, id=["a"] * 30 + ["b"] * 10)
    alone = series(hours(10, datetime(2026, 3, 29, 7)))
    np.testing.assert_array_equal(
        cyclical_features(both, ("day", "week"), 2)[30:],
        cyclical_features(alone, ("day", "week"), 2),
    )


def test_the_wall_clock_counts_where_there_is_a_time_zone():
    times = pl.Series(hours(72, datetime(2026, 3, 28))).dt.replace_time_zone("UTC")
    local = times.dt.convert_time_zone("Europe/Berlin")
    features = cyclical_features(series(local), ("day",), 0)
    np.testing.assert_allclose(features[0], [np.sin(np.pi / 12), np.cos(np.pi / 12)], atol=1e-6)
    turn = 2 * np.pi * 2 / 24  # after the clocks went forward
    np.testing.assert_allclose(features[48], [np.sin(turn), np.cos(turn)], atol=1e-6)


@pytest.mark.parametrize(
    ("times", "cycles"),
    [
        (hours(40, step=24), ("week", "year")),
        ([t for t in hours(40, step=24) if t.weekday() < 5], ("week", "year")),
        ([t for t in hours(300) if 8 < t.hour < 17], ("day", "week", "year")),
        ([datetime(2026, m, 30 if m != 2 else 28) for m in range(1, 13)], ("year",)),
        (hours(40, step=7 * 24), ("year",)),
        ([datetime(2020 + k // 12, k % 12 + 1, 1) for k in range(40)], ("year",)),
    ],
)
def test_the_cycles_depend_on_the_frequency(times, cycles):
    assert calendar_cycles(series(times).timeline) == cycles


@pytest.mark.parametrize(
    ("times", "frequency"),
    [(range(40), "steps"), ([datetime(1900 + k, 1, 1) for k in range(40)], "years")],
)
def test_times_without_a_calendar_are_refused(times, frequency):
    with pytest.raises(SettingError) as error:
        calendar_cycles(series(list(times)).timeline)
    assert str(error.value) == (
        "calendar=True needs dates that are at most months apart, but the times are"
        f" {frequency}. Name the column of dates as `time`, or leave calendar out."
    )


@pytest.mark.slow
def test_a_forecaster_learns_from_the_calendar_and_is_saved_with_it(tmp_path):
    random = np.random.default_rng(0)
    times = hours(2400)
    weekend = np.array([at.weekday() >= 5 for at in times])
    table = pl.DataFrame({"when": times, "y": 10.0 * weekend + random.normal(size=2400)})
    training = unrolled.Training(epochs=12, verbose=False)
    off = {}
    for calendar in (False, True):
        model = unrolled.Forecaster(
            "y", time="when", horizon=24, lookback=24, calendar=calendar, training=training
        )
        scores = model.fit_and_evaluate(table, last=480, step=24).scores
        off[calendar] = scores["network"]["MAE"]
    assert off[True] < 0.8 * off[False]
    assert "calendar: the place of each step in its day, week, year" in model.reasons_
    again = unrolled.load(model.save(tmp_path / "m"))
    assert again.predict().equals(model.predict())
