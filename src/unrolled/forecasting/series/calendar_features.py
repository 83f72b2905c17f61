"""Where a step stands in its day, week and year, as features that are known beforehand."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from unrolled.data.block import Array
from unrolled.errors import SettingError
from unrolled.forecasting.series.panel import Panel
from unrolled.forecasting.series.timeline import Timeline

HOUR, DAY, WEEK = 3600, 86400, 7 * 86400
YEAR = 365.25  # days


def parts(timeline: Timeline) -> tuple[str, ...]:
    """Return what tells of a step by its distance from the next: of `day`, `week` and `year`.

    Raises:
        SettingError: The times are numbers, or whole years, of which a calendar says nothing.

    Example:
        >>> parts(Timeline("seconds", 3600, None, None)), parts(Timeline("months", 1, None, None))
        (('day', 'week', 'year'), ('year',))
    """
    step = timeline.every
    months = timeline.unit == "months" and step % 12 > 0
    told = {
        "day": timeline.unit == "seconds" and step < DAY,
        "week": timeline.unit == "seconds" and step < WEEK,
        "year": months or (timeline.unit == "seconds" and step >= HOUR),
    }
    found = tuple(name for name, tells in told.items() if tells)
    if not found:
        raise SettingError(
            f"got calendar=True and times that are {timeline.spelled}, expected dates at most"
            " months apart. Name the column of dates as `time`, or leave calendar out."
        )
    return found


def features(panel: Panel, names: tuple[str, ...], later: int) -> Array:
    """Return sine and cosine of each step's place in its day, week or year (n 2k).

    Args:
        panel: The series.
        names: What to tell, k of `parts`.
        later: Steps by which to look ahead.
    """
    before = np.repeat(panel.starts - panel.offsets[:-1] + later, panel.lengths)
    return _waves(panel.timeline.times(np.arange(len(before)) + before), names)


def _waves(times: pl.Series, names: tuple[str, ...]) -> Array:
    """Return sine and cosine of the place of times in each period (n 2k)."""
    at = times.cast(pl.Datetime("us", getattr(times.dtype, "time_zone", None))).dt
    day: Any = (at.hour() * 3600.0 + at.minute() * 60.0 + at.second()) / DAY
    shares = {
        "day": day,
        "week": (at.weekday() - 1 + day) / 7,
        "year": (at.ordinal_day() - 1 + day) / YEAR,
    }
    turns = [2 * np.pi * shares[name].to_numpy() for name in names]
    each = [wave(turn) for turn in turns for wave in (np.sin, np.cos)]
    found: Array = np.nan_to_num(np.stack(each, axis=1))  # 0 for an hour that does not exist
    return found.astype("float32")
