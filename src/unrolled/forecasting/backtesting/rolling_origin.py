"""Forecasts of known steps from a rolling origin, by the network and by the baselines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from unrolled.baselines.verdict import NETWORK
from unrolled.data.batches import Examples
from unrolled.data.block import Array
from unrolled.forecasting import intervals
from unrolled.forecasting.backtesting.interval_scores import (
    QUANTILE_LEVELS,
    RollingIntervals,
    coverage,
    interval_loss,
)
from unrolled.forecasting.limits import clamp
from unrolled.forecasting.series.dataset import SeriesDataset
from unrolled.forecasting.series.timeline import Timeline
from unrolled.forecasting.trained import TrainedForecaster, mean_naive_errors


@dataclass(frozen=True)
class Origins:
    """Where forecasts begin.

    Attributes:
        titles: The name of each target of each series (s c).
        series: The series of each forecast (n).
        steps: The position of its first step in the timeline (n).
        timeline: The times of the positions.
    """

    titles: tuple[tuple[str, ...], ...]
    series: Array
    steps: Array
    timeline: Timeline


@dataclass(frozen=True)
class RollingForecasts:
    """Forecasts of known steps in their own units.

    Attributes:
        arrays: `true` and, by forecaster, the values (n u c), NaN where not known; `lo-80`,
            `hi-80`, ... for the network's intervals.
        losses: By forecaster, the mean quantile loss (n u c); empty without intervals.
        coverage: By level, the fraction of true values inside the network's intervals.
        scales: The mean error of a naive forecast in the training part, for each window (n c).
        origins: Where the forecasts begin.
        is_trained_on: Which forecasts begin at a step that the network was trained on (n).
    """

    arrays: Mapping[str, Array]
    losses: Mapping[str, Array]
    coverage: Mapping[int, float]
    scales: Array
    origins: Origins
    is_trained_on: Array = field(default_factory=lambda: np.zeros(0, dtype=bool))


@dataclass(frozen=True)
class ScoredWindows:
    """The windows of a backtest, one step apart, series after series.

    Attributes:
        series: The series.
        first: The first step of each series to score (s).
        examples: The windows, with those before `first`, which only contribute errors.
        series_number: The series of each window (n).
        distance: Steps from `first` of the series to each window's first step to forecast (n);
            negative for windows before it.
        scored: Which windows are scored (n).
        limits: The lowest and the highest forecast of each series (s 2 c).
    """

    series: SeriesDataset
    first: Array
    examples: Examples
    series_number: Array
    distance: Array
    scored: Array
    limits: Array

    @classmethod
    def from_series(
        cls, series: SeriesDataset, first: Array, earliest: Array, step: int, limits: Array
    ) -> ScoredWindows:
        """Return the windows of some series.

        Args:
            series: The series.
            first: The first step of each series to score (s).
            earliest: The first step of each series to forecast, at most `first` (s).
            step: From `first` on, every `step`-th window is scored.
            limits: The lowest and the highest forecast of each series (s 2 c).
        """
        examples = series.examples(first=earliest)
        inputs: Any = examples.inputs["x"]
        rows, index = np.arange(examples.rows), inputs.index
        number = index.series(rows)
        row_in_series = rows - (index.ends - index.counts)[number]
        distance = row_in_series - (first - earliest)[number]
        scored = (distance >= 0) & (distance % step == 0)
        return cls(series, first, examples, number, distance, scored, limits)

    @property
    def counts(self) -> Array:
        """How many windows each series has (s)."""
        inputs: Any = self.examples.inputs["x"]
        return np.asarray(inputs.index.counts)

    @cached_property
    def moments(self) -> Array:
        """Mean and standard deviation of each window's series (n 2 c)."""
        return self.series.window_moments(self.examples)

    def between(self, start: int, end: int) -> Array:
        """Return which windows begin from `start` to before `end` steps after `first` (n)."""
        return (self.distance >= start) & (self.distance < end)

    def unscale(self, values: Array) -> Array:
        """Return values of the scored windows in their own units (n u c)."""
        return self.series.window.scaler.unscale(values, self.of_scored(self.moments))

    @cached_property
    def scored_rows(self) -> Array:
        """The numbers of the windows that are scored (m)."""
        return np.flatnonzero(self.scored)

    def of_scored(self, values: Array) -> Array:
        """Return the values of the scored windows (n ...), without a copy where these are all."""
        return values if self.scored.all() else values[self.scored]

    def own_targets(self) -> Array:
        """Return the true values of the scored windows in their own units (m u c)."""
        return self.series.own_targets(self.examples, self.scored_rows)

    def unscale_forecasts(self, values: Array) -> Array:
        """Return forecasts of the scored windows in their units, within the limits (n u c)."""
        return clamp(self.unscale(values), self.limits[self.series_number[self.scored]])


