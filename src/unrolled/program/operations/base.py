"""What every operation of a program is: settings, and a function of arrays."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from unrolled.data.block import Array
from unrolled.errors import ShapeError

Arrays = Sequence[Any]  # an input that is left out is None


@dataclass(frozen=True)
class Operation(ABC):
    """An operation: its fields are its settings, and it is called with arrays.

    The same code computes results and checks shapes: a batch of no rows runs through it without
    allocating anything (see `graph.py`).
    """

    @abstractmethod
    def __call__(self, inputs: Arrays, weights: Sequence[Array]) -> tuple[Array, ...]:
        """Return the outputs.

        Args:
            inputs: The input arrays; None where an optional one is left out.
            weights: The weights, in the order in which the docstring of the class lists them.

        Raises:
            ShapeError, ValueError: The shapes do not fit each other.
        """

    @property
    def name(self) -> str:
        """The name of the operation in a saved program: that of the layer or function of Keras."""
        return type(self).__name__

    def settings(self) -> dict[str, Any]:
        """Return the settings that differ from the defaults, as JSON."""
        return {
            field.name: list(value) if isinstance(value, tuple) else value
            for field in fields(self)
            if (value := getattr(self, field.name)) != field.default
        }


def require_axes(x: Array, *counts: int) -> None:
    """Refuse a tensor that does not have one of these numbers of axes, the batch included."""
    if x.ndim not in counts:
        expected = " or ".join(map(str, counts))
        raise ShapeError(f"it reads {expected} axes, and not an array of the shape {x.shape}")


def require_same_axes(arrays: Arrays) -> None:
    """Refuse tensors of different numbers of axes: the batch of one would meet steps of another."""
    tensors = [x for x in arrays if isinstance(x, np.ndarray)]
    if not tensors or len({x.ndim for x in tensors}) > 1:
        shapes = ", ".join(str(x.shape) for x in tensors)
        raise ShapeError(f"it joins tensors of one number of axes, and not the shapes {shapes}")


def row_axis(x: Array, axis: int) -> int:
    """Return an axis counted from the first; refuse the batch, so that rows never mix."""
    if not -x.ndim < axis < x.ndim or axis == 0:
        raise ShapeError(f"a row of the shape {x.shape[1:]} has no axis {axis}")
    return axis % x.ndim


def narrow(x: Array) -> Array:
    """Return an array of 64 bits with 32 bits, as Keras computes it."""
    if x.dtype == np.float64:
        return x.astype(np.float32)
    return x.astype(np.int32) if x.dtype == np.int64 else x


def product(x: Array, kernel: Array) -> Array:
    """Return `x @ kernel`, as one product of matrices however many axes `x` has."""
    if x.dtype != np.float32:
        x = x.astype(np.float32)
    if x.ndim < 2 or kernel.ndim != 2 or x.shape[-1] != kernel.shape[0]:
        raise ShapeError(
            f"an input of the shape {x.shape} and weights of the shape {kernel.shape} cannot be"
            " multiplied"
        )
    if x.ndim == 2:
        result: Array = x @ kernel
        return result
    flat = x.reshape(-1, x.shape[-1]) if x.size else x.reshape(0, x.shape[-1])
    return (flat @ kernel).reshape(*x.shape[:-1], kernel.shape[1])
