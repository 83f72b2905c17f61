"""Forecasters trained again during a backtest, each on all steps known by then."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from unrolled.data.block import Array
from unrolled.forecasting.fitting import fit_forecaster
from unrolled.forecasting.preparation import ForecastSettings
from unrolled.forecasting.series.panel import Panel
from unrolled.forecasting.trained import TrainedForecaster


def refit_as_time_passes(
    trained: TrainedForecaster,
    panel: Panel,
    settings: ForecastSettings,
    first: Array,
    every: int,
    *,
    callbacks: Sequence[Any] = (),
) -> Iterator[tuple[int, int, TrainedForecaster]]:
    """Train on more and more steps, each time from the previous weights.

    Args:
        trained: The forecaster trained on the steps before `first`.
        panel: The series, with the steps to forecast.
        settings: The settings; lookback and season remain those of `trained`.
        first: The first step of each series to forecast (s).
        every: Steps from one training to the next.
        callbacks: Further `keras.callbacks.Callback` objects, called by each training.

    Yields:
        The start and the end of the steps after `first` at which a forecaster makes its forecasts,
        and the forecaster. It was trained on the steps before that start, and on no later ones.

    Source:
        Tashman 2000, section 4.1: a rolling origin, recalibrated.
    """
    # The checkpoint folder belongs to the first training.
    training = settings.training.model_copy(update={"checkpoint": None})
    settings = replace(settings, training=training)
    last = int((panel.lengths - settings.horizon - first).max())
    for start in range(every, last + 1, every):
        known = panel.slice_steps(np.zeros_like(first), first + start)
        trained = fit_forecaster(known, settings, trained, callbacks=callbacks)
        yield start, start + every, trained
