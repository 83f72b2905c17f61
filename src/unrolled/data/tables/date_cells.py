"""Cells that are dates, as values of the kind `date`."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl

from unrolled.data.formats.dates import parse_dates
from unrolled.data.tables import cells
from unrolled.errors import DataError

_DAY = r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}"
_DATE = rf"^\s*({_DAY})([ T]\d|\s*$)"  # of digits alone: a month in words is text
_ZONE = r"(?<clock>\d:\d{2}(:\d{2}([.,]\d+)?)?)\s*([zZ]|UTC|GMT|[+-]\d{2}(:?\d{2})?)\s*$"
DateArray = np.ndarray[Any, np.dtype[np.datetime64]]


def read_dates(column: pl.Series) -> DateArray:
    """Return one date for each row (b), NaT where the cell is missing.

    A time with a zone is read by the clock of its zone, as it is written.

    Example:
        >>> read_dates(pl.Series("a", ["2024-02-29 12:30", None])).tolist()
        [datetime.datetime(2024, 2, 29, 12, 30), None]
    """
    if column.dtype == pl.Null:
        return np.full(len(column), np.datetime64("NaT", "us"))
    if column.dtype == pl.String:
        return _parse(column)
    if column.dtype not in (pl.Date, pl.Datetime):
        raise cells.wrong_type_error(column, "date", "a date in each row")
    if getattr(column.dtype, "time_zone", None) is not None:
        column = column.dt.replace_time_zone(None)
    return column.cast(pl.Datetime("us")).to_numpy().astype("datetime64[us]")


def _parse(column: pl.Series) -> DateArray:
    """Return dates that are written as text."""
    dates = np.full(len(column), np.datetime64("NaT", "us"))
    filled = (column.is_not_null() & (column.str.strip_chars() != "")).fill_null(False).to_numpy()
    texts = column.filter(pl.Series(filled))
    if texts.is_empty():
        return dates
    with_times = texts.str.contains(r"\d:\d")  # a column may hold both
    for flags in (with_times, ~with_times):
        part = texts.filter(flags)
        if part.is_empty():
            continue
        parsed = parse_dates(part.str.replace(_ZONE, "$clock"))
        if parsed is None:
            raise _not_a_date_error(column, part)
        dates[np.flatnonzero(filled)[flags.to_numpy()]] = read_dates(parsed)
    return dates


def _not_a_date_error(column: pl.Series, texts: pl.Series) -> DataError:
    """Return the error for a text that is no date, or is written otherwise than the others."""
    wrong = next((text for text in texts if not _is_date(text)), texts[-1])
    row = cells.first_row((column == wrong).fill_null(False).to_numpy())
    return DataError(
        f"column '{column.name}', row {row}: {wrong!r} cannot be read as a date in the form of the"
        " other rows. Correct it, leave the cell empty if it is missing, state how the dates are"
        f" written (--date-format, or unrolled.read(..., date_format=...)), or state"
        f" '{column.name}:text'."
    )


def _is_date(text: str) -> bool:
    """Return whether a text is a date by itself."""
    try:
        return parse_dates(pl.Series("date", [text])) is not None
    except DataError:  # a date that can be read in two ways
        return True


def look_like_dates(texts: pl.Series) -> bool:
    """Return whether texts, none of them missing, are digits in the form of dates."""
    return bool(texts.str.contains(_DATE).all())


def are_dates(column: pl.Series) -> bool:
    """Return whether cells are dates: by their type, or digits that can be read in one way.

    Args:
        column: The cells, none of them missing.
    """
    if column.dtype in (pl.Date, pl.Datetime):
        return True
    if column.dtype != pl.String or not look_like_dates(column):
        return False
    try:
        return len(read_dates(column)) > 0
    except DataError:
        return False
