"""Steps at the ends of fiscal months, quarters or years of whole weeks, such as 4-4-5 weeks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from unrolled.data.block import Array
from unrolled.forecasting.series.times.month_days import rule_days
from unrolled.forecasting.series.times.open_days import DAY, MONDAY, WEEKDAYS, whole_season
from unrolled.saving import from_untrusted, lists_to_tuples
from unrolled.saving.checked_json import RefusedError

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
PATTERNS = {(4, 4, 5): 4, (4, 5, 4): 4, (5, 4, 4): 4, (13,): 4, (52,): 1}  # times in a year
FIRST_YEAR, LAST_YEAR = 1800, 2300


@dataclass(frozen=True)
class FiscalWeeks:
    """A step for each period of a fiscal year of 52 or 53 weeks.

    Attributes:
        weeks: The weeks of each period, which repeat through the year.
        weekday: The day of the week on which years end, 0 for Monday.
        month: The month in which, or near whose end, years end, from 1.
        nearest: Whether a year ends on the day nearest to the end of the month, not on the last.
        extra: The quarter, from 1, whose last period has the extra week of a year of 53 weeks.
        starts: Whether steps are dated on the first day of their period, not on the last.
        time: The time of the day in microseconds.
    """

    weeks: tuple[int, ...]
    weekday: int
    month: int
    nearest: bool
    extra: int = 4
    starts: bool = False
    time: int = 0

    @cached_property
    def _days(self) -> Array:
        """The days of all steps from `FIRST_YEAR` to `LAST_YEAR`, in order."""
        months = (np.arange(FIRST_YEAR, LAST_YEAR) - 1970) * 12 + self.month - 1
        ends = rule_days(f"last {WEEKDAYS[self.weekday]}", months)
        if self.nearest:
            last = rule_days("31", months)
            ends = last + (self.weekday - (last + MONDAY) % 7 + 3) % 7 - 3
        repeats = PATTERNS[self.weeks]
        pattern = np.tile(self.weeks, repeats)
        years = np.tile(pattern, (len(ends) - 1, 1))
        extra_place = len(self.weeks) * (self.extra if repeats > 1 else 1) - 1
        years[:, extra_place] += (np.diff(ends) == 371).astype(int)
        days = ends[:-1, None] + 7 * np.cumsum(years, axis=1)
        if self.starts:
            days = np.concatenate([ends[:-1, None], days[:, :-1]], axis=1) + 1
        return np.asarray(days.reshape(-1))

    def index(self, stamps: Array) -> tuple[Array, Array]:
        """Return the number of each stamp's step (n), and whether the stamp is one (n).

        Args:
            stamps: Microseconds since 1970 on the wall clock (n).
        """
        day, time = np.divmod(stamps, DAY)
        place = np.minimum(np.searchsorted(self._days, day), len(self._days) - 1)
        return place, (self._days[place] == day) & (time == self.time)

    def stamps(self, index: Array) -> Array:
        """Return the stamps of steps by their numbers (n)."""
        return np.asarray(self._days[np.clip(index, 0, len(self._days) - 1)] * DAY + self.time)

    def describe(self, every: int) -> str:
        """Return the steps in words, as a plural."""
        periods = f"periods of {'-'.join(map(str, self.weeks))} weeks"
        rule = "nearest to the end of" if self.nearest else "last in"
        year = f"years end on the {WEEKDAYS[self.weekday]} {rule} {MONTHS[self.month - 1]}"
        return f"{'' if every == 1 else f'every {every} '}{periods} ({year})"

    def season(self, every: int) -> int | None:
        """Return the steps of a year."""
        steps = len(self.weeks) * PATTERNS[self.weeks]
        return whole_season(steps, every)

    def to_dict(self) -> dict[str, Any]:
        """Return the calendar as JSON."""
        return {"kind": "fiscal weeks", **asdict(self)}

    @classmethod
    def from_dict(cls, state: Any) -> FiscalWeeks:
        """Return the calendar that `to_dict` wrote.

        Raises:
            RefusedError: It is not such a calendar.
        """
        calendar = from_untrusted(cls, lists_to_tuples(state), "calendar")
        in_range = 0 <= calendar.weekday < 7 and 1 <= calendar.month <= 12
        in_range = in_range and 1 <= calendar.extra <= 4 and 0 <= calendar.time < DAY
        if calendar.weeks not in PATTERNS or not in_range:
            raise RefusedError("the fiscal year of a calendar is impossible")
        return calendar


def infer_fiscal_weeks(
    days: Array, time: int, patterns: Iterable[tuple[int, ...]] = PATTERNS
) -> FiscalWeeks | None:
    """Return the fiscal year whose periods end or begin on all of some days (n); None if none does.

    Args:
        days: Days since 1970.
        time: Their time of the day in microseconds.
        patterns: The weeks of the periods that come into question.
    """
    weekday = int((days[0] + MONDAY) % 7)
    for starts in (False, True):
        end = (weekday - 1) % 7 if starts else weekday
        for weeks in patterns:
            for extra in (4, 1, 2, 3) if PATTERNS[weeks] > 1 else (4,):
                for month in range(1, 13):
                    for nearest in (False, True):
                        calendar = FiscalWeeks(weeks, end, month, nearest, extra, starts, time)
                        place, is_step = calendar.index(days * DAY + time)
                        if is_step.all() and (np.diff(np.unique(place)) <= 2).all():
                            return calendar
    return None
