"""Panels: series of steps at one distance, end to end, from a table whose rows are the steps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from unrolled.data.block import Array
from unrolled.errors import DataError, did_you_mean, quote_names
from unrolled.forecasting.series.timeline import Timeline, parsed, timeline

MOST_GAPS = 20  # times as many steps as rows that filling gaps may make
ROW, SERIES, PLACE = "\0row", "\0series", "\0place"  # no column is named so


@dataclass(frozen=True)
class Layout:
    """Which columns of a table are what.

    Attributes:
        targets: What is to be forecast.
        time: The times; None where the rows stand in order.
        id: The series that a row is of; None where there is one.
        past: Further columns known up to the present.
        future: Further columns known beforehand.
        static: Further columns, constant within a series.
    """

    targets: tuple[str, ...]
    time: str | None = None
    id: str | None = None
    past: tuple[str, ...] = ()
    future: tuple[str, ...] = ()
    static: tuple[str, ...] = ()

    @property
    def numbers(self) -> tuple[str, ...]:
        """The columns that hold a number at each step."""
        return (*self.targets, *self.past, *self.future)


@dataclass(frozen=True)
class Panel:
    """Series of steps at one distance, end to end; NaN where there is no value.

    Attributes:
        layout: Which columns they are from.
        timeline: Their times.
        ids: What each series is called (s).
        starts: The position of each series' first step in the timeline (s).
        offsets: Where each series begins, and the end (s+1).
        values: The columns `layout.numbers` (n k).
        static: The columns `layout.static`, a value for each series (s).
    """

    layout: Layout
    timeline: Timeline
    ids: tuple[Any, ...]
    starts: Array
    offsets: Array
    values: Array
    static: tuple[pl.Series, ...]

    @property
    def lengths(self) -> Array:
        """Steps of each series (s)."""
        return np.diff(self.offsets)

    @property
    def targets(self) -> Array:
        """The values to be forecast (n c)."""
        return self.values[:, : len(self.layout.targets)]

    def part(self, first: Array, last: Array) -> Panel:
        """Return the steps from `first` to before `last` of each series (s)."""
        first, last = np.maximum(first, 0), np.minimum(last, self.lengths)
        pieces = [
            self.values[self.offsets[i] + a : self.offsets[i] + b]
            for i, (a, b) in enumerate(zip(first, last, strict=True))
        ]
        offsets = np.concatenate([[0], np.cumsum(np.maximum(last - first, 0))])
        values = pieces[0] if len(pieces) == 1 else np.concatenate(pieces)  # no copy of a long one
        return replace(self, starts=self.starts + first, offsets=offsets, values=values)

    def kept(self, which: Array) -> Panel:
        """Return some of the series (s, bool)."""
        rows = np.repeat(which, self.lengths)
        return replace(
            self,
            ids=tuple(name for name, keep in zip(self.ids, which, strict=True) if keep),
            starts=self.starts[which],
            offsets=np.concatenate([[0], np.cumsum(self.lengths[which])]),
            values=self.values[rows],
            static=tuple(one.filter(pl.Series(which)) for one in self.static),
        )

    def known(self) -> Panel:
        """Return the steps of each series from the first to the last with some target."""
        some: Array = np.asarray(~np.isnan(self.targets).all(axis=1))
        first, last = np.zeros(len(self.ids), int), self.lengths.copy()
        for i, (a, b) in enumerate(zip(self.offsets, self.offsets[1:], strict=False)):
            there = np.flatnonzero(some[a:b])
            first[i], last[i] = (there[0], there[-1] + 1) if len(there) else (0, 0)
        if not last.all():
            name = f" of the series '{self.ids[int(np.argmin(last))]}'" if self.layout.id else ""
            raise DataError(
                f"no row{name} has a value of {quote_names(self.layout.targets)}, expected some. Give"
                " values, or leave the series out."
            )
        if not first.any() and (last == self.lengths).all():
            return self
        return self.part(first, last)

    def refuse_constant(self) -> None:
        """Refuse series whose targets have one value each: there is nothing to forecast.

        Raises:
            DataError: All of them are so.
        """
        for a, b in zip(self.offsets, self.offsets[1:], strict=False):
            own = self.targets[a:b]
            if (np.fmax.reduce(own) > np.fmin.reduce(own)).any():  # past NaN
                return
        raise DataError(
            f"{quote_names(self.layout.targets)}: all rows of a series have one value, expected some"
            " that differ. There is nothing to learn: check what is named as target."
        )

    def longer(self, steps: int) -> Panel:
        """Return the series with some more steps, without values."""
        more = np.full((steps, self.values.shape[1]), np.nan, self.values.dtype)
        series = [self.values[a:b] for a, b in zip(self.offsets, self.offsets[1:], strict=False)]
        values = np.concatenate([part for one in series for part in (one, more)])
        return replace(
            self, offsets=self.offsets + steps * np.arange(len(self.offsets)), values=values
        )

    def reaching(self, steps: int) -> Panel:
        """Return the series with their first row repeated before it where they are shorter."""
        more = np.maximum(steps - self.lengths, 0)
        if not more.any():
            return self
        repeats = np.ones(len(self.values), int)
        repeats[self.offsets[:-1]] += more
        offsets = self.offsets + np.concatenate([[0], np.cumsum(more)])
        values = np.repeat(self.values, repeats, axis=0)
        return replace(self, starts=self.starts - more, offsets=offsets, values=values)

    def index(self, first: Array, steps: int) -> pl.DataFrame:
        """Return the ids and times of some steps of each series, as columns.

        Args:
            first: The first of the steps within each series (s).
            steps: How many.
        """
        layout, columns = self.layout, []
        if layout.id is not None:
            columns.append(pl.Series(layout.id, [i for i in self.ids for _ in range(steps)]))
        positions = (self.starts + first)[:, None] + np.arange(steps)
        times = self.timeline.times(positions.reshape(-1))
        return pl.DataFrame([*columns, times.alias(layout.time or "step")])


def panel(
    frame: pl.DataFrame, layout: Layout, *, known: Timeline | None = None, what: str = "data"
) -> Panel:
    """Return a table's rows as series.

    Rows may stand in any order. A step that is left out becomes one without values.

    Args:
        frame: What `read` returned.
        layout: Which of its columns are what.
        known: The timeline of the data that a model was fitted on; None finds it.
        what: What to call the table in an error.

    Raises:
        DataError: A column is missing or holds no numbers, two rows of a series have one time, or
            times are not at one distance; the row is named.
    """
    _check(frame, layout, what)
    ids, series = _ids(frame, layout)
    used = dict.fromkeys(n for n in (layout.time, layout.id, *layout.numbers, *layout.static) if n)
    rows = frame.select(*used).with_row_index(ROW).with_columns(series)
    if layout.time is None:
        places = rows.select(pl.int_range(pl.len()).over(SERIES)).to_series()
        rows = rows.with_columns(places.cast(pl.Int64).alias(PLACE))
    else:
        rows = rows.with_columns(parsed(frame[layout.time]).alias(PLACE))
    if not _in_order(rows):
        rows = rows.sort(SERIES, PLACE, maintain_order=True)
    times = rows[PLACE].alias(layout.time or "step")
    _refuse_double(rows, layout)
    line = known or timeline(times, rows[SERIES].to_numpy())
    positions = line.positions(times)
    _refuse_between(rows, positions, line, layout)
    positions = positions.astype(np.int64)
    _refuse_double(rows.with_columns(pl.Series(PLACE, positions)), layout)
    return _filled(rows, layout, line, ids, positions)


def _ids(frame: pl.DataFrame, layout: Layout) -> tuple[tuple[Any, ...], pl.Series]:
    """Return what each series is called, in the order of its first row, and each row's number."""
    if layout.id is None:
        return ("all",), pl.repeat(0, frame.height, dtype=pl.Int32, eager=True).alias(SERIES)
    names = frame[layout.id]
    unnamed = np.flatnonzero(names.is_null().to_numpy())
    if len(unnamed):
        raise DataError(
            f"row {unnamed[0] + 1}: '{layout.id}' is missing, expected the series"
            " that the row is of. Give it, or drop the row."
        )
    ids = names.unique(maintain_order=True)
    number = pl.DataFrame({"i": ids, SERIES: np.arange(len(ids), dtype=np.int32)})
    joined = pl.DataFrame({"i": names}).join(number, on="i", how="left", maintain_order="left")
    return tuple(ids.to_list()), joined[SERIES]


