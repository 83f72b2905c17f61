"""Text as steps, and steps as text; the characters of words and the n-grams of steps."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any

import numpy as np

from unrolled.export.standalone.cells import END, UNKNOWN

UNKNOWN_MARK = "\ufffd"


def split_text(text: str, unit: str) -> list[str]:
    """Return the characters (NFC), or the words and punctuation marks, of an input text."""
    normal = unicodedata.normalize("NFC", text)
    if unit == "characters":
        return list(normal)
    return re.findall(word_pattern(with_marks=not normal.isascii()), normal)


@cache
def word_pattern(*, with_marks: bool) -> str:
    """Return the regular expression of a word or a punctuation mark, with its accents."""
    if not with_marks:
        return r"\w+(?:['’]\w+)*|[^\w\s]"
    candidates = map(chr, range(0x300, 0x12000))
    marks = "".join(sign for sign in candidates if unicodedata.category(sign)[0] == "M")
    letters = rf"\w+(?:[{marks}]+\w*)*"
    return rf"{letters}(?:['’]{letters})*|[^\w\s][{marks}]*"


def join_steps(steps: list[str], facts: dict[str, Any]) -> Any:
    """Return the steps of an output as its cell: tokens, or text."""
    column = facts["column"]
    if column["kind"] == "tokens":
        return " ".join(steps) if column["spaced"] else steps
    words = column["unit"] == "words"
    if facts.get("exact"):
        text = "".join(steps)
        return text.removeprefix(" ") if words else text
    if not words:
        return "".join(steps)
    closed = re.sub(r" ([.,!?;:%)\]}])", r"\1", " ".join(steps))
    return re.sub(r"([(\[{]) ", r"\1", closed)


class Vocabulary:
    """The ids of steps of text or tokens, and the steps of ids.

    Args:
        facts: The saved encoder.
    """

    def __init__(self, facts: dict[str, Any]) -> None:
        self.facts, self.first = facts, END + 1 if facts["end"] else END
        self.known: list[str] = facts["known"]
        self.ids = {step: i for i, step in enumerate(self.known, self.first)}
        characters = facts.get("spelling")
        self.characters = (
            {c: i for i, c in enumerate(characters["known"], 2)} if characters else None
        )
        grams = facts.get("runs")
        self.grams = (
            [{k: i for i, k in enumerate(keys)} for keys in grams["known"]] if grams else []
        )

    def split(self, cell: Any) -> list[str]:
        """Return the steps of a cell of an input."""
        if self.facts["column"]["kind"] == "tokens":
            return [self._normal(token) for token in cell]
        return split_text(self._normal(cell), self.facts["column"]["unit"])

    def encode(self, steps: list[str]) -> np.ndarray:
        """Return the ids of steps (t); a text without steps is one unknown step."""
        return np.array([self._id(step) for step in steps] or [UNKNOWN], np.int32)

    def spell(self, steps: list[str]) -> np.ndarray:
        """Return the ids of the characters of each step (t c)."""
        length = self.facts["spelling"]["longest"]
        ids = np.zeros((max(1, len(steps)), length), np.int32)
        for row, word in enumerate(steps):
            if len(word) > length:
                start = length - length // 2
                word = word[:start] + (word[start - length :] if length > start else "")
            ids[row, : len(word)] = [(self.characters or {}).get(c, 1) for c in word]
        return ids

    def count(self, ids: np.ndarray) -> np.ndarray:
        """Return the ids of the n-grams that end at each step (t n), then beyond the row."""
        base, lengths = self.facts["runs"]["base"], len(self.grams)
        first = np.cumsum([1, *map(len, self.grams)])
        closed = self.facts["runs"].get("closed", False)
        counted = np.zeros((len(ids), lengths + (lengths - 1) * closed), np.int32)
        for step in range(len(ids)):
            key = 0
            for back in range(lengths):
                key += int(ids[step - back] if step >= back else 0) * base**back
                keys = [(back, back, key)] if step >= back - 1 else []
                if closed and step == len(ids) - 1 and back < lengths - 1 and keys:
                    keys.append((lengths + back, back + 1, key * base))
                for column, order, wanted in keys:
                    if (place := self.grams[order].get(wanted)) is not None:
                        counted[step, column] = place + first[order]
        return counted

    def text(self, ids: np.ndarray) -> Any:
        """Return the cell of an output with some ids, cut at its end mark."""
        if self.facts["end"] and (ids == END).any():
            ids = ids[: int(np.flatnonzero(ids == END)[0])]
        exact_words = self.facts.get("exact") and self.facts["column"]["unit"] == "words"
        unknown = f" {UNKNOWN_MARK}" if exact_words else UNKNOWN_MARK
        steps = [self.known[i - self.first] if i >= self.first else unknown for i in ids if i]
        return join_steps(steps, self.facts)

    def _normal(self, text: str) -> str:
        lowered = self.facts.get("lowered", not self.facts.get("cased", False))
        text = text.lower() if lowered else text
        return re.sub(r"\d", "0", text) if self.facts.get("digits", False) else text

    def _id(self, step: str) -> int:
        known = self.ids.get(step, UNKNOWN)
        if known == UNKNOWN and self.facts.get("digits", False) is None:
            return self.ids.get(re.sub(r"\d", "0", step), UNKNOWN)
        return known
