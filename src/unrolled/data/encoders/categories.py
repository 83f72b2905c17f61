"""Where the inputs of kind `category` are in encoded rows, and which category each row has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from unrolled.data.batches import Examples
from unrolled.data.block import Array, RaggedColumn


@dataclass(frozen=True)
class Categories:
    """The inputs of kind `category` in encoded rows.

    Attributes:
        marks: First and last column (exclusive) of each that is one-hot encoded in the input `x`.
        ids: The inputs that hold the ids of one.
    """

    marks: tuple[tuple[int, int], ...] = ()
    ids: tuple[str, ...] = ()

    def codes(self, examples: Examples) -> Array:
        """Return a number for each category of each row, 0 where it is unknown: int64 (n c)."""
        codes = []
        for start, end in self.marks:
            one_hot = _first_steps(examples.inputs["x"])[:, start:end]
            codes.append(np.where(one_hot.any(axis=1), one_hot.argmax(axis=1) + 1, 0))
        codes += [_first_steps(examples.inputs[name]) for name in self.ids]
        table = np.stack(codes, axis=1) if codes else np.zeros((examples.rows, 0))
        return table.astype(np.int64)

    def to_dict(self) -> dict[str, Any]:
        """Return the categories as JSON."""
        return {"marks": self.marks, "ids": self.ids}

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any]) -> Self:
        """Return the categories that JSON describes."""
        return cls(tuple((start, end) for start, end in facts["marks"]), tuple(facts["ids"]))


def _first_steps(column: RaggedColumn) -> Array:
    """Return the first step of each row: a category is repeated along all steps."""
    return column.flat if column.offsets is None else column.flat[column.offsets[:-1]]
