from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from unrolled.data.formats.read import read
from unrolled.data.infer.columns import infer_table
from unrolled.data.infer.infer_schema import infer_schema
from unrolled.data.tables.known import drop_unknown_rows
from unrolled.errors import DataError, SettingError, ShapeError, UnrolledError
from unrolled.schema import Schema


def schema_of(
    data: Mapping[str, Any],
    inputs: list[str],
    outputs: list[str],
    *,
    shape: str = "auto",
    stated: dict[str, str] | None = None,
) -> Schema:
    frame = read(data)
    table, into, out = infer_table(frame, inputs, outputs, stated=stated)
    kept, _ = drop_unknown_rows(table, out, complete=True)
    return infer_schema(kept, into, out, shape=shape)


def refusal(kind: type[UnrolledError], *args: Any, **options: Any) -> str:
    with pytest.raises(kind) as caught:
        schema_of(*args, **options)
    return str(caught.value)


N = 12
HOURS = np.arange(N * 24.0).reshape(N, 24)
DATA: dict[str, Any] = {
    "temp": np.arange(N) / 2,
    "day": ["mon", "sun"] * 6,
    "hours": HOURS,
    "rides": HOURS + 1,
    "weather": HOURS[:, :, None] * np.ones(3),
    "total": np.arange(N) / 4,
    "words": [["a"] * (i + 1) for i in range(N)],
    "tags": [["x"] * (i + 1) for i in range(N)],
    "other": [["y"] * (2 if i == 4 else i + 1) for i in range(N)],
    "said": ["to be or not"] * 6 + ["to be"] * 6,
}


@pytest.mark.parametrize(
    ("inputs", "outputs", "stated", "shape", "reason"),
    [
        (
            ["temp", "day"],
            ["total"],
            {},
            "one-to-one",
            "`temp` is one number, `day` is one label and `total` is one number, so one-to-one: one"
            " box up. It would be many-to-one with a list of numbers in each row of `temp`, and"
            " one-to-many with a list of numbers in each row of `total`.",
        ),
        (
            ["temp"],
            ["hours"],
            {"hours": "numbers"},
            "one-to-many",
            "`temp` is one number and `hours` is a sequence of 24 steps, so one-to-many: one"
            " in, a row out. It would be unaligned or aligned with a list of numbers in each"
            " row of `temp`, and one-to-one with `hours:vector` stated.",
        ),
        (
            ["hours", "temp", "day"],
            ["total"],
            {"hours": "numbers"},
            "many-to-one",
            "`hours` is a sequence of 24 steps, `temp` is one number, 1 more column and"
            " `total` is one number, so many-to-one: a row in, one out. It would be one-to-one"
            " with `hours:vector` stated, and unaligned or aligned with a list of numbers in"
            " each row of `total`.",
        ),
        (
            ["weather"],
            ["rides"],
            {"rides": "numbers"},
            "aligned",
            "`weather` is a sequence of 24 steps of 3 numbers each and `rides` is a sequence"
            " of 24 steps, of the same length in every row, so aligned: row over row, same length."
            " State shape='unaligned' if the steps do not belong together one by one.",
        ),
        (
            ["words"],
            ["tags"],
            {},
            "aligned",
            "`words` is a sequence of steps and `tags` is a sequence of steps, of the same"
            " length in every row, so aligned: row over row, same length. State"
            " shape='unaligned' if the steps do not belong together one by one.",
        ),
        (
            ["words"],
            ["other"],
            {},
            "unaligned",
            "`words` is a sequence of steps and `other` is a sequence of steps, so unaligned:"
            " a row in, another row out. It would be aligned if every row had as many steps"
            " out as in; row 5 has 5 in and 2 out.",
        ),
        (
            ["said"],
            ["tags"],
            {"said": "subwords"},
            "unaligned",
            "`said` is text read as subwords and `tags` is a sequence of steps, so unaligned:"
            " a row in, another row out. It would be aligned if every row had as many steps"
            " out as in, which subwords cannot promise; state words or characters.",
        ),
    ],
)
def test_shape_and_reason(
    inputs: list[str], outputs: list[str], stated: dict[str, str], shape: str, reason: str
) -> None:
    result = schema_of(DATA, inputs, outputs, stated=stated)
    assert result.shape == shape
    assert result.reason == reason
    assert Schema.model_validate_json(result.model_dump_json()) == result


