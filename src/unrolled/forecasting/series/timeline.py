"""Timelines: columns of times, their frequency, and times as whole positions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import numpy as np
import polars as pl

from unrolled.errors import DataError
from unrolled.forecasting.series.dtypes import dtype_from_list, dtype_to_list
from unrolled.saving import from_untrusted
from unrolled.saving.checked_json import RefusedError

FORMATS = (
    *("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"),
    *("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y-%m", "%Y/%m"),
)
MAX_STEP_UNITS = 1 << 40  # seconds, months or numbers
TOLERANCE = 1e-9  # as a fraction of a step
MONTH_STEP_NAMES = {1: "months", 3: "quarters", 12: "years"}
STEP_NAMES = {
    1: "seconds",
    60: "minutes",
    3600: "hours",
    86400: "days",
    7 * 86400: "weeks",
    900: "quarters of an hour",
    1800: "half hours",
}
SEASONS = {  # season lengths in steps, by the seconds or months of a step
    "seconds": {60: 60, 900: 96, 1800: 48, 3600: 24, 86400: 7, 7 * 86400: 52},
    "months": {1: 12, 3: 4},
}


@dataclass(frozen=True)
class Timeline:
    """Evenly spaced times, each with a whole position counted from the first.

    Attributes:
        unit: The unit of the spacing: whole numbers, seconds or months.
        every: The spacing, in this unit.
        anchor: The time at position 0: a number, or a date and time.
        dtype: The type of the column, in which `times` returns times.
        clock: The time zone of times that are evenly spaced in UTC; None where they are evenly
            spaced on the wall clock.
        ends: Whether the times are the last days of their months.
    """

    unit: Literal["numbers", "seconds", "months"]
    every: int
    anchor: Any
    dtype: Any
    clock: str | None = None
    ends: bool = False

    def positions(self, times: pl.Series) -> Any:
        """Return times as whole positions (n), NaN for times between two steps.

        Raises:
            DataError: They are of another kind than those of this timeline.
        """
        self._refuse_other_kind(times)
        distance = _count_units(self._local(times), self.unit)
        distance = distance - _count_units(self._anchor(), self.unit)
        steps = distance / self.every
        positions = np.round(steps)
        between = np.abs(np.subtract(steps, positions, out=steps), out=steps) > TOLERANCE
        if self.unit == "months":
            between |= self._off_day(self._local(times))
        positions[between] = np.nan
        return positions

    def times(self, positions: Any) -> pl.Series:
        """Return the times at whole positions (n)."""
        steps = pl.Series(np.asarray(positions, dtype=np.int64)) * self.every
        if self.unit == "numbers":
            return steps + int(self.anchor)
        anchor = self._anchor()[0]
        if self.unit == "months":
            times = pl.select(
                pl.lit(anchor).dt.offset_by(pl.lit(steps).cast(pl.String) + "mo")
            ).to_series()
            times = times.dt.month_end() if self.ends else times
        else:
            times = pl.select(pl.lit(anchor) + pl.duration(seconds=pl.lit(steps))).to_series()
        if self.clock is not None:
            times = times.dt.replace_time_zone("UTC").dt.convert_time_zone(self.clock)
        elif getattr(self.dtype, "time_zone", None):
            times = times.dt.replace_time_zone(
                self.dtype.time_zone, ambiguous="earliest", non_existent="null"
            )
        return times.cast(self.dtype)

    @property
    def frequency(self) -> str:
        """The spacing in words."""
        names = {"numbers": {}, "seconds": STEP_NAMES, "months": MONTH_STEP_NAMES}[self.unit]
        if self.every in names:
            return names[self.every]
        if self.unit == "numbers":
            return "steps" if self.every == 1 else f"steps of {self.every}"
        return f"every {self.every} {self.unit}"

    @property
    def season(self) -> int | None:
        """The usual season length in steps at this frequency; None where there is none."""
        return SEASONS.get(self.unit, {}).get(self.every)

    def to_dict(self) -> dict[str, Any]:
        """Return the timeline as JSON."""
        anchor = self.anchor.isoformat() if isinstance(self.anchor, datetime) else self.anchor
        return {
            "unit": self.unit,
            "every": self.every,
            "anchor": anchor,
            "dtype": dtype_to_list(self.dtype),
            "clock": self.clock,
            "ends": self.ends,
        }

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Timeline:
        """Return the timeline that `to_dict` wrote.

        Raises:
            RefusedError: It is not a timeline.
        """
        anchor = state["anchor"]
        anchor = datetime.fromisoformat(anchor) if isinstance(anchor, str) else anchor
        parsed = {**state, "anchor": anchor, "dtype": dtype_from_list(state["dtype"])}
        line = from_untrusted(cls, parsed, "timeline")
        has_dates = isinstance(anchor, datetime)
        if not 1 <= line.every <= MAX_STEP_UNITS or has_dates == (line.unit == "numbers"):
            raise RefusedError(
                f"the timeline has steps of {line.every} {line.unit} from {anchor!r}, which is"
                " impossible"
            )
        line.times([0, 1])  # an error if the type has no such times
        return line

    def _off_day(self, times: pl.Series) -> Any:
        """Return which times are not on the day and hour of the month of the others (n)."""
        day = times.dt.month_end() if self.ends else self._anchor()
        days = (times.dt.day() != day.dt.day()).to_numpy()
        return days | (times.dt.time() != self._anchor().dt.time()[0]).to_numpy()

    def _refuse_other_kind(self, times: pl.Series) -> None:
        """Refuse numbers for dates, or times with a zone for those without, and the reverse."""
        zones = [getattr(kind, "time_zone", None) is not None for kind in (times.dtype, self.dtype)]
        if times.dtype.is_integer() == (self.unit == "numbers") and zones[0] == zones[1]:
            return
        raise DataError(
            f"'{times.name}' holds {times.dtype} here and held {self.dtype} in the data of `fit`."
            " Give the times as they were there."
        )

    def _anchor(self) -> pl.Series:
        if self.unit == "numbers":
            return pl.Series([self.anchor])
        return pl.Series([self.anchor]).cast(pl.Datetime("us"))

    def _local(self, times: pl.Series) -> pl.Series:
        return _without_zone(times, utc=self.clock is not None)


def parse_times(column: pl.Series) -> pl.Series:
    """Return a column of times as whole numbers, dates, or dates and times.

    Args:
        column: Whole numbers, dates, times, or text that can be read as one of them.

    Raises:
        DataError: A time is missing or cannot be read; the row is named.

    Example:
        >>> parse_times(pl.Series("ds", ["1949-01", "1949-02"])).to_list()
        [datetime.date(1949, 1, 1), datetime.date(1949, 2, 1)]
    """
    missing = np.flatnonzero(column.is_null().to_numpy())
    if len(missing):
        raise DataError(
            f"row {missing[0] + 1}: the time '{column.name}' is missing. Fill it in, or drop the"
            " row."
        )
    if column.dtype.is_integer():
        digits = column.cast(pl.String)
        if (digits.str.len_chars() == 8).all():
            days = digits.str.to_date("%Y%m%d", strict=False)
            if days.is_not_null().all() and (days.dt.year().is_between(1800, 2200)).all():
                return days.alias(column.name)
        return column.cast(pl.Int64)
    if column.dtype.is_float() and np.array_equal(values := column.to_numpy(), np.round(values)):
        return column.cast(pl.Int64)
    if column.dtype in (pl.Date, pl.Datetime):
        return column if column.dtype == pl.Date else column.dt.cast_time_unit("us")
    if column.dtype == pl.String:
        return _parse_text(column)
    raise DataError(
        f"column '{column.name}' holds {column.dtype}, which are no times. Name a column of dates,"
        " dates and times, or whole numbers as `time`."
    )


def _parse_text(column: pl.Series) -> pl.Series:
    """Return the times that texts stand for."""
    unread = column  # the texts that the best format so far could not read
    for form in FORMATS:
        is_month = form in ("%Y-%m", "%Y/%m")
        text = column + "-01" if is_month else column
        full = f"{form}-%d" if is_month else form
        kind = pl.Datetime("us") if "%H" in form else pl.Date
        times = text.str.strptime(kind, full, strict=False)
        if times.is_not_null().all():
            return times
        failed = column.filter(times.is_null())
        if len(failed) < len(unread):
            unread = failed
    zoned = column.str.to_datetime("%+", strict=False, time_unit="us", time_zone="UTC")
    if zoned.is_not_null().all():
        return zoned
    row = int(np.flatnonzero((column == unread[0]).to_numpy())[0]) + 1
    raise DataError(
        f"row {row}: the time {unread[0]!r} in '{column.name}' cannot be read. Write all times of"
        " the column in one way, such as 2024-01-31, 2024-01-31 13:00 or 2024-01."
    )


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
    same_series = series[1:] == series[:-1]
    if not same_series.any():
        raise DataError(
            f"no series has two rows by '{times.name}', so the distance of the steps is not known."
            " Check `time` and `id`."
        )
    if times.dtype.is_integer():
        every = int(np.gcd.reduce(np.diff(times.to_numpy()), where=same_series, initial=0))
        return Timeline("numbers", every, int(times[0]), times.dtype)
    aware = getattr(times.dtype, "time_zone", None)
    local = _without_zone(times, utc=False)
    daily = bool((local.dt.time() == local.dt.time()[0]).all())
    monthly = _infer_months(times, local, same_series) if daily else None
    if monthly is not None:
        return monthly
    clock = aware if aware and not daily else None
    naive = _without_zone(times, utc=clock is not None)
    distances = np.diff(_count_units(naive, "seconds"))[same_series]
    values, counts = np.unique(np.round(distances).astype(np.int64), return_counts=True)
    every = int(np.gcd.reduce(values[counts >= max(1, 0.01 * len(distances))]))
    if every == 0:
        raise DataError(
            f"times in '{times.name}' are less than a second apart, which is not supported. Number"
            " the steps, or leave `time` out where the rows stand in order."
        )
    return Timeline("seconds", every, naive[0], times.dtype, clock)


def _infer_months(times: pl.Series, local: pl.Series, same_series: Any) -> Timeline | None:
    """Return the timeline of times on one day of their months, or on the last; None for others."""
    days, months = local.dt.day().to_numpy(), _count_units(local, "months")
    distances = np.diff(months)[same_series]
    ends = bool((local.dt.month_end().dt.date() == local.dt.date()).all())
    if not ((days == days[0]).all() or ends) or not (distances > 0).all():
        return None
    return Timeline("months", int(np.gcd.reduce(distances)), local[0], times.dtype, ends=ends)


def _without_zone(times: pl.Series, *, utc: bool) -> pl.Series:
    """Return times without their zone: as its clock shows them, or in UTC."""
    if times.dtype.is_integer():
        return times
    times = times.cast(pl.Datetime("us")) if times.dtype == pl.Date else times
    if getattr(times.dtype, "time_zone", None):
        times = times.dt.convert_time_zone("UTC") if utc else times
        return times.dt.replace_time_zone(None)
    return times


def _count_units(times: pl.Series, unit: str) -> Any:
    """Return times as counts of a unit (n)."""
    if unit == "numbers":
        return times.to_numpy().astype(np.int64)
    if unit == "months":
        return (times.dt.year().cast(pl.Int64) * 12 + times.dt.month()).to_numpy()
    return times.dt.epoch("us").to_numpy() / 1e6
