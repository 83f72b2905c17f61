"""A trained forecaster at work: forecasts of windows, and how wrong they were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np

from unrolled.baselines.verdict import NETWORK
from unrolled.data.batches import Examples
from unrolled.data.block import Array
from unrolled.forecasting import baselines, intervals
from unrolled.forecasting.baselines import REPEAT_LAST, RIDGE, SEASONAL_NAIVE, Ridge
from unrolled.forecasting.limits import Limits
from unrolled.forecasting.series.dataset import SeriesDataset, WindowSpec, split_targets
from unrolled.forecasting.series.panel import Panel
from unrolled.inference import generate
from unrolled.runtime.network import TrainedNetwork
from unrolled.settings import Network, Training
from unrolled.training.history import History

Channels = Literal["shared", "joint"]
MIN_STD = 1e-3  # in scaled units, in which a series has a standard deviation of 1


@dataclass(frozen=True)
class TrainedForecaster(TrainedNetwork):
    """A trained forecaster: its network, and everything else that a forecast needs.

    Attributes:
        panel: The data it was fitted on.
        held_out_start: By the id of a series, the position of its first held-out step.
        naive_errors: By the id of a series, the mean error of its naive forecast in training (c).
        window: What a window consists of.
        channels: Whether each target is forecast from its own past, or all from all.
        season: Season length in steps; None without one.
        ridge: The linear baseline.
        network: The settings of the network.
        history: The history of the training.
        reasons: How lookback and season were chosen.
        training: The settings of the training.
        data: The fingerprint of the data.
        limits: The lowest and the highest value of forecasts.
    """

    panel: Panel
    held_out_start: dict[Any, int]
    naive_errors: dict[Any, Array]
    window: WindowSpec
    channels: Channels
    season: int | None
    ridge: Ridge
    network: Network
    history: History
    reasons: tuple[str, ...]
    training: Training
    data: Mapping[str, Any]
    limits: Limits = field(default_factory=Limits)

    @property
    def forecaster_names(self) -> list[str]:
        """The names of the network and of the baselines."""
        has_season = self.season is not None and 1 < self.season <= self.window.lookback
        return [NETWORK, REPEAT_LAST, *([SEASONAL_NAIVE] if has_season else []), RIDGE]

    @property
    def series_per_id(self) -> int:
        """How many series the network sees for one series of the table."""
        return len(self.panel.layout.targets) if self.channels == "shared" else 1

    def series_id(self, name: Any) -> Any:
        """Return the id in the table of a series as the network sees it."""
        return name[0] if self.series_per_id > 1 else name

    def series(self, panel: Panel, before: Array | None = None) -> SeriesDataset:
        """Return the series of a panel as the network sees them.

        Args:
            panel: The series.
            before: For each series, the step before which a new one may be used to scale it (s).
        """
        if self.channels == "shared":
            before = before if before is None else np.repeat(before, self.series_per_id)
            panel = split_targets(panel)
        return SeriesDataset.from_panel(panel, self.window, before)

    def limit_ends(self, panel: Panel) -> Array:
        """Return the lowest and the highest value of forecasts, by series of a panel (s 2 c).

        Args:
            panel: The series as the network sees them.
        """
        targets = self.panel.layout.targets
        if self.series_per_id == 1:
            return np.repeat(self.limits.ends(targets)[None], len(panel.ids), axis=0)
        return np.stack([self.limits.ends([name[1]]) for name in panel.ids])

    def join_targets(self, values: Array) -> Array:
        """Return values by series, as the network sees them, as rows with all targets (s u c)."""
        if self.series_per_id == 1:
            return values
        return values.reshape(-1, self.series_per_id, *values.shape[1:-1]).swapaxes(1, 2)

    def forecast(self, series: SeriesDataset, examples: Examples) -> Array:
        """Return the forecasts of the network in scaled units (n u c)."""
        if not examples.rows:
            return np.zeros((0, self.window.horizon, len(series.panel.layout.targets)))
        outputs = np.asarray(generate.generate_outputs(self.runtime, self.spec, examples)["y"])
        outputs += series.window_levels(examples)[:, None]
        return outputs

    def forecast_all(self, series: SeriesDataset, examples: Examples) -> dict[str, Array]:
        """Return the forecasts of the network and of the baselines, by name, scaled (n u c)."""
        rows = np.arange(examples.rows)
        forecasts = {
            NETWORK: self.forecast(series, examples),
            REPEAT_LAST: baselines.repeat_last(examples, rows),
        }
        if SEASONAL_NAIVE in self.forecaster_names:
            forecasts[SEASONAL_NAIVE] = baselines.repeat_season(examples, rows, self.season or 1)
        ridge = self.ridge.forecast(examples, rows)
        ridge += series.window_levels(examples)[:, None]
        forecasts[RIDGE] = ridge
        return forecasts

    def first_held_out(self, series: SeriesDataset, *, new_data: bool) -> Array:
        """Return the first step of each series that was not used for training (s).

        Args:
            series: The series.
            new_data: Whether they are other data than that of `fit`. Without times nothing tells
                which steps these are; then all of them may have been used.
        """
        panel = series.panel
        if new_data and self.panel.layout.time is None:
            return panel.lengths
        ids = map(self.series_id, panel.ids)
        pairs = zip(ids, panel.starts, strict=True)
        return np.array([self.held_out_start.get(name, start) - start for name, start in pairs])

    @cached_property
    def held_out_errors(self) -> dict[str, Array]:
        """True minus forecast of held-out windows over their `error_scale`, by name (n u c)."""
        return self._held_out[0]

    @cached_property
    def _held_out(self) -> tuple[dict[str, Array], Array]:
        """`held_out_errors`, and the mean standard deviation of these windows (c)."""
        series = self.series(self.panel)
        first = self.first_held_out(series, new_data=False)
        examples = series.examples(first=first, max_windows=intervals.RECENT_WINDOWS * 2)
        stds, true = series.window_stds(examples), series.true_targets(examples)
        mean_std = np.maximum(stds.mean(axis=0), MIN_STD)
        scale = (stds + mean_std)[:, None]
        forecasts = self.forecast_all(series, examples)
        return {name: (true - values) / scale for name, values in forecasts.items()}, mean_std

    def error_scale(self, series: SeriesDataset, examples: Examples) -> Array:
        """Return the scale of the errors of windows, by which intervals are widened (n 1 c).

        A window that varies much is harder to forecast than a quiet one: its intervals are wider.

        Source:
            Lei et al. 2018, section 5.2; the scale is the window's standard deviation plus the
            mean one, so that a constant window does not count as certain.
        """
        scale: Array = (series.window_stds(examples) + self._held_out[1])[:, None]
        return scale

    def interval_offsets(
        self, series: SeriesDataset, levels: Sequence[int], *, new_data: bool
    ) -> Array:
        """Return the interval ends of the next forecast of each series, as offsets (k 2 s u c).

        The offsets are from the forecast, in units of its `error_scale`.

        Args:
            series: The series, without the steps to forecast.
            levels: Percents that the intervals should cover (k).
            new_data: Whether they are other data than that of `fit`.
        """
        recent = series.panel.lengths - intervals.RECENT_WINDOWS - self.window.horizon
        first = np.maximum(self.first_held_out(series, new_data=new_data), recent)
        return intervals.offsets_by_series(
            self.errors_by_series(series, first), levels, lambda: self.held_out_errors[NETWORK]
        )

    def errors_by_series(self, series: SeriesDataset, first: Array) -> list[Array]:
        """Return true minus forecast over `error_scale` of windows, by series (n u c).

        Args:
            series: The series.
            first: The first step of each series to forecast (s).
        """
        examples = series.examples(first=first)
        errors = series.true_targets(examples) - self.forecast(series, examples)
        errors /= self.error_scale(series, examples)
        inputs: Any = examples.inputs["x"]
        return np.split(errors, inputs.index.ends[:-1])


def mean_naive_errors(train: Panel, season: int) -> dict[Any, Array]:
    """Return the mean error of repeating the season, by series id (c); NaN where it is 0."""
    errors = {}
    for name, a, b in zip(train.ids, train.offsets, train.offsets[1:], strict=False):
        rows = train.targets[a:b]
        lag = season if len(rows) > season else 1
        differences = rows[lag:] - rows[:-lag]
        known = ~np.isnan(differences)
        count = np.maximum(known.sum(axis=0), 1)
        mean = np.abs(differences, out=differences).sum(axis=0, where=known) / count
        errors[name] = np.where(mean > 0, mean, np.nan)
    return errors
