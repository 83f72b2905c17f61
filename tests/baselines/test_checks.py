"""References are held to what their columns imply: those that were fitted pass, others do not."""

import dataclasses

import numpy as np
import pytest

from unrolled import baselines
from unrolled.baselines.checks import BaselineChecks
from unrolled.data.block import RaggedColumn
from unrolled.data.encoders.table_encoder import TableEncoder
from unrolled.data.infer import infer_schema
from unrolled.data.ingest import ingest
from unrolled.errors import DataError

WORDS = ["ab", "b", "abba", "ba", "bab", "aa"] * 6
TABLE = {
    "word": WORDS,
    "said": [" ".join(word.upper() * 2) for word in WORDS],
    "kind": [word[0] for word in WORDS],
    "size": [float(len(word)) for word in WORDS],
    "steps": [[float(ord(c)) for c in word] for word in WORDS],
    "pairs": [[[float(ord(c)), 1.0] for c in word] for word in WORDS],
    "next": [[float(k), k + 1.0] for k in range(36)],
    "same": [[float(k), k + 2.0, k * 0.5] for k in range(36)],
    "again": [list(word * 2) for word in WORDS],
    "even": [[float(k), 1.0, 2.0] for k in range(36)],
    "wide": [f"c{k}" for k in range(36)],
    "tags": [list(word.upper()) for word in WORDS],
}
SCHEMAS = {
    "a number and a label": (["size", "kind"], ["wide:category"]),
    "text to a label": (["word:characters", "size"], ["kind"]),
    "steps to a number": (["steps"], ["size"]),
    "even steps to a number and a label": (["same:numbers", "kind"], ["size", "word:category"]),
    "a number to even steps": (["size"], ["next:numbers"]),
    "steps to even steps": (["same:numbers", "kind"], ["next:numbers"]),
    "aligned tags": (["word:characters"], ["tags"]),
    "aligned numbers": (["pairs"], ["steps"]),
    "aligned, even, and a label": (["same:numbers"], ["even:numbers", "kind"]),
    "text to tokens": (["word:characters", "kind", "size"], ["said:tokens"]),
    "a wide label to tokens": (["wide:category"], ["said:tokens"]),
    "numbers to tokens": (["steps"], ["said:tokens"]),
    "a label to tokens, twice": (["kind", "size"], ["said:tokens", "again:tokens"]),
}


def made(name):
    """Return the encoding of some columns and the references fitted on their rows."""
    inputs, outputs = SCHEMAS[name]
    source = ingest(TABLE, None, inputs, outputs)
    schema = infer_schema.infer_schema(
        source.table, source.inputs, source.outputs, shape="auto", arrays=False
    )
    encoding = TableEncoder.fit(schema, source.table)
    examples = encoding.encode(source.table, targets=True)
    blocks = {**examples.inputs, **examples.targets}
    symbols = {n: s for n, s in encoding.sizes.items() if n in blocks and blocks[n].is_integer}
    aligned = schema.shape == "aligned"
    found = baselines.fit_baselines(examples, symbols, encoding.category_inputs, aligned=aligned)
    return encoding, tuple(found)


@pytest.mark.parametrize("name", SCHEMAS)
def test_what_was_fitted_and_saved_passes(name):
    encoding, found = made(name)
    BaselineChecks(encoding).every(found)
    BaselineChecks(encoding).every(baselines.from_dicts(*baselines.to_dicts(found)))


@pytest.fixture(scope="module")
def fitted():
    """Return what gives the encoding and the references of a schema, fitted once."""
    known = {}

    def of(name):
        if name not in known:
            known[name] = made(name)
        return known[name]

    return of


def changed(found, kind, **values):
    """Return references with a change to the last of a kind."""
    place = max(i for i, one in enumerate(found) if type(one).__name__ == kind)
    other = {name: value(getattr(found[place], name)) for name, value in values.items()}
    one = dataclasses.replace(found[place], **other)
    return (*found[:place], one, *found[place + 1 :])


