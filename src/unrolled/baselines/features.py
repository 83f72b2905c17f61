"""Turn encoded rows into the features of a linear model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from unrolled.data.batches import Examples
from unrolled.data.block import Array, RaggedColumn
from unrolled.data.ngram_counts import (
    FEW_SYMBOLS,
    count_ids,
    find_keys,
    ngram_keys,
    position_in_row,
)
from unrolled.errors import DataError

MAX_FLAT = 4096  # rows with more numbers than this are summarised by four statistics
MAX_NGRAMS = 20_000
CHARACTER_ORDER, WORD_ORDER = 4, 1  # the longest n-grams that are counted


@dataclass(frozen=True)
class Features:
    """How encoded rows become the features of a linear model.

    Attributes:
        per_step: Whether each step is a sample (aligned), or each row.
        flat: Whether steps of numbers are laid end to end, or summarised.
        grams: The counted n-grams of each input of ids, such as "3_5_4", by column of features.
        symbols: The size of the vocabulary of each input and output of ids.
    """

    per_step: bool
    flat: bool
    grams: Mapping[str, list[str]]
    symbols: Mapping[str, int]

    @classmethod
    def fit(cls, examples: Examples, symbols: Mapping[str, int], *, per_step: bool) -> Features:
        """Return the features that suit these rows."""
        lengths, x = examples.lengths, examples.inputs.get("x")
        width = 0 if x is None else x.flat.shape[1] * (1 if lengths is None else int(lengths[0]))
        grams = {
            name: frequent_ngrams(column, symbols[name])
            for name, column in examples.inputs.items()
            if name in symbols and column.offsets is not None and not per_step
        }
        flat = not examples.ragged and width <= MAX_FLAT and not examples.groups
        return cls(per_step, flat, grams, dict(symbols))

    def to_dict(self) -> dict[str, Any]:
        """Return the features as JSON."""
        return {
            "per_step": self.per_step,
            "flat": self.flat,
            "grams": dict(self.grams),
            "symbols": dict(self.symbols),
        }

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any]) -> Features:
        """Return the features that `to_dict` wrote."""
        return cls(facts["per_step"], facts["flat"], facts["grams"], facts["symbols"])

    def compute(self, examples: Examples) -> Any:
        """Return the features: (rows, f) or (steps, f), dense or sparse."""
        from scipy import sparse

        parts = []
        others = {name for group in examples.groups for name in group.inputs}
        for name, column in examples.inputs.items():
            if column.is_integer and name not in self.symbols:  # only the network reads this input
                continue
            if self.per_step and name in others:  # its steps are not those of the outputs
                continue
            if self.per_step:
                parts += [self._neighbour(name, column, shift) for shift in (-1, 0, 1)]
            elif not column.is_integer:
                parts.append(self._numbers(column))
            elif column.offsets is None:
                parts.append(_one_hot(column.flat, self.symbols[name]))
            else:
                parts.append(count_ngrams(column, self.symbols[name], self.grams[name]))
        if any(sparse.issparse(part) for part in parts):
            return sparse.hstack([sparse.csr_matrix(part) for part in parts]).tocsr()
        return np.concatenate(parts, axis=1)

    def _numbers(self, column: RaggedColumn) -> Array:
        if column.offsets is None:
            return column.flat
        if self.flat:
            _refuse_uneven(column)
            return column.flat.reshape(len(column.offsets) - 1, -1)
        return statistics(column)

    def _neighbour(self, name: str, column: RaggedColumn, shift: int) -> Any:
        """Return the features of the step `shift` away, zero beyond the row's ends."""
        offsets = column.offsets if column.offsets is not None else np.arange(len(column.flat) + 1)
        place = np.arange(len(column.flat))
        row = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
        neighbour = place + shift
        is_inside = (neighbour >= offsets[row]) & (neighbour < offsets[row + 1])
        values = column.flat[np.where(is_inside, neighbour, 0)]
        if not column.is_integer:
            return values * is_inside[:, None]
        return _one_hot(np.where(is_inside, values, -1), self.symbols[name])


