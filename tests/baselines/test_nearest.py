"""The nearest and the most frequent rows are those that a search by hand finds, saved or not."""

import numpy as np
import pytest
from rapidfuzz.distance import Levenshtein

from unrolled import baselines
from unrolled.baselines import nearest
from unrolled.baselines.most_frequent import MostFrequent
from unrolled.baselines.nearest import Nearest
from unrolled.data.batches import Examples
from unrolled.data.block import RaggedColumn
from unrolled.data.encoders.categories import Categories
from unrolled.data.encoders.table_encoder import TableEncoder
from unrolled.data.formats.read import read
from unrolled.data.infer.columns import infer_table
from unrolled.data.infer.infer_schema import infer_schema
from unrolled.data.tables.table import make_table

RNG = np.random.default_rng(0)
WORDS = ["".join(RNG.choice(list("abcd"), size=n)) for n in RNG.integers(1, 9, size=60)]
SOUNDS = [" ".join(word.upper()) + " X" for word in WORDS]
A = RNG.normal(size=60)
KIND = RNG.choice(["p", "q"], size=60).tolist()
MANY = [f"k{i % 40}" for i in range(60)]  # too many for marks: they go in as ids


def encoded(columns, inputs, outputs, **stated):
    """Return the encoder of a table, its output column, and its examples."""
    frame = read(columns)
    values, into, out = infer_table(frame, inputs, outputs, stated=stated)
    encoder = TableEncoder.fit(infer_schema(values, into, out), values)
    return encoder, out[0], encoder.encode(values, targets=True)


def reload(baseline):
    """Return a baseline as it is after saving and loading."""
    return baselines.from_dicts(*baselines.to_dicts((baseline,)))[0]


def words_and_sounds(words=WORDS):
    columns = {"word": words, "sounds": SOUNDS[: len(words)]}
    return encoded(columns, ["word"], ["sounds"], word="characters", sounds="tokens")


def test_the_first_of_several_most_frequent_rows_is_predicted():
    columns = {"a": A[:7], "y": ["u v", "w", "w", "u v", "u", "w v", "w v u"]}
    encoder, out, examples = encoded(columns, ["a"], ["y"], y="tokens")
    predicted = reload(MostFrequent.fit(examples, ["y"])).predict(examples)["y"]
    assert encoder.decode(out, predicted) == [["u", "v"]] * 7


def test_the_output_of_the_word_with_the_fewest_edits_is_predicted(monkeypatch):
    monkeypatch.setattr(nearest, "CHUNK_ROWS", 7)
    encoder, out, examples = words_and_sounds()
    nearest_row = reload(Nearest.fit(examples, ["sounds"], encoder.category_inputs))
    new = ["abcd", "d", "bbbbbbbbbb", "cadabc", "aq"]
    new_examples = encoder.encode(
        make_table(read({"word": new}), encoder.schema.inputs), targets=False
    )
    edits = [[Levenshtein.distance(word, known) for known in WORDS] for word in new]
    first = [row.index(min(row)) for row in edits]
    assert encoder.decode(out, nearest_row.predict(new_examples)["sounds"]) == [
        SOUNDS[i].split() for i in first
    ]
    assert sum(row.count(min(row)) > 1 for row in edits) > 1  # ties, which the first one wins


def test_the_same_category_comes_before_the_nearest_number():
    columns = {"a": A, "kind": KIND, "many": MANY, "y": SOUNDS}
    encoder, _, examples = encoded(
        columns, ["a", "kind", "many"], ["y"], many="category", y="tokens"
    )
    categories = encoder.category_inputs
    assert (len(categories.marks), categories.ids) == (1, ("many",))
    nearest_row = reload(Nearest.fit(examples, ["y"], categories))
    new = {"a": [0.3, -2.0, 9.0], "kind": ["q", "p", "q"], "many": ["k3", "k25", "unseen"]}
    new_examples = encoder.encode(make_table(read(new), encoder.schema.inputs), targets=False)
    rows = list(zip(A, KIND, MANY, strict=True))
    far = [
        [1e6 * ((k != kind) + (m != many)) + abs(x - a) / A.std() for x, k, m in rows]
        for a, kind, many in zip(*new.values(), strict=True)
    ]
    assert nearest_row.nearest_rows(new_examples).tolist() == [int(np.argmin(row)) for row in far]


