"""What is observed: rows become steps that follow those of their series, or are refused."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl

from unrolled.data.formats.raw_table import note
from unrolled.errors import DataError, quote_names
from unrolled.forecasting.live.followed import Followed
from unrolled.forecasting.live.latest_steps import LatestSteps
from unrolled.forecasting.series.arguments import read_table
from unrolled.forecasting.series.layout import Layout
from unrolled.forecasting.series.panel import MAX_GAPS, Panel
from unrolled.forecasting.series.reading.from_frame import panel_from_frame
from unrolled.forecasting.series.reading.stated_steps import StatedSteps
from unrolled.forecasting.series.scaling import transform_targets
from unrolled.forecasting.series.static_features import StaticEncoder

MAX_MISSING = 1000  # steps between the last step of a series and the next row, and `MAX_GAPS` a row


@dataclass(frozen=True)
class Reading:
    """How rows are read.

    Attributes:
        like: The series of `fit`, whose columns and times the rows have.
        stated: The steps that rows are combined into, if there are any.
        transform: The function that is applied to the targets before they are scaled.
        static_encoder: How static columns become numbers.
    """

    like: Panel
    stated: StatedSteps | None
    transform: str
    static_encoder: StaticEncoder

    def read(self, rows: Any, ids: Collection[Any]) -> Panel:
        """Return rows as the steps of series.

        Args:
            rows: A dict of one step, or a table.
            ids: The ids of the series that are followed.

        Raises:
            DataError: A column is missing, or a value cannot be used; it is named.
        """
        layout = self.like.layout
        if isinstance(rows, Mapping) and all(np.ndim(cell) == 0 for cell in rows.values()):
            rows = {name: [cell] for name, cell in rows.items()}
        frame = read_table(rows, layout)
        if layout.static and not set(layout.static) & set(frame.columns):
            layout = replace(layout, static=())
        panel = panel_from_frame(
            frame,
            layout,
            known=self.like.timeline,
            ids=_ids_in(frame, layout, ids),
            stated=self.stated,
            what="observation",
        )
        transform_targets(panel, self.transform)  # which refuses values outside of its range
        is_new = np.array([name not in ids for name in panel.ids])
        if is_new.any():
            self._check_new(panel.select_series(is_new))
        return panel

    def _check_new(self, panel: Panel) -> None:
        """Refuse series that were never seen before and cannot be forecast."""
        static = self.like.layout.static
        if static and not panel.static:
            raise DataError(
                f"the series '{panel.ids[0]}' is new, and its first row must have a value of"
                f" {quote_names(static)}. Add the column."
            )
        self.static_encoder.encode(panel)
        panel.trim_unknown()


def _ids_in(frame: pl.DataFrame, layout: Layout, ids: Collection[Any]) -> list[Any]:
    """Return the ids of the series that a table can have: all of them where one of it is new."""
    if layout.id is not None and layout.id in frame.columns:
        cells: list[Any] = frame[layout.id].unique().to_list()
        if all(cell in ids for cell in cells):
            return cells
    return list(ids)


def check_order(panel: Panel, followed: Followed) -> None:
    """Refuse steps that are not after those of their series, and static values that differ.

    Args:
        panel: The new steps.
        followed: The series that are followed.

    Raises:
        DataError: A step is late, doubled, or too far ahead; it is named with the expected one.
    """
    of_series = followed.like.layout.of_series
    for name, start, count in zip(panel.ids, panel.starts, panel.lengths, strict=True):
        steps = followed.steps.get(name)
        if steps is None:
            continue
        if start < steps.next:
            raise _not_next(int(start), steps, of_series(name), followed)
        limit = MAX_MISSING + MAX_GAPS * count
        if start - steps.next > limit:
            when, expected = followed.written_times([start, steps.next])
            raise DataError(
                f"the step {when}{of_series(name)} is {start - steps.next} steps after the next"
                f" one, {expected}, and at most {limit} can be missing. Nothing was changed."
                " Correct the time, or give the rows between in one table with it."
            )
    static = {column.name: column for column in followed.static}
    places = {name: i for i, name in enumerate(followed.steps)}
    for column in panel.static:
        for name, value in zip(panel.ids, column, strict=True):
            before = static[column.name][places[name]] if name in places else value
            if value != before:
                raise DataError(
                    f"'{column.name}' is {value!r}, but it was {before!r} before{of_series(name)},"
                    " and a static column never changes. Nothing was changed. Correct the row, or"
                    " leave the column out."
                )


def _not_next(position: int, steps: LatestSteps, of_series: str, followed: Followed) -> DataError:
    """Return the error for a step that is doubled or late."""
    when, expected = followed.written_times([position, steps.next])
    if steps.has_values(position):
        return DataError(
            f"the step {when}{of_series} was observed before, and the next one is {expected}."
            " Nothing was changed. Leave the row out."
        )
    return DataError(
        f"the step {when}{of_series} comes too late: later steps were observed, and the next one is"
        f" {expected}. Nothing was changed. Leave the row out."
    )


def note_missing(panel: Panel, followed: Followed) -> None:
    """Say which steps between the last step of a series and the first new one have no row."""
    for name, start in zip(panel.ids, panel.starts, strict=True):
        steps = followed.steps.get(name)
        if steps is None or start == steps.next:
            continue
        count = int(start - steps.next)
        first, last = followed.written_times([steps.next, start - 1])
        which = f"the step {first}" if count == 1 else f"{count} steps from {first} to {last}"
        verb = "has no row and counts" if count == 1 else "have no rows and count"
        note([f"{which}{followed.like.layout.of_series(name)} {verb} as missing"])


def continued(panel: Panel, followed: Followed) -> Panel:
    """Return rows without times as the steps that follow those of their series."""
    steps = [followed.steps.get(name) for name in panel.ids]
    known = np.array([0 if own is None else own.next for own in steps])
    return replace(panel, starts=panel.starts + known)
