"""Dates and times that are written as text, in any order that a whole column settles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from unrolled.errors import DataError

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = "mon|tue|wed|thu|fri|sat|sun"
MONTH = "(?:" + "|".join(MONTHS) + r")[a-z]*\.?"
TIME = (
    r"(?:[t ,]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?P<fraction>[.,]\d{1,9})?)?"
    r"\s*(?P<half>[ap]\.?m\.?)?)?\s*(?P<zone>z|utc|gmt|[+-]\d{2}:?\d{2}|[+-]\d{2})?"
)
LAYOUTS = (  # three parts between equal marks; a month by its name; a year and a month
    r"(?P<a>\d{1,4})(?P<mark>[-/. ])(?P<b>\d{1,2})[-/. ](?P<c>\d{1,4})\.?",
    rf"(?P<a>\d{{1,4}})(?:st|nd|rd|th|\.)?[-/. ]*(?P<b>{MONTH})[-/., ]*(?P<c>\d{{1,4}})",
    rf"(?P<b>{MONTH})[-/. ]*(?P<a>\d{{1,2}})(?:st|nd|rd|th)?[-/., ]+(?P<c>\d{{2,4}})",
    rf"(?P<b>{MONTH})[-/., ]*(?P<c>\d{{4}})",
    r"(?P<a>\d{4})[-/.](?P<b>\d{1,2})",
)
ORDERS = {"day": ("%d", "%m", "%Y"), "month": ("%m", "%d", "%Y"), "year": ("%Y", "%m", "%d")}
PIVOT = 69  # two digits from this one on are of the 20th century, as in POSIX


@dataclass(frozen=True)
class _Parts:
    """The parts of dates that are written in one layout.

    Attributes:
        frame: The parts as text: `a`, `b`, `c` and those of the time.
        named: Whether the month is written as a word, in `b`.
    """

    frame: pl.DataFrame
    named: bool

    @property
    def mark(self) -> str:
        """The character between the parts of the first date."""
        return str(self.frame["mark"][0]) if "mark" in self.frame.columns else ""


def parse_dates(column: pl.Series, date_format: str | None = None) -> pl.Series | None:
    """Return text as dates, or as dates and times; None if it is none that can be read.

    Text whose year comes first, or whose month is a word, has one reading. `13/1/2011` in any row
    says that the day comes first, and `1/13/2011` that the month does; between points (`1.2.2011`)
    the day comes first.

    Args:
        column: Text, nothing of it missing.
        date_format: How the dates are written, such as `%d.%m.%Y`; None infers it.

    Raises:
        DataError: Two orders fit every row; or a row does not fit `date_format`. It is named.

    Example:
        >>> parse_dates(pl.Series("t", ["1/2/2011", "1/13/2011"])).to_list()
        [datetime.date(2011, 1, 2), datetime.date(2011, 1, 13)]
    """
    if date_format is not None:
        return _parse_stated(column, date_format)
    plain = column.str.strip_chars().str.to_lowercase()
    plain = plain.str.replace(rf"^(?:{WEEKDAYS})[a-z]*\.?,?\s+", "")
    parts = _split(plain)
    if parts is None:
        return None
    readings = {}
    for order in _orders(parts):
        dates = _build(parts, order)
        if dates is not None:
            readings[order] = dates
    if not readings:
        return None
    if len(readings) > 1:
        raise _ambiguous_error(column, parts, list(readings))
    return readings.popitem()[1].alias(column.name)


def dates_if_all(column: pl.Series, date_format: str) -> pl.Series:
    """Return text as dates if every cell that is there is written in a format; else as it is."""
    filled = column.drop_nulls()
    if filled.is_empty():
        return column
    dates = _strptime(column.str.strip_chars(), date_format)
    return column if dates is None or dates.null_count() > column.null_count() else dates


def _parse_stated(column: pl.Series, date_format: str) -> pl.Series:
    """Return dates that are all written in a stated format."""
    dates = _strptime(column.str.strip_chars(), date_format)
    wrong = np.flatnonzero((column.is_null() if dates is None else dates.is_null()).to_numpy())
    if dates is None or len(wrong):
        row = int(wrong[0]) if len(wrong) else 0
        raise DataError(
            f"column '{column.name}', row {row + 1}: the date {column[row]!r} is not written as"
            f" {date_format}, which was stated. Correct the row, or state another date format."
        )
    return dates


def _strptime(column: pl.Series, date_format: str) -> pl.Series | None:
    """Return text as dates in a format, null where it does not fit; None for unknown formats."""
    has_day = any(code in date_format for code in ("%d", "%e", "%j", "%D", "%F", "%c", "%x", "%s"))
    has_time = any(code in date_format for code in ("%H", "%I", "%T", "%R", "%c", "%s", "%M"))
    form, text = (date_format, column) if has_day else (f"{date_format} %d", column + " 01")
    kind: Any = pl.Datetime("us") if has_time else pl.Date
    if "%z" in form or "%Z" in form:
        kind = pl.Datetime("us", "UTC")
    try:
        return text.str.strptime(kind, form, strict=False)
    except pl.exceptions.PolarsError:
        return None


def _split(plain: pl.Series) -> _Parts | None:
    """Return the parts of dates that are all written in one layout; None if they are not."""
    for layout in LAYOUTS:
        if not plain.str.contains(f"^{layout}{TIME}$").all():
            continue
        groups = plain.str.extract_groups(f"^{layout}{TIME}$").struct.unnest()
        same = "mark" not in groups.columns or groups["mark"].n_unique() == 1
        return _Parts(groups, MONTH in layout) if same else None
    return None


def _orders(parts: _Parts) -> list[str]:
    """Return the orders in which dates of a layout may be written."""
    names, frame = parts.frame.columns, parts.frame
    if "c" not in names or "a" not in names:
        return ["year"]
    first = frame["a"].str.len_chars()
    if parts.named:
        return ["year"] if (first > 2).all() else ["day"]
    if (first > 2).all():
        return ["year"]
    last = frame["c"].str.len_chars()
    if (first > 2).any() or ((last > 2) != (last[0] > 2)).any():
        return []
    if parts.mark == ".":
        return ["day"]
    return ["day", "month"] + (["year"] if last[0] <= 2 and parts.mark == "-" else [])


def _build(parts: _Parts, order: str) -> pl.Series | None:
    """Return the dates in an order; None if one of them is impossible."""
    frame = parts.frame
    first = pl.repeat("1", frame.height, eager=True)  # day of the month, where there is none
    if "a" not in frame.columns or "c" not in frame.columns:
        day, month, year = first, frame["b"], frame["c" if "c" in frame.columns else "a"]
    else:
        a, b, c = (frame[name] for name in "abc")
        day, month, year = {"day": (a, b, c), "month": (b, a, c), "year": (c, b, a)}[order]
    if parts.named:
        numbers = {name: str(i) for i, name in enumerate(MONTHS, 1)}
        month = month.str.slice(0, 3).replace_strict(numbers, default=None)
    text = _full_year(year) + "-" + month.str.zfill(2) + "-" + day.str.zfill(2)
    dates = text.str.strptime(pl.Date, "%Y-%m-%d", strict=False)
    if dates.null_count():
        return None
    return dates if frame["hour"].null_count() == frame.height else _with_times(dates, frame)


def _full_year(year: pl.Series) -> pl.Series:
    """Return years with four digits; two digits are of 1969 to 2068."""
    number = year.cast(pl.Int64)
    century = pl.when(number >= PIVOT).then(1900 + number).otherwise(2000 + number)
    full = pl.when(year.str.len_chars() <= 2).then(century).otherwise(number)
    return pl.select(full).to_series().cast(pl.String).str.zfill(4)


def _with_times(dates: pl.Series, frame: pl.DataFrame) -> pl.Series | None:
    """Return dates with their times of day; None if one of these is impossible."""
    hour = frame["hour"].fill_null("0").cast(pl.Int64)
    half = frame["half"]
    if half.is_not_null().any():
        if half.is_null().any() or not hour.is_between(1, 12).all():
            return None
        hour = hour % 12 + 12 * half.str.starts_with("p").cast(pl.Int64)
    minute = frame["minute"].fill_null("0").cast(pl.Int64)
    second = frame["second"].fill_null("0").cast(pl.Int64)
    if not (hour.is_between(0, 23) & (minute < 60) & (second < 60)).all():
        return None
    fraction = ("0" + frame["fraction"].fill_null(".0").str.replace(",", ".", literal=True)).cast(
        pl.Float64
    )
    micro = ((hour * 60 + minute) * 60 + second) * 1_000_000 + (fraction * 1e6).round().cast(
        pl.Int64
    )
    times = dates.cast(pl.Datetime("us")) + micro.cast(pl.Duration("us"))
    return _in_utc(times, frame["zone"])


def _in_utc(times: pl.Series, zone: pl.Series) -> pl.Series | None:
    """Return times in UTC if they have a zone; None if only some of them have one."""
    if zone.null_count() == len(zone):
        return times
    if zone.null_count():
        return None
    digits = zone.str.replace_all("[^0-9]", "").str.pad_end(4, "0")
    minutes = digits.str.slice(0, 2).cast(pl.Int64) * 60 + digits.str.slice(2, 2).cast(pl.Int64)
    sign = pl.select(pl.when(zone.str.starts_with("-")).then(-1).otherwise(1)).to_series()
    shift = (minutes * sign * 60_000_000).cast(pl.Duration("us"))
    return (times - shift).dt.replace_time_zone("UTC")


def _ambiguous_error(column: pl.Series, parts: _Parts, orders: list[str]) -> DataError:
    """Return the error for dates that two orders fit."""
    mark, short = parts.mark, parts.frame["c"].str.len_chars()[0] <= 2
    forms = []
    for order in orders:
        form = mark.join(ORDERS[order])
        forms.append(form.replace("%Y", "%y") if short else form)
    if parts.frame["hour"].null_count() == 0:
        has_seconds, is_half = (parts.frame[n].null_count() == 0 for n in ("second", "half"))
        clock = ("%I:%M" if is_half else "%H:%M") + (":%S" if has_seconds else "")
        forms = [f"{form} {clock}{' %p' if is_half else ''}" for form in forms]
    words = {"day": "day first", "month": "month first", "year": "year first"}
    options = " or ".join(f"--date-format '{form}'" for form in forms)
    return DataError(
        f"column '{column.name}', row 1: the date {column[0]!r} may be written"
        f" {' or '.join(words[order] for order in orders)}, and no row of the column settles it."
        f" State which: {options} (in Python: unrolled.read(..., date_format='{forms[0]}'))."
    )
