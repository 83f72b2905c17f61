"""What a chained decoder looked at while it wrote, or what a row was pooled by."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from unrolled.data.block import Array
from unrolled.data.tables.table import Table
from unrolled.disk.figures import put
from unrolled.errors import SettingError
from unrolled.inference import generate, predict
from unrolled.schema import Column
from unrolled.sequences.trained import Trained

SHADES = " .:-=+*#%@"
MOST_ROWS, ACROSS = 12, 3
END_MARK = "■"


@dataclass(frozen=True)
class Attention:
    """How one output was written from one input.

    Attributes:
        inputs: A label for each input step (t).
        outputs: A label for each output step (u), the end mark included; one alone where steps
            were pooled.
        weights: How much each output step looked at each input step (u t); a row sums to 1.
        darkest: The weight that is shown darkest.
    """

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    weights: Array
    darkest: float = 1.0

    def __str__(self) -> str:
        wide = max(len(label) for label in self.outputs)
        columns = [max(2, len(label)) for label in self.inputs]
        head = " ".join(f"{x:>{n}}" for x, n in zip(self.inputs, columns, strict=True))
        lines = [f"{'':<{wide}}  {head}"]
        for label, row in zip(self.outputs, self.weights, strict=True):
            shade = len(SHADES) / self.darkest
            marks = [SHADES[min(int(w * shade), len(SHADES) - 1)] for w in row]
            cells = " ".join(f"{m * 2:>{n}}" for m, n in zip(marks, columns, strict=True))
            lines.append(f"{label:<{wide}}  {cells}".rstrip())
        return "\n".join(lines)


def compute_attention(trained: Trained, table: Table) -> list[Attention]:
    """Return how each row's output looked at the input: while it was written, or to pool its steps.

    Args:
        trained: The model.
        table: The rows.

    Raises:
        SettingError: The network has no attention.
    """
    if trained.bundle.attend is None:
        raise SettingError(
            f"got attention asked of the architecture '{trained.network.architecture}' of shape"
            f" {trained.spec.shape}, expected a chained decoder of shape unaligned, or"
            " Network(pooling='attention') of shape many-to-one: they alone attend."
        )
    if trained.spec.shape == "many-to-one":
        return _pooled(trained, table)
    encoding = trained.encoder
    examples = encoding.encode(table, targets=False)
    (column,) = encoding.schema.outputs
    (name,) = trained.spec.heads
    rows: Any = generate.generate_outputs(trained.bundle, trained.spec, examples)[name]
    weights = generate.attention(trained.bundle, trained.spec, examples, rows)
    labels = _labels(trained, table)
    return [
        Attention(
            labels[i] if labels else _numbered(seen.shape[1]),
            _written(trained, column, row, len(seen)),
            seen,
        )
        for i, (row, seen) in enumerate(zip(rows, weights, strict=True))
    ]


def _pooled(trained: Trained, table: Table) -> list[Attention]:
    """Return how much of each row's features each of its steps made out."""
    examples = trained.encoder.encode(table, targets=False)
    weights = predict.predict_outputs(trained.bundle.attend, examples, ["weights"])["weights"]
    names = (", ".join(c.name for c in trained.encoder.schema.outputs),)
    labels = _labels(trained, table)
    return [
        Attention(labels[i] if labels else _numbered(len(seen)), names, seen.T, float(seen.max()))
        for i, seen in enumerate(weights)
    ]


def _labels(trained: Trained, table: Table) -> list[tuple[str, ...]]:
    """Return a label for each input step of each row; none where no input has words for them."""
    for column in trained.encoder.schema.inputs:
        encoder = trained.encoder.encoders[column.name]
        names = [encoder.name_steps(value) for value in table.values[column.name]]
        if all(row is not None for row in names):
            return [tuple(row or [""]) for row in names]
    return []


def _written(trained: Trained, column: Column, row: Array, steps: int) -> tuple[str, ...]:
    names = trained.encoder.encoders[column.name].name_ids(row)
    return _numbered(steps) if names is None else (*names, END_MARK)[:steps]


def _numbered(steps: int) -> tuple[str, ...]:
    return tuple(str(i + 1) for i in range(steps))


def plot_attention(rows: list[Attention], path: str | Path) -> None:
    """Draw the first rows' attention into a file, a grid for each row.

    Args:
        rows: At most 12 are drawn.
        path: The picture, whose suffix says the format (`.png`, `.svg`, `.pdf`).

    Raises:
        DataError: The file cannot be written, or its format is not known.
    """
    from matplotlib.figure import Figure

    rows = rows[:MOST_ROWS]
    across = min(ACROSS, len(rows))
    down = -(-len(rows) // across)
    figure = Figure(figsize=(3.6 * across, 3.4 * down), layout="constrained")
    places: Any = figure.subplots(down, across, squeeze=False)
    for place in places.flat:
        place.set_axis_off()
    for place, row in zip(places.flat, rows, strict=False):
        place.set_axis_on()
        place.imshow(row.weights, cmap="Blues", vmin=0, vmax=row.darkest, aspect="auto")
        place.set_xticks(np.arange(len(row.inputs)), row.inputs)
        place.set_yticks(np.arange(len(row.outputs)), row.outputs)
        place.set(xlabel="input step", ylabel="output step")
    put(figure, path, example="attention.png")
