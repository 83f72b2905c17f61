"""Text as steps: characters, words, or subwords learned from the training part.

Input text is split into words without the white space between them. Output text is split into exact
steps, which hold every character of the text, so that joining them gives the text back.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from unrolled.schema import Unit

if TYPE_CHECKING:
    from tokenizers import Tokenizer

BLANK = " "  # before the first exact word, so that it is the same word at any place
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
    return re.compile(_word(with_marks=with_marks))


def _word(*, with_marks: bool) -> str:
    """Return the regular expression of a word or a punctuation mark."""
    if not with_marks:  # several times faster
        return r"\w+(?:['’]\w+)*|[^\w\s]"
    candidates = map(chr, range(0x300, 0x12000))
    marks = "".join(sign for sign in candidates if unicodedata.category(sign)[0] == "M")
    letters = rf"\w+(?:[{marks}]+\w*)*"
    return rf"{letters}(?:['’]{letters})*|[^\w\s][{marks}]*"


@cache
def _exact_pattern(*, with_marks: bool) -> re.Pattern[str]:
    """Return the pattern of a word with the white space before it, and after it at the end."""
    return re.compile(rf"\s*(?:{_word(with_marks=with_marks)})(?:\s+\Z)?|\s+\Z")


def split_exact(text: str, unit: Unit) -> list[str]:
    """Return the characters of a text, or its words, each with the white space before it.

    The words are those of `split_text`, so that their number is the same. A blank is put before
    the first word, which makes it the same step at the start of a text as inside of it. White
    space at the end belongs to the last word.

    Example:
        >>> split_exact("Don't pay 3.5!", "words")
        [" Don't", ' pay', ' 3', '.', '5', '!']
        >>> split_exact("to  be ", "words")
        [' to', '  be ']
        >>> split_exact("", "words"), split_exact("né", "characters")
        ([], ['n', 'é'])
    """
    if unit == "characters":
        return list(text)
    return _exact_pattern(with_marks=not text.isascii()).findall(BLANK + text) if text else []


def join_exact(steps: Sequence[str], unit: Unit) -> str:
    """Return the text that `split_exact` split.

    Example:
        >>> join_exact([" Don't", ' pay', ' 3', '.', '5', '!'], "words")
        "Don't pay 3.5!"
    """
    text = "".join(steps)
    return text.removeprefix(BLANK) if unit == "words" else text


def join_text(steps: Sequence[str], unit: Unit) -> str:
    """Return characters, or words and punctuation marks, as a text again.

    The white space between words is guessed: input text is joined so, and the output text of
    models that were saved before output steps were exact.

    Example:
        >>> join_text(["don't", "go", "!"], "words")
        "don't go!"
    """
    if unit == "characters":
        return "".join(steps)
    return _OPENING.sub(r"\1", _CLOSING.sub(r"\1", " ".join(steps)))


def count_steps(
    values: Sequence[str], unit: Unit, *, exact: bool = False
) -> np.ndarray[Any, np.dtype[np.int64]] | None:
    """Return how many steps each text has, or None for subwords, whose number is not stable.

    An empty text counts as one step, since it is encoded as one unknown step.

    Args:
        values: The texts (b).
        unit: What a step is.
        exact: Whether the texts are outputs, which are split by `split_exact`.

    Example:
        >>> count_steps(["abc", ""], "characters")
        array([3, 1])
    """
    if unit == "subwords":
        return None
    split = split_exact if exact else split_text
    return np.array([max(1, len(split(value, unit))) for value in values], dtype=np.int64)


class Subwords:
    """Byte-pair encoding. Every text can be written in subwords, so none is unknown.

    Source: Sennrich, Haddow and Birch (2016), section 3.2.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer

    @classmethod
    def learn(cls, texts: Sequence[str], *, exact: bool = False) -> Subwords:
        """Return subwords learned from texts: one for every fifty characters, 300 to 8000.

        Args:
            texts: The texts of the training part.
            exact: Whether texts keep their Unicode form; otherwise they are composed (NFC).
        """
        from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

        size = min(8000, max(300, sum(map(len, texts)) // 50))
        tokenizer = Tokenizer(models.BPE())
        if not exact:
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
        from tokenizers import Tokenizer

        return cls(Tokenizer.from_str(json.dumps(facts)))
