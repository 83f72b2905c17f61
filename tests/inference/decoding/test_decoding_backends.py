"""Every loop on whichever engine is active; NumPy is the judge, so no engine is needed twice."""

import decoders
import numpy as np
import pytest
from decoders import END, START, Recurrent, compiled_loop, ops, recurrent, rows_only, table, told

from unrolled.backend import keras
from unrolled.inference.decoding import (
    compile_function,
    decode_by_beam_search,
    decode_by_sampling,
    decode_greedily,
    decode_numbers,
)

MARKS = {"start": START, "end": END}
MODELS = [Recurrent(seed) for seed in (1, 6, 8, 9)]


@pytest.fixture(params=["compiled", "as it is"])
def run(request):
    """Return a function that runs a loop over a model, compiled or not."""
    if request.param == "compiled":
        return lambda loop, model, **how: compiled_loop(loop, **how)(*model.parts())
    return lambda loop, model, **how: told(loop(recurrent, *model.parts(), **MARKS, **how))


def test_greedy(run):
    for model in MODELS:
        for index, [(ids, score, ended)] in enumerate(run(decode_greedily, model, most=6)):
            assert ids == decoders.greedily(model, index, 6)
            assert score == pytest.approx(model.score(index, ids), abs=1e-4)
            assert ended == (END in ids)


@pytest.mark.parametrize("penalty", [0.0, 1.0])
def test_beam(run, penalty):
    for model in MODELS:
        made = run(decode_by_beam_search, model, most=5, width=3, n_best=2, length_penalty=penalty)
        for index, found in enumerate(made):
            expected = decoders.searched(model, index, 5, 3, penalty)
            assert [ids for ids, _, _ in found] == [ids for ids, _ in expected[:2]]
            for (_, score, _), (_, sought) in zip(found, expected, strict=False):
                assert score == pytest.approx(sought, abs=1e-4)


def test_sample(run):
    for model in MODELS:
        how = {"most": 5, "samples": 4, "top_k": 3, "top_p": 0.9}
        cold = run(decode_by_sampling, model, **how, temperature=1e-3)
        warm, again = (run(decode_by_sampling, model, **how, seed=2) for _ in range(2))
        assert warm == again
        for index, row in enumerate(warm):
            assert [ids for ids, _, _ in cold[index]] == [decoders.greedily(model, index, 5)] * 4
            for ids, score, _ in row:
                assert score == pytest.approx(model.score(index, ids), abs=1e-4)


def test_ids_are_drawn_as_often_as_they_are_probable():
    step = table(np.tile([0.1, 0.6, 0.3], (3, 1)))
    made = decode_by_sampling(step, (), rows_only(1), **MARKS, most=1, samples=4000)
    shares = np.bincount(ops.convert_to_numpy(made.ids).ravel(), minlength=3) / 4000
    np.testing.assert_allclose(shares, [0.1, 0.6, 0.3], atol=0.03)  # over three standard errors


@pytest.mark.parametrize("loop", [decode_greedily, decode_by_beam_search, decode_by_sampling])
def test_allowed(loop):
    def rising(ids, position):
        """Allow the end, and ids above the one before."""
        before = ops.max(ids, axis=1, keepdims=True)  # n 1
        every = ops.expand_dims(ops.arange(4, dtype="int32"), 0)
        return ops.logical_or(every == END, ops.logical_and(every > before, position < 3))

    how = {"width": 3, "n_best": 3} if loop is decode_by_beam_search else {}
    for model in MODELS:
        made = told(loop(recurrent, *model.parts(), **MARKS, most=6, allowed=rising, **how))
        for ids in [ids for row in made for ids, _, _ in row]:
            assert list(ids[:-1]) == sorted(set(ids[:-1]))
            assert END not in ids[:-1]


def test_values():
    def step(previous, states, memory):
        new = previous * memory
        return ops.concatenate([new, new[:, :1] - 10.0], axis=1), states

    first, memory = np.array([[1.0], [1.0]], "float32"), np.array([[2.0], [3.0]], "float32")
    run = compile_function(lambda m, f: decode_numbers(step, (), m, first=f, most=5, stop=0.5), ())
    made = run(memory, first)
    expected = [[2, 4, 8, 16, 0], [3, 9, 27, 0, 0]]
    np.testing.assert_allclose(ops.convert_to_numpy(made.values)[..., 0], expected)
    assert ops.convert_to_numpy(made.lengths).tolist() == [4, 3]
    assert ops.convert_to_numpy(made.ended).tolist() == [True, True]


def test_a_compiled_call_reads_the_weights_of_the_moment_and_writes_none():
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
