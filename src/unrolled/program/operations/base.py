"""What every operation of a program is: settings, and a function of arrays."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

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


def product(x: Array, kernel: Array) -> Array:
    """Return `x @ kernel`, as one product of matrices however many axes `x` has."""
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
