"""Calendar features: the place of a step in its day, week and year."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from unrolled.data.block import Array
from unrolled.errors import SettingError
from unrolled.forecasting.series.panel import Panel
from unrolled.forecasting.series.timeline import Timeline
from unrolled.forecasting.series.times.calendars import Calendar
from unrolled.forecasting.series.times.open_days import OpenDays

HOUR, DAY, WEEK = 3600, 86400, 7 * 86400
YEAR = 365.25  # days


def calendar_cycles(timeline: Timeline) -> tuple[str, ...]:
    """Return which of `day`, `week` and `year` have several steps at this frequency.

    Raises:
        SettingError: The times are numbers, or whole years, which have no place in a cycle.

    Example:
        >>> monthly = Timeline("months", 1, None, None)
        >>> calendar_cycles(Timeline("seconds", 3600, None, None)), calendar_cycles(monthly)
        (('day', 'week', 'year'), ('year',))
    """
    step = timeline.every
    months = timeline.unit == "months" and step % 12 > 0
    varies = {
        "day": timeline.unit == "seconds" and step < DAY,
        "week": timeline.unit == "seconds" and step < WEEK,
        "year": months or (timeline.unit == "seconds" and step >= HOUR),
    }
    if timeline.calendar is not None:
        varies = _cycles_of_calendar(timeline.calendar, timeline.season)
    cycles = tuple(name for name, applies in varies.items() if applies)
    if not cycles:
        raise SettingError(
            "calendar=True needs dates that are at most months apart, but the times are"
            f" {timeline.frequency}. Name the column of dates as `time`, or leave calendar out."
        )
    return cycles


def _cycles_of_calendar(calendar: Calendar, season: int | None) -> dict[str, bool]:
    """Return for each cycle whether the steps of a calendar have several places in it."""
    of_days = isinstance(calendar, OpenDays)
    return {
        "day": isinstance(calendar, OpenDays) and len(calendar.times) > 1,
        "week": of_days,
        "year": of_days or season is not None,
    }


def cyclical_features(panel: Panel, cycles: tuple[str, ...], shift: int) -> Array:
    """Return sine and cosine of the place of each step in its day, week or year (n 2k).

    Args:
        panel: The series.
        cycles: k of `calendar_cycles`.
        shift: The features of each step are those of the time this many steps later.
    """
    first = np.repeat(panel.starts - panel.offsets[:-1] + shift, panel.lengths)
    return _sine_and_cosine(panel.timeline.times(np.arange(len(first)) + first), cycles)


def _sine_and_cosine(times: pl.Series, cycles: tuple[str, ...]) -> Array:
    """Return sine and cosine of the place of times in each cycle (n 2k)."""
    at = times.cast(pl.Datetime("us", getattr(times.dtype, "time_zone", None))).dt
    day: Any = (at.hour() * 3600.0 + at.minute() * 60.0 + at.second()) / DAY
    fractions = {
        "day": day,
        "week": (at.weekday() - 1 + day) / 7,
        "year": (at.ordinal_day() - 1 + day) / YEAR,
    }
    angles = [2 * np.pi * fractions[name].to_numpy() for name in cycles]
    columns = [wave(angle) for angle in angles for wave in (np.sin, np.cos)]
    features: Array = np.nan_to_num(np.stack(columns, axis=1))  # 0 for a skipped hour (DST)
    return features.astype("float32")