def _refuse_uneven(column: RaggedColumn) -> None:
    """Refuse rows of different lengths, which models of older versions may have been fitted on."""
    if column.lengths is not None and len(set(column.lengths.tolist())) > 1:
        raise DataError(
            "The linear baseline cannot read these rows: they have different lengths, and it was"
            " fitted on rows of one length. Train the model again."
        )


def statistics(column: RaggedColumn) -> Array:
    """Return mean, standard deviation, minimum and maximum of each row's steps: (n 4f)."""
    if column.offsets is None:
        return column.flat
    starts = column.offsets[:-1]
    count = np.diff(column.offsets)[:, None]
    mean = np.add.reduceat(column.flat, starts) / count
    mean_square = np.add.reduceat(column.flat**2, starts) / count
    deviation = np.sqrt(np.maximum(mean_square - mean**2, 0))
    minimum = np.minimum.reduceat(column.flat, starts)
    maximum = np.maximum.reduceat(column.flat, starts)
    return np.concatenate([mean, deviation, minimum, maximum], axis=1)


def _one_hot(ids: Array, size: int) -> Any:
    """Return ids (n) as a sparse (n size), all zeros where an id is below zero."""
    from scipy import sparse

    rows = np.flatnonzero(ids >= 0)
    return sparse.csr_matrix(
        (np.ones(len(rows), "float32"), (rows, ids[rows])), shape=(len(ids), size)
    )


def frequent_ngrams(column: RaggedColumn, size: int) -> list[str]:
    """Return the most frequent n-grams, sorted: words alone, characters up to four.

    Args:
        column: Rows of ids.
        size: The size of the vocabulary.

    Example:
        >>> frequent_ngrams(RaggedColumn.from_rows([np.array([7, 300])]), size=500)
        ['300', '7']
    """
    counts: dict[str, int] = {}
    for n, keys in enumerate(_keys_inside_rows(column, size), 1):
        unique, times = np.unique(keys[keys >= 0], return_counts=True)
        counts |= zip(_spell(unique, size, n), times.tolist(), strict=True)
    names = sorted(counts)
    if len(names) <= MAX_NGRAMS:
        return names
    times = np.array([counts[name] for name in names], "float32")
    return [names[i] for i in np.sort((-times).argsort()[:MAX_NGRAMS])]


def count_ngrams(column: RaggedColumn, size: int, ngrams: list[str]) -> Any:
    """Return how often each n-gram stands in each row: sparse (n, number of n-grams).

    Args:
        column: Rows of ids.
        size: The size of the vocabulary.
        ngrams: What `frequent_ngrams` returned.
    """
    features: dict[int, dict[int, int]] = defaultdict(dict)  # by n, then by key
    for feature, ngram in enumerate(ngrams, 1):
        symbols = [int(i) for i in ngram.split("_")]
        features[len(symbols)][_key(symbols, size)] = feature
    ids_by_length = []
    for n, keys in enumerate(_keys_inside_rows(column, size), 1):
        known = np.array(sorted(features[n]), np.int64)
        feature_of = np.array([0, *(features[n][key] for key in known.tolist())])
        ids_by_length.append(feature_of[find_keys(known, keys) + 1])
    ids = RaggedColumn(np.stack(ids_by_length, axis=1), column.offsets)
    return count_ids(ids, len(ngrams) + 1)[:, 1:]


def _keys_inside_rows(column: RaggedColumn, size: int) -> list[Array]:
    """Return for each n the key of the n-gram that ends at each step, -1 where the row began."""
    order = CHARACTER_ORDER if size < FEW_SYMBOLS else WORD_ORDER
    position = position_in_row(column)
    return [
        np.where(position >= n - 1, keys, -1)
        for n, keys in enumerate(ngram_keys(column, size, order), 1)
    ]


def _spell(keys: Array, size: int, n: int) -> list[str]:
    """Return n-grams of length n as their ids with "_" between, which is how they are saved."""
    digits = [keys // size**place % size for place in reversed(range(n))]
    return ["_".join(map(str, ids)) for ids in zip(*(d.tolist() for d in digits), strict=True)]


def _key(ids: list[int], size: int) -> int:
    """Return the key of one n-gram."""
    key = 0
    for i in ids:
        key = key * size + i
    return key
