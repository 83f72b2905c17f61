"""Sets of labels as numbers: a 1 for each label that a row has, and a 0 for each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Self

import numpy as np

from unrolled.data.block import Array
from unrolled.data.encoders.base import Encoder
from unrolled.data.encoders.characters import are_distinct_strings
from unrolled.data.tables.table import Values
from unrolled.errors import DataError
from unrolled.schema import Column


def balanced_bit_weights(bits: Array) -> Array:
    """Return the weight of a 0 and of a 1 of each label (2 k), inverse to their frequency.

    The mean weight of each label is 1.

    Args:
        bits: Which labels each row has (b k), NaN where it is not known.

    Example:
        >>> balanced_bit_weights(np.array([[1.0], [0.0], [0.0], [0.0], [0.0]])).tolist()
        [[0.625], [2.5]]
    """
    counts = np.stack([(bits == bit).sum(axis=0) for bit in (0, 1)])
    weights: Array = counts.sum(axis=0) / (2 * np.maximum(counts, 1))
    return weights.astype(np.float32)


class LabelSets(Encoder):
    """The encoder of `labels`.

    The labels of lists of 0 and 1 are their places, from 0; the labels of lists of names are those
    of the training part, sorted. What is not known stays NaN in an output, and is 0 in an input. A
    name that the training part did not have cannot be encoded.

    Example:
        >>> labels = LabelSets(Column(name="y", kind="labels", width=0)).fit([["b", "a"], ["a"]])
        >>> labels.classes, labels.encode([["b"], []]).tolist()
        (['a', 'b'], [[0.0, 1.0], [0.0, 0.0]])
    """

    def __init__(self, column: Column, *, as_output: bool = False) -> None:
        super().__init__(column, as_output=as_output)
        self.classes: list[Any] = []

    @property
    def size(self) -> int:
        """How many labels there are."""
        return len(self.classes)

    def fit(self, values: Values | Sequence[Any]) -> Self:
        """Collect the labels of the training part.

        Args:
            values: (b k), or b lists of names.

        Raises:
            DataError: No row has a label.
        """
        if self.column.width:
            self.classes = list(range(self.column.width))
            return self
        self.classes = sorted({name for names in values if names is not None for name in names})
        if not self.classes:
            raise DataError(
                f"column '{self.column.name}' has no label in the training part. Hold out fewer"
                " rows, or choose another column."
            )
        return self

    def encode(self, values: Values | Sequence[Any]) -> Array:
        """Return float32 (b k): 1 for each label that a row has.

        Args:
            values: (b k), NaN where it is not known; or b lists of names, None where missing.
        """
        if not self.classes:
            raise self.not_fitted()
        if self.column.width:
            bits = np.asarray(values, dtype=np.float32).reshape(-1, self.size)
        else:
            bits = self.bits_of_names(values, self.classes)
        return bits if self.as_output else np.nan_to_num(bits)

    @staticmethod
    def bits_of_names(values: Iterable[Any], classes: Sequence[Any]) -> Array:
        """Return lists of names as float32 (b k), NaN in the rows that are missing."""
        places = {name: place for place, name in enumerate(classes)}
        rows = list(values)
        bits = np.zeros((len(rows), len(classes)), dtype=np.float32)
        for row, names in enumerate(rows):
            if names is None:
                bits[row] = np.nan
                continue
            for name in names:
                if name in places:
                    bits[row, places[name]] = 1.0
        return bits

    def decode(self, values: Array | Sequence[Array]) -> Any:
        """Return the labels whose probability is at least one half.

        Args:
            values: Logits (b k).

        Returns:
            Whole numbers (b k), each 0 or 1; or b lists of names.
        """
        if not self.classes:
            raise self.not_fitted()
        bits = (np.asarray(values) >= 0).astype(np.int64)
        if self.column.width:
            return bits
        return [[self.classes[place] for place in np.flatnonzero(row)] for row in bits]

    def to_dict(self) -> dict[str, Any]:
        """Return the fitted state as plain JSON."""
        if not self.classes:
            raise self.not_fitted()
        return {
            "encoder": "label sets",
            "column": self.column.to_dict(),
            "output": self.as_output,
            "classes": self.classes,
        }

    @staticmethod
    def invalid_field(facts: dict[str, Any]) -> str | None:
        """Return the field of a saved encoder that it cannot have, or None."""
        classes, width = facts["classes"], Column.from_dict(facts["column"]).width
        if not (isinstance(classes, list) and classes):
            return "classes"
        if width:
            return None if classes == list(range(width)) else "classes"
        return None if are_distinct_strings(classes) else "classes"

    @classmethod
    def from_dict(cls, facts: dict[str, Any]) -> Self:
        """Return the encoder that `to_dict` wrote; `invalid_field` checks it first."""
        encoder = cls(Column.from_dict(facts["column"]), as_output=facts["output"])
        encoder.classes = list(facts["classes"])
        return encoder
