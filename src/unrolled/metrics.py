"""Metrics, one function each: true and predicted values in, a number out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def accuracy(true: Sequence[Any], predicted: Sequence[Any]) -> float:
    """Return the share of equal values.

    Example:
        >>> accuracy(["a", "b"], ["a", "a"])
        0.5
    """
    return float(np.mean([t == p for t, p in zip(true, predicted, strict=True)]))


def macro_f1(true: Sequence[Any], predicted: Sequence[Any]) -> float:
    """Return the F1 score of each class, averaged with equal weight.

    Example:
        >>> round(macro_f1(["a", "b", "b"], ["a", "a", "b"]), 4)
        0.6667
    """
    from sklearn.metrics import f1_score

    return float(f1_score(list(map(str, true)), list(map(str, predicted)), average="macro"))


def rmse(true: Array, predicted: Array) -> float:
    """Return the root of the mean squared error.

    Example:
        >>> rmse(np.array([0.0, 2.0]), np.array([0.0, 0.0])) == 2**0.5
        True
    """
    from sklearn.metrics import root_mean_squared_error

    return float(root_mean_squared_error(true, predicted))


def mae(true: Array, predicted: Array) -> float:
    """Return the mean absolute error.

    Example:
        >>> mae(np.array([0.0, 2.0]), np.array([0.0, 0.0]))
        1.0
    """
    from sklearn.metrics import mean_absolute_error

    return float(mean_absolute_error(true, predicted))


def r2(true: Array, predicted: Array) -> float:
    """Return the share of the variance that is explained; NaN for fewer than two values.

    Example:
        >>> r2(np.array([0.0, 2.0]), np.array([1.0, 1.0]))
        0.0
    """
    from sklearn.metrics import r2_score

    return float(r2_score(true, predicted)) if len(true) > 1 else float("nan")


NUMBERS: dict[str, Callable[[Any, Any], float]] = {"RMSE": rmse, "MAE": mae, "R2": r2}
CLASSES: dict[str, Callable[[Any, Any], float]] = {"accuracy": accuracy, "macro F1": macro_f1}
