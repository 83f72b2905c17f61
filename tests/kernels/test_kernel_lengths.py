"""A padded row gives the same as the row alone, whatever the padding and the other rows are."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest
from recurrence_cases import CELLS, FLAGS, assert_close, problem, recurrence, results

from unrolled.kernels import ffi

pytestmark = pytest.mark.skipif(not ffi.available(), reason="no compiled kernels here")
cells = pytest.mark.parametrize("cell", CELLS)


@cells
@pytest.mark.parametrize("reverse", [False, True])
def test_each_row_alone(cell, reverse):
    p = problem(cell, (9, 8, 3, 10))
    call = recurrence(ffi, cell)
    together = call(*p.args, p.lengths, reverse=reverse)
    for r, n in enumerate(np.asarray(p.lengths)):
        x, states = p.args[0][r : r + 1, :n], [s[r : r + 1] for s in p.args[4:]]
        alone = call(x, *p.args[1:4], *states, reverse=reverse)
        assert_close([np.asarray(together[0])[r, :n]], [np.asarray(alone[0])[0]], 1e-6)
        for got, want in zip(together[1:], alone[1:], strict=True):
            assert_close([np.asarray(got)[r]], [np.asarray(want)[0]], 1e-6)


@cells
def test_the_values_of_the_padding_do_not_matter(cell):
    p = problem(cell, (6, 7, 2, 5))
    call, n = recurrence(ffi, cell), np.asarray(p.lengths)
    valid = np.arange(7) < n[:, None]
    held = np.asarray(call(*p.args, p.lengths)[0])
    for r in range(6):
        last = held[r, n[r] - 1] if n[r] else np.zeros(5)
        np.testing.assert_array_equal(held[r, n[r] :], np.broadcast_to(last, (7 - n[r], 5)))
    for flags in ({"hold": False}, {"reverse": True}, {"reverse": True, "hold": False}):
        assert not np.asarray(call(*p.args, p.lengths, **flags)[0])[~valid].any()


@cells
@pytest.mark.parametrize("flags", FLAGS)
def test_padding_is_never_read(cell, flags):
    p = problem(cell, (6, 7, 2, 5), flags=flags)
    want = results(recurrence(ffi, cell), p)
    valid = jnp.arange(7) < p.lengths[:, None]
    p.args[0] = jnp.where(valid[..., None], p.args[0], jnp.nan)
    got = results(recurrence(ffi, cell), p)
    assert_close(got, want, 0)
    dx = got[len(got) - len(p.args)]
    assert not dx[~np.asarray(valid)].any()


@cells
def test_the_order_of_the_batch_does_not_matter(cell):
    p = problem(cell, (40, 6, 3, 9))
    order = np.random.default_rng(1).permutation(40)
    want = recurrence(ffi, cell)(*p.args, p.lengths)
    states = [s[order] for s in p.args[4:]]
    got = recurrence(ffi, cell)(p.args[0][order], *p.args[1:4], *states, p.lengths[order])
    assert_close([np.asarray(g) for g in got], [np.asarray(w)[order] for w in want], 1e-6)


@cells
def test_lengths_beyond_the_steps_are_the_steps(cell):
    p = problem(cell, (3, 4, 2, 5))
    got = recurrence(ffi, cell)(*p.args, jnp.array([9, 4, -2]))
    want = recurrence(ffi, cell)(*p.args, jnp.array([4, 4, 0]))
    for g, w in zip(got, want, strict=True):
        np.testing.assert_array_equal(g, w)
