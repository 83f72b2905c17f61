"""What a saved encoder must be like: checks of untrusted input."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from unrolled.data.encoders.characters import MAX_CHARACTERS
from unrolled.data.encoders.ngrams import NGramEncoder
from unrolled.schema import Column

MOST_TAGS = 2000  # of a scheme, which asks of each pair whether one may follow the other


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
        if not _names(spelling["known"]) or type(longest) is not int or not 0 < longest <= MAX_CHARACTERS:
            return "spelling"
    if runs is not None:
        closed = runs.get("closed", False)
        if type(closed) is not bool:
            return "runs"
        made, known = NGramEncoder(size=runs["base"], closed=closed), runs["known"]
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
