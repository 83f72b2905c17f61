"""Checks of saved encoders, which are untrusted input."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from unrolled.data.encoders.characters import MAX_CHARACTERS
from unrolled.data.encoders.ngrams import NGramEncoder
from unrolled.schema import Column

MAX_TAGS = 2000  # of a scheme, which says of each pair whether one tag may follow the other


def column_name(facts: dict[str, Any]) -> str:
    """Return the name of the column that a saved encoder is for."""
    column = facts.get("column")
    return repr(column.get("name") if isinstance(column, dict) else column)[:60]


def _invalid_in_scaler(facts: dict[str, Any]) -> str | None:
    """Return the field from which a scaler cannot be read, or None."""
    width = Column.from_dict(facts["column"]).width
    for name, low in (("mean", -math.inf), ("std", 0.0)):
        values = facts[name]
        numbers = isinstance(values, list) and all(type(v) in (int, float) for v in values)
        if not numbers or len(values) != width or not all(low < v < math.inf for v in values):
            return name
    marked = facts["marked"]
    valid = isinstance(marked, list) and all(type(i) is int and 0 <= i < width for i in marked)
    return None if valid and len(set(marked)) == len(marked) else "marked"


def _invalid_in_labels(facts: dict[str, Any]) -> str | None:
    """Return the field from which labels cannot be read, or None."""
    classes = facts["classes"]
    if not (isinstance(classes, list) and classes):
        return "classes"
    valid = all(isinstance(label, str | int | float) for label in classes)
    return None if valid and len(set(classes)) == len(classes) else "classes"


def _invalid_in_vocabulary(facts: dict[str, Any]) -> str | None:
    """Return the field from which a vocabulary cannot be read, or None."""
    known, subwords = facts["known"], facts["subwords"]
    if not _are_distinct_strings(known):
        return "known"
    scheme = Column.from_dict(facts["column"]).scheme
    if scheme and len(known) > MAX_TAGS:
        return "known"
    flags = (facts["end"], *(facts.get(name, False) for name in ("cased", "lowered", "digits")))
    if not all(flag in (True, False, None) for flag in flags):
        return "end, cased, lowered or digits"
    field = _invalid_in_step_features(facts.get("spelling"), facts.get("runs"))
    if field is not None:
        return field
    return None if isinstance(subwords, dict) or (subwords is None and known) else "subwords"


def _invalid_in_step_features(spelling: Any, runs: Any) -> str | None:
    """Return which of the characters and n-grams of a vocabulary cannot be read, or None."""
    if spelling is not None:
        longest = spelling["longest"]
        valid = type(longest) is int and 0 < longest <= MAX_CHARACTERS
        if not valid or not _are_distinct_strings(spelling["known"]):
            return "spelling"
    if runs is not None:
        closed = runs.get("closed", False)
        if type(closed) is not bool:
            return "runs"
        expected, known = NGramEncoder(size=runs["base"], closed=closed), runs["known"]
        if len(known) != len(expected.keys) or not all(_are_increasing(keys) for keys in known):
            return "runs"
    return None


def _are_distinct_strings(values: Any) -> bool:
    """Return whether these are strings, no two the same."""
    strings = isinstance(values, list) and all(isinstance(value, str) for value in values)
    return strings and len(set(values)) == len(values)


def _are_increasing(keys: Any) -> bool:
    """Return whether these are integers, each above the one before."""
    integers = isinstance(keys, list) and all(type(key) is int for key in keys)
    return integers and all(one < other for one, other in pairwise(keys))


INVALID_FIELD: dict[str, Callable[[dict[str, Any]], str | None]] = {
    "scaler": _invalid_in_scaler,
    "labels": _invalid_in_labels,
    "vocabulary": _invalid_in_vocabulary,
}