@pytest.mark.parametrize(
    ("inputs", "change"),
    [
        (["day", "comment", "city"], "`comment:text` stated"),
        (["day", "city"], "`city:text` stated"),
        (["temp", "comment"], "`comment:text` stated"),
        (["temp", "city"], "a list of numbers in each row of `temp`"),
    ],
)
def test_the_label_most_like_text_is_the_one_to_state(inputs: list[str], change: str) -> None:
    data = {**DATA, "comment": ["all good", "too slow"] * 6, "city": ["Rome", "Oslo", "Bern"] * 4}
    stated = {name: "category" for name in inputs if name != "temp"}
    result = schema_of(data, inputs, ["total"], stated=stated)
    assert f"It would be many-to-one with {change}, and" in result.reason


def test_a_vector_is_one_set_of_values_and_says_how_to_read_it_as_steps() -> None:
    result = schema_of(DATA, ["hours"], ["total"])
    assert result.shape == "one-to-one"
    assert "`hours` is a list of 24 numbers" in result.reason
    assert "many-to-one with `hours:numbers` stated" in result.reason


def test_steps_of_text_are_counted_before_anything_is_fitted() -> None:
    letters = {"x": ["ab", "abc", ""], "y": [["A", "B"], ["A", "B", "C"], ["Z"]]}
    assert schema_of(letters, ["x"], ["y"], stated={"x": "characters"}).shape == "aligned"


def test_forced_shapes() -> None:
    as_steps = {"weather": "numbers", "rides": "numbers"}
    result = schema_of(DATA, ["weather"], ["rides"], stated=as_steps, shape="unaligned")
    assert result.shape == "unaligned"
    assert result.reason == (
        "`weather` is a sequence of 24 steps of 3 numbers each and `rides` is a sequence of 24"
        " steps; unaligned was asked for: a row in, another row out."
    )
    assert schema_of(DATA, ["words"], ["tags"], shape="many-to-many").shape == "aligned"
    assert schema_of(DATA, ["words"], ["other"], shape="many-to-many").shape == "unaligned"


def test_forced_shapes_that_contradict_the_sides() -> None:
    assert refusal(ShapeError, DATA, ["hours"], ["total"], shape="many-to-one") == (
        "the shape 'many-to-one' (b t f -> b o) does not fit the data, which is one-to-one (b"
        " f -> b o): `hours` is a list of 24 numbers, and `total` is one number. Leave the"
        " shape to 'auto', or state 'hours:numbers' (an array: add a last axis)."
    )
    assert refusal(ShapeError, DATA, ["words"], ["other"], shape="aligned") == (
        "the shape 'aligned' needs as many steps out as in, in every row, but row 5 has 5"
        " steps in and 2 out. Correct that row, or use shape='unaligned'."
    )
    message = refusal(
        ShapeError, DATA, ["said"], ["tags"], shape="aligned", stated={"said": "subwords"}
    )
    assert "subwords have no fixed number of steps" in message
    assert refusal(SettingError, DATA, ["temp"], ["total"], shape="many-to-few").startswith(
        "There is no shape 'many-to-few'. The shapes are one-to-one,"
    )


def test_sequences_of_one_side_agree_in_every_row() -> None:
    assert refusal(DataError, DATA, ["words", "other"], ["total"]) == (
        "row 5: 'words' (tokens) has 5 steps and 'other' (tokens) has 2, but both have the same"
        " number of steps in 11 of 12 rows. Correct the row, or leave one of the columns out."
    )
    assert refusal(DataError, DATA, ["temp"], ["said", "words"], stated={"said": "subwords"}) == (
        "column 'said' is read as subwords beside other sequences, but its steps must match"
        " theirs. State 'said:words' or 'said:characters'."
    )


@pytest.mark.parametrize(
    ("outputs", "message"),
    [
        (
            ["said", "city"],
            "row 1: 'said' (text:words) has 4 steps and 'city' (text:characters) has 6. All"
            " sequences of one side must have the same number of steps in a row. Join texts"
            " into one column, state a label as 'city:category', or leave one of them out.",
        ),
        (
            ["said", "head"],
            "row 1: 'said' (text:words) has 4 steps and 'head' (text:words) has 2. All"
            " sequences of one side must have the same number of steps in a row. Join texts"
            " into one column, state a label as 'head:category', or leave one of them out.",
        ),
        (
            ["city", "words"],
            "row 1: 'city' (text:characters) has 6 steps and 'words' (tokens) has 1. All"
            " sequences of one side must have the same number of steps in a row. State a label"
            " as 'city:category', or leave one of them out.",
        ),
    ],
)
def test_texts_that_come_out_agree_too(outputs: list[str], message: str) -> None:
    stated = {"said": "words", "city": "characters", "head": "words"}
    stated = {name: kind for name, kind in stated.items() if name in outputs}
    data = {**DATA, "city": ["Lisbon", "Rome"] * 6, "head": ["a question"] * N}
    assert refusal(DataError, data, ["temp"], outputs, stated=stated) == message


