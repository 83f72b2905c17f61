"""N-grams of tokens or characters, from whose counts the linear branch of a network predicts."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Self

import numpy as np

from unrolled.data.block import Array, RaggedColumn
from unrolled.data.ngram_counts import (
    FEW_SYMBOLS,
    MAX_KEY,
    find_keys,
    ngram_keys,
    position_in_row,
)

LONGEST = {"characters": 4, "words": 2}
MAX_NGRAMS = 50_000


class NGramEncoder:
    """The ids of the n-grams that end at each step: the step alone, with the one before it, ...

    Words have n-grams of up to two, characters of up to four. The place before a row counts as a
    symbol of its own, and for characters also the place after it, because the end of a word tells
    much. Id 0 is an unknown n-gram; the most frequent ones of the training part are known.

    Args:
        size: How many symbols there are.
        closed: Whether n-grams may reach one place beyond the row; None means yes for characters.

    Example:
        >>> rows = RaggedColumn.from_rows([np.array([2, 3, 2]), np.array([3])])
        >>> NGramEncoder(size=900).fit(rows).encode(rows).flat.tolist()
        [[1, 3], [2, 5], [1, 6], [2, 4]]
    """

    def __init__(self, *, size: int, closed: bool | None = None) -> None:
        few = size < FEW_SYMBOLS
        longest = LONGEST["characters" if few else "words"]
        self.base, self.closed = size, few if closed is None else closed
        while self.base**longest > MAX_KEY:
            longest -= 1
        self.keys: list[Array] = [np.array([], np.int64)] * longest  # sorted, by length

    @property
    def ids_per_step(self) -> int:
        """Ids of a step: of n-grams that end there, then of those that end beyond the row."""
        return len(self.keys) + (len(self.keys) - 1 if self.closed else 0)

    @property
    def size(self) -> int:
        """Ids, with that of unknown n-grams."""
        return 1 + sum(map(len, self.keys))

    def fit(self, column: RaggedColumn) -> Self:
        """Collect the most frequent n-grams of the training part.

        Args:
            column: Ids of symbols, a sequence for each row.
        """
        by_length: list[list[Array]] = [[] for _ in self.keys]
        for length, keys in self._keys(column):
            by_length[length].append(keys[keys >= 0])
        distinct = [np.unique(np.concatenate(part), return_counts=True) for part in by_length]
        counts = np.concatenate([count for _, count in distinct])
        full = len(counts) > MAX_NGRAMS
        threshold = np.partition(counts, -MAX_NGRAMS)[-MAX_NGRAMS] if full else 1
        self.keys = [keys[count >= threshold] for keys, count in distinct]
        return self

    def encode(self, column: RaggedColumn) -> RaggedColumn:
        """Return the ids of the n-grams that end at each step, an array (t_i n) for each row.

        Args:
            column: Ids of symbols, a sequence for each row.
        """
        ids, first_ids = [], np.cumsum([1, *map(len, self.keys)])
        for length, keys in self._keys(column):
            index = find_keys(self.keys[length], keys)
            ids.append(np.where(index >= 0, index + first_ids[length], 0))
        return RaggedColumn(np.stack(ids, axis=1).astype("int32"), column.offsets)

    def to_dict(self) -> dict[str, Any]:
        """Return the fitted state as plain JSON."""
        known = [keys.tolist() for keys in self.keys]
        return {"base": self.base, "closed": self.closed, "known": known}

    @classmethod
    def is_valid(cls, facts: dict[str, Any]) -> bool:
        """Return whether `to_dict` could have written this."""
        closed, known = facts.get("closed", False), facts["known"]
        if type(closed) is not bool:
            return False
        lengths = len(cls(size=facts["base"], closed=closed).keys)
        return len(known) == lengths and all(_are_increasing(keys) for keys in known)

    @classmethod
    def from_dict(cls, facts: dict[str, Any]) -> Self:
        """Return the encoder that `to_dict` wrote; `is_valid` checks it first."""
        encoder = cls(size=facts["base"], closed=facts.get("closed", False))
        encoder.keys = [np.array(keys, np.int64) for keys in facts["known"]]
        return encoder

    def _keys(self, column: RaggedColumn) -> list[tuple[int, Array]]:
        """Return for each n-gram length (less one) the key at each step; -1 for none.

        Those that end at the step come first, then those that end beyond the row, at its last step.
        """
        position = position_in_row(column)
        keys = [
            np.where(position >= back - 1, key, -1)  # at most one place before the row
            for back, key in enumerate(ngram_keys(column, self.base, len(self.keys)))
        ]
        by_length = list(enumerate(keys))
        if self.closed:
            is_last = np.append(position[1:] == 0, True)
            beyond = [np.where(is_last & (key >= 0), key * self.base, -1) for key in keys[:-1]]
            by_length += list(enumerate(beyond, 1))
        return by_length


def _are_increasing(keys: Any) -> bool:
    """Return whether these are integers, each above the one before."""
    integers = isinstance(keys, list) and all(type(key) is int for key in keys)
    return integers and all(one < other for one, other in pairwise(keys))
