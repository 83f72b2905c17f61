"""Rows of one id, in the order of time, are the steps of one example."""

from datetime import date, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.data.ingest import ingest
from unrolled.data.layouts.arrange import StatedLayout, layout_from_dict
from unrolled.errors import DataError, SettingError
from unrolled.schema import Schema
from unrolled.sequences import preparation
from unrolled.settings import Training

BY_TIME = StatedLayout(id="machine", time="ts")


def sensors(machines=6, **more):
    """Return rows of machines with different numbers of steps, in the order of time."""
    rows = [
        (f"m{m}", t, m + t / 10, ["ok", "hot"][t % 2], ["a", "b"][m % 2], t % 2 == 1)
        for t in range(8)
        for m in range(machines)
        if t < 3 + m
    ]
    names = ["machine", "ts", "heat", "state", "outcome", "alarm"]
    return pl.DataFrame(rows, schema=names, orient="row").with_columns(**more)


def read(frame, inputs=None, outputs="outcome", y=None, layout=BY_TIME, **more):
    return ingest(frame, y, inputs, outputs, layout=layout, **more)


def shape(source, stated="auto"):
    return preparation.infer_schema(source, stated).shape


@pytest.mark.parametrize(
    ("inputs", "outputs", "expected"),
    [
        ("heat", "outcome", "many-to-one"),
        ("outcome", "heat", "one-to-many"),
        ("heat", "state", "aligned"),
        (["heat", "outcome"], "state", "aligned"),
        ("heat", ["state", "outcome"], "aligned"),
    ],
)
def test_columns_that_vary_within_an_id_are_sequences(inputs, outputs, expected):
    assert shape(read(sensors(), inputs, outputs)) == expected


def test_one_to_one_of_columns_that_never_vary_within_an_id():
    frame = sensors(size=pl.col("machine").str.slice(1).cast(pl.Int64) * 1.5)
    assert shape(read(frame, "size", "outcome")) == "one-to-one"


def test_every_column_is_an_input_but_the_id_the_time_and_the_outputs():
    source = read(sensors())
    assert {c.name: c.kind_name for c in source.inputs} == {
        "heat": "numbers",
        "state": "tokens",
        "alarm": "numbers",
    }
    assert source.table.rows == 6
    assert [len(row) for row in source.table.values["heat"]] == [3, 4, 5, 6, 7, 8]


def test_labels_of_steps_are_labels_whatever_their_type():
    frame = sensors(whole=pl.col("ts") % 3)
    for name in ("state", "alarm", "whole"):
        (column,) = read(frame, "heat", name).outputs
        assert column.kind_name == "tokens", name


@pytest.mark.slow
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_no_example(random):
    frame = sensors(row=pl.int_range(pl.len()))
    order = list(range(frame.height))
    random.shuffle(order)
    straight, shuffled = read(frame), read(frame[order])
    by_id = [
        dict(zip(s.frame["machine"], s.table.values["heat"], strict=True))
        for s in (straight, shuffled)
    ]
    assert by_id[0].keys() == by_id[1].keys()
    for name, steps in by_id[0].items():
        np.testing.assert_array_equal(steps, by_id[1][name])


@given(st.randoms(use_true_random=False))
def test_values_of_steps_come_back_to_the_rows_that_they_are_of(random):
    frame = sensors(row=pl.int_range(pl.len()) * 1.0)
    order = list(range(frame.height))
    random.shuffle(order)
    shuffled = frame[order]
    source = read(shuffled, ["row", "heat"])
    back = source.to_original_type({"row": source.table.values["row"]}, aligned=True)
    assert back["row"].to_list() == shuffled["row"].to_list()


def test_single_values_come_back_with_their_ids_in_the_order_of_their_first_rows():
    frame = sensors().sort("machine", descending=True)
    source = read(frame, "heat")
    out = source.to_original_type({"outcome": source.table.values["outcome"]})
    assert out["machine"].to_list() == ["m5", "m4", "m3", "m2", "m1", "m0"]
    assert out["outcome"].to_list() == ["b", "a", "b", "a", "b", "a"]


