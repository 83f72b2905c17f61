"""Steps on some days of the week, and on them at some times of the day."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from unrolled.data.block import Array
from unrolled.saving import from_untrusted, lists_to_tuples
from unrolled.saving.checked_json import RefusedError

DAY = 86_400_000_000  # microseconds
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
BUSINESS_DAYS = (0, 1, 2, 3, 4)
MONDAY = 3  # days from a Monday to 1970-01-01
MAX_TIMES = 1 << 17  # more than the seconds of a day


def whole_season(steps: int, every: int) -> int | None:
    """Return a season of some days or months in steps of `every` of them.

    It is None if the season is no whole number of steps, or a single one.
    """
    return steps // every if steps % every == 0 and steps > every else None


@dataclass(frozen=True)
class OpenDays:
    """A step on each open day of the week, or several at the same times of each of these days.

    Attributes:
        weekdays: The open days, 0 for Monday to 6 for Sunday, in order.
        times: The times of the day in microseconds, in order.

    Example:
        >>> week = OpenDays(BUSINESS_DAYS)
        >>> friday, monday = 1 * DAY, 4 * DAY  # 1970-01-02 and 1970-01-05
        >>> week.index(np.array([friday, monday]))[0].tolist()
        [4, 5]
        >>> week.describe(1)
        'business days (Monday to Friday)'
    """

    weekdays: tuple[int, ...]
    times: tuple[int, ...] = (0,)

    def index(self, stamps: Array) -> tuple[Array, Array]:
        """Return the number of each stamp's step (n), and whether the stamp is one (n).

        Args:
            stamps: Microseconds since 1970 on the wall clock (n).
        """
        day, time = np.divmod(stamps, DAY)
        week, weekday = np.divmod(day + MONDAY, 7)
        rank = np.full(7, -1)
        rank[list(self.weekdays)] = np.arange(len(self.weekdays))
        times = np.array(self.times)
        slot = np.minimum(np.searchsorted(times, time), len(times) - 1)
        is_step = (rank[weekday] >= 0) & (times[slot] == time)
        return (week * len(self.weekdays) + rank[weekday]) * len(times) + slot, is_step

    def stamps(self, index: Array) -> Array:
        """Return the stamps of steps by their numbers (n)."""
        day, slot = np.divmod(index, len(self.times))
        week, rank = np.divmod(day, len(self.weekdays))
        days = week * 7 + np.array(self.weekdays)[rank] - MONDAY
        return np.asarray(days * DAY + np.array(self.times)[slot])

    def describe(self, every: int) -> str:
        """Return the steps in words, as a plural."""
        every_day = len(self.weekdays) == 7
        days = "days" if every_day else f"days ({_name_weekdays(self.weekdays)})"
        if self.weekdays == BUSINESS_DAYS:
            days = f"business {days}"
        if len(self.times) > 1:
            first, last = (_clock_time(self.times[k]) for k in (0, -1))
            days = "every day" if every_day else f"on {days}"
            days = f"{len(self.times)} times from {first} to {last} {days}"
        return days if every == 1 else f"every {every} {days}"

    def season(self, every: int) -> int | None:
        """Return the usual season length: a day, or else a week."""
        steps = len(self.times) if len(self.times) > 1 else len(self.weekdays)
        return whole_season(steps, every)

    def to_dict(self) -> dict[str, Any]:
        """Return the calendar as JSON."""
        return {"kind": "open days", **asdict(self)}

    @classmethod
    def from_dict(cls, state: Any) -> OpenDays:
        """Return the calendar that `to_dict` wrote.

        Raises:
            RefusedError: It is not such a calendar.
        """
        calendar = from_untrusted(cls, lists_to_tuples(state), "calendar")
        for numbers, limit in ((calendar.weekdays, 7), (calendar.times, DAY)):
            rising = all(a < b for a, b in pairwise(numbers))
            if not 0 < len(numbers) <= MAX_TIMES or not rising or numbers[0] < 0:
                raise RefusedError("the days or times of a calendar are not in order")
            if numbers[-1] >= limit:
                raise RefusedError("a day or time of a calendar is out of range")
        return calendar


def _name_weekdays(weekdays: tuple[int, ...]) -> str:
    """Return days of the week in words: a range where they follow each other."""
    names = [WEEKDAYS[day] for day in weekdays]
    if len(names) > 2 and weekdays[-1] - weekdays[0] == len(weekdays) - 1:
        return f"{names[0]} to {names[-1]}"
    gaps = [day for day in range(7) if day not in weekdays]
    if len(names) > 2 and gaps and gaps[-1] - gaps[0] == len(gaps) - 1:
        start, end = (gaps[-1] + 1) % 7, (gaps[0] - 1) % 7  # over the end of the week
        return f"{WEEKDAYS[start]} to {WEEKDAYS[end]}"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _clock_time(time: int) -> str:
    """Return a time of the day in words."""
    minutes, rest = divmod(time // 1_000_000, 60)
    seconds = f":{rest:02d}" if rest else ""
    return f"{minutes // 60:02d}:{minutes % 60:02d}{seconds}"
