"""Greedy choice and sampling say what a plain loop over the probabilities says."""

import decoders
import numpy as np
import pytest
from decoders import END, START, Recurrent, compiled_loop, ops, recurrent, rows_only, table, told
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from unrolled.errors import SettingError, ShapeError
from unrolled.inference.decoding import decode_by_sampling, decode_greedily
from unrolled.inference.decoding.greedy_and_sampling import _drawn

MARKS = {"start": START, "end": END}
quick = settings(max_examples=10, deadline=None, derandomize=True)
CHANCES = [0.1, 0.4, 0.2, 0.05, 0.25]


def drawn(chances, count, *, most=1, **how):
    """Return the ids (count u) of many draws of steps that are all alike."""
    step = table(np.tile(chances, (len(chances), 1)))
    made = decode_by_sampling(step, (), rows_only(1), **MARKS, most=most, samples=count, **how)
    return ops.convert_to_numpy(made.ids)[0]


@given(seed=st.integers(0, 10**6), most=st.sampled_from([1, 3, 6]))
@quick
def test_greedy_takes_the_most_probable_id_at_each_step(seed, most):
    model = Recurrent(seed)
    for index, [(ids, score, ended)] in enumerate(
        compiled_loop(decode_greedily, most=most)(*model.parts())
    ):
        assert ids == decoders.greedily(model, index, most)
        assert score == pytest.approx(model.score(index, ids), abs=1e-4)
        assert ended == (END in ids)


def test_some_of_those_rows_end_and_some_are_cut():
    found = [
        row[0]
        for seed in range(10)
        for row in compiled_loop(decode_greedily, most=4)(*Recurrent(seed).parts())
    ]
    assert {ended for _, _, ended in found} == {True, False}
    assert len({len(ids) for ids, _, ended in found if ended}) > 1


@given(seed=st.integers(0, 10**6))
@quick
def test_a_row_is_the_same_alone(seed):
    model = Recurrent(seed)
    together = compiled_loop(decode_greedily, most=5)(*model.parts())
    for index, row in enumerate(together):
        [[alone]] = compiled_loop(decode_greedily, most=5)(*model.row(index))
        assert alone[0] == row[0][0]
        assert alone[1] == pytest.approx(row[0][1], abs=1e-5)


def test_the_loop_ends_with_the_last_row(counted):
    model = Recurrent(6)  # its rows end after 4, 6 and 1 steps
    longest = max(len(decoders.greedily(model, i, 50)) for i in range(3))
    assert 1 < longest < 50
    step, count = counted(recurrent)
    decode_greedily(step, model.states(), model.memory(), **MARKS, most=50)
    assert count() == longest


@given(seed=st.integers(0, 10**6), samples=st.sampled_from([1, 3]))
@quick
def test_a_cold_draw_is_the_greedy_choice(seed, samples):
    model = Recurrent(seed)
    [*rows] = compiled_loop(decode_greedily, most=5)(*model.parts())
    for cold in (1e-3, 1e-45):
        draws = compiled_loop(decode_by_sampling, most=5, temperature=cold, samples=samples)(
            *model.parts()
        )
        assert [[ids for ids, _, _ in row] for row in draws] == [
            [row[0][0]] * samples for row in rows
        ]


def test_the_score_of_a_draw_is_that_of_the_model():
    model = Recurrent(3)
    draws = compiled_loop(decode_by_sampling, most=4, temperature=2.0, top_k=3, samples=20)(
        *model.parts()
    )
    assert len({ids for row in draws for ids, _, _ in row}) > 10
    for index, row in enumerate(draws):
        for ids, score, _ in row:
            assert score == pytest.approx(model.score(index, ids), abs=1e-4)


@pytest.mark.parametrize("temperature", [1.0, 0.5, 3.0])
def test_ids_are_drawn_as_often_as_they_are_probable(temperature):
    ids = drawn(CHANCES, 5000, temperature=temperature)[:, 0]
    shares = np.array(CHANCES) ** (1 / temperature)
    expected = shares / shares.sum() * 5000
    assert chisquare(np.bincount(ids, minlength=5), expected).pvalue > 0.01


def test_steps_and_rows_are_drawn_independently():
    chances = np.array([0.0, 0.5, 0.3, 0.2])
    step = table(np.tile(chances, (4, 1)))
    made = decode_by_sampling(step, (), rows_only(2), **MARKS, most=2, samples=4000)
    ids = ops.convert_to_numpy(made.ids)  # 2 4000 2
    expected = np.outer(chances, chances)[1:, 1:].ravel() * 4000
    for first, second in ((ids[0, :, 0], ids[0, :, 1]), (ids[0, :, 0], ids[1, :, 0])):
        counts = np.bincount((first - 1) * 3 + second - 1, minlength=9)
        assert chisquare(counts, expected).pvalue > 0.01


