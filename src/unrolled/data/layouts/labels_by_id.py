"""Labels in a second table, which is joined to the rows by the column of ids."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from unrolled.data.tables.cells import is_known
from unrolled.data.tables.label_index import canonical_form, is_missing
from unrolled.errors import DataError, did_you_mean, quote_names

KEY, ROW = "\0key", "\0row"
SHOWN = 3  # ids in a message


def join_labels(
    frame: pl.DataFrame, labels: pl.DataFrame, id: str, outputs: Sequence[str]
) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Return the rows with the labels of their ids, and sentences on what does not match.

    Args:
        frame: The table whose rows are steps.
        labels: A table with the ids and the outputs.
        id: The column of ids in both.
        outputs: The output columns; none takes every other column of `labels`.

    Raises:
        DataError: A column is missing, an id has two different labels, or no id has a label.
    """
    for name in (id, *outputs):
        if name not in labels.columns:
            raise DataError(
                f"the table of labels has no column '{name}'. It needs the column of ids '{id}' and"
                f" the outputs; its columns are {quote_names(labels.columns)}."
                f"{did_you_mean(name, labels.columns)}"
            )
    if id not in frame.columns:
        raise DataError(
            f"the data has no column '{id}', which was named as `id`. The columns are"
            f" {quote_names(frame.columns)}.{did_you_mean(id, frame.columns)}"
        )
    names = list(outputs) or [name for name in labels.columns if name != id]
    as_text = frame[id].dtype == labels[id].dtype == pl.String
    by_id = _one_row_each(labels, id, names, as_text=as_text)
    keys = canonical_ids(frame[id], as_text=as_text)
    ids, labelled = set(keys.drop_nulls()), set(by_id[KEY])
    if not ids & labelled:
        raise DataError(
            f"no '{id}' of the data has a label: the data has"
            f" {quote_names(frame[id].drop_nulls().unique(maintain_order=True).to_list(), SHOWN)},"
            f" and the labels have {quote_names(labels[id].to_list(), SHOWN)}. Write the ids in"
            " both tables in one way."
        )
    rows = frame.drop(names, strict=False).with_columns(keys)
    joined = rows.join(by_id, on=KEY, how="left", maintain_order="left").drop(KEY)
    return joined, _mismatches(id, ids, labelled)


def canonical_ids(ids: pl.Series, *, as_text: bool) -> pl.Series:
    """Return ids as text by which those of two tables are joined, null where missing.

    Args:
        ids: The ids.
        as_text: Whether both tables hold text, which is compared as it is, without the blanks
            around it; otherwise `1`, `1.0` and `"1"` are the same id.

    Example:
        >>> canonical_ids(pl.Series("id", [1.0, 2.0]), as_text=False).to_list()
        ['1', '2']
    """
    keys = {
        value: str(value).strip() if as_text else str(canonical_form(value)[1])
        for value in ids.unique().to_list()
        if not is_missing(value)
    }
    return pl.Series(KEY, [keys.get(value) for value in ids.to_list()], dtype=pl.String)


def _one_row_each(
    labels: pl.DataFrame, id: str, names: Sequence[str], *, as_text: bool
) -> pl.DataFrame:
    """Return the labels with one row for each id; refuse an id with two different labels."""
    rows = labels.select(canonical_ids(labels[id], as_text=as_text), *names).with_row_index(ROW)
    missing = rows[KEY].is_null()
    if missing.any():
        raise DataError(
            f"the table of labels, row {int(np.flatnonzero(missing.to_numpy())[0]) + 1}: the id in"
            f" '{id}' is missing. Fill it in, or leave the row out."
        )
    for name in names:
        known = rows.filter(is_known(rows[name]))
        other = known.filter(pl.col(name) != pl.col(name).first().over(KEY))
        if other.height:
            first = known.filter(pl.col(KEY) == other[KEY][0])
            raise DataError(
                f"the table of labels, rows {first[ROW][0] + 1} and {other[ROW][0] + 1}: the '{id}'"
                f" {other[KEY][0]!r} has two different values of '{name}', {first[name][0]!r} and"
                f" {other[name][0]!r}. Leave one of the rows out."
            )
    columns = [pl.col(name).drop_nulls().first() for name in names]
    return rows.group_by(KEY, maintain_order=True).agg(columns)


def _mismatches(id: str, ids: set[str], labelled: set[str]) -> tuple[str, ...]:
    """Return sentences on ids without a label, and on labels without rows."""
    notes = []
    for names, what in ((ids - labelled, "no label"), (labelled - ids, "a label, but no rows")):
        if names:
            count = f"{len(names)} {'id has' if len(names) == 1 else 'ids have'}"
            shown = quote_names(sorted(names), SHOWN)
            left = "They are left out." if len(names) > 1 else "It is left out."
            notes.append(f"{count} {what} ('{id}' {shown}). {left}")
    return tuple(notes)
