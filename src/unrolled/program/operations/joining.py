"""Operations on several tensors: joining, sums, means, products."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Literal

import numpy as np

from unrolled.data.block import Array
from unrolled.program.operations.base import (
    Arrays,
    Operation,
    narrow,
    require_axes,
    require_same_axes,
    row_axis,
)
from unrolled.program.operations.equations import check_equation


@dataclass(frozen=True)
class Concatenate(Operation):
    """Tensors one after another along an axis."""

    axis: int = -1

    def __call__(self, inputs: Arrays, _: Sequence[Array]) -> tuple[Array, ...]:
        """Return the outputs; see `Operation`."""
        require_same_axes(inputs)
        return (narrow(np.concatenate(inputs, axis=row_axis(inputs[0], self.axis))),)


@dataclass(frozen=True)
class Average(Operation):
    """The mean of tensors of one shape."""

    def __call__(self, inputs: Arrays, _: Sequence[Array]) -> tuple[Array, ...]:
        """Return the outputs; see `Operation`."""
        require_same_axes(inputs)
        return (narrow(reduce(np.add, inputs) / np.float32(len(inputs))),)


@dataclass(frozen=True)
class Dot(Operation):
    """The product of two tensors summed over one axis of each: (b t m), (b t n) to (b m n)."""

    axes: tuple[int, int] = (1, 1)

    def __call__(self, inputs: Arrays, _: Sequence[Array]) -> tuple[Array, ...]:
        """Return the outputs; see `Operation`."""
        for x in inputs:
            require_axes(x, 3)
        first, second = (
            np.moveaxis(x, row_axis(x, axis), 1) for x, axis in zip(inputs, self.axes, strict=True)
        )
        result: Array = np.matmul(first.swapaxes(1, 2), second)  # b m n
        return (result,)


@dataclass(frozen=True)
class Einsum(Operation):
    """Einstein sum of tensors by `equation`."""

    equation: str

    def __call__(self, inputs: Arrays, _: Sequence[Array]) -> tuple[Array, ...]:
        """Return the outputs; see `Operation`."""
        check_equation(self.equation, tensors=len(inputs))
        return (narrow(np.einsum(self.equation, *inputs, optimize=True)),)


BINARY: dict[str, Callable[..., Any]] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "logaddexp": np.logaddexp,
    "greater": np.greater,
    "less": np.less,
    "equal": np.equal,
    "not_equal": np.not_equal,
    "logical_and": np.logical_and,
    "logical_or": np.logical_or,
}


@dataclass(frozen=True)
class Elementwise(Operation):
    """A function of two or more tensors, or of tensors and numbers, element by element."""

    function: Literal[
        "add",
        "subtract",
        "multiply",
        "divide",
        "maximum",
        "minimum",
        "logaddexp",
        "greater",
        "less",
        "equal",
        "not_equal",
        "logical_and",
        "logical_or",
    ]

    def __call__(self, inputs: Arrays, _: Sequence[Array]) -> tuple[Array, ...]:
        """Return the outputs; see `Operation`."""
        require_same_axes(inputs)
        return (narrow(reduce(BINARY[self.function], inputs)),)


@dataclass(frozen=True)
class Where(Operation):
    """Of two tensors or numbers, the first where a condition is true, else the second."""

    def __call__(self, inputs: Arrays, _: Sequence[Array]) -> tuple[Array, ...]:
        """Return the outputs; see `Operation`."""
        condition, first, second = inputs
        require_same_axes(inputs)
        numbers = [np.float32(v) if isinstance(v, float) else v for v in (first, second)]
        return (narrow(np.where(condition, *numbers)),)
