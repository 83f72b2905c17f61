"""From a table whose rows are steps to series of evenly spaced steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from unrolled.data.block import Array
from unrolled.errors import DataError
from unrolled.forecasting.series.infer_timeline import MIN_FILLED, infer_timeline
from unrolled.forecasting.series.layout import Layout
from unrolled.forecasting.series.panel import MAX_GAPS, Panel
from unrolled.forecasting.series.reading.covariates import encode_categories, with_categories
from unrolled.forecasting.series.reading.ids import number_series
from unrolled.forecasting.series.reading.refusals import (
    PLACE,
    ROW,
    SERIES,
    refuse_duplicate_times,
    refuse_mostly_empty,
    refuse_uneven_times,
    refuse_unusable_columns,
)
from unrolled.forecasting.series.reading.stated_steps import StatedSteps
from unrolled.forecasting.series.timeline import Timeline
from unrolled.forecasting.series.times.month_days import MonthDays
from unrolled.forecasting.series.times.open_days import OpenDays
from unrolled.forecasting.series.times.parse import parse_times
from unrolled.forecasting.series.times.spelling import Spelling, infer_spelling

SLACK = 8  # steps of a short series that may have no row


def panel_from_frame(
    frame: pl.DataFrame,
    layout: Layout,
    *,
    known: Timeline | None = None,
    ids: Sequence[Any] = (),
    stated: StatedSteps | None = None,
    what: str = "data",
) -> Panel:
    """Return the rows of a table as series.

    Rows may stand in any order. A step without a row becomes a step without values.

    Args:
        frame: The table, as `read` returns it.
        layout: The roles of its columns.
        known: The timeline of the data that a model was fitted on; None infers it.
        ids: The ids of the series of that data.
        stated: The steps that the user states; None infers them.
        what: What to call the table in an error.

    Raises:
        DataError: A column is missing or holds no numbers, two rows of a series have one time, or
            times are not evenly spaced; the row is named.
    """
    notes: tuple[str, ...] = ()
    if known is None and not layout.categories:
        layout, notes = with_categories(frame, layout)
    frame = encode_categories(frame, layout)
    refuse_unusable_columns(frame, layout, what)
    series_ids, labels, series = number_series(frame, layout, ids, SERIES)
    columns = dict.fromkeys(
        n for n in (layout.time, layout.id, *layout.numeric, *layout.static) if n
    )
    rows = frame.select(*columns).with_row_index(ROW).with_columns(series)
    places, spelling = _times(frame, rows, layout, known)
    rows = rows.with_columns(places.alias(PLACE))
    if not _is_sorted(rows):
        rows = rows.sort(SERIES, PLACE, maintain_order=True)
    if stated is not None and stated.combine is not None:
        rows, note = _combined(rows, layout, stated)
        notes = (note, *notes)
    times = rows[PLACE].alias(layout.time or "step")
    is_known = known is not None
    refuse_duplicate_times(rows, layout, is_known=is_known)
    timeline = known or (stated.timeline(times) if stated else None)
    is_inferred = timeline is None
    timeline = timeline or infer_timeline(times, rows[SERIES].to_numpy())
    positions = timeline.positions(times)
    refuse_uneven_times(rows, positions, timeline, layout, is_known=is_known)
    positions = positions.astype(np.int64)
    refuse_duplicate_times(rows.with_columns(pl.Series(PLACE, positions)), layout, is_known=True)
    max_steps = len(rows) / MIN_FILLED + SLACK if is_inferred else len(rows) * MAX_GAPS + 1000
    panel = _fill_gaps(rows, layout, timeline, series_ids, positions, max_steps)
    moved = int((timeline.times(positions) != times).sum()) if _is_loose(timeline) else 0
    notes = (*_step_notes(panel, rows, moved), *notes)
    is_finer = timeline.dtype == pl.Date and times.dtype == pl.Datetime
    dtype = times.dtype if is_finer else timeline.dtype  # times come out as they went in
    timeline = replace(timeline, spelling=spelling, dtype=dtype)
    return replace(panel, timeline=timeline, labels=labels, notes=notes)


def _times(
    frame: pl.DataFrame, rows: pl.DataFrame, layout: Layout, known: Timeline | None
) -> tuple[pl.Series, Spelling | None]:
    """Return the time of each row, or else its place in its series, and how times are written."""
    if layout.time is None:
        places = rows.select(pl.int_range(pl.len()).over(SERIES)).to_series()
        return places.cast(pl.Int64), None
    times = _parse(frame[layout.time], known)
    return times, infer_spelling(frame[layout.time], times)


def _parse(column: pl.Series, known: Timeline | None) -> pl.Series:
    """Return the times of a column; digits are numbers where they were in the data of `fit`."""
    if known is None:
        return parse_times(column)
    if known.unit == "numbers" and not column.dtype.is_temporal():
        whole = column.cast(pl.Int64, strict=False)
        return parse_times(column) if whole.null_count() else whole
    return parse_times(column, known.spelling, getattr(known.dtype, "time_zone", None))


def _combined(rows: pl.DataFrame, layout: Layout, stated: StatedSteps) -> tuple[pl.DataFrame, str]:
    """Return sorted rows of which those of a step have become one, and what was done."""
    if layout.time is None:
        raise DataError(
            f"every={stated.text!r} needs the times of the rows. Name their column as `time`."
        )
    floored = rows.with_columns(stated.floor(rows[PLACE]).alias(PLACE))
    numbers = list(layout.numeric)
    combined = stated.combined(
        floored.with_columns(pl.col(numbers).cast(pl.Float64)), [SERIES, PLACE], numbers
    )
    note = (
        f"every {stated.text}: {rows.height} rows are combined into {combined.height} steps, each"
        f" the {stated.combine} of its rows"
    )
    return combined, note


def _is_loose(timeline: Timeline) -> bool:
    """Return whether any day of a month counts as its step."""
    return isinstance(timeline.calendar, MonthDays) and timeline.calendar.loose


def _step_notes(panel: Panel, rows: pl.DataFrame, moved: int) -> tuple[str, ...]:
    """Return what was found about the steps, in a sentence."""
    missing, total = len(panel.values) - rows.height, len(panel.values)
    if panel.layout.time is None or (panel.timeline.unit == "numbers" and not missing):
        return ()
    parts = [f"steps: {panel.timeline.frequency}"]
    if missing:
        holidays = ", such as holidays" if isinstance(panel.timeline.calendar, OpenDays) else ""
        parts.append(f"{missing} of {total} have no row{holidays}, and count as missing values")
    if moved:
        parts.append(f"{moved} of {rows.height} rows are on other days of their months")
    return ("; ".join(parts),)


def _is_sorted(rows: pl.DataFrame) -> bool:
    """Return whether rows stand by series, and in each by time."""
    series, place = pl.col(SERIES), pl.col(PLACE)
    later = (series > series.shift()) | ((series == series.shift()) & (place >= place.shift()))
    return bool(rows.select(later.all()).item())


def _fill_gaps(
    rows: pl.DataFrame,
    layout: Layout,
    timeline: Timeline,
    ids: tuple[Any, ...],
    positions: Array,
    max_steps: float,
) -> Panel:
    """Return sorted rows as series in which every step has its place."""
    series = rows[SERIES].to_numpy()
    first = np.searchsorted(series, np.arange(len(ids)))
    last = np.concatenate([first[1:], [len(series)]]) - 1
    starts = positions[first]
    lengths = positions[last] - starts + 1
    refuse_mostly_empty(rows, timeline, int(lengths.sum()), max_steps)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    columns = [rows[name].cast(pl.Float64).to_numpy() for name in layout.numeric]
    if offsets[-1] == len(rows):  # no gaps: a single column is not copied
        values = columns[0][:, None] if len(columns) == 1 else np.stack(columns, axis=1)
    else:
        values = np.full((offsets[-1], len(columns)), np.nan)
        values[offsets[series] + positions - starts[series]] = np.stack(columns, axis=1)
    return Panel(layout, timeline, ids, starts, offsets, values, _static_values(rows, layout))


def _static_values(rows: pl.DataFrame, layout: Layout) -> tuple[pl.Series, ...]:
    """Return the value of each static column for each series; refuse one that is not constant."""
    for name in layout.static:
        cell = pl.col(name)
        differs = cell.is_null() | cell.ne_missing(cell.first().over(SERIES))
        is_float = rows[name].dtype.is_float()
        wrong = rows.filter(differs | ~cell.is_finite() if is_float else differs)
        if wrong.height:
            series = f" of the series '{wrong[layout.id][0]}'" if layout.id else ""
            raise DataError(
                f"row {wrong[ROW][0] + 1}: '{name}' is {wrong[name][0]!r}, but a static column"
                f" must have one value in every row{series}. Correct the row, or name the column"
                " as past or future."
            )
    first_rows = rows.unique(SERIES, keep="first", maintain_order=True) if layout.static else rows
    return tuple(first_rows[name] for name in layout.static)
