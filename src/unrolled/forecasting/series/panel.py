"""Panels: series of evenly spaced steps, end to end, from a table whose rows are the steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from unrolled.data.block import Array
from unrolled.errors import DataError, did_you_mean, quote_names
from unrolled.forecasting.series.dtypes import values_from_dict, values_to_dict
from unrolled.forecasting.series.layout import Layout
from unrolled.forecasting.series.infer_timeline import infer_timeline
from unrolled.forecasting.series.timeline import Timeline
from unrolled.forecasting.series.times.parse import parse_times
from unrolled.saving import check_array
from unrolled.saving.checked_json import RefusedError

MAX_POSITION, MAX_SPAN = 1 << 40, 1 << 22  # in a saved model
MAX_GAPS = 20  # after gaps are filled, steps for each row of the table
ROW, SERIES, PLACE = "\0row", "\0series", "\0place"  # no column of a table has such a name


@dataclass(frozen=True)
class Panel:
    """Series of evenly spaced steps, end to end; NaN where there is no value.

    Attributes:
        layout: The columns they are from.
        timeline: Their times.
        ids: The id of each series (s).
        starts: The position of each series' first step in the timeline (s).
        offsets: Where each series begins, and the end (s+1).
        values: The columns `layout.numeric` (n k).
        static: The columns `layout.static`, a value for each series (s).
    """

    layout: Layout
    timeline: Timeline
    ids: tuple[Any, ...]
    starts: Array
    offsets: Array
    values: Array
    static: tuple[pl.Series, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the arrays, as JSON."""
        return {
            "layout": self.layout.to_dict(),
            "ids": values_to_dict(self.ids),
            "timeline": self.timeline.to_dict(),
            "static": {column.name: column.to_list() for column in self.static},
        }

    def arrays(self) -> dict[str, Array]:
        """Return the arrays by name."""
        return {"values": self.values, "starts": self.starts, "offsets": self.offsets}

    @classmethod
    def from_dict(cls, state: dict[str, Any], arrays: Mapping[str, Array]) -> Panel:
        """Return the panel that `to_dict` and `arrays` wrote.

        Raises:
            RefusedError: The arrays do not fit the columns, the series or each other.
        """
        panel = cls(
            Layout.from_dict(state["layout"]),
            Timeline.from_dict(state["timeline"]),
            values_from_dict(state["ids"]),
            arrays["starts"],
            arrays["offsets"],
            arrays["values"],
            tuple(pl.Series(name, values) for name, values in state["static"].items()),
        )
        _check_untrusted(panel)
        return panel

    @property
    def lengths(self) -> Array:
        """Steps of each series (s)."""
        return np.diff(self.offsets)

    @property
    def ends(self) -> Array:
        """The position after each series' last step in the timeline (s)."""
        return self.starts + self.lengths

    @property
    def targets(self) -> Array:
        """The values to be forecast (n c)."""
        return self.values[:, : len(self.layout.targets)]

    def slice_steps(self, first: Array, last: Array) -> Panel:
        """Return the steps from `first` to before `last` of each series (s)."""
        first, last = np.maximum(first, 0), np.minimum(last, self.lengths)
        pieces = [
            self.values[self.offsets[i] + a : self.offsets[i] + b]
            for i, (a, b) in enumerate(zip(first, last, strict=True))
        ]
        offsets = np.concatenate([[0], np.cumsum(np.maximum(last - first, 0))])
        values = pieces[0] if len(pieces) == 1 else np.concatenate(pieces)  # no copy of a long one
        return replace(self, starts=self.starts + first, offsets=offsets, values=values)

    def select_series(self, selected: Array) -> Panel:
        """Return some of the series (s, bool)."""
        rows = np.repeat(selected, self.lengths)
        return replace(
            self,
            ids=tuple(name for name, keep in zip(self.ids, selected, strict=True) if keep),
            starts=self.starts[selected],
            offsets=np.concatenate([[0], np.cumsum(self.lengths[selected])]),
            values=self.values[rows],
            static=tuple(column.filter(pl.Series(selected)) for column in self.static),
        )

    def trim_unknown(self) -> Panel:
        """Return the steps of each series from the first to the last that has some target."""
        some: Array = np.asarray(~np.isnan(self.targets).all(axis=1))
        first, last = np.zeros(len(self.ids), int), self.lengths.copy()
        for i, (a, b) in enumerate(zip(self.offsets, self.offsets[1:], strict=False)):
            known = np.flatnonzero(some[a:b])
            first[i], last[i] = (known[0], known[-1] + 1) if len(known) else (0, 0)
        if not last.all():
            name = f" of the series '{self.ids[int(np.argmin(last))]}'" if self.layout.id else ""
            raise DataError(
                f"no row{name} has a value of {quote_names(self.layout.targets)}. Give values, or"
                " leave the series out."
            )
        if not first.any() and (last == self.lengths).all():
            return self
        return self.slice_steps(first, last)

    def refuse_constant(self) -> None:
        """Refuse series whose targets have one value each: there is nothing to forecast.

        Raises:
            DataError: All series are constant.
        """
        for a, b in zip(self.offsets, self.offsets[1:], strict=False):
            targets = self.targets[a:b]
            if (np.fmax.reduce(targets) > np.fmin.reduce(targets)).any():  # which ignore NaN
                return
        raise DataError(
            f"{quote_names(self.layout.targets)} has one and the same value in all rows of a"
            " series, so there is nothing to learn. Check which column is named as target."
        )

    def extend(self, steps: int) -> Panel:
        """Return the series with some more steps at their ends, without values."""
        empty = np.full((steps, self.values.shape[1]), np.nan, self.values.dtype)
        series = [self.values[a:b] for a, b in zip(self.offsets, self.offsets[1:], strict=False)]
        values = np.concatenate([part for own in series for part in (own, empty)])
        return replace(
            self, offsets=self.offsets + steps * np.arange(len(self.offsets)), values=values
        )

    def pad_start(self, steps: int) -> Panel:
        """Return the series, with the first row of shorter ones repeated up to `steps`."""
        more = np.maximum(steps - self.lengths, 0)
        if not more.any():
            return self
        repeats = np.ones(len(self.values), int)
        repeats[self.offsets[:-1]] += more
        offsets = self.offsets + np.concatenate([[0], np.cumsum(more)])
        values = np.repeat(self.values, repeats, axis=0)
        return replace(self, starts=self.starts - more, offsets=offsets, values=values)

    def index_columns(self, first: Array, steps: int) -> pl.DataFrame:
        """Return the ids and times of some steps of each series, as columns.

        Args:
            first: The first of the steps within each series (s).
            steps: The number of steps of each series.
        """
        layout, columns = self.layout, []
        if layout.id is not None:
            columns.append(pl.Series(layout.id, [i for i in self.ids for _ in range(steps)]))
        positions = (self.starts + first)[:, None] + np.arange(steps)
        times = self.timeline.times(positions.reshape(-1))
        return pl.DataFrame([*columns, times.alias(layout.time or "step")])


