"""Every implementation of a cell has the values and gradients of the readable reference."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recurrence_cases import (
    CELLS,
    FLAGS,
    FORMS,
    SIZES,
    STATES,
    assert_close,
    problem,
    recurrence,
    reference,
    results,
    wanted,
)

from unrolled.errors import ShapeError
from unrolled.kernels import ffi

needs_native = pytest.mark.skipif(not ffi.available(), reason="no compiled kernels here")
forms = pytest.mark.parametrize("form", [pytest.param("native", marks=needs_native), "pure"])
cells = pytest.mark.parametrize("cell", CELLS)


@pytest.mark.representatives(3)
@needs_native
@cells
@pytest.mark.parametrize("size", SIZES)
def test_dense_batch(cell, size):
    p = problem(cell, size, ragged=False)
    assert_close(results(recurrence(ffi, cell), p), wanted(cell, size, ragged=False))


@pytest.mark.slow
@needs_native
@cells
def test_more_weights_than_a_core_has_cache_for(cell):
    size = (32, 30, 5, 400)  # more steps than are gathered for one product
    assert_close(results(recurrence(ffi, cell), problem(cell, size)), wanted(cell, size))


@pytest.mark.representatives(6)
@forms
@cells
@pytest.mark.parametrize("flags", FLAGS)
def test_ragged_batch_and_every_flag(form, cell, flags):
    size = (37, 6, 3, 19)
    p = problem(cell, size, flags=flags)
    assert_close(results(recurrence(FORMS[form], cell), p), wanted(cell, size, flags=flags))


@pytest.mark.slow
@needs_native
@cells
@pytest.mark.parametrize("size", [(33, 20, 5, 48), (8, 60, 3, 65)])
def test_float64(cell, size):
    p = problem(cell, size)
    with jax.enable_x64(True):
        exact = replace(p, args=[jnp.asarray(a, jnp.float64) for a in p.args])
        want = results(reference(cell), exact)
    assert {w.dtype for w in want} == {np.dtype("d")}
    assert_close(results(recurrence(ffi, cell), p), want, 3e-6)


@pytest.mark.slow
@needs_native
@cells
@settings(max_examples=5, deadline=None, derandomize=True)
@given(
    b=st.integers(1, 70),
    t=st.integers(1, 9),
    f=st.integers(1, 20),
    h=st.integers(1, 70),
    ragged=st.booleans(),
    flags=st.tuples(st.booleans(), st.booleans(), st.booleans()),
    seed=st.integers(0, 99),
)
def test_any_size(cell, b, t, f, h, ragged, flags, seed):
    p = problem(cell, (b, t, f, h), ragged=ragged, flags=flags, seed=seed)
    assert_close(results(recurrence(ffi, cell), p), results(reference(cell), p))


@pytest.mark.slow
@needs_native
@cells
def test_large_state_and_long_run(cell):
    p = problem(cell, (34, 12, 70, 300))
    assert_close(results(recurrence(ffi, cell), p), results(reference(cell), p))
    p = problem(cell, (4, 300, 2, 20))
    assert_close(results(recurrence(ffi, cell), p), results(reference(cell), p))


@forms
@cells
@pytest.mark.parametrize("size", [(0, 4, 2, 3), (3, 0, 2, 3)])
def test_no_rows_or_no_steps(form, cell, size):
    p = problem(cell, size)
    got = results(recurrence(FORMS[form], cell), p)
    assert_close(got, results(reference(cell), p))
    np.testing.assert_array_equal(got[1], p.args[4])


@needs_native
@cells
def test_single_gradients(cell):
    """The gradient of x, of the weights, or of one output alone is correct."""
    p = problem(cell, (5, 6, 3, 8))
    for argument, output in [(0, 1), (3, 0)]:

        def gradient(form, argument=argument, output=output):
            def loss(a):
                args = [*p.args[:argument], a, *p.args[argument + 1 :]]
                return jnp.sum(form(*args, p.lengths)[output] * p.out_weights[output])

            return [np.asarray(jax.grad(loss)(p.args[argument]))]

        assert_close(gradient(recurrence(ffi, cell)), gradient(reference(cell)))


PLACES = [(2, 3, 1), (1, 4), (4, 1), (1, 4), (1, 4), (1, 4)]  # in x, the weights and the states


@pytest.mark.representatives(6)
@needs_native
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(
    ("cell", "argument"), [(cell, i) for cell in CELLS for i in range(4 + STATES[cell])]
)
def test_nan_and_infinity_go_where_the_reference_has_them(cell, argument, bad):
    p = problem(cell, (5, 6, 3, 7), ragged=False)
    place = PLACES[argument][-p.args[argument].ndim :]
    p.args[argument] = p.args[argument].at[place].set(bad)
    got, want = results(recurrence(ffi, cell), p), results(reference(cell), p)
    for g, w in zip(got, want, strict=True):
        np.testing.assert_allclose(g, w, rtol=1e-4, atol=1e-4)  # NaN and inf in the same places


@needs_native
def test_arguments_that_do_not_fit_are_refused():
    p = problem("lstm", (2, 3, 4, 5))
    with pytest.raises(ShapeError, match="compute in float32 only"):
        ffi.lstm(p.args[0].astype(jnp.bfloat16), *p.args[1:])
    with pytest.raises(ShapeError, match=r"instead of \(\(4, 20\)"):
        ffi.lstm(p.args[0], p.args[1][:3], *p.args[2:])
    with pytest.raises(ShapeError, match=r"\(15,\).* instead of .*\(2, 15\)"):
        ffi.gru(*problem("gru_reset_before", (2, 3, 4, 5)).args)
    with pytest.raises(ShapeError, match=r"lengths has the shape \(3,\) instead of \(2,\)"):
        ffi.lstm(*p.args, jnp.ones(3, jnp.int32))