def roll_origin(
    trained: TrainedForecaster,
    series: SeriesDataset,
    first: Array,
    step: int,
    levels: tuple[int, ...],
    *,
    unseen: bool,
    new_data: bool = True,
    refits: Iterable[tuple[int, int, TrainedForecaster]] = (),
) -> RollingForecasts:
    """Forecast known steps.

    Args:
        trained: The forecaster.
        series: The series.
        first: The first step of each series to score, at least a lookback (s).
        step: Steps from one forecast to the next.
        levels: The levels of the intervals.
        unseen: Whether the steps to score were neither trained on nor held out.
        new_data: Whether the series are other data than that of `fit`.
        refits: Forecasters that replace it in the windows that begin from a start to before an end,
            counted from `first`.
    """
    earliest = _earliest_steps(trained, series, first, unseen=unseen) if levels else first
    windows = ScoredWindows.from_series(
        series, first, earliest, step, trained.limit_ends(series.panel)
    )
    forecasts = trained.forecast_all(series, windows.examples)
    _put_refit_forecasts(forecasts, windows, refits)
    arrays = {"true": windows.own_targets()}
    true = series.true_targets(windows.examples) if levels else np.ones(1)
    error_scale = trained.error_scale(series, windows.examples) if levels else np.ones(1)
    losses: dict[str, Array] = {}
    covered: dict[int, float] = {}
    for name in trained.forecaster_names:
        values = forecasts.pop(name)  # which frees it once it is in its own units
        arrays[name] = windows.unscale_forecasts(windows.of_scored(values))
        if not levels:
            continue
        pooled = trained.held_out_errors[name] if unseen else None
        errors = (true - values) / error_scale
        ends = _interval_ends(
            windows, values, errors, error_scale, pooled, sorted({*QUANTILE_LEVELS, *levels})
        )
        losses[name] = np.abs(arrays["true"] - arrays[name])  # twice the loss of the median
        for level, low, high in ends:
            if level in QUANTILE_LEVELS:
                losses[name] += interval_loss(arrays["true"], low, high, level)
            if name == NETWORK:
                covered[level] = coverage(arrays["true"], low, high)
                arrays |= {f"lo-{level}": low, f"hi-{level}": high} if level in levels else {}
        losses[name] /= 2 * len(QUANTILE_LEVELS) + 1
    scales = _naive_scales(trained, series, first)[windows.series_number][windows.scored]
    origins = _origins(trained, windows)
    trained_on = _is_trained_on(trained, series, origins, new_data=new_data)
    return RollingForecasts(arrays, losses, covered, scales, origins, trained_on)


def _earliest_steps(
    trained: TrainedForecaster, series: SeriesDataset, first: Array, *, unseen: bool
) -> Array:
    """Return the first step of each series whose forecast errors the intervals use (s)."""
    recent = first - intervals.RECENT_WINDOWS - trained.window.horizon
    held_out = trained.first_held_out(series, new_data=unseen)
    earliest = np.minimum(first, np.maximum(held_out, recent))
    return np.asarray(np.maximum(earliest, trained.window.lookback))


def _put_refit_forecasts(
    forecasts: dict[str, Array],
    windows: ScoredWindows,
    refits: Iterable[tuple[int, int, TrainedForecaster]],
) -> None:
    """Replace the forecasts of the windows of each refit by its own."""
    for start, end, other in refits:
        rows = windows.between(start, end)
        for name, values in _refit_forecasts(other, windows, start, end).items():
            if not forecasts[name].flags.writeable:
                forecasts[name] = forecasts[name].copy()
            forecasts[name][rows] = values


