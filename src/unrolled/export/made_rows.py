"""Rows made for the proof: lengths, batches, and cells that the training part did not have."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from unrolled.data.encoders.base import Encoder
from unrolled.data.encoders.dates import Dates
from unrolled.data.encoders.labels import Labels
from unrolled.data.encoders.scaler import Scaler
from unrolled.data.encoders.table_encoder import TableEncoder
from unrolled.data.encoders.vocabulary import Vocabulary
from unrolled.schema import Column, group_length

BATCHES = (1, 3, 64)
UNKNOWN_TOKEN = "☃☃"
MEDIAN, LONGEST = 8, 24  # steps, where no row says what is usual
RARE = 0.1  # the fraction of cells that are missing or unknown

Cells = dict[str, list[Any]]


def made_rows(
    encoder: TableEncoder, lengths: tuple[int, int] | None
) -> Iterator[tuple[str, Cells]]:
    """Yield tables of every size of `BATCHES` and of several lengths, and what they are.

    Args:
        encoder: The encoder of the table.
        lengths: The median and the largest number of input steps of real rows, if they are known.
    """
    rng = np.random.default_rng(17)
    median, longest = lengths or (MEDIAN, LONGEST)
    for rows in BATCHES:
        for steps in dict.fromkeys((1, 2, median, longest + 1)):
            counts = rng.integers(1, steps + 1, rows)
            counts[0] = steps
            if encoder.schema.input_groups and encoder.steps_in is None:
                what = f"{rows} made rows of up to {steps} steps"
            else:
                what = f"{rows} made rows"
            yield what, _table(encoder, counts, rng)
            if not (encoder.schema.input_groups and encoder.steps_in is None):
                break


def _table(encoder: TableEncoder, counts: Any, rng: np.random.Generator) -> Cells:
    """Return cells of every input column, with so many steps in each row."""
    groups = encoder.schema.input_groups
    table: Cells = {}
    for column in encoder.schema.inputs:
        group = next((g for g in groups if column in g), ())
        fixed = None if encoder.ragged or not group else group_length(group)
        fitted = encoder.encoders[column.name]
        table[column.name] = [_cell(column, fitted, fixed or int(n), rng) for n in counts]
    return table


def _cell(column: Column, encoder: Encoder, steps: int, rng: np.random.Generator) -> Any:
    """Return one cell; some are missing, or unknown."""
    rare = rng.random() < RARE
    if isinstance(encoder, Scaler):
        size = (steps, column.width) if column.side == "many" else (column.width,)
        values = np.asarray(encoder.decode([rng.normal(size=size)])[0]).reshape(size)
        values[rng.random(size) < RARE / 2] = np.nan
        cells = plain(values)
        if column.kind == "number":
            return cells[0]
        return [cell[0] for cell in cells] if column.side == "many" and column.width == 1 else cells
    if isinstance(encoder, Dates):
        days = int(rng.integers(0, 2000))
        date = np.datetime64(str(encoder.first)[:19], "s") + np.timedelta64(
            days * 86400 + 3600, "s"
        )
        return None if rare and encoder.marked else str(date).replace("T", " ")
    if isinstance(encoder, Labels):
        return _label(column, encoder, rng, rare=rare)
    if isinstance(encoder, Vocabulary):
        return _steps(column, encoder, steps, rng)
    bits = rng.random(encoder.size) < 0.5
    if column.width:
        return bits.astype(int).tolist()
    return [name for name, bit in zip(encoder.classes, bits, strict=True) if bit]


def _label(column: Column, encoder: Labels, rng: np.random.Generator, *, rare: bool) -> Any:
    """Return a label; a rare one is unknown, in the type of the others."""
    classes = encoder.classes
    if column.is_one_hot:
        place = int(rng.integers(column.width))
        return [int(place == i) for i in range(column.width)]
    if rare and isinstance(classes[0], str):
        return UNKNOWN_TOKEN
    if rare and not isinstance(classes[0], bool):
        return max(classes) + 1
    return classes[int(rng.integers(len(classes)))]


def _steps(column: Column, encoder: Vocabulary, steps: int, rng: np.random.Generator) -> Any:
    """Return text or tokens of so many steps, of which some are unknown."""
    known = [encoder.known[int(i)] for i in rng.integers(len(encoder.known), size=steps)]
    unknown = "☃" if column.unit == "characters" else UNKNOWN_TOKEN[: 1 + (column.kind == "tokens")]
    chosen = [unknown if rng.random() < RARE else step for step in known]
    if column.kind == "tokens":
        return " ".join(chosen) if column.spaced else chosen
    return ("" if column.unit == "characters" else " ").join(chosen)


def plain(value: Any) -> Any:
    """Return a value without arrays, and None in place of NaN."""
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if isinstance(value, list):
        return [plain(one) for one in value]
    return None if isinstance(value, float) and value != value else value
