"""Labels as numbers: ids for outputs, one-hot rows or ids for inputs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from unrolled.data.block import Array
from unrolled.data.encoders.base import Encoder
from unrolled.data.tables.label_index import LabelIndex, is_missing
from unrolled.data.tables.table import Values
from unrolled.errors import DataError, quote_names
from unrolled.schema import Column

MAX_ONE_HOT = 32


def balanced_class_weights(ids: Array, size: int) -> Array:
    """Return a weight for each class (C), inverse to its frequency.

    The mean weight of the rows is 1; scikit-learn calls these weights `balanced`.

    Args:
        ids: The class of each row or step (b); -1 where it is unknown, which does not count.
        size: How many classes there are (C).

    Example:
        >>> balanced_class_weights(np.array([0, 0, 0, 1]), 2).tolist()
        [0.6666666666666666, 2.0]
    """
    known = ids[ids >= 0]
    weights: Array = len(known) / (size * np.maximum(np.bincount(known, minlength=size), 1))
    return weights


class Labels(Encoder):
    """The encoder of `category`; its classes are those of the training part.

    An output label becomes the number of its class, or -1 if the training part had no such label.
    An input label becomes a one-hot row (up to 32 classes) or else an id from 1; a missing or
    unknown label becomes zeros, or id 0. A label is recognised however it is written, since the
    same code may be a number in one file, text in another and a boolean in a third (`LabelIndex`).

    An input that has the same label in the whole training part becomes zeros, whatever it is later:
    a network cannot know what another label means.

    Example:
        >>> labels = Labels(Column(name="a", kind="category")).fit(["no", "yes", "no"])
        >>> labels.encode(["yes", "maybe"]).tolist()
        [[0.0, 1.0], [0.0, 0.0]]
    """

    def __init__(self, column: Column, *, as_output: bool = False) -> None:
        super().__init__(column, as_output=as_output)
        self.classes: list[Any] = []
        self.constant = False
        self._index: LabelIndex | None = None

    @property
    def produces_ids(self) -> bool:
        """Whether labels become ids of classes, and not one-hot rows."""
        return self.as_output or len(self.classes) > MAX_ONE_HOT

    @property
    def size(self) -> int:
        """Classes, or for inputs with ids one more: the 0 of unknown labels."""
        return len(self.classes) + int(self.produces_ids and not self.as_output)

    def fit(self, values: Values | Sequence[Any]) -> Self:
        """Collect the classes of the training part, sorted by type and then by value.

        Args:
            values: Labels (b), None where missing.
        """
        if self.column.is_one_hot:
            self.classes = list(range(self.column.width))
            return self
        distinct = {label for label in values if label is not None}
        if not distinct:
            raise DataError(
                f"column '{self.column.name}' has no label in the training part: every value there"
                " is missing. Hold out fewer rows, or choose another column."
            )
        self.classes = sorted(distinct, key=lambda label: (type(label).__name__, label))
        same = len(distinct) == 1 and not any(is_missing(label) for label in values)
        self.constant = same and not self.as_output
        return self

    def encode(self, values: Values | Sequence[Any], *, strict: bool = False) -> Array:
        """Return labels as numbers.

        Args:
            values: Labels (b), None where missing.
            strict: Whether a label that the training part did not have is an error.

        Returns:
            int32 (b,) with ids, or float32 (b C) with one-hot rows.

        Raises:
            DataError: `strict`, and a label is unknown; the message names its row in `values`.
        """
        if not self.classes:
            raise self.not_fitted()
        ids = self._class_ids(values)
        if strict and (ids < 0).any():
            row = int(np.flatnonzero(ids < 0)[0])
            raise DataError(
                f"column '{self.column.name}', row {row + 1}: the training part has no row with"
                f" the label {values[row]!r}. Add rows with this label, or use the split"
                " 'stratified'."
            )
        if self.as_output:
            return ids
        if self.produces_ids:
            return ids + np.int32(1)
        one_hot = np.zeros((len(ids), len(self.classes)), dtype=np.float32)
        known = np.flatnonzero(ids >= 0)
        one_hot[known, ids[known]] = 0.0 if self.constant else 1.0
        return one_hot

    def as_classes(self, values: Values | Sequence[Any]) -> Array:
        """Return labels (b) as the training part wrote them; an unknown label stays as it is."""
        return self._class_index().as_classes(values)

    def describe_new(self, values: Values | Sequence[Any]) -> list[str]:
        """Return a sentence if all new labels are unknown."""
        labels = list(dict.fromkeys(v for v in values if not is_missing(v)))
        if not labels or (self._class_ids(labels) >= 0).any():
            return []
        return [
            f"none of the labels of `{self.column.name}` was in the training part, so that they"
            f" tell the network nothing. They are {quote_names(labels, limit=3)}; in the training"
            f" part they were {quote_names(self.classes, limit=3)}."
        ]

    def _class_ids(self, values: Values | Sequence[Any]) -> Array:
        """Return the number of each label's class (b), -1 where it is missing or unknown."""
        return self._class_index().ids(values)

    def _class_index(self) -> LabelIndex:
        if self._index is None or self._index.classes is not self.classes:
            self._index = LabelIndex(self.classes)
        return self._index

    def decode(self, values: Array | Sequence[Any]) -> Array:
        """Return labels in their own type.

        Args:
            values: A score for each class (b C), the highest being the label; or output ids (b,).

        Returns:
            Labels (b), an object array.
        """
        if not self.classes:
            raise self.not_fitted()
        scores = np.asarray(values)
        if scores.ndim == 2:
            scores = scores.argmax(axis=1)
        labels = np.empty(len(scores), dtype=object)
        labels[:] = [self.classes[int(i)] if i >= 0 else None for i in scores]
        return labels

    def to_dict(self) -> dict[str, Any]:
        """Return the fitted state as plain JSON."""
        if not self.classes:
            raise self.not_fitted()
        return {
            "encoder": "labels",
            "column": self.column.to_dict(),
            "output": self.as_output,
            "classes": self.classes,
            **({"constant": True} if self.constant else {}),
        }

    @staticmethod
    def invalid_field(facts: dict[str, Any]) -> str | None:
        """Return the field of saved labels that they cannot have, or None."""
        classes, column = facts["classes"], Column.from_dict(facts["column"])
        if not (isinstance(classes, list) and classes):
            return "classes"
        if column.is_one_hot and classes != list(range(column.width)):
            return "classes"
        if not isinstance(facts.get("constant", False), bool):
            return "constant"
        valid = all(isinstance(label, str | int | float) for label in classes)
        return None if valid and len(set(classes)) == len(classes) else "classes"

    @classmethod
    def from_dict(cls, facts: dict[str, Any]) -> Self:
        """Return the encoder that `to_dict` wrote; `invalid_field` checks it first."""
        encoder = cls(Column.from_dict(facts["column"]), as_output=facts["output"])
        encoder.classes = list(facts["classes"])
        encoder.constant = facts.get("constant", False)
        return encoder
