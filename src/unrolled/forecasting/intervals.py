"""Prediction intervals from the errors of earlier forecasts (split conformal), by forecast step."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from unrolled.data.block import Array

RECENT_WINDOWS = 1000  # windows before a forecast whose errors its intervals are made of
MIN_ERRORS = 20
FORECASTS_PER_UPDATE = 24  # forecasts in a row that share the same earlier errors
MIN_SERIES_WINDOWS = 100  # windows from which a series has intervals from its own errors alone


def interval_offsets(errors: Array, levels: Sequence[int]) -> Array:
    """Return what to add to a forecast for the ends of its intervals (k 2 u c).

    Args:
        errors: True minus forecast, of windows not trained on (n u c); NaN where not known.
        levels: Percents that the intervals should cover (k).

    Source:
        Lei et al. 2018, section 2.2, with separate quantiles for lower and upper errors.
    """
    offsets = _quantiles(errors, levels)
    too_few = np.isnan(offsets)
    if too_few.any():  # then symmetric offsets, from the errors of all steps together
        pooled = np.abs(errors).reshape(-1, errors.shape[-1])
        symmetric = _quantiles(np.concatenate([-pooled, pooled]), levels)[:, :, None]
        offsets = np.where(too_few, symmetric, offsets)
    return offsets


def offsets_by_series(
    errors: Sequence[Array], levels: Sequence[int], held_out: Callable[[], Array]
) -> Array:
    """Return the interval offsets of the next forecast of each series (k 2 s u c).

    Args:
        errors: By series, true minus forecast of its latest windows (n u c). A series with few
            of them has the intervals of all series together.
        levels: Percents that the intervals should cover (k).
        held_out: Returns the errors of held-out windows, for when all together are too few.
    """
    is_short = [len(own) < MIN_SERIES_WINDOWS for own in errors]
    pooled = np.zeros(())
    if any(is_short):
        pooled = interval_offsets(np.concatenate(errors), levels)
        if np.isnan(pooled).any():
            pooled = interval_offsets(held_out(), levels)
    pairs = zip(errors, is_short, strict=True)
    return np.stack(
        [pooled if short else interval_offsets(own, levels) for own, short in pairs], axis=2
    )


def _quantiles(errors: Array, levels: Sequence[int]) -> Array:
    """Return the quantiles of errors (n ...) that cover each level between them (k 2 ...).

    They are NaN where fewer than `MIN_ERRORS` errors are known.
    """
    shape = (len(levels), 2, *errors.shape[1:])
    if len(errors) < MIN_ERRORS:
        return np.full(shape, np.nan)
    ordered = np.sort(errors.reshape(len(errors), -1), axis=0)  # NaN last
    known = np.maximum((~np.isnan(ordered)).sum(axis=0), 1)  # m
    upper = (1 + np.array(levels) / 100)[:, None] / 2 * (known + 1) / known  # k m
    upper = np.minimum(upper, 1.0)
    position = np.stack([1 - upper, upper], axis=1).reshape(-1, len(known)) * (known - 1)  # 2k m
    low = np.floor(position).astype(int)
    below = np.take_along_axis(ordered, low, axis=0)
    above = np.take_along_axis(ordered, np.minimum(low + 1, known - 1), axis=0)
    quantiles = below + (above - below) * (position - low)
    return np.where(known < MIN_ERRORS, np.nan, quantiles).reshape(shape)


def rolling_offsets(errors: Array, levels: Sequence[int], *, first: int) -> Array:
    """Return the interval offsets of forecasts made one after another (k 2 g u c).

    The error of the forecast for step u is known u steps later. Each forecast uses the latest
    errors that were known when it was made. `FORECASTS_PER_UPDATE` forecasts in a row are a group
    (g) and share those of the first of them; `repeat_offsets` gives each forecast its own.

    Args:
        errors: True minus forecast of every window in order of time, one step apart (n u c).
        levels: Percents that the intervals should cover (k).
        first: The first window that needs intervals; those before only contribute errors.
    """
    total, steps = errors.shape[:2]
    delayed = np.full_like(errors, np.nan)  # at i: the error of step u that became known then
    for u in range(steps):
        delayed[u + 1 :, u] = errors[: max(0, total - u - 1), u]
    groups = range(first, total, FORECASTS_PER_UPDATE)
    known = [delayed[max(0, i + 1 - RECENT_WINDOWS) : i + 1] for i in groups]
    if not known:
        return np.empty((len(levels), 2, 0, *errors.shape[1:]))
    return np.stack([interval_offsets(own, levels) for own in known], axis=2)


def repeat_offsets(offsets: Array, total: int) -> Array:
    """Return `rolling_offsets` for each of `total` forecasts, (... g u c) to (... total u c)."""
    return np.repeat(offsets, FORECASTS_PER_UPDATE, axis=-3)[..., :total, :, :]
