"""Logistic regression: one model of all classes, and one model for each class against the rest."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from unrolled.data.block import Array

Weights = tuple[Array, Array]  # weights (f o) and biases (o)
STRENGTH = 3.0  # the inverse of the penalty of the baseline's weights
MAX_ITERATIONS = 500
MAX_NEWTON_FEATURES = 1000  # up to which Newton's method is faster, given as many rows
NEVER = -1e9  # the logit of a class that no training row has


def fit_multinomial(rows: Any, labels: Array, classes: int) -> Weights:
    """Return the weights and biases of one model of all classes (softmax).

    Args:
        rows: Features, dense or sparse (n f).
        labels: The class of each row (n).
        classes: How many classes there are.
    """
    from sklearn.linear_model import LogisticRegression

    weights = np.zeros((rows.shape[1], classes), "float32")
    if (labels == labels[0]).all():  # one class to learn from: it is always predicted
        return weights, np.eye(classes, dtype="float32")[labels[0]]
    model = _fit(LogisticRegression(C=STRENGTH, max_iter=MAX_ITERATIONS), rows, labels)
    coefficients, intercepts = model.coef_.T, model.intercept_
    if len(model.classes_) == 2:  # scikit-learn gives the logit of the second class alone
        coefficients = np.concatenate([np.zeros_like(coefficients), coefficients], axis=1)
        intercepts = np.array([0, intercepts[0]])
    bias = np.full(classes, NEVER, "float32")
    weights[:, model.classes_], bias[model.classes_] = coefficients, intercepts
    return weights, bias


def fit_binary(rows: Any, bits: Array) -> Weights:
    """Return the weights and biases of a model of each label by itself: its logit.

    Args:
        rows: Features, dense or sparse (n f).
        bits: Whether each row has each label (n k), 0 or 1.
    """
    from sklearn.linear_model import LogisticRegression

    weights = np.zeros((rows.shape[1], bits.shape[1]), "float32")
    bias = np.where(bits[0] > 0, -NEVER, NEVER).astype("float32")
    for place, labels in enumerate(bits.T > 0):
        if labels.any() and not labels.all():
            model = _fit(LogisticRegression(C=STRENGTH, max_iter=MAX_ITERATIONS), rows, labels)
            weights[:, place], bias[place] = model.coef_[0], model.intercept_[0]
    return weights, bias


def _fit(model: Any, rows: Any, labels: Any, row_weights: Any = None) -> Any:
    """Return a logistic regression fitted on rows, in silence.

    It may stop at the limit of its iterations, close to the optimum; with huge numbers the solver
    falls back to another method.
    """
    from scipy.linalg import LinAlgWarning
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LinAlgWarning)
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(rows, labels, row_weights)


def fit_one_vs_rest(
    rows: Any, counts: int, labels: Array, class_weights: Array, strength: float
) -> Weights:
    """Return the weights and biases of one binary model for each class against all others.

    Counts of n-grams are scaled by their naive Bayes log-count ratio: n-grams that stand as often
    with the class as without it are penalised most.

    Args:
        rows: Features, sparse (n f).
        counts: How many of the features, the first ones, are counts of n-grams.
        labels: The class of each row (n).
        class_weights: The weight of the rows of each class (o).
        strength: The inverse of the penalty of the weights.

    Source:
        Wang and Manning 2012, sections 2.1 and 2.3, with logistic regression in place of their
        support vector machine.
    """
    classes, features = len(class_weights), rows.shape[1]
    use_newton = counts == 0 and features <= min(rows.shape[0], MAX_NEWTON_FEATURES)
    if use_newton:
        rows = rows.toarray().astype(np.float64)
    weights = np.zeros((features, classes))
    bias = np.full(classes, -np.log(len(labels) + 1))
    for label in [1] if classes == 2 else range(classes):
        is_class = labels == label
        if is_class.all():
            bias[label] *= -1
        elif is_class.any():
            ratio = np.ones(features)
            if counts:
                ratio[:counts] = _log_count_ratio(rows[:, :counts], is_class)
            scaled = rows if use_newton else rows.multiply(ratio).tocsr()
            coefficients, bias[label] = _fit_binary(
                scaled, is_class, class_weights[labels], strength, use_newton=use_newton
            )
            weights[:, label] = ratio * coefficients
    if classes == 2:  # the model of class 0 is the mirror image of that of class 1
        weights[:, 0], bias[0] = -weights[:, 1], -bias[1]
    return weights.astype("float32"), bias.astype("float32")


def _fit_binary(
    rows: Any, is_class: Array, row_weights: Array, strength: float, *, use_newton: bool
) -> tuple[Array, float]:
    """Return the weights and the bias of the logit that a row is of the class."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=strength, solver="newton-cholesky" if use_newton else "liblinear")
    _fit(model, rows, is_class, row_weights)
    return model.coef_[0], float(model.intercept_[0])


def _log_count_ratio(counts: Any, is_class: Array) -> Array:
    """Return the naive Bayes log-count ratio of each feature (f).

    It is the log of the feature's share among the rows of the class, over its share among all
    other rows; 0 where no row has the feature.
    """
    is_there = counts.sign()
    shares = []
    for part in (is_class, ~is_class):
        rows_with_it = np.asarray(is_there[part].sum(axis=0)).ravel() + 1
        shares.append(rows_with_it / rows_with_it.sum())
    ratio: Array = np.log(shares[0] / shares[1])
    return np.where(np.asarray(is_there.sum(axis=0)).ravel() > 0, ratio, 0.0)
