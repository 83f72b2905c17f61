"""What a decoder brought forth; named tuples, so that a compiled function can return them."""

from __future__ import annotations

from typing import Any, NamedTuple


class GeneratedTokens(NamedTuple):
    """Rows of ids, the best first; k of them for each of b rows.

    Where the search found fewer than k, and where nothing more was allowed, the place is empty:
    its score is minus infinity, its length 0 and `ended` False.

    Attributes:
        ids: (b k u) int32, the end mark included, 0 after it; u is the limit of steps.
        scores: (b k) log-probabilities under the model, whatever was forbidden, and at
            temperature 1.
        lengths: (b k) int32, ids before the end mark.
        ended: (b k) bool; False where a row was cut at the limit.
    """

    ids: Any
    scores: Any
    lengths: Any
    ended: Any


class GeneratedNumbers(NamedTuple):
    """Steps of numbers, each made from the one before.

    Attributes:
        values: (b u o), 0 after the last step; u is the limit of steps.
        lengths: (b) int32, steps made.
        ended: (b) bool; False where a row was cut at the limit before its last step.
    """

    values: Any
    lengths: Any
    ended: Any
