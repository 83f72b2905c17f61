"""The n-gram model is the textbook's sum, written out; its probabilities add up to one."""

import math

import numpy as np
import pytest

from unrolled import baselines
from unrolled.baselines import ngram
from unrolled.baselines.ngram import NGram
from unrolled.data.batches import Examples
from unrolled.data.block import RaggedColumn
from unrolled.data.encoders.categories import Categories

RNG = np.random.default_rng(0)
SIZE = 7  # ids 3 to 6 are symbols, 2 the end mark
DISCOUNT, CLASS_SHARE = 0.75, 0.6
ROWS = [[*RNG.choice([3, 4, 5, 6], size=n, p=[0.5, 0.3, 0.1, 0.1]), 2] for n in [3, 1, 4, 2, 5] * 4]
KINDS = RNG.integers(0, 2, size=len(ROWS))


def examples(rows, kinds):
    marks = np.eye(2, dtype="float32")[kinds]
    block = RaggedColumn.from_rows([np.array(row, dtype=np.int32) for row in rows])
    return Examples({"x": RaggedColumn(marks)}, {"y": block}, rows=len(rows))


def fit(rows=ROWS, kinds=KINDS, *, categories=True):
    marks = Categories(((0, 2),)) if categories else Categories()
    made = NGram.fit(examples(rows, kinds), ["y"], {"y": SIZE}, marks)
    return baselines.from_dicts(*baselines.to_dicts((made,)))[0]


def ngrams_of(rows, n):
    """Return every n-gram, with id 0 before the rows."""
    padded = [[0] * (n - 1) + list(map(int, row)) for row in rows]
    return [tuple(row[i : i + n]) for row in padded for i in range(len(row) - n + 1)]


def probability(rows, before, step, order):
    """Return interpolated Kneser-Ney by its definition, order by order."""
    if order == 0:
        return 1 / SIZE
    before = before[len(before) - order + 1 :]
    if order == ngram.CHARACTER_ORDER:
        ngrams = ngrams_of(rows, order)
    else:  # each ngram once for every different step before it
        ngrams = [ngram[1:] for ngram in set(ngrams_of(rows, order + 1))]
    after = [ngram[-1] for ngram in ngrams if ngram[:-1] == before]
    lower = probability(rows, before[1:], step, order - 1)
    if not after:
        return lower
    own = max(after.count(step) - DISCOUNT, 0) + DISCOUNT * len(set(after)) * lower
    return own / len(after)


def by_hand(rows, row):
    padded = [0] * 4 + list(map(int, row))
    places = range(4, len(padded))
    return [probability(rows, tuple(padded[i - 4 : i]), padded[i], 5) for i in places]


NEW = [[3, 4, 2], [6, 6, 6, 2], [3, 1, 2], [2]]  # 1 is a step never seen


@pytest.mark.parametrize("row", NEW, ids=str)
def test_without_categories_it_is_kneser_ney(row):
    nll = fit(categories=False).nll(examples([row], [0]))["y"]
    assert nll.tolist() == pytest.approx([-sum(map(math.log, by_hand(ROWS, row)))])


@pytest.mark.parametrize("kind", [0, 1])
def test_a_class_is_interpolated_with_all_rows(kind):
    own = [row for row, known in zip(ROWS, KINDS, strict=True) if known == kind]
    nll = fit().nll(examples(NEW, [kind] * len(NEW)))["y"]
    hand = [
        -sum(
            math.log(CLASS_SHARE * p + (1 - CLASS_SHARE) * q)
            for p, q in zip(by_hand(own, row), by_hand(ROWS, row), strict=True)
        )
        for row in NEW
    ]
    assert nll.tolist() == pytest.approx(hand)


def test_a_class_never_seen_is_judged_by_the_model_of_all_rows():
    only = fit(kinds=np.zeros(len(ROWS), int))
    assert only.nll(examples([ROWS[0]], [1]))["y"] == pytest.approx(
        fit(categories=False).nll(examples([ROWS[0]], [0]))["y"]
    )


def test_the_probabilities_of_all_next_steps_add_up_to_one():
    made, start = fit(), [3, 4]
    before = made.nll(examples([start], [1]))["y"]
    every = made.nll(examples([[*start, step] for step in range(SIZE)], [1] * SIZE))["y"]
    assert np.exp(before - every).sum() == pytest.approx(1)


def test_words_are_counted_in_threes_and_large_vocabularies_fit_in_a_number():
    assert [ngram._order(size, 1) for size in (199, 200, 60_000)] == [5, 3, 3]
    assert ngram._order(60_000, 10**6) == 2
    assert ngram._order(2**40, 2**30) == 1


def test_it_predicts_no_row():
    assert fit().predict(examples(NEW, [0] * 4)) == {}
