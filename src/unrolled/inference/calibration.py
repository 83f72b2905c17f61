"""Probabilities that mean what they say: a temperature, and how far from true they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from unrolled.data.block import Array
from unrolled.inference.predict import softmax

BINS = 15
MOST = 20.0  # a temperature, or one over it, beyond which the rows are too few to tell one


@dataclass(frozen=True)
class Calibration:
    """How far probabilities of labels are from how often the labels are right.

    Attributes:
        error: The expected calibration error, from 0 to 1.
        before: What it would be without the temperature.
        temperature: What the logits are divided by.
    """

    error: float
    before: float
    temperature: float

    def __str__(self) -> str:
        without = f"{self.before:.3f} without the temperature of {self.temperature:.3g}"
        return f"Expected calibration error {self.error:.3f}; {without}."


def fit_temperature(logits: Array, ids: Array) -> float:
    """Return what to divide logits by for the most likely probabilities of rows not trained on.

    The most probable label stays the same. Where every row is right, or none better than guessed,
    no temperature is best: it is then 1.

    Args:
        logits: (n C).
        ids: The true class of each row (n); rows with none, -1, do not count.

    Source:
        Guo et al. 2017, "On Calibration of Modern Neural Networks", section 4.2.

    Example:
        >>> sure = np.array([[5.0, 0.0], [5.0, 0.0], [5.0, 0.0], [5.0, 0.0]])
        >>> round(temperature(sure, np.array([0, 0, 0, 1])), 3)  # 5 / log 3
        4.551
    """
    from scipy.optimize import brentq

    logits, ids = logits[ids >= 0].astype(np.float64), ids[ids >= 0]
    if not len(ids):
        return 1.0
    true = np.take_along_axis(logits, ids[:, None], axis=1)[:, 0]

    def slope(scale: float) -> float:  # of the mean loss, which is convex in 1 / temperature
        return float(((softmax(scale * logits) * logits).sum(axis=1) - true).mean())

    if not slope(1 / MOST) < 0 < slope(MOST):
        return 1.0
    return 1 / float(brentq(slope, 1 / MOST, MOST))


def evaluate_calibration(logits: Array, ids: Array, temperature: float) -> Calibration:
    """Return how far from true the probabilities of rows are.

    Args:
        logits: (n C).
        ids: The true class of each row (n); one not known, -1, is never right.
        temperature: What the logits are divided by.
    """
    error, before = (calibration_error(softmax(logits / t), ids) for t in (temperature, 1.0))
    return Calibration(error, before, temperature)


def calibration_error(shares: Array, ids: Array) -> float:
    """Return the expected calibration error: how far, on average, confidence is from accuracy.

    Rows are put into 15 bins of one width by the probability of their most probable label.

    Args:
        shares: Probabilities (n C).
        ids: The true class of each row (n).

    Source:
        Guo et al. 2017, "On Calibration of Modern Neural Networks", section 2, equation 3.

    Example:
        >>> calibration_error(np.array([[0.75, 0.25], [0.75, 0.25]]), np.array([0, 1]))
        0.25
    """
    sure, right = shares.max(axis=1), shares.argmax(axis=1) == ids
    bins = np.clip(np.ceil(sure * BINS).astype(int) - 1, 0, BINS - 1)
    gaps = np.bincount(bins, weights=right - sure, minlength=BINS)  # rows in a bin cancel out
    return float(np.abs(gaps).sum() / len(ids))
