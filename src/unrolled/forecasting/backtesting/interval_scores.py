"""Intervals at many levels around forecasts, and how good they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from unrolled.data.block import Array
from unrolled.forecasting import intervals

QUANTILE_LEVELS = (*range(10, 100, 10), 95)  # percents that together describe a distribution


@dataclass(frozen=True)
class RollingIntervals:
    """The ends of the intervals of rolling forecasts, as offsets from the forecasts.

    Attributes:
        offsets: For each series, `intervals.rolling_offsets` (k 2 g u c).
        counts: How many forecasts each series has (s).
    """

    offsets: Sequence[Array]
    counts: Sequence[int]

    @classmethod
    def from_errors(
        cls, errors: Sequence[Array], known: Sequence[int], pooled: Array | None, levels: list[int]
    ) -> RollingIntervals:
        """Compute the intervals of forecasts made one after another.

        Args:
            errors: True minus forecast of all windows of each series, one step apart (s, n u c).
            known: How many of these windows, the first ones, are from before the forecasts to
                score and only contribute errors (s).
            pooled: Errors of all series together (m u c), for series with few errors of their own;
                None if each series must do with its own.
            levels: Percents that the intervals should cover (k).
        """
        shared = None if pooled is None else intervals.interval_offsets(pooled, levels)[:, :, None]
        counts = [len(own) - n for own, n in zip(errors, known, strict=True)]
        offsets = []
        for own, n, count in zip(errors, known, counts, strict=True):
            # The same rule as in `TrainedForecaster.interval_offsets`.
            if shared is not None and n < intervals.MIN_SERIES_WINDOWS:
                groups = -(-count // intervals.FORECASTS_PER_UPDATE)
                offsets.append(np.repeat(shared, groups, axis=2))
            else:
                offsets.append(intervals.rolling_offsets(own, levels, first=n))
        return cls(offsets, counts)

    def at(self, k: int) -> Array:
        """Return the offsets at one level for all forecasts, series after series (2 n u c)."""
        pairs = zip(self.offsets, self.counts, strict=True)
        return np.concatenate(
            [intervals.repeat_offsets(own[k], count) for own, count in pairs], axis=1
        )


def interval_loss(true: Array, low: Array, high: Array, level: int) -> Array:
    """Return the quantile losses of both ends together, doubled (n u c).

    The mean of doubled quantile losses over ends and median is the weighted interval score; of
    the median alone it is the absolute error. Over many levels it approaches the CRPS.

    Args:
        true: The true values (n u c).
        low: The lower ends.
        high: The upper ends.
        level: The percent that the intervals should cover.

    Source:
        Bracher et al. 2021, the weighted interval score: the score of one interval times its
        weight, doubled.
    """
    outside = np.maximum(low - true, 0) + np.maximum(true - high, 0)
    loss: Array = (1 - level / 100) * (high - low) + 2 * outside
    return loss


def coverage(true: Array, low: Array, high: Array) -> float:
    """Return the fraction of known true values inside their intervals; NaN without such values."""
    known = ~(np.isnan(true) | np.isnan(low))
    inside = ((low <= true) & (true <= high))[known]
    return float(inside.mean()) if inside.size else float("nan")
