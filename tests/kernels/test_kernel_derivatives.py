"""Every derivative that JAX can take of the readable recurrence, of the fast ones too."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from recurrence_cases import CELLS, FLAGS, FORMS, assert_close, problem, recurrence, reference

from unrolled.kernels import ffi, gru

FORM_NAMES = [name for name in FORMS if name == "pure" or ffi.available()]
SIZE = (3, 4, 2, 3)
every = pytest.mark.parametrize("cell", CELLS)
forms = pytest.mark.parametrize("form", FORM_NAMES)


def loss_of(function, p, weight=1.0):
    """Return a function of the arguments of a recurrence with a number as result."""

    def loss(*args):
        outputs = function(*args, p.lengths, **p.flags)
        terms = [
            jnp.sum(jnp.sin(o * w))
            for o, w in zip(outputs, p.out_weights, strict=True)
            if o is not None
        ]
        return weight * sum(terms)

    return loss


def arrays(tree):
    return [np.asarray(leaf) for leaf in jax.tree.leaves(tree)]


def compare(p, form, derivative):
    """Check a derivative of the loss of a fast form against that of the readable one."""
    losses = [
        loss_of(function, p) for function in (recurrence(FORMS[form], p.cell), reference(p.cell))
    ]
    fast, expected = (
        arrays(jax.jit(lambda *args, loss=loss: derivative(loss, *args))(*p.args))
        for loss in losses
    )
    assert_close(fast, expected, 2e-5)


@forms
@every
@pytest.mark.parametrize("flags", FLAGS, ids=str)
@pytest.mark.representatives(3)
def test_jvp(form, cell, flags):
    p = problem(cell, SIZE, flags=flags)
    tangents = tuple(jnp.cos(a) for a in p.args)
    compare(p, form, lambda loss, *args: jax.jvp(loss, args, tangents))


def test_a_hessian_times_a_vector():
    p = problem("gru", (2, 2, 1, 2))

    def product(loss, *args):
        return jax.jvp(lambda u: jax.grad(loss, 2)(*args[:2], u, *args[3:]), args[2:3], args[2:3])

    compare(p, FORM_NAMES[0], product)


@pytest.mark.slow
@forms
@every
def test_second_derivatives(form, cell):
    p = problem(cell, (2, 3, 2, 2))

    def both(loss, *args):
        backwards = jax.jacrev(jax.jacrev(loss, 2), 0)
        return jax.hessian(loss, 2)(*args), backwards(*args)

    compare(p, form, both)


def test_derivatives_without_jit():
    p = problem("gru", (2, 2, 1, 2), ragged=False)
    fast, slow = (loss_of(recurrence(f, "gru"), p) for f in (FORMS[FORM_NAMES[0]], gru))
    args, moves = tuple(p.args), tuple(map(jnp.cos, p.args))
    for derivative in (lambda f: jax.jvp(f, args, moves), lambda f: jax.jacfwd(f)(*args)):
        assert_close(arrays(derivative(fast)), arrays(derivative(slow)), 2e-5)


@pytest.mark.slow
@forms
def test_a_gradient_penalty(form):
    p = problem("gru", SIZE)

    def penalty(loss, *args):
        return jax.grad(lambda *a: jnp.sum(jax.grad(loss)(*a) ** 2), (0, 1, 2, 3))(*args)

    compare(p, form, penalty)


@forms
def test_vmap_inside_of_derivatives(form):
    p = problem("lstm", SIZE)

    def several(loss, *args):
        return jnp.sum(jax.vmap(lambda s: loss(args[0] * s, *args[1:]))(jnp.array([1.0, 0.5])))

    compare(p, form, lambda loss, *args: jax.grad(lambda *a: several(loss, *a), (0, 1))(*args))
    compare(p, form, lambda loss, *args: jax.jacfwd(lambda h: loss(*args[:4], h, args[5]))(args[4]))


@pytest.mark.skipif(not ffi.available(), reason="no compiled kernels here")
@every
def test_a_gradient_runs_compiled_code_only(cell):
    p = problem(cell, SIZE)
    loss = loss_of(recurrence(ffi, cell), p)
    text = jax.jit(jax.grad(loss, (0, 1))).lower(*p.args).as_text()
    assert f"unrolled_{cell}_backward" in text
    assert "stablehlo.while" not in text, "the readable recurrence is in the program"
