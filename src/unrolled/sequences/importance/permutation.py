"""Permutation importance of the inputs of a trained model.

Source:
    Breiman 2001, "Random Forests", section 10; `sklearn.inspection.permutation_importance`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from unrolled.data.block import Array
from unrolled.data.tables.table import Table
from unrolled.errors import DataError, SettingError
from unrolled.schema import Column
from unrolled.sequences.evaluation.evaluate import named_score, score
from unrolled.sequences.importance.result import Importance
from unrolled.sequences.trained import Trained

MAX_RANGES = 8  # of the steps of a sequence
MAX_FEATURES = 64  # of a vector, or of each step, that are looked at one by one
MIN_ROWS, MIN_REPEATS = 2, 2
Change = Callable[[Table, Array], Table]  # a table and a permutation of its rows to a table


def compute_importance(trained: Trained, table: Table, *, repeats: int, seed: int) -> Importance:
    """Return how much of the score each input carries, and each range of steps.

    Args:
        trained: The model.
        table: Rows with known outputs, on which the model was not trained.
        repeats: How often the cells of each input are exchanged.
        seed: The random seed of the permutations.

    Raises:
        DataError: There are too few rows.
        SettingError: `repeats` is below two.
    """
    if repeats < MIN_REPEATS:
        raise SettingError(
            f"repeats={repeats} gives no standard error. Set it to {MIN_REPEATS} or more."
        )
    if table.rows < MIN_ROWS:
        raise DataError(
            f"There are {table.rows} rows, and at least {MIN_ROWS} are needed to exchange cells"
            " among them. Give more rows."
        )
    random = np.random.default_rng(seed)
    changes = _changes(trained, table)
    metric, whole = named_score(trained, table)
    losses = [
        [
            whole - score(trained, change(table, random.permutation(table.rows)))
            for _ in range(repeats)
        ]
        for change in changes.values()
    ]
    return Importance(table.rows, metric, whole, tuple(changes), np.array(losses))


def _changes(trained: Trained, table: Table) -> dict[str, Change]:
    """Return what exchanges the cells of each input, and the steps of each range, by name."""
    schema = trained.encoder.schema
    sequences = [column for column in schema.inputs if column.side == "many"]
    keep_lengths = schema.shape == "aligned" or len(sequences) > 1
    changes: dict[str, Change] = {
        column.name: _exchange_cells(column, keep_length=keep_lengths and column in sequences)
        for column in schema.inputs
    }
    for column in schema.inputs:
        if column.is_numeric and 1 < column.width <= MAX_FEATURES:
            for feature in range(column.width):
                name = f"{column.name}, number {feature + 1}"
                changes[name] = _exchange_feature(column, feature)
    for column in sequences:
        longest = max((len(_steps(column, cell)) for cell in table.values[column.name]), default=0)
        if longest < MIN_ROWS:
            continue
        ranges = min(longest, MAX_RANGES)
        bounds = np.linspace(0, longest, ranges + 1).round().astype(int)
        for start, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
            name = f"step {end}" if end == start + 1 else f"steps {start + 1}-{end}"
            changes[f"{column.name}, {name}"] = _exchange_steps(column, start, end)
    return changes


def _exchange_cells(column: Column, *, keep_length: bool) -> Change:
    """Return what gives each row the cell of another row.

    Args:
        column: The column.
        keep_length: Whether each row keeps its number of steps, which other columns share: the
            steps of the other row are then cut, or repeated from the first one on.
    """

    def change(table: Table, order: Array) -> Table:
        values = table.values[column.name]
        if isinstance(values, np.ndarray):
            return _with_values(table, column, values[order])
        cells = [values[i] for i in order]
        if keep_length:
            lengths = [len(_steps(column, cell)) for cell in values]
            cells = [
                _join(column, _resized(_steps(column, cell), length), cell)
                for cell, length in zip(cells, lengths, strict=True)
            ]
        return _with_values(table, column, cells)

    return change


def _exchange_feature(column: Column, feature: int) -> Change:
    """Return what gives each row one number of another row's vector, or of each of its steps."""

    def change(table: Table, order: Array) -> Table:
        values = table.values[column.name]
        if isinstance(values, np.ndarray):
            exchanged: Any = values.copy()
            exchanged[:, feature] = values[order, feature]
            return _with_values(table, column, exchanged)
        rows = []
        for row, donor in zip(values, order.tolist(), strict=True):
            other = values[donor]
            if row is not None and other is not None and len(row) and len(other):
                row = row.copy()
                row[:, feature] = _resized(other[:, feature], len(row))
            rows.append(row)
        return _with_values(table, column, rows)

    return change


def _exchange_steps(column: Column, start: int, end: int) -> Change:
    """Return what gives each row the steps of another row, from one position to another.

    Rows that end before the range stay as they are; every row keeps its number of steps.
    """

    def change(table: Table, order: Array) -> Table:
        values = list(table.values[column.name])
        steps = [_steps(column, cell) for cell in values]
        donors = [i for i in order.tolist() if len(steps[i]) > start]
        receivers = [i for i in range(table.rows) if len(steps[i]) > start]
        for receiver, donor in zip(receivers, donors, strict=True):
            own, other = steps[receiver], steps[donor][start:end]
            stop = min(end, len(own))
            parts = [own[:start], _resized(other, stop - start), own[stop:]]
            joined: Any = (
                np.concatenate(parts)
                if isinstance(own, np.ndarray)
                else [step for part in parts for step in part]
            )
            values[receiver] = _join(column, joined, values[receiver])
        return _with_values(table, column, values)

    return change


def _steps(column: Column, cell: Any) -> Any:
    """Return the steps of a cell: numbers (t f), tokens, or the characters or words of a text."""
    if cell is None:
        return []
    if column.kind != "text":
        return cell
    return list(cell) if column.unit == "characters" else cell.split()


def _join(column: Column, steps: Any, cell: Any) -> Any:
    """Return a cell of these steps; a missing cell stays missing."""
    if cell is None:
        return None
    if column.kind != "text":
        return steps
    return ("" if column.unit == "characters" else " ").join(steps)


def _resized(steps: Any, length: int) -> Any:
    """Return steps that are cut, or repeated from the first one on, to a length."""
    if len(steps) == 0 or len(steps) == length:
        return steps
    places = np.arange(length) % len(steps)
    return steps[places] if isinstance(steps, np.ndarray) else [steps[i] for i in places]


def _with_values(table: Table, column: Column, values: Any) -> Table:
    """Return a table with other values in a column."""
    return replace(table, values={**table.values, column.name: values})
