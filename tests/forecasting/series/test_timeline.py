"""Times are read in the usual formats, and converted to whole positions and back."""

from datetime import date, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.errors import DataError
from unrolled.forecasting.series.infer_timeline import infer_timeline
from unrolled.forecasting.series.times.parse import parse_times


@pytest.mark.parametrize(
    ("spelled", "first"),
    [
        (["2024-01-31", "2024-02-01"], date(2024, 1, 31)),
        (["2024/01/31", "2024/02/01"], date(2024, 1, 31)),
        (["2024-01", "2024-02"], date(2024, 1, 1)),
        (["2024-01-31 13:00", "2024-01-31 14:00"], datetime(2024, 1, 31, 13)),
        (["2024-01-31T13:00:05", "2024-01-31T14:00:05"], datetime(2024, 1, 31, 13, 0, 5)),
        ([19580329, 19580405], date(1958, 3, 29)),
        ([1700, 1701], 1700),
        ([3.0, 4.0], 3),
        ([date(2024, 1, 31)], date(2024, 1, 31)),
    ],
)
def test_times_are_read_as_people_write_them(spelled, first):
    assert parse_times(pl.Series("t", spelled))[0] == first


def test_times_with_an_offset_are_of_their_zone():
    parsed = parse_times(pl.Series("t", ["2024-01-31T13:00:00+01:00", "2024-01-31T14:00:00+01:00"]))
    assert parsed.dtype == pl.Datetime("us", "UTC")
    assert parsed[0].hour == 12


@pytest.mark.parametrize(
    ("times", "words"),
    [
        (["2024-01-31", "31.1.2024"], "row 2: the time '31.1.2024' in 't' cannot be read"),
        (["2024-01-31", None], "row 2: the time 't' is missing"),
        ([1.5, 2.5], "column 't' holds Float64, which are no times"),
        ([True, False], "column 't' holds Boolean, which are no times"),
    ],
)
def test_a_value_that_is_no_time_is_refused_with_its_row(times, words):
    with pytest.raises(DataError) as caught:
        parse_times(pl.Series("t", times))
    assert words in str(caught.value)


def several(every, start=datetime(2023, 1, 31), count=40, zone=None):
    times = [pl.select(pl.lit(start).dt.offset_by(f"{k}{every}")).item() for k in range(count)]
    parsed = pl.Series("t", times)
    return parsed.dt.replace_time_zone(zone) if zone else parsed


@pytest.mark.parametrize(
    ("every", "spelled", "season"),
    [
        ("m", "minutes", 60),
        ("h", "hours", 24),
        ("d", "days", 7),
        ("w", "weeks", 52),
        ("mo", "months", 12),
        ("q", "quarters", 4),
        ("y", "years", None),
    ],
)
def test_the_frequency_is_inferred_and_times_continue_with_it(every, spelled, season):
    times = several(every)
    line = infer_timeline(times[:30], np.zeros(30))
    assert (line.frequency, line.season) == (spelled, season)
    assert line.positions(times).tolist() == list(range(40))
    assert line.times(np.arange(40)).to_list() == times.to_list()


@pytest.mark.parametrize("gone", [[3], [1, 2, 7], list(range(5, 25))])
def test_missing_steps_do_not_change_the_frequency(gone):
    times = several("d").gather([k for k in range(40) if k not in gone])
    line = infer_timeline(times, np.zeros(len(times)))
    assert line.frequency == "days"
    assert sorted(set(range(40)) - set(line.positions(times))) == gone


@pytest.mark.parametrize("every", ["1h", "1d"])
def test_a_zones_clock_may_change_on_the_way(every):
    ends = pl.datetime(2024, 3, 28), pl.datetime(2024, 4, 3)
    times = pl.datetime_range(*ends, every, eager=True, time_zone="Europe/Berlin")
    line = infer_timeline(times, np.zeros(len(times)))
    assert line.positions(times).tolist() == list(range(len(times)))
    assert (line.times(np.arange(len(times))) == times).all()


def test_a_time_between_two_steps_has_no_position():
    times = several("d")
    line = infer_timeline(times, np.zeros(40))
    assert np.isnan(line.positions(times.dt.offset_by("5h"))).all()


@given(st.integers(-1000, 1000), st.integers(1, 50), st.integers(2, 30))
def test_whole_numbers_are_times_too(first, every, count):
    times = pl.Series("t", first + every * np.arange(count))
    line = infer_timeline(times, np.zeros(count))
    assert (line.unit, line.every) == ("numbers", every)
    assert line.times(line.positions(times)).to_list() == times.to_list()
    assert line.times([count])[0] == first + every * count


def test_series_of_one_row_each_have_no_frequency():
    with pytest.raises(DataError, match="no series has two rows by 't'"):
        infer_timeline(pl.Series("t", [1, 2, 3]), np.arange(3))
