"""A trained forecaster at work: forecasts of windows, their errors, and backtests."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from unrolled import inference
from unrolled.data.batch import Array, Examples
from unrolled.data.panel import Panel
from unrolled.forecasting import intervals, references
from unrolled.forecasting.backtest import NETWORK
from unrolled.forecasting.references import LAST, RIDGE, SEASONAL, Ridge
from unrolled.forecasting.windowed import Plan, Series, shared
from unrolled.networks import Ports
from unrolled.settings import Network
from unrolled.training import History

Channels = Literal["shared", "joint"]
OWN = 100  # windows of a series that tell enough of its errors


@dataclass(frozen=True)
class Fitted:
    """A trained forecaster.

    Attributes:
        panel: The data it was fitted on.
        held: By the name of a series, the position of its first step that was not trained on.
        naive: By the name of a series, the mean error of its naive forecast in training (c).
        plan: What a window is.
        channels: Whether each target is forecast from its own past, or all from all.
        season: Steps of the season; None without one.
        ridge: The linear reference.
        model: The network.
        ports: Its sizes.
        network: Its settings.
        history: How training went.
        reasons: How lookback and season were found.
    """

    panel: Panel
    held: dict[Any, int]
    naive: dict[Any, Array]
    plan: Plan
    channels: Channels
    season: int | None
    ridge: Ridge
    model: Any
    ports: Ports
    network: Network
    history: History
    reasons: tuple[str, ...]

    @property
    def whom(self) -> list[str]:
        """Who forecasts: the network and what it is compared with."""
        season = self.season is not None and 1 < self.season <= self.plan.lookback
        return [NETWORK, LAST, *([SEASONAL] if season else []), RIDGE]

    def series(self, panel: Panel, before: Array | None = None) -> Series:
        """Return a panel's series as the network sees them.

        Args:
            panel: The series.
            before: The step of each up to which a new series may be looked at to scale it (s).
        """
        if self.channels == "shared":
            before = before if before is None else np.repeat(before, self.each)
            panel = shared(panel)
        return Series.of(panel, self.plan, before)

    @property
    def each(self) -> int:
        """How many series the network sees of one of the table."""
        return len(self.panel.layout.targets) if self.channels == "shared" else 1

    @cached_property
    def held_errors(self) -> Array:
        """True minus forecast of windows held out of training, evenly thinned (n u c)."""
        series = self.series(self.panel)
        first = self._held(series, fresh=False)
        examples = series.examples(first=first, most=intervals.RECENT * 2)
        return series.true(examples) - self.said(series, examples)

    def apart(self, values: Array) -> Array:
        """Return values by series as one row with all targets (s u c)."""
        if self.each == 1:
            return values
        return values.reshape(-1, self.each, *values.shape[1:-1]).swapaxes(1, 2)

    def said(self, series: Series, examples: Examples) -> Array:
        """Return the network's forecasts in scaled units (n u c)."""
        if not examples.rows:
            return np.zeros((0, self.plan.horizon, len(series.panel.layout.targets)))
        said = np.asarray(inference.outputs(self.model, examples, ["y"])["y"])
        return said + series.levels(examples)[:, None]

    def offsets(self, series: Series, level: int, *, fresh: bool) -> Array:
        """Return what to add to the next forecast of each series for an interval (2 s u c).

        Args:
            series: The series, without the steps to forecast.
            level: Percent that the interval should hold.
            fresh: Whether they are other data than was fitted on.
        """
        held = self._held(series, fresh=fresh)
        first = np.maximum(held, series.panel.lengths - intervals.RECENT - self.plan.horizon)
        examples = series.examples(first=first)
        places: Any = examples.inputs["x"]
        errors = series.true(examples) - self.said(series, examples)
        each = np.split(errors, places.places.ends[:-1])
        every = intervals.offsets(errors, level)
        every = intervals.offsets(self.held_errors, level) if np.isnan(every).any() else every
        own = [intervals.offsets(e, level) if len(e) >= OWN else every for e in each]
        return np.stack(own, axis=1)

    def tested(
        self, series: Series, first: Array, step: int, levels: tuple[int, ...], *, fresh: bool
    ) -> tuple[dict[str, Array], Array]:
        """Return true values and forecasts in their own units, and the scales of MASE.

        Args:
            series: The series.
            first: The first step of each series to score, after a lookback at least (s).
            step: Steps from one forecast to the next.
            levels: The levels of the intervals.
            fresh: Whether the steps to score are none that were fitted on or stopped by.

        Returns:
            `true`, forecasts by who made them, `lo-80`, ... (n u c), and scales (n c).
        """
        begin = first
        if levels:  # further windows, to tell how wrong forecasts are
            early = first - intervals.RECENT - self.plan.horizon
            begin = np.minimum(first, np.maximum(self._held(series, fresh=fresh), early))
            begin = np.maximum(begin, self.plan.lookback)
        examples = series.examples(first=begin)
        windows: Any = examples.inputs["x"]
        rows = np.arange(examples.rows)
        which = windows.places.series(rows)
        past = rows - (windows.places.ends - windows.places.counts)[which] - (first - begin)[which]
        scored = (past >= 0) & (past % step == 0)
        arrays = {"true": series.true(examples), NETWORK: self.said(series, examples)}
        arrays |= self._simple(series, examples)
        errors = arrays["true"] - arrays[NETWORK]
        for level in levels:
            ends = np.full((2, *errors.shape), np.nan)
            every = intervals.offsets(self.held_errors, level)[:, None] if fresh else None
            for i in range(len(first)):
                own = np.flatnonzero(which == i)
                start = int((past[own] < 0).sum())
                if every is not None and start < OWN:  # as `offsets` does
                    found = every
                else:
                    found = intervals.rolling(errors[own], level, first=start).swapaxes(0, 1)
                ends[:, own[start:]] = found
            arrays[f"lo-{level}"], arrays[f"hi-{level}"] = arrays[NETWORK] + ends
        moments = series.moments(examples)[scored]
        undone = {n: self.plan.scaling.undone(a[scored], moments) for n, a in arrays.items()}
        return undone, self._scales(series, first)[which][scored]

    def _simple(self, series: Series, examples: Examples) -> dict[str, Array]:
        """Return the simple forecasts in scaled units, by who makes them (n u c)."""
        rows, levels = np.arange(examples.rows), series.levels(examples)[:, None]
        found = {LAST: references.last(examples, rows)}
        if SEASONAL in self.whom:
            found[SEASONAL] = references.seasonal(examples, rows, self.season or 1)
        found[RIDGE] = self.ridge.forecast(examples, rows)
        return {who: levels + said for who, said in found.items()}

    def _held(self, series: Series, *, fresh: bool) -> Array:
        """Return the first step of each series that was not trained on (s).

        Without times nothing says which steps of other data these are; then all may have been.
        """
        panel = series.panel
        if fresh and self.panel.layout.time is None:
            return panel.lengths
        names = map(self._outer, panel.ids)
        each = zip(names, panel.starts, strict=True)
        return np.array([self.held.get(name, start) - start for name, start in each])

    def _scales(self, series: Series, first: Array) -> Array:
        """Return the mean error of a naive forecast in the training part of each series (s c).

        That of a new series is taken of its steps before the first to score.
        """
        panel = series.panel
        own = naive(panel.part(np.zeros_like(first), first), self.season or 1)
        known = [self.naive.get(self._outer(name)) for name in panel.ids]
        place = {name: k for k, name in enumerate(self.panel.layout.targets)}
        rows = []
        for name, found in zip(panel.ids, known, strict=True):
            if found is None:
                rows.append(own[name])
            else:
                rows.append(found[[place[name[1]]]] if self.each > 1 else found)
        return np.stack(rows)

    def _outer(self, name: Any) -> Any:
        """Return the id of a series that may be one target of several."""
        return name[0] if self.each > 1 else name


def naive(train: Panel, season: int) -> dict[Any, Array]:
    """Return the mean error of repeating the season, by series (c); NaN where it makes none."""
    found = {}
    for name, a, b in zip(train.ids, train.offsets, train.offsets[1:], strict=False):
        rows = train.targets[a:b]
        lag = season if len(rows) > season else 1
        wrong = np.abs(rows[lag:] - rows[:-lag])
        known = ~np.isnan(wrong)
        mean = np.where(known, wrong, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
        found[name] = np.where(mean > 0, mean, np.nan)
    return found
