"""A prediction depends on the row and on nothing else: not on the table that the row comes in."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import unrolled

KINDS = {
    "dict": lambda table: table,
    "polars": pl.DataFrame,
    "pandas": pd.DataFrame,
    "arrow": pa.table,
}
LABELS = ["red", "green", "blue"]


@pytest.fixture(scope="module")
def model():
    random = np.random.default_rng(0)
    rows = range(16)
    table = {
        "steps": [random.normal(size=1 + i % 4).tolist() for i in rows],
        "colour": [LABELS[i % 3] for i in rows],
        "size": [None if i == 3 else float(i) for i in rows],
        "price": [float(i % 5) for i in rows],
        "kind": ["a" if i % 2 else "b" for i in rows],
    }
    model = unrolled.SequenceModel(
        ["steps", "colour", "size"],
        ["price", "kind"],
        network=unrolled.Network(units=4),
        training=unrolled.Training(epochs=1, verbose=False, seed=0),
    )
    return model.fit(table)


numbers = st.floats(-5, 5, width=32)
rows = st.fixed_dictionaries(
    {
        "steps": st.lists(numbers, min_size=1, max_size=4),
        "colour": st.sampled_from(LABELS),
        "size": st.none() | numbers,
    }
)
tables = st.lists(rows, min_size=1, max_size=6).map(
    lambda found: {name: [row[name] for row in found] for name in found[0]}
)
quick = settings(max_examples=10)


def columns(prediction):
    """Return the columns of a prediction as lists, whatever frame it is."""
    if isinstance(prediction, pa.Table):
        return prediction.to_pydict()
    names = prediction.columns if hasattr(prediction, "columns") else prediction
    return {name: list(prediction[name]) for name in names}


def predict(model, table):
    found = columns(model.predict(table))
    return {name: found[name] for name in ("price", "kind")}


@pytest.mark.slow
@quick
@given(tables, st.permutations(["steps", "colour", "size"]), st.sampled_from(list(KINDS)))
def test_the_order_of_columns_and_the_kind_of_frame_change_nothing(model, table, order, kind):
    moved = KINDS[kind]({name: table[name] for name in order})
    assert predict(model, moved) == predict(model, table)


@quick
@given(tables, st.sampled_from(list(KINDS)))
def test_other_columns_change_nothing(model, table, kind):
    count = len(table["steps"])
    others = {
        "note": ["", "1;2", "ö"][: count % 3 + 1] * count,
        "id": list(range(count)),
        "price": [1e300] * count,
        "kind": ["c"] * count,
    }
    wide = {name: cells[:count] for name, cells in {**others, **table}.items()}
    assert predict(model, KINDS[kind](wide)) == predict(model, table)


@quick
@given(tables)
def test_one_row_alone_and_rows_in_another_order_get_the_same(model, table):
    count = len(table["steps"])
    together = predict(model, table)
    backwards = predict(model, {name: cells[::-1] for name, cells in table.items()})
    np.testing.assert_allclose(backwards["price"][::-1], together["price"], rtol=1e-4, atol=1e-5)
    last = {name: cells[count - 1 :] for name, cells in table.items()}
    alone = predict(model, last)
    np.testing.assert_allclose(alone["price"], together["price"][-1:], rtol=1e-4, atol=1e-5)
