"""The characters of words, from which a network knows words that the training part did not have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from unrolled.data.block import Array

PADDING, UNKNOWN = 0, 1
MAX_CHARACTERS = 12


class CharacterEncoder:
    """The ids of the characters of each word, padded to one length.

    The middle of a longer word is cut out.

    Example:
        >>> CharacterEncoder().fit([["be", "ab"]]).encode([["babe"]])[0].tolist()
        [[2, 4]]
    """

    def __init__(self) -> None:
        self.characters: list[str] = []
        self.ids_per_step = 1
        self._ids: dict[str, int] = {}

    @property
    def size(self) -> int:
        """Ids of characters, with those of padding and unknown characters."""
        return UNKNOWN + 1 + len(self.characters)

    def fit(self, rows: Sequence[Sequence[str]]) -> Self:
        """Collect the characters of the training part, the most frequent first.

        Args:
            rows: The words of each row.
        """
        word_counts = Counter(word for row in rows for word in row)
        counts: Counter[str] = Counter()
        for word, count in word_counts.items():
            counts.update(dict.fromkeys(word, count))
        self._set_characters(sorted(counts, key=lambda letter: (-counts[letter], letter)))
        self.ids_per_step = min(MAX_CHARACTERS, max(map(len, word_counts), default=1) or 1)
        return self

    def encode(self, rows: Sequence[Sequence[str]]) -> list[Array]:
        """Return the ids of the characters of each row's words: b arrays int32 (t_i c).

        Args:
            rows: The words of each row; a row without any counts as one empty word.
        """
        encoded: dict[str, Array] = {}
        for row in rows:
            for word in row or [""]:
                if word not in encoded:
                    encoded[word] = self._encode_word(word)
        return [np.stack([encoded[word] for word in row or [""]]) for row in rows]

    def to_dict(self) -> dict[str, Any]:
        """Return the fitted state as plain JSON."""
        return {"known": self.characters, "longest": self.ids_per_step}

    @staticmethod
    def is_valid(facts: dict[str, Any]) -> bool:
        """Return whether `to_dict` could have written this."""
        longest = facts["longest"]
        valid = type(longest) is int and 0 < longest <= MAX_CHARACTERS
        return valid and are_distinct_strings(facts["known"])

    @classmethod
    def from_dict(cls, facts: dict[str, Any]) -> Self:
        """Return the encoder that `to_dict` wrote; `is_valid` checks it first."""
        encoder = cls()
        encoder._set_characters(facts["known"])
        encoder.ids_per_step = facts["longest"]
        return encoder

    def _set_characters(self, characters: list[str]) -> None:
        self.characters = characters
        self._ids = {character: i for i, character in enumerate(characters, UNKNOWN + 1)}

    def _encode_word(self, word: str) -> Array:
        """Return the ids of a word's characters (c)."""
        length = self.ids_per_step
        if len(word) > length:
            start = length - length // 2
            word = word[:start] + (word[start - length :] if length > start else "")
        ids = np.full(length, PADDING, np.int32)
        ids[: len(word)] = [self._ids.get(character, UNKNOWN) for character in word]
        return ids


def are_distinct_strings(values: Any) -> bool:
    """Return whether these are strings, no two the same."""
    strings = isinstance(values, list) and all(isinstance(value, str) for value in values)
    return strings and len(set(values)) == len(values)
