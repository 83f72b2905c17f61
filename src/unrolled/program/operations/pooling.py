"""One set of features for a whole row, from all its steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from unrolled.data.block import Array
from unrolled.errors import ShapeError
from unrolled.program.operations.base import Arrays, Operation, require_axes


@dataclass(frozen=True)
class GlobalAveragePooling(Operation):
    """The mean over the real steps: (b t f), mask (b t) or None, to (b f)."""

    def __call__(self, inputs: Arrays, _: Sequence[Array]) -> tuple[Array, ...]:
        """Return the outputs; see `Operation`."""
        x, mask = inputs
        require_axes(x, 3)
        if mask is None:
            return (x.mean(axis=1) if x.size else x.sum(axis=1),)
        if mask.shape != x.shape[:2]:
            raise ShapeError(f"a mask of the shape {mask.shape} does not fit steps {x.shape}")
        real = mask.astype(np.float32)[:, None]  # b 1 t
        sums = np.matmul(real, x)[:, 0]  # without a copy of x
        with np.errstate(invalid="ignore", divide="ignore"):  # a row without steps: NaN, as Keras
            return (sums / real.sum(axis=2),)


@dataclass(frozen=True)
class GlobalMaxPooling(Operation):
    """The maximum over the steps: (b t f) to (b f)."""

    def __call__(self, inputs: Arrays, _: Sequence[Array]) -> tuple[Array, ...]:
        """Return the outputs; see `Operation`."""
        (x,) = inputs
        require_axes(x, 3)
        return (x.max(axis=1),)
