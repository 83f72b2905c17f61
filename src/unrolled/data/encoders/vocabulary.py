"""Steps of text as ids: tokens as given, characters, words or subwords."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Self

import numpy as np

from unrolled.data.block import RaggedColumn
from unrolled.data.encoders.characters import CharacterEncoder
from unrolled.data.encoders.ngrams import NGramEncoder
from unrolled.data.encoders.tokenizer import Subwords, join_text, split_text
from unrolled.data.encoders.viterbi import TagTransitions
from unrolled.data.tables.table import Values
from unrolled.errors import DataError, NotFittedError
from unrolled.schema import Column
from unrolled.settings import Text

Array = np.ndarray[Any, Any]
PADDING, UNKNOWN, END = 0, 1, 2
UNKNOWN_MARK = "\ufffd"
MANY_ROWS = 1000


_DIGIT = re.compile(r"\d")


class Vocabulary:
    """The encoder of `tokens` and `text`; its steps are those of the training part.

    Id 0 is padding and 1 is unknown; with `end`, 2 closes every row. An empty text becomes one
    unknown step. A word or token that goes in must stand at least twice in a training part of
    more than 1000 rows, so that a network learns what to do with unknown ones; what comes out
    is kept whole, with its capital letters, where words that go in are lowercased.

    Beside the ids of its steps it may know the characters of each (`spelling`), and the runs of
    steps that a linear map counts (`runs`).

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
        counted: bool = False,
    ) -> None:
        text = text or Text()
        words = column.kind == "tokens" or column.unit == "words"
        self.column = column
        self.as_output = as_output
        self.end = end
        self.lowered = not as_output and _lowered(column, text)
        self.digits = False if as_output else text.digits
        self.spelling = CharacterEncoder() if words and not as_output else None
        self.spells = text.characters
        self.counted = counted
        self.runs: NGramEncoder | None = None
        self.known: list[str] = []
        self.subwords: Subwords | None = None
        self._place: dict[str, int] = {}
        self._paths: TagTransitions | None = None

    @property
    def first(self) -> int:
        """The id of the first known step."""
        return END + 1 if self.end else END

    @property
    def size(self) -> int:
        """Ids, with those of padding, unknown and end."""
        return self.first + (self.subwords.size if self.subwords else len(self.known))

    def fit(self, values: Values | Sequence[Any]) -> Self:
        """Take the steps of the training part, the most frequent first.

        Args:
            values: Texts or lists of tokens (b).
        """
        unknown = self._learn(values)
        if not (unknown if self.spells is None else self.spells):
            self.spelling = None
        if self.spelling:
            self.spelling.fit([self.steps(value) for value in values])
        if self.counted:
            self.runs = NGramEncoder(size=self.size).fit(RaggedColumn.from_rows(self.encode(values)))
        return self

    def _learn(self, values: Values | Sequence[Any]) -> bool:
        """Take the steps of the training part, the most frequent first; return if some are not."""
        if self.column.unit == "subwords":
            self.subwords = Subwords.learned([self._plain(value) for value in values])
            return False
        counts = Counter(step for value in values for step in self.steps(value))
        rare = not self.as_output and self.column.unit != "characters" and len(values) > MANY_ROWS
        least = 2 if rare else 1
        kept = [step for step, count in counts.items() if count >= least]
        unknown = len(kept) < len(counts)
        if self.digits is None and rare:  # numbers that stand once are still numbers
            shapes: Counter[str] = Counter()
            for step, count in counts.items():
                if count < least and (shape := _DIGIT.sub("0", step)) != step:
                    shapes[shape] += count
            counts += shapes
            kept = [step for step, count in counts.items() if count >= least]
        if not kept:
            raise DataError(
                f"column '{self.column.name}' has no {self.column.unit or 'token'} that the"
                " training part holds often enough, expected some text. Choose another column, or"
                f" state '{self.column.name}:characters'."
            )
        self._know(sorted(kept, key=lambda step: (-counts[step], step)))
        return unknown

    def encode(self, values: Values | Sequence[Any]) -> list[Array]:
        """Return the ids of each row's steps.

        Args:
            values: Texts or lists of tokens (b).

        Returns:
            b arrays int32 (t_i,), none empty.
        """
        self._fitted()
        if self.subwords:
            found = self.subwords.encode([self._plain(value) for value in values])
            rows = [[i + self.first for i in row] for row in found]
        else:
            rows = [[self._id(step) for step in self.steps(value)] for value in values]
        closing = [END] if self.end else []
        return [np.array((row + closing) or [UNKNOWN], dtype=np.int32) for row in rows]

    def decode(self, values: Array | Sequence[Array]) -> list[Any]:
        """Return lists of tokens, or texts, each cut at its end mark.

        Args:
            values: A score for each id (b u size) or b arrays (u_i, size), the highest being the
                step (padding and unknown never are); or ids (b u), or b arrays (u_i,). Of tags
                the best row that their scheme allows is taken.
        """
        self._fitted()
        return [self._decoded(np.asarray(row)) for row in values]

    def to_dict(self) -> dict[str, Any]:
        """Return what was fitted as plain JSON."""
        self._fitted()
        return {
            "encoder": "vocabulary",
            "column": self.column.model_dump(),
            "output": self.as_output,
            "end": self.end,
            "lowered": self.lowered,
            "digits": self.digits,
            "spelling": self.spelling.to_dict() if self.spelling else None,
            "runs": self.runs.to_dict() if self.runs else None,
            "known": self.known,
            "subwords": self.subwords.to_dict() if self.subwords else None,
        }

    @classmethod
    def from_dict(cls, facts: dict[str, Any]) -> Self:
        """Return the encoder that `to_dict` wrote."""
        made = cls(Column(**facts["column"]), as_output=facts["output"], end=facts["end"])
        words = made.column.unit == "words"
        earlier = words and not facts.get("cased", False)  # once, all words were lowercased
        made.lowered = facts.get("lowered", earlier)
        made.digits = facts.get("digits", False)
        spelled = facts.get("spelling")
        made.spelling = CharacterEncoder.from_dict(spelled) if spelled else None
        if facts.get("runs"):
            made.runs = NGramEncoder.from_dict(facts["runs"])
        made._know(facts["known"])
        if facts["subwords"] is not None:
            made.subwords = Subwords.from_dict(facts["subwords"])
        return made

    def steps(self, value: Any) -> list[str]:
        """Return the steps of one row."""
        if self.column.kind == "tokens":
            return [self._plain(token) for token in value]
        return split_text(self._plain(value), self.column.unit or "characters", cased=True)

    def _plain(self, text: str) -> str:
        """Return a text or token without what is not to be told apart."""
        text = text.lower() if self.lowered else text
        return _DIGIT.sub("0", text) if self.digits else text

    def _id(self, step: str) -> int:
        """Return the id of a step; of a number that is not known, that of numbers as long."""
        found = self._place.get(step, UNKNOWN)
        if found == UNKNOWN and self.digits is None:
            return self._place.get(_DIGIT.sub("0", step), UNKNOWN)
        return found

    def _know(self, steps: Iterable[str]) -> None:
        """Give every known step its id."""
        self.known = list(steps)
        self._place = {step: i for i, step in enumerate(self.known, self.first)}
        scheme = self.column.scheme
        self._paths = TagTransitions.from_scheme(self.known, scheme) if scheme and self.as_output else None

    def _decoded(self, row: Array) -> Any:
        """Return one row's tokens or text."""
        ids = row.astype(np.int64) if row.ndim == 1 else self._likely(row)
        if self.end and (ids == END).any():
            ids = ids[: int(np.flatnonzero(ids == END)[0])]
        ids = ids[ids != PADDING]
        if self.subwords:
            return self.subwords.decode([int(i) - self.first for i in ids if i >= self.first])
        steps = [self.known[i - self.first] if i >= self.first else UNKNOWN_MARK for i in ids]
        return steps if self.column.kind == "tokens" else join_text(steps, self.column.unit or "words")

    def _likely(self, scores: Array) -> Array:
        """Return the ids (u) of the highest scores (u size), in a row that tags may make."""
        if self._paths is not None:
            return self._paths.best(scores[:, self.first :]) + self.first
        ids: Array = scores[:, END:].argmax(axis=1) + END
        return ids

    def _fitted(self) -> None:
        """Say so where nothing is known yet."""
        if not self.known and self.subwords is None:
            raise NotFittedError(
                f"the encoder of column '{self.column.name}' is not fitted, expected `fit` first."
            )


def _lowered(column: Column, text: Text) -> bool:
    """Return whether a column that goes in loses its capital letters."""
    return column.unit == "words" if text.lowercase is None else text.lowercase
