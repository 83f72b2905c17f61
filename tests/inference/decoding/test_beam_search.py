"""Beam search: greedy when narrow, exhaustive when wide, a plain beam in between."""

import decoders
import numpy as np
import pytest
from decoders import END, START, Recurrent, compiled_loop, ops, recurrent, rows_only, table, told
from hypothesis import given, settings
from hypothesis import strategies as st

from unrolled.errors import SettingError
from unrolled.inference.decoding import decode_by_beam_search, decode_greedily

MARKS = {"start": START, "end": END}
PENALTIES = (0.0, 0.5, 1.0, 2.0)
quick = settings(max_examples=8, deadline=None, derandomize=True)
seeds = st.integers(0, 10**6)


def same(found, expected):
    """Compare hypotheses; where the beam found fewer, its places must be empty."""
    for place, (ids, score, ended) in enumerate(found):
        if place < len(expected):
            assert ids == expected[place][0]
            assert score == pytest.approx(expected[place][1], abs=1e-4)
            assert ended == (ids[-1] == END)
        else:
            assert (ids, score, ended) == ((), -np.inf, False)


@given(seed=seeds, penalty=st.sampled_from(PENALTIES), most=st.sampled_from([1, 6]))
@quick
def test_a_beam_of_one_is_the_greedy_choice(seed, penalty, most):
    model = Recurrent(seed)
    one = compiled_loop(decode_by_beam_search, most=most, width=1, length_penalty=penalty)(
        *model.parts()
    )
    plain = compiled_loop(decode_greedily, most=most)(*model.parts())
    for [found], [expected] in zip(one, plain, strict=True):
        assert (found[0], found[2]) == (expected[0], expected[2])
        assert found[1] == pytest.approx(expected[1], abs=1e-5)


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("most", [1, 2, 4])
def test_a_beam_as_wide_as_the_space_finds_all_of_it(most, penalty):
    space = list(decoders.every(3, most))
    for width in (len(space), 2 * len(space)):
        loop = compiled_loop(
            decode_by_beam_search, most=most, width=width, n_best=width, length_penalty=penalty
        )
        for seed in range(3):
            model = Recurrent(seed, rows=2, width=3)
            made = loop(*model.parts())
            for index, found in enumerate(made):
                all_ = [(ids, model.score(index, ids)) for ids in space]
                same(found, decoders.ranked(all_, penalty))


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize(("width", "n_best"), [(2, 1), (3, 3), (7, 2)])
@given(seed=seeds)
@quick
def test_stopping_early_never_changes_the_best(penalty, width, n_best, seed):
    model = Recurrent(seed)
    loop = compiled_loop(
        decode_by_beam_search, most=6, width=width, n_best=n_best, length_penalty=penalty
    )
    for index, found in enumerate(loop(*model.parts())):
        same(found, decoders.searched(model, index, 6, width, penalty)[:n_best])


@given(seed=seeds)
@quick
def test_a_row_is_the_same_alone(seed):
    model, loop = Recurrent(seed), compiled_loop(decode_by_beam_search, most=5, width=3, n_best=2)
    for index, row in enumerate(loop(*model.parts())):
        [alone] = loop(*model.row(index))
        same(alone, [(ids, score) for ids, score, _ in row])


def test_a_wide_beam_finds_what_greedy_misses():
    chances = np.array(
        [[1, 0, 0, 0], [0, 0, 0.6, 0.4], [0.4, 0.2, 0.2, 0.2], [0.9, 0.1, 0, 0]],
    )
    step = table(chances)
    [[one]] = told(decode_by_beam_search(step, (), rows_only(1), **MARKS, most=4, width=1))
    [[two]] = told(
        decode_by_beam_search(step, (), rows_only(1), **MARKS, most=4, width=2, length_penalty=0)
    )
    assert one[0] == (2, 0)
    assert two[0] == (3, 0)
    assert two[1] == pytest.approx(np.log(0.36), abs=1e-5)


def test_the_penalty_decides_between_short_and_long():
    chances = [[1, 0, 0], [0.3, 0.7, 0], [1, 0, 0]]
    step = table(chances)
    found = {
        penalty: told(
            decode_by_beam_search(
                step, (), rows_only(1), **MARKS, most=4, width=8, length_penalty=penalty
            )
        )[0][0][0]
        for penalty in (0, 3)
    }
    assert found == {0: (0,), 3: (1, 1, 1, 0)}


