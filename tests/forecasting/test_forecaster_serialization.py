"""A saved forecaster makes the same forecasts in a new process, for every kind of series."""

import json
import shutil
import subprocess
import sys
from datetime import date

import numpy as np
import polars as pl
import pytest
from sklearn.base import clone

import unrolled
from unrolled import Forecaster, Network, Training
from unrolled.errors import ArtifactError, NotFittedError

FILES = [
    "README.md",
    "code.py",
    "manifest.json",
    "program.json",
    "references.safetensors",
    "series.json",
    "series.safetensors",
    "settings.json",
    "weights.safetensors",
]
PARAMS = {
    "horizon": 3,
    "lookback": 6,
    "network": Network(units=4),
    "training": Training(epochs=2, verbose=False),
}
N = 120


def table(times=None, ids=("a", "b"), seed=0):
    """Return random steps with gaps, a column known at two steps and a future covariate."""
    random = np.random.default_rng(seed)
    n = N * len(ids)
    y = random.normal(size=n).cumsum()
    y[random.choice(n, 12, replace=False)] = np.nan
    return pl.DataFrame(
        {
            "t": list(range(N) if times is None else times) * len(ids),
            "id": [name for name in ids for _ in range(N)],
            "y": y,
            "z": random.normal(size=n) + 20,
            "p": np.choose(np.isin(np.arange(n) % N, (10, 40)), (np.nan, np.arange(n) % N)),
            "q": random.normal(size=n),
        }
    )


def check_same(one, other):
    """Check that two backtests have the same numbers."""
    assert str(one) == str(other)
    for name, array in one.arrays.items():
        np.testing.assert_array_equal(other.arrays[name], array)


@pytest.fixture(scope="module")
def model():
    return Forecaster(
        ["y", "z"], time="t", id="id", past="p", future=("q",), **PARAMS
    ).fit(table())  # fmt: skip


@pytest.fixture(scope="module")
def saved(model, tmp_path_factory):
    return model.save(tmp_path_factory.mktemp("saved") / "model")


SCRIPT = """
import sys
import numpy as np
import polars as pl
import unrolled
folder, data, ahead, out = sys.argv[1:]
made = unrolled.load(folder)
made.predict(future=ahead, level=[80, 95]).write_parquet(out + "/own.parquet")
made.predict(data, future=ahead, level=[80]).write_parquet(out + "/given.parquet")
for name, found in (("own", made.backtest(level=[80])), ("given", made.backtest(data, last=30))):
    np.savez(out + f"/{name}.npz", **found.arrays)
    print(found)
"""


@pytest.mark.slow
def test_a_new_process_forecasts_and_scores_the_same_to_the_bit(model, saved, tmp_path):
    ahead = model.make_future().with_columns(q=pl.lit(0.5))
    ahead.write_parquet(tmp_path / "ahead.parquet")
    data = table(seed=1)
    data.write_parquet(tmp_path / "data.parquet")
    names = [saved, tmp_path / "data.parquet", tmp_path / "ahead.parquet", tmp_path]
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *map(str, names)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    own, new_data = model.backtest(level=[80]), model.backtest(data, last=30)
    assert done.stdout == f"{own}\n{new_data}\n"
    for name, backtest in (("own", own), ("given", new_data)):
        arrays = np.load(tmp_path / f"{name}.npz")
        for key, array in backtest.arrays.items():
            assert array.tobytes() == arrays[key].tobytes(), key
    forecast = model.predict(future=ahead, level=[80, 95])
    assert pl.read_parquet(tmp_path / "own.parquet").equals(forecast)
    forecast = model.predict(data, future=ahead, level=[80])
    assert pl.read_parquet(tmp_path / "given.parquet").equals(forecast)


def test_the_folder_holds_text_and_safetensors_and_nothing_else(saved):
    assert sorted(path.name for path in saved.iterdir()) == FILES
    assert [path.name for path in saved.parent.iterdir()] == ["model"]
    for path in saved.iterdir():
        assert not path.read_bytes().startswith(b"\x80")  # how every pickle begins
    page = (saved / "README.md").read_text()
    assert "targets  y, z\ntime     t\nid       id\npast     p\nfuture   q\n" in page
    assert "6 steps in, 3 out; the rows are steps" in page


def test_what_is_loaded_is_what_was_saved(model, saved, tmp_path):
    loaded = unrolled.load(saved)
    assert str(clone(loaded)) == str(clone(model).set_params(target=("y", "z")))
    assert (loaded.history_, loaded.reasons_) == (model.history_, model.reasons_)
    assert loaded.code() == model.code() == (saved / "code.py").read_text()
    again = loaded.save(tmp_path / "again")
    for name in FILES[:-1]:
        assert (again / name).read_bytes() == (saved / name).read_bytes(), name
    each = zip(model.model_.get_weights(), loaded.model_.get_weights(), strict=True)
    assert all(np.array_equal(ours, theirs) for ours, theirs in each)


BLOCKED = """
import runpy, sys
sys.modules["unrolled"] = None
found = runpy.run_path(sys.argv[1])
print([tuple(w.shape) for w in found["model"].get_weights()])
"""


