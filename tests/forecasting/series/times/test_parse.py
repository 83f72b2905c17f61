"""Times are read as they are written, and forecasts write theirs in the same way."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from unrolled.errors import DataError
from unrolled.forecasting.series.infer_timeline import infer_timeline
from unrolled.forecasting.series.layout import Layout
from unrolled.forecasting.series.reading.from_frame import panel_from_frame
from unrolled.forecasting.series.timeline import Timeline
from unrolled.forecasting.series.times.parse import parse_times
from unrolled.saving.checked_json import RefusedError

MONTHS = pd.date_range("2023-01-01", periods=14, freq="MS")
DAYS = pd.date_range("2024-02-20", periods=40)
HOURS = pd.date_range("2023-12-31", periods=40, freq="h")


def next_times(times, count=1):
    table = pl.DataFrame({"t": times, "y": [k % 5 for k in range(len(times))]})
    panel = panel_from_frame(table, Layout(("y",), "t"))
    return panel.index_columns(panel.lengths, count)["t"].to_list()


def numbers(dates, pattern):
    return [int(d.strftime(pattern)) for d in dates]


@pytest.mark.parametrize(
    ("times", "following"),
    [
        (numbers(MONTHS, "%Y%m"), 202403),
        ([float(n) for n in numbers(MONTHS, "%Y%m")], 202403),
        (numbers(DAYS, "%Y%m%d"), 20240331),
        (numbers(DAYS, "%y%m%d"), 240331),
        (numbers(HOURS, "%Y%m%d%H"), 2024010116),
        (numbers(HOURS, "%Y%m%d%H%M"), 202401011600),
        (list(range(1990, 2020)), 2020),
        (list(range(202_301, 202_340)), 202_340),  # which are no months
        ([1_700_000_000 + 60 * k for k in range(30)], 1_700_001_800),
        ([d.strftime("%Y-%m") for d in MONTHS], "2024-03"),
        ([d.strftime("%Y%m") for d in MONTHS], "202403"),
        ([d.strftime("%Y/%m/%d") for d in DAYS], "2024/03/31"),
        ([str(d) for d in HOURS], "2024-01-01 16:00:00"),
        ([d.strftime("%Y-%m-%dT%H:%M") for d in HOURS], "2024-01-01T16:00"),
        ([d.strftime("%Y-%m-%dT%H:%M:%SZ") for d in HOURS], "2024-01-01T16:00:00Z"),
        ([f"{d:%Y-%m-%d} 00:00:00+01:00" for d in DAYS], "2024-03-31 00:00:00+01:00"),
    ],
)
def test_the_next_time_is_written_as_the_others_are(times, following):
    assert next_times(times) == [following]


def test_days_with_two_offsets_stay_days():
    days = pd.date_range("2024-03-01", periods=40, tz="Europe/Berlin")
    written = [d.isoformat() for d in days]
    assert len({text[-6:] for text in written}) == 2
    assert next_times(written[:36], 4) == written[36:]


def test_hours_with_two_offsets_are_in_utc():
    hours = pd.date_range("2024-03-30", periods=40, freq="h", tz="Europe/Berlin")
    (following,) = next_times([d.isoformat() for d in hours])
    assert (following.tzinfo.key, following.hour) == ("UTC", 15)


@pytest.mark.parametrize("pattern", ["%y-%m-%d", "%d-%m-%y", "%d.%m.%y", "%m/%d/%y"])
def test_two_digits_are_a_year_of_this_century_or_refused(pattern):
    column = pl.Series("t", [d.strftime(pattern) for d in DAYS])
    try:
        years = parse_times(column).dt.year()
    except DataError as error:
        assert "--date-format" in str(error)  # noqa: PT017
    else:
        assert (years == 2024).all()


def test_new_rows_are_read_as_those_of_fit():
    fitted = panel_from_frame(
        pl.DataFrame({"t": range(202_301, 202_320), "y": range(19)}), Layout(("y",), "t")
    )
    few = pl.DataFrame({"t": [202_301, 202_302, 202_303], "y": [1, 2, 3]})  # months by themselves
    again = panel_from_frame(few, fitted.layout, known=fitted.timeline)
    assert again.starts.tolist() == [0]


@pytest.mark.parametrize(
    "changes",
    [
        {"spelling": {"kind": "text", "pattern": "%", "suffix": ""}},
        {"spelling": {"kind": "integer", "pattern": "%Y-%m-%d", "suffix": ""}},
        {"spelling": {"kind": "text", "pattern": "%Y", "suffix": "x" * 1000}},
        {"spelling": {"kind": "text", "pattern": "%Y-%m-%dT%H:%M:%S%:z", "suffix": ""}},
        {"calendar": {"kind": "open days", "weekdays": [0, 1], "times": [0]}},
        {"unit": "calendar"},
    ],
)
def test_a_timeline_of_a_file_that_cannot_be_is_refused(changes):
    dates = parse_times(pl.Series("t", [f"{d:%Y-%m-%d}" for d in DAYS]))
    state = infer_timeline(dates, np.zeros(len(dates))).to_dict()
    assert Timeline.from_dict(state).to_dict() == state
    with pytest.raises(RefusedError):
        Timeline.from_dict({**state, **changes})
