"""Tables that cannot be forecast are refused before training, with the place and the reason."""

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


def forecaster(**params):
    few = Training(epochs=1, verbose=False)
    defaults = {"time": "day", "id": "id", "horizon": 3, "lookback": 6, "training": few}
    return Forecaster("y", **{**defaults, "network": Network(units=2), **params})


def row(k, name, value, table=GOOD):
    """Return a table with another value in a row, counted from 1."""
    return table.with_columns(
        pl.when(pl.int_range(pl.len()) == k - 1).then(value).otherwise(name).alias(name)
    )


BAD = {
    "a target of text": (
        {},
        row(3, "y", pl.lit("high"), GOOD.with_columns(pl.col("y").cast(pl.String))),
        "column 'y', row 3: 'high' is not a number, which every value to forecast must be. Correct"
        " it, or leave the cell empty if it is missing.",
    ),
    "no steps to forecast": (
        {"horizon": 0},
        GOOD,
        "horizon must be a whole number of at least 1, not 0.",
    ),
    "a horizon longer than the series": (
        {"horizon": 50, "lookback": None},
        GOOD,
        "the series are too short: training needs more than 1 steps to look back on, 50 to"
        " forecast and 50 to hold out, and the longest series has 40. The shortest is 'b' with 30."
        " Give longer series, or a smaller lookback or horizon.",
    ),
    "a lookback longer than the series": (
        {"lookback": 50},
        GOOD,
        "the series are too short: training needs more than 50 steps to look back on, 3 to"
        " forecast and 3 to hold out, and the longest series has 40. The shortest is 'b' with 30."
        " Give longer series, or a smaller lookback or horizon.",
    ),
    "a time that is none": (
        {},
        row(7, "day", pl.lit("31.1."), TEXTS),
        "row 7: the time '31.1.' in 'day' cannot be read. Write all times of the column in one way,"
        " such as 2024-01-31, 2024-01-31 13:00 or 2024-01.",
    ),
    "a day twice in a series": (
        {},
        row(7, "day", pl.date(2024, 1, 6)),
        "rows 6 and 7 of the series 'a' have the same time 2024-01-06. Drop one, or combine rows"
        " into even steps: every='1d', combine='mean' (--every 1d --combine mean).",
    ),
    "nothing but one value": (
        {},
        GOOD.with_columns(y=pl.when(pl.col("id") == "a").then(1.5).otherwise(0)),
        "'y' has one and the same value in all rows of a series, so there is nothing to learn."
        " Check which column is named as target.",
    ),
    "a series without a value": (
        {},
        GOOD.with_columns(y=pl.when(pl.col("id") == "a").then("y")),
        "no row of the series 'b' has a value of 'y'. Give values, or leave the series out.",
    ),
    "series of a row each": (
        {"id": "day", "time": "id"},
        GOOD.with_columns(id=pl.lit(3)).unique("day"),
        "no series has two rows by 'id', so the distance of the steps is not known. Check `time`"
        " and `id`.",
    ),
    "times at no one distance": (
        {},
        row(7, "day", pl.date(1024, 1, 6)),
        "most steps have no row: the times are days, with 70 rows for 365308 steps. Check `time`"
        " and `id`.",
    ),
}


@pytest.mark.parametrize(("params", "data", "words"), BAD.values(), ids=BAD)
def test_a_table_without_usable_series_is_refused(params, data, words):
    with pytest.raises((DataError, SettingError)) as caught:
        forecaster(**params).fit(data)
    assert str(caught.value) == words


def test_more_held_out_steps_than_there_are_is_refused():
    with pytest.raises(DataError) as caught:
        forecaster(horizon=50, lookback=None).fit_and_evaluate(GOOD)
    assert str(caught.value) == (
        "all series are too short: 50 steps are to be held out, and the longest series has 40. Give"
        " longer series, or a smaller `last` or horizon."
    )


@pytest.mark.slow
def test_series_too_short_to_train_on_are_named():
    more = GOOD.vstack(GOOD[:7].with_columns(id=pl.lit("young")))
    model = forecaster(future="off").fit(more)
    assert model.reasons_[-1] == (
        "1 of 3 series are too short to train on, the shortest is 'young': they are forecast from"
        " the steps they have"
    )
    assert model.reasons_[-1] not in forecaster().fit(GOOD).reasons_


def test_a_table_of_the_future_without_a_column_is_refused():
    model = forecaster(future="off")
    with pytest.raises(DataError) as caught:
        model.check_future(GOOD, model.make_future(GOOD).drop("off"))
    assert str(caught.value) == ("the future has no column 'off', which the forecast needs.")
    model.check_future(GOOD, model.make_future(GOOD).with_columns(off=0.5))
