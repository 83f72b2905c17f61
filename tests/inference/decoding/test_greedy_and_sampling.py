"""Greedy decoding and sampling agree with a simple loop over the probabilities."""

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
from scipy.stats import chisquare

from unrolled.errors import SettingError, ShapeError
from unrolled.inference.decoding import decode_by_sampling, decode_greedily
from unrolled.inference.decoding.greedy_and_sampling import _draw

MARKS = {"start": START, "end": END}
quick = settings(max_examples=10, deadline=None, derandomize=True)
PROBABILITIES = [0.1, 0.4, 0.2, 0.05, 0.25]


def draw_ids(probabilities, count, *, max_steps=1, **options):
    """Return the ids (count u) of many draws from the same probabilities at every step."""
    step = table(np.tile(probabilities, (len(probabilities), 1)))
    generated = decode_by_sampling(
        step, {}, rows_only(1), **MARKS, max_steps=max_steps, samples=count, **options
    )
    return generated.ids[0]


@given(seed=st.integers(0, 10**6), max_steps=st.sampled_from([1, 3, 6]))
@quick
def test_greedy_takes_the_most_probable_id_at_each_step(seed, max_steps):
    model = Recurrent(seed)
    for index, [(ids, score, ended)] in enumerate(
        run_loop(decode_greedily, model, max_steps=max_steps)
    ):
        assert ids == decoders.decode_greedily(model, index, max_steps)
        assert score == pytest.approx(model.score(index, ids), abs=1e-4)
        assert ended == (END in ids)


def test_some_rows_of_that_test_end_and_some_are_cut():
    result = [
        row[0]
        for seed in range(10)
        for row in run_loop(decode_greedily, Recurrent(seed), max_steps=4)
    ]
    assert {ended for _, _, ended in result} == {True, False}
    assert len({len(ids) for ids, _, ended in result if ended}) > 1


@given(seed=st.integers(0, 10**6))
@quick
def test_a_row_is_the_same_alone(seed):
    model = Recurrent(seed)
    together = run_loop(decode_greedily, model, max_steps=5)
    for index, row in enumerate(together):
        generated = decode_greedily(recurrent, *model.row(index), **MARKS, max_steps=5)
        [[alone]] = hypotheses_of(generated)
        assert alone[0] == row[0][0]
        assert alone[1] == pytest.approx(row[0][1], abs=1e-5)


def test_the_loop_ends_with_the_last_row(counted):
    model = Recurrent(6)  # its rows end after 4, 6 and 1 steps
    longest = max(len(decoders.decode_greedily(model, i, 50)) for i in range(3))
    assert 1 < longest < 50
    step, count = counted(recurrent)
    decode_greedily(step, model.states(), model.memory(), **MARKS, max_steps=50)
    assert count() == longest


@given(seed=st.integers(0, 10**6), samples=st.sampled_from([1, 3]))
@quick
def test_sampling_at_a_low_temperature_is_greedy(seed, samples):
    model = Recurrent(seed)
    rows = run_loop(decode_greedily, model, max_steps=5)
    for cold in (1e-3, 1e-45):
        draws = run_loop(decode_by_sampling, model, max_steps=5, temperature=cold, samples=samples)
        assert [[ids for ids, _, _ in row] for row in draws] == [
            [row[0][0]] * samples for row in rows
        ]


def test_the_score_of_a_sample_is_that_of_the_model():
    model = Recurrent(3)
    draws = run_loop(decode_by_sampling, model, max_steps=4, temperature=2.0, top_k=3, samples=20)
    assert len({ids for row in draws for ids, _, _ in row}) > 10
    for index, row in enumerate(draws):
        for ids, score, _ in row:
            assert score == pytest.approx(model.score(index, ids), abs=1e-4)


@pytest.mark.parametrize("temperature", [1.0, 0.5, 3.0])
def test_ids_are_drawn_as_often_as_they_are_probable(temperature):
    ids = draw_ids(PROBABILITIES, 5000, temperature=temperature)[:, 0]
    shares = np.array(PROBABILITIES) ** (1 / temperature)
    expected = shares / shares.sum() * 5000
    assert chisquare(np.bincount(ids, minlength=5), expected).pvalue > 0.01


def test_steps_and_rows_are_drawn_independently():
    probabilities = np.array([0.0, 0.5, 0.3, 0.2])
    step = table(np.tile(probabilities, (4, 1)))
    generated = decode_by_sampling(step, {}, rows_only(2), **MARKS, max_steps=2, samples=4000)
    ids = generated.ids  # 2 4000 2
    expected = np.outer(probabilities, probabilities)[1:, 1:].ravel() * 4000
    for first, second in ((ids[0, :, 0], ids[0, :, 1]), (ids[0, :, 0], ids[1, :, 0])):
        counts = np.bincount((first - 1) * 3 + second - 1, minlength=9)
        assert chisquare(counts, expected).pvalue > 0.01


