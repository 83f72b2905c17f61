"""A model that was fitted on labels of one type scores the same labels of any other type alike."""

import itertools

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import unrolled

BITS = np.array([0, 1] * 10)
X = (BITS[:, None] + np.arange(3) / 10).round(1)
SHORT = unrolled.Training(epochs=1, verbose=False)
SMALL = unrolled.Network(units=2)

ARRAYS = {
    "int": BITS,
    "int8": BITS.astype("int8"),
    "float": BITS.astype(float),
    "float32": BITS.astype("float32"),
    "bool": BITS.astype(bool),
    "list of bool": BITS.astype(bool).tolist(),
    "digits": BITS.astype(str),
    "decimals": BITS.astype(float).astype(str).tolist(),
    "words": np.where(BITS, "true", "false"),
    "Words": np.where(BITS, "True", "False"),
    "objects": np.array([True, False], object)[1 - BITS],
    "pandas Int64": pd.Series(BITS, dtype="Int64"),
    "pandas boolean": pd.Series(BITS.astype(bool), dtype="boolean"),
    "pandas categorical": pd.Series(BITS.astype(str), dtype="category"),
    "polars": pl.Series(BITS),
    "arrow": pa.array(BITS),
}
TABLES = {
    "dict": lambda y: {"x": X.tolist(), "y": y.tolist()},
    "polars": lambda y: pl.DataFrame({"x": X.tolist(), "y": y}),
    "polars categories": lambda y: pl.DataFrame(
        {"x": X.tolist(), "y": pl.Series(y.astype(str), dtype=pl.Categorical)}
    ),
    "pandas": lambda y: pd.DataFrame({"x": X.tolist(), "y": y}),
    "pandas Int64": lambda y: pd.DataFrame(
        {"x": X.tolist(), "y": pd.Series(y.astype(int), dtype="Int64")}
    ),
    "pandas booleans with NA": lambda y: pd.concat(
        [
            pd.DataFrame(
                {"x": X.tolist(), "y": pd.Series(y.astype(int).astype(bool), dtype="boolean")}
            ),
            pd.DataFrame({"x": X[:1].tolist(), "y": pd.Series([pd.NA], dtype="boolean")}),
        ]
    ),
    "pandas categories": lambda y: pd.DataFrame(
        {"x": X.tolist(), "y": pd.Categorical(y.astype(str))}
    ),
    "arrow": lambda y: pa.table({"x": X.tolist(), "y": y}),
}
TYPES = {"int": BITS, "float": BITS * 1.0, "bool": BITS.astype(bool), "text": BITS.astype(str)}
FILES = ("labels.csv", "labels.jsonl", "labels.parquet")


def classifier(inputs=None, outputs=None):
    return unrolled.SequenceModel(inputs, outputs, network=SMALL, training=SHORT)


@pytest.fixture(scope="module")
def by_arrays():
    """Return a model for each type of labels; all of them have learned the same."""
    return {name: classifier().fit(X, y) for name, y in list(ARRAYS.items())[:12:3]}


@pytest.mark.parametrize("scored", ARRAYS)
def test_arrays_of_any_type_score_alike(by_arrays, scored):
    found = {name: model.score(X, ARRAYS[scored]) for name, model in by_arrays.items()}
    expected = {name: model.score(X, ARRAYS[name]) for name, model in by_arrays.items()}
    assert found == expected
    assert min(found.values()) > 0


@pytest.fixture(scope="module")
def by_tables():
    """Return a model of tables for each type of labels."""
    return {
        name: classifier("x", {"y": "category"}).fit(TABLES["dict"](y)) for name, y in TYPES.items()
    }


@pytest.mark.parametrize(("table", "scored"), list(itertools.product(TABLES, TYPES)))
def test_tables_of_any_kind_and_type_score_alike(by_tables, table, scored):
    expected = by_tables["int"].score(TABLES["dict"](BITS))
    for model in by_tables.values():
        assert model.score(TABLES[table](TYPES[scored])) == expected
        assert expected > 0


@pytest.mark.slow
@pytest.mark.parametrize(("file", "scored"), list(itertools.product(FILES, TYPES)))
def test_labels_read_back_from_files_score_alike(by_tables, file, scored, tmp_path):
    unrolled.write(pl.DataFrame({"x": X.tolist(), "y": TYPES[scored]}), tmp_path / file)
    expected = by_tables["int"].score(TABLES["dict"](BITS))
    for model in by_tables.values():
        assert model.score(tmp_path / file) == expected


@pytest.mark.slow
def test_a_file_with_fewer_truth_words_is_scored_by_what_they_mean(tmp_path):
    y = np.array(["true", "false", "unknown", "true"] * 5)
    model = classifier("x", "y").fit({"x": X.tolist(), "y": y.tolist()})
    known = y != "unknown"
    part = pl.DataFrame({"x": X[known].tolist(), "y": y[known]})
    unrolled.write(part, tmp_path / "part.csv")
    predicted = model.predict({"x": X[known].tolist()})["y"]
    assert model.score(tmp_path / "part.csv") == np.mean(predicted == y[known])
    as_booleans = part.with_columns(pl.col("y") == "true")
    assert model.score(as_booleans) == model.score(part)


def test_predictions_have_the_type_that_was_learned(by_arrays):
    for name, kind in (("int", np.integer), ("float32", np.floating), ("digits", np.str_)):
        assert np.issubdtype(by_arrays[name].predict(X).dtype, kind)