def test_labels_of_steps_come_back_in_their_own_type():
    frame = sensors(whole=pl.col("ts") % 3)
    for name, dtype in (("alarm", pl.Boolean), ("whole", pl.Int64), ("state", pl.String)):
        source = read(frame, "heat", name)
        out = source.to_original_type({name: source.table.values[name]}, aligned=True)
        assert out[name].dtype == dtype
        assert out[name].to_list() == frame[name].to_list()


def test_unsorted_rows_are_counted():
    frame = sensors()
    assert "not in the order" not in " ".join(read(frame).notes)
    swapped = pl.concat([frame.tail(1), frame.head(-1)])
    notes = " ".join(read(swapped).notes)
    assert "were not in the order of 'ts', and were sorted." in notes or "was sorted." in notes
    assert "33 rows make 6 examples of 3 to 8 steps." in notes


def test_without_time_the_rows_keep_their_order():
    frame = sensors().reverse()
    source = read(frame, ["ts", "heat"], layout=StatedLayout(id="machine"))
    assert source.table.values["ts"][0].ravel().tolist() == [7, 6, 5, 4, 3, 2, 1, 0]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([date(2024, 1, d) for d in (31, 1)], [1, 0]),
        ([datetime(2024, 1, 1, h) for h in (10, 9)], [1, 0]),
        (["2024-02-01", "2024-01-31"], [1, 0]),
        (["2024-01-31 10:00", "2024-01-31 09:00"], [1, 0]),
        (["2024-01-31T10:00:00+01:00", "2024-01-31T09:30:00+00:00"], [0, 1]),
        (["2024-02", "2023-12"], [1, 0]),
        (["10", "9"], [1, 0]),
        (["10:00", "9:30"], [1, 0]),
        ([10.5, 10.25], [1, 0]),
    ],
)
def test_times_of_every_kind_order_the_steps(cells, expected):
    frame = pl.DataFrame(
        {"id": [1, 1, 2, 2], "at": cells * 2, "x": [0.0, 1, 2, 3], "y": list("aabb")}
    )
    source = read(frame, "x", "y", layout=StatedLayout(id="id", time="at"))
    assert source.table.values["x"][0].ravel().tolist() == expected


def test_the_time_since_the_step_before():
    days = [date(2024, 1, 1), date(2024, 1, 4), date(2024, 1, 1), date(2024, 1, 2)]
    for times, factor in ((days, 1), ([1, 4, 10, 11], 1), ([10.0, 40, 0, 10], 10)):
        frame = pl.DataFrame(
            {"id": [1, 1, 2, 2], "at": times, "x": [0.0, 1, 2, 3], "y": list("aabb")}
        )
        source = read(frame, "x", "y", layout=StatedLayout("id", "at", elapsed=True))
        rows = [row.ravel().tolist() for row in source.table.values["elapsed"]]
        assert rows == [[0, 3 * factor], [0, 1 * factor]]
        assert "in days for dates" in " ".join(source.notes)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"machine": [None, *["m1"] * 32]},
            "column 'machine', row 1: the id is missing, so nothing says which example the row"
            " belongs to. Fill it in, or leave the row out.",
        ),
        (
            {"ts": [*range(32), None]},
            "column 'ts', row 33: the time is missing, so nothing says which step the row is. Fill"
            " it in, or leave the row out.",
        ),
        (
            {"machine": ["m1"] * 20 + ["m2"] * 13, "ts": [*range(19), 3, *range(13)]},
            "rows 4 and 20: the 'machine' 'm1' has two rows with the time 3 in 'ts', so their order"
            " is not known. Leave one of the rows out, or name another column as `time`.",
        ),
        (
            {"ts": ["2024-01-01", "soon", *["2024-01-03"] * 31]},
            "column 'ts', row 2: the time 'soon' cannot be read. Write all times of the column in"
            " one way, such as 2024-01-31 or 2024-01-31 13:00, or as numbers.",
        ),
        (
            {"machine": list(range(33))},
            "column 'machine' is different in each of the 33 rows, so no example has two steps."
            " Name the column that the rows of one example share as id, or leave id out.",
        ),
    ],
)
def test_rows_that_cannot_be_ordered_are_named(change, message):
    frame = sensors().with_columns(pl.Series(n, v, strict=False) for n, v in change.items())
    with pytest.raises(DataError) as caught:
        read(frame)
    assert str(caught.value) == message


