"""A stream over a row predicts what `predict` does for the row so far."""

from __future__ import annotations

import math
import re

import numpy as np
import polars as pl
import pytest
from streamed import QUIET, rows_of_numbers, untrained

from unrolled import Network, Text
from unrolled.errors import DataError, NotFittedError, SettingError
from unrolled.sequences.model import SequenceModel

X = rows_of_numbers()
N = range(len(X))
WORDS = ["a good day", "no", "what a bad bad film", "good, good", "never again", "day by day"] * 2
TOKENS = [text.replace(",", "").split() for text in WORDS]
ONE_WAY = {"units": 6, "bidirectional": False}
NUMBERS = {"x": X, "y": [sum(row) for row in X]}
LABELS = ["low" if sum(row) < 9 else "high" for row in X]


def causal(**settings):
    return Network(**{**ONE_WAY, **settings})


def lists(width):
    return rows_of_numbers(width=width)


CASES = {
    **{
        f"{pooling} {cell}": (NUMBERS, "x", "y", causal(pooling=pooling, cell=cell), {})
        for pooling in ("mean", "max", "last", "attention")
        for cell in ("lstm", "gru", "rnn")
    },
    "last": (NUMBERS, "x", "y", causal(architecture="last"), {}),
    "label of numbers": ({"x": X, "y": LABELS}, "x", "y", causal(linear=False), {}),
    "vectors with gaps": (
        {"x": [[[math.nan, 1], *row] for row in lists(2)], "y": NUMBERS["y"]}, "x", "y", None, {},
    ),
    "gaps": ({"x": [[None, *row] for row in X], "y": NUMBERS["y"]}, "x", "y", None, {}),
    "two columns": ({"x": X, "z": X, "c": TOKENS, "y": NUMBERS["y"]}, ["x", "z"], "y", None, {}),
    "label of words": ({"x": WORDS, "y": LABELS}, {"x": "text:words"}, "y", None, {}),
    "label of words by their characters": (
        {"x": WORDS, "y": LABELS}, {"x": "text:words"}, "y", None, {"text": Text(characters=True)},
    ),
    "label of characters": ({"x": WORDS, "y": LABELS}, {"x": "text:characters"}, "y", None, {}),
    "label of tokens": (
        {"x": TOKENS, "y": LABELS}, {"x": "tokens"}, "y", causal(pooling="attention"), {},
    ),
    "label set": (
        {"x": X, "y": [["a", "b"] if len(row) > 3 else ["c"] for row in X]},
        "x", {"y": "labels"}, None, {},
    ),
    "one-hot label": (
        {"x": X, "y": [[1, 0] if len(row) > 3 else [0, 1] for row in X]},
        "x", {"y": "category"}, causal(linear=False), {},
    ),
    "vector": ({"x": X, "y": [[sum(row), row[0]] for row in X]}, "x", {"y": "vector"}, None, {}),
    "two outputs": (
        {"x": X, "y": LABELS, "z": NUMBERS["y"]}, "x", ["y", "z"], causal(linear=False), {},
    ),
    "values of the row": (
        {
            "x": X, "size": [i / 3 for i in N], "kind": ["a", "b", "c"] * 4, "y": NUMBERS["y"],
            "day": [f"2024-01-{i + 1:02}" for i in N], "place": [[i, -i] for i in N],
        },
        {"x": "numbers", "size": "number", "kind": "category", "day": "date", "place": "vector"},
        "y", None, {},
    ),
    "wide category of the row": (
        {"x": X * 4, "kind": [f"k{i}" for i in range(48)], "y": NUMBERS["y"] * 4},
        {"x": "numbers", "kind": "category"}, "y", None, {},
    ),
    "ensemble": (NUMBERS, "x", "y", None, {"training": QUIET.model_copy(update={"seeds": 2})}),
    "outputs after the row": (
        {"x": X, "y": [[row[0], row[-1], 1.0] for row in X]}, "x", {"y": "numbers"},
        causal(architecture="repeat"), {"shape": "unaligned"},
    ),
}  # fmt: skip
ALIGNED = {
    **{
        f"numbers {cell}": ({"x": X, "y": X}, "x", "y", causal(cell=cell), {"shape": "aligned"})
        for cell in ("lstm", "gru", "rnn")
    },
    "pairs": ({"x": X, "y": lists(2)}, "x", "y", None, {"shape": "aligned"}),
    "tokens": (
        {"x": TOKENS, "y": [[t[0] for t in row] for row in TOKENS]},
        "x", "y", None, {"shape": "aligned"},
    ),
    "row and steps": (
        {"x": X, "y": X, "z": NUMBERS["y"]}, "x", ["y", "z"], None, {"shape": "aligned"},
    ),
}  # fmt: skip
TAGS = [[("B-a", "I-a", "O")[i % 3] for i in range(len(row))] for row in TOKENS]


def names(columns):
    return [columns] if isinstance(columns, str) else list(columns)


