"""Products with weights: Dense, EinsumDense, Embedding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from unrolled.data.block import Array
from unrolled.program.operations.activations import Activation, activate
from unrolled.program.operations.base import Arrays, Operation, narrow, product
from unrolled.program.operations.equations import check_equation


@dataclass(frozen=True)
class Dense(Operation):
    """`activation(x @ kernel + bias)`: (... f) to (... o).

    Weights: kernel (f o); bias (o), which may be left out.
    """

    activation: Activation = "linear"

    def __call__(self, inputs: Arrays, weights: Sequence[Array]) -> tuple[Array, ...]:
        """Return the outputs; see `Operation`."""
        (x,), (kernel, *bias) = inputs, weights
        y = product(x, kernel)
        if bias:
            y += bias[0]
        return (activate(y, self.activation),)


@dataclass(frozen=True)
class EinsumDense(Operation):
    """Einstein sum of an input and a kernel by `equation`, plus a bias.

    Weights: kernel; bias, which may be left out.
    """

    equation: str
    activation: Activation = "linear"

    def __call__(self, inputs: Arrays, weights: Sequence[Array]) -> tuple[Array, ...]:
        """Return the outputs; see `Operation`."""
        (x,), (kernel, *bias) = inputs, weights
        check_equation(self.equation, tensors=1, weights=1)
        y = narrow(np.einsum(self.equation, x, kernel, optimize=True))
        return (activate(y + bias[0] if bias else y, self.activation),)


@dataclass(frozen=True)
class Embedding(Operation):
    """The row of a table for each id: (b ...) to (b ... e).

    Weights: table (ids e).
    """

    def __call__(self, inputs: Arrays, weights: Sequence[Array]) -> tuple[Array, ...]:
        """Return the outputs; see `Operation`."""
        (ids,), (table,) = inputs, weights
        if not np.issubdtype(ids.dtype, np.integer):
            ids = ids.astype(np.int32)
        return (np.take(table, ids, axis=0, mode="clip" if ids.size else "raise"),)
