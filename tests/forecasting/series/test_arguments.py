"""A pandas frame may tell times and series by its index."""

import numpy as np
import pandas as pd
import pytest

from unrolled import Forecaster
from unrolled.errors import DataError
from unrolled.forecasting.series.arguments import read_table
from unrolled.forecasting.series.layout import Layout

DAYS = pd.date_range("2024-01-01", periods=30)
FRAME = pd.DataFrame({"ds": DAYS, "id": ["a"] * 30, "y": np.arange(30.0)})


@pytest.mark.parametrize(
    "frame",
    [
        FRAME,
        FRAME.set_index("ds"),
        FRAME.set_index(["id", "ds"]),
        FRAME.drop(columns="ds").set_index(DAYS),
    ],
    ids=["columns", "an index", "two levels", "an index without a name"],
)
def test_times_and_series_stand_in_columns_or_in_the_index(frame):
    result = read_table(frame, Layout(("y",), "ds", "id"))
    assert result.select("ds", "id", "y").equals(read_table(FRAME, Layout(("y",), "ds", "id")))
    future = Forecaster("y", time="ds", id="id", horizon=2).make_future(frame)
    assert future["ds"].tolist() == [*pd.date_range("2024-01-31", periods=2)]


@pytest.mark.slow
def test_an_index_that_numbers_rows_is_no_time():
    layout = Layout(("y",), "when")
    assert read_table(FRAME, layout).columns == ["ds", "id", "y"]
    with pytest.raises(DataError, match="the data has no column 'when'"):
        Forecaster("y", time="when", horizon=2).make_future(FRAME)
