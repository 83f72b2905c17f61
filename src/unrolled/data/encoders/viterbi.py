"""The most probable sequence of tags that their scheme allows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from unrolled.data.block import Array
from unrolled.data.encoders.tags import OUTSIDE, may_follow
from unrolled.schema import Scheme


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
        """Return the transitions that a scheme allows."""
        return cls(
            np.array([may_follow(OUTSIDE, tag, scheme) for tag in tags]),
            np.array([[may_follow(before, tag, scheme) for tag in tags] for before in tags]),
            np.array([may_follow(tag, OUTSIDE, scheme) for tag in tags]),
        )

    def best_path(self, scores: Array) -> Array:
        """Return the allowed sequence of tags with the highest sum of scores (Viterbi).

        Args:
            scores: Of each tag at each step (t o), such as logits: a constant added at a step
                changes nothing.

        Returns:
            Numbers of tags (t); the highest at each step where no sequence is allowed at all.

        Example:
            >>> transitions = TagTransitions.from_scheme(["O", "B-x", "I-x"], "BIO")
            >>> transitions.best_path(np.array([[3.0, 2.5, 0.0], [0.0, 0.0, 4.0]])).tolist()
            [1, 2]

        Source:
            Viterbi 1967; Forney 1973, section III.
        """
        greedy: Array = scores.argmax(axis=1)
        if self._allows(greedy):  # this is common, and no allowed path can score higher
            return greedy
        best = np.where(self.first, scores[0], -np.inf)  # o: of a path that ends with each tag
        previous = np.zeros(scores.shape, dtype=np.int64)
        for step in range(1, len(scores)):
            extended = np.where(self.after, best[:, None], -np.inf)  # o o
            previous[step] = extended.argmax(axis=0)
            best = extended.max(axis=0) + scores[step]
        best = np.where(self.last, best, -np.inf)
        if np.isneginf(best.max()):
            return greedy
        path = [int(best.argmax())]
        for step in range(len(scores) - 1, 0, -1):
            path.append(int(previous[step, path[-1]]))
        return np.array(path[::-1])

    def extend(self, best: Array | None, scores: Array) -> Array:
        """Return the score of the best allowed path so far that ends with each tag (o).

        The highest is 0: a constant added to all of them changes nothing.

        Args:
            best: The same before this step; None at the first step.
            scores: Of each tag at this step (o).
        """
        if best is None:
            extended: Array = np.where(self.first, scores, -np.inf)
        else:
            extended = np.where(self.after, best[:, None], -np.inf).max(axis=0) + scores
        highest = extended.max()
        return extended if np.isneginf(highest) else extended - highest

    def best_end(self, best: Array, scores: Array) -> int:
        """Return the tag with which the best path so far ends, as `best_path` would.

        Args:
            best: What `extend` returned for the last step.
            scores: Of each tag at the last step (o).
        """
        ending = np.where(self.last, best, -np.inf)
        return int((scores if np.isneginf(ending.max()) else ending).argmax())

    def _allows(self, path: Array) -> bool:
        """Return whether a sequence of tags is allowed."""
        ends = self.first[path[0]] and self.last[path[-1]]
        return bool(ends and self.after[path[:-1], path[1:]].all())
