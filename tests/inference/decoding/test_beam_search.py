"""Beam search: greedy with width 1, exhaustive with a large width, and all in between."""

import decoders
import numpy as np
import pytest
from decoders import (
    END,
    START,
    Recurrent,
    hypotheses_of,
    recurrent,
    rows_only,
    run_loop,
    table,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from unrolled.errors import SettingError
from unrolled.inference.decoding import decode_by_beam_search, decode_greedily

MARKS = {"start": START, "end": END}
PENALTIES = (0.0, 0.5, 1.0, 2.0)
quick = settings(max_examples=8, deadline=None, derandomize=True)
seeds = st.integers(0, 10**6)


def check_same(result, expected):
    """Compare hypotheses; if the beam has fewer, its other places must be empty."""
    for place, (ids, score, ended) in enumerate(result):
        if place < len(expected):
            assert ids == expected[place][0]
            assert score == pytest.approx(expected[place][1], abs=1e-4)
            assert ended == (ids[-1] == END)
        else:
            assert (ids, score, ended) == ((), -np.inf, False)


@given(seed=seeds, penalty=st.sampled_from(PENALTIES), max_steps=st.sampled_from([1, 6]))
@quick
def test_a_beam_of_one_is_greedy_decoding(seed, penalty, max_steps):
    model = Recurrent(seed)
    one = run_loop(
        decode_by_beam_search, model, max_steps=max_steps, width=1, length_penalty=penalty
    )
    plain = run_loop(decode_greedily, model, max_steps=max_steps)
    for [result], [expected] in zip(one, plain, strict=True):
        assert (result[0], result[2]) == (expected[0], expected[2])
        assert result[1] == pytest.approx(expected[1], abs=1e-5)


@pytest.mark.representatives(2)
@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("max_steps", [1, 2, 4])
def test_a_beam_as_wide_as_the_space_finds_every_hypothesis(max_steps, penalty):
    space = list(decoders.all_hypotheses(3, max_steps))
    for width in (len(space), 2 * len(space)):
        for seed in range(3):
            model = Recurrent(seed, rows=2, width=3)
            generated = run_loop(
                decode_by_beam_search,
                model,
                max_steps=max_steps,
                width=width,
                n_best=width,
                length_penalty=penalty,
            )
            for index, result in enumerate(generated):
                all_ = [(ids, model.score(index, ids)) for ids in space]
                check_same(result, decoders.rank(all_, penalty))


@pytest.mark.representatives(3)
@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize(("width", "n_best"), [(2, 1), (3, 3), (7, 2)])
@given(seed=seeds)
@quick
def test_stopping_early_never_changes_the_best(penalty, width, n_best, seed):
    model = Recurrent(seed)
    options = {"max_steps": 6, "width": width, "n_best": n_best, "length_penalty": penalty}
    for index, result in enumerate(run_loop(decode_by_beam_search, model, **options)):
        check_same(result, decoders.search(model, index, 6, width, penalty)[:n_best])


@given(seed=seeds)
@quick
def test_a_row_is_the_same_alone(seed):
    model, options = Recurrent(seed), {"max_steps": 5, "width": 3, "n_best": 2}
    for index, row in enumerate(run_loop(decode_by_beam_search, model, **options)):
        generated = decode_by_beam_search(recurrent, *model.row(index), **MARKS, **options)
        [alone] = hypotheses_of(generated)
        check_same(alone, [(ids, score) for ids, score, _ in row])


def test_a_wide_beam_finds_what_greedy_misses():
    probabilities = np.array(
        [[1, 0, 0, 0], [0, 0, 0.6, 0.4], [0.4, 0.2, 0.2, 0.2], [0.9, 0.1, 0, 0]],
    )
    step = table(probabilities)
    [[one]] = hypotheses_of(
        decode_by_beam_search(step, {}, rows_only(1), **MARKS, max_steps=4, width=1)
    )
    [[two]] = hypotheses_of(
        decode_by_beam_search(
            step, {}, rows_only(1), **MARKS, max_steps=4, width=2, length_penalty=0
        )
    )
    assert one[0] == (2, 0)
    assert two[0] == (3, 0)
    assert two[1] == pytest.approx(np.log(0.36), abs=1e-5)


def test_the_penalty_decides_between_short_and_long():
    probabilities = [[1, 0, 0], [0.3, 0.7, 0], [1, 0, 0]]
    step = table(probabilities)
    result = {
        penalty: hypotheses_of(
            decode_by_beam_search(
                step, {}, rows_only(1), **MARKS, max_steps=4, width=8, length_penalty=penalty
            )
        )[0][0][0]
        for penalty in (0, 3)
    }
    assert result == {0: (0,), 3: (1, 1, 1, 0)}


def test_hypotheses_cut_at_the_limit_come_after_those_that_ended():
    probabilities = [[1, 0], [0.01, 0.99]]
    step = table(probabilities)
    [result] = hypotheses_of(
        decode_by_beam_search(step, {}, rows_only(1), **MARKS, max_steps=3, width=8, n_best=6)
    )
    assert [ids for ids, _, _ in result] == [(1, 1, 0), (1, 0), (0,), (1, 1, 1), (), ()]
    assert [ended for _, _, ended in result] == [True] * 3 + [False] * 3
    assert result[3][1] == pytest.approx(3 * np.log(0.99), abs=1e-5)


@pytest.mark.parametrize("penalty", [0.0, 0.5, 1.0])
def test_the_loop_ends_when_no_live_hypothesis_can_be_the_best(counted, penalty):
    """The end has 0.6 at once; a live one has 0.4, then 0.32, ... and at best the full length."""
    step, count = counted(table([[1, 1e-9], [0.6, 0.4]]))
    generated = decode_by_beam_search(
        step, {}, rows_only(1), **MARKS, max_steps=20, width=2, n_best=1, length_penalty=penalty
    )
    assert hypotheses_of(generated)[0][0][0] == (END,)
    assert count() == next(p for p in range(1, 20) if p * np.log(0.4) / 20**penalty <= np.log(0.6))


def test_forbidden_ids_change_nothing_else_in_the_search():
    model = Recurrent(5)
    space = [ids for ids in decoders.all_hypotheses(4, 3) if 2 not in ids]
    generated = decode_by_beam_search(
        recurrent, *model.parts(), **MARKS, max_steps=3, width=60, n_best=60, forbidden=(2,)
    )
    for index, result in enumerate(hypotheses_of(generated)):
        check_same(result, decoders.rank([(ids, model.score(index, ids)) for ids in space], 1.0))


def test_with_a_forbidden_end_every_hypothesis_has_the_maximum_length():
    generated = decode_by_beam_search(
        recurrent, *Recurrent(5).parts(), **MARKS, max_steps=3, width=2, n_best=2, forbidden=(END,)
    )
    assert [(len(ids), ended) for row in hypotheses_of(generated) for ids, _, ended in row] == [
        (3, False)
    ] * 6


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (
            {"width": 2, "n_best": 3},
            "a beam of width 2 cannot return the 3 best hypotheses: n_best must be from 1 to the"
            " width. Widen the beam, or lower n_best.",
        ),
        (
            {"width": 0, "n_best": 0},
            "a beam of width 0 cannot return the 0 best hypotheses: n_best",
        ),
        (
            {"width": 2, "length_penalty": -1},
            "length_penalty is -1, but it cannot be negative. Choose 0 for no penalty, or a value"
            " above 0.",
        ),
    ],
    ids=str,
)
def test_invalid_numbers_are_refused(options, text):
    with pytest.raises(SettingError) as caught:
        decode_by_beam_search(recurrent, *Recurrent().parts(), **MARKS, max_steps=3, **options)
    assert str(caught.value).startswith(text)


def without_repeats(ids, position):
    """Allow only ids that the hypothesis does not have yet."""
    has = ids[:, :position, None] == np.arange(6)  # n u o
    return ~has.any(axis=1)


@pytest.mark.representatives(1)
@pytest.mark.parametrize("width", [1, 3, 400])
def test_allowed_gets_the_ids_of_each_hypothesis(width):
    model = Recurrent(2, width=6, scale=0.5)
    unconstrained = run_loop(decode_by_beam_search, model, max_steps=5, width=5, n_best=5)
    assert any(len(set(ids)) < len(ids) for row in unconstrained for ids, _, _ in row)
    generated = decode_by_beam_search(
        recurrent,
        *model.parts(),
        **MARKS,
        max_steps=5,
        width=width,
        n_best=width,
        allowed=without_repeats,
    )
    space = [ids for ids in decoders.all_hypotheses(6, 5) if len(set(ids)) == len(ids)]
    for index, result in enumerate(hypotheses_of(generated)):
        every = [(ids, model.score(index, ids)) for ids in space]
        assert {ids for ids, _, _ in result if ids} <= set(space)
        if width == 400:
            check_same(result, decoders.rank(every, 1.0))
