"""Aligned steps of which some are not known: neither the truth nor the prediction counts there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from unrolled.data.encoders.tags import OUTSIDE

Rows = Sequence[Sequence[Any]]
Pair = tuple[list[list[Any]], list[list[Any]]]


def drop_gaps(true: Rows, predicted: Rows) -> Pair:
    """Return both without the steps at which the truth is not known.

    Args:
        true: The true steps of each row, None where they are not known.
        predicted: The predicted steps of each row.

    Example:
        >>> drop_gaps([["a", None, "b"]], [["a", "x", "c"]])
        ([['a', 'b']], [['a', 'c']])
    """
    kept_true, kept_predicted = [], []
    for steps, output in zip(true, predicted, strict=True):
        unknown = {i for i, step in enumerate(steps) if step is None}
        kept_true.append([step for step in steps if step is not None])
        kept_predicted.append([step for i, step in enumerate(output) if i not in unknown])
    return kept_true, kept_predicted


def gaps_outside(true: Rows, predicted: Rows) -> Pair:
    """Return tags of spans with "outside" at the steps at which the truth is not known.

    So a span that is predicted there, or that reaches there, ends before the gap in both.

    Example:
        >>> gaps_outside([["B-a", None]], [["B-a", "I-a"]])
        ([['B-a', 'O']], [['B-a', 'O']])
    """
    filled_true, filled_predicted = [], []
    for steps, output in zip(true, predicted, strict=True):
        unknown = {i for i, step in enumerate(steps) if step is None}
        filled_true.append([OUTSIDE if step is None else step for step in steps])
        filled_predicted.append([OUTSIDE if i in unknown else p for i, p in enumerate(output)])
    return filled_true, filled_predicted
