"""The column of times of a table whose rows are steps: it orders the steps of an example."""

from __future__ import annotations

import numpy as np
import polars as pl

from unrolled.data.block import Array
from unrolled.data.formats.dates import parse_dates
from unrolled.data.tables.cells import first_row, is_known
from unrolled.errors import DataError

TIMES_OF_DAY = ("%H:%M:%S%.f", "%H:%M")
MAX_TRIED = 10_000  # rows, to name one that cannot be read
MICROSECONDS_A_DAY = 86_400_000_000


def read_times(column: pl.Series) -> pl.Series:
    """Return times as numbers, or as dates, dates and times, or times of day.

    Args:
        column: Numbers, dates, times, or text that can be read as one of them.

    Raises:
        DataError: A time is missing or cannot be read; the row is named.

    Example:
        >>> read_times(pl.Series("t", ["2", "10"])).to_list()
        [2, 10]
        >>> read_times(pl.Series("t", ["2024-01-31", "2024-02-01"])).dtype
        Date
    """
    missing = ~is_known(column)
    if column.dtype == pl.String:
        missing |= column.str.strip_chars() == ""
    if missing.any():
        raise DataError(
            f"column '{column.name}', row {first_row(missing.to_numpy())}: the time is missing, so"
            " nothing says which step the row is. Fill it in, or leave the row out."
        )
    if column.dtype == pl.String:
        return _read_text(column.str.strip_chars())
    if column.dtype.is_numeric():
        return _compact_dates(column)
    if column.dtype.is_temporal():
        return column
    raise DataError(
        f"column '{column.name}' holds {column.dtype}, which are no times. Name a column of"
        " numbers, dates, or dates and times as `time`."
    )


def elapsed(times: pl.Series, first: Array) -> Array:
    """Return the time since the step before (n), 0 at the first step of each example.

    It is in days for dates and times, and in their own unit for numbers.

    Args:
        times: As `read_times` returns them, in the order of the steps.
        first: Which of them are the first of an example (n).

    Example:
        >>> elapsed(pl.Series([3, 5, 1, 2]), np.array([True, False, True, False])).tolist()
        [0.0, 2.0, 0.0, 1.0]
    """
    numbers = times_as_numbers(times)
    since = np.diff(numbers, prepend=numbers[:1])
    since[first] = 0.0
    return since


def times_as_numbers(times: pl.Series) -> Array:
    """Return times (n), as `read_times` returns them, as numbers: dates and times in days.

    Example:
        >>> times_as_numbers(read_times(pl.Series(["1970-01-02", "1970-01-03"]))).tolist()
        [1.0, 2.0]
    """
    if times.dtype.is_numeric():
        numbers: Array = times.cast(pl.Float64).to_numpy()
        return numbers
    if times.dtype in (pl.Duration, pl.Time):
        unit = 1000 if times.dtype == pl.Time else 1  # a time of day is counted in nanoseconds
        whole = times if times.dtype == pl.Time else times.dt.cast_time_unit("us")
        return whole.cast(pl.Int64).to_numpy() / (MICROSECONDS_A_DAY * unit)
    return times.cast(pl.Datetime("us")).dt.epoch("us").to_numpy() / MICROSECONDS_A_DAY


def _compact_dates(column: pl.Series) -> pl.Series:
    """Return whole numbers of eight digits that are all dates (20240131) as dates."""
    if not column.dtype.is_integer() or not column.is_between(18000101, 22001231).all():
        return column
    days = column.cast(pl.String).str.to_date("%Y%m%d", strict=False)
    return days.alias(column.name) if days.is_not_null().all() else column


def _read_text(column: pl.Series) -> pl.Series:
    """Return the numbers or the times that texts stand for."""
    numbers = column.cast(pl.Float64, strict=False)
    if numbers.is_not_null().all():
        whole = column.cast(pl.Int64, strict=False)
        return numbers if whole.null_count() else _compact_dates(whole)
    for form in TIMES_OF_DAY:
        times = column.str.strptime(pl.Time(), form, strict=False)
        if times.is_not_null().all():
            return times
    dates = parse_dates(column)
    if dates is not None:
        return dates.alias(column.name)
    row = next((i for i in range(min(len(column), MAX_TRIED)) if not _is_date(column[i])), 0) + 1
    raise DataError(
        f"column '{column.name}', row {row}: the time {column[row - 1]!r} cannot be read. Write all"
        " times of the column in one way, such as 2024-01-31 or 2024-01-31 13:00, or as numbers."
    )


def _is_date(text: str) -> bool:
    """Return whether a text by itself can be read as a date."""
    try:
        return parse_dates(pl.Series([text])) is not None
    except DataError:  # in more than one order
        return True
