"""The GRU recurrence in readable form: one step, and a scan over the steps of a padded batch.

Every faster implementation has this signature, and its values and gradients are tested against
those of this file.
The gates are in the order of Keras, z, r, h, along the last axis of the weights.

Source: Cho et al., Learning Phrase Representations using RNN Encoder-Decoder (2014). With
`reset_after` the reset gate is applied after the recurrent product, as in cuDNN, with a bias on
either side; without it before the product, as in the paper.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array


def step(
    x: Array,
    h: Array,
    kernel: Array,
    recurrent_kernel: Array,
    bias: Array,
    *,
    reset_after: bool = True,
) -> Array:
    """Advance the state by one step.

    Args:
        x: The input of this step, `b f`.
        h: Hidden state, `b h`.
        kernel: Input weights, `f 3h`.
        recurrent_kernel: Recurrent weights, `h 3h`.
        bias: `2 3h` (input side, recurrent side) with `reset_after`, `3h` without.
        reset_after: Apply the reset gate after the recurrent product.

    Returns:
        The new `h`, `b h`, which is also the output of the step.
    """
    units = h.shape[-1]
    x_z, x_r, x_h = jnp.split(x @ kernel + (bias[0] if reset_after else bias), 3, axis=-1)
    if reset_after:
        h_z, h_r, h_h = jnp.split(h @ recurrent_kernel + bias[1], 3, axis=-1)
    else:
        h_z, h_r = jnp.split(h @ recurrent_kernel[:, : 2 * units], 2, axis=-1)
    z, r = jax.nn.sigmoid(x_z + h_z), jax.nn.sigmoid(x_r + h_r)
    inner = r * h_h if reset_after else (r * h) @ recurrent_kernel[:, 2 * units :]
    return z * h + (1 - z) * jnp.tanh(x_h + inner)


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
    """Run the recurrence over every step of a right-padded batch.

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
        `ys` `b t h` (None without `sequences`), where `ys[:, t]` belongs to input step `t` in
        both directions, and the final `h`, `b h`. Padded steps do not change
        the state, so a row of length 0 ends in its initial state.

    Example:
        >>> x, k, u = jnp.ones((2, 5, 3)), jnp.ones((3, 12)), jnp.ones((4, 12))
        >>> ys, h = gru(x, k, u, jnp.zeros((2, 12)), jnp.zeros((2, 4)), jnp.array([5, 2]))
        >>> ys.shape, bool(jnp.allclose(ys[1, 4], h[1]))
        ((2, 5, 4), True)
    """
    valid = jnp.ones(x.shape[:2], bool)  # b t
    if lengths is not None:
        valid = jnp.arange(x.shape[1]) < lengths[:, None]
        x = jnp.where(valid[..., None], x, 0)  # even a NaN in the padding has no effect

    def body(
        carry: tuple[Array, Array], now: tuple[Array, Array]
    ) -> tuple[tuple[Array, Array], Array | None]:
        h, last = carry
        x_t, valid_t = now  # b f, b 1
        h_new = step(x_t, h, kernel, recurrent_kernel, bias, reset_after=reset_after)
        y = jnp.where(valid_t, h_new, last if hold else jnp.zeros_like(last))
        return (jnp.where(valid_t, h_new, h), y), y if sequences else None

    steps = (x.swapaxes(0, 1), valid.T[..., None])  # t b f, t b 1
    (h, _), ys = jax.lax.scan(body, (h0, jnp.zeros_like(h0)), steps, reverse=reverse)
    return None if ys is None else ys.swapaxes(0, 1), h
