"""The recurrence in JAX alone, if nothing was compiled: correct, but slower.

Without the compiled kernels, training on a CPU is two to three times slower, and padded steps cost
as much as real ones. It is faster than the readable implementation because backward is a scan of
its own: it stores only the states, computes each step again, and adds up the gradients of the
weights, which would otherwise be stored for every step. Any other derivative is that of the scan.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from unrolled.kernels import gru as readable_gru
from unrolled.kernels import lstm as readable_lstm
from unrolled.kernels import native
from unrolled.kernels.derivatives import Rule, differentiable

SLOW = (
    "the recurrent layers run in pure JAX, because unrolled was installed without compiled kernels:"
    " training on a CPU takes two to three times as long. Install a C++20 compiler and then"
    " unrolled again."
)


class Flags(NamedTuple):
    """How a call runs; known when it is compiled."""

    cell: str  # lstm, gru or gru_reset_before
    reverse: bool
    hold: bool
    sequences: bool


def _lstm_step(x: Array, states: tuple[Array, ...], weights: tuple[Array, ...]) -> Any:
    return readable_lstm.step(x, *states, *weights)


def _gru_step(x: Array, states: tuple[Array, ...], weights: tuple[Array, ...]) -> Any:
    return (readable_gru.step(x, *states, *weights),)


def _gru_reset_before_step(x: Array, states: tuple[Array, ...], weights: tuple[Array, ...]) -> Any:
    return (readable_gru.step(x, *states, *weights, reset_after=False),)


STEPS: dict[str, Callable[..., Any]] = {
    "lstm": _lstm_step,
    "gru": _gru_step,
    "gru_reset_before": _gru_reset_before_step,
}


@cache
def _warn() -> None:
    if native.library() is None:
        warnings.warn(SLOW, RuntimeWarning, stacklevel=5)


def _select(valid: Array, new: Any, old: Any) -> Any:
    return jax.tree.map(lambda a, b: jnp.where(valid, a, b), new, old)


def _forward(
    flags: Flags, x: Array, valid: Array, weights: Any, states: Any, keep: bool
) -> tuple[Any, Array | None, Any]:
    """Return the final states, `ys` `t b h` and, if `keep`, the states before each step."""
    step = STEPS[flags.cell]

    def body(carry: Any, now: Any) -> Any:
        old, last = carry
        x_t, valid_t = now
        new = step(x_t, old, weights)
        y = jnp.where(valid_t, new[0], last if flags.hold else jnp.zeros_like(last))
        out = (y if flags.sequences else None, old if keep else None)
        return (_select(valid_t, new, old), y), out

    start = (states, jnp.zeros_like(states[0]))
    (final, _), (ys, before) = jax.lax.scan(body, start, (x, valid), reverse=flags.reverse)
    return final, ys, before


def _scan(flags: Flags, *arguments: Array) -> tuple[Array, ...]:
    """Return `ys` `t b h` (`0 b h` if not wanted) and the final states."""
    final, ys, _ = _forward(flags, *_parts(arguments), keep=False)
    return _steps(ys, final), *final


def _scan_forward(flags: Flags, *arguments: Array) -> tuple[Any, Any]:
    final, ys, before = _forward(flags, *_parts(arguments), keep=True)
    return (_steps(ys, final), *final), before


def _parts(arguments: Sequence[Array]) -> tuple[Array, Array, Any, Any]:
    """Return x, which steps are valid, the weights and the states."""
    x, valid, kernel, recurrent_kernel, bias, *states = arguments
    return x, valid, (kernel, recurrent_kernel, bias), tuple(states)


def _steps(ys: Array | None, final: Any) -> Array:
    return jnp.zeros((0, *final[0].shape), final[0].dtype) if ys is None else ys


def _scan_backward(
    flags: Flags, wanted: tuple[int, ...], arguments: Any, before: Any, cotangents: Any
) -> list[Any]:
    x, valid, weights, states = _parts(arguments)
    dys, *dfinal = cotangents
    dys = dys if flags.sequences else None
    dstates = tuple(
        jnp.zeros_like(s) if d is None else d for d, s in zip(dfinal, states, strict=True)
    )

    def body(carry: Any, now: Any) -> Any:
        dstates, drepeated, dweights = carry  # drepeated: of this output, where padding repeats it
        x_t, valid_t, old, dy = now
        new, pull = jax.vjp(partial(_call, flags.cell), x_t, old, weights)
        drepeated = drepeated if dy is None else drepeated + dy
        arriving = (dstates[0] + drepeated, *dstates[1:])
        masked = jax.tree.map(lambda d: jnp.where(valid_t, d, 0), arriving)
        dx, dold, dw = pull(jax.tree.map(lambda d, n: d.astype(n.dtype), masked, new))
        left = jnp.where(valid_t, 0, drepeated) if flags.hold else jnp.zeros_like(drepeated)
        return (_select(valid_t, dold, dstates), left, jax.tree.map(jnp.add, dweights, dw)), dx

    start = (dstates, jnp.zeros_like(dstates[0]), jax.tree.map(jnp.zeros_like, weights))
    now = (x, valid, before, dys)
    (dinitial, _, dweights), dx = jax.lax.scan(body, start, now, reverse=not flags.reverse)
    gradients = (dx, None, *dweights, *dinitial)
    return [gradients[i] for i in wanted]


def _call(cell: str, x: Array, states: Any, weights: Any) -> Any:
    return STEPS[cell](x, states, weights)


RULE = Rule(_scan, _scan_forward, _scan_backward, _scan)


def _run(flags: Flags, x: Array, weights: Any, states: Any, lengths: Array | None) -> Any:
    _warn()
    valid = jnp.ones(x.shape[:2], bool)  # b t
    if lengths is not None:
        valid = jnp.arange(x.shape[1]) < lengths[:, None]
        x = jnp.where(valid[..., None], x, 0)  # even a NaN in the padding has no effect
    steps = (x.swapaxes(0, 1), valid.T[..., None])  # t b f, t b 1
    ys, *final = differentiable(RULE, flags, *steps, *weights, *states)
    return ys.swapaxes(0, 1) if flags.sequences else None, tuple(final)


def lstm(
    x: Array,
    kernel: Array,
    recurrent_kernel: Array,
    bias: Array,
    h0: Array,
    c0: Array,
    lengths: Array | None = None,
    *,
    reverse: bool = False,
    hold: bool = True,
    sequences: bool = True,
) -> tuple[Array | None, Array, Array]:
    """Run the LSTM over every step of a right-padded batch; see `unrolled.kernels.lstm.lstm`.

    Args:
        x: Inputs, `b t f`.
        kernel: Input weights, `f 4h`.
        recurrent_kernel: Recurrent weights, `h 4h`.
        bias: `4h`.
        h0: Initial hidden state, `b h`.
        c0: Initial cell state, `b h`.
        lengths: Valid steps of each row, `b` int32; None means that every step is valid.
        reverse: Run each row from its last valid step back to step 0.
        hold: At a padded step repeat the previous output in running order, zeros before the
            first; otherwise zeros at every padded step.
        sequences: Return the output of every step.

    Returns:
        `ys` `b t h` (None without `sequences`) and the final `h` and `c`, both `b h`.
    """
    flags = Flags("lstm", reverse, hold, sequences)
    ys, (h, c) = _run(flags, x, (kernel, recurrent_kernel, bias), (h0, c0), lengths)
    return ys, h, c


def gru(
    x: Array,
    kernel: Array,
    recurrent_kernel: Array,
    bias: Array,
    h0: Array,
    lengths: Array | None = None,
    *,
    reset_after: bool = True,
    reverse: bool = False,
    hold: bool = True,
    sequences: bool = True,
) -> tuple[Array | None, Array]:
    """Run the GRU over every step of a right-padded batch; see `unrolled.kernels.gru.gru`.

    Args:
        x: Inputs, `b t f`.
        kernel: Input weights, `f 3h`.
        recurrent_kernel: Recurrent weights, `h 3h`.
        bias: `2 3h` (input side, recurrent side) with `reset_after`, `3h` without.
        h0: Initial hidden state, `b h`.
        lengths: Valid steps of each row, `b` int32; None means that every step is valid.
        reset_after: Apply the reset gate after the recurrent product.
        reverse: Run each row from its last valid step back to step 0.
        hold: At a padded step repeat the previous output in running order, zeros before the
            first; otherwise zeros at every padded step.
        sequences: Return the output of every step.

    Returns:
        `ys` `b t h` (None without `sequences`) and the final `h`, `b h`.
    """
    flags = Flags("gru" if reset_after else "gru_reset_before", reverse, hold, sequences)
    ys, (h,) = _run(flags, x, (kernel, recurrent_kernel, bias), (h0,), lengths)
    return ys, h
