"""A column's rows of any length, end to end in one array."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Block:
    """One encoded column: a row each, or rows of steps end to end.

    Attributes:
        flat: (n ...) with a row each, or (sum of lengths, ...) with steps end to end.
        offsets: Where each row begins, and the end (n+1); None for a row each.
    """

    flat: Array
    offsets: Array | None = None

    @classmethod
    def of(cls, encoded: Array | list[Array]) -> Block:
        """Return the block of an encoder's output.

        Args:
            encoded: (n ...) or n arrays (t_i ...).
        """
        if isinstance(encoded, np.ndarray):
            return cls(encoded)
        lengths = [len(row) for row in encoded]
        return cls(np.concatenate(encoded), np.concatenate([[0], np.cumsum(lengths)]))

    @cached_property
    def lengths(self) -> Array | None:
        """Steps of each row (n), or None for a row each."""
        return None if self.offsets is None else np.diff(self.offsets)

    @property
    def whole(self) -> bool:
        """Whether its values are whole numbers that stand for labels or tokens."""
        return bool(np.issubdtype(self.flat.dtype, np.integer))

    def along(self, offsets: Array) -> Block:
        """Return this block with each row repeated along the steps of another's rows."""
        return Block(np.repeat(self.flat, np.diff(offsets), axis=0), offsets)

    def rows(self) -> list[Array]:
        """Return each row, (...) or (t_i ...)."""
        return list(self.flat) if self.offsets is None else np.split(self.flat, self.offsets[1:-1])

    def take(self, rows: Array) -> Block:
        """Return some rows, in their order."""
        if self.offsets is None:
            return Block(self.flat[rows])
        every = self.rows()
        return Block.of([every[row] for row in rows])

    def sums(self, values: Array) -> Array:
        """Return the sum of each row's values (n), given one for each step."""
        return values if self.offsets is None else np.add.reduceat(values, self.offsets[:-1])

    def known_steps(self, rows: Array) -> Array:  # noqa: ARG002
        """Return what the steps of rows weigh, (b u) or (1 1): nothing where one is missing."""
        return np.ones((1, 1), "float32")

    def gather(self, rows: Array, steps: int) -> Array:
        """Return rows (b ...) or, padded with zeros or cut to `steps`, (b steps ...)."""
        if self.offsets is None:
            return self.flat[rows]
        place = np.arange(steps)
        real = place < (self.offsets[rows + 1] - self.offsets[rows])[:, None]  # b t
        index = np.where(real, self.offsets[rows][:, None] + place, 0)
        taken = self.flat[index]
        taken[~real] = 0
        return taken
