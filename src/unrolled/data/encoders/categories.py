"""Where the categories of encoded rows stand, and which each row has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from unrolled.data.batches import Examples
from unrolled.data.block import Array, RaggedColumn


@dataclass(frozen=True)
class Categories:
    """The inputs of the kind `category` within examples.

    Attributes:
        marks: First and last column (exclusive) of each that stands in the numbers `x` as marks.
        ids: The inputs that hold the ids of one.
    """

    marks: tuple[tuple[int, int], ...] = ()
    ids: tuple[str, ...] = ()

    def codes(self, examples: Examples) -> Array:
        """Return a number for each category of each row, 0 where it is not known: int64 (n c)."""
        found = []
        for start, end in self.marks:
            marks = _firsts(examples.inputs["x"])[:, start:end]
            found.append(np.where(marks.any(axis=1), marks.argmax(axis=1) + 1, 0))
        found += [_firsts(examples.inputs[name]) for name in self.ids]
        labels = np.stack(found, axis=1) if found else np.zeros((examples.rows, 0))
        return labels.astype(np.int64)

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any]) -> Self:
        """Return what JSON describes."""
        return cls(tuple((start, end) for start, end in facts["marks"]), tuple(facts["ids"]))


def _firsts(block: RaggedColumn) -> Array:
    """Return a block's first step of each row: a category is repeated along the steps."""
    return block.flat if block.offsets is None else block.flat[block.offsets[:-1]]
