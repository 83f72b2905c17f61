"""Intervals from the errors of forecasts already made (split conformal), at each forecast step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from unrolled.data.block import Array

RECENT = 1000  # windows before a forecast whose errors tell how wrong it may be
LEAST = 20
APART = 24  # forecasts that share one look back


def offsets(errors: Array, levels: Sequence[int]) -> Array:
    """Return what to add to a forecast for the ends of its intervals (k 2 u c).

    Args:
        errors: True minus forecast, of windows not trained on (n u c); NaN where not known.
        levels: Percents that the intervals should hold (k).

    Source:
        Lei et al. 2018, section 2.2, with the lower and upper errors apart.
    """
    found = _ends(errors, levels)
    few = np.isnan(found)
    if few.any():  # too few: those of all steps, as far up as down
        every = np.abs(errors).reshape(-1, errors.shape[-1])
        found = np.where(few, _ends(np.concatenate([-every, every]), levels)[:, :, None], found)
    return found


def _ends(errors: Array, levels: Sequence[int]) -> Array:
    """Return the quantiles of errors (n ...) that hold levels between them (k 2 ...).

    They are NaN where fewer than `LEAST` errors are known.
    """
    shape = (len(levels), 2, *errors.shape[1:])
    if len(errors) < LEAST:
        return np.full(shape, np.nan)
    ordered = np.sort(errors.reshape(len(errors), -1), axis=0)  # NaN last
    known = np.maximum((~np.isnan(ordered)).sum(axis=0), 1)  # m
    upper = (1 + np.array(levels) / 100)[:, None] / 2 * (known + 1) / known  # k m
    upper = np.minimum(upper, 1.0)
    place = np.stack([1 - upper, upper], axis=1).reshape(-1, len(known)) * (known - 1)  # 2k m
    low = np.floor(place).astype(int)
    below = np.take_along_axis(ordered, low, axis=0)
    above = np.take_along_axis(ordered, np.minimum(low + 1, known - 1), axis=0)
    found = below + (above - below) * (place - low)
    return np.where(known < LEAST, np.nan, found).reshape(shape)


def rolling(errors: Array, levels: Sequence[int], *, first: int) -> Array:
    """Return the ends' offsets of forecasts made one after another (k 2 g u c).

    The error of the forecast for step u is known u steps later. Each forecast uses the latest
    errors that were known when it was made; `APART` that follow one another share theirs, those
    of the first. `each` gives every forecast its own.

    Args:
        errors: True minus forecast of every window in order of time, one step apart (n u c).
        levels: Percents that the intervals should hold (k).
        first: The first window to give intervals for; those before only tell of errors.
    """
    total, steps = errors.shape[:2]
    late = np.full_like(errors, np.nan)  # at i: the error of step u that became known then
    for u in range(steps):
        late[u + 1 :, u] = errors[: max(0, total - u - 1), u]
    looks = [late[max(0, i + 1 - RECENT) : i + 1] for i in range(first, total, APART)]
    empty = np.empty((len(levels), 2, 0, *errors.shape[1:]))
    return np.stack([offsets(seen, levels) for seen in looks], axis=2) if looks else empty


def each(found: Array, total: int) -> Array:
    """Return what `rolling` found for so many forecasts, (... g u c) to (... total u c)."""
    return np.repeat(found, APART, axis=-3)[..., :total, :, :]


OWN = 100  # windows of a series that tell enough of its errors
