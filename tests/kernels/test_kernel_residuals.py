"""The gradients are the same whether the residuals of forward are still stored or not."""

from __future__ import annotations

import os

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from recurrence_cases import FLAGS, assert_close, at_once, problem, results
from test_kernel_threads import python

from unrolled.kernels import ffi, native

pytestmark = pytest.mark.skipif(not ffi.available(), reason="no compiled kernels here")
cells = pytest.mark.parametrize("cell", ["lstm", "gru"])
SIZE = (5, 7, 3, 20)


@pytest.fixture
def keep_at_most():
    yield native.require_library().unrolled_keep_at_most
    native.require_library().unrolled_keep_at_most(-1)


def kept_bytes():
    return native.require_library().unrolled_kept_bytes()


def repeated(work):
    """Return the result of `work` and how often backward ran forward again."""
    before = native.require_library().unrolled_repeated_calls()
    out = jax.block_until_ready(work())
    return out, native.require_library().unrolled_repeated_calls() - before


def pullback(p):
    """Run forward and return the function that computes the gradients."""
    out, pull = jax.vjp(lambda *args: getattr(ffi, p.cell)(*args, p.lengths, **p.flags), *p.args)
    jax.block_until_ready(out)
    weights = tuple(w if o is not None else None for o, w in zip(out, p.out_weights, strict=True))
    return lambda: [np.asarray(g) for g in pull(weights)]


@cells
@pytest.mark.parametrize("flags", FLAGS)
@pytest.mark.parametrize("size", [SIZE, (70, 20, 5, 48)])
def test_gradients_do_not_depend_on_the_stored_residuals(cell, flags, size, keep_at_most):
    p = problem(cell, size, flags=flags)
    kept, none = repeated(lambda: results(getattr(ffi, cell), p))
    keep_at_most(0)
    again, one = repeated(lambda: results(getattr(ffi, cell), p))
    assert (none, one) == (0, 1)
    assert_close(again, kept, 0)


@cells
def test_a_pullback_can_be_used_twice_and_late(cell):
    p = problem(cell, SIZE)
    gradients = pullback(p)
    (first, again), count = repeated(lambda: (gradients(), gradients()))
    assert count == 0
    pullback(problem(cell, SIZE, seed=1))  # takes what the first no longer waits for
    late, count = repeated(gradients)
    assert count == 1
    assert_close(again, first, 0)
    assert_close(late, first, 0)


def test_unused_pullbacks_take_little_memory():
    p = problem("lstm", (2, 3, 1, 8))
    run = jax.jit(lambda *args: jax.vjp(ffi.lstm, *args)[0])
    for _ in range(300):
        run(*p.args)
    before = kept_bytes()
    for _ in range(10_000):
        run(*p.args)
    assert kept_bytes() <= before


@pytest.mark.slow
def test_the_residuals_stay_within_their_limit(keep_at_most):
    p = problem("lstm", SIZE)
    want = pullback(p)()

    def train():
        pulls = [pullback(p) for _ in range(30)]
        return kept_bytes(), *repeated(lambda: [pull() for pull in reversed(pulls)])

    train()  # so long a wait is new to it
    _, _, count = train()
    assert count == 0
    limit = 10 * 4 * 5 * 7 * 5 * 32  # about ten calls, then the oldest give way
    keep_at_most(limit)
    assert kept_bytes() <= limit
    kept, every, count = train()
    assert kept <= limit
    assert 15 <= count < 30
    for got in every:
        assert_close(got, want, 0)


def test_unused_memory_is_returned():
    p = problem("lstm", (64, 64, 8, 64))
    results(ffi.lstm, p)
    before = kept_bytes()
    small = problem("lstm", (1, 1, 1, 1))
    run = jax.jit(ffi.lstm)
    for _ in range(1100):
        run(*small.args)
    assert kept_bytes() <= before - 64 * 64 * 5 * 64 * 4


@cells
def test_from_its_second_run_a_scan_stores_all_its_residuals(cell, keep_at_most):
    p = problem(cell, SIZE)

    @jax.jit
    def gradients(args):
        def body(states, _):
            out = getattr(ffi, cell)(*args[:4], *states, p.lengths)
            return out[1:], jnp.sum(out[0] ** 2)

        def loss(args):
            return jnp.sum(jax.lax.scan(body, tuple(args[4:]), None, length=40)[1])

        return jax.grad(loss)(args)

    first, _ = repeated(lambda: gradients(p.args))
    second, count = repeated(lambda: gradients(p.args))
    keep_at_most(0)
    third, every = repeated(lambda: gradients(p.args))
    assert (count, every) == (0, 40)
    for got in (second, third):
        assert_close([np.asarray(g) for g in got], [np.asarray(g) for g in first], 0)


@cells
def test_checkpoint_stores_no_residuals_for_long(cell):
    p = problem(cell, SIZE)

    def loss(args):
        call = jax.checkpoint(lambda *a: getattr(ffi, cell)(*a, p.lengths)[0])
        return jnp.sum(call(*args) ** 2)

    gradients = jax.jit(jax.grad(loss))
    want = gradients(p.args)
    for _ in range(20):
        gradients(p.args)
    before = kept_bytes()
    for _ in range(50):
        got, count = repeated(lambda: gradients(p.args))
        assert count == 0
    assert kept_bytes() <= before
    assert_close([np.asarray(g) for g in got], [np.asarray(g) for g in want], 0)


