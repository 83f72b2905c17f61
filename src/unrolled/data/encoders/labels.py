"""Labels as numbers: ids that come out, marks or ids that go in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from unrolled.data.tables.table import Values
from unrolled.errors import DataError, NotFittedError
from unrolled.schema import Column

Array = np.ndarray[Any, Any]
MOST_MARKS = 32


def balanced_class_weights(ids: Array, size: int) -> Array:
    """Return the weight of each class (C) with which all classes count alike, rare or not.

    The mean weight of the rows is 1; scikit-learn calls these weights `balanced`.

    Args:
        ids: The class of each row (b).
        size: How many classes there are (C).

    Example:
        >>> balanced(np.array([0, 0, 0, 1]), 2).tolist()
        [0.6666666666666666, 2.0]
    """
    weights: Array = len(ids) / (size * np.maximum(np.bincount(ids, minlength=size), 1))
    return weights


class Labels:
    """The encoder of `category`; its classes are those of the training part.

    As an output a label becomes the number of its class, -1 where the training part had none
    such. As an input it becomes a row of zeros with a one at its class (at most 32 classes), or
    else an id from 1; a missing or unseen label becomes zeros, or id 0. A label is also known by
    its spelling, since the same code may be a number in one file and text in another.

    Example:
        >>> labels = Labels(Column(name="a", kind="category")).fit(["no", "yes", "no"])
        >>> labels.encode(["yes", "maybe"]).tolist()
        [[0.0, 1.0], [0.0, 0.0]]
    """

    def __init__(self, column: Column, *, as_output: bool = False) -> None:
        self.column = column
        self.as_output = as_output
        self.classes: list[Any] = []

    @property
    def ids(self) -> bool:
        """Whether labels become numbers of classes, and not marks."""
        return self.as_output or len(self.classes) > MOST_MARKS

    @property
    def size(self) -> int:
        """Classes (out), marks (in), or ids with the 0 of unknown labels (in, many classes)."""
        return len(self.classes) + int(self.ids and not self.as_output)

    def fit(self, values: Values | Sequence[Any]) -> Self:
        """Take the classes of the training part, sorted by type and then by value.

        Args:
            values: Labels (b), None where missing.
        """
        found = {label for label in values if label is not None}
        if not found:
            raise DataError(
                f"every value of column '{self.column.name}' in the training part is missing,"
                " expected at least one label. Hold out fewer rows, or choose another column."
            )
        self.classes = sorted(found, key=lambda label: (type(label).__name__, label))
        return self

    def encode(self, values: Values | Sequence[Any], *, strict: bool = False) -> Array:
        """Return labels as numbers.

        Args:
            values: Labels (b), None where missing.
            strict: Whether a label that the training part did not have is an error.

        Returns:
            int32 (b,) with ids, or float32 (b C) with marks.

        Raises:
            DataError: `strict`, and a label is unknown; its row among `values` is named.
        """
        self._fitted()
        place = {label: i for i, label in enumerate(self.classes)}
        spelled = {str(label): i for i, label in enumerate(self.classes)}
        numbers = np.array(
            [
                -1 if label is None else place.get(label, spelled.get(str(label), -1))
                for label in values
            ],
            dtype=np.int32,
        )
        if strict and (numbers < 0).any():
            row = int(np.flatnonzero(numbers < 0)[0])
            raise DataError(
                f"column '{self.column.name}', row {row + 1}: got the label {values[row]!r} that"
                " the training part does not have, expected every label in it. Add rows of this"
                " label, or use the split 'stratified'."
            )
        if self.as_output:
            return numbers
        if self.ids:
            return numbers + np.int32(1)
        marks = np.zeros((len(numbers), len(self.classes)), dtype=np.float32)
        known = np.flatnonzero(numbers >= 0)
        marks[known, numbers[known]] = 1.0
        return marks

    def decode(self, values: Array | Sequence[Any]) -> Array:
        """Return labels in their own type.

        Args:
            values: A score for each class (b C), the highest being the label; or output ids (b,).

        Returns:
            Labels (b), an object array.
        """
        self._fitted()
        scores = np.asarray(values)
        if scores.ndim == 2:
            scores = scores.argmax(axis=1)
        labels = np.empty(len(scores), dtype=object)
        labels[:] = [self.classes[int(i)] if i >= 0 else None for i in scores]
        return labels

    def to_dict(self) -> dict[str, Any]:
        """Return what was fitted as plain JSON."""
        self._fitted()
        return {
            "encoder": "labels",
            "column": self.column.model_dump(),
            "output": self.as_output,
            "classes": self.classes,
        }

    @classmethod
    def from_dict(cls, facts: dict[str, Any]) -> Self:
        """Return the encoder that `to_dict` wrote."""
        made = cls(Column(**facts["column"]), as_output=facts["output"])
        made.classes = list(facts["classes"])
        return made

    def _fitted(self) -> None:
        """Say so where there are no classes yet."""
        if not self.classes:
            raise NotFittedError(
                f"the encoder of column '{self.column.name}' is not fitted, expected `fit` first."
            )
