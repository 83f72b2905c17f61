"""Single steps with NumPy arrays give the same as the steps of a sequence."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from recurrence_cases import CELLS, assert_close, problem, reference

from unrolled.errors import ShapeError
from unrolled.kernels import ffi

pytestmark = pytest.mark.skipif(not ffi.available(), reason="no compiled kernels here")


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("size", [(1, 5, 3, 128), (2, 4, 1, 1), (70, 3, 2, 9)])
def test_single_steps_equal_the_sequence(cell, size):
    p = problem(cell, size, ragged=False)
    ys, *final = reference(cell)(*p.args)
    x, *weights = (np.asarray(a) for a in p.args[:4])
    form = {"reset_after": False} if cell == "gru_reset_before" else {}
    stepper = (ffi.LSTMStepper if cell == "lstm" else ffi.GRUStepper)(*weights, **form)
    step = ffi.lstm_step if cell == "lstm" else ffi.gru_step
    states = [np.asarray(s) for s in p.args[4:]]
    kept = []
    for t in range(size[1]):
        once = step(x[:, t], *states, *weights, **form)
        out = stepper(x[:, t], *states)
        states = list(out) if cell == "lstm" else [out]
        assert_close(list(once) if cell == "lstm" else [once], states, 0)
        kept.append(states[0])
    assert_close([np.stack(kept, 1), *states], [np.asarray(a) for a in (ys, *final)])


def test_a_stepper_copies_its_weights_and_does_not_change_the_state():
    p = problem("lstm", (1, 1, 3, 8))
    x, k, u, b, h, c = (np.array(a) for a in p.args)
    stepper = ffi.LSTMStepper(k, u, b)
    before = h.copy(), c.copy()
    first = stepper(x[:, 0], h, c)
    k[:] = u[:] = b[:] = 0
    assert_close(list(stepper(x[:, 0], h, c)), list(first), 0)
    np.testing.assert_array_equal(h, before[0])
    np.testing.assert_array_equal(c, before[1])


def test_a_result_is_not_overwritten_and_batch_sizes_may_differ():
    p = problem("lstm", (3, 1, 4, 8))
    x, k, u, b, h, c = (np.array(a) for a in p.args)
    stepper = ffi.LSTMStepper(k, u, b)
    first = stepper(x[:, 0], h, c)
    kept = [a.copy() for a in first]
    rows = [stepper(x[i : i + 1, 0], h[i : i + 1], c[i : i + 1]) for i in range(3)]
    assert_close(list(first), kept, 0)
    assert_close([np.concatenate(a) for a in zip(*rows, strict=True)], kept)


def test_threads_share_a_stepper():
    p = problem("gru", (8, 1, 3, 40))
    x, k, u, b, h = (np.asarray(a) for a in p.args)
    stepper = ffi.GRUStepper(k, u, b)
    jobs = [(x[i : i + 1 + i % 2, 0], h[i : i + 1 + i % 2]) for i in range(7)] * 100
    want = [stepper(*job) for job in jobs]
    with ThreadPoolExecutor(4) as pool:
        assert_close(list(pool.map(lambda job: stepper(*job), jobs)), want, 0)


def test_other_memory_layouts_and_dtypes_work():
    p = problem("gru", (4, 1, 3, 8))
    x, k, u, b, h = (np.asarray(a) for a in p.args)
    want = ffi.gru_step(x[:, 0], h, k, u, b)
    fortran = [np.asfortranarray(a) for a in (x[:, 0], h, k, u, b)]
    np.testing.assert_array_equal(ffi.gru_step(*fortran), want)
    double = [a.astype("d") for a in (x[:, 0], h, k, u, b)]
    np.testing.assert_array_equal(ffi.gru_step(*double), want)


def test_arguments_that_do_not_fit_are_refused():
    p = problem("lstm", (2, 1, 3, 8))
    x, k, u, b, h, c = (np.asarray(a) for a in p.args)
    stepper = ffi.LSTMStepper(k, u, b)
    with pytest.raises(ShapeError, match=r"x has the shape \(2, 2\) instead of \(2, 3\)"):
        stepper(x[:, 0, :2], h, c)
    with pytest.raises(ShapeError, match="Pass the weights as Keras has them"):
        ffi.LSTMStepper(k.T, u, b)
    before = [np.asarray(a) for a in problem("gru_reset_before", (2, 1, 3, 8)).args[1:4]]
    with pytest.raises(ShapeError, match=r"\(24,\)\) instead of .*\(2, 24\)"):
        ffi.GRUStepper(*before)
