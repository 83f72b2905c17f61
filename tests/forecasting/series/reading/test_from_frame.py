"""Ids, covariates of text, and rows that are combined into steps."""

import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest

from unrolled.errors import DataError, SettingError
from unrolled.forecasting.series.future import with_future
from unrolled.forecasting.series.layout import Layout
from unrolled.forecasting.series.reading.from_frame import panel_from_frame
from unrolled.forecasting.series.reading.stated_steps import StatedSteps

N = 12
IDS = Layout(("y",), "t", "id")


def table(ids, **more):
    rows = {"t": list(range(N)) * len(ids), "id": [i for i in ids for _ in range(N)]}
    return pl.DataFrame({**rows, "y": np.arange(N * len(ids)) * 1.5, **more})


@pytest.mark.parametrize("known", [[1, 2], [1.0, 2.0], ["1", "2"]])
@pytest.mark.parametrize("again", [[2, 1], [2.0, 1.0], ["2", "1"], ["2.0", "1"], ["x7", "1", "2"]])
def test_an_id_is_the_same_in_another_type(known, again):
    fitted = panel_from_frame(table(known), IDS)
    panel = panel_from_frame(table(again), IDS, known=fitted.timeline, ids=fitted.ids)
    assert set(panel.ids) - {"x7"} == set(fitted.ids)
    written = panel.index_columns(panel.lengths, 1)["id"].to_list()
    assert written == pl.Series(again).to_list()


def test_ids_of_text_that_differ_stay_different():
    fitted = panel_from_frame(table(["1", "01", "1.0"]), IDS)
    assert fitted.ids == ("1", "01", "1.0")
    again = panel_from_frame(table(["1.0", "01"]), IDS, known=fitted.timeline, ids=fitted.ids)
    assert again.ids == ("1.0", "01")


HOLIDAYS = Layout(("y",), "t", past=("promo",), future=("holiday",))