@pytest.mark.parametrize(
    ("options", "support"),
    [
        ({"top_k": 1}, {1}),
        ({"top_k": 3}, {1, 2, 4}),
        ({"top_k": 99}, {0, 1, 2, 3, 4}),
        ({"top_p": 0.39}, {1}),
        ({"top_p": 0.41}, {1, 4}),
        ({"top_p": 0.8}, {1, 2, 4}),
        ({"top_p": 1.0}, {0, 1, 2, 3, 4}),
        ({"top_k": 2, "top_p": 0.6}, {1}),  # 0.4 / 0.65 is more than 0.6
        ({"temperature": 0.1, "top_p": 0.9}, {1}),
    ],
    ids=str,
)
def test_only_the_probable_are_drawn(options, support):
    ids = draw_ids(PROBABILITIES, 3000, **options)[:, 0]
    assert set(ids.tolist()) == support
    if "temperature" not in options:
        possible = sorted(support)
        expected = np.array(PROBABILITIES)[possible]
        expected = expected / expected.sum() * 3000
        counts = np.bincount(ids, minlength=5)[possible]
        assert len(possible) == 1 or chisquare(counts, expected).pvalue > 0.01


def test_rounding_never_draws_an_id_of_probability_zero():
    """Noise just below 1, times the sum, may round to the sum, which no id exceeds."""
    with np.errstate(divide="ignore"):
        logits = np.log(np.array([[0.0, 1.0, 0.5, 0.0]], "float32"))
    assert _draw(logits, np.ones(1, "float32"), None, None).tolist() == [1]


def test_equal_ids_beyond_k_are_not_drawn():
    assert len(set(draw_ids([0.25] * 4, 300, top_k=2)[:, 0].tolist())) == 2


def test_the_same_seed_gives_the_same_draws_and_another_different_ones():
    first, again, other = (
        draw_ids(PROBABILITIES, 50, max_steps=4, seed=seed) for seed in (5, 5, 6)
    )
    assert (first == again).all()
    assert (first != other).any()


@pytest.mark.parametrize("loop", [decode_greedily, decode_by_sampling])
def test_forbidden_ids_are_never_output(loop):
    model = Recurrent(1, rows=8)
    unconstrained = run_loop(loop, model, max_steps=8)
    assert any(2 in ids for row in unconstrained for ids, _, _ in row)
    constrained = run_loop(loop, model, max_steps=8, forbidden=(2, 3))
    assert {i for row in constrained for ids, _, _ in row for i in ids} <= {0, 1}
    for index, [(ids, score, _)] in enumerate(constrained):
        assert score == pytest.approx(model.score(index, ids), abs=1e-4)


def test_a_row_without_any_allowed_id_is_empty():
    model = Recurrent(1)

    def two_steps(_ids, position):
        return np.full((3, 4), position < 2)

    for loop in (decode_greedily, decode_by_sampling):
        generated = loop(
            recurrent, *model.parts(), **MARKS, max_steps=5, forbidden=(END,), allowed=two_steps
        )
        assert hypotheses_of(generated) == [[((), -np.inf, False)]] * 3


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"max_steps": 0}, "a decoder needs at least one step, but max_steps is 0. Raise it."),
        (
            {"forbidden": (7,)},
            "the end mark or a forbidden id is 7, but the step outputs 4 ids, from 0 to 3. Choose"
            " one of those.",
        ),
        ({"end": 4}, "the end mark or a forbidden id is 4, but the step outputs 4 ids"),
    ],
    ids=str,
)
def test_invalid_marks_are_refused(options, text):
    with pytest.raises(SettingError) as caught:
        decode_greedily(recurrent, *Recurrent().parts(), **{**MARKS, "max_steps": 3, **options})
    assert str(caught.value).startswith(text)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"temperature": 0}, "temperature is 0, but sampling needs a value above 0."),
        ({"top_k": 0}, "top_k is 0, but sampling needs a value at least 1, or None."),
        (
            {"top_p": 1.5},
            "top_p is 1.5, but sampling needs a value above 0 and at most 1, or None.",
        ),
        ({"samples": 0}, "samples is 0, but sampling needs a value at least 1."),
    ],
    ids=str,
)
def test_invalid_numbers_are_refused(options, text):
    with pytest.raises(SettingError) as caught:
        decode_by_sampling(recurrent, *Recurrent().parts(), **MARKS, max_steps=3, **options)
    assert str(caught.value) == text


def test_a_decoder_without_any_tensor_is_refused():
    with pytest.raises(
        ShapeError, match="the number of rows is unknown, because there are neither"
    ):
        decode_greedily(table([[0.5, 0.5]] * 2), {}, {}, **MARKS, max_steps=3)
