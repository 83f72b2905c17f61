"""A column whose rows have different lengths, stored end to end in one array."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class RaggedColumn:
    """One encoded column: one value in each row, or the steps of all rows end to end.

    In a target, NaN and the id -1 stand for what is not known.

    Attributes:
        flat: (n ...) with one value in each row, or (sum of lengths, ...) with steps end to end.
        offsets: Where each row begins, and the end (n+1); None with one value in each row.
    """

    flat: Array
    offsets: Array | None = None

    @classmethod
    def from_rows(cls, encoded: Array | list[Array]) -> RaggedColumn:
        """Return the column for what an encoder returned.

        Args:
            encoded: (n ...) or n arrays (t_i ...).
        """
        if isinstance(encoded, np.ndarray):
            return cls(encoded)
        lengths = [len(row) for row in encoded]
        return cls(np.concatenate(encoded), np.concatenate([[0], np.cumsum(lengths)]))

    @cached_property
    def lengths(self) -> Array | None:
        """The number of steps of each row (n), or None with one value in each row."""
        return None if self.offsets is None else np.diff(self.offsets)

    @property
    def is_integer(self) -> bool:
        """Whether the values are integers, which are the ids of labels or tokens."""
        return bool(np.issubdtype(self.flat.dtype, np.integer))

    @cached_property
    def known(self) -> Array | None:
        """Which values are known, (n ...) or (sum of lengths, ...); None if all of them are."""
        known = self.flat >= 0 if self.is_integer else ~np.isnan(self.flat)
        return None if known.all() else known

    @cached_property
    def known_fraction(self) -> float:
        """The fraction of the values that are known."""
        return 1.0 if self.known is None else float(self.known.mean())

    @cached_property
    def has_partial_values(self) -> bool:
        """Whether some rows or steps are known only in part: not all of their numbers."""
        if self.known is None or self.known.ndim < 2:
            return False
        by_row = self.known.reshape(len(self.known), -1)
        return bool((by_row.any(axis=1) != by_row.all(axis=1)).any())

    def repeat_along(self, offsets: Array) -> RaggedColumn:
        """Return this column with each row repeated at every step of the rows of another column."""
        return RaggedColumn(np.repeat(self.flat, np.diff(offsets), axis=0), offsets)

    def rows(self) -> list[Array]:
        """Return each row, (...) or (t_i ...)."""
        return list(self.flat) if self.offsets is None else np.split(self.flat, self.offsets[1:-1])

    def take(self, rows: Array) -> RaggedColumn:
        """Return the rows at some indices, in their order."""
        if self.offsets is None:
            return RaggedColumn(self.flat[rows])
        all_rows = self.rows()
        return RaggedColumn.from_rows([all_rows[row] for row in rows])

    def sum_by_row(self, values: Array) -> Array:
        """Return the sum over each row's steps (n), given one value for each step."""
        return values if self.offsets is None else np.add.reduceat(values, self.offsets[:-1])

    def step_weights(self, rows: Array) -> Array:  # noqa: ARG002
        """Return the weights of the steps of rows, (b u) or (1 1); missing steps weigh 0."""
        return np.ones((1, 1), "float32")

    def gather(self, rows: Array, steps: int) -> Array:
        """Return rows (b ...) or, padded with zeros or cut to `steps`, (b steps ...)."""
        if self.offsets is None:
            return self.flat[rows]
        position = np.arange(steps)
        is_real = position < (self.offsets[rows + 1] - self.offsets[rows])[:, None]  # b t
        index = np.where(is_real, self.offsets[rows][:, None] + position, 0)
        gathered = self.flat[index]
        gathered[~is_real] = 0
        return gathered
