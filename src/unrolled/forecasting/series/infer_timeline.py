"""The frequency of a column of times: the calendar whose steps the series has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl

from unrolled.data.block import Array
from unrolled.errors import DataError
from unrolled.forecasting.series.timeline import Timeline, count_units
from unrolled.forecasting.series.times.calendars import Calendar
from unrolled.forecasting.series.times.fiscal_weeks import infer_fiscal_weeks
from unrolled.forecasting.series.times.month_days import (
    FIRST_BUSINESS_DAY,
    LAST_BUSINESS_DAY,
    ORDINALS,
    MonthDays,
    months_of,
    rule_days,
)
from unrolled.forecasting.series.times.open_days import DAY, MONDAY, WEEKDAYS, OpenDays
from unrolled.forecasting.series.times.wall_clock import at_time_of_day, without_zone

MIN_FILLED = 0.5  # of the steps must have a row
MIN_SKIPS = 2  # times that a day of the week must be left out before it counts as closed
WEEKEND = [5, 6]  # of which once is enough
MIN_MONTHS = 3  # from which on days of a month are compared
MIN_FISCAL_ROWS = 6
FISCAL_DISTANCES = {7 * weeks for weeks in (4, 5, 6, 13, 14, 52, 53)}  # days
MAX_MONTH_DAYS = 4  # steps a month, above which days of the week are likelier
MAX_MOVED = 0.25  # of the rows may be moved from the last business day of their month
COMMON = 0.01  # of the distances: a rarer one is an error or a gap


def infer_timeline(times: pl.Series, series: Any) -> Timeline:
    """Infer the frequency of times that are sorted within each series.

    Args:
        times: As `parse_times` returns them, without duplicates in a series.
        series: The number of the series of each time (n).

    Raises:
        DataError: No series has two times.

    Example:
        >>> days = pl.date_range(pl.date(2024, 1, 31), pl.date(2024, 4, 30), "1mo", eager=True)
        >>> infer_timeline(days, np.zeros(4)).frequency
        'months'
    """
    same_series = np.asarray(series[1:] == series[:-1])
    if not same_series.any():
        raise DataError(
            f"no series has two rows by '{times.name}', so the distance of the steps is not known."
            " Check `time` and `id`."
        )
    if times.dtype.is_integer():
        every = int(np.gcd.reduce(np.diff(times.to_numpy()), where=same_series, initial=0))
        return Timeline("numbers", every, int(times[0]), times.dtype)
    aware = getattr(times.dtype, "time_zone", None)
    local, is_daily = _wall_clock(times)
    if is_daily:
        days = _infer_days(times, local, same_series)
        return days or _infer_seconds(times, local, same_series, None)
    plain = _infer_seconds(times, without_zone(times, utc=bool(aware)), same_series, aware)
    return _infer_times_of_day(times, local, same_series, plain) or plain


def _wall_clock(times: pl.Series) -> tuple[pl.Series, bool]:
    """Return times on the wall clock, and whether all have one time of the day."""
    local = without_zone(times, utc=False)
    time_of_day = local.dt.timestamp("us") % DAY
    usual = int(time_of_day.mode().min())  # type: ignore[arg-type]
    regular = at_time_of_day(times, usual)
    is_daily = bool((regular.dt.timestamp("us") % DAY == usual).all())
    return (regular if is_daily else local), is_daily


def _infer_days(times: pl.Series, local: pl.Series, same_series: Array) -> Timeline | None:
    """Return the timeline of times with one time of the day; None where no calendar fits."""
    monthly = _infer_months(times, local, same_series)
    if monthly is not None:
        return monthly
    stamps = local.dt.timestamp("us").to_numpy()
    days, time = stamps // DAY, int(stamps[0] % DAY)
    distances = np.diff(days)[same_series]
    if (distances == distances[0]).all() or (distances <= 0).any():
        return None
    for calendar in _possible_calendars(days, time, same_series):
        line = _with_calendar(times, local, same_series, calendar)
        if line is not None:
            return line
    return None


def _infer_months(times: pl.Series, local: pl.Series, same_series: Array) -> Timeline | None:
    """Return the timeline of times on one day of their months, or on the last; None for others."""
    days, months = local.dt.day().to_numpy(), count_units(local, "months")
    distances = np.diff(months)[same_series]
    ends = bool((local.dt.month_end().dt.date() == local.dt.date()).all())
    if not ((days == days[0]).all() or ends) or not (distances > 0).all():
        return None
    return Timeline("months", int(np.gcd.reduce(distances)), local[0], times.dtype, ends=ends)


def _possible_calendars(days: Array, time: int, same_series: Array) -> Iterator[Calendar]:
    """Yield the calendars that have all of some days (n), the likeliest first."""
    months = months_of(days)
    if (np.diff(months)[same_series] > 0).all() and len(np.unique(months)) >= MIN_MONTHS:
        yield from _monthly_calendars(days, months, time)
    distances = set(np.diff(days)[same_series].tolist())
    if len(days) >= MIN_FISCAL_ROWS and distances <= FISCAL_DISTANCES:
        fiscal = infer_fiscal_weeks(days, time)
        yield from [] if fiscal is None else [fiscal]
    yield from _several_days_a_month(days, months, time)
    open_days = _open_weekdays(days, same_series)
    yield from [] if open_days is None else [OpenDays(open_days, (time,))]


def _monthly_calendars(days: Array, months: Array, time: int) -> list[Calendar]:
    """Return the calendars with one day a month that have all of some days (n)."""
    weekdays = np.unique((days + MONDAY) % 7)
    names = [WEEKDAYS[day] for day in weekdays] if len(weekdays) == 1 else []
    clamped = int((days - rule_days("1", months)).max()) + 1
    rules = [
        str(clamped),
        LAST_BUSINESS_DAY,
        FIRST_BUSINESS_DAY,
        *(f"{ordinal} {name}" for ordinal in (*ORDINALS, "last") for name in names),
    ]
    exact = [rule for rule in rules if (rule_days(rule, months) == days).all()]
    calendars: list[Calendar] = [MonthDays((rule,), time) for rule in exact]
    for rule in (LAST_BUSINESS_DAY, FIRST_BUSINESS_DAY):  # which holidays move a little
        away = np.abs(rule_days(rule, months) - days)
        if (away > 0).mean() <= MAX_MOVED and away.max() <= 5:
            calendars.append(MonthDays((rule,), time, loose=True))
    return calendars


def _several_days_a_month(days: Array, months: Array, time: int) -> list[Calendar]:
    """Return the calendar with a few days a month that has all of some days (n)."""
    of_month = days - rule_days("1", months) + 1
    is_last = rule_days("31", months) == days
    before_last = np.unique(of_month[~is_last])
    plain = set(before_last.tolist())
    late = [day for day in of_month[is_last].tolist() if day not in plain]
    if late:  # the last day, or a day that shorter months do not have
        highest = max(late)
        plain |= {31} if any(d != highest for d in late) or highest == 31 else {highest}
    rules = sorted(plain)
    if not 2 <= len(rules) <= MAX_MONTH_DAYS or len(np.unique(months)) < MIN_MONTHS:
        return []
    return [MonthDays(tuple(map(str, rules)), time)]


def _open_weekdays(days: Array, same_series: Array) -> tuple[int, ...] | None:
    """Return the open days of the week, if others are left out again and again."""
    open_days = np.unique((days + MONDAY) % 7)
    if not 1 < len(open_days) < 7:
        return None
    before, after = (part[same_series] for part in (days[:-1], days[1:]))
    closed_days = sorted(set(range(7)) - set(open_days.tolist()))
    needed = 1 if closed_days == WEEKEND else MIN_SKIPS
    for closed in closed_days:
        skips = (after - 1 + MONDAY - closed) // 7 - (before + MONDAY - closed) // 7
        if (skips > 0).sum() < needed:
            return None
    return tuple(open_days.tolist())


def _with_calendar(
    times: pl.Series, local: pl.Series, same_series: Array, calendar: Calendar
) -> Timeline | None:
    """Return the timeline of a calendar, if enough of its steps have a row."""
    index, is_step = calendar.index(local.dt.timestamp("us").to_numpy())
    distances = np.diff(index)[same_series]
    if not is_step.all() or (distances <= 0).any():
        return None
    every = _common_divisor(distances)
    if len(distances) < MIN_FILLED * (distances.sum() / every):
        return None
    return Timeline("calendar", every, local[0], times.dtype, calendar=calendar)


def _infer_seconds(
    times: pl.Series, naive: pl.Series, same_series: Array, clock: str | None
) -> Timeline:
    """Return the timeline of times that are evenly spaced in seconds."""
    distances = np.diff(count_units(naive, "seconds"))[same_series]
    every = _common_divisor(np.round(distances).astype(np.int64))
    if every == 0:
        raise DataError(
            f"times in '{times.name}' are less than a second apart, which is not supported. Number"
            " the steps, or leave `time` out where the rows stand in order."
        )
    return Timeline("seconds", every, naive[0], times.dtype, clock)


def _infer_times_of_day(
    times: pl.Series, local: pl.Series, same_series: Array, plain: Timeline
) -> Timeline | None:
    """Return the timeline of steps at some times of open days, if they leave fewer steps empty."""
    stamps = local.dt.timestamp("us").to_numpy()
    days, of_day = np.divmod(stamps, DAY)
    slots = np.unique(of_day)
    is_round_the_clock = len(slots) * plain.every * 10**6 >= DAY
    changes = getattr(times.dtype, "time_zone", None) is not None and is_round_the_clock
    if len(np.unique(days)) < MIN_MONTHS or len(slots) > 86400 or changes:
        return None
    day_pairs = same_series & (np.diff(days) > 0)
    weekdays = _open_weekdays(days, day_pairs) or tuple(range(7))
    if is_round_the_clock and len(weekdays) == 7:
        return None
    line = _with_calendar(
        times, local, same_series, OpenDays(weekdays, tuple(int(slot) for slot in slots))
    )
    return line if line is not None and line.every == 1 else None


def _common_divisor(distances: Array) -> int:
    """Return the greatest common divisor of the distances that are not rare."""
    values, counts = np.unique(distances, return_counts=True)
    return int(np.gcd.reduce(values[counts >= max(1, COMMON * len(distances))]))
