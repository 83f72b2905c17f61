"""Steps that are stated, such as `1h`: their timeline, and the rows that are combined into each."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from unrolled.errors import DataError, SettingError
from unrolled.forecasting.series.timeline import Timeline
from unrolled.forecasting.series.times.fiscal_weeks import PATTERNS, infer_fiscal_weeks
from unrolled.forecasting.series.times.open_days import BUSINESS_DAYS, DAY, WEEKDAYS, OpenDays
from unrolled.forecasting.series.times.wall_clock import without_zone

COMBINE = ("mean", "sum", "last", "min", "max")
UNITS = {  # by how they are written: the unit of polars, and its seconds or months
    **dict.fromkeys(("s", "sec", "second"), ("s", "seconds", 1)),
    **dict.fromkeys(("min", "minute"), ("m", "seconds", 60)),
    **dict.fromkeys(("h", "hour"), ("h", "seconds", 3600)),
    **dict.fromkeys(("d", "day"), ("d", "seconds", 86400)),
    **dict.fromkeys(("w", "week"), ("w", "seconds", 7 * 86400)),
    **dict.fromkeys(("mo", "month"), ("mo", "months", 1)),
    **dict.fromkeys(("q", "quarter"), ("q", "months", 3)),
    **dict.fromkeys(("y", "year"), ("y", "months", 12)),
}
BUSINESS = ("b", "business days", "business day", "weekdays")
SUGGESTED = ("1min", "5min", "15min", "1h", "6h", "1d", "1w", "1mo", "1q", "1y")


@dataclass(frozen=True)
class StatedSteps:
    """The steps that a user states.

    Attributes:
        text: As they were stated.
        count: The number of units in a step; of numbers, their distance.
        unit: The unit as polars writes it; None for whole numbers, and for days of the week.
        weekdays: The open days of the week, 0 for Monday; empty for other steps.
        weeks: The weeks of the periods of a fiscal year; empty for other steps.
        combine: How the rows of a step become one; None if each step has one row at most.
    """

    text: str
    count: int
    unit: str | None
    weekdays: tuple[int, ...] = ()
    weeks: tuple[int, ...] = ()
    combine: str | None = None

    @classmethod
    def from_settings(cls, every: Any, combine: Any) -> StatedSteps | None:
        """Return the steps that the parameters of a forecaster state; None if they state none.

        Raises:
            SettingError: They cannot be read, or do not fit each other.
        """
        if combine is not None and combine not in COMBINE:
            raise SettingError(
                f"there is no combine={combine!r}: choose one of {', '.join(COMBINE)}."
            )
        if every is None:
            if combine is not None:
                raise SettingError(
                    f"combine={combine!r} needs the length of a step. State it, such as every='1h'."
                )
            return None
        steps = _parse(str(every).strip())
        if steps is None:
            raise SettingError(
                f"every={every!r} is no length of a step. Write it as 15min, 1h, 1d, 1w, 1mo, 1q or"
                " 1y, as days such as Mon-Sat or 'business days', as 4-4-5, or as a whole number if"
                " the times are numbers."
            )
        if combine is not None and (steps.weekdays or steps.weeks):
            raise SettingError(
                f"rows cannot be combined to steps of every={every!r}. Leave combine out, or choose"
                " steps such as 1d or 1w."
            )
        return replace(steps, combine=combine)

    def timeline(self, times: pl.Series) -> Timeline:
        """Return the timeline of times that are sorted within each series.

        Raises:
            DataError: The times are of another kind.
        """
        is_number = not self.unit and not self.weekdays and not self.weeks
        if times.dtype.is_integer() != is_number:
            kind = "whole numbers" if times.dtype.is_integer() else "dates or times"
            raise DataError(
                f"every={self.text!r} does not suit '{times.name}', which holds {kind}. State the"
                " step in their unit."
            )
        if is_number:
            return Timeline("numbers", self.count, int(times[0]), times.dtype)
        local = without_zone(times, utc=False)
        stamp = int(local.dt.timestamp("us")[0])
        if self.weekdays:
            days = OpenDays(self.weekdays, (stamp % DAY,))
            return Timeline("calendar", 1, local[0], times.dtype, calendar=days)
        if self.weeks:
            days_since = local.dt.timestamp("us").to_numpy() // DAY
            fiscal = infer_fiscal_weeks(days_since, stamp % DAY, (self.weeks,))
            if fiscal is None:
                raise DataError(
                    f"the times in '{times.name}' are not those of a fiscal year of"
                    f" {self.text} weeks. Check every=..., or leave it out."
                )
            return Timeline("calendar", 1, local[0], times.dtype, calendar=fiscal)
        _, unit, size = next(value for value in UNITS.values() if value[0] == self.unit)
        if unit == "months":
            return Timeline("months", self.count * size, local[0], times.dtype)
        zone = getattr(times.dtype, "time_zone", None)
        clock = zone if self.count * size % 86400 else None
        anchor = without_zone(times, utc=clock is not None)[0]
        return Timeline("seconds", self.count * size, anchor, times.dtype, clock)

    def floor(self, times: pl.Series) -> pl.Series:
        """Return the beginning of the step in which each time lies (n)."""
        if times.dtype.is_integer():
            return times // self.count * self.count
        if times.dtype == pl.Date and self.unit in ("s", "m", "h"):
            times = times.cast(pl.Datetime("us"))
        return times.dt.truncate(f"{self.count}{self.unit}")

    def combined(self, rows: pl.DataFrame, keys: list[str], numbers: list[str]) -> pl.DataFrame:
        """Return rows of which those with the same keys have become one.

        Args:
            rows: The rows, sorted by time.
            keys: The columns of the keys.
            numbers: The columns of numbers; of all others, the first cell is kept.
        """
        missing_if_none = [
            pl.when(pl.col(name).count() > 0).then(getattr(pl.col(name), str(self.combine))())
            if self.combine == "sum"
            else getattr(pl.col(name).drop_nulls(), str(self.combine))()
            for name in numbers
        ]
        others = [pl.col(n).first() for n in rows.columns if n not in (*keys, *numbers)]
        named = [e.alias(n) for e, n in zip(missing_if_none, numbers, strict=True)]
        return rows.group_by(keys, maintain_order=True).agg(*others, *named)


def own_step(timeline: Timeline) -> str | None:
    """Return how the steps of a timeline are stated; None for those of a calendar."""
    if timeline.unit == "numbers":
        return str(timeline.every)
    units = {text: size for text, unit, size in UNITS.values() if unit == timeline.unit}
    names = {"m": "min"}
    fitting = [text for text in reversed(units) if timeline.every % units[text] == 0]
    if not fitting:
        return None
    return f"{timeline.every // units[fitting[0]]}{names.get(fitting[0], fitting[0])}"


def suggest_every(times: pl.Series, series: Any, min_filled: float) -> str | None:
    """Return the shortest usual step that has rows often enough; None if there is none.

    Args:
        times: Dates or times (n), sorted within each series.
        series: The number of the series of each time (n).
        min_filled: The fraction of steps that need a row.
    """
    if times.dtype.is_integer():
        return None
    for text in SUGGESTED:
        steps = StatedSteps.from_settings(text, "mean")
        if steps is None or (times.dtype == pl.Date and steps.unit in ("s", "m", "h")):
            continue
        floored = pl.DataFrame({"s": series, "t": steps.floor(times)}).unique(maintain_order=True)
        line = steps.timeline(floored["t"])
        span = floored.with_columns(p=pl.Series(line.positions(floored["t"])))
        lengths: Any = span.group_by("s").agg(pl.col("p").max() - pl.col("p").min() + 1)["p"].sum()
        if np.isfinite(lengths) and floored.height >= min_filled * lengths and floored.height > 2:
            return text
    return None


def _parse(text: str) -> StatedSteps | None:
    """Return the steps that a text states; None if it cannot be read."""
    low = text.lower()
    if low.isdecimal() and int(low) > 0:
        return StatedSteps(text, int(low), None)
    if low in BUSINESS:
        return StatedSteps(text, 1, None, BUSINESS_DAYS)
    weeks = tuple(map(int, re.findall(r"\d+", low)))
    if re.fullmatch(r"\d-\d-\d( weeks)?", low) and weeks in PATTERNS:
        return StatedSteps(text, 1, None, (), weeks)
    if match := re.fullmatch(r"([a-z]{3,})\s*(?:-|to|–)\s*([a-z]{3,})", low):
        names = [name.lower() for name in WEEKDAYS]
        ends = [[k for k, name in enumerate(names) if name.startswith(g)] for g in match.groups()]
        if len(ends[0]) == len(ends[1]) == 1:
            first, last = ends[0][0], ends[1][0]
            days = [(first + k) % 7 for k in range((last - first) % 7 + 1)]
            return StatedSteps(text, 1, None, tuple(sorted(days)))
    match = re.fullmatch(r"(\d*)\s*([a-z]+?)s?", low)
    if match and match[2] in UNITS and (match[1] == "" or int(match[1]) > 0):
        return StatedSteps(text, int(match[1] or 1), UNITS[match[2]][0])
    return None
