"""Which rows train and which are held out, before anything is fitted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from unrolled.data.tables.cells import row_of
from unrolled.data.tables.table import Indices, Table
from unrolled.errors import DataError, SettingError, did_you_mean, quote_names
from unrolled.schema import Column
from unrolled.settings import Split

_SORTS = r"^\s*\d{4}([-/]\d{2}([-/]\d{2}.*)?)?$"


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
    """Return the indices of the rows that train and of those held out.

    Args:
        data: The table.
        share: Share of the rows to hold out, between 0 and 1.
        how: `random`; `stratified` by the first output that is a category; `group` (no value of
            `by` on both sides); `time` (the last rows in the order of `by`, or as they stand);
            `auto`: stratified where that can be done, else random. With `auto`, a label that
            only one row has stays in the training part.
        by: The column that groups or orders rows.
        frame: The table as read, with the same rows, where `by` is looked up.
        seed: Makes two splits equal.
        outputs: The columns that come out.

    Returns:
        Two sorted arrays of indices from 0 that share none and have every row between them.

    Raises:
        DataError: Fewer than two rows, or rows that cannot be split as asked.
        SettingError: `by` is missing, unknown, or of no use to `how`.

    Example:
        >>> train, held = split(Table({}, rows=10), 0.2, how="time")
        >>> held.tolist()
        [8, 9]
    """
    if data.rows < 2:
        raise DataError(
            f"got {data.rows} row, expected at least two: one to train on and one to hold out."
        )
    if not 0 < share < 1:
        raise SettingError(f"got the share {share}, expected a number between 0 and 1 to hold out.")
    count = min(data.rows - 1, max(1, round(share * data.rows)))
    if by is not None and how not in ("group", "time"):
        raise SettingError(
            f"got the column '{by}' to split by with the split '{how}', expected 'group' or 'time',"
            " the two that use a column. State one of them, or leave the column away."
        )
    if how == "group":
        held = _grouped(_by(by, how, frame), share, seed)
    elif how == "time":
        order = np.arange(data.rows) if by is None else _order(_by(by, how, frame))
        held = order[-count:]
    else:
        held = _shuffled(data, count, how, seed, outputs)
    mask = np.zeros(data.rows, dtype=bool)
    mask[held] = True
    return np.flatnonzero(~mask), np.flatnonzero(mask)


def _by(by: str | None, how: str, frame: pl.DataFrame | None) -> pl.Series:
    """Return the column to split by; every row must have a value."""
    if by is None:
        raise SettingError(f"got the split '{how}' and no column, expected one to split by.")
    known = [] if frame is None else frame.columns
    if frame is None or by not in known:
        which = f"one of {quote_names(known)}" if known else "a table with named columns"
        raise SettingError(
            f"there is no column '{by}' to split by, expected {which}.{did_you_mean(by, known)}"
        )
    column = frame[by]
    gaps = column.is_null() | (column.is_nan() if column.dtype.is_float() else False)
    if gaps.any():
        raise DataError(
            f"column '{by}', row {row_of(gaps.to_numpy())}: got no value, expected one in every row"
            " to split by."
        )
    return column


def _order(column: pl.Series) -> Indices:
    """Return the rows in the order of a column, equal ones as they stand."""
    sortable = column.dtype.is_numeric() or column.dtype.is_temporal()
    if column.dtype == pl.String:
        sortable = bool(column.str.contains(_SORTS).all())
    if not sortable:
        raise DataError(
            f"column '{column.name}' does not sort in time ({column[0]!r} is its first value),"
            " expected numbers, dates, or text such as '2024-01-31'. Rewrite it so."
        )
    rows = pl.DataFrame({"at": column, "row": np.arange(len(column))})
    order: Indices = rows.sort("at", maintain_order=True)["row"].to_numpy()
    return order


def _grouped(column: pl.Series, share: float, seed: int) -> Indices:
    """Return the rows of the groups held out."""
    groups = column.rank("dense").to_numpy() if not column.dtype.is_nested() else None
    count = 0 if groups is None else len(np.unique(groups))
    if groups is None or count < 2:
        raise DataError(
            f"column '{column.name}' makes {count} group, expected at least two to hold one out."
            " Choose another column, or the split 'random'."
        )
    from sklearn.model_selection import GroupShuffleSplit  # late: it loads scipy and pandas

    held = min(count - 1, max(1, round(share * count)))
    chosen = GroupShuffleSplit(n_splits=1, test_size=held, random_state=seed)
    rows: Indices = next(chosen.split(groups, groups=groups))[1]
    return rows


def _shuffled(data: Table, count: int, how: str, seed: int, outputs: Sequence[Column]) -> Indices:
    """Return the rows held out at random, with every label's share kept where that is asked."""
    label = next((column.name for column in outputs if column.kind == "category"), None)
    if how == "stratified" and label is None:
        raise SettingError(
            "got the split 'stratified' and no output that is a category, expected one."
            " Use the split 'random'."
        )
    rows = np.arange(data.rows)
    if label is not None and how != "random":
        labels = list(data.values[label])
        sizes = Counter(labels)
        if how == "stratified":
            _refuse_thin(label, sizes, count, data.rows)
        rows = np.array([i for i in rows if sizes[labels[i]] > 1], dtype=np.int64)
        codes = {value: i for i, value in enumerate(sizes)}
        coded = np.array([codes[labels[i]] for i in rows])
        few = min(count, len(rows) - 1)
        kept = len(np.unique(coded)) if len(rows) else data.rows
        if few >= kept and len(rows) - few >= kept:
            from sklearn.model_selection import StratifiedShuffleSplit

            chosen = StratifiedShuffleSplit(n_splits=1, test_size=few, random_state=seed)
            return _at(rows, next(chosen.split(coded, coded))[1])
        rows = rows if len(rows) >= 2 else np.arange(data.rows)
    few = min(count, len(rows) - 1)
    return np.random.default_rng(seed).permutation(rows)[:few]


def _at(rows: Indices, chosen: Any) -> Indices:
    """Return the chosen ones among rows."""
    found: Indices = rows[chosen]
    return found


def _refuse_thin(label: str, sizes: Counter[Any], count: int, rows: int) -> None:
    """Refuse a stratified split of labels that are too rare for it."""
    single = [value for value, size in sizes.items() if size == 1]
    if single:
        raise DataError(
            f"the label {single[0]!r} of '{label}' has a single row, expected at least two for the"
            " split 'stratified': one on each side. Add rows, or use the split 'auto' or 'random'."
        )
    if count < len(sizes) or rows - count < len(sizes):
        raise DataError(
            f"'{label}' has {len(sizes)} labels and {min(count, rows - count)} rows would be on one"
            " side, expected at least a row of every label on each side for the split 'stratified'."
            " Change the share held out, or use the split 'auto' or 'random'."
        )
