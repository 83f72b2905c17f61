"""Baselines must agree with their columns: fitted ones are accepted, changed ones are refused."""

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


def fit_example(name):
    """Return the encoder of some columns and the baselines fitted on their rows."""
    inputs, outputs = SCHEMAS[name]
    source = ingest(TABLE, None, inputs, outputs)
    schema = infer_schema.infer_schema(
        source.table, source.inputs, source.outputs, shape="auto", arrays=False
    )
    encoder = TableEncoder.fit(schema, source.table)
    examples = encoder.encode(source.table, targets=True)
    blocks = {**examples.inputs, **examples.targets}
    symbols = {n: s for n, s in encoder.sizes.items() if n in blocks and blocks[n].is_integer}
    aligned = schema.shape == "aligned"
    fitted_baselines = baselines.fit_baselines(
        examples, symbols, encoder.category_inputs, aligned=aligned
    )
    return encoder, tuple(fitted_baselines)


@pytest.mark.parametrize("name", SCHEMAS)
def test_what_was_fitted_and_saved_passes(name):
    encoder, fitted_baselines = fit_example(name)
    BaselineChecks(encoder).check_all(fitted_baselines)
    BaselineChecks(encoder).check_all(baselines.from_dicts(*baselines.to_dicts(fitted_baselines)))


@pytest.fixture(scope="module")
def fitted():
    """Return what gives the encoder and the baselines of a schema, fitted once."""
    known = {}

    def of(name):
        if name not in known:
            known[name] = fit_example(name)
        return known[name]

    return of


def change_last(fitted_baselines, kind, **values):
    """Return baselines with a change to the last of a kind."""
    place = max(i for i, one in enumerate(fitted_baselines) if type(one).__name__ == kind)
    other = {name: value(getattr(fitted_baselines[place], name)) for name, value in values.items()}
    one = dataclasses.replace(fitted_baselines[place], **other)
    return (*fitted_baselines[:place], one, *fitted_baselines[place + 1 :])


def change_each(change):
    """Return what changes every value of a mapping."""
    return lambda values: {name: change(value) for name, value in values.items()}


def change_features(change):
    """Return what changes the features of a linear map."""
    return lambda made: dataclasses.replace(made, **change)


def change_counts(change):
    """Return what changes the keys and counts of each length."""

    def one(made):
        pairs = [change(k, n) for k, n in zip(made.keys, made.counts, strict=True)]
        keys, times = zip(*pairs, strict=True)
        return dataclasses.replace(made, keys=keys, counts=times)

    return change_each(one)


