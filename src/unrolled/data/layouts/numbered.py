"""Names with a number at their end, such as t0 to t9: their order, and whether they are steps."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import polars as pl

from unrolled.data.layouts.times import read_times
from unrolled.data.tables.cells import is_known
from unrolled.errors import DataError

MIN_COLUMNS = 8  # fewer numbered columns are not taken for steps
MIN_SHORT, MIN_LENGTHS = 0.2, 3  # a fraction of the rows, and different lengths
TIME_STEMS = (
    *("t", "time", "timestep", "step", "tick", "second", "minute", "hour", "day", "week"),
    *("month", "quarter", "year"),
)


@dataclass(frozen=True)
class NumberedName:
    """A name that ends in a whole number.

    Attributes:
        stem: What stands before the number.
        number: The number.
    """

    stem: str
    number: int

    @classmethod
    def of(cls, name: str) -> Self | None:
        """Return a name in its two parts; None if it does not end in a number.

        Example:
            >>> NumberedName.of("temp_10")
            NumberedName(stem='temp_', number=10)
        """
        match = re.fullmatch(r"(.*?)(\d{1,9})", name)
        return cls(match[1], int(match[2])) if match else None


def step_order(columns: Sequence[str]) -> list[str]:
    """Return columns in the order of their numbers or dates; others keep the table's order.

    Example:
        >>> step_order(["t10", "t2", "t1"])
        ['t1', 't2', 't10']
        >>> step_order(["2024-02", "2024-01"])
        ['2024-01', '2024-02']
        >>> step_order(["mon", "tue"])
        ['mon', 'tue']
    """
    numbered = [NumberedName.of(name) for name in columns]
    if None not in numbered and len({name.stem for name in numbered if name}) == 1:
        numbers = [name.number for name in numbered if name]
        return [columns[i] for i in np.argsort(numbers, kind="stable")]
    times = dates_of(columns)
    if times is not None:
        return [columns[i] for i in times.arg_sort()]
    return list(columns)


def dates_of(columns: Sequence[str]) -> pl.Series | None:
    """Return the dates that names are; None if they are none."""
    try:
        times = read_times(pl.Series("columns", list(columns)))
    except DataError:
        return None
    return times if times.dtype.is_temporal() else None


@dataclass(frozen=True)
class NumberedColumns:
    """Numbered columns of a table that may be steps.

    Attributes:
        columns: Their names, by number.
        why: Why they are taken for the steps of a sequence; empty if nothing but their numbers
            says so.
    """

    columns: tuple[str, ...]
    why: str


def find_numbered(frame: pl.DataFrame, names: Sequence[str]) -> NumberedColumns | None:
    """Return the columns that are numbered with one stem, or are dates; None if there are none.

    They are at least eight columns of numbers, with consecutive numbers, and the only columns of
    this sort among `names`.

    Args:
        frame: The table.
        names: The columns to look among.
    """
    groups: dict[str, dict[int, str]] = {}
    for name in names:
        numbered = NumberedName.of(name)
        if numbered is not None and (frame[name].dtype.is_numeric() or _is_empty(frame[name])):
            groups.setdefault(numbered.stem, {})[numbered.number] = name
    large = {stem: group for stem, group in groups.items() if len(group) >= MIN_COLUMNS}
    dated = [name for name in names if frame[name].dtype.is_numeric() and "-" in name]
    if len(dated) >= MIN_COLUMNS and dates_of(dated) is not None:
        return NumberedColumns(tuple(step_order(dated)), "their names are dates")
    if len(large) != 1:
        return None
    stem, group = large.popitem()
    columns = [group[number] for number in sorted(group)]
    if max(group) - min(group) != len(group) - 1:
        return None
    return NumberedColumns(tuple(columns), _evidence(frame, stem, columns))


def _evidence(frame: pl.DataFrame, stem: str, columns: Sequence[str]) -> str:
    """Return why numbered columns are steps: their stem is a time, or rows end early."""
    if stem.rstrip("_-. ").lower() in TIME_STEMS:
        return "their names are numbered times"
    known = np.stack([is_known(frame[name]).to_numpy() for name in columns], axis=1)  # b t
    lengths = known.sum(axis=1)
    at_the_end = (known == (np.arange(len(columns)) < lengths[:, None])).all()
    short = int((lengths < len(columns)).sum())
    enough = short >= MIN_SHORT * frame.height and len(np.unique(lengths)) >= MIN_LENGTHS
    if at_the_end and enough and lengths.min() > 0:
        return f"{short} of {frame.height} rows end before the last of them"
    return ""


def _is_empty(column: pl.Series) -> bool:
    """Return whether a column has no cell at all."""
    return column.null_count() == len(column)
