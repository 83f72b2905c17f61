"""The best row of tags that their scheme allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from unrolled.data.encoders.tags import OUTSIDE, may_follow
from unrolled.schema import Scheme

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class TagTransitions:
    """Which tags may begin a row, follow each other, and end it.

    Attributes:
        first: Whether a row may begin with each tag (o).
        after: Whether the second tag may follow the first (o o).
        last: Whether a row may end with each tag (o).
    """

    first: Array
    after: Array
    last: Array

    @classmethod
    def from_scheme(cls, tags: Sequence[str], scheme: Scheme) -> Self:
        """Return what a scheme allows."""
        return cls(
            np.array([may_follow(OUTSIDE, tag, scheme) for tag in tags]),
            np.array([[may_follow(before, tag, scheme) for tag in tags] for before in tags]),
            np.array([may_follow(tag, OUTSIDE, scheme) for tag in tags]),
        )

    def best(self, scores: Array) -> Array:
        """Return the allowed row of tags with the highest sum of scores (Viterbi).

        Args:
            scores: Of each tag at each step (t o), such as logits: a constant added at a step
                changes nothing.

        Returns:
            Numbers of tags (t); the highest at each step where no row is allowed at all.

        Example:
            >>> paths = Paths.of(["O", "B-x", "I-x"], "BIO")
            >>> paths.best(np.array([[3.0, 2.5, 0.0], [0.0, 0.0, 4.0]])).tolist()
            [1, 2]

        Source:
            Viterbi 1967; Forney 1973, section III.
        """
        likely: Array = scores.argmax(axis=1)
        if self._allow(likely):  # mostly so, and then nothing allowed can be better
            return likely
        best = np.where(self.first, scores[0], -np.inf)  # o: of a row that ends with each tag
        came = np.zeros(scores.shape, dtype=np.int64)
        for step in range(1, len(scores)):
            ways = np.where(self.after, best[:, None], -np.inf)  # o o
            came[step] = ways.argmax(axis=0)
            best = ways.max(axis=0) + scores[step]
        best = np.where(self.last, best, -np.inf)
        if np.isneginf(best.max()):
            return likely
        path = [int(best.argmax())]
        for step in range(len(scores) - 1, 0, -1):
            path.append(int(came[step, path[-1]]))
        return np.array(path[::-1])

    def _allow(self, path: Array) -> bool:
        """Return whether a row of tags is allowed."""
        ends = self.first[path[0]] and self.last[path[-1]]
        return bool(ends and self.after[path[:-1], path[1:]].all())
