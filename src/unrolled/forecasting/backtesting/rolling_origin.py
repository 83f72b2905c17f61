"""Forecasts of known steps from a rolling origin, by the network and by simple forecasts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from unrolled.data.batches import Examples
from unrolled.data.block import Array
from unrolled.forecasting import intervals
from unrolled.forecasting.backtesting.interval_scores import (
    LEVELS,
    IntervalScores,
    coverage,
    interval_loss,
)
from unrolled.forecasting.baselines import NETWORK
from unrolled.forecasting.series.dataset import Series
from unrolled.forecasting.series.timeline import Timeline
from unrolled.forecasting.trained import TrainedForecaster, naive


@dataclass(frozen=True)
class Origins:
    """Where forecasts began.

    Attributes:
        titles: What each target of each series is called (s c).
        series: The series that each forecast is of (n).
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
        arrays: `true` and, by who forecast, the values (n u c), NaN where not known; `lo-80`,
            `hi-80`, ... for the network's intervals.
        losses: By who forecast, the mean quantile loss (n u c); empty without intervals.
        held: By level, the share of true values that the network's intervals hold.
        scales: The mean error of a naive forecast in the training part, of each window (n c).
        origins: Where the forecasts began.
    """

    arrays: Mapping[str, Array]
    losses: Mapping[str, Array]
    held: Mapping[int, float]
    scales: Array
    origins: Origins


@dataclass(frozen=True)
class ScoredWindows:
    """The windows of a backtest, one step apart, series after series.

    Attributes:
        series: The series.
        first: The first step of each series to score (s).
        examples: The windows, with those before `first`, which only tell of errors.
        which: The series of each window (n).
        past: Steps from the first to be scored to each window's first step (n), below 0 before.
        scored: Which are scored (n).
    """

    series: Series
    first: Array
    examples: Examples
    which: Array
    past: Array
    scored: Array

    @classmethod
    def of(cls, series: Series, first: Array, begin: Array, step: int) -> ScoredWindows:
        """Return the windows from `begin`, of which every `step`-th from `first` is scored (s)."""
        examples = series.examples(first=begin)
        block: Any = examples.inputs["x"]
        rows, places = np.arange(examples.rows), block.places
        which = places.series(rows)
        past = rows - (places.ends - places.counts)[which] - (first - begin)[which]
        return cls(series, first, examples, which, past, (past >= 0) & (past % step == 0))

    @property
    def counts(self) -> Array:
        """How many windows each series has (s)."""
        block: Any = self.examples.inputs["x"]
        return np.asarray(block.places.counts)

    @cached_property
    def moments(self) -> Array:
        """The means and spreads of each window's series (n 2 c)."""
        return self.series.moments(self.examples)

    def own(self, values: Array) -> Array:
        """Return values of the scored windows in their own units (n u c)."""
        return self.series.plan.scaling.undone(values, self.moments[self.scored])


def rolled(
    fitted: TrainedForecaster,
    series: Series,
    first: Array,
    step: int,
    levels: tuple[int, ...],
    *,
    fresh: bool,
    later: Iterable[tuple[int, int, TrainedForecaster]] = (),
) -> RollingForecasts:
    """Forecast known steps.

    Args:
        fitted: Who forecasts.
        series: The series.
        first: The first step of each series to score, after a lookback at least (s).
        step: Steps from one forecast to the next.
        levels: The levels of the intervals.
        fresh: Whether the steps to score are none that were fitted on or stopped by.
        later: Others that forecast in its place the windows that begin from so many to before so
            many steps after `first`.
    """
    begin = _begin(fitted, series, first, fresh=fresh) if levels else first
    windows = ScoredWindows.of(series, first, begin, step)
    said = fitted.everyone(series, windows.examples)
    for since, until, other in later:
        rows = (windows.past >= since) & (windows.past < until)
        for who, values in _instead(other, windows, since, until).items():
            said[who][rows] = values
    true = series.true(windows.examples)
    risk = fitted.risk(series, windows.examples) if levels else np.ones(1)
    arrays = {"true": windows.own(true[windows.scored])}
    losses: dict[str, Array] = {}
    held: dict[int, float] = {}
    for who in fitted.whom:
        values = said.pop(who)  # it goes when its own units are there
        arrays[who] = windows.own(values[windows.scored])
        if not levels:
            continue
        every = fitted.held_errors[who] if fresh else None
        ends = _intervals(windows, true, values, risk, every, sorted({*LEVELS, *levels}))
        losses[who] = np.abs(arrays["true"] - arrays[who])  # twice the loss of the median
        for level, low, high in ends:
            if level in LEVELS:
                losses[who] += interval_loss(arrays["true"], low, high, level)
            if who == NETWORK:
                held[level] = coverage(arrays["true"], low, high)
                arrays |= {f"lo-{level}": low, f"hi-{level}": high} if level in levels else {}
        losses[who] /= 2 * len(LEVELS) + 1
    scales = _scales(fitted, series, first)[windows.which][windows.scored]
    return RollingForecasts(arrays, losses, held, scales, _origins(fitted, windows))


