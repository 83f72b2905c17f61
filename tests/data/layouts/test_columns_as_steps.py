"""Columns that are the steps of one sequence: t0 to t9, or dates at the top."""

import numpy as np
import polars as pl
import pytest

from unrolled.data.infer.arrays import from_arrays
from unrolled.data.ingest import ingest
from unrolled.data.layouts.arrange import StatedLayout, layout_from_dict
from unrolled.errors import DataError, SettingError
from unrolled.sequences import preparation


def wide(stem="t", columns=10, rows=12, first=0, *, ends=True):
    """Return rows of numbered columns, some of which end early."""
    values = np.arange(rows * columns, dtype=float).reshape(rows, columns)
    for row in range(rows if ends else 0):
        values[row, columns - row % 4 :] = np.nan
    frame = pl.DataFrame({f"{stem}{first + k}": values[:, k] for k in range(columns)})
    return frame.with_columns(label=pl.Series(["a", "b"] * (rows // 2)))


def read(frame, inputs=None, outputs="label", steps="auto"):
    return ingest(frame, None, inputs, outputs, layout=StatedLayout(steps=steps))


def names(source):
    return {c.name: c.kind_name for c in source.inputs}


@pytest.mark.parametrize(
    "steps", ["t*", "t0:t9", "t?", [f"t{k}" for k in range(10)], {"t": "t*"}, "auto"]
)
def test_columns_become_one_sequence(steps):
    source = read(wide(), steps=steps)
    assert names(source) == {"t": "numbers"}
    assert [len(row) for row in source.table.values["t"]] == [10, 9, 8, 7] * 3
    assert source.inputs[0].length is None
    assert preparation.infer_schema(source, "auto").shape == "many-to-one"


def test_numbers_are_ordered_as_numbers_and_dates_as_dates():
    frame = wide(columns=11).select(
        "t10", "t2", "label", *[f"t{k}" for k in (9, 8, 7, 6, 5, 4, 3, 1, 0)]
    )
    assert read(frame, steps="t*").layout.sequences["t"].columns == tuple(
        f"t{k}" for k in range(11)
    )
    months = ["2024-02", "2024-03", "2024-01"]
    frame = pl.DataFrame({m: [1.0, 2.0] for m in months}).with_columns(label=pl.Series(["a", "b"]))
    assert read(frame, steps="2024*").layout.sequences["steps"].columns == tuple(sorted(months))


def test_a_gap_inside_a_row_is_a_missing_step():
    frame = wide(ends=False).with_columns(t4=pl.lit(None, pl.Float64))
    (row, *_) = read(frame, steps="t*").table.values["t"]
    assert len(row) == 10
    assert np.flatnonzero(np.isnan(row.ravel())).tolist() == [4]


def test_several_sequences_and_single_values_stand_beside_each_other():
    frame = wide("temp_").hstack(wide("load_").drop("label")).with_columns(age=pl.lit(3.0))
    source = read(frame, steps={"temp": "temp_*", "load": "load_*"})
    assert names(source) == {"temp": "numbers", "load": "numbers", "age": "number"}
    named = read(frame, inputs=["age", "temp"], steps={"temp": "temp_*"})
    assert names(named) == {"age": "number", "temp": "numbers"}


def test_steps_of_text_are_tokens_and_may_be_the_output():
    frame = pl.DataFrame({"w0": ["a", "b"] * 4, "w1": ["c", None] * 4, "x": np.arange(8) * 1.5})
    source = ingest(frame, None, "x", "w", layout=StatedLayout(steps={"w": "w*"}))
    assert source.outputs[0].kind_name == "tokens"
    assert source.table.values["w"][:2] == [["a", "c"], ["b"]]


def test_what_was_taken_for_steps_is_said_and_can_be_switched_off():
    source = read(wide())
    assert source.notes == (
        "Columns 't0' to 't9' were read as the steps of one sequence 't', since their names are"
        " numbered times. With steps=None (--steps none) each is an input of its own.",
    )
    assert names(read(wide(), steps=None)) == {f"t{k}": "number" for k in range(10)}


@pytest.mark.parametrize(
    ("stem", "ends", "found"),
    [
        ("t", False, True),
        ("x", True, True),
        ("x", False, False),
        ("V", False, False),
        ("day_", False, True),
    ],
)
def test_columns_are_steps_where_names_or_ends_say_so(stem, ends, found):
    source = read(wide(stem, ends=ends))
    assert (len(source.inputs) == 1) is found
    assert len(source.notes) == 1
    assert source.notes[0].startswith("Columns" if found else "hint   columns")


def test_a_few_missing_cells_are_no_ends():
    frame = wide("x", rows=40, ends=False)
    last = pl.when(pl.int_range(pl.len()) > 2).then("x9")
    assert len(read(frame.with_columns(x9=last)).inputs) == 10


@pytest.mark.parametrize(
    "frame",
    [
        wide(columns=7),
        wide().drop("t5"),
        wide().with_columns(t3=pl.lit("text")),
        wide("a", ends=False).hstack(wide("b", ends=False).drop("label")),
    ],
)
def test_other_numbered_columns_are_inputs_of_their_own(frame):
    assert (
        len(read(frame.with_columns(t3=pl.lit("u")) if "t3" in frame.columns else frame).inputs) > 1
    )


def test_a_new_table_needs_the_same_columns():
    fitted = read(wide())
    new = ingest(wide(rows=2), None, fitted.inputs, None, layout=fitted.layout)
    assert [len(row) for row in new.table.values["t"]] == [10, 9]
    with pytest.raises(DataError, match="the data has no column 't9', which is a step of 't'"):
        ingest(wide(columns=9), None, fitted.inputs, None, layout=fitted.layout)
    assert layout_from_dict(fitted.layout.to_dict()) == fitted.layout


def test_a_row_without_a_step_is_named():
    frame = wide().with_columns(
        pl.when(pl.int_range(pl.len()) != 2).then(pl.col(f"t{k}")).alias(f"t{k}") for k in range(10)
    )
    with pytest.raises(DataError, match="row 3: every one of the columns t0 to t9 is empty"):
        read(frame, steps="t*")


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ("q*", "steps='q\\*' matches no column, and a sequence has at least two steps"),
        ("t0", "steps='t0' matches only 't0'"),
        ("t0:t99", "there is no column 't99', which steps='t0:t99' names"),
        ({"a": "t*", "b": "t1:t3"}, "column 't1' is a step of two sequences"),
        ({"label": "t*"}, "names a sequence 'label', but the table has a column of that name"),
    ],
)
def test_patterns_that_fit_no_columns_are_refused(steps, message):
    with pytest.raises(SettingError, match=message):
        read(wide(), steps=steps)


def test_a_pattern_over_numbers_and_text_is_refused():
    frame = wide().with_columns(title=pl.lit("x"))
    with pytest.raises(DataError, match="'title' holds text \\('x'\\) and 't0' holds numbers"):
        read(frame, steps="t*")
    assert names(read(frame, steps="t0:t9")) == {"t": "numbers", "title": "category"}


def test_rows_of_an_array_end_at_their_last_number():
    X = np.ones((3, 4, 2))
    X[1, 2:] = np.nan
    X[2, 1, 0] = np.nan  # a missing number, and no end
    table, (column,), _ = from_arrays(X, np.array([0.5, 1.5, 2.5]))
    assert column.length is None
    assert [len(row) for row in table.values["x"]] == [4, 2, 4]
    fixed = column.model_copy(update={"length": 4})
    assert [len(row) for row in from_arrays(X, expected=[fixed])[0].values["x"]] == [4, 4, 4]
    assert [len(row) for row in from_arrays(X, expected=[column])[0].values["x"]] == [4, 2, 4]


def test_aligned_outputs_of_an_array_end_with_their_inputs():
    X, y = np.ones((3, 4, 1)), np.arange(12.0).reshape(3, 4, 1)
    X[1, 2:] = np.nan
    lengths = [[len(row) for row in from_arrays(X, y)[0].values[name]] for name in "xy"]
    assert lengths == [[4, 4, 4], [4, 4, 4]]  # an output is known behind the end of its input
    y[1, 2:] = 0
    lengths = [[len(row) for row in from_arrays(X, y)[0].values[name]] for name in "xy"]
    assert lengths == [[4, 2, 4], [4, 2, 4]]
