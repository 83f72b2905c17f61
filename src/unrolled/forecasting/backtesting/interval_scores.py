"""How far true values may lie from forecasts: intervals at many levels, and how good they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from unrolled.data.block import Array
from unrolled.forecasting import intervals
from unrolled.forecasting.intervals import OWN

LEVELS = (*range(10, 100, 10), 95)  # percents that together tell of a whole distribution


@dataclass(frozen=True)
class IntervalScores:
    """What to add to forecasts for the ends of their intervals.

    Attributes:
        parts: Of each series, what `intervals.rolling` found (k 2 g u c).
        counts: How many forecasts each series has (s).
    """

    parts: Sequence[Array]
    counts: Sequence[int]

    @classmethod
    def of(
        cls, errors: Sequence[Array], known: Sequence[int], every: Array | None, levels: list[int]
    ) -> IntervalScores:
        """Return the intervals of forecasts made one after another.

        Args:
            errors: True minus forecast of all windows of each series, one step apart (s, n u c).
            known: How many of these, the first ones, only tell of errors (s).
            every: Errors of all series together (m u c), for those with few of their own; None
                where each must do with its own.
            levels: Percents that the intervals should hold (k).
        """
        shared = None if every is None else intervals.offsets(every, levels)[:, :, None]
        parts, counts = [], [len(own) - n for own, n in zip(errors, known, strict=True)]
        for own, n, count in zip(errors, known, counts, strict=True):
            if shared is not None and n < OWN:  # as `TrainedForecaster.offsets` does
                parts.append(np.repeat(shared, -(-count // intervals.APART), axis=2))
            else:
                parts.append(intervals.rolling(own, levels, first=n))
        return cls(parts, counts)

    def at(self, k: int) -> Array:
        """Return the ends of one level for all forecasts, series after series (2 n u c)."""
        each = zip(self.parts, self.counts, strict=True)
        return np.concatenate([intervals.each(part[k], count) for part, count in each], axis=1)


def interval_loss(true: Array, low: Array, high: Array, level: int) -> Array:
    """Return the quantile losses of both ends together, doubled (n u c).

    The mean of doubled quantile losses over ends and median is the weighted interval score; of
    the median alone it is the absolute error. Over many levels it comes near the CRPS.

    Args:
        true: The true values (n u c).
        low: The lower ends.
        high: The upper ends.
        level: The percent that they should hold.

    Source:
        Bracher et al. 2021, the weighted interval score: one interval's score by its weight,
        doubled.
    """
    outside = np.maximum(low - true, 0) + np.maximum(true - high, 0)
    found: Array = (1 - level / 100) * (high - low) + 2 * outside
    return found


def coverage(true: Array, low: Array, high: Array) -> float:
    """Return the share of the known true values inside their intervals; NaN where there is none."""
    known = ~(np.isnan(true) | np.isnan(low))
    inside = ((low <= true) & (true <= high))[known]
    return float(inside.mean()) if inside.size else float("nan")
