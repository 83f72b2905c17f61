"""Timelines: columns of times, their frequency, and times as whole positions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl

from unrolled.errors import DataError

FORMATS = (
    *("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"),
    *("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y-%m", "%Y/%m"),
)
CLOSE = 1e-9  # of a step
MONTHLY = {1: "months", 3: "quarters", 12: "years"}
SPELLED = {
    1: "seconds",
    60: "minutes",
    3600: "hours",
    86400: "days",
    7 * 86400: "weeks",
    900: "quarters of an hour",
    1800: "half hours",
}
SEASONS = {  # steps until much comes again, by seconds or months of a step
    "seconds": {60: 60, 900: 96, 1800: 48, 3600: 24, 86400: 7, 7 * 86400: 52},
    "months": {1: 12, 3: 4},
}


@dataclass(frozen=True)
class Timeline:
    """Times at one distance, each a whole position from the first.

    Attributes:
        unit: What the distance counts: whole numbers, seconds or months.
        every: The distance.
        anchor: The time at position 0: a number, or a date and time.
        dtype: What the column holds, to give times back in.
        clock: The time zone whose hours are counted in UTC; None where the wall clock is.
        ends: Whether the times are the ends of their months.
    """

    unit: Literal["numbers", "seconds", "months"]
    every: int
    anchor: Any
    dtype: Any
    clock: str | None = None
    ends: bool = False

    def positions(self, times: pl.Series) -> Any:
        """Return times as whole positions (n), NaN for those that stand between two.

        Raises:
            DataError: They are of another kind than those of this timeline.
        """
        self._refuse_other(times)
        apart = _units(self._naive(times), self.unit) - _units(self._anchor(), self.unit)
        found = apart / self.every
        whole = np.round(found)
        off = np.abs(np.subtract(found, whole, out=found), out=found) > CLOSE
        if self.unit == "months":
            off |= self._off_day(self._naive(times))
        whole[off] = np.nan
        return whole

    def times(self, positions: Any) -> pl.Series:
        """Return the times at whole positions (n)."""
        steps = pl.Series(np.asarray(positions, dtype=np.int64)) * self.every
        if self.unit == "numbers":
            return steps + int(self.anchor)
        anchor = self._anchor()[0]
        if self.unit == "months":
            found = pl.select(
                pl.lit(anchor).dt.offset_by(pl.lit(steps).cast(pl.String) + "mo")
            ).to_series()
            found = found.dt.month_end() if self.ends else found
        else:
            found = pl.select(pl.lit(anchor) + pl.duration(seconds=pl.lit(steps))).to_series()
        if self.clock is not None:
            found = found.dt.replace_time_zone("UTC").dt.convert_time_zone(self.clock)
        elif getattr(self.dtype, "time_zone", None):
            found = found.dt.replace_time_zone(
                self.dtype.time_zone, ambiguous="earliest", non_existent="null"
            )
        return found.cast(self.dtype)

    @property
    def spelled(self) -> str:
        """The distance in words."""
        known = {"numbers": {}, "seconds": SPELLED, "months": MONTHLY}[self.unit]
        if self.every in known:
            return known[self.every]
        if self.unit == "numbers":
            return "steps" if self.every == 1 else f"steps of {self.every}"
        return f"every {self.every} {self.unit}"

    @property
    def season(self) -> int | None:
        """Steps until much comes again, by the calendar; None where it does not say."""
        return SEASONS.get(self.unit, {}).get(self.every)

    def _off_day(self, times: pl.Series) -> Any:
        """Return which times are not at their day and hour of the month (n)."""
        day = times.dt.month_end() if self.ends else self._anchor()
        days = (times.dt.day() != day.dt.day()).to_numpy()
        return days | (times.dt.time() != self._anchor().dt.time()[0]).to_numpy()

    def _refuse_other(self, times: pl.Series) -> None:
        """Refuse numbers for dates, or times with a zone for those without, and the reverse."""
        zones = [getattr(kind, "time_zone", None) is not None for kind in (times.dtype, self.dtype)]
        if times.dtype.is_integer() == (self.unit == "numbers") and zones[0] == zones[1]:
            return
        raise DataError(
            f"'{times.name}' holds {times.dtype}, expected {self.dtype} as in the data of `fit`."
            " Give the times as they were there."
        )

    def _anchor(self) -> pl.Series:
        if self.unit == "numbers":
            return pl.Series([self.anchor])
        return pl.Series([self.anchor]).cast(pl.Datetime("us"))

    def _naive(self, times: pl.Series) -> pl.Series:
        return _naive(times, utc=self.clock is not None)


def parsed(column: pl.Series) -> pl.Series:
    """Return a column of times as whole numbers, dates, or dates and times.

    Args:
        column: Whole numbers, dates, times, or text that spells them.

    Raises:
        DataError: A time is missing or cannot be read; the row is named.

    Example:
        >>> parsed(pl.Series("ds", ["1949-01", "1949-02"])).to_list()
        [datetime.date(1949, 1, 1), datetime.date(1949, 2, 1)]
    """
    missing = np.flatnonzero(column.is_null().to_numpy())
    if len(missing):
        raise DataError(
            f"row {missing[0] + 1}: '{column.name}' is missing, expected the time of the"
            " row. Give it, or drop the row."
        )
    if column.dtype.is_integer():
        spelled = column.cast(pl.String)
        if (spelled.str.len_chars() == 8).all():
            days = spelled.str.to_date("%Y%m%d", strict=False)
            if days.is_not_null().all() and (days.dt.year().is_between(1800, 2200)).all():
                return days.alias(column.name)
        return column.cast(pl.Int64)
    if column.dtype.is_float() and np.array_equal(values := column.to_numpy(), np.round(values)):
        return column.cast(pl.Int64)
    if column.dtype in (pl.Date, pl.Datetime):
        return column if column.dtype == pl.Date else column.dt.cast_time_unit("us")
    if column.dtype == pl.String:
        return _spelled(column)
    raise DataError(
        f"column '{column.name}' holds {column.dtype}, expected times: dates, dates and times, or"
        " whole numbers. Name another column as `time`."
    )


def _spelled(column: pl.Series) -> pl.Series:
    """Return the times that texts spell."""
    left = column
    for form in FORMATS:
        text = column + "-01" if form in ("%Y-%m", "%Y/%m") else column
        full = (
            form.replace("%Y-%m", "%Y-%m-%d").replace("%Y/%m", "%Y/%m-%d")
            if text is not column
            else form
        )
        kind = pl.Datetime("us") if "%H" in form else pl.Date
        found = text.str.strptime(kind, full, strict=False)
        if found.is_not_null().all():
            return found
        failed = column.filter(found.is_null())
        if len(failed) < len(left):
            left = failed
    zoned = column.str.to_datetime("%+", strict=False, time_unit="us", time_zone="UTC")
    if zoned.is_not_null().all():
        return zoned
    row = int(np.flatnonzero((column == left[0]).to_numpy())[0]) + 1
    raise DataError(
        f"row {row}: got {left[0]!r} in '{column.name}', expected a time such as 2024-01-31,"
        " 2024-01-31 13:00 or 2024-01. Write all times of the column in one such way."
    )


def timeline(times: pl.Series, series: Any) -> Timeline:
    """Return the frequency of times that are sorted within each series.

    Args:
        times: As `parsed` returns them, without two alike in a series.
        series: The number of the series that each is of (n).

    Raises:
        DataError: No series has two times.

    Example:
        >>> days = pl.date_range(pl.date(2024, 1, 31), pl.date(2024, 4, 30), "1mo", eager=True)
        >>> timeline(days, np.zeros(4)).spelled
        'months'
    """
    within = series[1:] == series[:-1]
    if not within.any():
        raise DataError(
            f"no series has two rows by '{times.name}', expected at least two to tell the distance"
            " of the steps. Check `time` and `id`."
        )
    if times.dtype.is_integer():
        apart = np.diff(times.to_numpy())
        every = int(np.gcd.reduce(apart, where=within, initial=0))
        return Timeline("numbers", every, int(times[0]), times.dtype)
    aware = getattr(times.dtype, "time_zone", None)
    local = _naive(times, utc=False)
    days, months = local.dt.day().to_numpy(), _units(local, "months")
    apart = np.diff(months)[within]
    ends = bool((local.dt.month_end().dt.date() == local.dt.date()).all())
    daily = (local.dt.time() == local.dt.time()[0]).all()
    if ((days == days[0]).all() or ends) and (apart > 0).all() and daily:
        step = int(np.gcd.reduce(apart))
        return Timeline("months", step, local[0], times.dtype, ends=ends)
    clock = aware if aware and not daily else None
    naive = _naive(times, utc=clock is not None)
    apart = np.diff(_units(naive, "seconds"))[within]
    values, counts = np.unique(np.round(apart).astype(np.int64), return_counts=True)
    every = int(np.gcd.reduce(values[counts >= max(1, 0.01 * len(apart))]))
    if every == 0:
        raise DataError(
            f"times in '{times.name}' are less than a second apart, expected a second at least."
            " Leave `time` out where the rows stand in order, or number them."
        )
    return Timeline("seconds", every, naive[0], times.dtype, clock)


def _naive(times: pl.Series, *, utc: bool) -> pl.Series:
    """Return times without their zone: on its clock, or in UTC."""
    if times.dtype.is_integer():
        return times
    times = times.cast(pl.Datetime("us")) if times.dtype == pl.Date else times
    if getattr(times.dtype, "time_zone", None):
        times = times.dt.convert_time_zone("UTC") if utc else times
        return times.dt.replace_time_zone(None)
    return times


def _units(times: pl.Series, unit: str) -> Any:
    """Return times as numbers of a unit (n)."""
    if unit == "numbers":
        return times.to_numpy().astype(np.int64)
    if unit == "months":
        return (times.dt.year().cast(pl.Int64) * 12 + times.dt.month()).to_numpy()
    return times.dt.epoch("us").to_numpy() / 1e6