def _in_order(rows: pl.DataFrame) -> bool:
    """Return whether rows stand by series, and in each by time."""
    series, place = pl.col(SERIES), pl.col(PLACE)
    later = (series > series.shift()) | ((series == series.shift()) & (place >= place.shift()))
    return bool(rows.select(later.all()).item())


def _filled(
    rows: pl.DataFrame, layout: Layout, line: Timeline, ids: tuple[Any, ...], positions: Array
) -> Panel:
    """Return sorted rows as series in which every step has its place."""
    series = rows[SERIES].to_numpy()
    first = np.searchsorted(series, np.arange(len(ids)))
    last = np.concatenate([first[1:], [len(series)]]) - 1
    starts = positions[first]
    lengths = positions[last] - starts + 1
    if lengths.sum() > MOST_GAPS * len(rows) + 1000:
        raise DataError(
            f"the rows stand at {line.spelled} and most of them are missing: {len(rows)} rows for"
            f" {lengths.sum()} steps. Expected steps at one distance. Check `time` and `id`, or"
            " take sums or means over longer steps first."
        )
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    columns = [rows[name].cast(pl.Float64).to_numpy() for name in layout.numbers]
    if offsets[-1] == len(rows):  # no gaps: a single column is not copied
        values = columns[0][:, None] if len(columns) == 1 else np.stack(columns, axis=1)
    else:
        values = np.full((offsets[-1], len(columns)), np.nan)
        values[offsets[series] + positions - starts[series]] = np.stack(columns, axis=1)
    return Panel(layout, line, ids, starts, offsets, values, _static(rows, layout))


