"""The output of the nearest training input, as a baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, Self

import numpy as np

from unrolled.baselines.features import statistics
from unrolled.baselines.subsample import evenly_spaced
from unrolled.data.batches import Examples
from unrolled.data.block import Array, RaggedColumn
from unrolled.data.encoders.categories import Categories

MAX_ROWS = 20_000  # training rows that are searched, fewer where they are long
MAX_CELLS = 4_000_000  # steps and numbers of all of them together
CHUNK_ROWS = 256  # rows whose nearest rows are searched together
CATEGORY_DISTANCE = 1e6  # of two different categories: more than any other difference


@dataclass(frozen=True)
class Nearest:
    """The output of the training row whose input is nearest, the first one of several.

    A distance is the edit distance of two rows of ids, plus the Euclidean distance of their numbers
    (of steps of numbers: of their statistics), plus `CATEGORY_DISTANCE` for each category that
    differs.

    Attributes:
        texts: The training rows of each input of ids, such as text.
        numbers: Their numbers (m f); f is 0 where there are none.
        labels: Their categories (m c).
        targets: Their outputs.
        categories: Where the examples hold categories.
    """

    texts: Mapping[str, RaggedColumn]
    numbers: Array
    labels: Array
    targets: Mapping[str, RaggedColumn]
    categories: Categories
    name = "nearest training input"

    @classmethod
    def fit(cls, examples: Examples, outputs: Sequence[str], categories: Categories) -> Self:
        """Return the baseline that remembers a training part, evenly thinned where it is large."""
        texts = {
            name: column
            for name, column in examples.inputs.items()
            if name not in categories.ids and column.is_integer and column.flat.ndim == 1
        }
        numbers = _numbers(examples)
        cells = sum(len(column.flat) for column in texts.values()) + numbers.size
        max_rows = min(MAX_ROWS, max(1, MAX_CELLS * examples.rows // max(1, cells)))
        rows = evenly_spaced(examples.rows, max_rows)
        return cls(
            {name: column.take(rows) for name, column in texts.items()},
            numbers[rows],
            categories.codes(examples)[rows],
            {name: examples.targets[name].take(rows) for name in outputs},
            categories,
        )

    def predict(self, examples: Examples) -> dict[str, Array | list[Array]]:
        """Return the ids of every row, by output."""
        nearest = self.nearest_rows(examples)
        predictions: dict[str, Array | list[Array]] = {}
        for output, column in self.targets.items():
            rows = column.rows()
            predictions[output] = [rows[i] for i in nearest]
        return predictions

    def nearest_rows(self, examples: Examples) -> Array:
        """Return the index of the training row that is nearest to each row (n)."""
        texts = {name: _as_strings(examples.inputs[name]) for name in self.texts}
        numbers, labels = _numbers(examples), self.categories.codes(examples)
        nearest = np.zeros(examples.rows, dtype=np.int64)
        for start in range(0, examples.rows, CHUNK_ROWS):
            chunk = slice(start, start + CHUNK_ROWS)
            chunk_texts = {name: rows[chunk] for name, rows in texts.items()}
            distances = self._distances(chunk_texts, numbers[chunk], labels[chunk])
            nearest[chunk] = distances.argmin(axis=1)
        return nearest

    def _distances(self, texts: dict[str, list[str]], numbers: Array, labels: Array) -> Array:
        """Return the distance of each of some rows from each training row (n m)."""
        from rapidfuzz.distance import Levenshtein
        from rapidfuzz.process import cdist
        from scipy.spatial import distance

        distances = (labels[:, None] != self.labels).sum(axis=-1) * CATEGORY_DISTANCE  # n m
        if self.numbers.shape[1]:
            distances = distances + distance.cdist(numbers, self.numbers)
        for name, rows in texts.items():
            edits = cdist(rows, self._strings[name], scorer=Levenshtein.distance, dtype=np.int32)
            distances = distances + edits
        return np.asarray(distances)

    @cached_property
    def _strings(self) -> dict[str, list[str]]:
        """The training rows of ids as strings."""
        return {name: _as_strings(column) for name, column in self.texts.items()}

    def nll(self, examples: Examples) -> dict[str, Array]:  # noqa: ARG002
        """Return nothing: it gives no probability to any other row."""
        return {}

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the arrays, as JSON."""
        return {
            "texts": list(self.texts),
            "outputs": list(self.targets),
            "categories": self.categories.to_dict(),
        }

    def arrays(self) -> dict[str, Array]:
        """Return the arrays by side, column and part."""
        arrays = {"numbers": self.numbers, "labels": self.labels}
        for side, columns in (("in", self.texts), ("out", self.targets)):
            for name, column in columns.items():
                arrays[f"{side}/{name}/steps"] = column.flat
                arrays[f"{side}/{name}/lengths"] = np.asarray(column.lengths)
        return arrays

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any], arrays: Mapping[str, Array]) -> Self:
        """Return the baseline that `to_dict` and `arrays` described."""

        def columns(side: str, names: Sequence[str]) -> dict[str, RaggedColumn]:
            return {name: _column(arrays, f"{side}/{name}") for name in names}

        return cls(
            columns("in", facts["texts"]),
            arrays["numbers"],
            arrays["labels"],
            columns("out", facts["outputs"]),
            Categories.from_dict(facts["categories"]),
        )


def _column(arrays: Mapping[str, Array], name: str) -> RaggedColumn:
    """Return the column whose steps and lengths were saved."""
    offsets = np.concatenate([[0], np.cumsum(arrays[f"{name}/lengths"])])
    return RaggedColumn(arrays[f"{name}/steps"], offsets)


def _numbers(examples: Examples) -> Array:
    """Return the numbers of each row (n f); f is 0 where no number goes in."""
    numbers = [statistics(x) for x in examples.inputs.values() if not x.is_integer]
    return np.concatenate([np.zeros((examples.rows, 0), "float32"), *numbers], axis=1)


def _as_strings(column: RaggedColumn) -> list[str]:
    """Return rows of ids as strings, a character for each id: these are compared fastest."""
    text = "".join(map(chr, column.flat.tolist()))
    offsets = column.offsets.tolist() if column.offsets is not None else []
    return [text[start:end] for start, end in pairwise(offsets)]
