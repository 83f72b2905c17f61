"""A series that is cut anywhere goes on as its calendar does, as the offsets of pandas say."""

import json

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unrolled.forecasting.series.infer_timeline import infer_timeline
from unrolled.forecasting.series.timeline import Timeline
from unrolled.forecasting.series.times.calendars import calendar_from_dict
from unrolled.forecasting.series.times.fiscal_weeks import FiscalWeeks
from unrolled.forecasting.series.times.month_days import MonthDays
from unrolled.forecasting.series.times.open_days import OpenDays
from unrolled.forecasting.series.times.wall_clock import in_zone
from unrolled.saving.checked_json import RefusedError

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
ALIASES = [
    *("s", "min", "5min", "30min", "h", "6h", "D", "3D", "B", "2B", "bh"),
    *(f"W-{day}" for day in DAYS),
    *("2W-WED", "4W-THU", "MS", "ME", "BMS", "BME", "2ME", "2BME", "SMS", "SME"),
    *(f"{kind}-{month}" for kind in ("QS", "QE", "BQS", "BQE") for month in MONTHS[:3]),
    *(f"{kind}-{month}" for kind in ("YS", "YE", "BYS", "BYE") for month in MONTHS),
    *(f"WOM-{k}{day}" for k in range(1, 5) for day in DAYS[:5]),
    *("LWOM-FRI", "LWOM-MON"),
    *(f"{kind}-L-{month}-{day}" for kind in ("RE",) for month in MONTHS[:3] for day in DAYS[4:6]),
    *(f"REQ-{kind}-{month}-FRI-4" for kind in "LN" for month in MONTHS[:2]),
]


def stamps(alias, first, count):
    """Return times of a pandas offset as a column."""
    dates = pd.date_range(first, periods=count, freq=alias)
    column = pl.Series("t", dates.to_numpy().astype("datetime64[us]"))
    is_days = (dates == dates.normalize()).all()
    return column.cast(pl.Date) if is_days else column


def follows(known, later):
    """Check that the timeline of some times goes on with those that follow."""
    line = infer_timeline(known, np.zeros(len(known)))
    steps = line.positions(known)
    whole = pl.concat([known, later])
    np.testing.assert_array_equal(line.positions(whole), np.arange(len(whole)) + steps[0])
    assert line.times(np.arange(len(known), len(whole))).to_list() == later.to_list()
    assert line.frequency
    return line


@pytest.mark.representatives(by=lambda alias: alias.split("-")[0])
@pytest.mark.parametrize("alias", ALIASES)
@settings(max_examples=5)
@given(days=st.integers(0, 12000), count=st.integers(26, 60), more=st.integers(1, 30))
def test_the_next_steps_are_those_of_pandas(alias, days, count, more):
    first = pd.Timestamp("1990-01-01") + pd.Timedelta(days=days)
    count += 60 if alias == "bh" else 0  # more than a week of them
    times = stamps(alias, first, count + more)
    follows(times[:count], times[count:])


@pytest.mark.parametrize(
    ("days", "words", "following"),
    [
        (range(5), "business days (Monday to Friday)", "2024-03-04"),
        (range(6), "days (Monday to Saturday)", "2024-03-02"),
        ((6, 0, 1, 2, 3), "days (Sunday to Thursday)", "2024-03-03"),
        ((1, 3), "days (Tuesday and Thursday)", "2024-03-05"),
    ],
)
def test_any_set_of_open_days_is_found_and_named(days, words, following):
    every_day = pd.date_range("2024-01-01", "2024-03-01")
    times = pl.Series([d.date() for d in every_day if d.day_of_week in days])
    line = infer_timeline(times, np.zeros(len(times)))
    assert line.frequency == words
    assert str(line.times([len(times)])[0]) == following
    assert Timeline.from_dict(line.to_dict()).times([3])[0] == times[3]


def test_a_few_days_in_a_row_are_days_and_holidays_are_no_closed_days():
    week = pl.date_range(pl.date(2024, 1, 1), pl.date(2024, 1, 5), eager=True)
    assert infer_timeline(week, np.zeros(5)).frequency == "days"
    sessions = [d.date() for d in pd.bdate_range("2023-01-02", periods=200)]
    holidays = pl.Series([d for d in sessions if d.day not in (4, 25)])
    line = infer_timeline(holidays, np.zeros(len(holidays)))
    assert line.frequency == "business days (Monday to Friday)"


