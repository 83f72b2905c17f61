"""Encoders: a column's values as numbers for a network and back, fitted on the training part."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any, Protocol, Self

from unrolled.data.labels import Labels
from unrolled.data.runs import Runs
from unrolled.data.scaling import Scaler
from unrolled.data.spelling import MOST
from unrolled.data.vocabulary import Vocabulary
from unrolled.errors import DataError
from unrolled.schema import Column
from unrolled.settings import Text

MOST_TAGS = 2000  # of a scheme, which asks of each pair whether one may follow the other


class Encoder(Protocol):
    """What every encoder does.

    Attributes:
        column: What it encodes.
        as_output: Whether it comes out.
        size: Encoded features, classes, or ids.
    """

    column: Column
    as_output: bool

    @property
    def size(self) -> int:
        """Encoded features, classes, or ids."""
        ...

    def fit(self, values: Any) -> Self:
        """Learn from the values of the training part (b)."""
        ...

    def encode(self, values: Any) -> Any:
        """Return values as numbers: (b w) or (b,), or b arrays (t_i, w) or (t_i,)."""
        ...

    def decode(self, values: Any) -> Any:
        """Return a network's numbers as values."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Return what was fitted as plain JSON."""
        ...


def encoder(
    column: Column,
    *,
    output: bool,
    end: bool = False,
    text: Text | None = None,
    counted: bool = False,
) -> Encoder:
    """Return the encoder of a column's kind, not yet fitted.

    Args:
        column: What goes in or comes out.
        output: Whether it comes out.
        end: Whether rows of text or tokens are closed by an end mark.
        text: How text and tokens are read.
        counted: Whether runs of their steps are counted.

    Example:
        >>> encoder(Column(name="a", kind="category"), output=True).fit(["x", "y"]).size
        2
    """
    if column.kind == "category":
        return Labels(column, as_output=output)
    if column.kind in ("tokens", "text"):
        return Vocabulary(column, as_output=output, end=end, text=text, counted=counted)
    return Scaler(column, as_output=output)


def embedded(made: Encoder) -> bool:
    """Return whether what goes in becomes whole numbers, which a network embeds."""
    return isinstance(made, Vocabulary) or (isinstance(made, Labels) and made.ids)


def encoder_from(facts: dict[str, Any]) -> Encoder:
    """Return the fitted encoder that `to_dict` wrote.

    Example:
        >>> labels = encoder(Column(name="a", kind="category"), output=True).fit(["x", "y"])
        >>> encoder_from(labels.to_dict()).decode([1, 0]).tolist()
        ['y', 'x']
    """
    kinds: dict[str, Any] = {"scaler": Scaler, "labels": Labels, "vocabulary": Vocabulary}
    kind = facts.get("encoder") if isinstance(facts, dict) else None
    if not (isinstance(kind, str) and kind in kinds):
        raise DataError(f"got the encoder {kind!r}, expected one of {', '.join(kinds)}.")
    if (wrong := WRONG[kind](facts)) is not None:
        raise DataError(f"got the encoder of {_name(facts)} with other {wrong} than it can have.")
    made: Encoder = kinds[kind].from_dict(facts)
    return made


def _name(facts: dict[str, Any]) -> str:
    """Return the column that an encoder says it is of."""
    column = facts.get("column")
    return repr(column.get("name") if isinstance(column, dict) else column)[:60]


def _wrong_scaler(facts: dict[str, Any]) -> str | None:
    """Return what a scaler cannot be read from, if something."""
    width = Column(**facts["column"]).width
    for name, least in (("mean", -math.inf), ("std", 0.0)):
        values = facts[name]
        numbers = isinstance(values, list) and all(type(v) in (int, float) for v in values)
        if not numbers or len(values) != width or not all(least < v < math.inf for v in values):
            return name
    marked = facts["marked"]
    known = isinstance(marked, list) and all(type(i) is int and 0 <= i < width for i in marked)
    return None if known and len(set(marked)) == len(marked) else "marked"


def _wrong_labels(facts: dict[str, Any]) -> str | None:
    """Return what labels cannot be read from, if something."""
    classes = facts["classes"]
    if not (isinstance(classes, list) and classes):
        return "classes"
    known = all(isinstance(label, str | int | float) for label in classes)
    return None if known and len(set(classes)) == len(classes) else "classes"


def _wrong_vocabulary(facts: dict[str, Any]) -> str | None:
    """Return what a vocabulary cannot be read from, if something."""
    known, subwords = facts["known"], facts["subwords"]
    if not _names(known):
        return "known"
    scheme = Column(**facts["column"]).scheme
    if scheme and len(known) > MOST_TAGS:
        return "known"
    choices = (facts["end"], *(facts.get(name, False) for name in ("cased", "lowered", "digits")))
    if not all(choice in (True, False, None) for choice in choices):
        return "end, cased, lowered or digits"
    if (beside := _wrong_beside(facts.get("spelling"), facts.get("runs"))) is not None:
        return beside
    return None if isinstance(subwords, dict) or (subwords is None and known) else "subwords"


def _wrong_beside(spelling: Any, runs: Any) -> str | None:
    """Return what characters and runs beside a vocabulary cannot be read from, if something."""
    if spelling is not None:
        longest = spelling["longest"]
        if not _names(spelling["known"]) or type(longest) is not int or not 0 < longest <= MOST:
            return "spelling"
    if runs is not None:
        closed = runs.get("closed", False)
        if type(closed) is not bool:
            return "runs"
        made, known = Runs(size=runs["base"], closed=closed), runs["known"]
        if len(known) != len(made.known) or not all(_rising(keys) for keys in known):
            return "runs"
    return None


def _names(values: Any) -> bool:
    """Return whether these are texts, no two the same."""
    texts = isinstance(values, list) and all(isinstance(value, str) for value in values)
    return texts and len(set(values)) == len(values)


def _rising(keys: Any) -> bool:
    """Return whether these are whole numbers, each above the one before."""
    whole = isinstance(keys, list) and all(type(key) is int for key in keys)
    return whole and all(one < other for one, other in pairwise(keys))


WRONG: dict[str, Callable[[dict[str, Any]], str | None]] = {
    "scaler": _wrong_scaler,
    "labels": _wrong_labels,
    "vocabulary": _wrong_vocabulary,
}
