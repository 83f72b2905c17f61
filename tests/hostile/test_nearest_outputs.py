"""A decoder's references that were changed, and sealed again, are refused when it is loaded."""

import numpy as np
import pytest
from artifacts import array, at, sealed

import unrolled
from unrolled.errors import ArtifactError

FILE, MANIFEST = "references.safetensors", "manifest.json"
WORDS = ["ab", "b", "abba", "ba"] * 6
TABLE = {
    "word": WORDS,
    "kind": [word[0] for word in WORDS],
    "said": [" ".join(word.upper() * 2) for word in WORDS],
}
CHANGES = {
    "an unknown id in the most frequent output": array(FILE, "0/said", lambda a: a + 99),
    "a letter that is none": array(FILE, "1/in/word/steps", lambda a: a + (1 << 30)),
    "an unknown id in an answer": array(FILE, "1/out/said/steps", lambda a: a + 99),
    "answers beyond the end": array(FILE, "1/out/said/lengths", lambda a: a + 1),
    "lengths below zero": array(FILE, "1/in/word/lengths", lambda a: -a),
    "lengths of fractions": array(FILE, "1/in/word/lengths", lambda a: a * 1.0),
    "fewer rows": array(FILE, "1/labels", lambda a: a[1:]),
    "runs that fall": array(FILE, "2/every/said/1/keys", lambda a: a[::-1]),
    "no runs": array(FILE, "2/every/said/2/keys", lambda a: a[:0]),
    "counts of nothing": array(FILE, "2/within/said/1/counts", lambda a: a * 0),
    "classes in other columns": array(FILE, "2/classes", lambda a: np.tile(a, 2)),
    "a thousand lengths of runs": at(MANIFEST, "references", 2, "orders", "said", value="1000"),
    "an order that is a text": at(MANIFEST, "references", 2, "orders", "said", value='"5"'),
    "another size": at(MANIFEST, "references", 2, "sizes", "said", value="1000000"),
    "other categories": at(MANIFEST, "references", 1, "categories", "marks", value="[[0, 9]]"),
    "an answer of nobody": at(MANIFEST, "references", 0, "outputs", value='["word"]'),
    "no answers": at(MANIFEST, "references", 1, "outputs", value="[]"),
}


@pytest.fixture(scope="module")
def speller():
    """Return a decoder from text to tokens, hardly trained."""
    return unrolled.SequenceModel(
        ["word:characters", "kind"],
        "said:tokens",
        network=unrolled.Network(units=4),
        training=unrolled.Training(epochs=1, verbose=False),
    ).fit(TABLE)


@pytest.mark.slow
def test_as_it_was_saved_it_loads_and_scores_the_same(speller, tmp_path):
    sealed(speller.save(tmp_path / "model"))
    assert str(unrolled.load(tmp_path / "model").evaluate(TABLE)) == str(speller.evaluate(TABLE))


@pytest.mark.parametrize("name", CHANGES)
def test_what_was_changed_is_refused(speller, tmp_path, name):
    folder = speller.save(tmp_path / "model")
    CHANGES[name](folder)
    sealed(folder)
    if name == "no answers":  # which leaves the most frequent one
        unrolled.load(folder).evaluate(TABLE)
        return
    with pytest.raises(ArtifactError, match=r"is damaged: .*Save it again"):
        unrolled.load(folder)
