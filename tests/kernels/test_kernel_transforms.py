"""The compiled calls in the transformations of JAX."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from recurrence_cases import CELLS, assert_close, problem, recurrence, reference, results
from test_kernel_threads import python

from unrolled.kernels import ffi

pytestmark = pytest.mark.skipif(not ffi.available(), reason="no compiled kernels here")
cells = pytest.mark.parametrize("cell", CELLS)
SIZE = (4, 6, 3, 9)


def arrays(tree):
    return [np.asarray(leaf) for leaf in jax.tree.leaves(tree)]


@cells
def test_checkpoint(cell):
    p = problem(cell, SIZE)
    call = recurrence(ffi, cell)

    def rematerialised(*args, **flags):
        return jax.checkpoint(lambda *a: call(*a, **flags))(*args)

    kept = results(rematerialised, p)
    assert_close(kept, results(call, p), 0)


@pytest.mark.slow
@cells
def test_vmap_over_models_and_over_inputs(cell):
    p = problem(cell, SIZE)
    many = [jnp.stack([a, a * 0.5, -a]) for a in p.args]

    def gradients(form):
        def loss(*args):
            return jnp.sum(form(*args, p.lengths)[0] * p.out_weights[0])

        every = jax.vmap(jax.grad(loss, argnums=tuple(range(len(many)))))(*many)
        inputs = jax.vmap(loss, in_axes=(0, *[None] * (len(many) - 1)))(many[0], *p.args[1:])
        return arrays((every, inputs))

    assert_close(gradients(recurrence(ffi, cell)), gradients(reference(cell)))


@cells
def test_inside_a_scan(cell):
    p = problem(cell, SIZE)

    def gradients(form):
        def loss(args):
            def body(states, _):
                out = form(*args[:4], *states, p.lengths)
                return out[1:], jnp.sum(out[0] ** 2)

            _, terms = jax.lax.scan(body, tuple(args[4:]), None, length=3)
            return jnp.sum(terms)

        return arrays(jax.jit(jax.grad(loss))(p.args))

    assert_close(gradients(recurrence(ffi, cell)), gradients(reference(cell)))


@cells
def test_the_same_with_and_without_jit(cell):
    p = problem(cell, SIZE)
    eager = arrays(recurrence(ffi, cell)(*p.args, p.lengths))
    assert_close(eager, arrays(jax.jit(recurrence(ffi, cell))(*p.args, p.lengths)), 0)


@cells
def test_dx_is_computed_only_if_wanted(cell):
    p = problem(cell, SIZE)

    def loss(kernel, x):
        return jnp.sum(recurrence(ffi, cell)(x, kernel, *p.args[2:], p.lengths)[0])

    def computed(argnums):
        text = str(jax.make_jaxpr(jax.grad(loss, argnums))(p.args[1], p.args[0]))
        return text.count("f32[4,6,3] ") + text.count("f32[4,6,3]\n")

    assert computed((0, 1)) > computed(0)


SHARDED = """
import sys; sys.path.insert(0, sys.argv[1])
import re
import jax, jax.numpy as jnp, numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec as P
from recurrence_cases import CELLS, assert_close, problem, recurrence, reference, results
from unrolled.kernels import ffi
assert jax.device_count() == 2
mesh = Mesh(np.array(jax.devices()), ("batch",))
rows, every = NamedSharding(mesh, P("batch")), NamedSharding(mesh, P())
wide, narrow = (6, 7, 3, 9), (4, 2, 5, 3)
cases = (("lstm", wide), ("gru", wide), ("gru", narrow), ("gru_reset_before", wide))
for cell, size in cases:
    p = problem(cell, size)
    args = [jax.device_put(a, rows if i in (0, 4, 5) else every) for i, a in enumerate(p.args)]
    lengths = jax.device_put(p.lengths, rows)
    def loss(args, lengths, form):
        ys, *states = form(*args, lengths)
        terms = [jnp.sum(o * w) for o, w in zip((ys, *states), p.out_weights)]
        return sum(terms), (ys, *states)
    step = jax.jit(jax.value_and_grad(lambda a, n: loss(a, n, recurrence(ffi, cell)), has_aux=True))
    (_, out), grads = step(args, lengths)
    assert_close([np.asarray(a) for a in (*out, *grads)], results(reference(cell), p))
    assert out[0].sharding.spec[0] == "batch", out[0].sharding
    text = step.lower(args, lengths).compile().as_text()
    assert "all-gather" not in text, "the batch was gathered"
    calls = re.findall(r"custom-call.*unrolled_%s_forward" % cell, text)
    assert calls, "no compiled call"
print("stayed local")
"""


@pytest.mark.slow
def test_a_sharded_batch_stays_on_its_devices():
    told = python(SHARDED, XLA_FLAGS="--xla_force_host_platform_device_count=2")
    assert "stayed local" in told
