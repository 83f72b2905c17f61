"""Runs of symbols: what a linear map beside a network counts."""

from __future__ import annotations

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
MOST = 50_000


class NGramEncoder:
    """Ids of the runs that end at each step: the step alone, with the one before it, and so on.

    Of words there are pairs, of characters runs of up to four. The place before a row counts as a
    symbol of its own, and of characters also that after it: how a word ends says much. Id 0 is no
    run that is known; the most frequent of the training part are.

    Args:
        size: Symbols.
        closed: Whether runs may reach one place beyond the row; None takes it so of characters.

    Example:
        >>> rows = Block.of([np.array([2, 3, 2]), np.array([3])])
        >>> Runs(size=900).fit(rows).encode(rows).flat.tolist()
        [[1, 3], [2, 5], [1, 6], [2, 4]]
    """

    feature_name = "runs"  # part of the names of tensors in saved models

    def __init__(self, *, size: int, closed: bool | None = None) -> None:
        few = size < FEW_SYMBOLS
        longest = LONGEST["characters" if few else "words"]
        self.base, self.closed = size, few if closed is None else closed
        while self.base**longest > MAX_KEY:
            longest -= 1
        self.known: list[Array] = [np.array([], np.int64)] * longest

    @property
    def ids_per_step(self) -> int:
        """Ids that a step has: of runs that end there, then of those that end beyond the row."""
        return len(self.known) + (len(self.known) - 1 if self.closed else 0)

    @property
    def size(self) -> int:
        """Ids, with that of no run."""
        return 1 + sum(map(len, self.known))

    def fit(self, block: RaggedColumn) -> Self:
        """Take the most frequent runs of the training part.

        Args:
            block: Ids of symbols, rows of steps.
        """
        keys: list[list[Array]] = [[] for _ in self.known]
        for longer, there in self._keys(block):
            keys[longer].append(there[there >= 0])
        found = [np.unique(np.concatenate(each), return_counts=True) for each in keys]
        counts = np.concatenate([count for _, count in found])
        least = np.partition(counts, -MOST)[-MOST] if len(counts) > MOST else 1
        self.known = [keys[count >= least] for keys, count in found]
        return self

    def encode(self, block: RaggedColumn) -> RaggedColumn:
        """Return the ids of the runs that end at each step, rows of (t_i n).

        Args:
            block: Ids of symbols, rows of steps.
        """
        ids, firsts = [], np.cumsum([1, *map(len, self.known)])
        for longer, keys in self._keys(block):
            index = find_keys(self.known[longer], keys)
            ids.append(np.where(index >= 0, index + firsts[longer], 0))
        return RaggedColumn(np.stack(ids, axis=1).astype("int32"), block.offsets)

    def to_dict(self) -> dict[str, Any]:
        """Return what was fitted as plain JSON."""
        known = [keys.tolist() for keys in self.known]
        return {"base": self.base, "closed": self.closed, "known": known}

    @classmethod
    def from_dict(cls, facts: dict[str, Any]) -> Self:
        """Return the runs that `to_dict` wrote."""
        made = cls(size=facts["base"], closed=facts.get("closed", False))
        made.known = [np.array(keys, np.int64) for keys in facts["known"]]
        return made

    def _keys(self, block: RaggedColumn) -> list[tuple[int, Array]]:
        """Return how many symbols a run has beyond one, and its number at each step; -1 for none.

        Those that end at the step come first, then those that end beyond the row, at its last step.
        """
        place = position_in_row(block)
        keys = [
            np.where(place >= longer - 1, all_keys, -1)  # at most one place before the row
            for longer, all_keys in enumerate(ngram_keys(block, self.base, len(self.known)))
        ]
        found = list(enumerate(keys))
        if self.closed:
            last = np.append(place[1:] == 0, True)
            ends = [np.where(last & (own >= 0), own * self.base, -1) for own in keys[:-1]]
            found += list(enumerate(ends, 1))
        return found
