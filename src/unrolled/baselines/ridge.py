"""Ridge regression: the linear model with the least squared error and small weights.

Both functions minimise the sum of squared errors plus `PENALTY` times the sum of squared weights;
the bias is not penalised. `fit_ridge` is scikit-learn's, for rows that fit in memory, sparse ones
too. `fit_ridge_in_batches` holds only sums of products, for windows of series, which overlap so
much that all of them together would be many times the size of the series.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from unrolled.data.block import Array

PENALTY = 1.0


def fit_ridge(rows: Any, targets: Array) -> tuple[Array, Array]:
    """Return the weights (f o) and the bias (o).

    Args:
        rows: Features, dense or sparse (n f).
        targets: (n o).
    """
    from sklearn.linear_model import Ridge

    model = Ridge(alpha=PENALTY).fit(rows, targets)
    weights, bias = np.atleast_2d(model.coef_).T, np.atleast_1d(model.intercept_)
    return weights.astype("float32"), bias.astype("float32")


def fit_ridge_in_batches(batches: Iterable[tuple[Array, Array]]) -> Array:
    """Return the weights, with the bias as their last row (f+1 o).

    Args:
        batches: Features, the last of them 1 (b f+1), and targets (b o), some rows at a time.
    """
    products: Any = 0
    cross_products: Any = 0
    for rows, targets in batches:
        products = products + rows.T @ rows
        cross_products = cross_products + rows.T @ targets
    products[np.diag_indices(len(products) - 1)] += PENALTY
    products[-1, -1] = max(products[-1, -1], PENALTY)  # no row at all leaves a bias of 0
    return np.linalg.solve(products, cross_products)