def test_outputs_of_both_sides() -> None:
    assert refusal(ShapeError, DATA, ["temp"], ["tags", "total"]) == (
        "the output 'tags' (tokens) is a sequence and the output 'total' (number) is a single"
        " value. One model can predict both only if the sequence has as many steps as the"
        " input in every row. Train a model for each."
    )


def test_steps_and_a_label_of_the_row_come_out_together() -> None:
    result = schema_of(DATA, ["words"], ["day", "tags", "total"])
    assert result.shape == "aligned"
    assert result.reason == (
        "`words` is a sequence of steps and `tags` is a sequence of steps, of the same length"
        " in every row, so aligned: row over row, same length. `day` is one label, `total` is"
        " one number for the whole row beside it."
    )


@pytest.mark.parametrize(
    ("third", "scheme", "why"),
    [
        (["x", "x", "x"], None, "lists of strings"),
        (["O", "B-a", "I-a"], "BIO", "lists of strings, BIO tags of 1 type"),
        (
            ["O", "I-b", "O"],
            "BIO",
            "lists of strings, BIO tags of 2 types (1 of 12 rows violates BIO: row 3)",
        ),
    ],
)
def test_tags_that_mark_spans(third: list[str], scheme: str | None, why: str) -> None:
    rows = [["B-a", *["I-a"] * i] for i in range(N)]
    rows[2] = third
    (column,) = schema_of({**DATA, "tags": rows}, ["words"], ["tags"]).outputs
    assert (column.scheme, column.why) == (scheme, why)


def test_the_first_of_many_odd_rows_is_named() -> None:
    rows = [["B-a", *["I-a"] * i] for i in range(N)]
    rows[4][2] = rows[6][3] = "I-b"
    (column,) = schema_of({**DATA, "tags": rows}, ["words"], ["tags"]).outputs
    assert column.why.endswith("(2 of 12 rows violate BIO, row 5 first)")


def test_tags_of_a_length_of_their_own_mark_nothing_in_the_input() -> None:
    tags = [["B-x"] * (i + 2) for i in range(N)]
    (column,) = schema_of({**DATA, "tags": tags}, ["words"], ["tags"]).outputs
    assert column.scheme is None


@pytest.mark.parametrize(
    ("kind", "inputs", "outputs", "stated", "message"),
    [
        (
            DataError,
            ["temp", "totl"],
            ["day"],
            {},
            "there is no column 'totl' to use as input. The columns are 'temp', 'day',"
            " 'hours', 'rides', 'weather', 'total', 'words', 'tags' and 2 more. Did you mean"
            " 'total'?",
        ),
        (
            DataError,
            ["temp", "total"],
            ["total"],
            {},
            "column 'total' is named as an input and as an output. Remove it from the inputs,"
            " or the model would be given its answer.",
        ),
        (
            DataError,
            ["temp", "temp"],
            ["total"],
            {},
            "column 'temp' is named twice as input. Name it once.",
        ),
        (
            DataError,
            ["temp"],
            [],
            {},
            "no output column is named. Name at least one of 'temp', 'day', 'hours', 'rides',"
            " 'weather', 'total', 'words', 'tags' and 2 more.",
        ),
        (
            SettingError,
            ["temp:nummer"],
            ["total"],
            {},
            "There is no kind 'nummer', which is stated for column 'temp'. The kinds are number,"
            " category, labels, date, vector, numbers, tokens, text, text:characters, text:words,"
            " text:subwords. Did you mean 'number'?",
        ),
        (
            SettingError,
            ["temp"],
            ["total"],
            {"tmp": "number"},
            "a kind is stated for column 'tmp', which is no input and no output. These are"
            " 'temp', 'total'. Did you mean 'temp'?",
        ),
    ],
)
def test_names_that_cannot_be(
    kind: type[UnrolledError],
    inputs: list[str],
    outputs: list[str],
    stated: dict[str, str],
    message: str,
) -> None:
    assert refusal(kind, DATA, inputs, outputs, stated=stated) == message
