"""Predictions for the rows whose inputs are complete; the others have none."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from unrolled.data.encoders.table_encoder import TableEncoder
from unrolled.data.ingest import Source
from unrolled.data.tables.missing_inputs import complete_inputs
from unrolled.data.tables.table import Table

Predictions = Mapping[str, Any]  # a value for each row, by column


def predict_complete(
    encoder: TableEncoder, source: Source, predict: Callable[[Table], Predictions]
) -> Predictions:
    """Return predictions for every row: None where an input sequence is missing.

    What is empty in the rows, or unlike the training part, is said in warnings.

    Args:
        encoder: The encoder of the table.
        source: The rows.
        predict: Returns the predictions of a table.
    """
    complete, sentences = complete_inputs(source.table, source.inputs)
    rows = np.flatnonzero(complete)
    known_table = source.table if complete.all() else source.table.take(rows)
    for sentence in (*source.notes, *sentences, *encoder.describe_new(known_table)):
        warnings.warn(sentence, stacklevel=4)
    if complete.all():
        return predict(source.table)
    if len(rows):
        known = predict(known_table)
    else:  # the columns are needed, even if there is nothing in them
        known = {name: values[:0] for name, values in predict(_stand_in(source)).items()}
    return {name: _spread(values, rows, source.table.rows) for name, values in known.items()}


def _stand_in(source: Source) -> Table:
    """Return the first row with steps in place of the sequences that it lacks."""
    first = source.table.take([0])
    values = dict(first.values)
    for column in source.inputs:
        if column.side == "many" and values[column.name][0] is None:
            steps = column.length or 1
            zeros = np.zeros((steps, column.width))
            values[column.name] = [zeros if column.is_numeric else ["0"] * steps]
    return Table(values, 1)


def _spread(values: Any, rows: Any, count: int) -> list[Any]:
    """Return values of some rows as those of all rows, None in the others."""
    spread: list[Any] = [None] * count
    cells = values.tolist() if isinstance(values, np.ndarray) else values
    for row, cell in zip(rows.tolist(), cells, strict=True):
        spread[row] = cell
    return spread