def test_rows_cut_at_the_limit_stand_after_those_that_ended():
    chances = [[1, 0], [0.01, 0.99]]
    step = table(chances)
    [found] = told(
        decode_by_beam_search(step, (), rows_only(1), **MARKS, most=3, width=8, n_best=6)
    )
    assert [ids for ids, _, _ in found] == [(1, 1, 0), (1, 0), (0,), (1, 1, 1), (), ()]
    assert [ended for _, _, ended in found] == [True] * 3 + [False] * 3
    assert found[3][1] == pytest.approx(3 * np.log(0.99), abs=1e-5)


@pytest.mark.parametrize("penalty", [0.0, 0.5, 1.0])
def test_the_loop_ends_when_no_live_row_can_enter(counted, penalty):
    """0.6 at once; what lives on has 0.4, then 0.32, ... and at best the length of the limit."""
    step, count = counted(table([[1, 1e-9], [0.6, 0.4]]))
    made = decode_by_beam_search(
        step, (), rows_only(1), **MARKS, most=20, width=2, n_best=1, length_penalty=penalty
    )
    assert told(made)[0][0][0] == (END,)
    assert count() == next(p for p in range(1, 20) if p * np.log(0.4) / 20**penalty <= np.log(0.6))


def test_forbidden_ids_leave_the_rest_of_the_search_as_it_is():
    model = Recurrent(5)
    space = [ids for ids in decoders.every(4, 3) if 2 not in ids]
    made = decode_by_beam_search(
        recurrent, *model.parts(), **MARKS, most=3, width=60, n_best=60, forbidden=(2,)
    )
    for index, found in enumerate(told(made)):
        same(found, decoders.ranked([(ids, model.score(index, ids)) for ids in space], 1.0))


def test_an_end_that_is_forbidden_leaves_rows_of_full_length():
    made = decode_by_beam_search(
        recurrent, *Recurrent(5).parts(), **MARKS, most=3, width=2, n_best=2, forbidden=(END,)
    )
    assert [(len(ids), ended) for row in told(made) for ids, _, ended in row] == [(3, False)] * 6


@pytest.mark.parametrize(
    ("how", "text"),
    [
        (
            {"width": 2, "n_best": 3},
            "got width=2 and n_best=3 for a beam, expected 1 <= n_best <= width. Widen the beam,"
            " or ask for fewer.",
        ),
        ({"width": 0, "n_best": 0}, "got width=0 and n_best=0 for a beam, expected 1 <= n_best"),
        (
            {"width": 2, "length_penalty": -1},
            "got length_penalty=-1 for a beam, expected at least 0 (no penalty).",
        ),
    ],
    ids=str,
)
def test_numbers_that_no_search_can_use_are_refused(how, text):
    with pytest.raises(SettingError) as caught:
        decode_by_beam_search(recurrent, *Recurrent().parts(), **MARKS, most=3, **how)
    assert str(caught.value).startswith(text)


def without_repeats(ids, position):
    """Allow an id only where the row has it not yet."""
    chosen = ops.arange(ids.shape[-1]) < position  # u
    has = ops.logical_and(ids[..., None] == ops.arange(6), chosen[:, None])  # n u o
    return ops.logical_not(ops.any(has, axis=1))


@pytest.mark.parametrize("width", [1, 3, 400])
def test_allowed_sees_each_hypothesis_own_ids(width):
    model = Recurrent(2, width=6, scale=0.5)
    free = compiled_loop(decode_by_beam_search, most=5, width=5, n_best=5)(*model.parts())
    assert any(len(set(ids)) < len(ids) for row in free for ids, _, _ in row)
    made = decode_by_beam_search(
        recurrent,
        *model.parts(),
        **MARKS,
        most=5,
        width=width,
        n_best=width,
        allowed=without_repeats,
    )
    space = [ids for ids in decoders.every(6, 5) if len(set(ids)) == len(ids)]
    for index, found in enumerate(told(made)):
        every = [(ids, model.score(index, ids)) for ids in space]
        assert {ids for ids, _, _ in found if ids} <= set(space)
        if width == 400:
            same(found, decoders.ranked(every, 1.0))
