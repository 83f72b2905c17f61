"""Wide panels: a series in each row with its times at the top, or a series in each column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

import numpy as np
import polars as pl

from unrolled.data.layouts.columns_as_steps import Steps, match_steps
from unrolled.data.layouts.numbered import NumberedName, dates_of
from unrolled.data.tables import cells
from unrolled.errors import DataError, SettingError
from unrolled.forecasting.series.layout import Layout

MIN_DATES = 3  # columns whose names are dates, for a hint that they are steps


def to_long(frame: pl.DataFrame, layout: Layout, steps: Steps) -> pl.DataFrame:
    """Return a table whose rows are series as one whose rows are steps.

    Args:
        frame: The table: each row is a series, and some of its columns are the steps.
        layout: The roles of columns. The target and the time name what the steps and the names of
            their columns become.
        steps: A pattern (`20*`), a range (`2018-01:2019-12`), or names of the columns.

    Raises:
        SettingError: There are several targets, or covariates, or no id; or no columns match.
        DataError: A column is missing, an id occurs twice, or a step is no number.

    Example:
        >>> wide = pl.DataFrame({"shop": ["a", "b"], "2024-01": [1, 2], "2024-02": [3, 4]})
        >>> layout = Layout(("sold",), "month", "shop")
        >>> to_long(wide, layout, "2024*").rows()[:2]
        [('a', '2024-01', 1.0), ('a', '2024-02', 3.0)]
    """
    _refuse_other_columns(frame, layout)
    kept = [name for name in (layout.id, *layout.static) if name is not None]
    (sequence,) = match_steps(steps, frame, kept).sequences.values()
    columns = sequence.columns
    values = np.stack([cells.read_numbers(frame[name]) for name in columns], axis=1)  # s t
    rows = np.repeat(np.arange(frame.height), len(columns))
    long = frame.select(kept)[rows]
    if layout.time is not None:
        times = _times(columns).alias(layout.time)
        long = long.with_columns(pl.concat([times] * frame.height))
    return long.with_columns(pl.Series(layout.targets[0], values.reshape(-1)).fill_nan(None))


def _times(columns: Sequence[str]) -> pl.Series:
    """Return the times that names of columns are: dates as they are written, or numbers."""
    if dates_of(columns) is not None:
        return pl.Series("time", list(columns))
    numbered = [NumberedName.of(name) for name in columns]
    if None in numbered:
        return pl.Series("time", list(columns))  # which names the one that is no time
    return pl.Series("time", [name.number for name in numbered if name is not None])


def _refuse_other_columns(frame: pl.DataFrame, layout: Layout) -> None:
    """Refuse roles that columns cannot have where the steps are columns."""
    if len(layout.targets) != 1 or layout.past or layout.future:
        raise SettingError(
            "with steps each row of the table is one series, so there is one target, which names"
            " its values, and no past or future column. Leave the others out."
        )
    for name in (layout.id, *layout.static):
        if name is not None and name not in frame.columns:
            raise DataError(f"the data has no column '{name}', which the forecast needs.")
    if layout.id is None and frame.height > 1:
        raise SettingError(
            f"with steps each of the {frame.height} rows is a series. Name the column of their ids"
            " as id."
        )
    if layout.id is None:
        return
    ids = frame[layout.id]
    if ids.is_duplicated().any():
        again = ids.filter(ids.is_duplicated())[0]
        first, second = (ids == again).arg_true()[:2]
        raise DataError(
            f"rows {first + 1} and {second + 1} have the same '{layout.id}' {again!r}, but with"
            " steps each row is a series of its own. Leave one of them out."
        )


def with_matching_targets(layout: Layout, columns: Sequence[str]) -> Layout:
    """Return the roles with the columns that a pattern among the targets matches.

    Raises:
        SettingError: A pattern matches nothing.

    Example:
        >>> with_matching_targets(Layout(("shop_*",), "day"), ["day", "shop_a", "shop_b"]).targets
        ('shop_a', 'shop_b')
    """
    others = {layout.time, layout.id, *layout.past, *layout.future, *layout.static}
    targets: dict[str, None] = {}
    for name in layout.targets:
        if name in columns or not any(sign in name for sign in "*?["):
            targets[name] = None
            continue
        matched = [n for n in columns if fnmatchcase(n, name) and n not in others]
        if not matched:
            raise SettingError(f"target='{name}' matches no column of the table.")
        targets |= dict.fromkeys(matched)
    return replace(layout, targets=tuple(targets))


def hint_of_steps(columns: Sequence[Any], target: str) -> str:
    """Return a hint if the steps of series may be the columns of a table, else an empty string."""
    dated = [name for name in map(str, columns) if any(sign.isdigit() for sign in name)]
    if target in columns or len(dated) < MIN_DATES or dates_of(dated) is None:
        return ""
    return (
        f" The columns '{dated[0]}' to '{dated[-1]}' are dates: if each row is a series and they"
        f" are its steps, pass steps='{dated[0]}:{dated[-1]}' (--steps '{dated[0]}:{dated[-1]}')."
    )
