"""Input cells that are empty, of every kind and from every reader."""

import io
import json
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from unrolled.data.ingest import ingest
from unrolled.data.tables.missing_inputs import (
    complete_inputs,
    refuse_missing_sequences,
    with_empty_texts,
)
from unrolled.data.tables.table import Table
from unrolled.errors import DataError
from unrolled.schema import Column

COLUMNS = (
    Column(name="n", kind="number"),
    Column(name="c", kind="category"),
    Column(name="d", kind="date"),
    Column(name="w", kind="text", unit="words"),
    Column(name="t", kind="tokens"),
    Column(name="s", kind="numbers"),
    Column(name="v", kind="vector", width=2),
)
ROWS: dict[str, list[Any]] = {
    "n": [1.5, None, 2.5],
    "c": ["x", None, "y"],
    "d": ["2024-01-31", None, "2024-02-29"],
    "w": ["to be", None, "or not"],
    "t": [["to", "be"], None, ["or"]],
    "s": [[1.0, 2.0], None, [3.0]],
    "v": [[1.0, 2.0], None, [3.0, 4.0]],
}
TEXTS = ROWS | {"t": ["to be", None, "or"], "s": ["1 2", None, "3"], "v": ["1 2", None, "3 4"]}


def csv(folder: Any) -> Any:
    pl.DataFrame(TEXTS).write_csv(folder / "a.csv")
    return folder / "a.csv"


def csv_of_blanks(folder: Any) -> Any:
    filled = {name: [" " if cell is None else cell for cell in TEXTS[name]] for name in TEXTS}
    frame = pl.DataFrame(filled | {"n": ["1.5", " ", "2.5"]})
    frame.write_csv(folder / "a.csv")
    return folder / "a.csv"


def json_lines(folder: Any, rows: dict[str, list[Any]] = ROWS) -> Any:
    records = [dict(zip(rows, cells, strict=True)) for cells in zip(*rows.values(), strict=True)]
    lines = "\n".join(json.dumps(record) for record in records)
    (folder / "a.jsonl").write_text(lines)
    return folder / "a.jsonl"


def json_lines_without_keys(folder: Any) -> Any:
    lines = [json.loads(line) for line in json_lines(folder).read_text().split("\n")]
    (folder / "a.jsonl").write_text("\n".join(map(json.dumps, [lines[0], {"n": None}, lines[2]])))
    return folder / "a.jsonl"


def json_lines_of_empty_cells(folder: Any) -> Any:
    empty = {"c": "", "d": "", "w": "", "t": [], "s": [], "v": []}
    return json_lines(folder, ROWS | {n: [ROWS[n][0], empty[n], ROWS[n][2]] for n in empty})


def parquet(folder: Any) -> Any:
    pl.DataFrame(ROWS).write_parquet(folder / "a.parquet")
    return folder / "a.parquet"


def pandas_of(missing: Any) -> Any:
    def build(folder: Any) -> Any:  # noqa: ARG001
        cells = {n: [missing if c is None else c for c in ROWS[n]] for n in ROWS}
        return pd.DataFrame({n: pd.Series(cells[n], dtype=object) for n in cells})

    return build


SOURCES = {
    "csv": csv,
    "csv of blanks": csv_of_blanks,
    "json lines": json_lines,
    "json lines without keys": json_lines_without_keys,
    "json lines of empty cells": json_lines_of_empty_cells,
    "parquet": parquet,
    "a dict": lambda folder: ROWS,  # noqa: ARG005
    "polars": lambda folder: pl.DataFrame(ROWS),  # noqa: ARG005
    "arrow": lambda folder: pa.table(ROWS),  # noqa: ARG005
    "pandas": lambda folder: pl.DataFrame(ROWS).to_pandas(),  # noqa: ARG005
    "pandas, a CSV": lambda folder: pd.read_csv(io.StringIO(csv(folder).read_text())),
    "pandas of None": pandas_of(None),
    "pandas of NaN": pandas_of(float("nan")),
    "pandas of NA": pandas_of(pd.NA),
}


@pytest.mark.parametrize("source", SOURCES)
def test_an_empty_cell_means_the_same_from_every_reader(source: str, tmp_path: Any) -> None:
    read = ingest(SOURCES[source](tmp_path), None, COLUMNS, None)
    values = read.table.values
    assert np.isnan(values["n"]).tolist() == [False, True, False]
    assert list(values["c"]) == ["x", None, "y"]
    assert np.isnat(values["d"]).tolist() == [False, True, False]
    assert [text.strip() for text in values["w"]] == ["to be", "", "or not"]
    assert list(values["t"]) == [["to", "be"], None, ["or"]]
    assert [None if row is None else row.ravel().tolist() for row in values["s"]] == [
        [1, 2],
        None,
        [3],
    ]
    assert np.isnan(values["v"]).tolist() == [[False] * 2, [True] * 2, [False] * 2]
    assert read.notes == (
        "`w` is empty in 1 of 3 rows (row 2 first), which counts as an empty text.",
    )
    complete, sentences = complete_inputs(read.table, COLUMNS)
    assert complete.tolist() == [True, False, True]
    assert sentences == tuple(
        f"`{name}` is missing or has no steps in 1 of 3 rows (row 2 first), so nothing is"
        " predicted there."
        for name in "ts"
    )


def test_training_names_the_first_row_without_steps() -> None:
    table = Table({"s": [np.ones((1, 1)), None, None]}, 3)
    with pytest.raises(DataError) as caught:
        refuse_missing_sequences(table, [COLUMNS[5]])
    assert str(caught.value) == (
        "column 's', row 2: the sequence is missing or has no steps (2 rows are like this). Give it"
        " at least one step, or leave the row out."
    )


def test_only_texts_that_are_empty_are_said() -> None:
    table = Table({"w": ["a", "b"], "n": np.array([np.nan, 1.0])}, 2)
    assert with_empty_texts(table, COLUMNS[:1] + COLUMNS[3:4])[1] == ()
