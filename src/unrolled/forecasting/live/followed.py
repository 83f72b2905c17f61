"""The series that are followed: their latest steps, and these as the network sees them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from unrolled.data.block import Array
from unrolled.forecasting import intervals
from unrolled.forecasting.live.latest_steps import Kept, LatestSteps, keep_last
from unrolled.forecasting.series.dataset import SeriesDataset, WindowSpec, split_targets
from unrolled.forecasting.series.panel import Panel
from unrolled.forecasting.series.scaling import TRANSFORMS


@dataclass(frozen=True)
class Followed:
    """The series that are followed. Nothing changes it: each observation makes a new one.

    Attributes:
        like: The series of `fit`, without their steps: their columns and times.
        window: What a window consists of.
        split: Whether the network sees each target as a series of its own.
        steps: The latest steps of each series, by its id.
        labels: The ids as the tables have them, in the same order.
        static: The static columns, a value for each series.
    """

    like: Panel
    window: WindowSpec
    split: bool
    steps: Mapping[Any, LatestSteps]
    labels: tuple[Any, ...]
    static: tuple[pl.Series, ...]

    @classmethod
    def begin(cls, panel: Panel, window: WindowSpec, *, split: bool) -> Followed:
        """Follow the series of a panel from its end on.

        Args:
            panel: The series of `fit`.
            window: What a window consists of.
            split: Whether the network sees each target as a series of its own.
        """
        like = panel.slice_steps(np.zeros_like(panel.starts), np.zeros_like(panel.starts))
        nothing = cls(like, window, split, {}, (), tuple(column.clear() for column in panel.static))
        return nothing.observe(panel)

    @property
    def kept(self) -> Kept:
        """What is kept of each series."""
        steps = self.window.lookback + self.window.horizon + intervals.RECENT_WINDOWS
        transform = TRANSFORMS[self.window.scaler.transform]
        return Kept(steps, len(self.like.layout.targets), transform)

    def observe(self, panel: Panel) -> Followed:
        """Return the series after further steps, which follow those of each series."""
        kept, steps = self.kept, dict(self.steps)
        is_new = np.array([name not in steps for name in panel.ids])
        for i, (name, start) in enumerate(zip(panel.ids, panel.starts.tolist(), strict=True)):
            values = panel.values[panel.offsets[i] : panel.offsets[i + 1]]
            if is_new[i]:
                first = int(np.argmax(~np.isnan(values[:, : kept.targets]).all(axis=1)))
                steps[name] = LatestSteps.begin(
                    start + first, values[first:], kept, known_scale=self.has_known_scale(name)
                )
            else:
                steps[name] = steps[name].observe(start, values, kept)
        if not is_new.any():
            return replace(self, steps=steps)
        new = panel.select_series(is_new)
        return self.with_series(steps, new.labels or new.ids, new.static)

    def with_series(
        self, steps: Mapping[Any, LatestSteps], labels: Sequence[Any], static: Sequence[pl.Series]
    ) -> Followed:
        """Return these series with other steps, and further ones after them.

        Args:
            steps: The steps of all series.
            labels: The ids of the further ones as the tables have them.
            static: Their static columns.
        """
        pairs = zip(self.static, static, strict=True)
        return replace(
            self,
            steps=steps,
            labels=_of_one_type((*self.labels, *labels)),
            static=tuple(_joined(old, more) for old, more in pairs),
        )

    def has_known_scale(self, name: Any) -> bool:
        """Return whether the scale of a series is known from `fit`."""
        return all(own in self.window.scaler.by_series for own in self._network_ids(name))

    def panel(self, count: int | Mapping[Any, int]) -> Panel:
        """Return the last steps of each series, after a row with the last known values before them.

        Args:
            count: How many steps of each series.
        """
        counts = count if isinstance(count, Mapping) else dict.fromkeys(self.steps, count)
        pieces = [keep_last(steps.values, counts[name]) for name, steps in self.steps.items()]
        lengths = np.array([len(piece) for piece in pieces])
        return replace(
            self.like,
            ids=tuple(self.steps),
            labels=self.labels,
            starts=np.array([steps.end for steps in self.steps.values()]) - lengths,
            offsets=np.concatenate([[0], np.cumsum(lengths)]),
            values=np.concatenate(pieces),
            static=self.static,
        )

    def dataset(self, panel: Panel) -> SeriesDataset:
        """Return steps of these series as the network sees them.

        A series that is scaled by its own values is scaled by all of them so far.
        """
        own: dict[Any, Array] = {}
        for name, steps in self.steps.items():
            moments = steps.moments(self.kept, self.window.lookback)
            if moments is not None:
                ids = self._network_ids(name)
                own |= dict(zip(ids, np.split(moments, len(ids), axis=1), strict=True))
        scaler = self.window.scaler
        scaler = replace(scaler, by_series={**own, **scaler.by_series}) if own else scaler
        panel = split_targets(panel) if self.split else panel
        return SeriesDataset.from_panel(panel, replace(self.window, scaler=scaler))

    def written_times(self, positions: Sequence[int]) -> list[Any]:
        """Return the times at some positions as the data writes them."""
        return self.like.timeline.written_times(positions).to_list()

    def _network_ids(self, name: Any) -> list[Any]:
        """Return the ids of a series as the network sees it; see `split_targets`."""
        targets = self.like.layout.targets
        return [(name, target) for target in targets] if self.split and len(targets) > 1 else [name]


def _of_one_type(labels: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return ids of one column: as text if they are of several types."""
    return labels if len({type(label) for label in labels}) < 2 else tuple(map(str, labels))


def _joined(old: pl.Series, new: pl.Series) -> pl.Series:
    """Return a static column of some series and of further ones."""
    return pl.concat([old.to_frame(), new.to_frame()], how="vertical_relaxed").to_series()
