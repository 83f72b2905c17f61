"""The best row of tags, beside every row there can be."""

from itertools import pairwise, product

import numpy as np
import pytest

from unrolled.data.encoders.tags import may_follow
from unrolled.data.encoders.viterbi import TagTransitions
from unrolled.data.encoders.vocabulary import Vocabulary
from unrolled.schema import Column

TAGS = {
    "BIO": ["I-a", "O", "B-b", "I-b", "B-a"],
    "IOB1": ["B-a", "O", "I-b", "I-a"],
    "BIOES": ["E-a", "I-a", "O", "S-b", "B-a", "S-a"],
}


def allowed(tags, scheme):
    return all(may_follow(*two, scheme) for two in pairwise(["O", *tags, "O"]))


@pytest.mark.parametrize("scheme", TAGS)
@pytest.mark.parametrize("steps", [1, 2, 5])
def test_no_allowed_row_scores_higher(scheme, steps):
    tags, rng = TAGS[scheme], np.random.default_rng(steps)
    transitions = TagTransitions.from_scheme(tags, scheme)
    rows = [
        row
        for row in product(range(len(tags)), repeat=steps)
        if allowed([tags[i] for i in row], scheme)
    ]
    changed = 0
    for _ in range(40):
        scores = rng.normal(size=(steps, len(tags)))
        best = max(rows, key=lambda row: scores[range(steps), row].sum())
        assert tuple(transitions.best_path(scores).tolist()) == best
        assert (transitions.best_path(scores + rng.normal(size=(steps, 1))) == best).all()
        changed += tuple(scores.argmax(axis=1).tolist()) != best
    assert changed > 5  # else the scheme changed nothing, and nothing was tested


def test_where_no_row_is_allowed_the_highest_scores_are_taken():
    assert TagTransitions.from_scheme(["I-a", "I-b"], "BIO").best_path(
        np.array([[1.0, 2.0], [3.0, 0.0]])
    ).tolist() == [
        1,
        0,
    ]


@pytest.mark.parametrize(("scheme", "predicted"), [("BIO", ["B-a", "I-a"]), (None, ["O", "I-a"])])
def test_predictions_keep_to_the_scheme_of_their_column(scheme, predicted):
    column = Column(name="tags", kind="tokens", scheme=scheme)
    tag_encoder = Vocabulary(column, as_output=True).fit([["O", "O", "B-a", "I-a"]])
    scores = {"O": [3.0, 0.0], "B-a": [2.5, 0.0], "I-a": [0.0, 4.0]}
    logits = np.full((2, tag_encoder.size), 9.0)  # of padding and unknown too
    logits[:, tag_encoder.first_id :] = np.array([scores[tag] for tag in tag_encoder.known]).T
    reloaded = Vocabulary.from_dict(tag_encoder.to_dict())
    assert tag_encoder.decode([logits]) == reloaded.decode([logits]) == [predicted]
