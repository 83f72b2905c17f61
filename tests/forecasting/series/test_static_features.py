"""Static columns are inputs at every step of their series, and a new category is refused."""

import numpy as np
import polars as pl
import pytest

import unrolled
from unrolled import Forecaster, Network, Training
from unrolled.errors import DataError, SettingError
from unrolled.forecasting.series.dataset import SeriesDataset, WindowSpec, split_targets
from unrolled.forecasting.series.layout import Layout
from unrolled.forecasting.series.reading.from_frame import panel_from_frame
from unrolled.forecasting.series.scaling import SeriesScaler
from unrolled.forecasting.series.static_features import StaticEncoder

N, T, U = 30, 6, 3
LAYOUT = Layout(("y", "z"), "t", "id", static=("region", "size", "old"))


def table(ids=("a", "b", "c")):
    random = np.random.default_rng(0)
    n = N * len(ids)
    names = [name for name in ids for _ in range(N)]
    frame = pl.DataFrame({"id": names, "t": [*range(N)] * len(ids), "y": random.normal(size=n),
                          "z": random.normal(size=n)})  # fmt: skip
    return frame.with_columns(
        region=pl.col("id").replace({"a": "north", "b": "south", "c": "north"}),
        size=pl.col("id").replace_strict({"a": 1, "b": 2, "c": 6}, default=9),
        old=pl.col("id") == "b",
    )


@pytest.mark.parametrize("channels", ["joint", "shared"])
def test_each_step_of_a_window_has_the_static_values_of_its_series(channels):
    whole = panel_from_frame(table(), LAYOUT)
    seen = split_targets(whole) if channels == "shared" else whole
    plan = WindowSpec(T, U, SeriesScaler.fit(seen, "none"), False, StaticEncoder.fit(whole))
    series = SeriesDataset.from_panel(seen, plan)
    block = series.examples().inputs["x"]
    rows = np.arange(block.index.total)
    taken, of = block.gather(rows), block.index.series(rows)
    sizes = (np.array([1, 2, 6]) - 3) / np.std([1, 2, 6])
    old = (np.array([0, 1, 0]) - 1 / 3) / np.std([0, 1, 0])
    expected = np.stack([[1, 0, 1], [0, 1, 0], sizes, old], axis=1)
    expected = np.repeat(expected, 2, axis=0) if channels == "shared" else expected
    assert series.width == taken.shape[2] == (5 if channels == "shared" else 6)
    np.testing.assert_allclose(taken[..., -4:], np.repeat(expected[of][:, None], T, 1), rtol=1e-5)
    targets = series.examples().targets["y"].gather(rows)
    assert targets.shape[2] == (1 if channels == "shared" else 2)


def test_static_values_follow_their_series():
    whole = panel_from_frame(table().sample(fraction=1, shuffle=True, seed=3), LAYOUT)
    fewer = whole.select_series(np.array([name != "b" for name in whole.ids]))
    for part in (whole, fewer, fewer.extend(2), fewer.pad_start(99)):
        sizes = dict(zip(part.ids, part.static[1].to_list(), strict=True))
        assert sizes == {n: k for n, k in (("a", 1), ("b", 2), ("c", 6)) if n in part.ids}


MANY = [f"s{k}" for k in range(12)]


def split_by_kind(n=40):
    """Return series of noise about a level that only their kind tells, after a jump."""
    random = np.random.default_rng(0)
    frames = []
    for k, name in enumerate(MANY):
        up = 1 if k % 2 else -1
        y = np.where(np.arange(n) % 10 < 8, 0, 4 * up) + 0.1 * random.normal(size=n)
        y[:8] = random.normal(size=8)  # series differ in scale as little as they can
        frames.append(
            pl.DataFrame({"id": [name] * n, "t": range(n), "y": y, "kind": ["no", "yes"][k % 2]})
        )
    return pl.concat(frames)


@pytest.mark.slow
def test_a_forecaster_learns_from_a_static_category():
    params = {"time": "t", "id": "id", "horizon": 2, "lookback": 4}
    params |= {"network": Network(units=16, dropout=0.0)}
    settings = Training(epochs=40, learning_rate=0.01, verbose=False)
    with_it, without = (
        Forecaster("y", static=static, training=settings, **params).fit_and_evaluate(
            split_by_kind(), last=10
        )
        for static in (("kind",), ())
    )
    assert with_it.scores["network"]["MAE"] < 0.7 * without.scores["network"]["MAE"]


@pytest.fixture(scope="module")
def model():
    few = Training(epochs=1, verbose=False)
    params = {"lookback": T, "network": Network(units=4), "training": few}
    return Forecaster(
        "y", horizon=U, time="t", id="id", static=["region", "size"], **params
    ).fit(table())  # fmt: skip


def test_it_is_saved_and_loaded(model, tmp_path):
    loaded = unrolled.load(model.save(tmp_path / "model"))
    assert loaded.predict().equals(model.predict())
    assert loaded.predict(table(["a"])).equals(model.predict(table(["a"])))
    assert loaded.get_params()["static"] == ("region", "size")


def test_a_new_series_of_known_categories_is_forecast_and_a_new_category_refused(model):
    new = table(["d"]).with_columns(region=pl.lit("south"))
    assert model.predict(new).height == U
    with pytest.raises(DataError) as caught:
        model.predict(new.with_columns(region=pl.lit("nort")))
    assert str(caught.value) == (
        "the category 'nort' in 'region' was not in the data of `fit`, which had 'north', 'south'."
        " Did you mean 'north'? Correct it, or train on series that have it."
    )
    with pytest.raises(
        DataError, match="column 'size' was numbers in the data of `fit` and holds String"
    ):
        model.predict(new.with_columns(size=pl.lit("9")))
    with pytest.raises(
        DataError, match="column 'region' was text in the data of `fit` and holds Int32"
    ):
        model.predict(new.with_columns(region=pl.lit(9)))


def changed(name, value):
    """Return the table with another value in its row 34 (of series b)."""
    row = pl.int_range(pl.len()) == 33
    return table().with_columns(pl.when(row).then(value).otherwise(name).alias(name))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (
            changed("region", pl.lit("west")),
            "row 34: 'region' is 'west', but a static column must have one value in every row of"
            " the series 'b'. Correct the row, or name the column as past or future.",
        ),
        (
            changed("region", None),
            "row 34: 'region' is None, but a static column must have one value",
        ),
        (changed("size", 2.5), "row 34: 'size' is 2.5, but a static column must have one value"),
        (
            changed("size", float("nan")),
            "row 34: 'size' is nan, but a static column must have one value",
        ),
        (
            table().with_columns(size=pl.date(2024, 1, 1)),
            "the static column 'size' holds Date, which is neither numbers nor text",
        ),
        (table().drop("old"), "the data has no column 'old', which the forecast needs"),
    ],
)
def test_static_values_that_differ_or_cannot_be_read_are_refused_with_their_row(data, words):
    with pytest.raises(DataError) as caught:
        panel_from_frame(data, LAYOUT)
    assert words in str(caught.value)


def test_a_static_column_has_no_second_role():
    with pytest.raises(SettingError, match="'y' is named more than once among target, time"):
        Forecaster("y", horizon=3, static="y").fit(table())