def each(change):
    """Return what changes every value of a mapping."""
    return lambda values: {name: change(value) for name, value in values.items()}


def inside(change):
    """Return what changes the features of a linear map."""
    return lambda made: dataclasses.replace(made, **change)


def counted(change):
    """Return what changes the keys and counts of each length."""

    def one(made):
        pairs = [change(k, n) for k, n in zip(made.keys, made.counts, strict=True)]
        keys, times = zip(*pairs, strict=True)
        return dataclasses.replace(made, keys=keys, counts=times)

    return each(one)


LABEL, STEPS, TEXT = "text to a label", "aligned tags", "text to tokens"
EVEN, WIDE = "steps to even steps", "a wide label to tokens"
LINEAR = {
    "another name": (LABEL, {"name": lambda _: "network"}),
    "another output": (LABEL, {"weights": lambda w: {**w, "other": w["kind"]}}),
    "fewer features": (LABEL, {"weights": each(lambda w: (w[0][1:], w[1]))}),
    "more classes": (LABEL, {"weights": each(lambda w: (w[0], np.tile(w[1], 2)))}),
    "weights of whole numbers": (LABEL, {"weights": each(lambda w: (w[0].astype(int), w[1]))}),
    "weights that are NaN": (LABEL, {"weights": each(lambda w: (w[0] * np.nan, w[1]))}),
    "a bias without end": (LABEL, {"weights": each(lambda w: (w[0], w[1] + np.inf))}),
    "flat weights": (LABEL, {"weights": each(lambda w: (w[0].ravel(), w[1]))}),
    "steps of rows": (LABEL, {"per_step": lambda _: True}),
    "steps of a label": (LABEL, {"steps": each(lambda _: 2)}),
    "no steps": (LABEL, {"steps": lambda _: {}}),
    "a constant with weights": (LABEL, {"features": lambda _: None}),
    "other symbols": (LABEL, {"features": inside({"symbols": {"word": 5}})}),
    "symbols that are none": (LABEL, {"features": inside({"symbols": 5})}),
    "no runs": (LABEL, {"features": inside({"grams": {}})}),
    "empty runs": (LABEL, {"features": inside({"grams": {"word": []}})}),
    "runs that are numbers": (LABEL, {"features": inside({"grams": {"word": [1, 2]}})}),
    "runs twice": (LABEL, {"features": inside({"grams": {"word": ["3", "3"]}})}),
    "flat that is a text": (LABEL, {"features": inside({"flat": "no"})}),
    "other steps out": (EVEN, {"steps": each(lambda _: 4)}),
    "rows of steps": (STEPS, {"per_step": lambda _: False}),
    "features of rows": (STEPS, {"features": inside({"per_step": False})}),
}
FREQUENT = {
    "other answers": (TEXT, {"answers": lambda a: {"word": a["said"]}}),
    "ids that are not known": (TEXT, {"answers": each(lambda a: a + 1000)}),
    "ids below zero": (TEXT, {"answers": each(lambda a: a - 1000)}),
    "ids that are fractions": (TEXT, {"answers": each(lambda a: a * 1.0)}),
    "ids in two rows": (TEXT, {"answers": each(lambda a: np.stack([a, a]))}),
}
NEAREST = {
    "no texts": (TEXT, {"texts": lambda _: {}}),
    "other answers": (TEXT, {"answers": lambda a: {"word": a["said"]}}),
    "ids that are not known": (TEXT, {"texts": each(lambda b: RaggedColumn(b.flat + 1000, b.offsets))}),
    "letters that are none": (
        TEXT,
        {"texts": each(lambda b: RaggedColumn(b.flat + (1 << 30), b.offsets))},
    ),
    "ids below zero": (TEXT, {"answers": each(lambda b: RaggedColumn(b.flat - 1000, b.offsets))}),
    "steps beyond the end": (TEXT, {"answers": each(lambda b: RaggedColumn(b.flat[:-1], b.offsets))}),
    "lengths below zero": (
        TEXT,
        {"answers": each(lambda b: RaggedColumn(b.flat, b.offsets[::-1].copy()))},
    ),
    "rows without an answer": (TEXT, {"answers": each(lambda b: RaggedColumn(b.flat, b.offsets * 0))}),
    "fewer rows": (TEXT, {"labels": lambda a: a[:-1]}),
    "no rows": (TEXT, {"labels": lambda a: a[:0], "numbers": lambda a: a[:0]}),
    "more numbers": (TEXT, {"numbers": lambda a: np.tile(a, 2)}),
    "numbers that are NaN": (TEXT, {"numbers": lambda a: a * np.nan}),
    "labels that are fractions": (TEXT, {"labels": lambda a: a * 1.0}),
    "more labels": (TEXT, {"labels": lambda a: np.tile(a, 2)}),
    "other categories": (TEXT, {"categories": lambda c: dataclasses.replace(c, marks=((0, 99),))}),
    "categories of nobody": (WIDE, {"categories": lambda c: dataclasses.replace(c, ids=("no",))}),
}
NGRAM = {
    "other categories": (TEXT, {"categories": lambda c: dataclasses.replace(c, marks=())}),
    "another output": (TEXT, {"every": lambda e: {"word": e["said"]}}),
    "another size": (TEXT, {"every": each(lambda c: dataclasses.replace(c, size=c.size + 1))}),
    "no lengths": (TEXT, {"every": each(lambda c: dataclasses.replace(c, keys=(), counts=()))}),
    "fewer lengths": (
        TEXT,
        {"within": each(lambda c: dataclasses.replace(c, keys=c.keys[1:], counts=c.counts[1:]))},
    ),
    "no runs": (TEXT, {"every": counted(lambda k, n: (k[:0], n[:0]))}),
    "runs that fall": (TEXT, {"every": counted(lambda k, n: (k[::-1].copy(), n))}),
    "runs below zero": (TEXT, {"every": counted(lambda k, n: (k - 1000, n))}),
    "runs beyond all": (TEXT, {"every": counted(lambda k, n: (k + (1 << 61), n))}),
    "runs that are fractions": (TEXT, {"every": counted(lambda k, n: (k * 1.0, n))}),
    "fewer counts": (TEXT, {"every": counted(lambda k, n: (k, n[1:]))}),
    "counts of nothing": (TEXT, {"within": counted(lambda k, n: (k, n * 0))}),
    "counts below zero": (TEXT, {"within": counted(lambda k, n: (k, -n))}),
    "counts without end": (TEXT, {"within": counted(lambda k, n: (k, n + (1 << 62)))}),
    "no classes": (TEXT, {"within": lambda _: {}}),
    "classes that are fractions": (TEXT, {"classes": lambda a: a * 1.0}),
    "wider classes": (TEXT, {"classes": lambda a: np.tile(a, 2)}),
}
ALL = [
    (kind, name, *case)
    for kind, cases in (
        ("Linear", LINEAR),
        ("MostFrequent", FREQUENT),
        ("Nearest", NEAREST),
        ("NGram", NGRAM),
    )
    for name, case in cases.items()
]


@pytest.mark.parametrize(("kind", "name", "of", "change"), ALL, ids=lambda one: str(one)[:30])
def test_what_was_changed_is_refused(fitted, kind, name, of, change):  # noqa: ARG001
    encoding, found = fitted(of)
    with pytest.raises(DataError, match=r"got the reference '.*' with .*, expected those of its"):
        BaselineChecks(encoding).every(changed(found, kind, **change))


@pytest.mark.parametrize("of", [LABEL, TEXT])
def test_an_output_without_a_reference_is_refused(fitted, of):
    encoding, found = fitted(of)
    for few in ((), [one for one in found if type(one).__name__ == "NGram"]):
        with pytest.raises(DataError, match=r"got no reference for '.*', expected one"):
            BaselineChecks(encoding).every(few)
