"""Models of tables whose rows or columns are steps: fit, predict, evaluate, save, files."""

import json

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from sklearn.base import clone

import unrolled
from unrolled.errors import DataError, SettingError
from unrolled.sequences import preparation

QUICK = unrolled.Training(epochs=1, verbose=False)
SMALL = unrolled.Network(units=2, linear=False)


def rows(ids=12):
    """Return rows of ids with 3 to 6 steps, in the order of time."""
    return pl.DataFrame(
        [
            (f"m{i:02d}", t, i + t / 7, t % 2, ["a", "b"][i % 2])
            for t in range(6)
            for i in range(ids)
            if t < 3 + i % 4
        ],
        schema=["machine", "ts", "heat", "state", "outcome"],
        orient="row",
    )


def model(inputs, outputs, **more):
    options = {"id": "machine", "time": "ts", "training": QUICK, "network": SMALL} | more
    return unrolled.SequenceModel(inputs, outputs, **options)


@pytest.fixture(scope="module")
def per_id():
    return model("heat", "outcome", elapsed=True).fit(rows())


@pytest.fixture(scope="module")
def per_row():
    return model("heat", "state").fit(rows())


@pytest.mark.slow
@pytest.mark.parametrize(
    "convert",
    [pl.DataFrame, pl.DataFrame.to_pandas, pl.DataFrame.to_arrow, pl.DataFrame.to_dict],
    ids=["polars", "pandas", "arrow", "dict"],
)
def test_predictions_come_back_in_the_frame_and_the_order_that_came_in(per_id, per_row, convert):
    order = np.random.default_rng(0).permutation(rows().height)
    table = rows()[order].drop("outcome", "state")
    expected = dict(zip(*per_id.predict(rows()), strict=True))
    single, steps = per_id.predict(convert(table)), per_row.predict(convert(table))
    kinds = {pl.DataFrame: pl.DataFrame, pl.DataFrame.to_pandas: pd.DataFrame}
    assert isinstance(single, kinds.get(convert, pa.Table | dict))
    single, steps = unrolled.read(single), unrolled.read(steps)
    assert single["machine"].to_list() == table["machine"].unique(maintain_order=True).to_list()
    assert dict(zip(*single, strict=True)) == expected
    assert steps["state"].to_list() == per_row.predict(rows())["state"][order].to_list()
    assert steps["state"].dtype == pl.Int64


def test_probabilities_come_back_likewise(per_id, per_row):
    assert per_id.predict_proba(rows()).columns == ["machine", "outcome=a", "outcome=b"]
    steps = per_row.predict_proba(rows())
    assert steps.height == rows().height
    np.testing.assert_allclose(steps.sum_horizontal(), 1, atol=1e-5)


def test_a_saved_model_reads_tables_as_before(per_id, per_row, tmp_path):
    for number, fitted in enumerate((per_id, per_row)):
        loaded = unrolled.load(fitted.save(tmp_path / str(number)))
        assert loaded.predict(rows()).equals(fitted.predict(rows()))
        assert (loaded.id, loaded.time, loaded.elapsed) == ("machine", "ts", fitted.elapsed)
        manifest = json.loads((tmp_path / str(number) / "manifest.json").read_text())
        assert set(manifest["layout"]) == {"id", "time", "one", "many", "labels", "elapsed"}


def test_a_layout_without_a_column_of_the_model_is_refused(per_id, tmp_path):
    path = per_id.save(tmp_path / "m") / "manifest.json"
    manifest = json.loads(path.read_text())
    for change in ({"many": {}}, {"one": ["other"]}, {"labels": 3}):
        path.write_text(json.dumps({**manifest, "layout": {**manifest["layout"], **change}}))
        with pytest.raises(unrolled.errors.ArtifactError):
            unrolled.load(tmp_path / "m")


