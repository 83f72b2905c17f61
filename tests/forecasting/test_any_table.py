"""One trained forecaster gives the same forecasts however the same rows come in."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import unrolled
from unrolled import Forecaster, Network, Training
from unrolled.errors import DataError, SettingError

N, HORIZON = 60, 3
DAYS = [d.date() for d in pd.bdate_range("2024-01-01", periods=N + HORIZON)]
RANDOM = np.random.default_rng(0)
HOLIDAYS = ["spring" if k % 9 == 0 else "autumn" if k % 9 == 5 else None for k in range(len(DAYS))]


def rows(first, last):
    """Return the rows of two shops for some days."""
    count = last - first
    return pl.DataFrame(
        {
            "shop": [1] * count + [2] * count,
            "day": DAYS[first:last] * 2,
            "sold": np.maximum(RANDOM.normal(0.3, 1, 2 * count), 0).round(2),
            "price": RANDOM.normal(size=2 * count),
            "holiday": HOLIDAYS[first:last] * 2,
        }
    )


TABLE = rows(0, N)
AHEAD = rows(N, N + HORIZON).select("shop", "day", "holiday")


@pytest.fixture(scope="module")
def model():
    forecaster = Forecaster(
        "sold",
        time="day",
        id="shop",
        past="price",
        future="holiday",
        horizon=HORIZON,
        lookback=6,
        network=Network(units=2),
        training=Training(epochs=1, verbose=False),
    )
    return forecaster.fit(TABLE)


@pytest.fixture(scope="module")
def expected(model):
    return model.predict(TABLE, future=AHEAD, level=[80]).sort("shop", "day")


def same(forecast, expected):
    forecast = pl.DataFrame(forecast).sort("shop", "day")
    numbers = expected.columns[2:]
    assert forecast.columns == expected.columns
    np.testing.assert_allclose(
        forecast.select(numbers).to_numpy(), expected.select(numbers).to_numpy(), rtol=1e-5
    )


def test_the_calendar_and_the_floor_are_named(model):
    assert model.reasons_[0] == "steps: business days (Monday to Friday)"
    assert any(
        reason.startswith("floor 0: no value of 'sold' is below 0") for reason in model.reasons_
    )


@settings(max_examples=8)
@given(st.data())
def test_rows_and_columns_in_any_order_with_others_among_them(model, expected, data):
    seed = data.draw(st.integers(0, 1000))
    columns = data.draw(st.permutations(TABLE.columns))
    more = AHEAD.filter(shop=1).with_columns(shop=pl.lit(9, pl.Int64))
    later = AHEAD.with_columns(day=pl.lit(DAYS[0]).cast(pl.Date)).unique("shop")
    future = pl.concat([AHEAD, more, later]).sample(fraction=1, shuffle=True, seed=seed)
    shuffled = TABLE.sample(fraction=1, shuffle=True, seed=seed).select(columns)
    same(
        model.predict(shuffled.with_columns(note=pl.lit("x")), future=future, level=[80]), expected
    )


def test_a_series_alone_is_forecast_as_among_others(model, expected):
    for shop in (1, 2):
        forecast = model.predict(TABLE.filter(shop=shop), future=AHEAD, level=[80])
        np.testing.assert_allclose(
            forecast["sold"], expected.filter(shop=shop)["sold"], rtol=1e-5, atol=1e-6
        )


KINDS = {
    "pandas": (lambda frame: frame.to_pandas(), pd.DataFrame),
    "pandas periods": (
        lambda frame: frame.to_pandas().assign(
            day=pd.PeriodIndex(frame["day"].to_numpy(), freq="D")
        ),
        pd.DataFrame,
    ),
    "arrow": (lambda frame: frame.to_arrow(), object),
    "dict": (lambda frame: frame.to_dict(as_series=False), dict),
    "text": (lambda frame: frame.with_columns(pl.col("day", "shop").cast(pl.String)), pl.DataFrame),
    "compact": (
        lambda frame: frame.with_columns(pl.col("day").dt.strftime("%Y%m%d").cast(pl.Int64)),
        pl.DataFrame,
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_the_frame_and_the_spelling_that_come_in_go_out(model, expected, kind):
    convert, type_ = KINDS[kind]
    source = convert(TABLE)
    forecast = model.predict(source, future=convert(AHEAD), level=[80])
    assert isinstance(forecast, type_)
    numbers = [float(value) for value in np.asarray(forecast["sold"])]
    np.testing.assert_allclose(numbers, expected["sold"], rtol=1e-5, atol=1e-6)
    days, following = forecast["day"], convert(AHEAD)["day"]
    assert type(days[0]) is type(following[0])
    assert [str(day)[:10] for day in days] == [str(day)[:10] for day in following]


def test_make_future_lists_the_steps_with_room_for_text(model):
    table = model.make_future()
    assert table["day"].to_list() == DAYS[N:] * 2
    assert table["holiday"].dtype == pl.String
    filled = table.with_columns(holiday=pl.lit("spring"))
    assert model.predict(future=filled).height == 2 * HORIZON


def test_ids_that_become_text_keep_what_was_learned(model):
    new = TABLE.filter(shop=1).with_columns(shop=pl.lit("x7"))
    text = pl.concat([TABLE.with_columns(pl.col("shop").cast(pl.String)), new])
    both = model.backtest(TABLE, last=20)
    assert (both.windows, both.trained_on) == (36, 22)
    again = model.backtest(text, last=20)
    assert again.trained_on == both.trained_on
    np.testing.assert_allclose(again.arrays["network"][:36], both.arrays["network"], rtol=1e-5)
    assert "22 of these 36 forecasts are of steps that the network was trained on" in str(both)
    assert model.backtest().trained_on == 0


def test_no_forecast_and_no_end_of_an_interval_is_below_the_floor(model, expected):
    assert (expected.select(pl.selectors.numeric()).to_numpy() >= 0).all()
    arrays = model.backtest(TABLE, last=40, level=[50]).arrays
    assert {"network", "ridge", "lo-50"} <= set(arrays)
    assert all(np.nanmin(values) >= 0 for values in arrays.values())


def test_a_saved_forecaster_knows_calendar_floor_and_categories(model, expected, tmp_path):
    again = unrolled.load(model.save(tmp_path / "model"))
    same(again.predict(TABLE, future=AHEAD, level=[80]), expected)
    assert again.make_future().equals(model.make_future())
    assert again.reasons_ == model.reasons_


@pytest.mark.parametrize(
    ("params", "error", "words"),
    [
        ({"floor": 1}, DataError, "'sold' has values from 0 to"),
        ({"floor": 2, "ceiling": 1}, SettingError, "floor=2 must be below ceiling=1"),
        ({"ceiling": "high"}, SettingError, "ceiling must be a number, not 'high'"),
        ({"transform": "logit"}, DataError, "transform='logit' needs values of 0 to 1"),
        ({"every": "soon"}, SettingError, "every='soon' is no length of a step"),
    ],
)
def test_limits_that_cannot_be_are_refused(params, error, words):
    forecaster = Forecaster("sold", time="day", id="shop", horizon=3, lookback=6, **params)
    with pytest.raises(error, match=words):
        forecaster.fit(TABLE)
