"""Rows that lack an input sequence have no prediction; the others have theirs."""

import warnings
from typing import Any

import numpy as np
import pytest

from unrolled.data.encoders.table_encoder import TableEncoder
from unrolled.data.ingest import Source, ingest
from unrolled.data.tables.table import Table
from unrolled.schema import Column, Schema
from unrolled.sequences.complete_rows import predict_complete

INPUTS = (Column(name="s", kind="numbers"), Column(name="n", kind="number"))
OUTPUT = Column(name="y", kind="number")


def read(rows: list[Any]) -> Source:
    return ingest({"s": rows, "n": [float(i) for i in range(len(rows))]}, None, INPUTS, None)


@pytest.fixture(scope="module")
def encoder() -> TableEncoder:
    schema = Schema(inputs=INPUTS, outputs=(OUTPUT,), shape="many-to-one", reason="")
    steps = [np.ones((2, 1)), np.zeros((1, 1))] * 4
    table = Table({"s": steps, "n": np.arange(8.0), "y": np.arange(8.0)}, 8)
    return TableEncoder.fit(schema, table)


def total(table: Table) -> dict[str, Any]:
    """Return for each row the sum of its sequence, as an array and as lists."""
    sums = np.array([float(row.sum()) for row in table.values["s"]])
    return {"y": sums, "steps": [row.tolist() for row in table.values["s"]]}


def said(encoder: TableEncoder, source: Source) -> tuple[Any, list[str]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        result = predict_complete(encoder, source, total)
    return result, [str(warning.message) for warning in caught]


def test_rows_without_steps_have_no_prediction_and_are_counted(encoder: TableEncoder) -> None:
    result, messages = said(encoder, read([[1.0, 2.0], None, [], [4.0]]))
    assert result["y"] == [3.0, None, None, 4.0]
    assert result["steps"] == [[[1.0], [2.0]], None, None, [[4.0]]]
    assert messages == [
        "`s` is missing or has no steps in 2 of 4 rows (row 2 first), so nothing is predicted"
        " there."
    ]


def test_all_rows_may_be_without_steps(encoder: TableEncoder) -> None:
    result, messages = said(encoder, read([None, []]))
    assert result == {"y": [None, None], "steps": [None, None]}
    assert len(messages) == 1


def test_complete_rows_stay_as_they_are_and_unusual_ones_are_said(encoder: TableEncoder) -> None:
    result, messages = said(encoder, read([[1.0], [2.0]]))
    assert result["y"].tolist() == [1.0, 2.0]
    assert messages == []
    assert len(said(encoder, read([[1e9], None]))[1]) == 2
