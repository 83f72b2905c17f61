"""Forecasts of the steps after the end of each series, as a table."""

from __future__ import annotations

from typing import Any

import polars as pl

from unrolled.data.block import Array
from unrolled.forecasting.limits import clamp
from unrolled.forecasting.series.arguments import Levels
from unrolled.forecasting.series.dataset import SeriesDataset
from unrolled.forecasting.series.future import with_future
from unrolled.forecasting.series.panel import Panel
from unrolled.forecasting.trained import TrainedForecaster


def forecast_next_steps(
    trained: TrainedForecaster, panel: Panel, future: Any, levels: Levels, *, new_data: bool
) -> pl.DataFrame:
    """Forecast the steps after the end of each series.

    Args:
        trained: The forecaster.
        panel: The series.
        future: The values of the future covariates for these steps, if there are such columns.
        levels: The levels of the intervals.
        new_data: Whether the series are other data than that of `fit`.

    Returns:
        A row for each step of each series: `id`, `time`, and by target the forecast and the ends
        of its intervals.
    """
    window = trained.window
    known = panel.pad_start(window.lookback)
    series = trained.series(with_future(known, future, window.horizon))
    offsets = None
    if levels:
        offsets = trained.interval_offsets(trained.series(known), levels, new_data=new_data)
    return forecast_table(trained, known, series, levels, offsets)


def forecast_table(
    trained: TrainedForecaster,
    known: Panel,
    series: SeriesDataset,
    levels: Levels,
    offsets: Array | None,
) -> pl.DataFrame:
    """Return the forecasts of the last steps of some series, as `forecast_next_steps` does.

    Args:
        trained: The forecaster.
        known: The series up to the first step to forecast.
        series: The same with the steps to forecast, as the network sees them.
        levels: The levels of the intervals (k).
        offsets: The ends of the intervals; see `TrainedForecaster.interval_offsets` (k 2 s u c).
    """
    window = trained.window
    examples = series.examples(first=series.panel.lengths - window.horizon)
    forecasts = trained.forecast(series, examples)  # s*c u 1, or s u c
    columns = {"": forecasts}  # by the suffix of their names
    if offsets is not None:
        scale = trained.error_scale(series, examples)
        for level, (low, high) in zip(levels, offsets, strict=True):
            columns[f"-lo-{level}"] = forecasts + low * scale
            columns[f"-hi-{level}"] = forecasts + high * scale
    moments = series.window_moments(examples)
    limits = trained.limit_ends(series.panel)
    by_suffix = {
        suffix: trained.join_targets(clamp(window.scaler.unscale(values, moments), limits))
        for suffix, values in columns.items()
    }
    frame = known.index_columns(known.lengths, window.horizon)
    return frame.with_columns(
        pl.Series(name + suffix, values[..., k].reshape(-1))
        for k, name in enumerate(trained.panel.layout.targets)
        for suffix, values in by_suffix.items()
    )
