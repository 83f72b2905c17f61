"""The results of decoding."""

from __future__ import annotations

from typing import NamedTuple

from unrolled.data.block import Array


class GeneratedTokens(NamedTuple):
    """Hypotheses, which are rows of ids: k for each of b rows, the best first.

    If a search found fewer than k, or no further id was allowed, the place is empty: its score is
    minus infinity, its length 0 and `ended` False.

    Attributes:
        ids: (b k u) int32, including the end mark, then 0; u is the limit of steps.
        scores: (b k) float32 log-probabilities of the model, without constraints and at
            temperature 1.
        lengths: (b k) int32, the number of ids before the end mark.
        ended: (b k) bool; False if the hypothesis was cut at the limit.
    """

    ids: Array
    scores: Array
    lengths: Array
    ended: Array


class GeneratedNumbers(NamedTuple):
    """Steps of numbers, each computed from the step before.

    Attributes:
        values: (b u o) float32, 0 after the last step; u is the limit of steps.
        lengths: (b) int32, the number of steps.
        ended: (b) bool; False if the row was cut at the limit before its last step.
    """

    values: Array
    lengths: Array
    ended: Array
