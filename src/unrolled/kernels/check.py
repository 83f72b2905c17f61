"""The door of the compiled kernels: types and shapes, of JAX's arrays as of torch's tensors."""

from __future__ import annotations

from typing import Any

from unrolled.errors import ShapeError
from unrolled.kernels.native import bias_shape, gates


def check(cell: str, x: Any, weights: Any, states: Any, lengths: Any) -> None:
    """Raise unless the compiled kernels can read what they would be given.

    Args:
        cell: `lstm`, `gru` (`reset_after`) or `gru_reset_before`.
        x: Inputs, `b t f`.
        weights: Input weights, recurrent weights and bias.
        states: The initial states, each `b h`.
        lengths: Valid steps of each row, `b`, or None.

    Raises:
        ShapeError: Shapes that do not fit, or a type other than float32.
    """
    x_shape, h_shape = tuple(x.shape), tuple(states[0].shape)
    if len(x_shape) != 3 or len(h_shape) != 2:
        raise ShapeError(
            f"x and h0 have shapes {x_shape} and {h_shape}; expected (b, t, f) and (b, h)."
        )
    (b, _, f), h = x_shape, h_shape[1]
    width = gates(cell) * h
    want = ((f, width), (h, width), bias_shape(cell, h), *[(b, h)] * len(states))
    got = tuple(tuple(a.shape) for a in (*weights, *states))
    if got != want:
        raise ShapeError(f"weights and states have shapes {got}; expected {want} for x {x_shape}.")
    kinds = {str(a.dtype).removeprefix("torch.") for a in (x, *weights, *states)}
    if kinds != {"float32"}:
        raise ShapeError(
            f"the compiled kernels got {sorted(kinds)}; expected float32 throughout. "
            "Cast, or use unrolled.kernels.pure."
        )
    if lengths is not None and tuple(lengths.shape) != (b,):
        raise ShapeError(f"lengths has shape {tuple(lengths.shape)}; expected {(b,)}.")
