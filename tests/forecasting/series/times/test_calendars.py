"""A series that is cut anywhere goes on as its calendar does, as the offsets of pandas say."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unrolled.forecasting.series.infer_timeline import infer_timeline

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
    *(f"REQ-{kind}-{m}-FRI-{k}" for kind in "LN" for m in MONTHS[:2] for k in (1, 4)),
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


@pytest.mark.parametrize("alias", ALIASES)
@settings(max_examples=5)
@given(days=st.integers(0, 12000), count=st.integers(26, 60), more=st.integers(1, 30))
def test_the_next_steps_are_those_of_pandas(alias, days, count, more):
    first = pd.Timestamp("1990-01-01") + pd.Timedelta(days=days)
    count += 60 if alias == "bh" else 0  # more than a week of them
    times = stamps(alias, first, count + more)
    follows(times[:count], times[count:])
