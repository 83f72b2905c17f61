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


def refusal(kind: type[UnrolledError], *args: Any, **options: Any) -> str:
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
    train, held_out = split(table, share, how=how, seed=seed, outputs=[Y])
    assert sorted([*train, *held_out]) == list(range(len(labels)))
    assert len(train) > 0
    assert len(held_out) > 0
    again = split(table, share, how=how, seed=seed, outputs=[Y])
    assert np.array_equal(held_out, again[1])


@given(st.lists(st.integers(0, 5), min_size=2, max_size=40), st.floats(0.01, 0.99))
def test_a_group_is_never_on_both_sides(groups: list[int], share: float) -> None:
    frame = pl.DataFrame({"g": groups})
    if len(set(groups)) < 2:
        return
    train, held_out = split(Table({}, len(groups)), share, how="group", by="g", frame=frame)
    assert sorted([*train, *held_out]) == list(range(len(groups)))
    assert not {groups[i] for i in train} & {groups[i] for i in held_out}
    assert len(train) > 0
    assert len(held_out) > 0


def test_labels_keep_their_shares() -> None:
    labels = ["a"] * 80 + ["b"] * 20
    for how in ("auto", "stratified"):
        _, held_out = split(labelled(labels), 0.2, how=how, outputs=[Y])  # type: ignore[arg-type]
        assert Counter(labels[i] for i in held_out) == {"a": 16, "b": 4}


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
    train, held_out = split(Table({}, 4), 0.5, how="time", by="at", frame=frame)
    assert (train.tolist(), held_out.tolist()) == ([1, 3], [0, 2])


FRAME = pl.DataFrame({"g": [1, 1, 1], "at": ["1/2/20", "x", "y"], "gap": [1, None, 2]})


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        (
            SettingError,
            {"how": "group", "by": "gg"},
            "there is no column 'gg' to split by. The columns are 'g', 'at', 'gap'. Did you"
            " mean 'g'?",
        ),
        (
            SettingError,
            {"how": "group"},
            "the split 'group' needs a column to split by. Name it.",
        ),
        (
            SettingError,
            {"how": "random", "by": "g"},
            "the split 'random' uses no column, but the column 'g' was given to split by. Use"
            " the split 'group' or 'time', or leave the column out.",
        ),
        (
            DataError,
            {"how": "group", "by": "g"},
            "column 'g' has 1 group, but at least two are needed to hold one out. Choose"
            " another column, or the split 'random'.",
        ),
        (
            DataError,
            {"how": "time", "by": "gap"},
            "column 'gap', row 2: the value to split by is missing. Fill it, or leave the row out.",
        ),
        (
            DataError,
            {"how": "time", "by": "at"},
            "column 'at' cannot be sorted by time: its first value is '1/2/20'. Write it as"
            " numbers, dates, or text such as '2024-01-31'.",
        ),
        (
            SettingError,
            {"how": "stratified"},
            "the split 'stratified' needs an output that is a category, and there is none. Use"
            " the split 'random'.",
        ),
    ],
)
def test_refusals(kind: type[UnrolledError], options: dict[str, Any], message: str) -> None:
    assert refusal(kind, Table({}, 3), 0.3, frame=FRAME, **options) == message


def test_no_table_to_split_by() -> None:
    assert refusal(SettingError, Table({}, 3), 0.3, how="time", by="at") == (
        "there is no column 'at' to split by. The data has no names."
    )


def test_too_few_rows() -> None:
    assert refusal(DataError, Table({}, 1), 0.3) == (
        "the data has 1 row. A split needs at least two: one to train on and one to hold out."
    )
    assert refusal(SettingError, Table({}, 9), 1.5) == (
        "the fraction of held-out rows is 1.5. Give one between 0 and 1."
    )


def test_labels_too_rare_to_stratify() -> None:
    labels = ["a"] * 5 + ["b"]
    assert refusal(DataError, labelled(labels), 0.3, how="stratified", outputs=[Y]) == (
        "column 'y': only one row has the label 'b', but the split 'stratified' needs at least"
        " one on each side. Add rows, or use the split 'auto' or 'random'."
    )
    labels = ["a", "a", "b", "b", "c", "c"]
    assert refusal(DataError, labelled(labels), 0.2, how="stratified", outputs=[Y]) == (
        "column 'y' has 3 labels, but one side of the split would have only 1 rows. The split"
        " 'stratified' needs a row of every label on each side. Change the fraction of"
        " held-out rows, or use the split 'auto' or 'random'."
    )
