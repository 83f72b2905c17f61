"""Tables that cannot be forecast are refused before training, in words that say where and why."""

import numpy as np
import polars as pl
import pytest

from unrolled import Forecaster, Network, Training
from unrolled.errors import DataError, SettingError

N = 40
RANDOM = np.random.default_rng(0)
DAYS = pl.date_range(pl.date(2024, 1, 1), pl.date(2024, 2, 9), eager=True)
GOOD = pl.DataFrame(
    {
        "id": ["a"] * N + ["b"] * (N - 10),
        "day": [*DAYS, *DAYS[:-10]],
        "y": RANDOM.normal(size=2 * N - 10),
        "off": RANDOM.normal(size=2 * N - 10),
    }
)
TEXTS = GOOD.with_columns(pl.col("day").cast(pl.String))


def forecaster(**given):
    few = Training(epochs=1, verbose=False)
    kept = {"time": "day", "id": "id", "horizon": 3, "lookback": 6, "training": few}
    return Forecaster("y", **{**kept, "network": Network(units=2), **given})


def row(k, name, value, table=GOOD):
    """Return a table with another value in a row, counted from 1."""
    return table.with_columns(
        pl.when(pl.int_range(pl.len()) == k - 1).then(value).otherwise(name).alias(name)
    )


BAD = {
    "a target of text": (
        {},
        GOOD.with_columns(pl.col("y").cast(pl.String)),
        "column 'y' holds String, expected numbers: it is to be forecast or forecast by. Give"
        " numbers, or leave the column out.",
    ),
    "no steps to forecast": (
        {"horizon": 0},
        GOOD,
        "got horizon=0, expected a whole number of at least 1.",
    ),
    "a horizon longer than the series": (
        {"horizon": 50, "lookback": None},
        GOOD,
        "the longest series has 40 steps, expected more than 1 to look back on, 50 to forecast and"
        " as many held out. The shortest is 'b' with 30. Give longer series, or a smaller lookback"
        " or horizon.",
    ),
    "a lookback longer than the series": (
        {"lookback": 50},
        GOOD,
        "the longest series has 40 steps, expected more than 50 to look back on, 3 to forecast and"
        " as many held out. The shortest is 'b' with 30. Give longer series, or a smaller lookback"
        " or horizon.",
    ),
    "a time that is none": (
        {},
        row(7, "day", pl.lit("31.1."), TEXTS),
        "row 7: got '31.1.' in 'day', expected a time such as 2024-01-31, 2024-01-31 13:00 or"
        " 2024-01. Write all times of the column in one such way.",
    ),
    "a day twice in a series": (
        {},
        row(7, "day", pl.date(2024, 1, 6)),
        "rows 6 and 7 of the series 'a' have the same time 2024-01-06, expected one row for a time."
        " Drop one.",
    ),
    "nothing but one value": (
        {},
        GOOD.with_columns(y=pl.when(pl.col("id") == "a").then(1.5).otherwise(0)),
        "'y': all rows of a series have one value, expected some that differ. There is nothing to"
        " learn: check what is named as target.",
    ),
    "a series without a value": (
        {},
        GOOD.with_columns(y=pl.when(pl.col("id") == "a").then("y")),
        "no row of the series 'b' has a value of 'y', expected some. Give values, or leave the"
        " series out.",
    ),
    "series of a row each": (
        {"id": "day", "time": "id"},
        GOOD.with_columns(id=pl.lit(3)).unique("day"),
        "no series has two rows by 'id', expected at least two to tell the distance of the steps."
        " Check `time` and `id`.",
    ),
    "times at no one distance": (
        {},
        row(7, "day", pl.date(1024, 1, 6)),
        "the rows stand at days and most of them are missing: 70 rows for 365308 steps. Expected"
        " steps at one distance. Check `time` and `id`, or take sums or means over longer steps"
        " first.",
    ),
}


@pytest.mark.parametrize(("given", "data", "words"), BAD.values(), ids=BAD)
def test_what_cannot_be_learned_from_is_refused(given, data, words):
    with pytest.raises((DataError, SettingError)) as caught:
        forecaster(**given).fit(data)
    assert str(caught.value) == words


def test_more_to_hold_out_than_there_is_is_refused():
    with pytest.raises(DataError) as caught:
        forecaster(horizon=50, lookback=None).fit_and_evaluate(GOOD)
    assert str(caught.value) == (
        "the longest series has 40 steps, expected more than the 50 to hold out. Give longer"
        " series, or a smaller `last` or horizon."
    )


def test_series_too_short_to_train_on_are_named():
    more = GOOD.vstack(GOOD[:7].with_columns(id=pl.lit("young")))
    made = forecaster(future="off").fit(more)
    assert made.reasons_[-1] == (
        "1 of 3 series are too short to train on, the shortest is 'young': they are forecast from"
        " what they have"
    )
    assert made.reasons_[-1] not in forecaster().fit(GOOD).reasons_


def test_a_table_of_the_future_without_a_column_is_refused():
    made = forecaster(future="off")
    with pytest.raises(DataError) as caught:
        made.check_future(GOOD, made.make_future(GOOD).drop("off"))
    assert str(caught.value) == (
        "the future has no column 'off', expected it since it is to be forecast or forecast by."
    )
    made.check_future(GOOD, made.make_future(GOOD).with_columns(off=0.5))
