"""The steps to forecast, with the values of the future covariates."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl

from unrolled.data.block import Array
from unrolled.errors import DataError, SettingError, quote_names
from unrolled.forecasting.series.arguments import read_table
from unrolled.forecasting.series.layout import Layout
from unrolled.forecasting.series.panel import Panel
from unrolled.forecasting.series.reading.from_frame import panel_from_frame


def future_table(panel: Panel, horizon: int) -> pl.DataFrame:
    """Return the table of future covariates to fill in, for the steps after each series."""
    frame = panel.index_columns(panel.lengths, horizon)
    empty = [
        pl.lit(None, pl.String if name in panel.layout.categories else pl.Float64).alias(name)
        for name in panel.layout.future
    ]
    return frame.with_columns(empty)


def with_future(known: Panel, future: Any, horizon: int) -> Panel:
    """Return series with the steps to forecast added at their ends.

    Args:
        known: The series.
        future: A table of the future covariates; None where there are none.
        horizon: Steps to forecast.

    Raises:
        DataError: A column or a step is missing; it is named.
        SettingError: There is a table, and no future covariate.
    """
    extended, layout = known.extend(horizon), known.layout
    if not layout.future:
        if future is not None:
            raise SettingError(
                "there is a table of future values, but no column was named as a future covariate."
                " Leave the table out, or name its columns: Forecaster(future=...)."
            )
        return extended
    if future is None:
        raise DataError(
            f"the future values of {quote_names(layout.future)} are missing: give a table of them"
            " for the steps to forecast, as future=... or --ahead FILE. `make_future()`, or"
            " --make-future FILE, makes the table to fill in."
        )
    columns = Layout(layout.future, layout.time, layout.id, categories=layout.categories)
    future_panel = panel_from_frame(
        read_table(future, columns),
        columns,
        known=known.timeline,
        ids=known.ids,
        what="future",
    )
    number = {name: i for i, name in enumerate(future_panel.ids)}
    if not number.keys() & set(known.ids):
        raise DataError(
            f"the future has the series {future_panel.ids[0]!r}, but none of those to forecast,"
            f" such as {known.ids[0]!r}. Name them in '{layout.id}' as in the data;"
            " `make_future()` does."
        )
    values = extended.values.copy()
    for i, name in enumerate(known.ids):
        steps = known.starts[i] + known.lengths[i] + np.arange(horizon)
        own = _values_at(
            future_panel, number.get(name), steps if layout.time else np.arange(horizon)
        )
        _refuse_missing(own, steps, known, name)
        end = extended.offsets[i + 1]
        values[end - horizon : end, len(layout.targets) + layout.past_width :] = own
    return replace(extended, values=values)


def _values_at(future_panel: Panel, series: int | None, steps: Array) -> Array:
    """Return the values of a series at some positions (u k), NaN where it has none."""
    values = np.full((len(steps), future_panel.values.shape[1]), np.nan)
    if series is not None:
        step = steps - future_panel.starts[series]
        inside = (step >= 0) & (step < future_panel.lengths[series])
        values[inside] = future_panel.values[future_panel.offsets[series] + step[inside]]
    return values


def _refuse_missing(values: Array, steps: Array, known: Panel, name: Any) -> None:
    """Refuse future values (u k) of which one is missing."""
    missing = np.argwhere(np.isnan(values))
    if not len(missing):
        return
    step, column = missing[0]
    when = known.timeline.times(steps[[step]])[0]
    series = known.layout.of_series(name)
    columns = [name for name in known.layout.future for _ in known.layout.expand([name])]
    raise DataError(
        f"the future has no '{columns[column]}' for {when}{series}. It must have a value for each"
        f" of the {len(steps)} steps to forecast; `make_future()` lists them."
    )