def test_a_new_table_is_read_as_the_first_one_was():
    fitted = read(sensors(), ["heat", "outcome"], "state")
    columns = fitted.inputs, fitted.outputs
    flat = sensors().with_columns(heat=pl.lit(5.0))  # constant here, and still a sequence
    source = ingest(flat, None, *columns, layout=fitted.layout)
    assert [len(row) for row in source.table.values["heat"]] == [3, 4, 5, 6, 7, 8]
    varying = sensors().with_columns(outcome=pl.col("state"))
    with pytest.raises(DataError) as caught:
        ingest(varying, None, *columns, layout=fitted.layout)
    assert str(caught.value) == (
        "column 'outcome' has one value for each 'machine' in the training data, but for 'm0' it is"
        " 'ok' and 'hot' (rows 1 and 7). Correct the rows, or train again with data in which it"
        " varies."
    )


def test_a_layout_is_the_same_after_it_was_written():
    layout = read(sensors(), layout=StatedLayout("machine", "ts", elapsed=True)).layout
    assert layout_from_dict(layout.to_dict()) == layout
    with pytest.raises(SettingError):
        layout_from_dict({"id": 3})


@pytest.mark.parametrize("how", ["random", "stratified", "time", "group"])
def test_no_id_is_on_both_sides_of_a_split(how):
    frame = sensors(12)
    by = {"group": "outcome"}.get(how)
    source = read(frame, "heat", exclude=by)
    training = Training(split=how, split_by=by, verbose=False)
    rest, held_out = preparation.hold_out(source, 0.4, training)
    assert rest.table.rows + held_out.table.rows == 12
    assert {id(row) for row in rest.table.values["heat"]}.isdisjoint(
        id(row) for row in held_out.table.values["heat"]
    )


def test_the_split_by_time_holds_out_the_ids_that_end_last():
    source = read(sensors().sort("machine", descending=True), "heat")
    rest, held_out = preparation.hold_out(source, 0.3, Training(split="time", verbose=False))
    assert sorted(len(row) for row in held_out.table.values["heat"]) == [7, 8]
    assert len(rest.table.values["heat"]) == 4


def test_a_single_value_may_stand_in_one_row_of_its_id():
    last = pl.col("ts") == pl.col("ts").max().over("machine")
    frame = sensors().with_columns(outcome=pl.when(last).then("outcome"))
    source = read(frame, "heat")
    assert source.table.values["outcome"].tolist() == ["a", "b", "a", "b", "a", "b"]


def test_text_at_each_step_is_refused_with_what_to_do():
    frame = sensors(note=pl.format("the heat is {} and rises in room {}", "heat", "ts"))
    with pytest.raises(DataError, match="State 'note:category' if each different value is a label"):
        read(frame, ["heat", "note"])
    source = read(frame, ["heat", "note:category"])
    assert shape(source) == "many-to-one"


def test_a_stated_kind_decides_that_a_column_is_a_sequence():
    frame = sensors(steady=pl.col("machine").str.slice(1).cast(pl.Int64))
    assert {c.name: c.side for c in read(frame, ["heat", "steady"]).inputs}["steady"] == "one"
    stated = read(frame, ["heat", "steady:numbers"])
    assert {c.name: c.side for c in stated.inputs}["steady"] == "many"


def test_missing_steps_stay_missing():
    frame = sensors().with_columns(
        heat=pl.when(pl.col("ts") != 1).then("heat"), state=pl.when(pl.col("ts") != 1).then("state")
    )
    source = read(frame, ["heat", "state"])
    assert np.isnan(source.table.values["heat"][0]).ravel().tolist() == [False, True, False]
    assert isinstance(preparation.infer_schema(source, "auto"), Schema)


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ({"time": "ts"}, "time='ts' has no effect without id"),
        ({"elapsed": True}, "elapsed=True has no effect without id"),
        ({"id": "machine", "elapsed": True}, "elapsed=True needs the column of times"),
        ({"id": "ts", "time": "ts"}, "'ts' is named as id and as time"),
        ({"id": "machine", "steps": "t*"}, "id and steps cannot be combined"),
    ],
)
def test_what_contradicts_itself_is_refused(stated, message):
    with pytest.raises(SettingError, match=message):
        StatedLayout(**stated)
