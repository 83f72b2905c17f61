"""Dates in any order that a whole column settles; the others are asked for."""

from datetime import date, datetime

import polars as pl
import pytest

from unrolled.data.formats.dates import parse_dates
from unrolled.errors import DataError

DAYS = [date(2011, 11, day) for day in range(1, 29)]


@pytest.mark.parametrize(
    "form",
    [
        *("%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%d.%m.%y", "%m-%d-%Y", "%Y.%m.%d", "%Y/%m/%d"),
        *("%d-%b-%Y", "%d %B %Y", "%d. %B %Y", "%B %d, %Y", "%b-%d-%Y", "%d%b%Y", "%d-%b-%y"),
        *("%a, %d %b %Y", "%A %d %B %Y", "%m/%d/%y"),
    ],
)
def test_the_order_is_found_from_all_rows(form):
    assert parse_dates(pl.Series("t", [day.strftime(form) for day in DAYS])).to_list() == DAYS


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("13/1/2011 4:05 PM", datetime(2011, 1, 13, 16, 5)),
        ("13/1/2011 12:00 AM", datetime(2011, 1, 13)),
        ("13.1.2011 16:05:30", datetime(2011, 1, 13, 16, 5, 30)),
        ("2011.01.13 16:05:30.5", datetime(2011, 1, 13, 16, 5, 30, 500_000)),
        ("13-Jan-2011, 16:05", datetime(2011, 1, 13, 16, 5)),
    ],
)
def test_times_of_the_day(text, time):
    assert parse_dates(pl.Series("t", [text])).to_list() == [time]


def test_times_with_a_zone_are_in_utc():
    times = parse_dates(pl.Series("t", ["Thu, 13 Jan 2011 16:05:00 +0100"]))
    assert str(times.dtype.time_zone) == "UTC"
    assert times[0].hour == 15


@pytest.mark.parametrize(
    ("cells", "options"),
    [
        (["1/2/2011", "3/4/2011"], "--date-format '%d/%m/%Y' or --date-format '%m/%d/%Y'"),
        (["1/2/2011 1:00 PM"], "--date-format '%d/%m/%Y %I:%M %p'"),
        (["01-02-03"], "or --date-format '%y-%m-%d'"),
    ],
)
def test_two_orders_that_fit_are_refused_with_the_option(cells, options):
    with pytest.raises(DataError) as caught:
        parse_dates(pl.Series("t", cells))
    assert str(caught.value).startswith(f"column 't', row 1: the date {cells[0]!r} may be written")
    assert options in str(caught.value)


def test_a_stated_format_names_the_row_that_does_not_fit():
    cells = pl.Series("t", ["1/2/2011", "3/14/2011"])
    assert parse_dates(cells, "%m/%d/%Y").to_list() == [date(2011, 1, 2), date(2011, 3, 14)]
    with pytest.raises(DataError, match=r"column 't', row 2: the date '3/14/2011' is not written"):
        parse_dates(cells, "%d/%m/%Y")


@pytest.mark.parametrize(
    "cells", [["x"], [""], ["13/13/2011"], ["1/2/2011", "1-2-2011"], ["25:61"], ["1.2.3.4"]]
)
def test_what_is_no_date_is_none(cells):
    assert parse_dates(pl.Series("t", cells)) is None