def shop(holidays, promo=None, count=N):
    return pl.DataFrame(
        {
            "t": range(count),
            "y": [float(k % 4) for k in range(count)],
            "promo": promo or ["yes", "no"] * (count // 2),
            "holiday": holidays,
        }
    )


def test_text_becomes_a_number_for_each_category():
    panel = panel_from_frame(shop([None, "Easter", "May Day"] * 4), HOLIDAYS)
    assert panel.layout.numeric == (
        *("y", "promo=no", "promo=yes"),
        *("holiday=Easter", "holiday=May Day", "holiday=None"),
    )
    assert panel.values[:3, 1:].tolist() == [[0, 1, 0, 0, 1], [1, 0, 1, 0, 0], [0, 1, 0, 1, 0]]
    assert Layout.from_dict(panel.layout.to_dict()) == panel.layout


def test_the_future_holds_the_same_text_and_new_words_are_counted():
    known = panel_from_frame(shop([None, "Easter", "May Day"] * 4), HOLIDAYS)
    future = {"t": [N, N + 1], "holiday": ["Easter", None]}
    ahead = with_future(known, future, 2)
    assert ahead.values[-2:, 3:].tolist() == [[1, 0, 0], [0, 0, 1]]
    with pytest.warns(UserWarning, match="2 rows have categories of 'holiday'.*'Diwali'"):
        ahead = with_future(known, {"t": [N, N + 1], "holiday": ["Diwali", "Diwali"]}, 2)
    assert ahead.values[-2:, 3:].tolist() == [[0, 0, 0], [0, 0, 0]]


def test_a_future_cell_may_be_empty_only_if_one_was():
    known = panel_from_frame(shop(["Easter", "May Day"] * 6), HOLIDAYS)
    with pytest.raises(DataError, match="the future has no 'holiday' for 13"):
        with_future(known, {"t": [N, N + 1], "holiday": ["Easter", None]}, 2)


def test_numbers_and_truth_values_stand_for_their_text():
    known = panel_from_frame(shop(["1", "0"] * 6), HOLIDAYS)
    for cells in (["0", "1"], [0, 1], [0.0, 1.0]):
        assert with_future(known, {"t": [N, N + 1], "holiday": cells}, 2).values[
            -2:, 3:
        ].tolist() == [[1, 0], [0, 1]]


def test_only_the_most_frequent_categories_are_inputs():
    names = [f"day {k}" for k in range(40)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        panel = panel_from_frame(shop([*names, *names[:20]], count=60), HOLIDAYS)
    assert panel.layout.future_width == 32
    assert "'holiday' has 40 categories, of which the 32 most frequent are inputs" in panel.notes


MINUTES = np.cumsum(np.random.default_rng(0).integers(1, 50, 300))
IRREGULAR = pl.DataFrame(
    {
        "t": [pd.Timestamp("2024-01-01") + pd.Timedelta(minutes=int(m)) for m in MINUTES],
        "y": np.random.default_rng(1).normal(size=300),
    }
)


@pytest.mark.parametrize("combine", ["mean", "sum", "last", "min", "max"])
@pytest.mark.parametrize("every", ["1h", "6h", "1d"])
def test_rows_are_combined_as_pandas_resamples(every, combine):
    stated = StatedSteps.from_settings(every, combine)
    panel = panel_from_frame(IRREGULAR, Layout(("y",), "t"), stated=stated)
    resampler = IRREGULAR.to_pandas().set_index("t")["y"].resample(every.upper().replace("H", "h"))
    expected = resampler.sum(min_count=1) if combine == "sum" else getattr(resampler, combine)()
    np.testing.assert_allclose(panel.values[:, 0], expected.to_numpy())
    assert f"every {every}: 300 rows are combined into" in " ".join(panel.notes)


def test_irregular_times_are_refused_with_options_that_work():
    layout = Layout(("y",), "t")
    with pytest.raises(DataError, match="most steps have no row") as caught:
        panel_from_frame(IRREGULAR, layout)
    every = str(caught.value).partition("every='")[2].partition("'")[0]
    assert f"(--every {every} --combine mean)" in str(caught.value)
    stated = StatedSteps.from_settings(every, "mean")
    assert len(panel_from_frame(IRREGULAR, layout, stated=stated).values) > 20


def test_steps_that_are_stated_may_be_mostly_missing():
    days = pl.DataFrame({"t": pd.date_range("2024-01-01", periods=10, freq="3D"), "y": range(10)})
    panel = panel_from_frame(
        days, Layout(("y",), "t"), stated=StatedSteps.from_settings("1d", None)
    )
    assert len(panel.values) == 28
    assert panel.notes == ("steps: days; 18 of 28 have no row, and count as missing values",)


@pytest.mark.parametrize(
    ("every", "combine", "words"),
    [
        ("soon", None, "every='soon' is no length of a step"),
        ("0h", None, "is no length of a step"),
        (None, "mean", "combine='mean' needs the length of a step"),
        ("1h", "median", "there is no combine='median'"),
        ("Mon-Sat", "mean", "rows cannot be combined to steps of every='Mon-Sat'"),
    ],
)
def test_steps_that_cannot_be_are_refused(every, combine, words):
    with pytest.raises(SettingError, match=words):
        StatedSteps.from_settings(every, combine)


@pytest.mark.parametrize(
    ("every", "frequency"),
    [
        ("business days", "business days (Monday to Friday)"),
        ("Mon-Sat", "days (Monday to Saturday)"),
        ("sun-thu", "days (Sunday to Thursday)"),
        ("day", "days"),
        ("2 weeks", "every 2 weeks"),
        ("1mo", "months"),
        ("1q", "quarters"),
        ("15min", "quarters of an hour"),
    ],
)
def test_steps_are_stated_in_words(every, frequency):
    stated = StatedSteps.from_settings(every, None)
    times = pl.Series("t", [pd.Timestamp("2024-01-01"), pd.Timestamp("2024-07-01")])
    assert stated.timeline(times).frequency == frequency


def test_a_layout_with_categories_keeps_them_for_other_data():
    known = panel_from_frame(shop(["Easter", "May Day"] * 6), HOLIDAYS).layout
    with pytest.warns(UserWarning, match="6 rows have categories of 'holiday'"):
        again = panel_from_frame(shop(["May Day", "Diwali"] * 6), known)
    assert again.layout == known
    assert again.values[:2, 3:].tolist() == [[0, 1], [0, 0]]