def _refit_forecasts(
    other: TrainedForecaster, windows: ScoredWindows, start: int, end: int
) -> dict[str, Array]:
    """Return the forecasts of another forecaster in some windows, by name (m u c).

    They are in the scaled units of `windows`: the other forecaster may scale the series otherwise.
    """
    first = windows.first + start
    series = SeriesDataset.from_panel(windows.series.panel, other.window, first)
    examples = series.examples(first, windows.first + end + other.window.horizon - 1)
    theirs = series.window_moments(examples)[:, :, None]  # m 2 1 c
    ours = windows.moments[windows.between(start, end)][:, :, None]
    return {
        name: (values * theirs[:, 1] + theirs[:, 0] - ours[:, 0]) / ours[:, 1]
        for name, values in other.forecast_all(series, examples).items()
    }


def _interval_ends(
    windows: ScoredWindows,
    forecasts: Array,
    errors: Array,
    error_scale: Array,
    pooled: Array | None,
    levels: list[int],
) -> Iterator[tuple[int, Array, Array]]:
    """Yield each level with the ends of the scored windows' intervals in their own units.

    Args:
        windows: The windows.
        forecasts: Their forecasts (n u c).
        errors: True minus forecast over `error_scale` (n u c).
        error_scale: The scale of the errors (n 1 c).
        pooled: Such errors of all series together (m u c); see `RollingIntervals.from_errors`.
        levels: The levels.
    """
    is_forecast = windows.distance >= 0
    ends, scored = np.cumsum(windows.counts)[:-1], windows.scored[is_forecast]
    known = [int(part.sum()) for part in np.split(~is_forecast, ends)]
    rolling = RollingIntervals.from_errors(np.split(errors, ends), known, pooled, levels)
    forecasts, error_scale = forecasts[windows.scored], error_scale[windows.scored]
    for k, level in enumerate(levels):
        low, high = forecasts + rolling.at(k)[:, scored] * error_scale
        yield level, windows.unscale_forecasts(low), windows.unscale_forecasts(high)


def _naive_scales(trained: TrainedForecaster, series: SeriesDataset, first: Array) -> Array:
    """Return the mean error of a naive forecast in the training part of each series (s c).

    For a new series, the steps before the first to score are its training part.
    """
    panel = series.panel
    before = panel.slice_steps(np.zeros_like(first), first)
    own = mean_naive_errors(before, trained.season or 1)
    column = {name: k for k, name in enumerate(trained.panel.layout.targets)}
    rows = []
    for name in panel.ids:
        known = trained.naive_errors.get(trained.series_id(name))
        if known is None:
            rows.append(own[name])
        else:
            rows.append(known[[column[name[1]]]] if trained.series_per_id > 1 else known)
    return np.stack(rows)


def _is_trained_on(
    trained: TrainedForecaster, series: SeriesDataset, origins: Origins, *, new_data: bool
) -> Array:
    """Return which forecasts begin at a step that the network was trained on (n).

    Without times nothing tells which steps of new data these are; then none counts.
    """
    if new_data and trained.panel.layout.time is None:
        return np.zeros(len(origins.steps), dtype=bool)
    ends = [
        trained.held_out_start.get(trained.series_id(name), np.iinfo(np.int64).min)
        for name in series.panel.ids
    ]
    return np.asarray(origins.steps < np.array(ends)[origins.series])


def _origins(trained: TrainedForecaster, windows: ScoredWindows) -> Origins:
    """Return where the forecasts of the scored windows begin."""
    panel, layout = windows.series.panel, trained.panel.layout
    titles = []
    for name in panel.ids:
        series_id = [str(trained.series_id(name))] if layout.id else []
        targets = [name[1]] if trained.series_per_id > 1 else layout.targets
        titles.append(tuple(" · ".join([*series_id, target]) for target in targets))
    number = windows.series_number[windows.scored]
    steps = (panel.starts + windows.first)[number] + windows.distance[windows.scored]
    return Origins(tuple(titles), number, steps, panel.timeline)
