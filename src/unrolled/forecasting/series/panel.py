"""Panels: series of evenly spaced steps, end to end, from a table whose rows are the steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from unrolled.data.block import Array
from unrolled.errors import DataError, quote_names
from unrolled.forecasting.series.dtypes import values_from_dict, values_to_dict
from unrolled.forecasting.series.layout import Layout
from unrolled.forecasting.series.timeline import Timeline
from unrolled.saving import check_array
from unrolled.saving.checked_json import RefusedError

MAX_POSITION, MAX_SPAN = 1 << 40, 1 << 22  # in a saved model
MAX_GAPS = 20  # in a saved model, and in new data: steps for each row


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
        labels: The ids as the table has them (s); empty where they are `ids`.
        notes: What was found about the times and the covariates, in sentences.
    """

    layout: Layout
    timeline: Timeline
    ids: tuple[Any, ...]
    starts: Array
    offsets: Array
    values: Array
    static: tuple[pl.Series, ...]
    labels: tuple[Any, ...] = ()
    notes: tuple[str, ...] = ()

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
            labels=tuple(name for name, keep in zip(self.labels, selected, strict=False) if keep),
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
            name = self.layout.of_series(self.ids[int(np.argmin(last))])
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
            ids = self.labels or self.ids
            columns.append(pl.Series(layout.id, [i for i in ids for _ in range(steps)]))
        positions = (self.starts + first)[:, None] + np.arange(steps)
        times = self.timeline.written_times(positions.reshape(-1))
        return pl.DataFrame([*columns, times.alias(layout.time or "step")])


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
