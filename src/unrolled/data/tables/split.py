"""Which rows train and which are held out, before anything is fitted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from unrolled.data.tables.cells import first_row, is_known
from unrolled.data.tables.table import Indices, Table
from unrolled.errors import DataError, SettingError, did_you_mean, quote_names
from unrolled.schema import Column
from unrolled.settings import Split

_SORTABLE_DATE = r"^\s*\d{4}([-/]\d{2}([-/]\d{2}.*)?)?$"


def split(
    data: Table,
    share: float,
    *,
    how: Split = "auto",
    by: str | None = None,
    frame: pl.DataFrame | None = None,
    seed: int = 0,
    outputs: Sequence[Column] = (),
) -> tuple[Indices, Indices]:
    """Return the indices of the training rows and of the held-out rows.

    Args:
        data: The table.
        share: Fraction of the rows to hold out, between 0 and 1.
        how: `random`; `stratified` by the first output that is a category; `group` (no value of
            `by` on both sides); `time` (the last rows in the order of `by`, or in their own order);
            `auto`: stratified if possible, else random. With `auto`, a label that only one row has
            stays in the training part.
        by: The column that groups or orders rows.
        frame: The table as it was read, with the same rows, where `by` is looked up.
        seed: Two splits with the same seed are equal.
        outputs: The output columns.

    Returns:
        Two sorted arrays of indices from 0. Every row is in one of them.

    Raises:
        DataError: There are fewer than two rows, or they cannot be split in this way.
        SettingError: `by` is missing, unknown, or not used by `how`.

    Example:
        >>> train, held_out = split(Table({}, rows=10), 0.2, how="time")
        >>> held_out.tolist()
        [8, 9]
    """
    _check(data, share, how, by)
    count = min(data.rows - 1, max(1, round(share * data.rows)))
    if how == "group":
        held_out = _group_rows(_by_column(by, how, frame), share, seed)
    elif how == "time":
        ordered = np.arange(data.rows) if by is None else _sort_rows(_by_column(by, how, frame))
        held_out = ordered[-count:]
    else:
        held_out = _random_rows(data, count, how, seed, outputs)
    mask = np.zeros(data.rows, dtype=bool)
    mask[held_out] = True
    return np.flatnonzero(~mask), np.flatnonzero(mask)


def _check(data: Table, share: float, how: str, by: str | None) -> None:
    """Refuse a table and settings from which no split can be made."""
    if data.rows < 2:
        raise DataError(
            f"the data has {data.rows} row. A split needs at least two: one to train on and one to"
            " hold out."
        )
    if not 0 < share < 1:
        raise SettingError(f"the fraction of held-out rows is {share}. Give one between 0 and 1.")
    if by is not None and how not in ("group", "time"):
        raise SettingError(
            f"the split '{how}' uses no column, but the column '{by}' was given to split by. Use"
            " the split 'group' or 'time', or leave the column out."
        )


def _by_column(by: str | None, how: str, frame: pl.DataFrame | None) -> pl.Series:
    """Return the column to split by; every row must have a value."""
    if by is None:
        raise SettingError(f"the split '{how}' needs a column to split by. Name it.")
    known = [] if frame is None else frame.columns
    if frame is None or by not in known:
        columns = f"The columns are {quote_names(known)}." if known else "The data has no names."
        raise SettingError(
            f"there is no column '{by}' to split by. {columns}{did_you_mean(by, known)}"
        )
    column = frame[by]
    missing = ~is_known(column)
    if missing.any():
        raise DataError(
            f"column '{by}', row {first_row(missing.to_numpy())}: the value to split by is missing."
            " Fill it, or leave the row out."
        )
    return column


def _sort_rows(column: pl.Series) -> Indices:
    """Return the rows in the order of a column; equal ones stay in their order."""
    sortable = column.dtype.is_numeric() or column.dtype.is_temporal()
    if column.dtype == pl.String:
        sortable = bool(column.str.contains(_SORTABLE_DATE).all())
    if not sortable:
        raise DataError(
            f"column '{column.name}' cannot be sorted by time: its first value is {column[0]!r}."
            " Write it as numbers, dates, or text such as '2024-01-31'."
        )
    rows = pl.DataFrame({"at": column, "row": np.arange(len(column))})
    order: Indices = rows.sort("at", maintain_order=True)["row"].to_numpy()
    return order


def _group_rows(column: pl.Series, share: float, seed: int) -> Indices:
    """Return the rows of the held-out groups."""
    groups = column.rank("dense").to_numpy() if not column.dtype.is_nested() else None
    count = 0 if groups is None else len(np.unique(groups))
    if groups is None or count < 2:
        raise DataError(
            f"column '{column.name}' has {count} group, but at least two are needed to hold one"
            " out. Choose another column, or the split 'random'."
        )
    from sklearn.model_selection import GroupShuffleSplit  # here, since it loads scipy and pandas

    test_size = min(count - 1, max(1, round(share * count)))
    splitter = GroupShuffleSplit(n_splits=1, test_size=test_size, random_state=seed)
    rows: Indices = next(splitter.split(groups, groups=groups))[1]
    return rows


def _random_rows(
    data: Table, count: int, how: str, seed: int, outputs: Sequence[Column]
) -> Indices:
    """Return randomly chosen rows, in which every label keeps its share if that is wanted."""
    label = next((column.name for column in outputs if column.is_category), None)
    if how == "stratified" and label is None:
        raise SettingError(
            "the split 'stratified' needs an output that is a category, and there is none. Use the"
            " split 'random'."
        )
    rows = np.arange(data.rows)
    if label is not None and how != "random":
        labels = list(data.values[label])
        sizes = Counter(labels)
        if how == "stratified":
            _refuse_rare_labels(label, sizes, count, data.rows)
        rows = np.array([i for i in rows if sizes[labels[i]] > 1], dtype=np.int64)
        codes = {value: i for i, value in enumerate(sizes)}
        row_codes = np.array([codes[labels[i]] for i in rows])
        test_size = min(count, len(rows) - 1)
        classes = len(np.unique(row_codes)) if len(rows) else data.rows
        if test_size >= classes and len(rows) - test_size >= classes:
            from sklearn.model_selection import StratifiedShuffleSplit

            splitter = StratifiedShuffleSplit(n_splits=1, test_size=test_size, random_state=seed)
            chosen: Indices = rows[next(splitter.split(row_codes, row_codes))[1]]
            return chosen
        rows = rows if len(rows) >= 2 else np.arange(data.rows)
    return np.random.default_rng(seed).permutation(rows)[: min(count, len(rows) - 1)]


def _refuse_rare_labels(label: str, sizes: Counter[Any], count: int, rows: int) -> None:
    """Refuse a stratified split of labels that are too rare for it."""
    single = [value for value, size in sizes.items() if size == 1 and value is not None]
    if single:
        raise DataError(
            f"column '{label}': only one row has the label {single[0]!r}, but the split"
            " 'stratified' needs at least one on each side. Add rows, or use the split 'auto' or"
            " 'random'."
        )
    smaller = min(count, rows - count)
    if smaller < len(sizes):
        raise DataError(
            f"column '{label}' has {len(sizes)} labels, but one side of the split would have only"
            f" {smaller} rows. The split 'stratified' needs a row of every label on each side."
            " Change the fraction of held-out rows, or use the split 'auto' or 'random'."
        )
