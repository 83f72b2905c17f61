"""What a person gave a forecaster, checked: the columns, the table, the levels of intervals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from unrolled.data.formats.read import read
from unrolled.errors import SettingError, quote_names
from unrolled.forecasting.series.panel import Layout

Names = str | Sequence[str]
Levels = tuple[int, ...]


def layout(given: Mapping[str, Any]) -> Layout:
    """Return which columns are what, by the settings of a forecaster.

    Raises:
        SettingError: A column is named twice, or there is no target.
    """
    targets, past, future, static = (
        _names(given[name]) for name in ("target", "past", "future", "static")
    )
    found = Layout(targets, given["time"], given["id"], past, future, static)
    names = [n for n in (found.time, found.id, *found.numbers, *static) if n is not None]
    twice = {name for name in names if names.count(name) > 1}
    if twice or not targets:
        raise SettingError(
            f"got {quote_names(sorted(twice))} more than once among target, time, id, past, future and"
            " static, expected each column once."
            if twice
            else "got no target, expected the column to forecast."
        )
    if found.time is None and "step" in names:
        raise SettingError(
            "got a column named 'step' and no time, expected another name: forecasts number"
            " their steps in a column of that name. Rename it, or name the column of times."
        )
    return found


def _names(names: Names) -> tuple[str, ...]:
    """Return one or several names."""
    return (names,) if isinstance(names, str) else tuple(names)


def table(data: Any, layout: Layout) -> pl.DataFrame:
    """Return data as a table; the index of a pandas frame is read where `time` or `id` name it.

    An index of times without a name is the column `time`.
    """
    index: Any = getattr(data, "index", None)
    if hasattr(index, "names"):  # pandas
        wanted = {layout.time, layout.id} - {None, *data.columns}
        if list(index.names) == [None] and index.dtype.kind == "M" and layout.time in wanted:
            data = data.rename_axis(layout.time)
        if wanted & set(data.index.names):
            data = data.reset_index()
    return read(data)


def percents(level: Any) -> Levels:
    """Return levels; refuse those that are no percentages."""
    several = isinstance(level, Iterable) and not isinstance(level, str)
    given: list[Any] = list(level) if several else [level]
    for one in given:
        whole = isinstance(one, int | np.integer) and not isinstance(one, bool)
        if not (whole and 1 <= one < 100):
            raise SettingError(
                f"got level={one!r}, expected whole percents from 1 to 99, such as [80, 95]."
            )
    return tuple(int(one) for one in given)
