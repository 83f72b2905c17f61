"""From series to windows: the features of every step, and which windows train, stop or score."""

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

MAX_WINDOWS_PER_EPOCH = 65_536  # windows
MAX_HELD_OUT_WINDOWS = 20_000


@dataclass(frozen=True)
class WindowSpec:
    """What a window is.

    Attributes:
        lookback: Steps that go in (t).
        horizon: Steps that come out (u).
        scaling: How values are scaled.
        marked: Whether a feature says which targets are missing.
        statics: How what is constant within a series becomes numbers.
        calendar: What features say of the time of each step; see `calendar.parts`.
    """

    lookback: int
    horizon: int
    scaling: SeriesScaler
    missing_indicator: bool
    static_encoder: StaticEncoder
    calendar: tuple[str, ...] = ()


@dataclass(frozen=True)
class SeriesDataset:
    """Series ready to be cut into windows.

    Attributes:
        panel: Where they are from, one target a series where channels are shared.
        features: What goes in at each step (n f), the targets first.
        known: Which steps have all targets (n).
        plan: What a window is.
        scales: Means and spreads of each series (s 2 c).
        static: What goes in beside at every step of a series (s m).
    """

    panel: Panel
    cyclical_features: Array
    known: Array
    window: WindowSpec
    scales: Array
    static: Array

    @classmethod
    def of(cls, panel: Panel, plan: WindowSpec, before: Array | None = None) -> SeriesDataset:
        """Return the features of a panel's steps.

        Args:
            panel: The series.
            plan: What a window is.
            before: The step of each up to which a series that is not known to the scaling may be
                looked at to scale it (s); None takes all.

        A missing value is the last one known. A column known beforehand goes in twice, as it is
        and as it will be `horizon` steps later, so that the last steps of a window tell of those
        to be forecast; so does the calendar.
        """
        scales = plan.scaler.of(panel, before)
        scaled = plan.scaler.applied(panel, scales)
        c, past = len(panel.layout.targets), len(panel.layout.past)
        known = ~np.isnan(scaled[:, :c])
        full = _forward_fill(scaled, panel)
        parts = [full]
        if panel.layout.future:
            parts.append(_shift_ahead(full[:, c + past :], panel, plan.horizon))
        if plan.calendar:
            parts += [cyclical_features(panel, plan.calendar, steps) for steps in (0, plan.horizon)]
        if plan.missing_indicator:
            parts.append(known.astype("float32"))
        joined = np.concatenate(parts, axis=1) if len(parts) > 1 else full
        static = plan.static_encoder.applied(panel)
        return cls(panel, joined, np.asarray(known.all(axis=1)), plan, scales, static)

    @property
    def width(self) -> int:
        """How many values go in at each step (f)."""
        return int(self.features.shape[1] + self.static.shape[1])

    def examples(
        self, first: Array | None = None, last: Array | None = None, *, most: int | None = None
    ) -> Examples:
        """Return the windows whose targets lie from `first` to before `last` of each series.

        Args:
            first: Steps within each series (s); None takes all from the first that can be.
            last: Likewise; None takes all.
            most: About the most windows, evenly thinned; None takes every one.
        """
        plan, lengths = self.window, self.panel.lengths
        low = np.full(len(lengths), plan.lookback) if first is None else first
        low = np.maximum(low, plan.lookback)
        high = lengths if last is None else np.minimum(last, lengths)
        counts = np.maximum(high - low - plan.horizon + 1, 0)
        stride = 1 if most is None else max(1, -(-int(counts.sum()) // most))
        begin = self.panel.offsets[:-1] + low - plan.lookback
        places = WindowIndex(begin, -(-counts // stride), stride)
        c = len(self.panel.layout.targets)
        level = plan.lookback - 1
        static = self.static if self.static.shape[1] else None
        inputs = Windows(self.features, None, places, 0, plan.lookback, level, c, beside=static)
        targets = Windows(
            self.features[:, :c],
            None,
            places,
            plan.lookback,
            plan.horizon,
            level,
            c,
            None if self.known.all() else self.known,
        )
        return Examples({"x": inputs}, {"y": targets}, rows=places.total)

    def true(self, examples: Examples) -> Array:
        """Return the true targets of each window in scaled units, NaN where not known (n u c)."""
        block: Any = examples.targets["y"]
        rows = np.arange(examples.rows)
        found: Array = block.gather(rows) + block.levels(rows)[:, None]
        return np.where(block.step_weights(rows)[..., None] > 0, found, np.nan)

    def levels(self, examples: Examples) -> Array:
        """Return the level of each window (n c)."""
        block: Any = examples.inputs["x"]
        return np.asarray(block.levels(np.arange(examples.rows)))

    def spreads(self, examples: Examples) -> Array:
        """Return how much the targets vary within what each window looks back on (n c)."""
        block: Any = examples.inputs["x"]
        return np.asarray(block.spreads(np.arange(examples.rows)))

    def moments(self, examples: Examples) -> Array:
        """Return the means and spreads of each window's series (n 2 c)."""
        block: Any = examples.inputs["x"]
        which: Array = block.places.series(np.arange(examples.rows))
        found: Array = self.scales[which]
        return found


def limit_windows_per_epoch(examples: Examples) -> Examples:
    """Return training windows of which a pass draws at most so many."""
    return replace(examples, max_rows=MAX_WINDOWS_PER_EPOCH) if examples.rows > MAX_WINDOWS_PER_EPOCH else examples


def split_targets(panel: Panel) -> Panel:
    """Return each target as a series of its own, with the further columns beside it.

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
        static=tuple(one.gather(np.repeat(np.arange(len(one)), c)) for one in panel.static),
    )


def _forward_fill(values: Array, panel: Panel) -> Array:
    """Return values with each missing one as the last known of its series, or 0 before any."""
    missing = np.isnan(values)
    if not missing.any():
        return values
    place = np.arange(len(values))[:, None]
    begin = np.repeat(panel.offsets[:-1], panel.lengths)[:, None]
    last = np.maximum.accumulate(np.where(missing, -1, place), axis=0)
    found = np.take_along_axis(values, np.maximum(last, 0), axis=0)
    return np.where(last >= begin, found, 0).astype(values.dtype)


def _shift_ahead(values: Array, panel: Panel, steps: int) -> Array:
    """Return what stands some steps later in each series, at most its last."""
    end = np.repeat(panel.offsets[1:] - 1, panel.lengths)
    found: Array = values[np.minimum(np.arange(len(values)) + steps, end)]
    return found
