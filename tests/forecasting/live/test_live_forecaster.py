"""A live forecaster gives what `predict` gives for the whole data, and refuses wrong steps."""

import numpy as np
import polars as pl
import pytest
from series_that_grow import FITTED, HORIZON, assert_same, first_steps, small, step, table

import unrolled
from unrolled.errors import ArtifactError, DataError, SettingError
from unrolled.forecasting import intervals
from unrolled.forecasting.live import followed

pytestmark = pytest.mark.usefixtures("untrained")
KINDS = {
    "shared": {"target": ["y", "z"]},
    "joint": {"target": ["y", "z"], "channels": "joint"},
    "calendar": {"calendar": True},
    "static": {"static": "region", "past": ["past", "kind"]},
    "future": {"future": ["off", "kind"], "past": "past"},
    "transform": {"transform": "asinh"},
}


def observe_all(live, rows):
    """Observe rows one by one, each as a dict."""
    for row in rows.iter_rows(named=True):
        live.observe(row)


def with_gaps(data):
    """Return a table in which targets are missing at the end, at times, and a row is absent."""
    i = pl.int_range(pl.len()).over("id")
    gaps = i.is_in([5, 40, 62, 63, 71, 79]) & (pl.col("id") == "a")
    data = data.with_columns(pl.when(gaps).then(None).otherwise(c).alias(c) for c in ("y", "z"))
    return data.filter(i != 66)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.filterwarnings("ignore:the step")
def test_a_live_forecast_is_that_of_predict_on_the_whole_data(kind, monkeypatch):
    monkeypatch.setattr(intervals, "RECENT_WINDOWS", 12)  # so that steps are dropped
    monkeypatch.setattr(intervals, "MIN_SERIES_WINDOWS", 6)
    whole = with_gaps(table(90))
    model = small(**KINDS[kind]).fit(first_steps(whole, FITTED))
    future = {"future": table(90)} if kind == "future" else {}
    live = model.live()
    assert_same(live.forecast(**future, level=[50, 80]), model.predict(**future, level=[50, 80]))
    for n in range(FITTED, 84):
        observe_all(live, step(whole, n))
        if n in (60, 61, 62, 63, 64, 66, 79, 83):
            data = first_steps(whole, n + 1)
            expected = model.predict(data, **future, level=[50, 80])
            assert_same(live.forecast(**future, level=[50, 80]), expected)
            assert_same(live.copy().forecast(**future), model.predict(data, **future))


def test_a_series_never_seen_is_forecast_as_by_predict(monkeypatch):
    monkeypatch.setattr(intervals, "RECENT_WINDOWS", 12)
    whole = table(60, ids=("a", "b", "new"))
    before = whole.filter(pl.col("id") != "new")
    model = small(static="region").fit(before)
    live = model.live()
    for n in (3, 9, 30, 60):  # shorter than the lookback at first
        live.observe(first_steps(whole, n).filter(pl.col("id") == "new").tail(n - len_of(live)))
        data = pl.concat([before, first_steps(whole, n).filter(pl.col("id") == "new")])
        assert_same(live.forecast(level=[80]), model.predict(data, level=[80]))


def len_of(live):
    """Return how many steps of the new series were observed."""
    steps = live._followed.steps
    return steps["new"].next if "new" in steps else 0


def test_without_times_rows_follow_one_another():
    y = np.random.default_rng(0).normal(size=80).cumsum().tolist()
    model = small(time=None, id=None).fit(pl.DataFrame({"y": y[:FITTED]}))
    live = model.live()
    live.observe({"y": y[60:70]})
    for value in y[70:]:
        live.observe({"y": value})
    expected = model.predict(pl.DataFrame({"y": y}))
    assert_same(live.forecast(), expected)
    assert live.forecast()["step"].to_list() == [80, 81, 82]
    first = model.live().forecast(level=[80])
    assert_same(first, model.predict(level=[80]))
    assert not np.allclose(live.forecast(level=[80])["y-hi-80"] - live.forecast()["y"],
                           first["y-hi-80"] - first["y"])  # fmt: skip


