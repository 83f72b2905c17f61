"""The steps to forecast, with what is known of them beforehand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from unrolled.data.block import Array
from unrolled.errors import DataError, SettingError, quote_names
from unrolled.forecasting.series.arguments import table
from unrolled.forecasting.series.panel import Layout, Panel, panel


def with_future(known: Panel, future: Any, horizon: int) -> Panel:
    """Return series with the steps to forecast at their ends.

    Args:
        known: The series.
        future: A table of the columns known beforehand; None where there are none.
        horizon: Steps to forecast.

    Raises:
        DataError: A column or a step is missing; it is named.
        SettingError: A table that nobody has a use for.
    """
    longer, layout = known.longer(horizon), known.layout
    if not layout.future:
        if future is not None:
            raise SettingError(
                "got future, expected none: no column is named as known beforehand. Leave it out,"
                " or name the columns as Forecaster(future=...)."
            )
        return longer
    if future is None:
        raise DataError(
            f"got no future, expected a table of {quote_names(layout.future)} for the steps to forecast:"
            " future=..., or --ahead FILE. `make_future()`, or --make-future FILE, gives one to"
            " fill."
        )
    columns = Layout(layout.future, layout.time, layout.id)
    given = panel(table(future, columns), columns, known=known.timeline, what="future")
    place = {name: i for i, name in enumerate(given.ids)}
    if not place.keys() & set(known.ids):
        raise DataError(
            f"future has the series {given.ids[0]!r} and none of those to forecast, such as"
            f" {known.ids[0]!r}. Name them in '{layout.id}' as in the data; `make_future()` does."
        )
    values = longer.values.copy()
    for i, name in enumerate(known.ids):
        steps = known.starts[i] + known.lengths[i] + np.arange(horizon)
        found = _taken(given, place.get(name), steps if layout.time else np.arange(horizon))
        _refuse_gaps(found, steps, known, name)
        end = longer.offsets[i + 1]
        values[end - horizon : end, len(layout.targets) + len(layout.past) :] = found
    return replace(longer, values=values)


def _taken(given: Panel, series: int | None, steps: Array) -> Array:
    """Return the values of a series at some positions (u k), NaN where it has none."""
    found = np.full((len(steps), given.values.shape[1]), np.nan)
    if series is not None:
        there = steps - given.starts[series]
        inside = (there >= 0) & (there < given.lengths[series])
        found[inside] = given.values[given.offsets[series] + there[inside]]
    return found


def _refuse_gaps(found: Array, steps: Array, known: Panel, name: Any) -> None:
    """Refuse a step of which something is not known."""
    gaps = np.argwhere(np.isnan(found))
    if not len(gaps):
        return
    step, column = gaps[0]
    when = known.timeline.times(steps[[step]])[0]
    series = f" of the series '{name}'" if known.layout.id else ""
    raise DataError(
        f"future has no '{known.layout.future[column]}' for {when}{series}, expected it for each"
        f" of the {len(steps)} steps to forecast. `make_future()` names them."
    )