def _static(rows: pl.DataFrame, layout: Layout) -> tuple[pl.Series, ...]:
    """Return what is constant within each series, a value for each; refuse what is not."""
    for name in layout.static:
        cell = pl.col(name)
        odd = cell.is_null() | cell.ne_missing(cell.first().over(SERIES))
        wrong = rows.filter(odd | ~cell.is_finite() if rows[name].dtype.is_float() else odd)
        if wrong.height:
            series = f" of the series '{wrong[layout.id][0]}'" if layout.id else ""
            raise DataError(
                f"row {wrong[ROW][0] + 1}: got {wrong[name][0]!r} in '{name}', expected one value"
                f" for every row{series}: it is named as static. Correct the row, or name the"
                " column as past or future."
            )
    each = rows.unique(SERIES, keep="first", maintain_order=True) if layout.static else rows
    return tuple(each[name] for name in layout.static)


def _check(frame: pl.DataFrame, layout: Layout, what: str) -> None:
    """Refuse a table that lacks a column, or whose numbers are none."""
    others = [name for name in (layout.time, layout.id) if name is not None]
    for name in (*others, *layout.numbers, *layout.static):
        if name not in frame.columns:
            raise DataError(
                f"the {what} has no column '{name}', expected it since it is to be forecast or"
                f" forecast by.{did_you_mean(name, frame.columns)}"
            )
    for name in layout.static:
        kind = frame[name].dtype
        if not (kind.is_numeric() or kind in (pl.Boolean, pl.String)):
            raise DataError(
                f"column '{name}' holds {kind}, expected numbers or text for what is static. Give"
                " such, or leave the column out."
            )
    for name in layout.numbers:
        column = frame[name]
        if not (column.dtype.is_numeric() or column.dtype in (pl.Boolean, pl.Null)):
            raise DataError(
                f"column '{name}' holds {column.dtype}, expected numbers: it is to be forecast or"
                " forecast by. Give numbers, or leave the column out."
            )
        wild = np.flatnonzero(np.isinf(column.cast(pl.Float64).to_numpy()))
        if len(wild):
            raise DataError(
                f"row {wild[0] + 1}: '{name}' is infinite, expected a number or nothing."
                " Correct the row."
            )


def _refuse_double(rows: pl.DataFrame, layout: Layout) -> None:
    """Refuse two rows of a series with one time, of rows in order."""
    again = (pl.col(SERIES) == pl.col(SERIES).shift()) & (pl.col(PLACE) == pl.col(PLACE).shift())
    double = rows.select(again.fill_null(value=False)).to_series().arg_true()
    if not len(double):
        return
    twice = rows[int(double[0]) - 1 : int(double[0]) + 1]
    one, other = twice[ROW][0] + 1, twice[ROW][1] + 1
    which = f" of the series '{twice[layout.id][0]}'" if layout.id else ""
    zone = getattr(twice[PLACE].dtype, "time_zone", None)
    clocks = twice[PLACE].dtype == pl.Datetime and not zone
    raise DataError(
        f"rows {one} and {other}{which} have the same time {twice[PLACE][0]}, expected one row for"
        " a time."
        + (
            " Name the column that tells series apart as `id`, or drop one."
            if not layout.id
            else " Drop one."
        )
        + (
            " If it is the hour that clocks are set back, give times with their zone."
            if clocks
            else ""
        )
    )


def _refuse_between(rows: pl.DataFrame, positions: Array, line: Timeline, layout: Layout) -> None:
    """Refuse a time that stands between two steps."""
    wrong = np.flatnonzero(np.isnan(positions))
    if not len(wrong):
        return
    row = int(wrong[0])
    raise DataError(
        f"row {rows[ROW][row] + 1}: the time {rows[PLACE][row]} in '{layout.time}' is not at one"
        f" distance ({line.spelled}) from the others; so are {len(wrong)} of {len(rows)} rows."
        " Expected steps at one distance, in all series the same. Correct the row, or take sums or"
        " means over longer steps first."
    )
