"""Scores of sets of labels: each label by itself, all together, and whole rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from unrolled.data.block import Array
from unrolled.data.encoders.label_sets import LabelSets
from unrolled.sequences.evaluation.confusion import SCORES, format_lines

Bits = tuple[Array, Array]  # which labels are true and which are predicted (n k)


@dataclass(frozen=True)
class LabelScores:
    """The scores of each label of a set.

    Attributes:
        labels: The labels (k).
        scores: By label: precision, recall, F1; NaN where they are not defined.
        rows: How many rows have each label (k).
    """

    labels: tuple[str, ...]
    scores: dict[str, dict[str, float]]
    rows: Array

    @classmethod
    def of(cls, true: Any, predicted: Any, classes: Sequence[Any]) -> LabelScores:
        """Return the scores of each label.

        Args:
            true: (n k), NaN where it is not known; or n lists of names.
            predicted: (n k), or n lists of names.
            classes: The labels that can be predicted.
        """
        bits, labels = _as_bits(true, predicted, classes)
        hits, true_count, predicted_count = _counts(*bits)
        scores = {
            str(label): dict(zip(SCORES, _precision_recall_f1(*counts), strict=True))
            for label, counts in zip(
                labels, zip(hits, true_count, predicted_count, strict=True), strict=True
            )
        }
        return cls(tuple(map(str, labels)), scores, true_count)

    def __str__(self) -> str:
        return format_lines(self.labels, self.scores, self.rows, "rows")


def label_set_scores(true: Any, predicted: Any) -> dict[str, float]:
    """Return micro F1, macro F1 and subset accuracy; what is not known does not count.

    Args:
        true: (n k), NaN where it is not known; or n lists of names.
        predicted: (n k), or n lists of names.

    Example:
        >>> scores = label_set_scores(np.array([[1, 0], [1, 1]]), np.array([[1, 0], [0, 1]]))
        >>> {name: round(value, 3) for name, value in scores.items()}
        {'micro F1': 0.8, 'macro F1': 0.833, 'subset accuracy': 0.5}
    """
    bits, _ = _as_bits(true, predicted, ())
    hits, true_count, predicted_count = _counts(*bits)
    by_label = [_f1(*counts) for counts in zip(hits, true_count, predicted_count, strict=True)]
    micro = _f1(hits.sum(), true_count.sum(), predicted_count.sum())
    return {
        "micro F1": float(np.nan_to_num(micro)),
        "macro F1": float(np.nan_to_num(by_label).mean()),
        "subset accuracy": float((wrong_labels(true, predicted) == 0).mean()),
    }


def wrong_labels(true: Any, predicted: Any) -> Array:
    """Return how many labels of each row are wrong: missed, or predicted and not true (n)."""
    (known_true, known_predicted), _ = _as_bits(true, predicted, ())
    wrong = (known_true != known_predicted) & ~np.isnan(known_true)
    counts: Array = wrong.sum(axis=1).astype(float)
    return counts


def _as_bits(true: Any, predicted: Any, classes: Sequence[Any]) -> tuple[Bits, Sequence[Any]]:
    """Return which labels are true and predicted, and the labels."""
    if isinstance(true, np.ndarray):
        labels: Sequence[Any] = classes or range(true.shape[1])
        return (np.asarray(true, float), np.asarray(predicted, float)), labels
    names = {name for rows in (true, predicted) for row in rows if row for name in row}
    labels = [*classes, *sorted(names.difference(classes))]
    return (LabelSets.bits_of_names(true, labels), LabelSets.bits_of_names(predicted, labels)), (
        labels
    )


def _counts(true: Array, predicted: Array) -> tuple[Array, Array, Array]:
    """Return for each label in how many known rows it is right, true, and predicted (k)."""
    known = ~np.isnan(true)
    is_true, is_predicted = (true == 1) & known, (predicted == 1) & known
    return (
        (is_true & is_predicted).sum(axis=0),
        is_true.sum(axis=0),
        is_predicted.sum(axis=0),
    )


def _precision_recall_f1(hits: int, true: int, predicted: int) -> tuple[float, float, float]:
    """Return precision, recall and F1 of a label, NaN where they are not defined."""
    precision = hits / predicted if predicted else math.nan
    recall = hits / true if true else math.nan
    return precision, recall, _f1(hits, true, predicted)


def _f1(hits: int, true: int, predicted: int) -> float:
    """Return 2 hits / (true + predicted), NaN where the label is neither true nor predicted."""
    return float(2 * hits / (true + predicted)) if true + predicted else math.nan
