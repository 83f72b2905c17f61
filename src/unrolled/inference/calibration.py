"""Calibrate probabilities by a temperature, and measure how well calibrated they are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from unrolled.data.block import Array
from unrolled.program.operations.activations import softmax

BINS = 15
MAX_TEMPERATURE = 20.0  # too few rows to determine a temperature above it, or below its inverse


@dataclass(frozen=True)
class Calibration:
    """How far the probabilities of labels differ from how often the labels are correct.

    Attributes:
        error: The expected calibration error, from 0 to 1.
        before: The expected calibration error without the temperature.
        temperature: The divisor of the logits.
    """

    error: float
    before: float
    temperature: float

    def __str__(self) -> str:
        return (
            f"Expected calibration error {self.error:.3f} ({self.before:.3f} without the"
            f" temperature of {self.temperature:.3g})."
        )


def fit_temperature(logits: Array, ids: Array) -> float:
    """Return the temperature that maximizes the likelihood of held-out rows.

    The most probable label stays the same. If every row is correct, or if none is better than a
    guess, there is no best temperature, and it is 1.

    Args:
        logits: (n C) of rows that were not trained on.
        ids: The true class of each row (n); rows with an unknown class, -1, do not count.

    Returns:
        The divisor of the logits.

    Source:
        Guo et al. 2017, "On Calibration of Modern Neural Networks", section 4.2.

    Example:
        >>> logits = np.array([[5.0, 0.0], [5.0, 0.0], [5.0, 0.0], [5.0, 0.0]])
        >>> round(fit_temperature(logits, np.array([0, 0, 0, 1])), 3)  # 5 / log 3
        4.551
    """
    from scipy.optimize import brentq

    logits, ids = logits[ids >= 0].astype(np.float64), ids[ids >= 0]
    if not len(ids):
        return 1.0
    of_true = np.take_along_axis(logits, ids[:, None], axis=1)[:, 0]

    def slope(scale: float) -> float:  # of the mean loss, which is convex in 1 / temperature
        return float(((softmax(scale * logits) * logits).sum(axis=1) - of_true).mean())

    if not slope(1 / MAX_TEMPERATURE) < 0 < slope(MAX_TEMPERATURE):
        return 1.0
    return 1 / float(brentq(slope, 1 / MAX_TEMPERATURE, MAX_TEMPERATURE))


def evaluate_calibration(logits: Array, ids: Array, temperature: float) -> Calibration:
    """Return the calibration of rows, with and without a temperature.

    Args:
        logits: (n C).
        ids: The true class of each row (n); an unknown class, -1, is never correct.
        temperature: The divisor of the logits.
    """
    error = calibration_error(softmax(logits / temperature), ids)
    before = calibration_error(softmax(logits), ids)
    return Calibration(error, before, temperature)


def calibration_error(probabilities: Array, ids: Array) -> float:
    """Return the expected calibration error: the mean gap between confidence and accuracy.

    Rows are put into 15 bins of the same width by the probability of their most probable label.

    Args:
        probabilities: (n C).
        ids: The true class of each row (n).

    Source:
        Guo et al. 2017, "On Calibration of Modern Neural Networks", section 2, equation 3.

    Example:
        >>> calibration_error(np.array([[0.75, 0.25], [0.75, 0.25]]), np.array([0, 1]))
        0.25
    """
    confidence = probabilities.max(axis=1)
    is_correct = probabilities.argmax(axis=1) == ids
    bins = np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)
    # Within a bin the gaps of the rows may cancel out, and only then are they made positive.
    gaps = np.bincount(bins, weights=is_correct - confidence, minlength=BINS)
    return float(np.abs(gaps).sum() / len(ids))
