"""What an error or a reason advises is done here, and leads to rows that can be trained on."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

import numpy as np
import polars as pl
import pytest

from unrolled.data.encoders.table_encoder import TableEncoder
from unrolled.data.formats.read import read
from unrolled.data.infer.infer_schema import infer_schema
from unrolled.data.ingest import ingest
from unrolled.errors import UnrolledError
from unrolled.schema import Schema
from unrolled.sequences.preparation import hold_out
from unrolled.settings import Training

ROWS = 24
NUMBER = [i / 2 for i in range(ROWS)]
LABEL = ["u", "v"] * (ROWS // 2)
CURVE = [[float(i), float(i % 3), 1.0] for i in range(ROWS)]
RAGGED = [[1.0] * (1 + i % 3) for i in range(ROWS)]
WORDS = [["to", "be", "or"][: 1 + i % 3] for i in range(ROWS)]
TAGS = [["A", "B"][: 1 + i % 2] for i in range(ROWS)]
SENTENCES = [f"the {i} rooms were clean" for i in range(ROWS)]
NAMES = [f"name{i}x" for i in range(ROWS)]
DAYS = [date(2024, 1, 1) + timedelta(days=i) for i in range(ROWS)]
CODES = [str(10**19 + i) for i in range(ROWS)]
MIXED = ["n/a", *map(str, range(1, ROWS))]


@dataclass(frozen=True)
class Bad:
    """A table that is refused.

    Attributes:
        x: The cells of the input.
        y: Those of the output.
        advice: What the error must say, such as `x:category`.
        shape: The shape that is asked for.
        x_kind: The kind that is stated for the input, if one is.
        y_kind: The same for the output.
        follow: What is done instead of stating `x:kind` or `y:kind`, if it is something else.
    """

    x: Any
    y: Any
    advice: str
    shape: str = "auto"
    x_kind: str | None = None
    y_kind: str | None = None
    follow: Mapping[str, Any] | None = None


BAD = {
    "numbers and text, as labels": Bad(MIXED, LABEL, "x:category"),
    "numbers and text, as text": Bad(MIXED, LABEL, "x:text"),
    "text that is no number, as labels": Bad(MIXED, LABEL, "x:category", x_kind="number"),
    "text that is no number, as text": Bad(MIXED, LABEL, "x:text", x_kind="number"),
    "identifiers": Bad(CODES, LABEL, "x:category"),
    "identifiers as numbers": Bad(
        pl.Series([10**19 + i for i in range(ROWS)], dtype=pl.Int128),
        LABEL,
        "x:category",
        x_kind="number",
    ),
    "quantities in quotes": Bad([f"{n}" for n in NUMBER], LABEL, "x:number"),
    "codes in quotes": Bad([f"{n}" for n in NUMBER], LABEL, "x:category"),
    "times of day": Bad([time(i) for i in range(ROWS)], LABEL, "x:category"),
    "times of day that come out": Bad(NUMBER, [time(i % 4) for i in range(ROWS)], "y:category"),
    "durations": Bad([timedelta(i) for i in range(ROWS)], LABEL, "x:category"),
    "dates that come out": Bad(NAMES, DAYS, "y:characters", y_kind="date"),
    "no date": Bad(["soon", *map(str, DAYS[1:])], LABEL, "x:text", x_kind="date"),
    "no list of numbers, as tokens": Bad(SENTENCES, LABEL, "x:tokens", x_kind="numbers"),
    "no list of numbers, as text": Bad(SENTENCES, LABEL, "x:text", x_kind="numbers"),
    "one number in place of a list": Bad(NUMBER, LABEL, "x:number", x_kind="numbers"),
    "a vector of other lengths": Bad(RAGGED, LABEL, "x:numbers", x_kind="vector"),
    "a shape for labels": Bad(LABEL, NUMBER, "x:text", "many-to-one"),
    "a shape for vectors": Bad(CURVE, NUMBER, "x:numbers", "many-to-one"),
    "a shape for dates": Bad(DAYS, NUMBER, "x:text", "many-to-one"),
    "a shape for curves": Bad(CURVE, LABEL, "x:vector", "one-to-one", x_kind="numbers"),
    "a shape for text": Bad(SENTENCES, NUMBER, "x:category", "one-to-one"),
    "a shape for names that come out": Bad(LABEL, NAMES, "y:category", "one-to-one"),
    "a shape for spaced tokens": Bad(SENTENCES, LABEL, "x:category", "one-to-one", x_kind="tokens"),
    "a shape for lists of tokens": Bad(
        WORDS, LABEL, "one label in each row", "one-to-one", follow={"x": LABEL}
    ),
    "a shape for ragged curves": Bad(
        RAGGED,
        LABEL,
        "as many numbers in each row as in the others, and state 'x:vector'",
        "one-to-one",
        follow={"x": CURVE, "x_kind": "vector"},
    ),
    "a shape for numbers": Bad(
        NUMBER, LABEL, "a list of numbers in each row", "many-to-one", follow={"x": RAGGED}
    ),
    "steps that do not belong together": Bad(
        WORDS, TAGS, "shape='unaligned'", "aligned", follow={"shape": "unaligned"}
    ),
    "subwords that have no number of steps": Bad(
        NAMES, TAGS, "shape='unaligned'", "aligned", "subwords", follow={"shape": "unaligned"}
    ),
    "any shape": Bad(LABEL, NUMBER, "'auto'", "many-to-one", follow={"shape": "auto"}),
}


def prepare(
    x: Any, y: Any, shape: str = "auto", x_kind: str | None = None, y_kind: str | None = None
) -> Schema:
    """Take a table to where training begins, and return its schema."""
    source = ingest(read({"x": x, "y": y}), None, {"x": x_kind}, {"y": y_kind})
    schema = infer_schema(source.table, source.inputs, source.outputs, shape=shape)
    rest, _ = hold_out(source, 0.2, Training())
    encoder = TableEncoder.fit(schema, rest.table)
    assert encoder.encode(rest.table, targets=True).rows == rest.table.rows
    return schema


def facts(bad: Bad) -> dict[str, Any]:
    return {name: getattr(bad, name) for name in ("x", "y", "shape", "x_kind", "y_kind")}


@pytest.mark.parametrize("case", BAD)
def test_the_advice_of_an_error_works(case: str) -> None:
    bad = BAD[case]
    with pytest.raises(UnrolledError) as caught:
        prepare(**facts(bad))
    assert bad.advice in str(caught.value)
    follow = bad.follow
    if follow is None:
        side, _, kind = bad.advice.partition(":")
        follow = {f"{side}_kind": kind}
    schema = prepare(**(facts(bad) | dict(follow)))
    assert (
        bad.shape in ("auto", schema.shape)
        or follow == {"shape": schema.shape}
        or ("shape" in follow)
    )


@pytest.mark.parametrize("case", BAD)
def test_every_kind_that_an_error_advises_is_followed(case: str) -> None:
    """So that no second piece of advice of the same sentence is left untried."""
    bad = BAD[case]
    with pytest.raises(UnrolledError) as caught:
        prepare(**facts(bad))
    for side, kind in re.findall(r"'([xy]):(\w+)'", str(caught.value)):
        if bad.follow is None:
            prepare(**(facts(bad) | {f"{side}_kind": kind}))


CHANGES: dict[str, tuple[Any, Any]] = {
    "labels": (LABEL, NUMBER),
    "vectors": (CURVE, NUMBER),
    "dates": (DAYS, NUMBER),
    "sentences": (SENTENCES, LABEL),
    "names": (NAMES, LABEL),
    "labels to names": (LABEL, NAMES),
    "names to names": (NAMES, NAMES[::-1]),
    "tokens": (WORDS, TAGS),
    "numbers to dates": (NUMBER, DAYS),
    "a multi-hot output": (NUMBER, [[i % 2, 1, i % 3 % 2] for i in range(ROWS)]),
    "a one-hot output": (NUMBER, [[i % 2, 1 - i % 2] for i in range(ROWS)]),
}


@pytest.mark.parametrize("case", CHANGES)
def test_the_other_shapes_of_a_reason_are_reached_as_it_says(case: str) -> None:
    x, y = CHANGES[case]
    reason = prepare(x, y).reason
    pattern = r"(one-to-one|one-to-many|many-to-one|unaligned)(?: or aligned)? with `([xy]):(\w+)`"
    for shape, side, kind in re.findall(pattern, reason):
        result = prepare(x, y, **{f"{side}_kind": kind})
        assert result.shape == shape or (shape, result.shape) == ("unaligned", "aligned")


def refused(call: Callable[[], Any]) -> str:
    with pytest.raises(UnrolledError) as caught:
        call()
    return str(caught.value)


def test_the_split_that_an_error_advises_works() -> None:
    rare = [*LABEL[:-1], "w"]
    source = ingest(read({"x": NUMBER, "y": rare}), None, ["x"], ["y"])
    message = refused(lambda: hold_out(source, 0.2, Training(split="stratified")))
    for split in re.findall(r"'(auto|random)'", message):
        assert hold_out(source, 0.2, Training(split=split))[1].table.rows
    numbers = ingest(read({"x": LABEL, "y": NUMBER}), None, ["x"], ["y"])
    message = refused(lambda: hold_out(numbers, 0.2, Training(split="stratified")))
    assert "'random'" in message
    assert hold_out(numbers, 0.2, Training(split="random"))[1].table.rows


def test_the_columns_that_an_error_advises_to_name_are_read(tmp_path: Any) -> None:
    path = tmp_path / "list.tsv"
    path.write_text("".join(f"{n}\t{i}\n" for i, n in enumerate(NAMES)))
    frame = read(path)
    message = refused(lambda: ingest(frame, None, ["word"], ["number"]))
    assert "columns" in message
    named = read(path, columns=["word", "number"])
    assert ingest(named, None, ["word"], ["number"]).table.rows == ROWS


def test_the_date_formats_that_an_error_advises_are_read(tmp_path: Any) -> None:
    path = tmp_path / "a.csv"
    rows = [f"{1 + i % 9}/{1 + i // 9}/2024,{i}" for i in range(ROWS)]
    path.write_text("\n".join(["x,y", *rows]))
    message = refused(lambda: ingest(path, None, {"x": "date"}, ["y"]))
    forms = re.findall(r"--date-format '([^']+)'", message)
    assert forms == ["%d/%m/%Y", "%m/%d/%Y"]
    for form in forms:
        source = ingest(read(path, date_format=form), None, ["x"], ["y"])
        assert source.inputs[0].kind == "date"


def test_a_sparse_matrix_is_taken_as_an_error_says() -> None:
    from scipy.sparse import csr_matrix

    X = csr_matrix(np.eye(ROWS))
    message = refused(lambda: ingest(X, NUMBER, None, None))
    assert "X.toarray()" in message
    assert ingest(X.toarray(), NUMBER, None, None).table.rows == ROWS
