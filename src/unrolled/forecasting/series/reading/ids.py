"""The ids of series in one form, whether a table holds them as numbers or as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from unrolled.data.tables.cells import first_row
from unrolled.data.tables.label_index import LabelIndex
from unrolled.errors import DataError
from unrolled.forecasting.series.layout import Layout


def number_series(
    frame: pl.DataFrame, layout: Layout, known: Sequence[Any], name: str
) -> tuple[tuple[Any, ...], tuple[Any, ...], pl.Series]:
    """Return the series of a table, in the order of their first rows.

    Args:
        frame: The table.
        layout: The roles of its columns.
        known: The ids of the series that a model was fitted on.
        name: What to call the column of numbers.

    Returns:
        The ids, in the form of `known` where they are among these; the same ids as the table has
        them; and the number of the series of each row.
    """
    if layout.id is None:
        return (
            ("all",),
            ("all",),
            pl.repeat(0, frame.height, dtype=pl.Int32, eager=True).alias(name),
        )
    names = frame[layout.id]
    if names.null_count():
        row = first_row(names.is_null().to_numpy())
        raise DataError(
            f"row {row}: '{layout.id}' is missing, so nothing says which series the row"
            " belongs to. Fill it in, or drop the row."
        )
    distinct = names.unique(maintain_order=True)
    cells = distinct.to_list()
    ids = list(LabelIndex(list(known)).as_classes(cells)) if known else cells
    number = {own: i for i, own in enumerate(dict.fromkeys(ids))}
    labels: dict[Any, Any] = {}
    for own, cell in zip(ids, cells, strict=True):
        labels.setdefault(own, cell)
    table = pl.DataFrame(
        {"i": distinct, name: np.array([number[own] for own in ids], dtype=np.int32)}
    )
    joined = pl.DataFrame({"i": names}).join(table, on="i", how="left", maintain_order="left")
    return tuple(number), tuple(labels.values()), joined[name]