def test_a_vmapped_pullback_uses_the_right_residuals():
    p = problem("lstm", SIZE)
    gradients = jax.jit(
        jax.vmap(lambda x: jax.grad(lambda x: jnp.sum(ffi.lstm(x, *p.args[1:])[0] ** 2))(x))
    )
    many = jnp.stack([p.args[0] * scale for scale in (1, 2, 3)])
    got, count = repeated(lambda: gradients(many))
    assert count == 0
    alone = [gradients(x[None])[0] for x in many]
    assert_close([np.asarray(g) for g in got], [np.asarray(g) for g in alone], 0)


def test_rows_from_other_calls_are_run_again():
    p = problem("lstm", SIZE, ragged=False)
    weights = tuple(p.args[1:4])
    lengths = jnp.full(5, 7, jnp.int32)
    flags = ffi.Flags(False, True, True)
    *_, tokens = ffi._forward("lstm", True, flags, p.args[0], weights, tuple(p.args[4:]), lengths)

    def gradients(order, named):
        rows = [a[order] for a in (p.args[0], *p.args[4:], *p.out_weights)]
        x, h0, c0, dys, dh, dc = rows
        return ffi._backward(
            "lstm", True, flags, x, weights, (h0, c0), lengths[order], named, dys, (dh, dc)
        )

    for order in (jnp.arange(5)[::-1], jnp.arange(3), jnp.array([0, 0, 1, 2, 3])):
        moved, one = repeated(lambda order=order: gradients(order, tokens[order]))
        want, _ = repeated(lambda order=order: gradients(order, jnp.zeros_like(tokens[order])))
        assert one == 1
        assert_close([np.asarray(g) for g in moved], [np.asarray(g) for g in want], 0)
    _, none = repeated(lambda: gradients(jnp.arange(5), tokens))
    assert none == 0


@pytest.mark.slow
def test_two_threads_with_many_calls_outstanding(keep_at_most):
    keep_at_most(kept_bytes() + 2**17)  # a few calls: they take each other's memory
    problems = [problem("lstm", SIZE, seed=1), problem("gru", SIZE, seed=2)]
    want = [pullback(p)() for p in problems]
    failures = []

    def train(p, w):
        try:
            for _ in range(10):
                for pull in [pullback(p) for _ in range(4)]:
                    assert_close(pull(), w, 0)
        except AssertionError as failure:
            failures.append(failure)

    at_once(train, zip(problems, want, strict=True))
    assert not failures


SHARDED = """
import sys; sys.path.insert(0, sys.argv[1])
import jax, jax.numpy as jnp, numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec as P
from recurrence_cases import assert_close, problem, reference
from unrolled.kernels import ffi, native
assert jax.device_count() == 2
mesh = Mesh(np.array(jax.devices()), ("batch",))
rows, every = NamedSharding(mesh, P("batch")), NamedSharding(mesh, P())
p = problem("lstm", (6, 7, 3, 9))
def loss(form, x):
    return jnp.sum(form(x, *p.args[1:], p.lengths)[0] * p.out_weights[0])
count = lambda: native.require_library().unrolled_repeated_calls()
x = jax.device_put(p.args[0], rows)
want = np.asarray(jax.grad(lambda x: loss(reference("lstm"), x))(p.args[0]))
assert_close([np.asarray(jax.jit(jax.grad(lambda x: loss(ffi.lstm, x)))(x))], [want])
assert count() == 0, "a shard did not find what it kept"
_, pull = jax.jit(lambda x: jax.vjp(lambda x: loss(ffi.lstm, x), x))(x)
gathered = jax.tree.map(lambda leaf: jax.device_put(leaf, every), pull)
got = jax.jit(lambda pull: pull(jnp.float32(1))[0])(gathered)
assert_close([np.asarray(got)], [want])
assert count() > 0, "rows of two devices passed for one call"
print("right on both")
"""


@pytest.mark.slow
def test_rows_that_change_their_device():
    told = python(SHARDED, XLA_FLAGS="--xla_force_host_platform_device_count=2")
    assert "right on both" in told


FORK = """
import os, signal
import jax
jax.config.update("jax_cpu_enable_async_dispatch", False)
import sys; sys.path.insert(0, sys.argv[1])
import numpy as np
from recurrence_cases import assert_close, problem
from unrolled.kernels import ffi, native
p = problem("lstm", (70, 20, 5, 48))
forward = jax.jit(lambda *args: jax.vjp(ffi.lstm, *args)[1])
backward = jax.jit(lambda pull, weights: pull(weights))
pull, first = forward(*p.args), forward(*p.args)
doubled = [a * 2 for a in p.args]
want_pulled = backward(first, tuple(p.out_weights))
count = native.require_library().unrolled_repeated_calls()
child = os.fork()
if child == 0:
    signal.alarm(60)
    other = forward(*doubled)  # must not be taken for a call of the parent
    got = backward(pull, tuple(p.out_weights))
    assert_close([np.asarray(g) for g in got], [np.asarray(g) for g in want_pulled], 0)
    assert native.require_library().unrolled_repeated_calls() == count + 1
    os._exit(0)
_, status = os.waitpid(child, 0)
assert status == 0, status
got = backward(pull, tuple(p.out_weights))
assert_close([np.asarray(g) for g in got], [np.asarray(g) for g in want_pulled], 0)
assert native.require_library().unrolled_repeated_calls() == count
print("forked and right")
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_of_fork_runs_forward_again():
    assert "forked and right" in python(FORK)