def test_a_category_beside_text_comes_before_the_text():
    columns = {"word": ["abc", "abd", "abd"], "kind": ["p", "q", "p"], "y": ["u", "v", "w w"]}
    stated = {"word": "characters", "kind": "category", "y": "tokens"}
    encoder, _, examples = encoded(columns, ["word", "kind"], ["y"], **stated)
    nearest_row = Nearest.fit(examples, ["y"], encoder.category_inputs)
    new = {"word": ["abc", "abd"], "kind": ["q", "p"]}
    new_examples = encoder.encode(make_table(read(new), encoder.schema.inputs), targets=False)
    assert nearest_row.nearest_rows(new_examples).tolist() == [1, 2]


def test_rows_of_numbers_are_compared_by_their_statistics():
    steps = [[1.0, 2.0], [5.0, 6.0, 7.0], [-1.0]]
    columns = {"s": steps, "y": ["u", "v v", "w"]}
    encoder, _, examples = encoded(columns, ["s"], ["y"], s="numbers", y="tokens")
    nearest_row = Nearest.fit(examples, ["y"], encoder.category_inputs)
    new_examples = encoder.encode(
        make_table(read({"s": [[6.0], [0.9, 2.2]]}), encoder.schema.inputs), targets=False
    )
    assert nearest_row.nearest_rows(new_examples).tolist() == [1, 0]


def test_training_rows_are_thinned_evenly(monkeypatch):
    monkeypatch.setattr(nearest, "MAX_ROWS", 3)
    encoder, _, examples = words_and_sounds(WORDS[:9])
    nearest_row = Nearest.fit(examples, ["sounds"], encoder.category_inputs)
    assert nearest_row.nearest_rows(examples)[[0, 4, 8]].tolist() == [0, 1, 2]
    monkeypatch.setattr(nearest, "MAX_CELLS", 1)
    assert len(Nearest.fit(examples, ["sounds"], encoder.category_inputs).labels) == 1


def test_ids_of_any_size_are_told_apart():
    ids = np.array([0xD7FF, 0xD800, 0xDFFF, 0xE000], dtype=np.int32)
    blocks = [RaggedColumn.from_rows([ids[i : i + 1] for i in range(4)]) for _ in range(2)]
    examples = Examples({"w": blocks[0]}, {"y": blocks[1]}, rows=4, lengths=np.ones(4, int))
    assert Nearest.fit(examples, ["y"], Categories()).nearest_rows(examples).tolist() == [
        0,
        1,
        2,
        3,
    ]


@pytest.mark.parametrize(("aligned", "names"), [(True, ["most frequent", "ridge"]), (False, None)])
def test_rows_of_a_length_of_their_own_have_baselines_of_their_own(aligned, names):
    encoder, _, examples = words_and_sounds()
    symbols = {name: encoder.sizes[name] for name in ("word", "sounds")}
    if aligned:
        same = RaggedColumn.from_rows([np.ones(len(word), dtype=np.int32) for word in WORDS])
        examples = Examples(examples.inputs, {"sounds": same}, examples.rows, examples.lengths)
    nearest_row = baselines.fit_baselines(
        examples, symbols, encoder.category_inputs, aligned=aligned
    )
    expected = ["most frequent output", "nearest training input", "n-gram"]
    assert [baseline.name for baseline in nearest_row] == (names or expected)


def test_outputs_of_both_sorts_have_baselines_of_both_sorts():
    curve = RNG.normal(size=(60, 3)).tolist()
    encoder, _, examples = encoded({"a": A, "curve": curve}, ["a"], ["curve"], curve="numbers")
    both = Examples(
        examples.inputs,
        {**examples.targets, "sounds": words_and_sounds()[2].targets["sounds"]},
        rows=60,
        steps_out=3,
    )
    nearest_row = baselines.fit_baselines(
        both, {"sounds": 9}, encoder.category_inputs, aligned=False
    )
    predicted = [(baseline.name, list(baseline.predict(both))) for baseline in nearest_row]
    assert predicted == [
        ("mean", ["curve"]),
        ("ridge", ["curve"]),
        ("most frequent output", ["sounds"]),
        ("nearest training input", ["sounds"]),
        ("n-gram", []),
    ]