def panel_from_frame(
    frame: pl.DataFrame, layout: Layout, *, known: Timeline | None = None, what: str = "data"
) -> Panel:
    """Return the rows of a table as series.

    Rows may stand in any order. A step without a row becomes a step without values.

    Args:
        frame: The table, as `read` returns it.
        layout: The roles of its columns.
        known: The timeline of the data that a model was fitted on; None infers it.
        what: What to call the table in an error.

    Raises:
        DataError: A column is missing or holds no numbers, two rows of a series have one time, or
            times are not evenly spaced; the row is named.
    """
    _refuse_unusable_columns(frame, layout, what)
    ids, series = _number_series(frame, layout)
    columns = dict.fromkeys(
        n for n in (layout.time, layout.id, *layout.numeric, *layout.static) if n
    )
    rows = frame.select(*columns).with_row_index(ROW).with_columns(series)
    if layout.time is None:
        places = rows.select(pl.int_range(pl.len()).over(SERIES)).to_series()
        rows = rows.with_columns(places.cast(pl.Int64).alias(PLACE))
    else:
        rows = rows.with_columns(parse_times(frame[layout.time]).alias(PLACE))
    if not _is_sorted(rows):
        rows = rows.sort(SERIES, PLACE, maintain_order=True)
    times = rows[PLACE].alias(layout.time or "step")
    _refuse_duplicate_times(rows, layout)
    timeline = known or infer_timeline(times, rows[SERIES].to_numpy())
    positions = timeline.positions(times)
    _refuse_uneven_times(rows, positions, timeline, layout)
    positions = positions.astype(np.int64)
    _refuse_duplicate_times(rows.with_columns(pl.Series(PLACE, positions)), layout)
    return _fill_gaps(rows, layout, timeline, ids, positions)


def _number_series(frame: pl.DataFrame, layout: Layout) -> tuple[tuple[Any, ...], pl.Series]:
    """Return the id of each series, in the order of its first row, and each row's series number."""
    if layout.id is None:
        return ("all",), pl.repeat(0, frame.height, dtype=pl.Int32, eager=True).alias(SERIES)
    names = frame[layout.id]
    missing = np.flatnonzero(names.is_null().to_numpy())
    if len(missing):
        raise DataError(
            f"row {missing[0] + 1}: '{layout.id}' is missing, so nothing says which series the row"
            " belongs to. Fill it in, or drop the row."
        )
    ids = names.unique(maintain_order=True)
    number = pl.DataFrame({"i": ids, SERIES: np.arange(len(ids), dtype=np.int32)})
    joined = pl.DataFrame({"i": names}).join(number, on="i", how="left", maintain_order="left")
    return tuple(ids.to_list()), joined[SERIES]