LABEL, STEPS, TEXT = "text to a label", "aligned tags", "text to tokens"
EVEN, WIDE = "steps to even steps", "a wide label to tokens"
LINEAR = {
    "another name": (LABEL, {"name": lambda _: "network"}),
    "another output": (LABEL, {"weights": lambda w: {**w, "other": w["kind"]}}),
    "fewer features": (LABEL, {"weights": change_each(lambda w: (w[0][1:], w[1]))}),
    "more classes": (LABEL, {"weights": change_each(lambda w: (w[0], np.tile(w[1], 2)))}),
    "weights of whole numbers": (
        LABEL,
        {"weights": change_each(lambda w: (w[0].astype(int), w[1]))},
    ),
    "weights that are NaN": (LABEL, {"weights": change_each(lambda w: (w[0] * np.nan, w[1]))}),
    "a bias that is infinite": (LABEL, {"weights": change_each(lambda w: (w[0], w[1] + np.inf))}),
    "flat weights": (LABEL, {"weights": change_each(lambda w: (w[0].ravel(), w[1]))}),
    "steps of rows": (LABEL, {"per_step": lambda _: True}),
    "steps of a label": (LABEL, {"steps": change_each(lambda _: 2)}),
    "no steps": (LABEL, {"steps": lambda _: {}}),
    "a constant with weights": (LABEL, {"features": lambda _: None}),
    "other symbols": (LABEL, {"features": change_features({"symbols": {"word": 5}})}),
    "symbols that are a number": (LABEL, {"features": change_features({"symbols": 5})}),
    "no n-grams": (LABEL, {"features": change_features({"grams": {}})}),
    "empty n-grams": (LABEL, {"features": change_features({"grams": {"word": []}})}),
    "n-grams that are numbers": (LABEL, {"features": change_features({"grams": {"word": [1, 2]}})}),
    "n-grams twice": (LABEL, {"features": change_features({"grams": {"word": ["3", "3"]}})}),
    "n-grams of letters": (LABEL, {"features": change_features({"grams": {"word": ["3", "a"]}})}),
    "n-grams of unknown ids": (
        LABEL,
        {"features": change_features({"grams": {"word": ["3_999"]}})},
    ),
    "flat that is a text": (LABEL, {"features": change_features({"flat": "no"})}),
    "other steps out": (EVEN, {"steps": change_each(lambda _: 4)}),
    "rows of steps": (STEPS, {"per_step": lambda _: False}),
    "features of rows": (STEPS, {"features": change_features({"per_step": False})}),
}
FREQUENT = {
    "other outputs": (TEXT, {"rows": lambda a: {"word": a["said"]}}),
    "ids that are not known": (TEXT, {"rows": change_each(lambda a: a + 1000)}),
    "ids below zero": (TEXT, {"rows": change_each(lambda a: a - 1000)}),
    "ids that are fractions": (TEXT, {"rows": change_each(lambda a: a * 1.0)}),
    "ids in two rows": (TEXT, {"rows": change_each(lambda a: np.stack([a, a]))}),
}
NEAREST = {
    "no texts": (TEXT, {"texts": lambda _: {}}),
    "other outputs": (TEXT, {"targets": lambda a: {"word": a["said"]}}),
    "ids that are not known": (
        TEXT,
        {"texts": change_each(lambda b: RaggedColumn(b.flat + 1000, b.offsets))},
    ),
    "letters that do not exist": (
        TEXT,
        {"texts": change_each(lambda b: RaggedColumn(b.flat + (1 << 30), b.offsets))},
    ),
    "ids below zero": (
        TEXT,
        {"targets": change_each(lambda b: RaggedColumn(b.flat - 1000, b.offsets))},
    ),
    "steps beyond the end": (
        TEXT,
        {"targets": change_each(lambda b: RaggedColumn(b.flat[:-1], b.offsets))},
    ),
    "lengths below zero": (
        TEXT,
        {"targets": change_each(lambda b: RaggedColumn(b.flat, b.offsets[::-1].copy()))},
    ),
    "rows without steps": (
        TEXT,
        {"targets": change_each(lambda b: RaggedColumn(b.flat, b.offsets * 0))},
    ),
    "fewer rows": (TEXT, {"labels": lambda a: a[:-1]}),
    "no rows": (TEXT, {"labels": lambda a: a[:0], "numbers": lambda a: a[:0]}),
    "more numbers": (TEXT, {"numbers": lambda a: np.tile(a, 2)}),
    "numbers that are NaN": (TEXT, {"numbers": lambda a: a * np.nan}),
    "labels that are fractions": (TEXT, {"labels": lambda a: a * 1.0}),
    "more labels": (TEXT, {"labels": lambda a: np.tile(a, 2)}),
    "other categories": (TEXT, {"categories": lambda c: dataclasses.replace(c, marks=((0, 99),))}),
    "categories of unknown inputs": (
        WIDE,
        {"categories": lambda c: dataclasses.replace(c, ids=("no",))},
    ),
}
NGRAM = {
    "other categories": (TEXT, {"categories": lambda c: dataclasses.replace(c, marks=())}),
    "another output": (TEXT, {"all_rows": lambda e: {"word": e["said"]}}),
    "another size": (
        TEXT,
        {"all_rows": change_each(lambda c: dataclasses.replace(c, size=c.size + 1))},
    ),
    "no lengths": (
        TEXT,
        {"all_rows": change_each(lambda c: dataclasses.replace(c, keys=(), counts=()))},
    ),
    "fewer lengths": (
        TEXT,
        {
            "by_class": change_each(
                lambda c: dataclasses.replace(c, keys=c.keys[1:], counts=c.counts[1:])
            )
        },
    ),
    "no n-grams": (TEXT, {"all_rows": change_counts(lambda k, n: (k[:0], n[:0]))}),
    "n-grams that fall": (TEXT, {"all_rows": change_counts(lambda k, n: (k[::-1].copy(), n))}),
    "n-grams below zero": (TEXT, {"all_rows": change_counts(lambda k, n: (k - 1000, n))}),
    "n-grams that are too large": (
        TEXT,
        {"all_rows": change_counts(lambda k, n: (k + (1 << 61), n))},
    ),
    "n-grams that are fractions": (TEXT, {"all_rows": change_counts(lambda k, n: (k * 1.0, n))}),
    "fewer counts": (TEXT, {"all_rows": change_counts(lambda k, n: (k, n[1:]))}),
    "counts of nothing": (TEXT, {"by_class": change_counts(lambda k, n: (k, n * 0))}),
    "counts below zero": (TEXT, {"by_class": change_counts(lambda k, n: (k, -n))}),
    "counts that are too large": (
        TEXT,
        {"by_class": change_counts(lambda k, n: (k, n + (1 << 62)))},
    ),
    "no classes": (TEXT, {"by_class": lambda _: {}}),
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
    encoder, fitted_baselines = fitted(of)
    with pytest.raises(
        DataError, match=r"The baseline '.*' does not fit the columns of the model: it has .*"
    ):
        BaselineChecks(encoder).check_all(change_last(fitted_baselines, kind, **change))


@pytest.mark.parametrize("of", [LABEL, TEXT])
def test_an_output_without_a_baseline_is_refused(fitted, of):
    encoder, fitted_baselines = fitted(of)
    for few in ((), [one for one in fitted_baselines if type(one).__name__ == "NGram"]):
        with pytest.raises(DataError, match=r"No baseline predicts the output '.*'"):
            BaselineChecks(encoder).check_all(few)
