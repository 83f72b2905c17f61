"""Text as steps: characters, words, or subwords learned from the training part."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from unrolled.schema import Unit

_CLOSING = re.compile(r" ([.,!?;:%)\]}])")
_OPENING = re.compile(r"([(\[{]) ")


def split_text(text: str, unit: Unit, *, cased: bool = False) -> list[str]:
    """Return the characters (NFC) or the words and punctuation marks of a text.

    Args:
        text: The text.
        unit: `characters`, or else words.
        cased: Whether words keep their capital letters; otherwise they are lowercased.

    Example:
        >>> split_text("Don't go!", "words")
        ["don't", 'go', '!']
        >>> split_text("Don't go!", "words", cased=True)
        ["Don't", 'go', '!']
        >>> split_text("né", "characters")
        ['n', 'é']
        >>> split_text("d\u0361ʒ a", "words") == ["d\u0361ʒ", "a"]
        True
    """
    normal = unicodedata.normalize("NFC", text)
    if unit == "characters":
        return list(normal)
    words = _word_pattern(with_marks=not normal.isascii())
    return words.findall(normal if cased else normal.lower())


@cache
def _word_pattern(*, with_marks: bool) -> re.Pattern[str]:
    """Return the pattern of a word or a punctuation mark.

    Accents and tie bars that are characters of their own belong to the letter before them.
    """
    if not with_marks:  # several times faster
        return re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")
    candidates = map(chr, range(0x300, 0x12000))
    marks = "".join(sign for sign in candidates if unicodedata.category(sign)[0] == "M")
    letters = rf"\w+(?:[{marks}]+\w*)*"
    return re.compile(rf"{letters}(?:['’]{letters})*|[^\w\s][{marks}]*")


def join_text(steps: Sequence[str], unit: Unit) -> str:
    """Return characters, or words and punctuation marks, as a text again.

    Example:
        >>> join_text(["don't", "go", "!"], "words")
        "don't go!"
    """
    if unit == "characters":
        return "".join(steps)
    return _OPENING.sub(r"\1", _CLOSING.sub(r"\1", " ".join(steps)))


def count_steps(values: Sequence[str], unit: Unit) -> np.ndarray[Any, np.dtype[np.int64]] | None:
    """Return how many steps each text has, or None for subwords, whose number is not stable.

    An empty text counts as one step, since it is encoded as one unknown step.

    Example:
        >>> count_steps(["abc", ""], "characters")
        array([3, 1])
    """
    if unit == "subwords":
        return None
    return np.array([max(1, len(split_text(value, unit))) for value in values], dtype=np.int64)


class Subwords:
    """Byte-pair encoding. Every text can be written in subwords, so none is unknown.

    Source: Sennrich, Haddow and Birch (2016), section 3.2.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer

    @classmethod
    def learn(cls, texts: Sequence[str]) -> Subwords:
        """Return subwords learned from texts: one for every fifty characters, 300 to 8000."""
        size = min(8000, max(300, sum(map(len, texts)) // 50))
        tokenizer = Tokenizer(models.BPE())
        tokenizer.normalizer = normalizers.NFC()
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
        tokenizer.train_from_iterator(
            texts,
            trainers.BpeTrainer(
                vocab_size=size, initial_alphabet=alphabet, show_progress=False, special_tokens=[]
            ),
        )
        return cls(tokenizer)

    @property
    def size(self) -> int:
        """How many subwords there are."""
        return int(self.tokenizer.get_vocab_size())

    def encode(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the subword ids of each text."""
        return [encoding.ids for encoding in self.tokenizer.encode_batch(list(texts))]

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of subword ids."""
        return str(self.tokenizer.decode(list(ids)))

    def to_dict(self) -> dict[str, Any]:
        """Return the subwords as plain JSON."""
        facts: dict[str, Any] = json.loads(self.tokenizer.to_str())
        return facts

    @classmethod
    def from_dict(cls, facts: dict[str, Any]) -> Subwords:
        """Return the subwords that `to_dict` wrote."""
        return cls(Tokenizer.from_str(json.dumps(facts)))
