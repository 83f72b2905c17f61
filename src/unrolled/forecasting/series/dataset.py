"""From series to windows: the features of every step, and the windows of any part of the series."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from unrolled.data.batches import Examples
from unrolled.data.block import Array
from unrolled.forecasting.series.calendar_features import cyclical_features
from unrolled.forecasting.series.panel import Panel
from unrolled.forecasting.series.scaling import SINGLE_TARGET, SeriesScaler
from unrolled.forecasting.series.static_features import StaticEncoder
from unrolled.forecasting.series.windows import WindowIndex, Windows

MAX_WINDOWS_PER_EPOCH = 65_536


@dataclass(frozen=True)
class WindowSpec:
    """What a window consists of.

    Attributes:
        lookback: Input steps (t).
        horizon: Steps to forecast (u).
        scaler: How values are scaled.
        missing_indicator: Whether a feature says which targets are missing.
        static_encoder: How static columns become numbers.
        calendar: The cycles of the calendar that are features; see `calendar_cycles`.
    """

    lookback: int
    horizon: int
    scaler: SeriesScaler
    missing_indicator: bool
    static_encoder: StaticEncoder
    calendar: tuple[str, ...] = ()


@dataclass(frozen=True)
class SeriesDataset:
    """Series with their features, ready to be cut into windows.

    Attributes:
        panel: The series; one target in each where channels are shared.
        features: The inputs at each step (n f), the targets first.
        observed: Which steps have a value of every target (n).
        window: What a window consists of.
        moments: Mean and standard deviation of each series (s 2 c).
        static: Inputs that are the same at every step of a series (s m).
    """

    panel: Panel
    features: Array
    observed: Array
    window: WindowSpec
    moments: Array
    static: Array

    @classmethod
    def from_panel(
        cls, panel: Panel, window: WindowSpec, before: Array | None = None
    ) -> SeriesDataset:
        """Compute the features of the steps of a panel.

        Args:
            panel: The series.
            window: What a window consists of.
            before: For each series, the step before which a series that the scaler does not know
                may be used to scale it (s); None uses all steps.

        A missing value is replaced by the last one known. A future covariate becomes two features:
        its value at the step, and its value `horizon` steps later, so that the last steps of a
        window describe those to forecast. The same holds for the calendar.
        """
        moments = window.scaler.moments(panel, before)
        scaled = window.scaler.scale(panel, moments)
        c, past = len(panel.layout.targets), panel.layout.past_width
        observed = ~np.isnan(scaled[:, :c])
        filled = _forward_fill(scaled, panel)
        parts = [filled]
        if panel.layout.future:
            parts.append(_shift_ahead(filled[:, c + past :], panel, window.horizon))
        if window.calendar:
            shifts = (0, window.horizon)
            parts += [cyclical_features(panel, window.calendar, shift) for shift in shifts]
        if window.missing_indicator:
            parts.append(observed.astype("float32"))
        features = np.concatenate(parts, axis=1) if len(parts) > 1 else filled
        static = window.static_encoder.encode(panel)
        return cls(panel, features, np.asarray(observed.all(axis=1)), window, moments, static)

    @property
    def width(self) -> int:
        """How many values are the input at each step (f)."""
        return int(self.features.shape[1] + self.static.shape[1])

    def examples(
        self,
        first: Array | None = None,
        last: Array | None = None,
        *,
        max_windows: int | None = None,
    ) -> Examples:
        """Return the windows whose targets lie from `first` to before `last` of each series.

        Args:
            first: Steps within each series (s); None begins with the first possible window.
            last: Likewise; None ends with the last possible window.
            max_windows: About the largest number of windows to return, evenly thinned; None returns
                all windows.
        """
        window, lengths = self.window, self.panel.lengths
        low = np.full(len(lengths), window.lookback) if first is None else first
        low = np.maximum(low, window.lookback)
        high = lengths if last is None else np.minimum(last, lengths)
        counts = np.maximum(high - low - window.horizon + 1, 0)
        stride = 1 if max_windows is None else max(1, -(-int(counts.sum()) // max_windows))
        starts = self.panel.offsets[:-1] + low - window.lookback
        index = WindowIndex(starts, -(-counts // stride), stride)
        level: dict[str, Any] = {
            "index": index,
            "level_step": window.lookback - 1,
            "level_width": len(self.panel.layout.targets),
        }
        inputs = Windows(
            self.features,
            size=window.lookback,
            static=self.static if self.static.shape[1] else None,
            **level,
        )
        targets = Windows(
            self.features[:, : level["level_width"]],
            shift=window.lookback,
            size=window.horizon,
            observed=None if self.observed.all() else self.observed,
            **level,
        )
        return Examples({"x": inputs}, {"y": targets}, rows=index.total)

    def true_targets(self, examples: Examples) -> Array:
        """Return the true targets of windows in scaled units, NaN where not known (n u c)."""
        targets: Any = examples.targets["y"]
        rows = np.arange(examples.rows)
        values: Array = targets.gather(rows) + targets.levels(rows)[:, None]
        return np.where(targets.step_weights(rows)[..., None] > 0, values, np.nan)

    def own_targets(self, examples: Examples, rows: Array) -> Array:
        """Return true targets of windows in their own units, NaN where not known (b u c)."""
        targets: Any = examples.targets["y"]
        steps = targets.steps(rows)
        values: Array = np.take(self.panel.targets, steps, axis=0)
        if not self.observed.all():
            values[~self.observed[steps]] = np.nan
        return values

    def window_levels(self, examples: Examples) -> Array:
        """Return the level of each window, its last input values of the targets (n c)."""
        inputs: Any = examples.inputs["x"]
        return np.asarray(inputs.levels(np.arange(examples.rows)))

    def window_stds(self, examples: Examples) -> Array:
        """Return the standard deviation of the targets in the input of each window (n c)."""
        inputs: Any = examples.inputs["x"]
        return np.asarray(inputs.stds(np.arange(examples.rows)))

    def window_moments(self, examples: Examples) -> Array:
        """Return mean and standard deviation of the series of each window (n 2 c)."""
        inputs: Any = examples.inputs["x"]
        series: Array = inputs.index.series(np.arange(examples.rows))
        moments: Array = self.moments[series]
        return moments


def limit_windows_per_epoch(examples: Examples) -> Examples:
    """Return training windows of which an epoch draws a limited number."""
    if examples.rows <= MAX_WINDOWS_PER_EPOCH:
        return examples
    return replace(examples, max_rows=MAX_WINDOWS_PER_EPOCH)


def split_targets(panel: Panel) -> Panel:
    """Return each target as a series of its own, with all further columns beside it.

    The series of one id follow one another, in the order of the targets.
    """
    layout, c = panel.layout, len(panel.layout.targets)
    if c == 1:
        return panel
    spans = list(zip(panel.offsets, panel.offsets[1:], strict=False))
    pieces = [
        np.concatenate([panel.values[a:b, [k]], panel.values[a:b, c:]], axis=1)
        for a, b in spans
        for k in range(c)
    ]
    return replace(
        panel,
        layout=replace(layout, targets=(SINGLE_TARGET,)),
        ids=tuple((name, target) for name in panel.ids for target in layout.targets),
        starts=np.repeat(panel.starts, c),
        offsets=np.concatenate([[0], np.cumsum(np.repeat(panel.lengths, c))]),
        values=np.concatenate(pieces),
        labels=(),
        static=tuple(col.gather(np.repeat(np.arange(len(col)), c)) for col in panel.static),
    )


def _forward_fill(values: Array, panel: Panel) -> Array:
    """Return values with each missing one as the last known of its series, or 0 before any."""
    missing = np.isnan(values)
    if not missing.any():
        return values
    position = np.arange(len(values))[:, None]
    series_start = np.repeat(panel.offsets[:-1], panel.lengths)[:, None]
    last_known = np.maximum.accumulate(np.where(missing, -1, position), axis=0)
    filled = np.take_along_axis(values, np.maximum(last_known, 0), axis=0)
    return np.where(last_known >= series_start, filled, 0).astype(values.dtype)


def _shift_ahead(values: Array, panel: Panel, steps: int) -> Array:
    """Return the values some steps later in each series, at most its last."""
    last = np.repeat(panel.offsets[1:] - 1, panel.lengths)
    shifted: Array = values[np.minimum(np.arange(len(values)) + steps, last)]
    return shifted
