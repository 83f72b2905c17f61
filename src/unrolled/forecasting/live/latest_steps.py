"""The latest steps of a series: as many as its next forecast and its intervals need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from unrolled.data.block import Array
from unrolled.forecasting.series.scaling import RunningMoments

Transformed = Callable[[Array], Array]


@dataclass(frozen=True)
class Kept:
    """What is kept of a series.

    Attributes:
        steps: How many steps.
        targets: How many of the columns, the first ones, are targets (c).
        transform: The function that is applied to the targets before they are scaled.
    """

    steps: int
    targets: int
    transform: Transformed


@dataclass(frozen=True)
class LatestSteps:
    """The latest steps of one series. Nothing changes it: each observation makes a new one.

    A forecast begins after the last step that has some target, so later steps wait in `waiting`
    until a target is known again.

    Attributes:
        end: The position after the last of `values` in the timeline.
        values: The steps up to the last one with some target (n k), NaN where not known.
        next: The position of the step that is expected next.
        waiting: The steps before `next` that have no target (m k); at most as many as are kept.
        follows: Whether steps before `values` were dropped. Then its first row is no step: it has
            the last known value of each column before the other rows.
        dropped: The moments of the transformed targets of the steps that were dropped; None for a
            series whose scale is known from `fit`.
    """

    end: int
    values: Array
    next: int
    waiting: Array
    follows: bool = False
    dropped: RunningMoments | None = None

    @property
    def start(self) -> int:
        """The position of the first of `values`."""
        return self.end - len(self.values)

    @classmethod
    def begin(cls, start: int, values: Array, kept: Kept, *, known_scale: bool) -> LatestSteps:
        """Return the latest steps of a series that begins.

        Args:
            start: The position of the first step, which has some target.
            values: All of its steps (n k).
            kept: What is kept of them.
            known_scale: Whether the scale of the series is known from `fit`.
        """
        dropped = None if known_scale else RunningMoments.of(np.empty((0, kept.targets)))
        empty = cls(start, values[:0], start, values[:0], dropped=dropped)
        return empty.observe(start, values, kept)

    def observe(self, start: int, values: Array, kept: Kept) -> LatestSteps:
        """Return the latest steps after further ones; the steps between have no values.

        Args:
            start: The position of the first new step, `next` or later.
            values: The new steps (n k).
            kept: What is kept.
        """
        missing = np.full((min(start - self.next, kept.steps + 1), values.shape[1]), np.nan)
        rows = np.concatenate([self.waiting, missing, values])
        known, stop = count_to_last_known(rows, kept.targets), start + len(values)
        waiting = keep_last(rows[known:], kept.steps)
        if not known:
            return replace(self, next=stop, waiting=waiting)
        every = np.concatenate([self.values, rows[:known]])
        return replace(
            self,
            end=stop - len(rows) + known,
            values=keep_last(every, kept.steps),
            next=stop,
            waiting=waiting,
            follows=self.follows or len(every) > kept.steps + 1,
            dropped=self._drop(every, kept),
        )

    def _drop(self, every: Array, kept: Kept) -> RunningMoments | None:
        """Return the moments of all dropped steps once only the last rows are kept (n k)."""
        count = len(every) - kept.steps
        if self.dropped is None or count <= 1:
            return self.dropped
        targets = every[int(self.follows) : count, : kept.targets]
        return self.dropped.add(RunningMoments.of(kept.transform(targets)))

    def has_values(self, position: int) -> bool:
        """Return whether a step before `next` is still kept and has some value."""
        row = position - (self.next - len(self.waiting))
        if row >= 0:
            return not np.isnan(self.waiting[row]).all()
        row = position - self.start
        kept = int(self.follows) <= row < len(self.values)
        return kept and not np.isnan(self.values[row]).all()

    def moments(self, kept: Kept, lookback: int) -> Array | None:
        """Return mean and standard deviation of all targets so far (2 c); None where not needed.

        Args:
            kept: What is kept.
            lookback: The steps to which a shorter series is extended with its first one.
        """
        if self.dropped is None:
            return None
        targets = self.values[int(self.follows) :, : kept.targets]
        first = np.repeat(targets[:1], max(lookback - len(targets), 0), axis=0)
        targets = kept.transform(np.concatenate([first, targets]))
        return self.dropped.add(RunningMoments.of(targets)).mean_and_std


def count_to_last_known(values: Array, targets: int) -> int:
    """Return how many steps there are up to the last one that has some target (n k)."""
    some = np.flatnonzero(~np.isnan(values[:, :targets]).all(axis=1))
    return int(some[-1]) + 1 if len(some) else 0


def keep_last(values: Array, keep: int) -> Array:
    """Return the last steps (n k), after a row with the last known value of each column before.

    Example:
        >>> keep_last(np.array([[1.0], [np.nan], [np.nan], [2.0]]), 2).tolist()
        [[1.0], [nan], [2.0]]
    """
    cut = len(values) - keep - 1
    if cut <= 0:
        return values
    last = values[cut:].copy()
    for column in np.flatnonzero(np.isnan(last[0])):
        known = np.flatnonzero(~np.isnan(values[:cut, column]))
        if len(known):
            last[0, column] = values[known[-1], column]
    return last