@pytest.mark.parametrize(
    ("how", "support"),
    [
        ({"top_k": 1}, {1}),
        ({"top_k": 3}, {1, 2, 4}),
        ({"top_k": 99}, {0, 1, 2, 3, 4}),
        ({"top_p": 0.39}, {1}),
        ({"top_p": 0.41}, {1, 4}),
        ({"top_p": 0.8}, {1, 2, 4}),
        ({"top_p": 1.0}, {0, 1, 2, 3, 4}),
        ({"top_k": 2, "top_p": 0.6}, {1}),  # 0.4 of the two's 0.65 are more than 0.6
        ({"temperature": 0.1, "top_p": 0.9}, {1}),
    ],
    ids=str,
)
def test_only_the_probable_are_drawn(how, support):
    ids = drawn(CHANCES, 3000, **how)[:, 0]
    assert set(ids.tolist()) == support
    if "temperature" not in how:
        kept = sorted(support)
        shares = np.array(CHANCES)[kept] / np.array(CHANCES)[kept].sum()
        counts = np.bincount(ids, minlength=5)[kept]
        assert len(kept) == 1 or chisquare(counts, shares * 3000).pvalue > 0.01


def test_rounding_never_draws_what_has_no_chance():
    """Noise next to 1 times the sum may be the sum, which no id lies beyond."""
    heated = ops.log(ops.convert_to_tensor(np.array([[0.0, 1.0, 0.5, 0.0]], "float32")))
    assert _drawn(heated, ops.ones((1,)), None, None).tolist() == [1]


def test_equal_ids_beyond_k_are_not_drawn():
    assert len(set(drawn([0.25] * 4, 300, top_k=2)[:, 0].tolist())) == 2


def test_a_seed_makes_draws_equal_and_another_does_not():
    first, again, other = (drawn(CHANCES, 50, most=4, seed=seed) for seed in (5, 5, 6))
    assert (first == again).all()
    assert (first != other).any()


@pytest.mark.parametrize("loop", [decode_greedily, decode_by_sampling])
def test_forbidden_ids_are_never_given(loop):
    model = Recurrent(1, rows=8)
    free = compiled_loop(loop, most=8)(*model.parts())
    assert any(2 in ids for row in free for ids, _, _ in row)
    held = compiled_loop(loop, most=8, forbidden=(2, 3))(*model.parts())
    assert {i for row in held for ids, _, _ in row for i in ids} <= {0, 1}
    for index, [(ids, score, _)] in enumerate(held):
        assert score == pytest.approx(model.score(index, ids), abs=1e-4)


def test_a_row_where_nothing_more_is_allowed_is_given_up():
    model = Recurrent(1)

    def two_steps(_ids, position):
        return ops.ones((3, 4), dtype="bool") & (position < 2)

    for loop in (decode_greedily, decode_by_sampling):
        made = loop(recurrent, *model.parts(), **MARKS, most=5, forbidden=(END,), allowed=two_steps)
        assert told(made) == [[((), -np.inf, False)]] * 3


@pytest.mark.parametrize(
    ("how", "text"),
    [
        ({"most": 0}, "got most=0, expected at least 1 step. Raise it."),
        (
            {"forbidden": (7,)},
            "got the id 7 as the end mark or forbidden, expected one from 0 to 3, as the step"
            " scores 4 ids.",
        ),
        ({"end": 4}, "got the id 4 as the end mark or forbidden, expected one from 0 to 3"),
    ],
    ids=str,
)
def test_marks_that_do_not_fit_are_refused(how, text):
    with pytest.raises(SettingError) as caught:
        decode_greedily(recurrent, *Recurrent().parts(), **{**MARKS, "most": 3, **how})
    assert str(caught.value).startswith(text)


@pytest.mark.parametrize(
    ("how", "text"),
    [
        ({"temperature": 0}, "got temperature=0 for a draw, expected a number above 0."),
        ({"top_k": 0}, "got top_k=0 for a draw, expected at least 1, or None."),
        ({"top_p": 1.5}, "got top_p=1.5 for a draw, expected above 0 and at most 1, or None."),
        ({"samples": 0}, "got samples=0 for a draw, expected at least 1."),
    ],
    ids=str,
)
def test_numbers_that_no_draw_can_use_are_refused(how, text):
    with pytest.raises(SettingError) as caught:
        decode_by_sampling(recurrent, *Recurrent().parts(), **MARKS, most=3, **how)
    assert str(caught.value) == text


def test_a_decoder_that_cannot_tell_its_rows_is_refused():
    with pytest.raises(ShapeError, match="got neither states nor memory, expected a tensor"):
        decode_greedily(table([[0.5, 0.5]] * 2), (), (), **MARKS, most=3)
