"""The fast path on JAX: any padding becomes lengths, because the kernels skip steps by lengths.

A right-padded mask is equivalent to lengths. Any other mask is packed first: the real steps of each
row move to its front in their order, the kernel runs over them, and its outputs are scattered back
to the places of the steps. Which of the two it is cannot be known while tracing, so the program
decides by `lax.cond`. The kernel itself is not conditional: only the copies are.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import jax.numpy as jnp
from jax import Array, lax

from unrolled.backend import keras
from unrolled.kernels import kernel
from unrolled.layers.padding import Padding, mask_from_lengths

if TYPE_CHECKING:
    from unrolled.kernels.flags import Flags


def run(
    layer: Any, x: Array, states: list[Array], padding: Padding | None, flags: Flags
) -> tuple[Array, Array, list[Array]]:
    """Run the recurrence of a layer.

    Args:
        layer: A fast LSTM or GRU.
        x: Inputs, `b t f`.
        states: The initial states, each `b h`.
        padding: Which steps are real; None means all.
        flags: How to run.

    Returns:
        The last output `b h`, the outputs `b t h` in running order, the final states.
    """
    recurrence = _recurrence(layer, flags)
    x = x.astype(jnp.float32)
    if padding is None:
        ys, *final = recurrence(x, *states)
        last = final[0]
    elif padding.lengths is not None:
        ys, *final = recurrence(x, *states, padding.lengths)
        ys = _fill_with_start(ys, padding.lengths, states[0], padding, flags)
        last = _last_output(final[0], mask_from_lengths(padding.lengths, x.shape[1]), flags)
    else:
        ys, final = _run_masked(recurrence, x, states, padding, flags)
        last = _last_output(final[0], padding.mask.astype(bool), flags)
    if ys is None:
        return last, last[:, None], final
    return last, jnp.flip(ys, 1) if flags.reverse else ys, final


def _recurrence(layer: Any, flags: Flags) -> Any:
    cell = layer.cell
    weights = [keras.ops.convert_to_tensor(w) for w in (cell.kernel, cell.recurrent_kernel)]
    is_gru = hasattr(cell, "reset_after")  # a GRU
    width = weights[0].shape[1]
    shape = (2, width) if is_gru and cell.reset_after else (width,)
    bias = (
        keras.ops.convert_to_tensor(cell.bias) if cell.use_bias else jnp.zeros(shape, jnp.float32)
    )
    function = partial(kernel().gru, reset_after=cell.reset_after) if is_gru else kernel().lstm

    def recurrence(x: Array, *rest: Array) -> Any:
        return function(x, *weights, bias, *rest, **flags._asdict())

    return recurrence


def _run_masked(
    recurrence: Any, x: Array, states: list[Array], padding: Padding, flags: Flags
) -> tuple[Array | None, list[Array]]:
    mask = padding.mask.astype(bool)  # b t
    lengths = mask.sum(1, dtype=jnp.int32)
    aligned = (mask == mask_from_lengths(lengths, x.shape[1])).all()
    x = lax.cond(aligned, lambda x: x, lambda x: _pack(x, mask), x)
    ys, *final = recurrence(x, *states, lengths)
    if ys is None:
        return None, final
    ys = lax.cond(
        aligned,
        lambda ys, start: _fill_with_start(ys, lengths, start, padding, flags),
        lambda ys, start: _scatter(ys, mask, start, flags),
        ys,
        states[0],
    )
    return ys, final


def _pack(x: Array, mask: Array) -> Array:
    """Move the real steps of each row to its front, in their order, `b t f`."""
    order = jnp.argsort(~mask, axis=1, stable=True)  # b t
    return jnp.take_along_axis(x, order[..., None], 1)


def _scatter(ys: Array, mask: Array, start: Array, flags: Flags) -> Array:
    """Put the outputs of packed steps back in place and fill the masked steps, `b t h`."""
    real = mask.astype(jnp.int32)
    seen = jnp.cumsum(real, 1)  # b t
    source = seen - real if flags.reverse else seen - 1  # the latest real step in running order
    scattered = jnp.take_along_axis(ys, jnp.clip(source, 0, ys.shape[1] - 1)[..., None], 1)
    if not flags.hold:
        return jnp.where(mask[..., None], scattered, 0)
    before_first = source == seen[:, -1:] if flags.reverse else source < 0
    return jnp.where(before_first[..., None], start[:, None], scattered)


def _fill_with_start(
    ys: Array | None, lengths: Array, start: Array, padding: Padding, flags: Flags
) -> Array | None:
    """Replace the zeros before the first real step by the initial state, as stock Keras on JAX."""
    if ys is None or not flags.hold or padding.from_zero:
        return ys
    before_first = (
        ~mask_from_lengths(lengths, ys.shape[1]) if flags.reverse else (lengths == 0)[:, None]
    )
    return jnp.where(before_first[..., None], start[:, None], ys)


def _last_output(h: Array, mask: Array, flags: Flags) -> Array:
    """Return the last output in running order, `b h`: the state, or zeros if padded."""
    if flags.hold:
        return h
    return jnp.where(mask[:, :1] if flags.reverse else mask[:, -1:], h, 0)
