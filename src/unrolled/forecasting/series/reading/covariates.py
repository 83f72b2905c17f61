"""Covariates of text, such as the names of holidays, as numbers: one for each category."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import polars as pl

from unrolled.data.formats.raw_table import note
from unrolled.data.tables.label_index import LabelIndex, is_missing
from unrolled.errors import quote_names
from unrolled.forecasting.series.layout import Layout

MAX_CATEGORIES = 32
SHOWN = 3  # unknown categories in a message


def with_categories(frame: pl.DataFrame, layout: Layout) -> tuple[Layout, tuple[str, ...]]:
    """Return a layout with the categories of its covariates of text, and what was left out.

    Args:
        frame: The table that a model is fitted on.
        layout: The roles of its columns.
    """
    categories: dict[str, tuple[str | None, ...]] = {}
    notes = []
    for name in (*layout.past, *layout.future):
        if name not in frame.columns or frame[name].dtype != pl.String:
            continue
        cells = Counter(None if is_missing(cell) else cell for cell in frame[name].to_list())
        is_gap = [None] if cells.pop(None, 0) else []
        common = [cell for cell, _ in cells.most_common(MAX_CATEGORIES)]
        categories[name] = (*sorted(map(str, common)), *is_gap)
        if len(cells) > MAX_CATEGORIES:
            notes.append(
                f"'{name}' has {len(cells)} categories, of which the {MAX_CATEGORIES} most frequent"
                " are inputs"
            )
    return replace(layout, categories={n: known for n, known in categories.items() if known}), (
        *notes,
    )


def encode_categories(frame: pl.DataFrame, layout: Layout) -> pl.DataFrame:
    """Return a table in which each category of a covariate of text is a column of 0 and 1.

    A category that is not among those of the layout is 0 everywhere, and a warning counts it.
    A missing cell is missing in all of them, unless missing cells are a category of their own.

    Args:
        frame: The table.
        layout: The roles of its columns.
    """
    for name, known in layout.categories.items():
        if name not in frame.columns or name not in layout.at_each_step:
            continue
        cells = [None if is_missing(cell) else cell for cell in frame[name].to_list()]
        labels = [category for category in known if category is not None]
        ids = LabelIndex(labels).ids(cells)
        gaps = np.array([cell is None for cell in cells], dtype=bool)
        _warn_unknown(name, [c for c, i in zip(cells, ids, strict=True) if i < 0 and c is not None])
        for number, category in zip(layout.expand([name]), known, strict=True):
            is_it = gaps if category is None else ids == labels.index(category)
            values = np.where(gaps & (None not in known), np.nan, is_it.astype(float))
            frame = frame.with_columns(pl.Series(number, values))
    return frame


def _warn_unknown(name: str, cells: list[str]) -> None:
    """Say which categories of a covariate are not among its inputs."""
    if not cells:
        return
    distinct = list(dict.fromkeys(map(str, cells)))
    note(
        [
            f"{len(cells)} rows have categories of '{name}' that are no input of the network, such"
            f" as {quote_names(distinct[:SHOWN])}. They count as none of its categories."
        ]
    )
