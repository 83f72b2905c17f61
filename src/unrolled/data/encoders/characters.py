"""The characters of words: what is known of a word that the training part did not have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from unrolled.data.block import Array

PADDING, UNKNOWN = 0, 1
MAX_CHARACTERS = 12


class CharacterEncoder:
    """The ids of each word's characters, padded to one length; the middle of longer words is cut.

    Example:
        >>> Spelling().fit([["be", "ab"]]).encode([["babe"]])[0].tolist()
        [[2, 4]]
    """

    feature_name = "spelling"  # part of the names of tensors in saved models

    def __init__(self) -> None:
        self.known: list[str] = []
        self.ids_per_step = 1
        self._place: dict[str, int] = {}

    @property
    def size(self) -> int:
        """Ids of characters, with those of padding and unknown."""
        return UNKNOWN + 1 + len(self.known)

    def fit(self, rows: Sequence[Sequence[str]]) -> Self:
        """Take the characters of the training part, the most frequent first.

        Args:
            rows: The words of each row.
        """
        counts = Counter(word for row in rows for word in row)
        letters: Counter[str] = Counter()
        for word, count in counts.items():
            letters.update(dict.fromkeys(word, count))
        self._know(sorted(letters, key=lambda letter: (-letters[letter], letter)))
        self.ids_per_step = min(MAX_CHARACTERS, max(map(len, counts), default=1) or 1)
        return self

    def encode(self, rows: Sequence[Sequence[str]]) -> list[Array]:
        """Return the ids of the characters of each row's words: b arrays int32 (t_i c).

        Args:
            rows: The words of each row; a row without any counts as one empty word.
        """
        spelled: dict[str, Array] = {}
        for row in rows:
            for word in row or [""]:
                if word not in spelled:
                    spelled[word] = self._spelled(word)
        return [np.stack([spelled[word] for word in row or [""]]) for row in rows]

    def to_dict(self) -> dict[str, Any]:
        """Return what was fitted as plain JSON."""
        return {"known": self.known, "longest": self.ids_per_step}

    @classmethod
    def from_dict(cls, facts: dict[str, Any]) -> Self:
        """Return the spelling that `to_dict` wrote."""
        made = cls()
        made._know(facts["known"])
        made.ids_per_step = facts["longest"]
        return made

    def _know(self, letters: list[str]) -> None:
        self.known = letters
        self._place = {letter: i for i, letter in enumerate(letters, UNKNOWN + 1)}

    def _spelled(self, word: str) -> Array:
        """Return the ids of a word's characters (c)."""
        if len(word) > self.ids_per_step:
            first = self.ids_per_step - self.ids_per_step // 2
            word = word[:first] + (word[first - self.ids_per_step :] if self.ids_per_step > first else "")
        found = np.full(self.ids_per_step, PADDING, np.int32)
        found[: len(word)] = [self._place.get(letter, UNKNOWN) for letter in word]
        return found
