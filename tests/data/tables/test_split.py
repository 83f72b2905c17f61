from collections import Counter
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from unrolled.data.tables.split import split
from unrolled.data.tables.table import Table
from unrolled.errors import DataError, SettingError, UnrolledError
from unrolled.schema import Column

Y = Column(name="y", kind="category")


def labelled(labels: list[Any]) -> Table:
    values = np.empty(len(labels), dtype=object)
    values[:] = labels
    return Table({"y": values}, len(labels))


def refused(kind: type[UnrolledError], *args: Any, **options: Any) -> str:
    with pytest.raises(kind) as caught:
        split(*args, **options)
    return str(caught.value)


@given(
    st.lists(st.integers(0, 3), min_size=2, max_size=40),
    st.floats(0.01, 0.99),
    st.sampled_from(["auto", "random", "time"]),
    st.integers(0, 99),
)
def test_every_row_is_on_one_side(labels: list[int], share: float, how: Any, seed: int) -> None:
    table = labelled(labels)
    train, held = split(table, share, how=how, seed=seed, outputs=[Y])
    assert sorted([*train, *held]) == list(range(len(labels)))
    assert len(train) > 0
    assert len(held) > 0
    again = split(table, share, how=how, seed=seed, outputs=[Y])
    assert np.array_equal(held, again[1])


@given(st.lists(st.integers(0, 5), min_size=2, max_size=40), st.floats(0.01, 0.99))
def test_a_group_is_never_on_both_sides(groups: list[int], share: float) -> None:
    frame = pl.DataFrame({"g": groups})
    if len(set(groups)) < 2:
        return
    train, held = split(Table({}, len(groups)), share, how="group", by="g", frame=frame)
    assert sorted([*train, *held]) == list(range(len(groups)))
    assert not {groups[i] for i in train} & {groups[i] for i in held}
    assert len(train) > 0
    assert len(held) > 0


def test_labels_keep_their_shares() -> None:
    labels = ["a"] * 80 + ["b"] * 20
    for how in ("auto", "stratified"):
        _, held = split(labelled(labels), 0.2, how=how, outputs=[Y])  # type: ignore[arg-type]
        assert Counter(labels[i] for i in held) == {"a": 16, "b": 4}


def test_a_single_label_trains() -> None:
    labels = ["a"] * 10 + ["b"] * 10 + ["rare"]
    for seed in range(20):
        train, _ = split(labelled(labels), 0.3, seed=seed, outputs=[Y])
        assert 20 in train


def test_seeds_differ() -> None:
    table = Table({}, 100)
    one, two = (split(table, 0.2, seed=seed)[1] for seed in (0, 1))
    assert not np.array_equal(one, two)
    assert len(one) == 20


@pytest.mark.parametrize("at", [[3, 1, 2, 0], ["2020-01-04", "2020-01-02", "2020-01-03", "2020"]])
def test_the_last_in_time_are_held_out(at: list[Any]) -> None:
    frame = pl.DataFrame({"at": at})
    train, held = split(Table({}, 4), 0.5, how="time", by="at", frame=frame)
    assert (train.tolist(), held.tolist()) == ([1, 3], [0, 2])


FRAME = pl.DataFrame({"g": [1, 1, 1], "at": ["1/2/20", "x", "y"], "gap": [1, None, 2]})


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        (
            SettingError,
            {"how": "group", "by": "gg"},
            "there is no column 'gg' to split by, expected one of 'g', 'at', 'gap'. Did you"
            " mean 'g'?",
        ),
        (
            SettingError,
            {"how": "group"},
            "got the split 'group' and no column, expected one to split by.",
        ),
        (
            SettingError,
            {"how": "random", "by": "g"},
            "got the column 'g' to split by with the split 'random', expected 'group' or 'time',"
            " the two that use a column. State one of them, or leave the column away.",
        ),
        (
            DataError,
            {"how": "group", "by": "g"},
            "column 'g' makes 1 group, expected at least two to hold one out. Choose another"
            " column, or the split 'random'.",
        ),
        (
            DataError,
            {"how": "time", "by": "gap"},
            "column 'gap', row 2: got no value, expected one in every row to split by.",
        ),
        (
            DataError,
            {"how": "time", "by": "at"},
            "column 'at' does not sort in time ('1/2/20' is its first value), expected numbers,"
            " dates, or text such as '2024-01-31'. Rewrite it so.",
        ),
        (
            SettingError,
            {"how": "stratified"},
            "got the split 'stratified' and no output that is a category, expected one. Use the"
            " split 'random'.",
        ),
    ],
)
def test_refusals(kind: type[UnrolledError], options: dict[str, Any], message: str) -> None:
    assert refused(kind, Table({}, 3), 0.3, frame=FRAME, **options) == message


def test_no_table_to_split_by() -> None:
    assert refused(SettingError, Table({}, 3), 0.3, how="time", by="at") == (
        "there is no column 'at' to split by, expected a table with named columns."
    )


def test_too_few_rows() -> None:
    assert refused(DataError, Table({}, 1), 0.3) == (
        "got 1 row, expected at least two: one to train on and one to hold out."
    )
    assert refused(SettingError, Table({}, 9), 1.5) == (
        "got the share 1.5, expected a number between 0 and 1 to hold out."
    )


def test_labels_too_rare_to_stratify() -> None:
    labels = ["a"] * 5 + ["b"]
    assert refused(DataError, labelled(labels), 0.3, how="stratified", outputs=[Y]) == (
        "the label 'b' of 'y' has a single row, expected at least two for the split 'stratified':"
        " one on each side. Add rows, or use the split 'auto' or 'random'."
    )
    labels = ["a", "a", "b", "b", "c", "c"]
    assert refused(DataError, labelled(labels), 0.2, how="stratified", outputs=[Y]) == (
        "'y' has 3 labels and 1 rows would be on one side, expected at least a row of every label"
        " on each side for the split 'stratified'. Change the share held out, or use the split"
        " 'auto' or 'random'."
    )
