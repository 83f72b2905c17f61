"""Timelines: columns of times, their frequency, and times as whole positions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

import numpy as np
import polars as pl

from unrolled.errors import DataError
from unrolled.forecasting.series.dtypes import dtype_from_list, dtype_to_list
from unrolled.forecasting.series.times.calendars import Calendar, calendar_from_dict
from unrolled.forecasting.series.times.month_days import PERIODS
from unrolled.forecasting.series.times.spelling import Spelling
from unrolled.forecasting.series.times.wall_clock import at_time_of_day, in_zone, without_zone
from unrolled.saving import from_untrusted
from unrolled.saving.checked_json import RefusedError

MAX_STEP_UNITS = 1 << 40  # seconds, months or numbers
MAX_CALENDAR_STEPS = 1 << 12
TOLERANCE = 1e-9  # as a fraction of a step
DAY = 86400  # seconds
STEP_NAMES = {
    1: "seconds",
    60: "minutes",
    3600: "hours",
    86400: "days",
    7 * 86400: "weeks",
    900: "quarters of an hour",
    1800: "half hours",
}
LONGER_UNITS = {7 * 86400: "weeks", 86400: "days", 3600: "hours", 60: "minutes"}
SEASONS = {  # season lengths in steps, by the seconds or months of a step
    "seconds": {60: 60, 900: 96, 1800: 48, 3600: 24, 86400: 7, 7 * 86400: 52},
    "months": {1: 12, 3: 4},
}


@dataclass(frozen=True)
class Timeline:
    """Evenly spaced times, each with a whole position counted from the first.

    Attributes:
        unit: The unit of the spacing: whole numbers, seconds, months, or steps of a calendar.
        every: The spacing, in this unit.
        anchor: The time at position 0: a number, or a date and time.
        dtype: The type of the column, in which `times` returns times.
        clock: The time zone of times that are evenly spaced in UTC; None where they are evenly
            spaced on the wall clock.
        ends: Whether the times are the last days of their months.
        calendar: The calendar whose steps are counted, such as that of business days.
        spelling: How the column writes its times, if it holds text, numbers or periods.
    """

    unit: Literal["numbers", "seconds", "months", "calendar"]
    every: int
    anchor: Any
    dtype: Any
    clock: str | None = None
    ends: bool = False
    calendar: Calendar | None = None
    spelling: Spelling | None = None

    def positions(self, times: pl.Series) -> Any:
        """Return times as whole positions (n), NaN for times between two steps.

        Raises:
            DataError: They are of another kind than those of this timeline.
        """
        self._refuse_other_kind(times)
        local = self._local(times)
        if self.calendar is not None:
            index, is_step = self.calendar.index(local.dt.timestamp("us").to_numpy())
            distance = index - self._calendar_anchor(self.calendar)
        else:
            distance = count_units(local, self.unit) - count_units(self._anchor(), self.unit)
        steps = distance / self.every
        positions = np.round(steps)
        between = np.abs(np.subtract(steps, positions, out=steps), out=steps) > TOLERANCE
        if self.calendar is not None:
            between |= ~is_step
        if self.unit == "months":
            between |= self._off_day(local)
        positions[between] = np.nan
        return positions

    def times(self, positions: Any) -> pl.Series:
        """Return the times at whole positions (n)."""
        count = np.asarray(positions, dtype=np.int64) * self.every
        steps = pl.Series(count)
        if self.unit == "numbers":
            return steps + int(self.anchor)
        anchor = self._anchor()[0]
        if self.calendar is not None:
            stamps = self.calendar.stamps(count + self._calendar_anchor(self.calendar))
            times = pl.Series(stamps.astype(np.int64)).cast(pl.Datetime("us"))
        elif self.unit == "months":
            times = pl.select(
                pl.lit(anchor).dt.offset_by(pl.lit(steps).cast(pl.String) + "mo")
            ).to_series()
            times = times.dt.month_end() if self.ends else times
        else:
            times = pl.select(pl.lit(anchor) + pl.duration(seconds=pl.lit(steps))).to_series()
        if self.clock is not None:
            times = times.dt.replace_time_zone("UTC").dt.convert_time_zone(self.clock)
        elif zone := getattr(self.dtype, "time_zone", None):
            times = in_zone(times, zone)
        return times.cast(self.dtype)

    def written_times(self, positions: Any) -> pl.Series:
        """Return the times at whole positions (n) as the column writes them."""
        times = self.times(positions)
        return times if self.spelling is None else self.spelling.write(times)

    @property
    def frequency(self) -> str:
        """The spacing in words."""
        if self.calendar is not None:
            return self.calendar.describe(self.every)
        names = {"numbers": {}, "seconds": STEP_NAMES, "months": PERIODS}[self.unit]
        if self.every in names:
            return names[self.every]
        if self.unit == "numbers":
            return "steps" if self.every == 1 else f"steps of {self.every}"
        for size, name in LONGER_UNITS.items() if self.unit == "seconds" else ():
            if self.every % size == 0:
                return f"every {self.every // size} {name}"
        return f"every {self.every} {self.unit}"

    @property
    def season(self) -> int | None:
        """The usual season length in steps at this frequency; None where there is none."""
        if self.calendar is not None:
            return self.calendar.season(self.every)
        return SEASONS.get(self.unit, {}).get(self.every)

    def to_dict(self) -> dict[str, Any]:
        """Return the timeline as JSON."""
        anchor = self.anchor.isoformat() if isinstance(self.anchor, datetime) else self.anchor
        optional = {"calendar": self.calendar, "spelling": self.spelling}
        return {
            "unit": self.unit,
            "every": self.every,
            "anchor": anchor,
            "dtype": dtype_to_list(self.dtype),
            "clock": self.clock,
            "ends": self.ends,
            **{name: part.to_dict() for name, part in optional.items() if part is not None},
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
        calendar, spelling = parsed.pop("calendar", None), parsed.pop("spelling", None)
        line = replace(
            from_untrusted(cls, parsed, "timeline"),
            calendar=None if calendar is None else calendar_from_dict(calendar),
            spelling=None if spelling is None else Spelling.from_dict(spelling),
        )
        has_dates = isinstance(anchor, datetime)
        is_possible = has_dates != (line.unit == "numbers")
        is_possible &= (line.calendar is not None) == (line.unit == "calendar")
        limit = MAX_STEP_UNITS if line.calendar is None else MAX_CALENDAR_STEPS
        if not 1 <= line.every <= limit or not is_possible:
            raise RefusedError(
                f"the timeline has steps of {line.every} {line.unit} from {anchor!r}, which is"
                " impossible"
            )
        try:
            line.written_times([0, 1])
        except pl.exceptions.PolarsError as error:
            reason = str(error).splitlines()[0]
            raise RefusedError(f"the timeline has no times of its type ({reason})") from None
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

    def _calendar_anchor(self, calendar: Calendar) -> int:
        """Return the number of the anchor's step in the calendar."""
        return int(calendar.index(self._anchor().dt.timestamp("us").to_numpy())[0][0])

    def _local(self, times: pl.Series) -> pl.Series:
        """Return times without their zone; a skipped time of the day is put back."""
        is_daily = self.unit == "months" or (self.unit == "seconds" and self.every % DAY == 0)
        if self.clock is not None or not getattr(times.dtype, "time_zone", None):
            return without_zone(times, utc=self.clock is not None)
        if self.unit == "calendar" or is_daily:
            return at_time_of_day(times, int(self._anchor().dt.timestamp("us")[0]) % (DAY * 10**6))
        return without_zone(times, utc=False)


def count_units(times: pl.Series, unit: str) -> Any:
    """Return times as counts of a unit (n)."""
    if unit == "numbers":
        return times.to_numpy().astype(np.int64)
    if unit == "months":
        return (times.dt.year().cast(pl.Int64) * 12 + times.dt.month()).to_numpy()
    return times.dt.epoch("us").to_numpy() / 1e6
