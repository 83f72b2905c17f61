"""One operation of a step: what it reads, what it keeps, what it computes.

A tensor of a step has the axes of the tensor of a row, with one step: (b 1 f). A tensor of the row
so far has the axes that it has after a whole row: (b f).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from unrolled.data.block import Array

Tensors = dict[str, Any]
State = Mapping[str, Array]
Run = Callable[[Tensors, State, dict[str, Array]], None]


@dataclass(frozen=True)
class Kept:
    """An array that is kept from step to step.

    Attributes:
        shape: Its shape without the batch.
        dtype: The type of its numbers.
        first: What it is filled with before the first step.
    """

    shape: tuple[int, ...]
    dtype: str = "float32"
    first: float = 0.0

    def array(self, rows: int) -> Array:
        """Return it as it is before the first step (b ...)."""
        return np.full((rows, *self.shape), self.first, self.dtype)


@dataclass(frozen=True)
class StepOperation:
    """An operation of one step.

    Attributes:
        reads: The tensors that it reads.
        writes: The tensors that it computes.
        run: Reads tensors and the state, adds tensors, and adds its part of the next state.
        keeps: Its part of the state, by name.
    """

    reads: tuple[str, ...]
    writes: tuple[str, ...]
    run: Run
    keeps: Mapping[str, Kept] = field(default_factory=dict)