def check_prefixes(model, table, inputs, rows, *, at_steps=()):
    """Compare a stream with `predict` of each prefix of some rows.

    Args:
        model: The model.
        table: Its table; the inputs `x` and `z` have steps.
        inputs: Its inputs.
        rows: The rows to compare.
        at_steps: The outputs with a value at each step, of which the last one is compared.
    """
    words = "words" in str(inputs)
    for row in rows:
        stream, cells = model.stream(), {name: table[name][row] for name in names(inputs)}
        many = {name: cells.pop(name) for name in ("x", "z") if name in cells}
        if words:
            many = {name: re.findall(r"\w+|,", text) for name, text in many.items()}
        for step in range(len(many["x"])):
            here = {name: values[step] for name, values in many.items()}
            outputs = stream.step(here if step else {**cells, **here})
            so_far = {name: values[: step + 1] for name, values in many.items()}
            if words:
                so_far = {name: " ".join(values) for name, values in so_far.items()}
            frame = pl.DataFrame({name: [cell] for name, cell in {**cells, **so_far}.items()})
            for name, column in model.predict(frame).to_dict().items():
                value = column.to_list()[0]
                check_equal(outputs[name], value[-1] if name in at_steps else value)
            check_confidence(model, outputs, frame)


def check_confidence(model, outputs, frame):
    """Compare the probability of a label with the highest one of `predict_proba`."""
    sure = [name for name in outputs if name.endswith("-confidence")]
    if not sure or len(model.schema_.outputs) > 1:
        return
    probabilities = [
        cell[-1] if isinstance(cell, list) else cell for cell in model.predict_proba(frame).row(0)
    ]
    if model.schema_.outputs[0].scheme is None:
        assert outputs[sure[0]] == pytest.approx(max(probabilities), abs=1e-6)
    else:
        assert min(abs(outputs[sure[0]] - p) for p in probabilities) < 1e-6


