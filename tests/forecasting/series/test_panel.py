"""Tables become series of evenly spaced steps; rows that do not fit are named in the error."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.errors import DataError
from unrolled.forecasting.series.layout import Layout
from unrolled.forecasting.series.reading.from_frame import panel_from_frame
from unrolled.forecasting.series.reading.stated_steps import StatedSteps

LAYOUT = Layout(("y",), "t", "id")


def frame(rows):
    return pl.DataFrame(
        rows, schema={"id": pl.String, "t": pl.Int64, "y": pl.Float64}, orient="row"
    )


@given(st.data())
def test_rows_in_any_order_with_steps_left_out_find_their_places(data):
    steps = {
        name: sorted(data.draw(st.sets(st.integers(0, 30), min_size=2, max_size=12)))
        for name in "ba"
    }
    steps["a"] = sorted({*steps["a"], 0, 1})  # the distance is one
    rows = [(name, t, 100.0 * t + ord(name)) for name, times in steps.items() for t in times]
    order = data.draw(st.permutations(rows))
    panel = panel_from_frame(frame(order), LAYOUT, stated=StatedSteps.from_settings(1, None))
    assert panel.ids == tuple(dict.fromkeys(name for name, _, _ in order))
    for i, name in enumerate(panel.ids):
        own = panel.targets[panel.offsets[i] : panel.offsets[i + 1], 0]
        first, last = steps[name][0], steps[name][-1]
        expected = [
            100.0 * t + ord(name) if t in steps[name] else np.nan for t in range(first, last + 1)
        ]
        np.testing.assert_array_equal(own, expected)


def test_slices_and_steps_to_forecast_have_their_ids_and_times():
    panel = panel_from_frame(
        frame([(n, t, t) for n in "ab" for t in range(5 + (n == "b"))]), LAYOUT
    )
    part = panel.slice_steps(np.array([1, 2]), np.array([4, 99]))
    assert part.lengths.tolist() == [3, 4]
    assert part.targets[:, 0].tolist() == [1, 2, 3, 2, 3, 4, 5]
    future = part.index_columns(part.lengths, 2)
    assert future.rows() == [("a", 4), ("a", 5), ("b", 6), ("b", 7)]
    longer = part.extend(2)
    assert longer.lengths.tolist() == [5, 6]
    assert np.isnan(longer.targets[[3, 4, 9, 10]]).all()


def test_rows_without_times_stand_in_order_within_their_series():
    panel = panel_from_frame(
        pl.DataFrame({"id": list("abab"), "y": [1, 2, 3, 4]}), Layout(("y",), None, "id")
    )
    assert panel.targets[:, 0].tolist() == [1, 3, 2, 4]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (
            [("a", 1, 1.0), ("a", 2, 2.0), ("a", 2, 3.0)],
            "rows 2 and 3 of the series 'a' have the same time 2",
        ),
        ([("a", 1, 1.0), (None, 2, 2.0)], "row 2: 'id' is missing"),
        ([("a", 1, 1.0), ("a", None, 2.0)], "row 2: the time 't' is missing"),
        ([("a", 1, 1.0), ("a", 2, float("inf"))], "row 2: 'y' is infinite"),
        ([("a", 0, 1.0), ("a", 1, 1.0), ("a", 10**9, 1.0)], "most steps have no row"),
    ],
)
def test_what_is_no_series_is_refused_with_its_row(rows, words):
    with pytest.raises(DataError) as caught:
        panel_from_frame(frame(rows), LAYOUT)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"t": [1, 2], "z": [1, 2]}, "the data has no column 'y'"),
        ({"t": [1, 2], "y": ["a", "b"]}, "column 'y' holds String, which are no numbers"),
    ],
)
def test_columns_that_are_missing_or_no_numbers_are_named(table, words):
    with pytest.raises(DataError) as caught:
        panel_from_frame(pl.DataFrame(table), Layout(("y",), "t"))
    assert words in str(caught.value)


def test_a_time_off_the_distance_is_named():
    times = [f"2024-01-{day:02d} 00:00" for day in range(1, 20)]
    times[7] = "2024-01-08 03:30"
    table = pl.DataFrame({"t": times, "y": range(19)})
    known = panel_from_frame(
        pl.DataFrame({"t": times[:5], "y": range(5)}), Layout(("y",), "t")
    ).timeline
    with pytest.raises(DataError) as caught:
        panel_from_frame(table, Layout(("y",), "t"), known=known)
    assert (
        "row 8: the time 2024-01-08 03:30:00 in 't' lies between two steps: the others are days"
        in str(caught.value)
    )


def test_an_hour_that_comes_twice_asks_for_the_zone():
    table = pl.DataFrame(
        {"t": ["2024-10-27 01:00", "2024-10-27 02:00", "2024-10-27 02:00"], "y": [1, 2, 3]}
    )
    with pytest.raises(DataError, match="give times with their zone"):
        panel_from_frame(table, Layout(("y",), "t"))
