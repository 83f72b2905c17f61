"""Every decoding loop on the active backend, compared with NumPy."""

import decoders
import numpy as np
import pytest
from decoders import (
    END,
    START,
    Recurrent,
    compiled_loop,
    hypotheses_of,
    ops,
    recurrent,
    rows_only,
    table,
)

from unrolled.backend import keras
from unrolled.inference.compile import compile_function
from unrolled.inference.decoding import (
    decode_by_beam_search,
    decode_by_sampling,
    decode_greedily,
    decode_numbers,
)

MARKS = {"start": START, "end": END}
MODELS = [Recurrent(seed) for seed in (1, 6, 8, 9)]


@pytest.fixture(params=["compiled", "not compiled"])
def run(request):
    """Return a function that runs a loop over a model, compiled or not."""
    if request.param == "compiled":
        return lambda loop, model, **options: compiled_loop(loop, **options)(*model.parts())
    return lambda loop, model, **options: hypotheses_of(
        loop(recurrent, *model.parts(), **MARKS, **options)
    )


def test_greedy_decoding(run):
    for model in MODELS:
        for index, [(ids, score, ended)] in enumerate(run(decode_greedily, model, max_steps=6)):
            assert ids == decoders.decode_greedily(model, index, 6)
            assert score == pytest.approx(model.score(index, ids), abs=1e-4)
            assert ended == (END in ids)


@pytest.mark.parametrize("penalty", [0.0, 1.0])
def test_beam_search(run, penalty):
    for model in MODELS:
        generated = run(
            decode_by_beam_search, model, max_steps=5, width=3, n_best=2, length_penalty=penalty
        )
        for index, result in enumerate(generated):
            expected = decoders.search(model, index, 5, 3, penalty)
            assert [ids for ids, _, _ in result] == [ids for ids, _ in expected[:2]]
            for (_, score, _), (_, sought) in zip(result, expected, strict=False):
                assert score == pytest.approx(sought, abs=1e-4)


def test_sampling(run):
    for model in MODELS:
        options = {"max_steps": 5, "samples": 4, "top_k": 3, "top_p": 0.9}
        cold = run(decode_by_sampling, model, **options, temperature=1e-3)
        warm, again = (run(decode_by_sampling, model, **options, seed=2) for _ in range(2))
        assert warm == again
        for index, row in enumerate(warm):
            assert [ids for ids, _, _ in cold[index]] == [
                decoders.decode_greedily(model, index, 5)
            ] * 4
            for ids, score, _ in row:
                assert score == pytest.approx(model.score(index, ids), abs=1e-4)


def test_ids_are_drawn_as_often_as_they_are_probable():
    step = table(np.tile([0.1, 0.6, 0.3], (3, 1)))
    generated = decode_by_sampling(step, (), rows_only(1), **MARKS, max_steps=1, samples=4000)
    shares = np.bincount(ops.convert_to_numpy(generated.ids).ravel(), minlength=3) / 4000
    np.testing.assert_allclose(shares, [0.1, 0.6, 0.3], atol=0.03)  # over three standard errors


@pytest.mark.parametrize("loop", [decode_greedily, decode_by_beam_search, decode_by_sampling])
def test_allowed(loop):
    def rising(ids, position):
        """Allow the end, and ids above the one before."""
        before = ops.max(ids, axis=1, keepdims=True)  # n 1
        every = ops.expand_dims(ops.arange(4, dtype="int32"), 0)
        return ops.logical_or(every == END, ops.logical_and(every > before, position < 3))

    options = {"width": 3, "n_best": 3} if loop is decode_by_beam_search else {}
    for model in MODELS:
        generated = hypotheses_of(
            loop(recurrent, *model.parts(), **MARKS, max_steps=6, allowed=rising, **options)
        )
        for ids in [ids for row in generated for ids, _, _ in row]:
            assert list(ids[:-1]) == sorted(set(ids[:-1]))
            assert END not in ids[:-1]


def test_numbers():
    def step(previous, states, memory):
        new = previous * memory
        return ops.concatenate([new, new[:, :1] - 10.0], axis=1), states

    first, memory = np.array([[1.0], [1.0]], "float32"), np.array([[2.0], [3.0]], "float32")
    run = compile_function(
        lambda m, f: decode_numbers(step, (), m, first=f, max_steps=5, stop=0.5), ()
    )
    generated = run(memory, first)
    expected = [[2, 4, 8, 16, 0], [3, 9, 27, 0, 0]]
    np.testing.assert_allclose(ops.convert_to_numpy(generated.values)[..., 0], expected)
    assert ops.convert_to_numpy(generated.lengths).tolist() == [4, 3]
    assert ops.convert_to_numpy(generated.ended).tolist() == [True, True]


def test_a_compiled_call_reads_the_current_weights_and_changes_none():
    layer = keras.layers.Dense(3, kernel_initializer="ones")
    generator = keras.random.SeedGenerator(0)
    layer.build((None, 2))

    def noisy(x):
        return layer(x) + keras.random.uniform((3,), seed=generator)

    run = compile_function(noisy, [*layer.variables, generator.state])
    x = np.ones((1, 2), "float32")
    before = ops.convert_to_numpy(run(x))
    layer.kernel.assign(ops.ones((2, 3)) * 5.0)
    np.testing.assert_allclose(ops.convert_to_numpy(run(x)) - before, 8.0, rtol=1e-5)
