"""Input sequences with numbers of steps of their own are told apart, and mistakes are named."""

from typing import Any

import numpy as np
import pytest

from unrolled.data.formats.read import read
from unrolled.data.infer.columns import infer_table
from unrolled.data.infer.infer_schema import infer_schema
from unrolled.errors import DataError, SettingError, ShapeError
from unrolled.schema import Schema

N = 20
DATA: dict[str, Any] = {
    "question": [["q"] * (i % 4 + 1) for i in range(N)],
    "passage": [["p"] * (i % 7 + 3) for i in range(N)],
    "pos": [["x"] * (i % 7 + 3) for i in range(N)],
    "tags": [["t"] * (i % 7 + 3) for i in range(N)],
    "other": [["t"] * (i % 5 + 1) for i in range(N)],
    "text": ["some words " + "more " * (i % 3) for i in range(N)],
    "fixed": [[1.0, 2.0]] * N,
    "label": ["a", "b"] * (N // 2),
    "price": np.arange(N) / 2,
}


def schema_of(inputs: list[str], output: str, **options: Any) -> Schema:
    stated = {"text": "subwords", "fixed": "numbers"}
    stated = {name: kind for name, kind in stated.items() if name in inputs}
    table, into, out = infer_table(read(DATA), inputs, [output], stated=stated)
    return infer_schema(table, into, out, **options)


def test_inputs_are_grouped_by_their_numbers_of_steps() -> None:
    schema = schema_of(["question", "passage", "price", "pos"], "label")
    assert schema.shape == "many-to-one"
    assert schema.length_groups == (("question",), ("passage", "pos"))
    assert [[c.name for c in group] for group in schema.input_groups] == [
        ["question"],
        ["passage", "pos"],
    ]
    assert schema.reason.endswith(
        " The inputs `question`, `passage` each have a number of steps of their own (row 1: 1 and"
        " 3), so each is read by recurrent layers of its own."
    )


def test_one_group_is_no_group() -> None:
    schema = schema_of(["passage", "pos", "price"], "label")
    assert schema.length_groups == ()
    assert "of its own" not in schema.reason
    assert "length_groups" not in schema.to_dict()


def test_aligned_outputs_follow_the_input_of_their_length() -> None:
    schema = schema_of(["question", "passage"], "tags")
    assert schema.shape == "aligned"
    assert schema.length_groups == (("passage",), ("question",))
    assert schema.reason.endswith(" The outputs follow `passage`, step by step.")


def test_outputs_that_follow_no_input_are_unaligned() -> None:
    schema = schema_of(["question", "passage"], "other")
    assert schema.shape == "unaligned"
    assert schema.length_groups == (("question",), ("passage",))
    with pytest.raises(ShapeError, match="needs as many steps out as in, in every row"):
        schema_of(["question", "passage"], "other", shape="aligned")


def test_subwords_are_a_group_of_their_own() -> None:
    schema = schema_of(["text", "passage"], "label")
    assert schema.length_groups == (("text",), ("passage",))
    assert "(row 1:" not in schema.reason


def test_numbers_of_steps_are_open_as_soon_as_one_is() -> None:
    assert schema_of(["fixed", "passage"], "label").steps_in is None
    assert schema_of(["fixed"], "label").steps_in == 2


@pytest.mark.parametrize("wrong", [1, 2])
def test_a_few_rows_that_differ_are_a_mistake(wrong: int) -> None:
    rows = [list(row) for row in DATA["pos"]]
    for row in rows[3 : 3 + wrong]:
        row.append("x")
    table, into, out = infer_table(read({**DATA, "pos": rows}), ["passage", "pos"], ["label"])
    with pytest.raises(DataError) as caught:
        infer_schema(table, into, out)
    assert str(caught.value) == (
        "row 4: 'passage' (tokens) has 6 steps and 'pos' (tokens) has 7, but both have the same"
        f" number of steps in {N - wrong} of {N} rows. Correct the row, or leave one of the columns"
        " out."
    )


def test_sequences_that_agree_by_chance_are_no_mistake() -> None:
    three = {
        "date": [["y", "m", "d"]] * N,
        "tags": [["a"] * (4 if i == 7 else 3) for i in range(N)],
    }
    table, into, out = infer_table(read({**DATA, **three}), ["date", "tags"], ["label"])
    assert infer_schema(table, into, out).length_groups == (("date",), ("tags",))


def test_a_saved_schema_has_only_groups_of_its_inputs() -> None:
    saved = schema_of(["question", "passage"], "label").to_dict()
    assert Schema.from_dict(saved).length_groups == (("question",), ("passage",))
    for groups in (
        [["question"]],
        [["question"], ["passage", "pos"]],
        [["question", "passage"], []],
    ):
        with pytest.raises(SettingError, match="length_groups names"):
            Schema.from_dict({**saved, "length_groups": groups})