def test_whole_numbers_are_times():
    data = {"t": list(range(0, 160, 2)), "y": np.random.default_rng(1).normal(size=80).tolist()}
    model = small(id=None).fit({name: cells[:FITTED] for name, cells in data.items()})
    live = model.live()
    for t, y in zip(data["t"][60:], data["y"][60:], strict=True):
        live.observe({"t": t, "y": y})
    assert_same(live.forecast(level=[80]), model.predict(pl.DataFrame(data), level=[80]))
    with pytest.raises(DataError, match="the time 161 in 't' lies between two steps"):
        live.observe({"t": 161, "y": 0.0})


def test_late_and_doubled_steps_are_refused_and_change_nothing():
    whole = table(70)
    live = small().fit(first_steps(whole, FITTED)).live()
    with pytest.warns(UserWarning, match="the step 2024-01-03 12:00:00 of the series 'a' has no"):
        live.observe(step(whole, 61).row(0, named=True))
    before = live.forecast(level=[80])
    doubled, late = (step(whole, n).row(0, named=True) for n in (61, 60))
    with pytest.raises(DataError) as caught:
        live.observe(doubled)
    assert str(caught.value) == (
        "the step 2024-01-03 13:00:00 of the series 'a' was observed before, and the next one is"
        " 2024-01-03 14:00:00. Nothing was changed. Leave the row out."
    )
    with pytest.raises(DataError, match="12:00:00 of the series 'a' comes too late: later steps"):
        live.observe(late)
    mixed = pl.concat([step(whole, 60).filter(id="b"), step(whole, 61).filter(id="a")])
    with pytest.raises(DataError, match="was observed before"):
        live.observe(mixed)  # of which the first row alone would be right
    assert_same(live.forecast(level=[80]), before)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": None, "t": None}, "row 1: the time 't' is missing"),
        ({"y": "many"}, "column 'y', row 1: 'many' is not a number"),
        ({"y": np.inf}, "row 1: 'y' is infinite"),
        ({"id": None}, "row 1: 'id' is missing"),
        ({"id": "new", "region": "west"}, "the category 'west' in 'region' was not in the data"),
        ({"id": "new", "y": None}, "no row of the series 'new' has a value of 'y'"),
        ({"region": "south"}, "'region' is 'south', but it was 'north' before of the series 'a'"),
        ({"t": "2204-01-03 12:00:00"}, "steps after the next one, 2024-01-03 12:00:00, and at"),
    ],
)
def test_an_observation_that_cannot_be_used_is_refused(change, message):
    whole = table(62)
    live = small(static="region").fit(first_steps(whole, FITTED)).live()
    before = live._followed
    with pytest.raises(DataError, match=message):
        live.observe(step(whole, 60).row(0, named=True) | change)
    assert live._followed is before


def test_a_missing_column_is_named_and_a_static_one_is_needed_once():
    whole = table(62)
    live = small(static="region", past="past").fit(first_steps(whole, FITTED)).live()
    row = step(whole, 60).row(0, named=True)
    with pytest.raises(DataError, match="the observation has no column 'past'"):
        live.observe({name: row[name] for name in ("id", "t", "y", "region")})
    live.observe({name: row[name] for name in ("id", "t", "y", "past")})
    with pytest.raises(DataError, match="the series 'new' is new, and its first row must have"):
        live.observe({"id": "new", "t": row["t"], "y": 1.0, "past": 1.0})


def test_future_covariates_are_asked_for_and_listed():
    whole = table(70)
    live = small(future="off").fit(first_steps(whole, FITTED)).live()
    live.observe(step(whole, 60))
    future = live.make_future()
    assert future["t"][0] == whole["t"][61]
    assert future.height == 2 * HORIZON
    with pytest.raises(DataError, match="the future values of 'off' are missing"):
        live.forecast()
    assert live.forecast(future=future.with_columns(off=pl.lit(1.0))).height == 2 * HORIZON
    with pytest.raises(SettingError, match="level=0 is no percentage"):
        live.forecast(level=[0])


