"""Scores equal those computed by hand, and the verdict follows from them."""

import numpy as np
import pytest

from unrolled.forecasting.backtesting.backtest import score_forecasts
from unrolled.forecasting.backtesting.rolling_origin import Origins, RollingForecasts
from unrolled.forecasting.series.timeline import Timeline

TRUE = np.array([[[1.0], [2.0]], [[2.0], [4.0]]])


def scored(forecasts, true=TRUE, losses=None, coverage=None, **more):
    arrays = {
        "true": true,
        "network": forecasts,
        "repeat last": true * 0 + 1,
        "ridge": true + 1,
        **more,
    }
    line = Timeline("numbers", 1, 0, int)
    n = len(true)
    origins = Origins((("y",),), np.zeros(n, int), np.arange(n), line)
    rolled = RollingForecasts(arrays, losses or {}, coverage or {}, true[:, 0] * 0 + 2, origins)
    return score_forecasts(rolled, levels=tuple(coverage or {}), season=None)


def test_scores_equal_those_computed_by_hand():
    forecasts = np.array([[[1.5], [2.0]], [[1.0], [7.0]]])
    result = scored(forecasts).scores["network"]
    assert result["MAE"] == pytest.approx((0.5 + 0 + 1 + 3) / 4)
    assert result["MSE"] == pytest.approx((0.25 + 0 + 1 + 9) / 4)
    assert result["MASE"] == pytest.approx(result["MAE"] / 2)
    assert result["sMAPE"] == pytest.approx(50 * (0.5 / 2.5 + 0 + 1 / 3 + 3 / 11))
    assert scored(forecasts).by_step["network"].tolist() == [0.75, 1.5]


def test_values_that_are_not_known_are_not_scored():
    true = np.array([[[1.0], [np.nan]], [[2.0], [4.0]]])
    result = scored(np.array([[[1.5], [2.0]], [[1.0], [7.0]]]), true).scores["network"]
    assert result["MAE"] == pytest.approx((0.5 + 1 + 3) / 3)


def test_coverage_and_width_and_the_loss_by_the_scale_of_the_mase():
    low = np.array([[[0.0], [0.0]], [[2.5], [3.0]]])
    loss = np.array([[[1.0], [np.nan]], [[3.0], [2.0]]])
    ends = {"lo-80": low, "hi-80": low + 3}
    result = scored(
        TRUE,
        losses=dict.fromkeys(("network", "repeat last", "ridge"), loss),
        coverage={80: 0.75},
        **ends,
    )
    assert result.intervals[80] == {"coverage": 0.75, "width": 3.0}
    assert result.scores["network"]["SQL"] == 2.0 / 2
    assert "80% intervals cover 75.0% of the true values, mean width 3" in str(result)


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (0.25, "The network is worth having: MASE 0.125 against 0.500 by the ridge"),
        (1.0, "No clear difference: MASE 0.500 against 0.500 by the ridge"),
        (2.0, "The network is not worth having here: MASE 1 against 0.500 by the ridge"),
    ],
)
def test_the_verdict_compares_the_network_with_the_best_baseline(error, verdict):
    true = np.random.default_rng(0).normal(size=(50, 2, 1)) * 9
    assert scored(true + error, true).verdict.startswith(f"{verdict} (50 forecasts)")


def test_a_copy_of_the_last_value_is_called_one():
    true = np.random.default_rng(0).normal(size=(50, 2, 1)) * 9
    assert "copies of the last value" in scored(true * 0 + 1.01, true).verdict
    assert "copies" not in scored(true, true).verdict
