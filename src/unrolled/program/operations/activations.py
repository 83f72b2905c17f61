"""Activations, by the names that Keras gives them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from unrolled.data.block import Array
from unrolled.errors import ShapeError

Activation = Literal[
    "linear",
    "relu",
    "relu6",
    "leaky_relu",
    "elu",
    "selu",
    "exponential",
    "sigmoid",
    "hard_sigmoid",
    "silu",
    "softplus",
    "softsign",
    "tanh",
    "softmax",
    "log_softmax",
]


def sigmoid(x: Array) -> Array:
    """Return 1 / (1 + exp(-x)), by tanh, which does not overflow."""
    result: Array = np.tanh(x * np.float32(0.5)) * np.float32(0.5) + np.float32(0.5)
    return result


def softmax(x: Array, axis: int = -1) -> Array:
    """Return probabilities in proportion to exp(x) along an axis, which is not that of the rows."""
    _require_row(x)
    if x.shape[axis] == 0:
        return x
    result: Array = np.exp(x - x.max(axis=axis, keepdims=True))
    result /= result.sum(axis=axis, keepdims=True)
    return result


def log_softmax(x: Array) -> Array:
    """Return the logarithms of the probabilities that `softmax` returns, along the last axis."""
    _require_row(x)
    shifted = x - x.max(axis=-1, keepdims=True)
    result: Array = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return result


def _require_row(x: Array) -> None:
    if x.ndim < 2:
        raise ShapeError(f"rows of one number, of the shape {x.shape}, have no probabilities")


def _elu(x: Array) -> Array:
    return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "leaky_relu": lambda x: np.where(x > 0, x, np.float32(0.2) * x),
    "elu": _elu,
    "selu": lambda x: np.float32(1.05070098) * np.where(x > 0, x, np.float32(1.67326324) * _elu(x)),
    "exponential": np.exp,
    "sigmoid": sigmoid,
    "hard_sigmoid": lambda x: np.clip(x / np.float32(6) + np.float32(0.5), 0, 1),
    "silu": lambda x: x * sigmoid(x),
    "softplus": lambda x: np.logaddexp(x, np.float32(0)),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "tanh": np.tanh,
    "softmax": softmax,
    "log_softmax": log_softmax,
}


def activate(x: Array, name: str) -> Array:
    """Return an activation of an array, by its name in Keras."""
    result: Array = FUNCTIONS[name](x)
    return result
