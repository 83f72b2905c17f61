"""Tags over steps: the spans that they mark, and the scheme that they are written in.

In BIO (IOB2) a span begins with `B-type` and continues with `I-type`. In IOB1 a span begins with
`B` only right after another span of its type. In BIOES the last step of a span is `E-type`, and a
span of one step is `S-type`. `O` is outside of every span.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from unrolled.schema import Scheme

OUTSIDE = "O"
SCHEMES_OF_B_AND_I: tuple[Scheme, ...] = ("BIO", "IOB1")
Span = tuple[str, int, int]


def spans(tags: Sequence[str]) -> list[Span]:
    """Return the type, the first step and the end (exclusive) of every span of a row.

    As lenient as the shared tasks' script: a span may begin with `I`, or after another type.

    Args:
        tags: The tags of a row (t).

    Example:
        >>> spans(["B-city", "I-city", "O", "I-day", "B-day"])
        [('city', 0, 2), ('day', 3, 4), ('day', 4, 5)]

    Source:
        Tjong Kim Sang and Buchholz 2000 (conlleval), with `E` and `S` as in BIOES.
    """
    spans_of_row: list[Span] = []
    start, before = 0, ("", "")  # no span is open while the prefix is empty
    for step, tag in enumerate([*tags, OUTSIDE]):
        now = _split_tag(tag)
        ends = before[0] in ("E", "S") or now[0] in ("B", "S", "") or now[1] != before[1]
        if before[0] and ends:
            spans_of_row.append((before[1], start, step))
        if now[0] and (ends or not before[0]):
            start = step
        before = now
    return spans_of_row


def detect_scheme(rows: Sequence[Sequence[str] | None]) -> tuple[Scheme, list[int]] | None:
    """Return the scheme of tags and the rows (from 0) that violate it; None without a scheme.

    Args:
        rows: The tags of each row; None is a missing row.

    Example:
        >>> detect_scheme([["B-city", "I-city"], ["O", "I-city"]])
        ('BIO', [1])
        >>> detect_scheme([["noun", "verb"]])
    """
    marked = {tag for row in rows for tag in row or () if tag != OUTSIDE}
    if not marked or not all(tag[1:2] == "-" and tag[2:] and tag[0] in "BIES" for tag in marked):
        return None
    if any(tag[0] in "ES" for tag in marked):
        return "BIOES", _violating_rows(rows, "BIOES")
    violations = {scheme: _violating_rows(rows, scheme) for scheme in SCHEMES_OF_B_AND_I}
    return min(violations.items(), key=lambda pair: len(pair[1]))


def may_follow(before: str, now: str, scheme: Scheme) -> bool:
    """Return whether a scheme allows a tag after another; `O` stands for either end of a row.

    Example:
        >>> may_follow("B-city", "I-city", "BIO"), may_follow("O", "I-city", "BIO")
        (True, False)
    """
    (prefix_before, type_before), (prefix, type_now) = _split_tag(before), _split_tag(now)
    same_type = type_before == type_now
    if scheme == "IOB1":
        return prefix != "B" or bool(prefix_before and same_type)
    continues = prefix_before in ("B", "I") and same_type
    if scheme == "BIO":
        return prefix != "I" or continues
    return continues if prefix in ("I", "E") else prefix_before not in ("B", "I")


def _violating_rows(rows: Sequence[Sequence[str] | None], scheme: Scheme) -> list[int]:
    """Return which rows (from 0) have a tag that may not follow the one before it."""
    return [
        row
        for row, tags in enumerate(rows)
        if tags and not all(may_follow(*two, scheme) for two in pairwise([OUTSIDE, *tags, OUTSIDE]))
    ]


def _split_tag(tag: str) -> tuple[str, str]:
    """Return the prefix and the type of a tag, both empty for `O`."""
    prefix, _, span_type = tag.partition("-")
    return ("", "") if prefix == OUTSIDE else (prefix, span_type)
