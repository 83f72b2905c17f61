"""A label for each step of a row: its word where a column has words, and else its number."""

from __future__ import annotations

from collections.abc import Sequence

from unrolled.data.batches import Examples
from unrolled.data.block import Array
from unrolled.data.tables.table import Table
from unrolled.schema import Column
from unrolled.sequences.trained import Trained

END_MARK = "■"

Labels = tuple[str, ...]


def input_labels(trained: Trained, table: Table, examples: Examples) -> list[dict[str, Labels]]:
    """Return the labels of the input steps of each row.

    Args:
        trained: The model.
        table: The rows.
        examples: The same rows, encoded.

    Returns:
        For each row, by the first input column of each group of inputs that have the same number
        of steps, a label for each step; empty for inputs without steps.
    """
    groups = trained.encoder.schema.input_groups
    named = [_step_names(trained, group, table) for group in groups]
    return [
        {
            group[0].name: names[row] if names else step_numbers(steps)
            for group, names, steps in zip(groups, named, examples.input_lengths(row), strict=True)
        }
        for row in range(examples.rows)
    ]


def output_labels(trained: Trained, ids: Array, steps: int) -> Labels:
    """Return a label for each output step of a row of a decoder, with the end mark."""
    (column,) = trained.encoder.schema.outputs
    names = trained.encoder.encoders[column.name].name_ids(ids)
    return step_numbers(steps) if names is None else (*names, END_MARK)[:steps]


def step_numbers(steps: int) -> Labels:
    """Return the numbers of steps, from 1."""
    return tuple(str(i + 1) for i in range(steps))


def _step_names(trained: Trained, group: Sequence[Column], table: Table) -> list[Labels]:
    """Return the names of the steps of each row; none where no column has named steps."""
    for column in group:
        encoder = trained.encoder.encoders[column.name]
        names = [encoder.name_steps(value) for value in table.values[column.name]]
        if all(row is not None for row in names):
            return [tuple(row or [""]) for row in names]
    return []