@pytest.mark.slow
def test_the_code_runs_where_unrolled_is_not(model, saved):
    done = subprocess.run(
        [sys.executable, "-c", BLOCKED, str(saved / "code.py")], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str([tuple(w.shape) for w in model.model_.get_weights()])


DAYS = pl.date_range(pl.date(2024, 1, 1), pl.date(2024, 4, 29), eager=True)
HOURS = pl.datetime_range(
    pl.datetime(2024, 3, 28),
    pl.datetime(2024, 4, 2, 23),
    "1h",
    eager=True,
    time_zone="Europe/Paris",
)


@pytest.mark.representatives(3)
@pytest.mark.parametrize(
    ("times", "ids"),
    [
        (DAYS, ("a", "b")),
        (HOURS[:N], (1, 2)),
        (pl.date_range(pl.date(2000, 1, 31), pl.date(2009, 12, 31), "1mo", eager=True), (True,)),
        (DAYS.cast(pl.String), (date(2024, 1, 1), date(2024, 1, 2))),
    ],
    ids=["days", "hours of a zone", "ends of months", "text, series called by dates"],
)
@pytest.mark.parametrize("channels", ["shared", "joint"])
def test_times_and_names_of_every_type_come_back(times, ids, channels, tmp_path):
    data = table(times, ids)
    model = Forecaster(["y", "z"], time="t", id="id", channels=channels, **PARAMS).fit(data)
    loaded = unrolled.load(model.save(tmp_path / "model"))
    assert loaded.predict(level=80).equals(model.predict(level=80))
    assert loaded.predict().dtypes == model.predict().dtypes
    assert loaded.predict(data, level=80).equals(model.predict(data, level=80))
    check_same(model.backtest(), loaded.backtest())


def test_rows_without_times_and_series_too_short_to_train_on_come_back(tmp_path):
    few = pl.DataFrame({"id": ["s"] * 8, "y": [1e4, 2e4, None, 3e4, 2e4, 1e4, 2e4, 3e4]})
    data = pl.concat([table().select("id", "y"), few])
    model = Forecaster("y", id="id", transform="asinh", **PARAMS).fit(data)
    loaded = unrolled.load(model.save(tmp_path / "model"))
    assert loaded.predict(level=80).equals(model.predict(level=80))
    check_same(model.backtest(), loaded.backtest())


def test_a_series_whose_scale_is_that_of_all_its_steps_comes_back(tmp_path):
    late = table(ids=("s",)).with_columns(y=pl.when(pl.col("t") > 110).then("y"), z=pl.col("t") / 9)
    data = pl.concat([table(), late])
    model = Forecaster(["y", "z"], time="t", id="id", channels="joint", **PARAMS).fit(data)
    loaded = unrolled.load(model.save(tmp_path / "model"))
    assert loaded.predict().equals(model.predict())


@pytest.mark.slow
def test_a_loaded_forecaster_goes_on_learning_as_the_one_saved(model, saved, tmp_path):
    data = table(seed=3)
    other = unrolled.load(model.save(tmp_path / "model")).fit(data, warm=True)
    assert other.history_ == unrolled.load(saved).fit(data, warm=True).history_
    cold = clone(model).fit(data)
    assert other.history_.loss[0] < cold.history_.loss[0]


def test_saving_over_a_model_of_the_other_kind_replaces_it(model, saved, tmp_path):
    rows = {"a": [float(k) for k in range(20)], "b": [k / 2 for k in range(20)]}
    sequence_model = unrolled.SequenceModel("a", "b", training=PARAMS["training"]).fit(rows)
    folder = shutil.copytree(saved, tmp_path / "model")
    sequence_model.save(folder)
    assert isinstance(unrolled.load(folder), unrolled.SequenceModel)
    model.save(folder)
    assert isinstance(unrolled.load(folder), Forecaster)
    assert sorted(path.name for path in folder.iterdir()) == FILES


@pytest.mark.parametrize("name", FILES[2:])
def test_a_damaged_or_missing_file_is_said(saved, tmp_path, name):
    folder = shutil.copytree(saved, tmp_path / "model")
    (folder / name).write_text('{"format": 1, "kind": "forecasts"}')
    with pytest.raises(ArtifactError, match="is damaged"):
        unrolled.load(folder)
    (folder / name).unlink()
    with pytest.raises(ArtifactError, match=r"There is no saved model at|is missing"):
        unrolled.load(folder)


def test_a_kind_that_is_not_known_yet_is_said(saved, tmp_path):
    folder = shutil.copytree(saved, tmp_path / "model")
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"kind": "pictures"}))
    with pytest.raises(ArtifactError) as caught:
        unrolled.load(folder)
    assert str(caught.value) == (
        f"The model in '{folder}' is of the kind 'pictures', and this version of unrolled knows"
        " 'sequences', 'forecasts'. Install a newer unrolled."
    )


def test_a_forecaster_must_be_fitted_to_be_saved(tmp_path):
    with pytest.raises(NotFittedError, match="is not fitted yet, so 'save' is not available"):
        Forecaster("y", horizon=3).save(tmp_path / "model")
    assert not list(tmp_path.iterdir())
