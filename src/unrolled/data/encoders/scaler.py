"""Numbers as a network wants them: centred, of unit spread, missing ones filled and marked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from unrolled.data.tables.table import Values
from unrolled.errors import DataError, NotFittedError
from unrolled.schema import Column

Array = np.ndarray[Any, Any]


class Scaler:
    """The encoder of `number`, `vector` and `numbers`.

    Each feature is centred by its training mean and divided by its training standard deviation
    (1 where it is constant). A missing number becomes the mean; where the training part had one
    in a feature, an input gets one more feature that is 1 where that feature is missing.

    Example:
        >>> scaler = Scaler(Column(name="a", kind="number")).fit(np.array([1.0, 3.0, np.nan]))
        >>> scaler.encode(np.array([5.0, np.nan])).tolist()
        [[3.0, 0.0], [0.0, 1.0]]
    """

    def __init__(self, column: Column, *, as_output: bool = False) -> None:
        self.column = column
        self.as_output = as_output
        self.mean: Array | None = None
        self.std: Array | None = None
        self.marked: list[int] = []

    @property
    def size(self) -> int:
        """Encoded features."""
        return self.column.width + len(self.marked)

    def fit(self, values: Values) -> Self:
        """Take the mean and spread of the training part.

        Args:
            values: (b,), (b f) or b arrays (t_i, f), by the column's kind.
        """
        flat = self._flat(values)
        gaps = np.isnan(flat)
        self.marked = [] if self.as_output else [int(i) for i in np.flatnonzero(gaps.any(axis=0))]
        pairs = [_moments(feature[~gap]) for feature, gap in zip(flat.T, gaps.T, strict=True)]
        self.mean = np.array([mean for mean, _ in pairs])
        self.std = np.array([std for _, std in pairs])
        return self

    def encode(self, values: Values) -> Any:
        """Return the values scaled, as float32.

        Args:
            values: (b,), (b f) or b arrays (t_i, f), by the column's kind.

        Returns:
            (b w), or b arrays (t_i, w): views into one array.
        """
        mean, std = self._fitted()
        flat = self._flat(values)
        encoded = np.empty((len(flat), self.size), dtype=np.float32)
        width = self.column.width
        np.divide(flat - mean, std, out=encoded[:, :width], casting="same_kind")
        gaps = np.isnan(encoded[:, :width])
        if gaps.any():
            encoded[:, :width][gaps] = 0.0
        if self.marked:
            encoded[:, width:] = gaps[:, self.marked]
        return encoded if self.column.kind != "numbers" else _cut(encoded, values)

    def decode(self, values: Array | Sequence[Array]) -> Any:
        """Return scaled values in the column's own units, as float64.

        Args:
            values: (b w), (b u w) or b arrays (u_i, w).

        Returns:
            (b,) for `number`, (b f) for `vector`, b arrays (u_i, f) for `numbers`.
        """
        mean, std = self._fitted()
        width = self.column.width
        if self.column.kind == "numbers":
            return [np.asarray(row, dtype=np.float64)[:, :width] * std + mean for row in values]
        flat = np.asarray(values, dtype=np.float64).reshape(len(values), -1)[:, :width]
        plain: Array = flat * std + mean
        return plain[:, 0] if self.column.kind == "number" else plain

    def to_dict(self) -> dict[str, Any]:
        """Return what was fitted as plain JSON."""
        mean, std = self._fitted()
        return {
            "encoder": "scaler",
            "column": self.column.model_dump(),
            "output": self.as_output,
            "mean": mean.tolist(),
            "std": std.tolist(),
            "marked": self.marked,
        }

    @classmethod
    def from_dict(cls, facts: dict[str, Any]) -> Self:
        """Return the encoder that `to_dict` wrote."""
        made = cls(Column(**facts["column"]), as_output=facts["output"])
        made.mean = np.array(facts["mean"], dtype=np.float64)
        made.std = np.array(facts["std"], dtype=np.float64)
        made.marked = list(facts["marked"])
        return made

    def _flat(self, values: Values) -> Array:
        """Return all steps of all rows in one array (rows or steps, f)."""
        if self.column.kind == "numbers":
            if self.as_output:
                self._refuse_gaps(values)
            flat = np.concatenate([np.asarray(row) for row in values])
        else:
            flat = np.asarray(values, dtype=np.float64)
        return flat.reshape(-1, self.column.width)

    def _refuse_gaps(self, values: Values) -> None:
        """Refuse a missing step among the outputs, for which there is no honest filling."""
        for row, steps in enumerate(values, 1):
            if np.isnan(steps).any():
                raise DataError(
                    f"column '{self.column.name}', row {row}: got a missing number among the steps"
                    " of an output, expected every step filled. Fill it, or leave the row out."
                )

    def _fitted(self) -> tuple[Array, Array]:
        """Return mean and spread, or say that there are none yet."""
        if self.mean is None or self.std is None:
            raise NotFittedError(
                f"the encoder of column '{self.column.name}' is not fitted, expected `fit` first."
            )
        return self.mean, self.std


def _moments(known: Array) -> tuple[float, float]:
    """Return the mean and spread of one feature; spread 1 where it is constant or all missing."""
    if not known.size:
        return 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    if low == high:
        return low, 1.0
    size = max(abs(low), abs(high))  # squares of large numbers would overflow
    scaled = np.asarray(known, dtype=np.float64) / size
    mean, std = float(scaled.mean()) * size, float(scaled.std()) * size
    return mean, std if std > 0 else 1.0


def _cut(flat: Array, values: Values) -> list[Array]:
    """Return rows of steps as views into the one array that holds them all."""
    lengths = [len(row) for row in values]
    if len(set(lengths)) == 1:
        return list(flat.reshape(len(lengths), lengths[0], -1))
    return np.split(flat, np.cumsum(lengths)[:-1])
