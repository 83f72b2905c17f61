"""Numbers scaled for a network: mean 0, standard deviation 1, missing ones filled and marked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from unrolled.data.block import Array
from unrolled.data.encoders.base import Encoder
from unrolled.data.tables import unusual
from unrolled.data.tables.table import Values
from unrolled.schema import Column

LIMIT = 1e6  # standard deviations


class Scaler(Encoder):
    """The encoder of `number`, `vector` and `numbers`.

    Each feature is centred by its training mean and divided by its training standard deviation
    (1 where it is constant). A missing number of an input becomes the mean. Where a feature has
    missing numbers in the training part, an input gets one more feature, which is 1 where it is
    missing. A missing number of an output stays NaN: it weighs nothing.

    An input feature that is constant in the training part becomes 0, whatever its number is later:
    a network cannot know what a change of it means. So that no number overflows, an input feature
    is at most a million standard deviations from its mean.

    Example:
        >>> scaler = Scaler(Column(name="a", kind="number")).fit(np.array([1.0, 3.0, np.nan]))
        >>> scaler.encode(np.array([5.0, np.nan])).tolist()
        [[3.0, 0.0], [0.0, 1.0]]
    """

    def __init__(self, column: Column, *, as_output: bool = False) -> None:
        super().__init__(column, as_output=as_output)
        self.mean: Array | None = None
        self.std: Array | None = None
        self.marked: list[int] = []
        self.constant: list[int] = []
        self.range: Array | None = None  # the smallest and the largest number of each feature

    @property
    def size(self) -> int:
        """Encoded features."""
        return self.column.width + len(self.marked)

    def fit(self, values: Values) -> Self:
        """Compute the mean and standard deviation of the training part.

        Args:
            values: (b,), (b f) or b arrays (t_i, f), by the column's kind.
        """
        flat = self._flatten(values)
        missing = np.isnan(flat)
        known = [x[~gap] for x, gap in zip(flat.T, missing.T, strict=True)]
        means_and_stds = [moments(x) for x in known]
        self.mean = np.array([mean for mean, _ in means_and_stds])
        self.std = np.array([std for _, std in means_and_stds])
        if not self.as_output:
            partly_missing = missing.any(axis=0) & ~missing.all(axis=0)
            self.marked = [int(i) for i in np.flatnonzero(partly_missing)]
            self.constant = [i for i, x in enumerate(known) if not x.size or x.min() == x.max()]
            ends = [(x.min(), x.max()) if x.size else (0.0, 0.0) for x in known]
            self.range = np.array(ends, dtype=np.float64).T
        return self

    def encode(self, values: Values) -> Any:
        """Return the values scaled, as float32.

        Args:
            values: (b,), (b f) or b arrays (t_i, f), by the column's kind.

        Returns:
            (b w), or b arrays (t_i, w): views into one array.
        """
        mean, std = self._moments()
        flat = self._flatten(values)
        encoded = np.empty((len(flat), self.size), dtype=np.float32)
        width = self.column.width
        with np.errstate(over="ignore"):  # limited in the next lines
            np.divide(flat - mean, std, out=encoded[:, :width], casting="same_kind")
        if not self.as_output:
            np.clip(encoded[:, :width], -LIMIT, LIMIT, out=encoded[:, :width])
        missing = np.isnan(encoded[:, :width])
        if missing.any() and not self.as_output:
            encoded[:, :width][missing] = 0.0
        if self.marked:
            encoded[:, width:] = missing[:, self.marked]
        if self.constant:
            encoded[:, self.constant] = 0.0
        return _split_rows(encoded, values) if self.column.side == "many" else encoded

    def decode(self, values: Array | Sequence[Array]) -> Any:
        """Return scaled values in the column's own units, as float64.

        Args:
            values: (b w), (b u w) or b arrays (u_i, w).

        Returns:
            (b,) for `number`, (b f) for `vector`, b arrays (u_i, f) for `numbers`.
        """
        mean, std = self._moments()
        width = self.column.width
        if self.column.side == "many":
            return [np.asarray(row, dtype=np.float64)[:, :width] * std + mean for row in values]
        flat = np.asarray(values, dtype=np.float64).reshape(len(values), -1)[:, :width]
        unscaled: Array = flat * std + mean
        return unscaled[:, 0] if self.column.kind == "number" else unscaled

    def describe_training(self, values: Values) -> list[str]:
        """Return a sentence on one number that dominates the column, if there is one."""
        sentence = unusual.describe_dominating(self.column.name, self._flatten(values))
        return [sentence] if sentence else []

    def describe_new(self, values: Values) -> list[str]:
        """Return sentences on numbers far from the training part, and on ignored ones."""
        if self.range is None or self.std is None:  # saved before the range was
            return []
        flat, name = self._flatten(values), self.column.name
        many = self.column.side == "many"
        rows = np.repeat(np.arange(len(values)) + 1, [len(row) if many else 1 for row in values])
        varied = np.setdiff1d(np.arange(flat.shape[1]), self.constant)
        ends, std = self.range[:, varied], self.std[varied]
        sentences = (
            unusual.describe_far(name, flat[:, varied], rows, ends, std),
            unusual.describe_changed(name, flat, rows, self.range, self.constant),
        )
        return [sentence for sentence in sentences if sentence]

    def to_dict(self) -> dict[str, Any]:
        """Return the fitted state as plain JSON."""
        mean, std = self._moments()
        return {
            "encoder": "scaler",
            "column": self.column.to_dict(),
            "output": self.as_output,
            "mean": mean.tolist(),
            "std": std.tolist(),
            "marked": self.marked,
            **({"constant": self.constant} if self.constant else {}),
            **({} if self.range is None else {"range": self.range.tolist()}),
        }

    @staticmethod
    def invalid_field(facts: dict[str, Any]) -> str | None:
        """Return the field of a saved scaler that it cannot have, or None."""
        width = Column.from_dict(facts["column"]).width
        for name, low in (("mean", -math.inf), ("std", 0.0)):
            values = facts[name]
            numbers = isinstance(values, list) and all(is_number(v, above=low) for v in values)
            if not numbers or len(values) != width:
                return name
        for name in ("marked", "constant"):
            if not are_features(facts.get(name, []), width):
                return name
        return None if _is_range(facts.get("range"), width) else "range"

    @classmethod
    def from_dict(cls, facts: dict[str, Any]) -> Self:
        """Return the encoder that `to_dict` wrote; `invalid_field` checks it first."""
        encoder = cls(Column.from_dict(facts["column"]), as_output=facts["output"])
        encoder.mean = np.array(facts["mean"], dtype=np.float64)
        encoder.std = np.array(facts["std"], dtype=np.float64)
        encoder.marked = list(facts["marked"])
        encoder.constant = list(facts.get("constant", []))
        if facts.get("range") is not None:
            encoder.range = np.array(facts["range"], dtype=np.float64)
        return encoder

    def _flatten(self, values: Values) -> Array:
        """Return all steps of all rows in one array (rows or steps, f)."""
        if self.column.side == "many":
            flat = np.concatenate([np.asarray(row) for row in values])
        else:
            flat = np.asarray(values, dtype=np.float64)
        return flat.reshape(-1, self.column.width)

    def _moments(self) -> tuple[Array, Array]:
        """Return mean and standard deviation.

        Raises:
            NotFittedError: There are none yet.
        """
        if self.mean is None or self.std is None:
            raise self.not_fitted()
        return self.mean, self.std


def is_number(value: Any, *, above: float = -math.inf) -> bool:
    """Return whether a saved value is a finite number above a limit."""
    return type(value) in (int, float) and above < value < math.inf


def are_features(value: Any, width: int) -> bool:
    """Return whether a saved value is a list of features from 0 to `width`, none of them twice."""
    valid = isinstance(value, list) and all(type(i) is int and 0 <= i < width for i in value)
    return valid and len(set(value)) == len(value)


def _is_range(ends: Any, width: int) -> bool:
    """Return whether this is the saved range of so many features, or none was saved."""
    if ends is None:
        return True
    lists = isinstance(ends, list) and len(ends) == 2 and all(isinstance(e, list) for e in ends)
    return lists and all(len(e) == width and all(map(is_number, e)) for e in ends)


def moments(values: Array) -> tuple[float, float]:
    """Return the mean and deviation of one feature; deviation 1 where it is constant or empty."""
    if not values.size:
        return 0.0, 1.0
    low, high = float(values.min()), float(values.max())
    if low == high:
        return low, 1.0
    size = max(abs(low), abs(high))  # squares of large numbers would overflow
    scaled = np.asarray(values, dtype=np.float64) / size
    mean, std = float(scaled.mean()) * size, float(scaled.std()) * size
    return mean, std if std > 0 else 1.0


def _split_rows(flat: Array, values: Values) -> list[Array]:
    """Return the sequences as views into the one array that holds all steps."""
    lengths = [len(row) for row in values]
    if len(set(lengths)) == 1:
        return list(flat.reshape(len(lengths), lengths[0], -1))
    return np.split(flat, np.cumsum(lengths)[:-1])