def test_memory_is_bounded_and_an_observation_of_a_copy_leaves_the_first_alone(monkeypatch):
    monkeypatch.setattr(intervals, "RECENT_WINDOWS", 5)
    whole = table(200, ids=("a",))
    live = small().fit(first_steps(whole, FITTED)).live()
    other, before = live.copy(), live.forecast()
    for n in range(FITTED, 200):
        other.observe(step(whole, n).with_columns(y=pl.lit(None, pl.Float64) if n > 90 else "y"))
    steps = other._followed.steps["a"]
    assert max(len(steps.values), len(steps.waiting)) == other._followed.kept.steps + 1
    assert_same(live.forecast(), before)


def test_a_state_goes_on_where_it_was_saved_also_of_a_loaded_forecaster(tmp_path, monkeypatch):
    monkeypatch.setattr(intervals, "RECENT_WINDOWS", 12)
    whole = table(75, ids=("a", "b", "c"))
    fitted = whole.filter(pl.col("id") != "c")
    model = small(static="region", past="past").fit(first_steps(fitted, FITTED))
    live = model.live()
    live.observe(whole.filter(pl.col("id") == "c").head(50))
    live.observe(step(fitted, 60))
    live.observe(step(fitted, 61).with_columns(y=pl.lit(None, pl.Float64)))
    path = live.save(tmp_path / "state.safetensors")
    loaded = unrolled.load(model.save(tmp_path / "model"))
    for again in (model.live(path), loaded.live(path)):
        assert_same(again.forecast(level=[80]), live.forecast(level=[80]))
        again.observe(step(fitted, 62))
        other = live.copy().observe(step(fitted, 62))
        assert_same(again.forecast(level=[80]), other.forecast(level=[80]))


def test_a_state_of_another_forecaster_or_a_damaged_one_is_refused(tmp_path):
    whole = table(62)
    model, other = (small().fit(first_steps(whole, n)) for n in (60, 61))
    path = model.live().save(tmp_path / "s.safetensors")
    with pytest.raises(ArtifactError, match="is the state of another forecaster"):
        other.live(path)
    raw = path.read_bytes()
    for damaged in (raw[:-1], raw[:100], b"", raw.replace(b"places", b"plates")):
        path.write_bytes(damaged)
        with pytest.raises(ArtifactError, match="is not the state of a live forecaster"):
            model.live(path)
    with pytest.raises(ArtifactError, match="cannot be read"):
        model.live(tmp_path / "none.safetensors")
    with pytest.raises(ArtifactError, match="cannot be written"):
        model.live().save(tmp_path / "none" / "s.safetensors")


@pytest.mark.parametrize(
    ("name", "place", "value"),
    [
        ("places", (0, 0), 1 << 50),
        ("places", (0, 2), 1),
        ("places", (0, 4), 1),
        ("places", (0, 3), -1),
        ("values", (3, 0), np.inf),
        ("values", (-1, 0), np.nan),
        ("dropped", (0, 0, 0), -1.0),
        ("new_series", (0,), 0),
    ],
)
def test_values_that_no_state_has_are_refused(name, place, value, tmp_path):
    from safetensors.numpy import load_file, save_file

    model = small().fit(table(60))
    path = model.live().save(tmp_path / "s.safetensors")
    arrays = {key: array.copy() for key, array in load_file(path).items()}
    arrays[name][place] = value
    save_file(arrays, path)
    with pytest.raises(ArtifactError, match="is not the state of a live forecaster"):
        model.live(path)


def test_what_is_followed_is_never_changed():
    live = small().fit(table(60)).live()
    assert isinstance(live._followed, followed.Followed)
    assert live._followed.like.values.size == 0
