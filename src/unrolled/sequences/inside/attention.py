"""Attention weights: of a decoder at each step that it writes, or of the pooling of a row."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from unrolled.data.block import Array
from unrolled.data.tables.table import Table
from unrolled.disk.figures import save_figure
from unrolled.errors import SettingError
from unrolled.inference import generate, predict
from unrolled.runtime import Runner
from unrolled.sequences.inside.step_labels import input_labels, output_labels
from unrolled.sequences.trained import Trained

SHADES = " .:-=+*#%@"
MAX_ROWS, COLUMNS = 12, 3  # of a picture


@dataclass(frozen=True)
class Attention:
    """The attention weights of one row.

    Attributes:
        inputs: A label for each input step (t).
        outputs: A label for each output step (u), the end mark included; the names of the output
            columns as one label where the steps were pooled.
        weights: The weight of each input step for each output step (u t); they sum to 1 over the
            input steps. Pooling weighs each group of `columns` by itself.
        darkest: The weight that is shown darkest.
        columns: The input column of each input step (t), where inputs have numbers of steps of
            their own: the steps of one follow those of another. Empty where there is one sequence.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    weights: Array
    darkest: float = 1.0
    columns: tuple[str, ...] = ()

    def __str__(self) -> str:
        width = max(len(label) for label in self.outputs)
        columns = [max(2, len(label)) for label in self.inputs]
        lines = self._column_line(width, columns)
        head = " ".join(f"{x:>{n}}" for x, n in zip(self.inputs, columns, strict=True))
        lines.append(f"{'':<{width}}  {head}")
        for label, row in zip(self.outputs, self.weights, strict=True):
            scale = len(SHADES) / self.darkest
            shades = [SHADES[min(int(w * scale), len(SHADES) - 1)] for w in row]
            cells = " ".join(f"{s * 2:>{n}}" for s, n in zip(shades, columns, strict=True))
            lines.append(f"{label:<{width}}  {cells}".rstrip())
        return "\n".join(lines)

    def _column_line(self, width: int, columns: list[int]) -> list[str]:
        """Return the line of the input columns, if there is one; widen steps of short columns."""
        names, start = [], 0
        for name, steps in groupby(self.columns):
            end = start + len(list(steps))
            room = sum(columns[start:end]) + end - start - 1
            columns[end - 1] += max(0, len(name) - room)
            names.append(f"{name:<{room}}")
            start = end
        return [f"{'':<{width}}  {' '.join(names)}".rstrip()] if names else []


def compute_attention(trained: Trained, table: Table) -> list[Attention]:
    """Return the attention weights of each row.

    Args:
        trained: The model.
        table: The rows.

    Raises:
        SettingError: The network has no attention.
    """
    attend = trained.runtime.attend
    if attend is None:
        without = "" if trained.network.attention else ", trained with attention=False"
        raise SettingError(
            "This network has no attention weights: its architecture is"
            f" '{trained.network.architecture}' of shape {trained.spec.shape}{without}. Only a"
            " decoder of shape unaligned has them, and Network(pooling='attention') of shape"
            " many-to-one."
        )
    if trained.spec.shape == "many-to-one":
        return _pooling_attention(trained, attend, table)
    encoder = trained.encoder
    examples = encoder.encode(table, targets=False)
    (name,) = trained.spec.heads
    rows: Any = generate.generate_outputs(trained.runtime, trained.spec, examples)[name]
    weights = generate.attention(attend, trained.spec, examples, rows)
    labels, columns = _joined(input_labels(trained, table, examples))
    return [
        Attention(
            labels[i],
            output_labels(trained, row, len(row_weights)),
            row_weights,
            columns=columns[i],
        )
        for i, (row, row_weights) in enumerate(zip(rows, weights, strict=True))
    ]


def _pooling_attention(trained: Trained, attend: Runner, table: Table) -> list[Attention]:
    """Return the weight of each step in the pooled features of its row."""
    examples = trained.encoder.encode(table, targets=False)
    weights = predict.attention_weights(attend, examples, axis=0)
    outputs = (", ".join(column.name for column in trained.encoder.schema.outputs),)
    labels, columns = _joined(input_labels(trained, table, examples))
    return [
        Attention(labels[i], outputs, row_weights.T, float(row_weights.max()), columns[i])
        for i, row_weights in enumerate(weights)
    ]


def _joined(
    rows: list[dict[str, tuple[str, ...]]],
) -> tuple[list[tuple[str, ...]], list[tuple[str, ...]]]:
    """Return the label and the column of each input step of each row; see `Attention`."""
    labels, columns = [], []
    for row in rows:
        labels.append(tuple(label for steps in row.values() for label in steps))
        names = tuple(name for name, steps in row.items() for _ in steps)
        columns.append(names if len(row) > 1 else ())
    return labels, columns


def plot_attention(rows: list[Attention], path: str | Path) -> None:
    """Draw the attention weights of the first rows into a file, a grid for each row.

    Args:
        rows: At most 12 are drawn.
        path: The picture, whose suffix is the format (`.png`, `.svg`, `.pdf`).

    Raises:
        DataError: The file cannot be written, or its format is unknown.
    """
    from matplotlib.figure import Figure

    rows = rows[:MAX_ROWS]
    across = min(COLUMNS, len(rows))
    down = -(-len(rows) // across)
    figure = Figure(figsize=(3.6 * across, 3.4 * down), layout="constrained")
    grid: Any = figure.subplots(down, across, squeeze=False)
    for axes in grid.flat:
        axes.set_axis_off()
    for axes, row in zip(grid.flat, rows, strict=False):
        axes.set_axis_on()
        axes.imshow(row.weights, cmap="Blues", vmin=0, vmax=row.darkest, aspect="auto")
        axes.set_xticks(np.arange(len(row.inputs)), row.inputs)
        axes.set_yticks(np.arange(len(row.outputs)), row.outputs)
        axes.set(xlabel="input step", ylabel="output step")
    save_figure(figure, path, example="attention.png")
