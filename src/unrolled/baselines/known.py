"""Fits of targets that are known only in part: what is not known does not count."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from unrolled.baselines.logistic import Weights
from unrolled.data.block import Array


def known_mean(numbers: Array) -> Array:
    """Return the mean of what is known in each column (o); where nothing is, that of all columns.

    Args:
        numbers: (n o), NaN where it is not known.

    Example:
        >>> known_mean(np.array([[1.0, np.nan], [3.0, np.nan]])).tolist()
        [2.0, 2.0]
    """
    known = ~np.isnan(numbers)
    if known.all():
        mean: Array = numbers.mean(axis=0)
        return mean
    counts, sums = known.sum(axis=0), np.where(known, numbers, 0).sum(axis=0)
    overall = sums.sum() / max(1, counts.sum())
    means: Array = np.where(counts > 0, sums / np.maximum(counts, 1), overall)
    return means.astype(numbers.dtype)


def fit_known(fit: Callable[[Any, Array], Weights], rows: Any, numbers: Array) -> Weights:
    """Return the weights (f o) and biases (o) of linear models of what is known in each column.

    Args:
        fit: Returns the weights and biases for rows and complete numbers.
        rows: Features, dense or sparse (n f).
        numbers: (n o), NaN where it is not known.
    """
    known = ~np.isnan(numbers)
    if known.all():
        return fit(rows, numbers)
    weights = np.zeros((rows.shape[1], numbers.shape[1]), "float32")
    bias = known_mean(numbers).astype("float32")
    patterns, group_of = np.unique(known, axis=1, return_inverse=True)
    for group, pattern in enumerate(patterns.T):  # columns that are known in the same rows
        columns = np.flatnonzero(group_of.ravel() == group)
        if pattern.sum() > 1:
            in_rows = np.flatnonzero(pattern)
            fitted = fit(rows[in_rows], numbers[np.ix_(in_rows, columns)])
            weights[:, columns], bias[columns] = fitted
    return weights, bias
