"""From a column of a table to times: dates, dates and times, or whole numbers."""

from __future__ import annotations

import numpy as np
import polars as pl

from unrolled.data.formats.dates import parse_dates
from unrolled.data.tables.cells import first_row
from unrolled.errors import DataError
from unrolled.forecasting.series.times.spelling import INTEGER_PATTERNS, Spelling
from unrolled.forecasting.series.times.wall_clock import find_zone

FORMATS = (
    *("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"),
    *("%Y-%m-%d", "%Y/%m/%d", "%Y/%m/%d %H:%M", "%Y/%m/%d %H:%M:%S", "%Y-%m", "%Y/%m"),
)
YEARS = (1800, 2200)  # in which whole numbers are dates
HOURS = (1900, 2100)  # in which they are dates with hours; seconds since 1970 are not in these
PARTS = {"%Y": 4, "%y": 2, "%m": 2, "%d": 2, "%H": 2, "%M": 2, "%S": 2}  # digits
OFFSET = r"[+-]\d{2}:?\d{2}$"


def parse_times(
    column: pl.Series, known: Spelling | None = None, zone: str | None = None
) -> pl.Series:
    """Return a column of times as whole numbers, dates, or dates and times.

    Args:
        column: Whole numbers, dates, times, or text that can be read as one of them.
        known: How the times were written in the data of `fit`, if they were text or numbers.
        zone: The zone of the times there, in which times with offsets are returned.

    Raises:
        DataError: A time is missing or cannot be read; the row is named.

    Example:
        >>> parse_times(pl.Series("ds", ["1949-01", "1949-02"])).to_list()
        [datetime.date(1949, 1, 1), datetime.date(1949, 2, 1)]
    """
    if column.null_count():
        row = first_row(column.is_null().to_numpy())
        raise DataError(
            f"row {row}: the time '{column.name}' is missing. Fill it in, or drop the row."
        )
    if column.dtype.is_float() and np.array_equal(values := column.to_numpy(), np.round(values)):
        column = column.cast(pl.Int64)
    if column.dtype.is_integer():
        times = _from_digits(column.cast(pl.String), known)
        return column.cast(pl.Int64) if times is None else times.alias(column.name)
    if column.dtype in (pl.Date, pl.Datetime):
        return column if column.dtype == pl.Date else column.dt.cast_time_unit("us")
    if column.dtype == pl.String:
        times = _from_digits(column, known)
        times = _parse_text(column, zone) if times is None else times
        return times.alias(column.name)
    raise DataError(
        f"column '{column.name}' holds {column.dtype}, which are no times. Name a column of dates,"
        " dates and times, or whole numbers as `time`."
    )


def _from_digits(text: pl.Series, known: Spelling | None) -> pl.Series | None:
    """Return the dates that digits such as 202401, 20240131 or 2024013113 stand for, if any."""
    digits = len(text[0]) if len(text) else 0
    if digits not in (6, 8, 10, 12, 14) or not text.str.contains(rf"^\d{{{digits}}}$").all():
        return None
    patterns = [known.pattern] if known is not None and known.pattern in INTEGER_PATTERNS else []
    for pattern in (*patterns, *INTEGER_PATTERNS):
        parts = [f"%{letter}" for letter in pattern.split("%")[1:]]
        if sum(PARTS[part] for part in parts) == digits:
            times = _from_parts(text, parts)
            if times is not None:
                return times
    return None


def _from_parts(text: pl.Series, parts: list[str]) -> pl.Series | None:
    """Return the times that digits stand for, part by part; None if one of them is no time."""
    cells, start = {}, 0
    for part in parts:
        cells[part] = text.str.slice(start, PARTS[part])
        start += PARTS[part]
    year = cells["%Y"] if "%Y" in cells else "20" + cells["%y"]
    low, high = HOURS if "%H" in cells else YEARS
    if not year.cast(pl.Int64).is_between(low, high).all():
        return None
    written = year + "-" + cells["%m"] + "-" + cells.get("%d", pl.Series(["01"]))
    if "%H" not in cells:
        times = written.str.to_date("%Y-%m-%d", strict=False)
        return times if times.is_not_null().all() else None
    zero = pl.Series(["00"])
    clock = [cells.get(part, zero) for part in ("%H", "%M", "%S")]
    written = written + " " + clock[0] + ":" + clock[1] + ":" + clock[2]
    times = written.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us")
    return times if times.is_not_null().all() else None


def _parse_text(column: pl.Series, zone: str | None) -> pl.Series:
    """Return the times that texts stand for."""
    unread = column  # the texts that the best format so far could not read
    long_years = column.str.contains(r"^\d{4}")
    for form in FORMATS:
        is_month = form in ("%Y-%m", "%Y/%m")
        text = column + "-01" if is_month else column
        full = f"{form}-%d" if is_month else form
        kind = pl.Datetime("us") if "%H" in form else pl.Date
        times = text.str.strptime(kind, full, strict=False)
        failed = column.filter(times.is_null() | ~long_years)
        if not len(failed):
            return times
        if len(failed) < len(unread):
            unread = failed
    zoned = column.str.to_datetime("%+", strict=False, time_unit="us", time_zone="UTC")
    zoned = zoned if zoned.is_not_null().all() else _with_blank(column)
    if zoned.is_not_null().all():
        return _by_offsets(column, zoned) if zone is None else zoned.dt.convert_time_zone(zone)
    times_in_order = parse_dates(column)
    if times_in_order is not None:
        return times_in_order
    row = first_row((column == unread[0]).to_numpy())
    raise DataError(
        f"row {row}: the time {unread[0]!r} in '{column.name}' cannot be read. Write all times of"
        " the column in one way, such as 2024-01-31, 2024-01-31 13:00 or 2024-01."
    )


def _with_blank(column: pl.Series) -> pl.Series:
    """Return times with offsets whose date and time are divided by a blank."""
    text = column.str.replace(r"^(\d{4}-\d{2}-\d{2}) ", "${1}T")
    return text.str.to_datetime("%+", strict=False, time_unit="us", time_zone="UTC")


def _by_offsets(column: pl.Series, times: pl.Series) -> pl.Series:
    """Return times with offsets: in UTC, but days as the clocks on the wall show them.

    A column of days has one time of the day, whatever the offsets are. Its zone is found from the
    offsets where they change.

    Args:
        column: The texts.
        times: Their times in UTC.
    """
    if not column.str.contains(OFFSET).all():
        return times
    text = column.str.replace(OFFSET, "").str.replace(" ", "T")
    wall = text.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", strict=False, time_unit="us")
    wall = (
        wall if wall.is_not_null().all() else text.str.to_datetime("%Y-%m-%dT%H:%M", strict=False)
    )
    if wall.is_null().any() or wall.dt.time().n_unique() > 1 or wall.dt.date().n_unique() < 2:
        return times
    if column.str.extract(f"({OFFSET})").n_unique() == 1:
        return wall
    zone = find_zone(wall, times)
    return wall if zone is None else times.dt.convert_time_zone(zone)
