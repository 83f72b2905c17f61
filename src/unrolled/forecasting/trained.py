"""A trained forecaster at work: forecasts of windows, and how wrong they were."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from unrolled.data.batches import Examples
from unrolled.data.block import Array
from unrolled.forecasting import baselines, intervals
from unrolled.forecasting.baselines import LAST, NETWORK, RIDGE, SEASONAL, Ridge
from unrolled.forecasting.intervals import OWN
from unrolled.forecasting.series.dataset import Series, WindowSpec, shared
from unrolled.forecasting.series.panel import Panel
from unrolled.inference import generate
from unrolled.networks import ModelBundle, NetworkSpec
from unrolled.settings import Network, Training
from unrolled.training.history import History

Channels = Literal["shared", "joint"]
LEAST = 1e-3  # of a series' own spread


@dataclass(frozen=True)
class TrainedForecaster:
    """A trained forecaster.

    Attributes:
        panel: The data it was fitted on.
        held: By the name of a series, the position of its first step that was not trained on.
        naive: By the name of a series, the mean error of its naive forecast in training (c).
        plan: What a window is.
        channels: Whether each target is forecast from its own past, or all from all.
        season: Steps of the season; None without one.
        ridge: The linear reference.
        bundle: The network, as it is trained and as it is used.
        spec: Its sizes.
        network: Its settings.
        history: How training went.
        reasons: How lookback and season were found.
        training: How it was fitted.
        data: The fingerprint of the data.
    """

    panel: Panel
    held: dict[Any, int]
    naive: dict[Any, Array]
    plan: WindowSpec
    channels: Channels
    season: int | None
    ridge: Ridge
    bundle: ModelBundle
    spec: NetworkSpec
    network: Network
    history: History
    reasons: tuple[str, ...]
    training: Training
    data: Mapping[str, Any]

    @property
    def model(self) -> Any:
        """The `keras.Model` that was trained."""
        return self.bundle.model

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
    def held_errors(self) -> dict[str, Array]:
        """True minus forecast of windows held out, over their `risk`, by who (n u c)."""
        return self._held[0]

    @cached_property
    def _held(self) -> tuple[dict[str, Array], Array]:
        """`held_errors`, and how much these windows vary in the mean (c); they are thinned."""
        series = self.series(self.panel)
        first = self.first_held(series, fresh=False)
        examples = series.examples(first=first, most=intervals.RECENT * 2)
        spreads, true = series.spreads(examples), series.true(examples)
        usual = np.maximum(spreads.mean(axis=0), LEAST)
        risk = (spreads + usual)[:, None]
        found = self.everyone(series, examples)
        return {who: (true - said) / risk for who, said in found.items()}, usual

    def risk(self, series: Series, examples: Examples) -> Array:
        """Return what errors are measured by for intervals (n 1 c).

        A window that varies much is harder to forecast than a quiet one: its intervals are wider.

        Source:
            Lei et al. 2018, section 5.2; the weight is the window's spread and the mean one, so
            that a constant window does not count as certain.
        """
        found: Array = (series.spreads(examples) + self._held[1])[:, None]
        return found

    def apart(self, values: Array) -> Array:
        """Return values by series as one row with all targets (s u c)."""
        if self.each == 1:
            return values
        return values.reshape(-1, self.each, *values.shape[1:-1]).swapaxes(1, 2)

    def said(self, series: Series, examples: Examples) -> Array:
        """Return the network's forecasts in scaled units (n u c)."""
        if not examples.rows:
            return np.zeros((0, self.plan.horizon, len(series.panel.layout.targets)))
        said = np.asarray(generate.generate_outputs(self.bundle, self.spec, examples)["y"])
        return said + series.levels(examples)[:, None]

    def offsets(self, series: Series, levels: Sequence[int], *, fresh: bool) -> Array:
        """Return intervals of the next forecast of each series, less it, over its risk (k 2 s u c).

        Args:
            series: The series, without the steps to forecast.
            levels: Percents that the intervals should hold (k).
            fresh: Whether they are other data than was fitted on.
        """
        held = self.first_held(series, fresh=fresh)
        first = np.maximum(held, series.panel.lengths - intervals.RECENT - self.plan.horizon)
        examples = series.examples(first=first)
        places: Any = examples.inputs["x"]
        errors = series.true(examples) - self.said(series, examples)
        errors /= self.risk(series, examples)
        each = np.split(errors, places.places.ends[:-1])
        every = intervals.offsets(errors, levels)
        if np.isnan(every).any():
            every = intervals.offsets(self.held_errors[NETWORK], levels)
        own = [intervals.offsets(e, levels) if len(e) >= OWN else every for e in each]
        return np.stack(own, axis=2)

    def everyone(self, series: Series, examples: Examples) -> dict[str, Array]:
        """Return the forecasts in scaled units, by who makes them (n u c)."""
        rows, levels = np.arange(examples.rows), series.levels(examples)[:, None]
        found = {NETWORK: self.said(series, examples), LAST: baselines.last(examples, rows)}
        if SEASONAL in self.whom:
            found[SEASONAL] = baselines.seasonal(examples, rows, self.season or 1)
        found[RIDGE] = self.ridge.forecast(examples, rows)
        return {who: said if who == NETWORK else levels + said for who, said in found.items()}

    def first_held(self, series: Series, *, fresh: bool) -> Array:
        """Return the first step of each series that was not trained on (s).

        Without times nothing says which steps of other data these are; then all may have been.
        """
        panel = series.panel
        if fresh and self.panel.layout.time is None:
            return panel.lengths
        names = map(self.outer, panel.ids)
        each = zip(names, panel.starts, strict=True)
        return np.array([self.held.get(name, start) - start for name, start in each])

    def outer(self, name: Any) -> Any:
        """Return the id of a series that may be one target of several."""
        return name[0] if self.each > 1 else name


def naive(train: Panel, season: int) -> dict[Any, Array]:
    """Return the mean error of repeating the season, by series (c); NaN where it makes none."""
    found = {}
    for name, a, b in zip(train.ids, train.offsets, train.offsets[1:], strict=False):
        rows = train.targets[a:b]
        lag = season if len(rows) > season else 1
        wrong = rows[lag:] - rows[:-lag]
        known = ~np.isnan(wrong)
        count = np.maximum(known.sum(axis=0), 1)
        mean = np.abs(wrong, out=wrong).sum(axis=0, where=known) / count
        found[name] = np.where(mean > 0, mean, np.nan)
    return found
