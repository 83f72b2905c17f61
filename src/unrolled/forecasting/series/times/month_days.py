"""Steps on the same days of every month: the 30th, the last business day, the third Friday."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from unrolled.data.block import Array
from unrolled.forecasting.series.times.open_days import DAY, MONDAY, WEEKDAYS, whole_season
from unrolled.saving import from_untrusted, lists_to_tuples
from unrolled.saving.checked_json import RefusedError

FIRST_BUSINESS_DAY, LAST_BUSINESS_DAY = "first business day", "last business day"
ORDINALS = {"first": 0, "second": 1, "third": 2, "fourth": 3}
PERIODS = {1: "months", 3: "quarters", 6: "half years", 12: "years"}
MAX_RULES = 31


@dataclass(frozen=True)
class MonthDays:
    """Steps on one or several days of each month.

    Attributes:
        rules: The days in order, as text: `30` for the 30th or the last day of a shorter month,
            `first business day`, `last business day`, `third Friday` or `last Friday`.
        time: The time of the day in microseconds.
        loose: Whether any day of a month counts as its step, since holidays move some of them.

    Example:
        >>> days = MonthDays(("30",))
        >>> days.stamps(np.array([1])).astype("M8[us]").astype("M8[D]").tolist()
        [datetime.date(1970, 2, 28)]
    """

    rules: tuple[str, ...]
    time: int = 0
    loose: bool = False

    def index(self, stamps: Array) -> tuple[Array, Array]:
        """Return the number of each stamp's step (n), and whether the stamp is one (n).

        Args:
            stamps: Microseconds since 1970 on the wall clock (n).
        """
        day, time = np.divmod(stamps, DAY)
        month = months_of(day)
        if self.loose:
            return month, time == self.time
        is_rule = np.stack([rule_days(rule, month) == day for rule in self.rules])
        return month * len(self.rules) + is_rule.argmax(axis=0), is_rule.any(axis=0) & (
            time == self.time
        )

    def stamps(self, index: Array) -> Array:
        """Return the stamps of steps by their numbers (n)."""
        month, rank = np.divmod(index, len(self.rules))
        days = np.choose(rank, [rule_days(rule, month) for rule in self.rules])
        return np.asarray(days * DAY + self.time)

    def describe(self, every: int) -> str:
        """Return the steps in words, as a plural."""
        if len(self.rules) > 1:
            days = " and ".join(map(_name_rule, self.rules))
            return f"days of the month (the {days})" + (f", every {every}" if every > 1 else "")
        period = PERIODS.get(every, f"every {every} months")
        clamped = " or the last day" if self.rules[0] in ("29", "30") else ""
        return f"{period} (the {_name_rule(self.rules[0])}{clamped} of the month)"

    def season(self, every: int) -> int | None:
        """Return the steps of a year."""
        steps = 12 * len(self.rules)
        return whole_season(steps, every)

    def to_dict(self) -> dict[str, Any]:
        """Return the calendar as JSON."""
        return {"kind": "days of the month", **asdict(self)}

    @classmethod
    def from_dict(cls, state: Any) -> MonthDays:
        """Return the calendar that `to_dict` wrote.

        Raises:
            RefusedError: It is not such a calendar.
        """
        calendar = from_untrusted(cls, lists_to_tuples(state), "calendar")
        rules = calendar.rules
        if not 0 < len(rules) <= MAX_RULES or not all(map(_is_rule, rules)):
            raise RefusedError(
                "a calendar names no day of the month, too many, or one that does not exist"
            )
        if not 0 <= calendar.time < DAY or (calendar.loose and len(rules) > 1):
            raise RefusedError("the time of a calendar is out of range")
        return calendar


def months_of(days: Array) -> Array:
    """Return the months since 1970 of days since 1970 (n)."""
    return days.astype("M8[D]").astype("M8[M]").astype(np.int64)


def rule_days(rule: str, month: Array) -> Array:
    """Return the day since 1970 that a rule names in each month (n)."""
    first, last = _first_days(month), _first_days(month + 1) - 1
    first_weekday, last_weekday = (first + MONDAY) % 7, (last + MONDAY) % 7
    ordinal, _, name = rule.partition(" ")
    if rule.isdecimal():
        days = np.minimum(first + int(rule) - 1, last)
    elif rule == FIRST_BUSINESS_DAY:
        days = first + np.array([0, 0, 0, 0, 0, 2, 1])[first_weekday]
    elif rule == LAST_BUSINESS_DAY:
        days = last - np.array([0, 0, 0, 0, 0, 1, 2])[last_weekday]
    elif ordinal == "last":
        days = last - (last_weekday - WEEKDAYS.index(name)) % 7
    else:
        days = first + (WEEKDAYS.index(name) - first_weekday) % 7 + 7 * ORDINALS[ordinal]
    return np.asarray(days)


def _first_days(month: Array) -> Array:
    """Return the first day of each month, in days since 1970 (n)."""
    return np.asarray(month).astype("M8[M]").astype("M8[D]").astype(np.int64)


def _is_rule(rule: str) -> bool:
    """Return whether a text names a day of the month."""
    if rule.isdecimal():
        return len(rule) <= 2 and 1 <= int(rule) <= 31
    ordinal, _, name = rule.partition(" ")
    is_weekday = ordinal in (*ORDINALS, "last") and name in WEEKDAYS
    return is_weekday or rule in (FIRST_BUSINESS_DAY, LAST_BUSINESS_DAY)


def _name_rule(rule: str) -> str:
    """Return a day of the month in words."""
    if not rule.isdecimal():
        return rule
    number = int(rule)
    if number == 31:
        return "last day"
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10 if number // 10 != 1 else 0, "th")
    return f"{number}{ending}"
