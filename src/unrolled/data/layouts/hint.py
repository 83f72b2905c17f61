"""A hint where the rows of a table may be steps, although no id was named."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import polars as pl

from unrolled.data.block import Array
from unrolled.data.layouts.times import read_times
from unrolled.data.tables.cells import is_known
from unrolled.errors import DataError

ID_NAME = re.compile(
    r"(?i)(?:^|[_\W])(?:id|ids|uid|uuid|key|nr|no)$|[a-z](?:Id|ID)$|^unique_id$"
    r"|(?:^|[_\W])(?:customer|patient|subject|user|machine|device|engine|unit|session|sequence|series"
    r"|person|participant|account|vehicle|client|member|trial|episode|trip|sentence|document|sample)$"
)
MIN_IDS, MIN_ROWS = 5, 2.0  # different ids, and rows for each of them on average
MAX_UNNAMED = 20  # columns that are tried although they are not called ids
MAX_TRIED = 200  # ids


def repeated_id(
    frame: pl.DataFrame, candidates: Sequence[str], outputs: Sequence[str]
) -> str | None:
    """Return a hint if a column looks like an id whose rows are the steps of one example.

    Such a column repeats, its rows stand together or it is called an id, and either another
    column orders the rows of each id, or the outputs are the same in all rows of an id.

    Args:
        frame: The table.
        candidates: The columns that may be ids: those that were not named as inputs.
        outputs: The output columns.

    Example:
        >>> rows = {"customer": [k // 4 for k in range(40)], "month": list(range(4)) * 10}
        >>> frame = pl.DataFrame({**rows, "y": [k // 4 % 2 for k in range(40)]})
        >>> print(repeated_id(frame, ["customer"], ["y"]))
        many-to-one · b t f -> b o if the rows of a 'customer' are the steps of one example: pass \
id='customer', time='month' (--id customer --time month). Column 'customer' repeats (10 values in \
40 rows), and now each row stands alone.
    """
    for place, name in enumerate(candidates):
        called = ID_NAME.search(name) is not None
        if not (called or place < MAX_UNNAMED) or (codes := _codes(frame[name])) is None:
            continue
        together = int((np.diff(codes) != 0).sum()) == codes.max() >= 2 * MIN_IDS
        if not (called or together):
            continue
        some = codes < MAX_TRIED  # whose rows show as well as all rows what orders them
        rows, few = frame.filter(some), codes[some]
        order = np.argsort(few, kind="stable")
        time = next((n for n in rows.columns if n != name and _orders(rows[n], few, order)), None)
        single = bool(outputs) and all(_is_single(frame[n], codes) for n in outputs)
        if time is not None or single:
            return _sentence(frame, name, time, single=single, ids=int(codes.max()) + 1)
    return None


def _sentence(frame: pl.DataFrame, name: str, time: str | None, *, single: bool, ids: int) -> str:
    """Return the hint in words."""
    shape = "many-to-one · b t f -> b o" if single else "aligned · b t f -> b t o"
    python = f"id='{name}'" + (f", time='{time}'" if time else "")
    shell = f"--id {name}" + (f" --time {time}" if time else "")
    return (
        f"{shape} if the rows of a '{name}' are the steps of one example: pass {python} ({shell})."
        f" Column '{name}' repeats ({ids} values in {frame.height} rows), and now each row stands"
        " alone."
    )


def _codes(column: pl.Series) -> Array | None:
    """Return the ids of a column as numbers (n), None where it cannot be a column of ids."""
    if not (column.dtype.is_integer() or column.dtype == pl.String) or column.null_count():
        return None
    distinct = column.n_unique()
    if distinct < MIN_IDS or len(column) < MIN_ROWS * distinct:
        return None
    codes = (column.rank("dense") - 1).to_numpy().astype(np.int64)
    several = (np.bincount(codes) > 1).mean()
    return codes if several >= 0.8 else None


def _orders(column: pl.Series, codes: Array, order: Array) -> bool:
    """Return whether a column rises in the rows of each id, or is a date that each has once."""
    if not (column.dtype.is_integer() or column.dtype.is_temporal() or column.dtype == pl.String):
        return False
    if column.null_count() or column.n_unique() < 3:
        return False
    if column.dtype == pl.String and not str(column[0])[:1].isdigit():
        return False
    try:
        times = read_times(column)
    except DataError:
        return False
    if times.dtype.is_temporal():
        return not pl.DataFrame({"id": codes, "time": times}).is_duplicated().any()
    values = times.rank("dense").to_numpy().astype(np.int64)[order]
    same = np.diff(codes[order]) == 0
    return bool((np.diff(values)[same] > 0).all())


def _is_single(column: pl.Series, codes: Array) -> bool:
    """Return whether a column has one value for each id, and several in all."""
    known = is_known(column)
    pairs = pl.DataFrame({"id": codes, "value": column}).filter(known).unique()
    return bool(pairs.height == pairs["id"].n_unique() and pairs["value"].n_unique() > 1)
