"""Checks of the arguments of the compiled kernels: arrays of JAX or tensors of torch."""

from __future__ import annotations

from typing import Any

from unrolled.errors import ShapeError
from unrolled.kernels.native import bias_shape, count_gates


def check_arguments(cell: str, x: Any, weights: Any, states: Any, lengths: Any) -> None:
    """Check types and shapes, which the compiled kernels do not.

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
            f"x needs the shape (b, t, f) and h0 (b, h), but they have {x_shape} and {h_shape}."
            " Pass a batch of sequences and a state for each."
        )
    (b, _, f), h = x_shape, h_shape[1]
    width = count_gates(cell) * h
    expected = ((f, width), (h, width), bias_shape(cell, h), *[(b, h)] * len(states))
    shapes = tuple(tuple(a.shape) for a in (*weights, *states))
    if shapes != expected:
        raise ShapeError(
            f"the weights and states do not fit x {x_shape}: they have the shapes {shapes} instead"
            f" of {expected}. Pass the weights as Keras has them, and states (b, h)."
        )
    dtypes = {str(a.dtype).removeprefix("torch.") for a in (x, *weights, *states)}
    if dtypes != {"float32"}:
        raise ShapeError(
            f"the compiled kernels compute in float32 only, but the arguments are {sorted(dtypes)}."
            " Cast them, or use unrolled.kernels.pure."
        )
    if lengths is not None and tuple(lengths.shape) != (b,):
        raise ShapeError(
            f"lengths has the shape {tuple(lengths.shape)} instead of {(b,)}. Pass one number for"
            " each row."
        )
