"""Wide panels: a series in each row, or a series in each column."""

import polars as pl
import pytest

from unrolled.errors import DataError, SettingError
from unrolled.forecasting.preparation import read_like, read_panel

MONTHS = [f"20{18 + k // 12}-{k % 12 + 1:02d}" for k in range(30)]
DAYS = [f"2024-01-{d:02d}" for d in range(1, 21)]


def panel(table, **more):
    names = ("past", "future", "static")
    settings = dict.fromkeys(names, ()) | {"every": None, "combine": None, "steps": None}
    settings |= {"target": "sold", "time": "month", "id": "shop", **more}
    return read_panel(table, settings), settings


def wide(**more):
    rows = {m: [float(k), 10.0 * k] for k, m in enumerate(MONTHS)}
    return pl.DataFrame({"shop": ["A", "B"], **rows, **more})


@pytest.mark.parametrize("steps", ["20*", f"{MONTHS[0]}:{MONTHS[-1]}", MONTHS])
def test_dates_at_the_top_are_the_times_of_the_series_in_each_row(steps):
    others = [name for name in wide().columns if name != "2019-01"]
    table = wide().select(*others[:-1], "2019-01", others[-1])
    made, _ = panel(table, steps=steps)
    assert made.ids == ("A", "B")
    assert made.timeline.frequency == "months"
    assert made.lengths.tolist() == [30, 30]
    assert made.values.ravel().tolist() == [*range(30), *range(0, 300, 10)]


def test_series_of_their_own_lengths_and_static_columns():
    table = wide(region=["n", "s"]).with_columns(
        pl.when(pl.col("shop") == "A").then(m).alias(m) for m in MONTHS[20:]
    )
    made, _ = panel(table, steps="20*", static=("region",))
    assert made.lengths.tolist() == [30, 20]
    assert made.static[0].to_list() == ["n", "s"]


def test_new_columns_continue_the_series():
    fitted, settings = panel(wide(), steps="20*")
    later = pl.DataFrame({"shop": ["B"], "2020-07": [1.0], "2020-08": [2.0]})
    made = read_like(later, fitted, settings)
    assert made.timeline == fitted.timeline
    assert made.values.ravel().tolist() == [1, 2]


def test_numbered_columns_are_times_or_places():
    table = pl.DataFrame({"shop": ["A", "B"], **{f"w{k}": [k, 2 * k] for k in (10, 9, 8, 7)}})
    made, _ = panel(table, time="week", steps="w*")
    assert made.values.ravel().tolist() == [7, 8, 9, 10, 14, 16, 18, 20]
    assert made.timeline.times(made.starts).to_list() == [7, 7]
    assert panel(table, time=None, steps="w*")[0].lengths.tolist() == [4, 4]


def test_a_pattern_names_several_targets():
    table = pl.DataFrame({"day": DAYS, "shop_a": range(20), "shop_b": range(20), "n": range(20)})
    made, _ = panel(table, target="shop_*", time="day", id=None)
    assert made.layout.targets == ("shop_a", "shop_b")
    with pytest.raises(SettingError, match="target='q\\*' matches no column"):
        panel(table, target="q*", time="day", id=None)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"target": ("a", "b")}, SettingError, "with steps each row of the table is one series"),
        ({"past": ("p",)}, SettingError, "with steps each row of the table is one series"),
        ({"id": None}, SettingError, "with steps each of the 2 rows is a series"),
        ({"id": "store"}, DataError, "has no column 'store'"),
        ({"steps": None}, DataError, "are dates: if each row is a series and they are its steps"),
    ],
)
def test_what_does_not_fit_is_refused(change, error, message):
    with pytest.raises(error, match=message):
        panel(wide(), **{"steps": "20*", **change})


def test_an_id_twice_is_refused():
    with pytest.raises(DataError, match="rows 1 and 2 have the same 'shop' 'A'"):
        panel(wide().with_columns(shop=pl.lit("A")), steps="20*")
