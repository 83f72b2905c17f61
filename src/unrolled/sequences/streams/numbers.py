"""The numbers of a step, scaled as the table encoder scales them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import NoneType
from typing import Any

import numpy as np

from unrolled.data.block import Array
from unrolled.data.encoders.scaler import LIMIT, Scaler
from unrolled.sequences.streams.values import ValueEncoder

PLAIN = {int, float, NoneType, np.float64, np.float32, np.int64, np.int32}
MAX_INTEGER = 2.0**63


class StepNumbers:
    """The columns of numbers of a step, of which all are scaled at once.

    What is no plain number takes the way of the table encoder, which converts or refuses it.

    Args:
        columns: By name, the encoder of the values of a column, its scaler, and where its numbers
            stand in the input `x`.
    """

    def __init__(self, columns: Mapping[str, tuple[ValueEncoder, Scaler, int]]) -> None:
        self._values = {name: values for name, (values, _, _) in columns.items()}
        self._single = [n for n, (_, s, _) in columns.items() if s.column.width == 1]
        self._vectors = [n for n in columns if n not in self._single]
        self._marks: list[tuple[int, int]] = []
        means: list[Array] = []
        stds: list[Array] = []
        places: list[Array] = []
        for name in (*self._single, *self._vectors):
            _, scaler, start = columns[name]
            mean, std = np.asarray(scaler.mean), np.array(scaler.std)
            std[scaler.constant] = np.inf  # what is constant becomes 0
            stds.append(std)
            means.append(mean)
            width, known = len(mean), sum(len(part) for part in places)
            places.append(np.arange(start, start + width))
            self._marks += [
                (known + index, start + width + i) for i, index in enumerate(scaler.marked)
            ]
        self._mean, self._std = np.concatenate(means), np.concatenate(stds)
        self._places = np.concatenate(places)
        first, last = int(self._places[0]), int(self._places[-1])
        self._target: Any = self._places
        if self._places.tolist() == list(range(first, last + 1)):
            self._target = slice(first, last + 1)  # faster than an array of places
        numbers = (self._mean.tolist(), self._std.tolist(), self._places.tolist())
        self._one = list(zip(self._single, *numbers, strict=False))  # without the vectors

    def encode(self, steps: Sequence[Mapping[str, Any]], x: Array) -> None:
        """Write the numbers of steps into the input `x` (b 1 f).

        Raises:
            KeyError: A column is missing.
            DataError: A value is no number.
        """
        if len(steps) == 1 and not self._vectors and self._encode_one(steps[0], x[0, 0]):
            return
        raw = self._read(steps)  # b k
        scaled = (raw - self._mean) / self._std
        if not (np.abs(scaled) <= LIMIT).all():  # also where a number is missing
            self._refuse_large(steps, raw)
            missing = np.isnan(scaled)
            scaled = np.where(missing, 0.0, np.minimum(np.maximum(scaled, -LIMIT), LIMIT))
            for place, mark in self._marks:
                x[:, 0, mark] = missing[:, place]
        x[:, 0, self._target] = scaled

    def _encode_one(self, step: Mapping[str, Any], x: Array) -> bool:
        """Write the plain numbers of one step into the input `x` (f), without any array.

        Returns:
            Whether all of them are plain numbers that need no limit; otherwise the general way
            follows.
        """
        for name, mean, std, place in self._one:
            value = step[name]
            if type(value) is not float and type(value) is not int:
                return False
            try:
                scaled = (value - mean) / std
            except OverflowError:
                return False
            if not -LIMIT <= scaled <= LIMIT:
                return False
            x[place] = scaled
        return True

    def _read(self, steps: Sequence[Mapping[str, Any]]) -> Array:
        """Return the numbers of steps (b k), NaN where they are missing."""
        values = [step[name] for step in steps for name in self._single]
        if not PLAIN.issuperset(map(type, values)):
            values = [
                value if type(value) in PLAIN else self._values[name].numbers(value)[0]
                for step in steps
                for name, value in ((name, step[name]) for name in self._single)
            ]
        single = np.array(values, np.float64).reshape(len(steps), len(self._single))
        if not self._vectors:
            return single
        vectors = [self._read_vectors(name, steps) for name in self._vectors]
        return np.concatenate([single, *vectors], axis=1)

    def _read_vectors(self, name: str, steps: Sequence[Mapping[str, Any]]) -> Array:
        """Return the lists of numbers of a column (b f)."""
        lists, values = [step[name] for step in steps], self._values[name]
        plain = all(
            type(v) in (list, tuple) and PLAIN.issuperset(map(type, v)) for v in lists
        ) and {len(v) for v in lists} == {values.column.width}
        if plain:
            return np.array(lists, np.float64)
        return np.stack([values.numbers(value) for value in lists])

    def _refuse_large(self, steps: Sequence[Mapping[str, Any]], raw: Array) -> None:
        """Let the way of the table encoder refuse what no table may hold."""
        rows, places = np.nonzero(np.abs(raw) >= MAX_INTEGER)
        for row, place in zip(rows.tolist(), places.tolist(), strict=True):
            names = [*self._single, *(n for n in self._vectors for _ in range(self._width(n)))]
            name = names[place]
            self._values[name].numbers(steps[row][name])

    def _width(self, name: str) -> int:
        return self._values[name].column.width