def check_equal(value, expected):
    if isinstance(expected, str | bool) or (
        isinstance(expected, list) and isinstance(expected[0], str)
    ):
        assert value == expected
    else:
        np.testing.assert_allclose(value, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.representatives(7)
@pytest.mark.parametrize("case", CASES)
def test_after_each_step_it_predicts_the_row_so_far(case):
    table, inputs, outputs, network, options = CASES[case]
    model = untrained(table, inputs, outputs, network, **options)
    check_prefixes(model, table, inputs, (4, 5, 9))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.representatives(3)
@pytest.mark.parametrize("case", ALIGNED)
def test_at_each_step_it_has_the_output_of_the_step(case):
    table, inputs, outputs, network, options = ALIGNED[case]
    model = untrained(table, inputs, outputs, network, **options)
    check_prefixes(model, table, inputs, (4, 5), at_steps=("y",))
    stream = model.stream()
    over = [out["y"] for out in stream.over({"x": x} for x in table["x"][4])]
    check_equal(over, model.predict({"x": [table["x"][4]]})["y"][0])


def test_the_tags_so_far_end_as_their_scheme_allows():
    table = {"x": TOKENS, "y": TAGS}
    model = untrained(table, "x", "y", None, shape="aligned")
    assert model.schema_.outputs[0].scheme
    check_prefixes(model, table, "x", (2, 4, 5), at_steps=("y",))


def test_rows_of_one_length_have_the_same_prediction_at_their_end():
    table = {"x": [[1.0, 2.0, i] for i in N], "y": NUMBERS["y"]}
    model = untrained(table, "x:numbers", "y")
    outputs = list(model.stream().over({"x": x} for x in table["x"][3]))
    assert outputs[-1]["y"] == pytest.approx(
        model.predict({"x": [table["x"][3]]})["y"][0], abs=1e-6
    )


SENSORS = pl.DataFrame(
    {
        "machine": [i // 4 for i in range(39)],
        "at": [f"2024-01-01 0{i % 4}:{i % 7:02}:00" for i in range(39)],
        "heat": [math.sin(i) * 9 for i in range(39)],
        "mode": ["on" if i % 3 else "off" for i in range(39)],
        "type": [["big", "small"][i // 4 % 2] for i in range(39)],
        "fails": [i // 4 % 3 == 0 for i in range(39)],
        "alarm": [i % 5 == 0 for i in range(39)],
    }
)


@pytest.mark.parametrize("output", ["fails", "alarm"])
def test_where_rows_are_steps_a_row_is_a_step(output):
    inputs = ["heat", "mode", "type"]
    options = {"id": "machine", "time": "at", "elapsed": True}
    model = untrained(SENSORS, inputs, output, causal(linear=False), **options)
    many = model.streams()
    for step in range(4):
        outputs = many.step({row["machine"]: row for row in SENSORS[step::4].rows(named=True)})
        so_far = SENSORS.filter(pl.int_range(39) % 4 <= step)
        predicted = model.predict(so_far)
        if output == "alarm":
            predicted = so_far.select("machine").hstack(predicted)
        last = predicted.group_by("machine").last().rows_by_key("machine", named=True, unique=True)
        for machine, out in outputs.items():
            assert out[output] == last[machine][output]
            assert 0.4 < out[f"{output}-confidence"] <= 1


def test_a_time_that_is_not_later_is_refused():
    options = {"id": "machine", "time": "at", "elapsed": True}
    stream = untrained(SENSORS, ["heat"], "fails", causal(linear=False), **options).stream()
    stream.step({"heat": 1.0, "at": "2024-01-01 01:00:00"})
    twin = stream.copy()
    with pytest.raises(DataError, match=r"column 'at': the time .* is not later than"):
        stream.step({"heat": 2.0, "at": "2024-01-01 01:00:00"})
    with pytest.raises(DataError, match="column 'at' is missing"):
        stream.step({"heat": 2.0})
    with pytest.raises(DataError, match="column 'at': the time 'noon' cannot be read"):
        stream.step({"heat": 2.0, "at": "noon"})
    later = {"heat": 2.0, "at": "2024-01-02"}
    assert stream.step(later) == twin.step(later)


BAD_STEPS = {
    "nothing": ({}, "column 'x' is missing: the step has no column"),
    "another column": ({"X": 1.0}, "column 'x' is missing: the step has 'X'"),
    "text": ({"x": "warm"}, "column 'x': 'warm' is not a number"),
    "a list": ({"x": [1.0, 2.0]}, r"column 'x': \[1.0, 2.0\] is not a number"),
    "an object": ({"x": {"a": 1}}, "column 'x': {'a': 1} is not a number"),
    "infinity": ({"x": math.inf}, "column 'x': the number is infinite"),
    "many digits": ({"x": 10**30}, "column 'x': the integer 1000.* is too large"),
    "a number alone": (3.1, "3.1 is not a step. Pass a dict"),
    "a list alone": ([3.1], r"\[3.1\] is not a step. Pass a dict"),
    "nothing at all": (None, "None is not a step. Pass a dict"),
}


@pytest.fixture(scope="module")
def sums():
    return untrained(NUMBERS, "x", "y")


@pytest.mark.parametrize("case", BAD_STEPS)
def test_a_bad_step_is_refused_and_changes_nothing(sums, case):
    step, message = BAD_STEPS[case]
    stream = sums.stream()
    stream.step({"x": 1.0})
    twin = stream.copy()
    with pytest.raises(DataError, match=message):
        stream.step(step)
    assert stream.step({"x": 2.0}) == twin.step({"x": 2.0})


def test_words_and_values_of_the_row_are_checked():
    table = {"x": WORDS, "kind": ["a", "b", "c"] * 4, "y": LABELS}
    kinds = {"x": "text:words", "kind": "category"}
    stream = untrained(table, kinds, "y").stream()
    with pytest.raises(DataError, match="column 'kind' is missing"):
        stream.step({"x": "good"})
    first = stream.step({"x": "good", "kind": "a"})
    assert stream.copy().step({"x": "day"}) == stream.copy().step({"x": "day", "kind": "a"})
    assert stream.copy().step({"x": "unheard"})["y"] in ("low", "high")
    for step, message in {
        "two words": "column 'x': a step is one word, and 'two words' has 2",
        "": "column 'x': a step is one word",
        None: "column 'x': the value of this step is missing",
    }.items():
        with pytest.raises(DataError, match=message):
            stream.step({"x": step})
    with pytest.raises(DataError, match="column 'kind': it has one value for the whole row"):
        stream.step({"x": "day", "kind": "b"})
    stream.reset()
    assert stream.step({"x": "good", "kind": "a"}) == first


def test_a_copy_goes_its_own_way_and_a_reset_begins_anew(sums):
    stream = sums.stream()
    first = stream.step({"x": 1.0})
    fork = stream.copy()
    assert stream.step({"x": 5.0}) != fork.step({"x": -5.0})
    fork.reset()
    assert fork.step({"x": 1.0}) == first


def test_other_numbers_mean_the_same(sums):
    outputs = [sums.stream().step({"x": x})["y"] for x in (2, 2.0, "2", np.float32(2), np.int64(2))]
    assert len(set(outputs)) == 1
    assert sums.stream().step({"x": None}) == sums.stream().step({"x": math.nan})


BOTH_WAYS = Network(units=6, bidirectional=True)
REFUSED = {
    "no steps": (
        {"x": list(map(float, N)), "y": NUMBERS["y"]},
        "x",
        "y",
        Network(),
        "auto",
        "no input steps",
    ),
    "both directions": (NUMBERS, "x", "y", BOTH_WAYS, "auto", "--one-way"),
    "subwords": ({"x": WORDS, "y": LABELS}, "x:subwords", "y", None, "auto", "x:words"),
    "decoder": (
        {"x": WORDS, "y": WORDS},
        "x:words",
        "y:words",
        causal(),
        "unaligned",
        "is a decoder",
    ),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", REFUSED)
def test_a_model_that_cannot_be_streamed_says_why(case):
    table, inputs, outputs, network, shape, message = REFUSED[case]
    model = untrained(table, inputs, outputs, network, shape=shape)
    with pytest.raises(SettingError, match=message):
        model.stream()
    with pytest.raises(SettingError, match=message):
        model.streams()


def test_a_model_must_be_fitted():
    with pytest.raises(NotFittedError):
        SequenceModel("x", "y").stream()
