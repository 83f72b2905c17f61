"""The arguments of a forecaster, checked: the columns, the table, the levels of intervals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from unrolled.data.formats.read import open_table
from unrolled.data.layouts.columns_as_steps import Steps
from unrolled.data.tables.cells import read_numbers
from unrolled.data.tables.spelled_numbers import spelled_numbers
from unrolled.errors import DataError, SettingError, quote_names
from unrolled.forecasting.series.layout import Layout
from unrolled.forecasting.series.times.periods import without_periods
from unrolled.forecasting.series.wide import hint_of_steps, to_long
from unrolled.shapes import MAX_STEPS

ColumnNames = str | Sequence[str]
Levels = tuple[int, ...]


def layout_from_settings(settings: Mapping[str, Any]) -> Layout:
    """Return the roles of columns that the settings of a forecaster name.

    Raises:
        SettingError: A column is named twice, or there is no target.
    """
    targets, past, future, static = (
        _as_tuple(settings[name]) for name in ("target", "past", "future", "static")
    )
    layout = Layout(targets, settings["time"], settings["id"], past, future, static)
    if not targets:
        raise SettingError("there is no target: name the column to forecast.")
    names = [n for n in (layout.time, layout.id, *layout.numeric, *static) if n is not None]
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        raise SettingError(
            f"{quote_names(sorted(repeated))} is named more than once among target, time, id,"
            " past, future and static. Name each column once."
        )
    if layout.time is None and "step" in names:
        raise SettingError(
            "a column is named 'step' and there is no time: forecasts number their steps in a"
            " column of that name. Rename the column, or name the column of times."
        )
    return layout


def _as_tuple(names: ColumnNames) -> tuple[str, ...]:
    """Return one or several names as a tuple."""
    return (names,) if isinstance(names, str) else tuple(names)


def read_table(data: Any, layout: Layout, steps: Steps = None) -> pl.DataFrame:
    """Return data as a table; the index of a pandas frame is read where `time` or `id` name it.

    An index of times without a name is the column `time`.

    Args:
        data: A path, a frame or a dict of columns.
        layout: The roles of its columns.
        steps: The columns that are the steps of a series in each row; None if steps are rows.
    """
    index: Any = getattr(data, "index", None)
    if hasattr(index, "names"):  # pandas
        missing = {layout.time, layout.id} - {None, *data.columns}
        if list(index.names) == [None] and _holds_times(index) and layout.time in missing:
            data = data.rename_axis(layout.time)
        if missing & set(data.index.names):
            data = data.reset_index()
    table = open_table(without_periods(data, layout.time))
    needed = [n for n in (layout.time, layout.id, *layout.at_each_step, *layout.static) if n]
    with table.locate_errors():
        if steps is not None:
            return to_long(table.frame(), layout, steps)
        if hint := hint_of_steps(table.columns, layout.targets[0]):
            raise DataError(f"the data has no column '{layout.targets[0]}' to forecast.{hint}")
        numbers = [name for name in layout.targets if name not in layout.categories]
        kinds = dict.fromkeys(numbers, "number") | dict.fromkeys(layout.categories, "category")
        frame = table.frame(needed, kinds=kinds)
        return frame.with_columns(_number_targets(frame, layout))


def _number_targets(frame: pl.DataFrame, layout: Layout) -> list[pl.Series]:
    """Return the targets that are text as numbers; refuse numbers that are text by spelling."""
    for name in {*layout.past, *layout.future, *layout.static} - layout.categories.keys():
        is_text = name in frame.columns and frame[name].dtype == pl.String
        spelled = spelled_numbers(frame[name]) if is_text else None
        if spelled is not None and not spelled.is_unit:
            raise DataError(
                f"column '{name}', row {spelled.row}: {spelled.cell!r} is a number that is written"
                f" as text. {spelled.advice}"
            )
    for name in set(layout.targets) & set(frame.columns) - layout.categories.keys():
        column = frame[name]
        if column.dtype == pl.String and spelled_numbers(column) is None:
            _refuse_text(column)
    return [
        pl.Series(name, read_numbers(frame[name])).fill_nan(None)
        for name in layout.targets
        if name in frame.columns
        and frame[name].dtype == pl.String
        and name not in layout.categories
    ]


def _refuse_text(column: pl.Series) -> None:
    """Refuse a target that is text, other than numbers that are written as text."""
    plain = column.str.strip_chars()
    is_number = plain.cast(pl.Float64, strict=False).is_not_null()
    wrong = (~is_number & (plain != "").fill_null(value=False)).arg_true()
    if len(wrong):
        raise DataError(
            f"column '{column.name}', row {wrong[0] + 1}: {column[int(wrong[0])]!r} is not a"
            " number, which every value to forecast must be. Correct it, or leave the cell empty if"
            " it is missing."
        )


def _holds_times(index: Any) -> bool:
    """Return whether the index of a pandas frame holds times or periods."""
    return index.dtype.kind == "M" or str(index.dtype).startswith("period")


def check_levels(level: Any) -> Levels:
    """Return the levels of intervals; refuse those that are no percentages."""
    several = isinstance(level, Iterable) and not isinstance(level, str)
    levels: list[Any] = list(level) if several else [level]
    for value in levels:
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if not (whole and 1 <= value < 100):
            raise SettingError(
                f"level={value!r} is no percentage: give whole percents from 1 to 99, such as"
                " [80, 95]."
            )
    if repeated := [value for value in dict.fromkeys(levels) if levels.count(value) > 1]:
        raise SettingError(
            f"level={repeated[0]} is named {levels.count(repeated[0])} times: name each level once."
        )
    return tuple(int(value) for value in levels)


def check_count(value: Any, name: str, minimum: int = 1) -> None:
    """Refuse a value that is not a whole number from `minimum` to `MAX_STEPS`."""
    if not (isinstance(value, int | np.integer) and value >= minimum):
        raise SettingError(f"{name} must be a whole number of at least {minimum}, not {value!r}.")
    if value > MAX_STEPS:
        raise SettingError(f"{name} must be at most {MAX_STEPS}, not {value!r}.")
