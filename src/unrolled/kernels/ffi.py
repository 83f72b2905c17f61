"""The fused recurrence on JAX: compiled calls with their gradients.

Each cell has two calls, forward and backward, joined by `differentiable`; any other derivative is
that of the readable implementation. The residuals, which forward saves for backward, stay in the
library (`residuals.h`). JAX passes only a small array of tokens, `b k`, which identify them. If a
token is no longer valid, backward runs forward again. So JAX may copy, drop or reuse tokens as any
other array, as checkpointing, scans and sharding do. On several devices a call handles the rows of
its device (`sharding.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from unrolled.kernels import gru as readable_gru
from unrolled.kernels import lstm as readable_lstm
from unrolled.kernels.check import check_arguments
from unrolled.kernels.derivatives import Rule, differentiable
from unrolled.kernels.flags import Flags
from unrolled.kernels.native import (
    TOKEN,
    Floats,
    GRUStepper,
    LSTMStepper,
    bias_shape,
    instruction_set,
    library,
    require_library,
    set_threads,
    threads,
)
from unrolled.kernels.sharding import batch_local

__all__ = [
    "GRUStepper",
    "LSTMStepper",
    "available",
    "gru",
    "gru_step",
    "instruction_set",
    "lstm",
    "lstm_step",
    "set_threads",
    "threads",
]


def available() -> bool:
    """Return whether the compiled library can be loaded."""
    return library() is not None


@cache
def _register() -> None:
    for cell in ("lstm", "gru", "gru_reset_before"):
        for direction in ("forward", "backward"):
            name = f"unrolled_{cell}_{direction}"
            target = jax.ffi.pycapsule(getattr(require_library(), name))
            jax.ffi.register_ffi_target(name, target, platform="cpu")


def _floats(*shape: int) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(shape, jnp.float32)


def _call(
    name: str, flags: Flags, outputs: list[jax.ShapeDtypeStruct], *args: Array
) -> tuple[Array, ...]:
    _register()
    call = jax.ffi.ffi_call(f"unrolled_{name}", outputs, vmap_method="sequential")
    return tuple(call(*args, reverse=flags.reverse, hold=flags.hold))


def _forward(
    cell: str,
    save: bool,
    flags: Flags,
    x: Array,
    weights: tuple[Array, ...],
    states: tuple[Array, ...],
    lengths: Array,
) -> tuple[Array, ...]:
    """Return `ys` (`b 0 h` if not wanted), the final states, and the tokens for backward."""
    rule = f"b t f, f g, h g, {_bias_rule(cell)}, " + "b h, " * len(states) + "b"
    rule += " -> b y h, " + "b h, " * len(states) + "b k"

    def run(x: Array, *rest: Array) -> tuple[Array, ...]:
        (b, t, _), h = x.shape, rest[1].shape[0]
        tokens = jax.ShapeDtypeStruct((b, TOKEN if save else 0), jnp.int32)
        outputs = [_floats(b, t if flags.sequences else 0, h), *[_floats(b, h)] * len(states)]
        return _call(f"{cell}_forward", flags, [*outputs, tokens], x, *rest)

    return batch_local(run, rule, ("forward", cell, save, flags))(x, *weights, *states, lengths)


def _backward(
    cell: str,
    want_dx: bool,
    flags: Flags,
    x: Array,
    weights: tuple[Array, ...],
    states: tuple[Array, ...],
    lengths: Array,
    tokens: Array,
    dys: Array,
    dstates: tuple[Array, ...],
) -> tuple[Array, ...]:
    """Return the gradients of x (`b 0 f` if not wanted), the weights and the states."""
    state_axes = "b h, " * len(states)
    bias = _bias_rule(cell)
    rule = f"b t f, f g, h g, {bias}, {state_axes}b, b k, b y h, {state_axes}"[:-2]
    rule += f" -> b d f, f g, h g, {bias}, {state_axes}"[:-2]

    def run(x: Array, *rest: Array) -> tuple[Array, ...]:
        (b, t, f), (h, g) = x.shape, rest[1].shape
        outputs = [_floats(b, t if want_dx else 0, f), _floats(f, g), _floats(h, g)]
        outputs += [_floats(*bias_shape(cell, h)), *[_floats(b, h)] * len(states)]
        return _call(f"{cell}_backward", flags, outputs, x, *rest)

    key = ("backward", cell, want_dx, flags)
    call = batch_local(run, rule, key)
    return call(x, *weights, *states, lengths, tokens, dys, *dstates)


def _bias_rule(cell: str) -> str:
    return "two g" if cell == "gru" else "g"


class _Static(NamedTuple):
    """What a call is compiled for."""

    cell: str
    flags: Flags


def _parts(arguments: Sequence[Array]) -> tuple[Any, Any, Any, Any]:
    """Return x, the weights, the states and the lengths."""
    x, kernel, recurrent_kernel, bias, *states, lengths = arguments
    return x, (kernel, recurrent_kernel, bias), tuple(states), lengths


def _run_forward(static: _Static, *arguments: Array) -> tuple[Array, ...]:
    return _forward(static.cell, False, static.flags, *_parts(arguments))[:-1]


def _save_forward(static: _Static, *arguments: Array) -> tuple[Any, Any]:
    *results, tokens = _forward(static.cell, True, static.flags, *_parts(arguments))
    return tuple(results), (tokens,)


def _run_backward(
    static: _Static, wanted: tuple[int, ...], arguments: Any, saved: Any, cotangents: Any
) -> list[Array]:
    """Return the gradients of the wanted arguments; that of x is computed only if it is wanted."""
    x, weights, states, lengths = _parts(arguments)
    dys, *dstates = cotangents
    if dys is None:
        dys = jnp.zeros((x.shape[0], 0, states[0].shape[1]), jnp.float32)
    arriving = tuple(
        jnp.zeros_like(s) if d is None else d for d, s in zip(dstates, states, strict=True)
    )
    gradients = _backward(
        *(static.cell, 0 in wanted, static.flags, x, weights, states, lengths),
        *(*saved, dys, arriving),
    )
    return [gradients[i] for i in wanted]


def _reference(static: _Static, *arguments: Array) -> tuple[Array, ...]:
    x, weights, states, lengths = _parts(arguments)
    run: Any = readable_lstm.lstm
    if static.cell != "lstm":
        run = partial(readable_gru.gru, reset_after=static.cell == "gru")
    ys, *final = run(x, *weights, *states, lengths, **static.flags._asdict())
    if ys is None:
        ys = jnp.zeros((x.shape[0], 0, states[0].shape[1]), jnp.float32)
    return ys, *final


RULE = Rule(_run_forward, _save_forward, _run_backward, _reference)


def _run(
    cell: str,
    flags: Flags,
    x: Array,
    weights: tuple[Array, ...],
    states: tuple[Array, ...],
    lengths: Array | None,
) -> tuple[Array | None, tuple[Array, ...]]:
    check_arguments(cell, x, weights, states, lengths)
    b, t, _ = x.shape
    steps = jnp.full((b,), t, jnp.int32) if lengths is None else lengths.astype(jnp.int32)
    if b == 0 or t == 0:
        empty = jnp.zeros((b, t, states[0].shape[1]), jnp.float32)
        return (empty if flags.sequences else None), states
    ys, *final = differentiable(RULE, _Static(cell, flags), x, *weights, *states, steps)
    return (ys if flags.sequences else None), tuple(final)


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
        x: Inputs, `b t f` float32.
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

    Raises:
        ShapeError: Shapes that do not fit, or a type other than float32.
    """
    flags = Flags(reverse, hold, sequences)
    weights = (kernel, recurrent_kernel, bias)
    ys, (h, c) = _run("lstm", flags, x, weights, (h0, c0), lengths)
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
        x: Inputs, `b t f` float32.
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

    Raises:
        ShapeError: Shapes that do not fit, or a type other than float32.
    """
    weights = (kernel, recurrent_kernel, bias)
    cell = "gru" if reset_after else "gru_reset_before"
    ys, (h,) = _run(cell, Flags(reverse, hold, sequences), x, weights, (h0,), lengths)
    return ys, h


def lstm_step(
    x: Floats, h: Floats, c: Floats, kernel: Floats, recurrent_kernel: Floats, bias: Floats
) -> tuple[Floats, Floats]:
    """Advance an LSTM by one step, numpy in and out; `LSTMStepper` for many steps.

    Args:
        x: The input of this step, `b f`.
        h: Hidden state, `b h`.
        c: Cell state, `b h`.
        kernel: Input weights, `f 4h`.
        recurrent_kernel: Recurrent weights, `h 4h`.
        bias: `4h`.

    Returns:
        The new `h` and `c`, both `b h`.
    """
    return LSTMStepper(kernel, recurrent_kernel, bias)(np.asarray(x), np.asarray(h), np.asarray(c))


def gru_step(
    x: Floats,
    h: Floats,
    kernel: Floats,
    recurrent_kernel: Floats,
    bias: Floats,
    *,
    reset_after: bool = True,
) -> Floats:
    """Advance a GRU by one step, numpy in and out; `GRUStepper` for many steps.

    Args:
        x: The input of this step, `b f`.
        h: Hidden state, `b h`.
        kernel: Input weights, `f 3h`.
        recurrent_kernel: Recurrent weights, `h 3h`.
        bias: `2 3h` (input side, recurrent side) with `reset_after`, `3h` without.
        reset_after: Apply the reset gate after the recurrent product.

    Returns:
        The new `h`, `b h`.
    """
    stepper = GRUStepper(kernel, recurrent_kernel, bias, reset_after=reset_after)
    return stepper(np.asarray(x), np.asarray(h))
