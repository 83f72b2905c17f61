"""Functions of one tensor, element by element or along one axis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from unrolled.data.block import Array
from unrolled.errors import ShapeError
from unrolled.program.operations.activations import Activation, activate, softmax
from unrolled.program.operations.base import Arrays, Operation, narrow, require_same_axes, row_axis

MASKED = np.float32(1e9)  # is subtracted from scores that do not count, as Keras does


@dataclass(frozen=True)
class Activate(Operation):
    """An activation."""

    activation: Activation

    def __call__(self, inputs: Arrays, _: Sequence[Array]) -> tuple[Array, ...]:
        """Return the outputs; see `Operation`."""
        (x,) = inputs
        return (activate(x, self.activation),)


@dataclass(frozen=True)
class Softmax(Operation):
    """Softmax along an axis, of what a mask allows; the rest is 0. The mask may be None."""

    axis: int = -1

    def __call__(self, inputs: Arrays, _: Sequence[Array]) -> tuple[Array, ...]:
        """Return the outputs; see `Operation`."""
        x, mask = inputs
        axis = row_axis(x, self.axis)
        if mask is None:
            return (softmax(x, axis),)
        require_same_axes((x, mask))
        mask = np.broadcast_to(mask, x.shape)
        return (np.where(mask, softmax(np.where(mask, x, -MASKED), axis), np.float32(0)),)


@dataclass(frozen=True)
class Scale(Operation):
    """`x * scale + offset`.

    Weights: scale and offset, which may be left out and then are the settings.
    """

    scale: float = 1.0
    offset: float = 0.0

    def __call__(self, inputs: Arrays, weights: Sequence[Array]) -> tuple[Array, ...]:
        """Return the outputs; see `Operation`."""
        (x,) = inputs
        scale, offset = weights or (np.float32(self.scale), np.float32(self.offset))
        return (narrow(x * scale + offset),)


@dataclass(frozen=True)
class Clip(Operation):
    """Numbers below `lowest` or above `highest` become these."""

    lowest: float
    highest: float

    def __call__(self, inputs: Arrays, _: Sequence[Array]) -> tuple[Array, ...]:
        """Return the outputs; see `Operation`."""
        (x,) = inputs
        return (narrow(np.clip(x, np.float32(self.lowest), np.float32(self.highest))),)


@dataclass(frozen=True)
class Cast(Operation):
    """The same values as another type."""

    dtype: Literal["float32", "int32", "bool"]

    def __call__(self, inputs: Arrays, _: Sequence[Array]) -> tuple[Array, ...]:
        """Return the outputs; see `Operation`."""
        (x,) = inputs
        return (x.astype(self.dtype),)


UNARY: dict[str, Callable[..., Any]] = {
    "negative": np.negative,
    "square": np.square,
    "sqrt": np.sqrt,
    "exp": np.exp,
    "log": np.log,
    "absolute": np.abs,
    "logical_not": np.logical_not,
}


@dataclass(frozen=True)
class Function(Operation):
    """A function of each element."""

    function: Literal["negative", "square", "sqrt", "exp", "log", "absolute", "logical_not"]

    def __call__(self, inputs: Arrays, _: Sequence[Array]) -> tuple[Array, ...]:
        """Return the outputs; see `Operation`."""
        (x,) = inputs
        return (narrow(UNARY[self.function](x)),)


REDUCTIONS: dict[str, Callable[..., Any]] = {
    "sum": np.sum,
    "mean": np.mean,
    "max": np.max,
    "min": np.min,
    "any": np.any,
    "all": np.all,
}


@dataclass(frozen=True)
class Reduce(Operation):
    """The sum, mean, maximum or minimum over some axes; the batch is not one of them."""

    function: Literal["sum", "mean", "max", "min", "any", "all"]
    axes: tuple[int, ...]
    keep_axes: bool = False

    def __call__(self, inputs: Arrays, _: Sequence[Array]) -> tuple[Array, ...]:
        """Return the outputs; see `Operation`."""
        (x,) = inputs
        axes = tuple(row_axis(x, axis) for axis in self.axes)
        return (narrow(REDUCTIONS[self.function](x, axis=axes, keepdims=self.keep_axes)),)


@dataclass(frozen=True)
class LayerNormalization(Operation):
    """Each step with mean 0 and standard deviation 1, then scaled and shifted: (... f) to (... f).

    Weights: gamma (f), beta (f).

    Source:
        Ba, Kiros and Hinton 2016, section 3.
    """

    epsilon: float = 1e-3

    def __call__(self, inputs: Arrays, weights: Sequence[Array]) -> tuple[Array, ...]:
        """Return the outputs; see `Operation`."""
        (x,), (gamma, beta) = inputs, weights
        if x.ndim < 2 or gamma.shape != x.shape[-1:] or beta.shape != gamma.shape:
            raise ShapeError(f"weights of the shape {gamma.shape} do not fit {x.shape}")
        center = x - x.mean(axis=-1, keepdims=True)
        variance = np.square(center).mean(axis=-1, keepdims=True)
        return (center / np.sqrt(variance + np.float32(self.epsilon)) * gamma + beta,)
