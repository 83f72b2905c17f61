"""Intervals from the errors of forecasts already made (split conformal), at each forecast step."""

from __future__ import annotations

import numpy as np

from unrolled.data.batch import Array

RECENT = 1000  # windows before a forecast whose errors tell how wrong it may be
LEAST = 20
APART = 24  # forecasts that share one look back


def offsets(errors: Array, level: int) -> Array:
    """Return what to add to a forecast for the ends of its interval (2 u c).

    Args:
        errors: True minus forecast, of windows not trained on (n u c); NaN where not known.
        level: Percent that the interval should hold.

    Source:
        Lei et al. 2018, section 2.2, with the lower and upper errors apart.
    """
    found = np.empty((2, *errors.shape[1:]))
    for u, c in np.ndindex(errors.shape[1:]):
        found[:, u, c] = _ends(errors[:, u, c], level)
        if np.isnan(found[0, u, c]):  # too few: those of all steps, as far up as down
            every = np.abs(errors[..., c]).reshape(-1)
            found[:, u, c] = _ends(np.concatenate([-every, every]), level)
    return found


def _ends(errors: Array, level: int) -> Array:
    """Return the quantiles of errors that hold a level between them (2); NaN for too few."""
    known = errors[~np.isnan(errors)]
    if len(known) < LEAST:
        return np.full(2, np.nan)
    share = min((1 + level / 100) / 2 * (len(known) + 1) / len(known), 1.0)
    return np.quantile(known, [1 - share, share])


def rolling(errors: Array, level: int, *, first: int) -> Array:
    """Return the ends' offsets of forecasts made one after another (n-first 2 u c).

    The error of the forecast for step u is known u steps later. Each forecast uses the latest
    errors that were known when it was made.

    Args:
        errors: True minus forecast of every window in order of time, one step apart (n u c).
        level: Percent that the intervals should hold.
        first: The first window to give intervals for; those before only tell of errors.
    """
    total, steps = errors.shape[:2]
    late = np.full_like(errors, np.nan)  # at i: the error of step u that became known then
    for u in range(steps):
        late[u + 1 :, u] = errors[: max(0, total - u - 1), u]
    found = np.empty((total - first, 2, *errors.shape[1:]))
    for i in range(first, total, APART):
        seen = late[max(0, i + 1 - RECENT) : i + 1]
        found[i - first : i - first + APART] = offsets(seen, level)
    return found
