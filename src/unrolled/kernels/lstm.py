"""The LSTM recurrence in readable form: one step, and a scan over the steps of a padded batch.

Every faster implementation has this signature, and its values and gradients are tested against
those of this file.
The gates are in the order of Keras, i, f, c, o, along the last axis of the weights.

Source: Hochreiter and Schmidhuber, Long Short-Term Memory (1997); Gers, Schmidhuber and
Cummins, Learning to Forget (2000), for the forget gate.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array


def step(
    x: Array, h: Array, c: Array, kernel: Array, recurrent_kernel: Array, bias: Array
) -> tuple[Array, Array]:
    """Advance the state by one step.

    Args:
        x: The input of this step, `b f`.
        h: Hidden state, `b h`.
        c: Cell state, `b h`.
        kernel: Input weights, `f 4h`.
        recurrent_kernel: Recurrent weights, `h 4h`.
        bias: `4h`.

    Returns:
        The new `h` and `c`, both `b h`; the new `h` is also the output of the step.
    """
    z = x @ kernel + h @ recurrent_kernel + bias  # b 4h
    i, f, g, o = jnp.split(z, 4, axis=-1)
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
    return jax.nn.sigmoid(o) * jnp.tanh(c), c


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
    """Run the recurrence over every step of a right-padded batch.

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
        `ys` `b t h` (None without `sequences`), where `ys[:, t]` belongs to input step `t` in
        both directions, and the final `h` and `c`, both `b h`. Padded steps do not
        change the state, so a row of length 0 ends in its initial state.

    Example:
        >>> x, k, u = jnp.ones((2, 5, 3)), jnp.ones((3, 16)), jnp.ones((4, 16))
        >>> zero = jnp.zeros((2, 4))
        >>> ys, h, c = lstm(x, k, u, jnp.zeros(16), zero, zero, jnp.array([5, 2]))
        >>> ys.shape, bool(jnp.allclose(ys[1, 4], h[1]))
        ((2, 5, 4), True)
    """
    valid = jnp.ones(x.shape[:2], bool)  # b t
    if lengths is not None:
        valid = jnp.arange(x.shape[1]) < lengths[:, None]
        x = jnp.where(valid[..., None], x, 0)  # even a NaN in the padding has no effect

    def body(
        carry: tuple[Array, Array, Array], now: tuple[Array, Array]
    ) -> tuple[tuple[Array, Array, Array], Array | None]:
        h, c, last = carry
        x_t, valid_t = now  # b f, b 1
        h_new, c_new = step(x_t, h, c, kernel, recurrent_kernel, bias)
        y = jnp.where(valid_t, h_new, last if hold else jnp.zeros_like(last))
        h, c = jnp.where(valid_t, h_new, h), jnp.where(valid_t, c_new, c)
        return (h, c, y), y if sequences else None

    steps = (x.swapaxes(0, 1), valid.T[..., None])  # t b f, t b 1
    (h, c, _), ys = jax.lax.scan(body, (h0, c0, jnp.zeros_like(h0)), steps, reverse=reverse)
    return None if ys is None else ys.swapaxes(0, 1), h, c
