"""The loss of intervals is the quantile loss that others compute, and coverage is counted."""

import numpy as np
import pytest
from sklearn.metrics import mean_pinball_loss

from unrolled.forecasting.backtesting.interval_scores import (
    QUANTILE_LEVELS,
    RollingIntervals,
    coverage,
    interval_loss,
)
from unrolled.forecasting.intervals import interval_offsets

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("level", [10, 80, 95])
def test_the_loss_is_twice_the_pinball_loss_of_both_ends(level):
    true, low = RANDOM.normal(size=(2, 50))
    high = low + RANDOM.uniform(size=50)
    theirs = [mean_pinball_loss(true, end, alpha=alpha) for end, alpha in
              ((low, (1 - level / 100) / 2), (high, (1 + level / 100) / 2))]  # fmt: skip
    assert interval_loss(true, low, high, level).mean() == pytest.approx(2 * sum(theirs))


def test_over_many_levels_the_loss_comes_near_the_crps():
    from scipy.stats import norm

    true = RANDOM.normal(size=2000)
    total = np.abs(true)
    for level in QUANTILE_LEVELS:
        end = norm.ppf((1 + level / 100) / 2)
        total = total + interval_loss(true, -end, end, level)
    crps = true * (2 * norm.cdf(true) - 1) + 2 * norm.pdf(true) - 1 / np.sqrt(np.pi)
    assert total.mean() / (2 * len(QUANTILE_LEVELS) + 1) == pytest.approx(crps.mean(), rel=0.05)


def test_coverage_counts_what_is_known():
    true = np.array([1.0, 2.0, np.nan, 4.0])
    low = np.array([0.0, 2.5, 0.0, np.nan])
    assert coverage(true, low, low + 3) == 0.5
    assert np.isnan(coverage(true[2:], low[2:], low[2:] + 3))


def test_a_series_with_few_errors_takes_those_of_all():
    own, pooled = RANDOM.normal(size=(130, 2, 1)), 9 * RANDOM.normal(size=(400, 2, 1))
    both = RollingIntervals.from_errors([own, own], [100, 20], pooled, [80])
    alone = RollingIntervals.from_errors([own, own], [100, 20], None, [80])
    offsets = both.at(0)
    assert offsets.shape == (2, 30 + 110, 2, 1)
    np.testing.assert_array_equal(offsets[:, :30], alone.at(0)[:, :30])
    for k in (30, 139):
        np.testing.assert_array_equal(offsets[:, k], interval_offsets(pooled, [80])[0])
