"""Forecasters trained again as a backtest goes on, each on what was known by then."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from unrolled.data.block import Array
from unrolled.forecasting.fitting import ForecastSettings, trained
from unrolled.forecasting.series.panel import Panel
from unrolled.forecasting.trained import TrainedForecaster


def refits(
    fitted: TrainedForecaster, whole: Panel, wanted: ForecastSettings, first: Array, every: int
) -> Iterator[tuple[int, int, TrainedForecaster]]:
    """Train on ever more steps, each time from the weights before.

    Args:
        fitted: The one trained on the steps before `first`.
        whole: The series, with the steps to forecast.
        wanted: What was asked for; lookback and season stay those of `fitted`.
        first: The first step of each series to forecast (s).
        every: Steps from one training to the next.

    Yields:
        The forecaster of each training with the steps after `first` from which, and before which,
        its forecasts begin. It has seen what stands before the first of them, and no more.

    Source:
        Tashman 2000, section 4.1: a rolling origin, recalibrated.
    """
    alone = wanted.training.model_copy(update={"checkpoint": None})
    wanted = replace(wanted, training=alone)  # the folder holds the first training
    most = int((whole.lengths - wanted.horizon - first).max())
    for since in range(every, most + 1, every):
        known = whole.part(np.zeros_like(first), first + since)
        fitted = trained(known, wanted, fitted)
        yield since, since + every, fitted
