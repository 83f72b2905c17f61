"""Text and tokens as ids: tokens as they are, characters, words or subwords."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Self

import numpy as np

from unrolled.data.block import Array, RaggedColumn
from unrolled.data.encoders.base import Encoder
from unrolled.data.encoders.characters import CharacterEncoder, are_distinct_strings
from unrolled.data.encoders.ngrams import NGramEncoder
from unrolled.data.encoders.tokenizer import (
    Subwords,
    join_exact,
    join_text,
    split_exact,
    split_text,
)
from unrolled.data.encoders.viterbi import TagTransitions
from unrolled.data.special_ids import END, PADDING, UNKNOWN
from unrolled.data.tables.table import Values
from unrolled.errors import DataError
from unrolled.schema import Column
from unrolled.settings import Text

UNKNOWN_MARK = "\ufffd"
MANY_ROWS = 1000  # with more, an input word that occurs only once is unknown
MAX_TAGS = 2000  # of a scheme, which says of each pair whether one tag may follow the other
_DIGIT = re.compile(r"\d")


class Vocabulary(Encoder):
    """The encoder of `tokens` and `text`; it knows the steps of the training part.

    Id 0 is padding and 1 is unknown; with `end`, 2 closes every row. An empty text becomes one
    unknown step. An input word or token must occur at least twice in a training part of more than
    1000 rows, so that a network learns what to do with unknown ones. Input words are lowercased.

    Outputs are exact: decoding the ids of a text gives the same text, with its white space, its
    capital letters and its Unicode form, if all of its steps are known. For this, an output word
    holds the white space before it. Vocabularies that were saved before this was so are not exact.

    Beside the ids of the steps it may encode the characters of each step (`characters`), and the
    n-grams of steps that the linear branch of a network counts (`ngrams`).

    Args:
        column: The column.
        as_output: Whether it is an output.
        end: Whether an end mark closes every row.
        text: How text is read.
        count_ngrams: Whether n-grams are counted.

    Example:
        >>> words = Vocabulary(Column(name="a", kind="text", unit="words")).fit(["to be", "be"])
        >>> words.encode(["be good"])[0].tolist()
        [2, 1]
    """

    def __init__(
        self,
        column: Column,
        *,
        as_output: bool = False,
        end: bool = False,
        text: Text | None = None,
        count_ngrams: bool = False,
    ) -> None:
        super().__init__(column, as_output=as_output)
        text = text or Text()
        has_words = column.kind == "tokens" or column.unit == "words"
        self.end = end
        self.exact = as_output and column.unit in ("characters", "words")
        self.lowercase = not as_output and _lowercases(column, text)
        self.digits = False if as_output else text.digits
        self.characters = CharacterEncoder() if has_words and not as_output else None
        self.known: list[str] = []
        self.subwords: Subwords | None = None
        self._text = text
        self._count_ngrams = count_ngrams
        self._ids: dict[str, int] = {}
        self.transitions: TagTransitions | None = None

    @property
    def produces_ids(self) -> bool:
        """Yes: every step is an id."""
        return True

    @property
    def first_id(self) -> int:
        """The id of the first known step."""
        return END + 1 if self.end else END

    @property
    def size(self) -> int:
        """Ids, with those of padding, unknown and end."""
        return self.first_id + (self.subwords.size if self.subwords else len(self.known))

    @property
    def known_ids(self) -> Mapping[str, int]:
        """The id of each known step; empty for subwords."""
        return self._ids

    @property
    def labels(self) -> Sequence[str]:
        """The known tokens, in the order of their ids, which are the last ones."""
        return self.known if self.column.kind == "tokens" else ()

    def fit(self, values: Values | Sequence[Any]) -> Self:
        """Collect the steps of the training part, the most frequent first.

        Args:
            values: Texts or lists of tokens (b).
        """
        has_unknown = self._fit_steps(values)
        wanted = self._text.characters
        if not (has_unknown if wanted is None else wanted):
            self.characters = None
        if self.characters:
            self.characters.fit([self.split(value) for value in values])
        if self._count_ngrams:
            encoded = RaggedColumn.from_rows(self.encode(values))
            self.ngrams = NGramEncoder(size=self.size).fit(encoded)
        return self

    def _fit_steps(self, values: Values | Sequence[Any]) -> bool:
        """Collect the known steps; return whether some steps of the training part stay unknown."""
        if self.column.unit == "subwords":
            texts = [self._normalize(value) for value in values]
            self.subwords = Subwords.learn(texts, exact=self.as_output)
            return False
        counts = Counter(step for value in values for step in self.split(value))
        drop_rare = (
            not self.as_output and self.column.unit != "characters" and len(values) > MANY_ROWS
        )
        min_count = 2 if drop_rare else 1
        frequent = [step for step, count in counts.items() if count >= min_count]
        has_unknown = len(frequent) < len(counts)
        if self.digits is None and drop_rare:  # numbers that occur once are still numbers
            counts += _number_shapes(counts, below=min_count)
            frequent = [step for step, count in counts.items() if count >= min_count]
        if not frequent:
            raise DataError(
                f"column '{self.column.name}': none of its {self.column.unit or 'tokens'} occurs"
                " often enough in the training part to be learned. Choose another column, or state"
                f" '{self.column.name}:characters'."
            )
        self._set_known(sorted(frequent, key=lambda step: (-counts[step], step)))
        return has_unknown

    def encode(self, values: Values | Sequence[Any]) -> list[Array]:
        """Return the ids of each row's steps.

        Args:
            values: Texts or lists of tokens (b); a token of an output that is None is not known.

        Returns:
            b arrays int32 (t_i,), none empty; -1 at a token that is not known.
        """
        self._check_fitted()
        if self.subwords:
            pieces = self.subwords.encode([self._normalize(value) for value in values])
            rows = [[i + self.first_id for i in row] for row in pieces]
        else:
            rows = [self._row_ids(value) for value in values]
        closing = [END] if self.end else []
        return [np.array((row + closing) or [UNKNOWN], dtype=np.int32) for row in rows]

    def decode(self, values: Array | Sequence[Array]) -> list[Any]:
        """Return lists of tokens, or texts, each cut at its end mark.

        Args:
            values: A score for each id (b u size) or b arrays (u_i, size), of which the highest is
                the step (padding and unknown never are); or ids (b u), or b arrays (u_i,). For
                tags, the best sequence that their scheme allows is taken.
        """
        self._check_fitted()
        return [self._decode_row(np.asarray(row)) for row in values]

    def to_dict(self) -> dict[str, Any]:
        """Return the fitted state as plain JSON."""
        self._check_fitted()
        return {
            "encoder": "vocabulary",
            "column": self.column.to_dict(),
            "output": self.as_output,
            "end": self.end,
            "lowered": self.lowercase,
            "digits": self.digits,
            "spelling": self.characters.to_dict() if self.characters else None,
            "runs": self.ngrams.to_dict() if self.ngrams else None,
            "known": self.known,
            "subwords": self.subwords.to_dict() if self.subwords else None,
            **({"exact": True} if self.exact else {}),
        }

    @staticmethod
    def invalid_field(facts: dict[str, Any]) -> str | None:
        """Return the field of a saved vocabulary that it cannot have, or None."""
        known, subwords = facts["known"], facts["subwords"]
        if not are_distinct_strings(known):
            return "known"
        if Column.from_dict(facts["column"]).scheme and len(known) > MAX_TAGS:
            return "known"
        flags = ("cased", "lowered", "digits", "exact")
        values = (facts["end"], *(facts.get(name, False) for name in flags))
        if not all(value is None or isinstance(value, bool) for value in values):
            return f"end, {', '.join(flags[:-1])} or {flags[-1]}"
        characters, ngrams = facts.get("spelling"), facts.get("runs")
        if characters is not None and not CharacterEncoder.is_valid(characters):
            return "spelling"
        if ngrams is not None and not NGramEncoder.is_valid(ngrams):
            return "runs"
        return None if isinstance(subwords, dict) or (subwords is None and known) else "subwords"

    @classmethod
    def from_dict(cls, facts: dict[str, Any]) -> Self:
        """Return the encoder that `to_dict` wrote; `invalid_field` checks it first."""
        encoder = cls(
            Column.from_dict(facts["column"]), as_output=facts["output"], end=facts["end"]
        )
        has_words = encoder.column.unit == "words"
        earlier = has_words and not facts.get("cased", False)  # once all words were lowercased
        encoder.exact = bool(facts.get("exact", False))
        encoder.lowercase = facts.get("lowered", earlier)
        encoder.digits = facts.get("digits", False)
        characters = facts.get("spelling")
        encoder.characters = CharacterEncoder.from_dict(characters) if characters else None
        if facts.get("runs"):
            encoder.ngrams = NGramEncoder.from_dict(facts["runs"])
        encoder._set_known(facts["known"])
        if facts["subwords"] is not None:
            encoder.subwords = Subwords.from_dict(facts["subwords"])
        return encoder

    def split(self, value: Any) -> list[str]:
        """Return the steps of one row."""
        if self.column.kind == "tokens":
            return [self._normalize(token) for token in value if token is not None]
        if self.exact:
            return split_exact(value, self.column.unit or "characters")
        return split_text(self._normalize(value), self.column.unit or "characters", cased=True)

    def name_steps(self, value: Any) -> list[str] | None:
        """Return the steps of one row; None for subwords."""
        return None if self.subwords else self.split(value)

    def name_ids(self, ids: Iterable[int]) -> list[str] | None:
        """Return the known steps with some ids, without white space; None for subwords."""
        if self.subwords:
            return None
        steps = [self.known[i - self.first_id] for i in ids]
        return [step.strip() or step for step in steps]

    def _row_ids(self, value: Any) -> list[int]:
        """Return the ids of one row's steps, -1 where a token is not known."""
        if self.column.kind != "tokens" or None not in value:
            return [self._id(step) for step in self.split(value)]
        return [-1 if token is None else self._id(self._normalize(token)) for token in value]

    def _normalize(self, text: str) -> str:
        """Return a text or token without the differences that are to be ignored."""
        text = text.lower() if self.lowercase else text
        return _DIGIT.sub("0", text) if self.digits else text

    def _id(self, step: str) -> int:
        """Return the id of a step; an unknown number gets the id of numbers of its length."""
        known = self._ids.get(step, UNKNOWN)
        if known == UNKNOWN and self.digits is None:
            return self._ids.get(_DIGIT.sub("0", step), UNKNOWN)
        return known

    def _set_known(self, steps: Iterable[str]) -> None:
        """Give every known step its id."""
        self.known = list(steps)
        self._ids = {step: i for i, step in enumerate(self.known, self.first_id)}
        scheme = self.column.scheme if self.as_output else None
        self.transitions = TagTransitions.from_scheme(self.known, scheme) if scheme else None

    def _decode_row(self, row: Array) -> Any:
        """Return one row's tokens or text."""
        ids = row.astype(np.int64) if row.ndim == 1 else self._best_ids(row)
        if self.end and (ids == END).any():
            ids = ids[: int(np.flatnonzero(ids == END)[0])]
        ids = ids[ids != PADDING]
        first = self.first_id
        if self.subwords:
            return self.subwords.decode([int(i) - first for i in ids if i >= first])
        unknown = f" {UNKNOWN_MARK}" if self.exact and self.column.unit == "words" else UNKNOWN_MARK
        steps = [self.known[i - first] if i >= first else unknown for i in ids]
        if self.column.kind == "tokens":
            return steps
        if self.exact:
            return join_exact(steps, self.column.unit or "characters")
        return join_text(steps, self.column.unit or "words")

    def _best_ids(self, scores: Array) -> Array:
        """Return the ids (u) of the highest scores (u size), of tags in an allowed sequence."""
        if self.transitions is not None:
            return self.transitions.best_path(scores[:, self.first_id :]) + self.first_id
        ids: Array = scores[:, END:].argmax(axis=1) + END
        return ids

    def _check_fitted(self) -> None:
        if not self.known and self.subwords is None:
            raise self.not_fitted()


def _lowercases(column: Column, text: Text) -> bool:
    """Return whether an input column loses its capital letters."""
    return column.unit == "words" if text.lowercase is None else text.lowercase


def _number_shapes(counts: Mapping[str, int], *, below: int) -> Counter[str]:
    """Return how often rare numbers occur, counted by their shape: every digit written as 0."""
    shapes: Counter[str] = Counter()
    for step, count in counts.items():
        if count < below and (shape := _DIGIT.sub("0", step)) != step:
            shapes[shape] += count
    return shapes
