"""Tags over steps: the spans that they mark, and the scheme that they are written in.

In BIO (IOB2) a span begins with `B-type` and goes on with `I-type`; in IOB1 only a span right
after another of its type begins with `B`; in BIOES the last step of a span is `E-type`, and a span
of one step `S-type`. `O` is outside of every span.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from unrolled.schema import Scheme

OUTSIDE = "O"
BY_I: tuple[Scheme, ...] = ("BIO", "IOB1")
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
    found: list[Span] = []
    start, before = 0, ("", "")  # no span is open while the prefix is empty
    for place, tag in enumerate([*tags, OUTSIDE]):
        now = _parts(tag)
        ends = before[0] in ("E", "S") or now[0] in ("B", "S", "") or now[1] != before[1]
        if before[0] and ends:
            found.append((before[1], start, place))
        if now[0] and (ends or not before[0]):
            start = place
        before = now
    return found


def detect_scheme(rows: Sequence[Sequence[str] | None]) -> tuple[Scheme, list[int]] | None:
    """Return the scheme of tags and the rows (from 0) that depart from it; None without one.

    Args:
        rows: The tags of each row; None is a missing one.

    Example:
        >>> found([["B-city", "I-city"], ["O", "I-city"]])
        ('BIO', [1])
        >>> found([["noun", "verb"]])
    """
    marked = {tag for row in rows for tag in row or () if tag != OUTSIDE}
    if not marked or not all(tag[1:2] == "-" and tag[2:] and tag[0] in "BIES" for tag in marked):
        return None
    if any(tag[0] in "ES" for tag in marked):
        return "BIOES", _odd(rows, "BIOES")
    departing = {scheme: _odd(rows, scheme) for scheme in BY_I}
    return min(departing.items(), key=lambda pair: len(pair[1]))


def may_follow(before: str, now: str, scheme: Scheme) -> bool:
    """Return whether a scheme allows a tag after another; `O` stands for either end of a row.

    Example:
        >>> may_follow("B-city", "I-city", "BIO"), may_follow("O", "I-city", "BIO")
        (True, False)
    """
    (first, of), (prefix, kind) = _parts(before), _parts(now)
    if scheme == "IOB1":
        return prefix != "B" or bool(first and of == kind)
    goes_on = first in ("B", "I") and of == kind
    if scheme == "BIO":
        return prefix != "I" or goes_on
    return goes_on if prefix in ("I", "E") else first not in ("B", "I")


def _odd(rows: Sequence[Sequence[str] | None], scheme: Scheme) -> list[int]:
    """Return which rows (from 0) have a tag that may not follow the one before it."""
    return [
        row
        for row, tags in enumerate(rows)
        if tags and not all(may_follow(*two, scheme) for two in pairwise([OUTSIDE, *tags, OUTSIDE]))
    ]


def _parts(tag: str) -> tuple[str, str]:
    """Return the prefix and the type of a tag, both empty for `O`."""
    prefix, _, kind = tag.partition("-")
    return ("", "") if prefix == OUTSIDE else (prefix, kind)
