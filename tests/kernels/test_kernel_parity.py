"""Every form of a cell gives the readable reference's values and gradients."""

from __future__ import annotations

import ctypes

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recurrence_cases import FLAGS, FORMS, SIZES, assert_close, problem, reference, results, wanted

from unrolled.errors import ShapeError
from unrolled.kernels import ffi, native

needs_native = pytest.mark.skipif(not ffi.available(), reason="no compiled kernels here")
forms = pytest.mark.parametrize("form", [pytest.param("native", marks=needs_native), "pure"])
cells = pytest.mark.parametrize("cell", ["lstm", "gru"])


@needs_native
@cells
@pytest.mark.parametrize("size", SIZES)
def test_dense_batch(cell, size):
    p = problem(cell, size, ragged=False)
    assert_close(results(getattr(ffi, cell), p), wanted(cell, size, ragged=False))


@forms
@cells
@pytest.mark.parametrize("flags", FLAGS)
def test_ragged_batch_and_every_flag(form, cell, flags):
    size = (37, 6, 3, 19)
    p = problem(cell, size, flags=flags)
    assert_close(results(getattr(FORMS[form], cell), p), wanted(cell, size, flags=flags))


@forms
@pytest.mark.parametrize("flags", FLAGS[:2])
def test_reset_gate_before_the_product(form, flags):
    drawn = {"flags": flags, "reset_after": False}
    p = problem("gru", (5, 6, 3, 7), **drawn)
    assert_close(results(FORMS[form].gru, p), wanted("gru", (5, 6, 3, 7), **drawn))


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
    assert_close(results(getattr(ffi, cell), p), results(reference(cell), p))


@needs_native
@cells
def test_large_state_and_long_run(cell):
    p = problem(cell, (34, 12, 70, 300))
    assert_close(results(getattr(ffi, cell), p), results(reference(cell), p))
    p = problem(cell, (4, 300, 2, 20))
    assert_close(results(getattr(ffi, cell), p), results(reference(cell), p))


@forms
@cells
@pytest.mark.parametrize("size", [(0, 4, 2, 3), (3, 0, 2, 3)])
def test_nothing_to_run(form, cell, size):
    p = problem(cell, size)
    got = results(getattr(FORMS[form], cell), p)
    assert_close(got, results(reference(cell), p))
    np.testing.assert_array_equal(got[1], p.args[4])


@needs_native
@cells
def test_only_what_is_asked_for(cell):
    """The gradient of x, of the weights, or of one output alone: each is still right."""
    p = problem(cell, (5, 6, 3, 8))
    for argument, output in [(0, 1), (3, 0)]:

        def gradient(form, argument=argument, output=output):
            def loss(a):
                args = [*p.args[:argument], a, *p.args[argument + 1 :]]
                return jnp.sum(form(*args, p.lengths)[output] * p.out_weights[output])

            return [np.asarray(jax.grad(loss)(p.args[argument]))]

        assert_close(gradient(getattr(ffi, cell)), gradient(reference(cell)))


PLACES = [(2, 3, 1), (1, 4), (4, 1), (1, 4), (1, 4), (1, 4)]  # in x, the weights and the states


@needs_native
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(
    ("cell", "argument"), [("lstm", i) for i in range(6)] + [("gru", i) for i in range(5)]
)
def test_nan_and_infinity_go_where_the_reference_has_them(cell, argument, bad):
    p = problem(cell, (5, 6, 3, 7), ragged=False)
    place = PLACES[argument][-p.args[argument].ndim :]
    p.args[argument] = p.args[argument].at[place].set(bad)
    got, want = results(getattr(ffi, cell), p), results(reference(cell), p)
    for g, w in zip(got, want, strict=True):
        np.testing.assert_allclose(g, w, rtol=1e-4, atol=1e-4)  # NaN and inf in the same places


@needs_native
@pytest.mark.parametrize(("name", "true"), [("tanh", np.tanh), ("sigmoid", None)])
def test_activations(name, true):
    x = np.concatenate([np.linspace(-100, 100, 40001), np.linspace(-1, 1, 40001)]).astype("f")
    y = np.empty_like(x)
    call = getattr(native.loaded(), f"unrolled_{name}")
    call(x.ctypes.data_as(ctypes.c_void_p), y.ctypes.data_as(ctypes.c_void_p), x.size)
    exact = (true or (lambda v: 1 / (1 + np.exp(-v))))(x.astype("d"))
    assert np.max(np.abs(y - exact)) <= 3e-7
    large = np.abs(exact) > 1e-30
    assert np.max(np.abs(y - exact)[large] / np.abs(exact)[large]) <= 2e-6
    special = np.array([np.nan, np.inf, -np.inf], "f")
    out = np.empty_like(special)
    call(special.ctypes.data_as(ctypes.c_void_p), out.ctypes.data_as(ctypes.c_void_p), 3)
    np.testing.assert_array_equal(out, [np.nan, 1, -1 if true else 0])


@needs_native
def test_what_does_not_fit_is_told():
    p = problem("lstm", (2, 3, 4, 5))
    with pytest.raises(ShapeError, match="expected float32"):
        ffi.lstm(p.args[0].astype(jnp.bfloat16), *p.args[1:])
    with pytest.raises(ShapeError, match=r"expected \(\(4, 20\)"):
        ffi.lstm(p.args[0], p.args[1][:3], *p.args[2:])
    with pytest.raises(ShapeError, match=r"lengths has shape \(3,\); expected \(2,\)"):
        ffi.lstm(*p.args, jnp.ones(3, jnp.int32))