def _is_sorted(rows: pl.DataFrame) -> bool:
    """Return whether rows stand by series, and in each by time."""
    series, place = pl.col(SERIES), pl.col(PLACE)
    later = (series > series.shift()) | ((series == series.shift()) & (place >= place.shift()))
    return bool(rows.select(later.all()).item())


def _fill_gaps(
    rows: pl.DataFrame, layout: Layout, timeline: Timeline, ids: tuple[Any, ...], positions: Array
) -> Panel:
    """Return sorted rows as series in which every step has its place."""
    series = rows[SERIES].to_numpy()
    first = np.searchsorted(series, np.arange(len(ids)))
    last = np.concatenate([first[1:], [len(series)]]) - 1
    starts = positions[first]
    lengths = positions[last] - starts + 1
    if lengths.sum() > MAX_GAPS * len(rows) + 1000:
        raise DataError(
            f"most steps have no row: the times are {timeline.frequency}, with {len(rows)} rows"
            f" for {lengths.sum()} steps. Check `time` and `id`, or take sums or means over longer"
            " steps first."
        )
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


def _refuse_unusable_columns(frame: pl.DataFrame, layout: Layout, what: str) -> None:
    """Refuse a table that lacks a column, or that has text where numbers are needed."""
    others = [name for name in (layout.time, layout.id) if name is not None]
    for name in (*others, *layout.numeric, *layout.static):
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
        infinite = np.flatnonzero(np.isinf(column.cast(pl.Float64).to_numpy()))
        if len(infinite):
            raise DataError(
                f"row {infinite[0] + 1}: '{name}' is infinite. Correct it, or leave the cell empty."
            )


def _refuse_duplicate_times(rows: pl.DataFrame, layout: Layout) -> None:
    """Refuse two rows of a series with one time, of sorted rows."""
    again = (pl.col(SERIES) == pl.col(SERIES).shift()) & (pl.col(PLACE) == pl.col(PLACE).shift())
    duplicates = rows.select(again.fill_null(value=False)).to_series().arg_true()
    if not len(duplicates):
        return
    pair = rows[int(duplicates[0]) - 1 : int(duplicates[0]) + 1]
    series = f" of the series '{pair[layout.id][0]}'" if layout.id else ""
    zone = getattr(pair[PLACE].dtype, "time_zone", None)
    is_wall_clock = pair[PLACE].dtype == pl.Datetime and not zone
    raise DataError(
        f"rows {pair[ROW][0] + 1} and {pair[ROW][1] + 1}{series} have the same time"
        f" {pair[PLACE][0]}. "
        + ("Drop one." if layout.id else "Name the column of series ids as `id`, or drop one.")
        + (
            " If it is the hour that clocks are set back, give times with their zone."
            if is_wall_clock
            else ""
        )
    )


def _refuse_uneven_times(
    rows: pl.DataFrame, positions: Array, timeline: Timeline, layout: Layout
) -> None:
    """Refuse a time that lies between two steps."""
    wrong = np.flatnonzero(np.isnan(positions))
    if not len(wrong):
        return
    row = int(wrong[0])
    raise DataError(
        f"row {rows[ROW][row] + 1}: the time {rows[PLACE][row]} in '{layout.time}' lies between two"
        f" steps: the others are {timeline.frequency}, and {len(wrong)} of {len(rows)} rows lie"
        " between. All series need the same even spacing. Correct the row, or take sums or means"
        " over longer steps first."
    )


def _check_untrusted(panel: Panel) -> None:
    """Refuse a panel from a file whose parts do not fit together, or that would take much memory.

    Raises:
        RefusedError: The first part that does not fit.
    """
    count, columns = len(panel.ids), len(panel.layout.numeric)
    if not panel.layout.targets or not count or len(set(panel.ids)) < count:
        raise RefusedError("it has no target column, no series, or two series with one id")
    check_array("starts", panel.starts, (count,), "integers")
    check_array("offsets", panel.offsets, (count + 1,), "integers")
    check_array("values", panel.values, (len(panel.values), columns), "floats")
    ends, starts = panel.offsets, panel.starts
    if ends[0] != 0 or ends[-1] != len(panel.values) or (np.diff(ends) < 1).any():
        raise RefusedError("'offsets' does not divide the values into series")
    if (np.abs(starts) > MAX_POSITION).any():
        raise RefusedError("'starts' has a position that is out of range")
    span = (starts + panel.lengths).max() - starts.min()
    if span > max(MAX_SPAN, MAX_GAPS * len(panel.values)):
        raise RefusedError(
            f"its series extend over {span} steps, too many for the {len(panel.values)} that have"
            " values"
        )
    names = tuple(column.name for column in panel.static)
    if names != panel.layout.static or any(len(column) != count for column in panel.static):
        raise RefusedError("its static columns are not those of its layout")
