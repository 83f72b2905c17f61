"""The settings decide which loop runs, and rows that have ended change nothing for the others."""

import numpy as np
import pytest
from decoders import END, START, Recurrent, hypotheses_of, recurrent, run_loop

from unrolled.inference.decoding import (
    decode_by_beam_search,
    decode_by_sampling,
    decode_greedily,
    decode_tokens,
)
from unrolled.inference.decoding.step import largest
from unrolled.settings import Decoding

MARKS = {"start": START, "end": END, "max_steps": 6}
BEAM = {"width": 4, "n_best": 3, "length_penalty": 0.3}
SAMPLING = {"samples": 5, "temperature": 0.7, "top_k": 3, "top_p": 0.9, "seed": 4}


@pytest.mark.parametrize(
    ("settings", "loop", "options"),
    [
        (Decoding(), decode_greedily, {"max_steps": 6}),
        (Decoding(max_steps=9), decode_greedily, {"max_steps": 9}),
        (
            Decoding(beam=4, n_best=3, length_penalty=0.3),
            decode_by_beam_search,
            {"max_steps": 6, **BEAM},
        ),
        (Decoding(**SAMPLING), decode_by_sampling, {"max_steps": 6, **SAMPLING}),
    ],
    ids=["greedy", "limit", "beam search", "sampling"],
)
def test_the_settings_decide_which_loop_runs(settings, loop, options):
    model = Recurrent(0, rows=4)
    for forbidden in ((), (3,)):
        result = decode_tokens(
            recurrent, *model.parts(), **MARKS, settings=settings, forbidden=forbidden
        )
        assert result.ids.shape[-1] == options["max_steps"]
        assert hypotheses_of(result) == run_loop(loop, model, **options, forbidden=forbidden)


@pytest.mark.parametrize(
    ("loop", "options"),
    [(decode_greedily, {}), (decode_by_beam_search, BEAM), (decode_by_sampling, SAMPLING)],
    ids=["greedy", "beam search", "sampling"],
)
def test_rows_that_have_ended_are_left_out_and_change_nothing(loop, options, monkeypatch):
    model = Recurrent(6, rows=40)
    sizes = []

    def step(previous, states, memory):
        sizes.append(len(previous))
        return recurrent(previous, states, memory)

    marks = {"start": START, "end": END, "max_steps": 30}
    fewer = hypotheses_of(loop(step, *model.parts(), **marks, **options))
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[-1] < sizes[0]
    monkeypatch.setattr("unrolled.inference.decoding.step.MAX_LIVE_FRACTION", -1)
    every = hypotheses_of(loop(step, *model.parts(), **marks, **options))
    assert sizes[-1] == sizes[0]
    for row, expected in zip(fewer, every, strict=True):
        assert [(ids, ended) for ids, _, ended in row] == [(ids, end) for ids, _, end in expected]
        np.testing.assert_allclose([h[1] for h in row], [h[1] for h in expected], atol=1e-4)


@pytest.mark.parametrize("loop", [decode_greedily, decode_by_beam_search, decode_by_sampling])
def test_allowed(loop):
    def rising(ids, position):
        """Allow the end, and ids above the one before."""
        every = np.arange(4)
        return (every == END) | ((every > ids.max(axis=1, keepdims=True)) & (position < 3))

    options = {"width": 3, "n_best": 3} if loop is decode_by_beam_search else {}
    for model in (Recurrent(seed) for seed in (1, 6, 8, 9)):
        generated = run_loop(loop, model, max_steps=6, allowed=rising, **options)
        for ids in [ids for row in generated for ids, _, _ in row]:
            assert list(ids[:-1]) == sorted(set(ids[:-1]))
            assert END not in ids[:-1]


@pytest.mark.parametrize("loop", [decode_greedily, decode_by_beam_search, decode_by_sampling])
def test_logits_that_are_not_numbers_end_without_an_error(loop):
    """A network that training has ruined has them."""

    def ruined(previous, states, _memory):
        return np.full((len(previous), 4), np.nan, "float32"), states

    options = {"width": 3, "n_best": 2} if loop is decode_by_beam_search else {}
    generated = loop(ruined, *Recurrent().parts(), **MARKS, **options)
    assert not np.isfinite(generated.scores).any()


@pytest.mark.parametrize("k", [1, 2, 5, 11, 12, 20])
def test_the_largest_numbers_are_those_of_a_stable_sort(k):
    random = np.random.default_rng(0)
    for x in (
        random.normal(size=(7, 12)),
        random.integers(0, 3, (7, 12)).astype(float),
        np.where(random.random((7, 12)) < 0.8, -np.inf, random.normal(size=(7, 12))),
    ):
        expected = np.argsort(-x.astype("float32"), axis=1, kind="stable")[:, :k]
        assert (largest(x.astype("float32"), k) == expected).all()
