"""Runs of symbols: what a linear map beside a network counts."""

from __future__ import annotations

from typing import Any, Self

import numpy as np

from unrolled.data.batch import Array, Block

FEW_SYMBOLS = 200  # fewer are taken for characters, whose runs are longer
LONGEST = {"characters": 4, "words": 2}
MOST = 50_000
KEYS = 2**62


class Runs:
    """Ids of the runs that end at each step: the step alone, with the one before it, and so on.

    Of words there are pairs, of characters runs of up to four. The place before a row counts as a
    symbol of its own. Id 0 is no run that is known; the most frequent of the training part are.

    Example:
        >>> rows = Block.of([np.array([2, 3, 2]), np.array([3])])
        >>> Runs(size=900).fit(rows).encode(rows).flat.tolist()
        [[1, 3], [2, 5], [1, 6], [2, 4]]
    """

    def __init__(self, *, size: int) -> None:
        longest = LONGEST["characters" if size < FEW_SYMBOLS else "words"]
        self.base = size
        while self.base**longest > KEYS:
            longest -= 1
        self.known: list[Array] = [np.array([], np.int64)] * longest

    @property
    def longest(self) -> int:
        """Symbols of the longest run, and so runs that end at a step."""
        return len(self.known)

    @property
    def size(self) -> int:
        """Ids, with that of no run."""
        return 1 + sum(map(len, self.known))

    def fit(self, block: Block) -> Self:
        """Take the most frequent runs of the training part.

        Args:
            block: Ids of symbols, rows of steps.
        """
        found = [np.unique(keys[keys >= 0], return_counts=True) for keys in self._keys(block)]
        counts = np.concatenate([count for _, count in found])
        least = np.partition(counts, -MOST)[-MOST] if len(counts) > MOST else 1
        self.known = [keys[count >= least] for keys, count in found]
        return self

    def encode(self, block: Block) -> Block:
        """Return the ids of the runs that end at each step, rows of (t_i n).

        Args:
            block: Ids of symbols, rows of steps.
        """
        ids, first = [], 1
        for known, keys in zip(self.known, self._keys(block), strict=True):
            place = np.minimum(np.searchsorted(known, keys), max(0, len(known) - 1))
            there = known[place] == keys if len(known) else np.zeros(len(keys), bool)
            ids.append(np.where(there, place + first, 0))
            first += len(known)
        return Block(np.stack(ids, axis=1).astype("int32"), block.offsets)

    def to_dict(self) -> dict[str, Any]:
        """Return what was fitted as plain JSON."""
        return {"base": self.base, "known": [keys.tolist() for keys in self.known]}

    @classmethod
    def from_dict(cls, facts: dict[str, Any]) -> Self:
        """Return the runs that `to_dict` wrote."""
        made = cls(size=facts["base"])
        made.known = [np.array(keys, np.int64) for keys in facts["known"]]
        return made

    def _keys(self, block: Block) -> list[Array]:
        """Return a number for each run that ends at each step, by length; -1 where there is none.

        A run may reach one place before the row.
        """
        flat = block.flat.astype(np.int64)
        place = np.concatenate([np.arange(len(row)) for row in block.rows()])  # within its row
        keys, weight = [flat], 1
        for back in range(1, self.longest):
            weight *= self.base
            there = np.where(place >= back, np.roll(flat, back), 0)
            longer = keys[-1] + weight * there
            keys.append(np.where((place >= back - 1) & (keys[-1] >= 0), longer, -1))
        return keys
