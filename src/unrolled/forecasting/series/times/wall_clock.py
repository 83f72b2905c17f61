"""Times of a zone as its clocks show them, and back, also where clocks change."""

from __future__ import annotations

from datetime import datetime  # noqa: F401  (used by the example)

import polars as pl

LONGEST_GAP = "26h"  # no change of a clock skips more
ZONES = (  # for texts with two offsets, which name no zone
    *("Europe/London", "Europe/Berlin", "Europe/Athens", "Europe/Moscow"),
    *("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"),
    *("America/Halifax", "America/St_Johns", "America/Anchorage", "America/Sao_Paulo"),
    *("America/Santiago", "America/Asuncion", "America/Havana", "Atlantic/Azores"),
    *("Australia/Sydney", "Australia/Adelaide", "Australia/Lord_Howe", "Pacific/Auckland"),
    *("Asia/Jerusalem", "Asia/Beirut", "Asia/Tehran", "Africa/Cairo", "Africa/Casablanca"),
)


def without_zone(times: pl.Series, *, utc: bool) -> pl.Series:
    """Return dates and times without their zone: as its clocks show them, or in UTC."""
    if times.dtype.is_integer():
        return times
    times = times.cast(pl.Datetime("us")) if times.dtype == pl.Date else times
    if getattr(times.dtype, "time_zone", None):
        times = times.dt.convert_time_zone("UTC") if utc else times
        return times.dt.replace_time_zone(None)
    return times


def in_zone(wall: pl.Series, zone: str) -> pl.Series:
    """Return times of the wall clock as times of a zone.

    A time that comes twice, when clocks are set back, is the first one. A time that is skipped,
    when they are set forward, is as much later as they are set.

    Example:
        >>> midnight = pl.Series([datetime(2018, 11, 4)])  # clocks go from 00:00 to 01:00
        >>> print(in_zone(midnight, "America/Sao_Paulo")[0])
        2018-11-04 01:00:00-02:00
    """
    times = wall.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    skipped = times.is_null() & wall.is_not_null()
    if not skipped.any():
        return times
    before = wall.dt.offset_by(f"-{LONGEST_GAP}")
    before = before.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    later = before.dt.convert_time_zone("UTC").dt.offset_by(LONGEST_GAP).dt.convert_time_zone(zone)
    return times.zip_with(~skipped, later)


def at_time_of_day(times: pl.Series, time: int) -> pl.Series:
    """Return the wall clock of times (n), where a skipped time of the day is put back.

    Args:
        times: Times of a zone.
        time: The time of the day in microseconds that every day has a step at.
    """
    wall = without_zone(times, utc=False)
    zone = getattr(times.dtype, "time_zone", None)
    if zone is None:
        return wall
    regular = wall.dt.truncate("1d").dt.offset_by(f"{time}us")
    shifted = in_zone(regular, zone).dt.timestamp("us") == times.dt.timestamp("us")
    return regular.zip_with(shifted, wall)


def find_zone(wall: pl.Series, times: pl.Series) -> str | None:
    """Return the first of some zones whose clocks show `wall` at `times`; None if none does."""
    instants = times.dt.timestamp("us")
    for zone in ZONES:
        if (in_zone(wall, zone).dt.timestamp("us") == instants).all():
            return zone
    return None