def _begin(fitted: TrainedForecaster, series: Series, first: Array, *, fresh: bool) -> Array:
    """Return the first step of each series whose forecasts tell how wrong they may be (s)."""
    early = first - intervals.RECENT - fitted.plan.horizon
    begin = np.minimum(first, np.maximum(fitted.first_held(series, fresh=fresh), early))
    return np.asarray(np.maximum(begin, fitted.plan.lookback))


def _instead(
    other: TrainedForecaster, windows: ScoredWindows, since: int, until: int
) -> dict[str, Array]:
    """Return what another says of some windows, in the scaled units of these, by who (m u c)."""
    first = windows.first + since
    series = Series.of(windows.series.panel, other.plan, first)
    examples = series.examples(first, windows.first + until + other.plan.horizon - 1)
    theirs = series.moments(examples)[:, :, None]  # m 2 1 c
    rows = (windows.past >= since) & (windows.past < until)
    ours = windows.moments[rows][:, :, None]
    return {
        who: (said * theirs[:, 1] + theirs[:, 0] - ours[:, 0]) / ours[:, 1]
        for who, said in other.everyone(series, examples).items()
    }


def _intervals(
    windows: ScoredWindows,
    true: Array,
    said: Array,
    risk: Array,
    every: Array | None,
    levels: list[int],
) -> Iterator[tuple[int, Array, Array]]:
    """Yield each level with the ends of the scored windows' intervals in their own units.

    Args:
        windows: The windows.
        true: Their true values (n u c).
        said: What was forecast (n u c).
        risk: What errors are measured by (n 1 c).
        every: Errors of all series together, so measured (m u c); see `IntervalScores.of`.
        levels: The levels.
    """
    ahead = windows.past >= 0
    ends, scored = np.cumsum(windows.counts)[:-1], windows.scored[ahead]
    known = [int(part.sum()) for part in np.split(~ahead, ends)]
    spread = IntervalScores.of(np.split((true - said) / risk, ends), known, every, levels)
    for k, level in enumerate(levels):
        low, high = said[windows.scored] + spread.at(k)[:, scored] * risk[windows.scored]
        yield level, windows.own(low), windows.own(high)


def _scales(fitted: TrainedForecaster, series: Series, first: Array) -> Array:
    """Return the mean error of a naive forecast in the training part of each series (s c).

    That of a new series is taken of its steps before the first to score.
    """
    panel = series.panel
    own = naive(panel.part(np.zeros_like(first), first), fitted.season or 1)
    known = [fitted.naive.get(fitted.outer(name)) for name in panel.ids]
    place = {name: k for k, name in enumerate(fitted.panel.layout.targets)}
    rows = []
    for name, found in zip(panel.ids, known, strict=True):
        if found is None:
            rows.append(own[name])
        else:
            rows.append(found[[place[name[1]]]] if fitted.each > 1 else found)
    return np.stack(rows)


def _origins(fitted: TrainedForecaster, windows: ScoredWindows) -> Origins:
    """Return where the scored windows' forecasts began."""
    panel, layout = windows.series.panel, fitted.panel.layout
    titles = []
    for name in panel.ids:
        of = [str(fitted.outer(name))] if layout.id else []
        targets = [name[1]] if fitted.each > 1 else layout.targets
        titles.append(tuple(" · ".join([*of, target]) for target in targets))
    which = windows.which[windows.scored]
    steps = (panel.starts + windows.first)[which] + windows.past[windows.scored]
    return Origins(tuple(titles), which, steps, panel.timeline)
