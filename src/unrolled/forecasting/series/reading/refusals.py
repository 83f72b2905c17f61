"""Tables that cannot be forecast, refused with their row and what to do."""

from __future__ import annotations

import numpy as np
import polars as pl

from unrolled.data.block import Array
from unrolled.data.tables.cells import first_row
from unrolled.errors import DataError, did_you_mean
from unrolled.forecasting.series.infer_timeline import MIN_FILLED
from unrolled.forecasting.series.layout import Layout
from unrolled.forecasting.series.panel import MAX_GAPS
from unrolled.forecasting.series.reading.stated_steps import own_step, suggest_every
from unrolled.forecasting.series.timeline import Timeline

ROW, SERIES, PLACE = "\0row", "\0series", "\0place"  # no column of a table has such a name


def refuse_unusable_columns(frame: pl.DataFrame, layout: Layout, what: str) -> None:
    """Refuse a table that lacks a column, or that has text where numbers are needed."""
    others = [name for name in (layout.time, layout.id) if name is not None]
    for name in (*others, *layout.at_each_step, *layout.static):
        if name not in frame.columns:
            raise DataError(
                f"the {what} has no column '{name}', which the forecast needs."
                f"{did_you_mean(name, frame.columns)}"
            )
    for name in layout.static:
        dtype = frame[name].dtype
        if not (dtype.is_numeric() or dtype in (pl.Boolean, pl.String)):
            raise DataError(
                f"the static column '{name}' holds {dtype}, which is neither numbers nor text."
                " Convert the column, or leave it out."
            )
    for name in layout.numeric:
        column = frame[name]
        if not (column.dtype.is_numeric() or column.dtype in (pl.Boolean, pl.Null)):
            raise DataError(
                f"column '{name}' holds {column.dtype}, which are no numbers. Convert the column,"
                " or leave it out."
            )
        infinite = np.isinf(column.cast(pl.Float64).to_numpy())
        if infinite.any():
            raise DataError(
                f"row {first_row(infinite)}: '{name}' is infinite. Correct it, or leave the cell"
                " empty."
            )


def refuse_duplicate_times(rows: pl.DataFrame, layout: Layout, *, is_known: bool) -> None:
    """Refuse two rows of a series with one time, of sorted rows."""
    again = (pl.col(SERIES) == pl.col(SERIES).shift()) & (pl.col(PLACE) == pl.col(PLACE).shift())
    duplicates = rows.select(again.fill_null(value=False)).to_series().arg_true()
    if not len(duplicates):
        return
    pair = rows[int(duplicates[0]) - 1 : int(duplicates[0]) + 1]
    series = layout.of_series(pair[layout.id or ROW][0])
    zone = getattr(pair[PLACE].dtype, "time_zone", None)
    is_wall_clock = pair[PLACE].dtype == pl.Datetime and not zone
    is_place = is_known or pair[PLACE].dtype.is_integer()
    combine = "" if is_place else _advise_combine(rows, "even")
    drop = "Drop one" if layout.id else "Name the column of series ids as `id`, or drop one"
    raise DataError(
        f"rows {pair[ROW][0] + 1} and {pair[ROW][1] + 1}{series} have the same time"
        f" {pair[PLACE][0]}. {drop}{combine}."
        + (
            " If it is the hour that comes twice when clocks are set back, give times with their"
            " zone."
            if is_wall_clock
            else ""
        )
    )


def refuse_uneven_times(
    rows: pl.DataFrame, positions: Array, timeline: Timeline, layout: Layout, *, is_known: bool
) -> None:
    """Refuse a time that lies between two steps."""
    wrong = np.flatnonzero(np.isnan(positions))
    if not len(wrong):
        return
    row = int(wrong[0])
    advice = "" if is_known else _advise_combine(rows, "even")
    raise DataError(
        f"row {rows[ROW][row] + 1}: the time {rows[PLACE][row]} in '{layout.time}' lies between two"
        f" steps: the others are {timeline.frequency}, and {len(wrong)} of {len(rows)} rows lie"
        f" between. All series need the same even spacing. Correct the row{advice}."
    )


def refuse_mostly_empty(
    rows: pl.DataFrame, timeline: Timeline, steps: int, max_steps: float
) -> None:
    """Refuse sorted rows that leave more steps without a row than is allowed.

    Args:
        rows: The rows.
        timeline: Their times.
        steps: How many steps there are between the first row of each series and its last.
        max_steps: How many there may be.
    """
    if steps <= max_steps:
        return
    own = own_step(timeline) if steps <= MAX_GAPS * len(rows) else None
    keep = f" To count them as missing values, state the step: every='{own}'." if own else ""
    raise DataError(
        f"most steps have no row: the times are {timeline.frequency}, with {len(rows)} rows for"
        f" {steps} steps. Check `time` and `id`{_advise_combine(rows, 'longer')}.{keep}"
    )


def _advise_combine(rows: pl.DataFrame, steps: str) -> str:
    """Return how to combine sorted rows into steps; empty if no usual step is long enough."""
    times, series = rows[PLACE], rows[SERIES]
    step = suggest_every(times, series, MIN_FILLED)
    if times.dtype.is_integer():
        step = str(max(2, 2 * int(np.median(np.abs(np.diff(times.to_numpy()))))))
    if step is None:
        return ""
    options = f"every='{step}', combine='mean' (--every {step} --combine mean)"
    return f", or combine rows into {steps} steps: {options}"
