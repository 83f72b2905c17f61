"""Problems for the tests of the kernels, and the comparison of results."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from unrolled.kernels import ffi, gru, lstm, pure

FORMS = {"native": ffi, "pure": pure}
CELLS = ["lstm", "gru", "gru_reset_before"]  # the last: a GRU with `reset_after=False`
GATES = {"lstm": 4, "gru": 3, "gru_reset_before": 3}
STATES = {"lstm": 2, "gru": 1, "gru_reset_before": 1}

# Odd sizes: one of everything, one more than a vector, more rows than a block, many inputs.
SIZES = [(1, 1, 1, 1), (2, 3, 1, 3), (3, 5, 20, 7), (5, 7, 3, 65), (67, 4, 2, 17), (9, 40, 3, 16)]

# reverse, hold, sequences
FLAGS = [
    (False, True, True),
    (False, False, True),
    (True, True, True),
    (False, True, False),
    (True, False, False),
]


@dataclass(frozen=True)
class Problem:
    """A cell with its weights and inputs, and a weight for each output number."""

    cell: str
    args: list[Any]  # x, kernel, recurrent kernel, bias, states
    lengths: Any
    out_weights: list[Any]  # ys, states
    flags: dict[str, bool]


def problem(
    cell: str,
    size: tuple[int, int, int, int],
    *,
    ragged: bool = True,
    flags: tuple[bool, bool, bool] = (False, True, True),
    seed: int = 0,
) -> Problem:
    """Draw a problem of size `b t f h`."""
    (b, t, f, h), g, n = size, GATES[cell], STATES[cell]
    rng = np.random.default_rng(seed)

    def draw(*shape: int) -> Any:
        return jnp.asarray(rng.normal(size=shape), jnp.float32)

    bias = draw(2, g * h) if cell == "gru" else draw(g * h)
    states = [draw(b, h) for _ in range(n)]
    args = [draw(b, t, f), draw(f, g * h), draw(h, g * h) / h**0.5, bias * 0.3, *states]
    lengths = jnp.asarray(rng.integers(0, t + 1, b), jnp.int32) if ragged else None
    named = dict(zip(("reverse", "hold", "sequences"), flags, strict=True))
    out = [draw(b, t, h), *[draw(b, h) for _ in range(n)]]
    return Problem(cell, args, lengths, out, named)


def recurrence(form: Any, cell: str) -> Any:
    """Return the function of a module that runs a cell."""
    return (
        partial(form.gru, reset_after=False) if cell == "gru_reset_before" else getattr(form, cell)
    )


def reference(cell: str) -> Any:
    """Return the readable implementation of a cell."""
    return recurrence(lstm if cell == "lstm" else gru, cell)


def results(form: Any, p: Problem, *, grad: bool = True) -> list[np.ndarray]:
    """Return the outputs (ys, states), then the gradient of each argument."""

    def loss(args: list[Any]) -> Any:
        out = form(*args, p.lengths, **p.flags)
        terms = [jnp.sum(o * w) for o, w in zip(out, p.out_weights, strict=True) if o is not None]
        return sum(terms), [o for o in out if o is not None]

    if not grad:
        return [np.asarray(o) for o in loss(p.args)[1]]
    (_, out), grads = jax.jit(jax.value_and_grad(loss, has_aux=True))(p.args)
    return [np.asarray(a) for a in (*out, *grads)]


@cache
def wanted(cell: str, size: tuple[int, int, int, int], **drawn: Any) -> list[np.ndarray]:
    """Return the reference's results for `problem(cell, size, **drawn)`."""
    return results(reference(cell), problem(cell, size, **drawn))


def error(got: np.ndarray, want: np.ndarray) -> float:
    """Return the largest difference, relative to the largest expected number."""
    if want.size == 0:
        return 0.0 if got.shape == want.shape else np.inf
    return float(np.max(np.abs(got - want)) / max(np.max(np.abs(want)), 1e-6))


def assert_close(got: list[np.ndarray], want: list[np.ndarray], limit: float = 1e-5) -> None:
    """Check the shape and the relative error of every result."""
    assert [g.shape for g in got] == [w.shape for w in want]
    errors = [error(g, w) for g, w in zip(got, want, strict=True)]
    assert max(errors) <= limit, errors


def at_once(call: Callable[..., None], arguments: Iterable[tuple[Any, ...]]) -> None:
    """Call a function with each of the arguments, each in its own thread, and wait for all."""
    workers = [threading.Thread(target=call, args=each) for each in arguments]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