def test_labels_in_a_second_table_are_scored(per_id):
    labels = rows().select("machine", "outcome").unique("machine", maintain_order=True)
    together = per_id.evaluate(rows())
    apart = per_id.evaluate(rows().drop("outcome"), labels)
    assert apart.scores == together.scores
    source = model("heat", "outcome")._ingest(rows().drop("outcome"), labels.head(11))
    reason = preparation.infer_schema(source, "auto").reason
    assert "1 id has no label ('machine' 'm11'). It is left out." in reason


def test_files_get_a_row_for_each_id_or_for_each_row(per_id, per_row, tmp_path):
    given, out = tmp_path / "rows.csv", tmp_path / "out.csv"
    unrolled.write(rows(), given)
    assert per_id.predict_file(given, out) == 12
    written = unrolled.read(out)
    assert written.columns[:2] == ["machine", "outcome"]
    assert written["machine"].to_list() == rows()["machine"].unique(maintain_order=True).to_list()
    assert written["outcome"].to_list() == ["a", "b"] * 6
    assert per_row.predict_file(given, out) == rows().height
    written = unrolled.read(out)
    assert written["ts"].to_list() == rows()["ts"].to_list()
    predicted = per_row.predict(rows())["state"].to_list()
    assert written["state-predicted"].to_list() == predicted


def test_a_column_that_was_single_must_stay_single(per_id):
    with pytest.raises(DataError, match="for 'm00' it is 'a' and 'b' \\(rows 1 and 13\\)"):
        per_id.evaluate(
            rows().with_columns(outcome=pl.Series(["a"] * 12 + ["b"] * (rows().height - 12)))
        )


def test_validation_tables_have_the_same_layout():
    source = model("heat", "outcome")._ingest(rows(), None)
    schema = preparation.infer_schema(source, "auto")
    _, held_out = preparation.split(source, schema, QUICK, rows(6))
    assert [len(steps) for steps in held_out.table.values["heat"]] == [3, 4, 5, 6, 3, 4]


def test_no_id_is_in_two_parts_of_the_data(monkeypatch):
    seen = []

    def keep(self, encoder, train, held_out, *_, **__):  # noqa: ARG001
        seen.extend([train.table, held_out.table])
        raise InterruptedError

    monkeypatch.setattr(unrolled.SequenceModel, "_fit_network", keep)
    with pytest.raises(InterruptedError):
        model("heat", "outcome").fit_and_evaluate(rows(20), test=0.25)
    assert [table.rows for table in seen] == [13, 2]  # and 5 to be scored
    ids = [int(steps[0, 0]) for table in seen for steps in table.values["heat"]]
    assert len(set(ids)) == len(ids) == 15
    lengths = [len(steps) for table in seen for steps in table.values["heat"]]
    assert lengths == [3 + number % 4 for number in ids]


@pytest.mark.slow
def test_columns_as_steps_are_predicted_and_saved(tmp_path):
    wide = pl.DataFrame({f"x{k}": np.arange(12.0) + k for k in range(4)}).with_columns(
        x3=pl.Series([1.0, None] * 6), label=pl.Series(["a", "b"] * 6)
    )
    options = {"id": None, "time": None, "steps": "x*"}
    fitted = model(None, "label", **options).fit(wide)
    assert fitted.shape_ == "many-to-one"
    loaded = unrolled.load(fitted.save(tmp_path / "m"))
    assert loaded.predict(wide).equals(fitted.predict(wide.drop("label")))
    assert loaded.steps == {"x": ["x0", "x1", "x2", "x3"]}
    assert clone(loaded)._ingest(wide, None).layout == fitted._trained.layout


def test_parameters_are_those_of_scikit_learn(per_id):
    assert clone(per_id).get_params(deep=False) == per_id.get_params(deep=False)
    assert per_id.get_params()["id"] == "machine"
    with pytest.raises(SettingError, match="has no effect without id"):
        model("heat", "outcome", id=None).fit(rows())
