"""Both ways to fit a ridge regression find the same map."""

import numpy as np
import pytest

from unrolled.baselines.ridge import fit_ridge, fit_ridge_in_batches

RNG = np.random.default_rng(0)
ROWS, TARGETS = RNG.normal(size=(90, 4)), RNG.normal(size=(90, 2)) + 3


@pytest.mark.parametrize("batches", [1, 7])
def test_batches_give_the_map_of_all_rows_together(batches):
    with_ones = np.concatenate([ROWS, np.ones((90, 1))], axis=1)
    parts = zip(np.array_split(with_ones, batches), np.array_split(TARGETS, batches), strict=True)
    fitted = fit_ridge_in_batches(parts)
    weights, bias = fit_ridge(ROWS, TARGETS)
    np.testing.assert_allclose(fitted[:-1], weights, atol=1e-6)
    np.testing.assert_allclose(fitted[-1], bias, atol=1e-6)


def test_without_a_row_the_map_is_zero():
    assert not fit_ridge_in_batches([(np.zeros((0, 3)), np.zeros((0, 2)))]).any()