@pytest.mark.parametrize(
    ("day", "words"),
    [
        (29, "months (the 29th or the last day of the month)"),
        (30, "months (the 30th or the last day of the month)"),
        (31, "months"),
    ],
)
def test_a_day_that_some_months_lack_is_their_last_day(day, words):
    months = pd.period_range("2019-01", periods=30, freq="M")
    times = [p.to_timestamp().replace(day=min(day, p.days_in_month)).date() for p in months]
    line = infer_timeline(pl.Series(times[:20]), np.zeros(20))
    assert line.frequency == words
    assert line.times(np.arange(30)).to_list() == times


def test_month_ends_that_holidays_move_are_still_months():
    ends = [d.date() for d in pd.date_range("2020-01-31", periods=30, freq="BME")]
    moved = [d - pd.Timedelta(days=1) if d.month == 3 else d for d in ends]
    line = infer_timeline(pl.Series(moved), np.zeros(30))
    assert line.positions(pl.Series(moved)).tolist() == list(range(30))
    assert str(line.times([30])[0]) == "2022-07-29"


def test_the_hours_of_a_market_go_on_the_next_morning():
    days = pd.bdate_range("2024-01-01", periods=15)
    times = pl.Series([d + pd.Timedelta(hours=h) for d in days for h in range(9, 17)])
    line = infer_timeline(times, np.zeros(len(times)))
    assert line.frequency == "8 times from 09:00 to 16:00 on business days (Monday to Friday)"
    assert str(line.times([len(times)])[0]) == "2024-01-22 09:00:00"
    assert line.season == 8


def test_a_53rd_week_is_known_before_it_comes():
    ends = stamps("REQ-N-JAN-SAT-4", pd.Timestamp("2012-03-01"), 40)
    line = infer_timeline(ends[:15], np.zeros(15))
    assert line.frequency.startswith("periods of 13 weeks (years end on the Saturday nearest")
    months = np.cumsum(np.tile([28, 28, 35], 12))
    times = pl.Series([pd.Timestamp("2012-01-28") + pd.Timedelta(days=int(d)) for d in months])
    assert infer_timeline(times, np.zeros(36)).frequency.startswith("periods of 4-4-5 weeks")


ZONES = ("America/Sao_Paulo", "Asia/Beirut", "Europe/Berlin", "Africa/Cairo", "Pacific/Auckland")


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("alias", ["D", "B", "h"])
@settings(max_examples=4)
@given(days=st.integers(0, 3000), count=st.integers(30, 60))
def test_no_time_is_missing_or_doubled_when_clocks_change(zone, alias, days, count):
    first = pl.select(pl.datetime(2008, 1, 1) + pl.duration(days=days)).item()
    naive = pd.date_range(first, periods=count + 400, freq=alias)
    wall = pl.Series(naive.to_numpy().astype("datetime64[us]"))
    times = (
        wall.dt.replace_time_zone("UTC").dt.convert_time_zone(zone)
        if alias == "h"
        else in_zone(wall, zone)
    )
    line = infer_timeline(times[:count], np.zeros(count))
    following = line.times(np.arange(count + 400))
    assert following.null_count() == 0
    assert following.n_unique() == len(following)
    assert following.to_list() == times.to_list()
    assert line.positions(times).tolist() == list(range(count + 400))


@pytest.mark.parametrize(
    "state",
    [
        {"kind": "moon"},
        {"kind": "open days", "weekdays": [3, 1], "times": [0]},
        {"kind": "open days", "weekdays": [7], "times": [0]},
        {"kind": "open days", "weekdays": [], "times": [0]},
        {"kind": "days of the month", "rules": ["32"], "time": 0, "loose": False},
        {"kind": "days of the month", "rules": ["ninth Monday"], "time": 0, "loose": False},
        {"kind": "fiscal weeks", "weeks": [4, 4], "weekday": 0, "month": 1, "nearest": True},
        "business days",
    ],
)
def test_a_calendar_of_a_file_that_cannot_be_is_refused(state):
    with pytest.raises(RefusedError):
        calendar_from_dict(state)


CALENDARS = [
    OpenDays((0, 2, 4), (3_600_000_000, 7_200_000_000)),
    MonthDays(("1", "15")),
    FiscalWeeks((4, 5, 4), 5, 1, nearest=True),
]


@pytest.mark.parametrize("calendar", CALENDARS, ids=lambda calendar: type(calendar).__name__)
@given(st.lists(st.integers(1000, 2000), min_size=1, max_size=20))
def test_numbers_of_steps_and_stamps_are_the_same_both_ways(calendar, index):
    stamps = calendar.stamps(np.array(index))
    again, is_step = calendar.index(stamps)
    assert again.tolist() == index
    assert is_step.all()
    assert not calendar.index(stamps + 1)[1].any()
    assert calendar_from_dict(json.loads(json.dumps(calendar.to_dict()))) == calendar
