"""The states and gates of every recurrent layer, for the rows of a table."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from unrolled.data.batches import Examples, batch_inputs, prediction_batches
from unrolled.data.block import Array
from unrolled.data.special_ids import PREVIOUS
from unrolled.data.tables.table import Table
from unrolled.errors import SettingError, did_you_mean
from unrolled.inference import generate
from unrolled.program.operations import Recurrence
from unrolled.runtime.states import compute_states
from unrolled.sequences.inside.states_plot import plot_states
from unrolled.sequences.inside.step_labels import (
    Labels,
    input_labels,
    output_labels,
    step_numbers,
)
from unrolled.sequences.trained import Trained


@dataclass(frozen=True)
class States:
    """What each recurrent layer holds and does at each step of each row.

    Attributes:
        layers: By the name of the layer its arrays by name, each (b t h). `h` is the output of the
            layer and `c` the cell of an LSTM, both after the step. `i`, `f`, `g` and `o` are the
            input gate, the forget gate, the candidate and the output gate of an LSTM; `z`, `r` and
            `n` the update gate, the reset gate and the candidate of a GRU. A layer that reads in
            both directions is two layers, such as `forward_lstm` and `backward_lstm`; both have the
            steps in the order of the input. Steps after the end of a row are NaN.
        steps: By the name of the layer a label for each step of each row: its word where it has
            one, and else its number. A decoder has the outputs that it writes.
    """

    layers: Mapping[str, Mapping[str, Array]]
    steps: Mapping[str, tuple[Labels, ...]]

    def array(self, layer: str, name: str) -> Array:
        """Return one array (b t h) of one layer.

        Args:
            layer: The name of the layer, as in `layers`.
            name: `h`, `c`, or the letter of a gate.

        Raises:
            SettingError: There is no such layer, or it has no such state or gate.
        """
        array: Array = _entry(_entry(self.layers, layer, "layer"), name, f"array of '{layer}'")
        return array

    def plot(self, path: str | Path, *, row: int = 0) -> None:
        """Draw the states and gates of one row into a file, a column for each layer.

        Args:
            path: The picture, whose suffix is the format (`.png`, `.svg`, `.pdf`).
            row: The number of the row, from 0.

        Raises:
            SettingError: There is no such row.
            DataError: The file cannot be written, or its format is unknown.
        """
        count = len(next(iter(self.steps.values())))
        if not 0 <= row < count:
            raise SettingError(
                f"There is no row {row}: there are {count}, and the first is 0. Give another row."
            )
        labels = {name: rows[row] for name, rows in self.steps.items()}
        arrays = {
            layer: {name: array[row, : len(labels[layer])] for name, array in arrays.items()}
            for layer, arrays in self.layers.items()
        }
        plot_states(arrays, labels, path)

    def __str__(self) -> str:
        width = max(len(name) for name in self.layers)
        lines = []
        for name, arrays in self.layers.items():
            b, t, h = arrays["h"].shape
            sizes = f"{b} rows, up to {t} steps, {h} units"
            lines.append(f"{name:<{width}}  {' '.join(arrays):<11}  {sizes}")
        return "\n".join(lines)


def states_of_rows(trained: Trained, table: Table) -> States:
    """Return the states and gates of each row.

    Args:
        trained: The model.
        table: The rows.

    Raises:
        SettingError: The network has no recurrent layers.
    """
    nodes = trained.runtime.program.model.nodes
    if not any(isinstance(node.operation, Recurrence) for node in nodes):
        raise SettingError(
            f"This network has no states: its architecture '{trained.network.architecture}' of"
            f" shape {trained.spec.shape} has no recurrent layers."
        )
    examples = trained.encoder.encode(table, targets=False)
    inputs = input_labels(trained, table, examples)
    outputs: list[Labels] = [()] * examples.rows
    if trained.runtime.step is not None:
        (name,) = trained.spec.heads
        written: Any = generate.generate_outputs(trained.runtime, trained.spec, examples)[name]
        examples = generate.with_outputs(examples, trained.spec, written)
        extra = 1 if trained.spec.tokens else 0  # the end mark
        outputs = [output_labels(trained, row, len(row) + extra) for row in written]
    return _of_examples(trained, examples, inputs, outputs)


def _of_examples(
    trained: Trained,
    examples: Examples,
    inputs: list[dict[str, Labels]],
    outputs: list[Labels],
) -> States:
    """Return the states of encoded rows; those of a decoder have their outputs beside them."""
    runtime = trained.runtime
    arrays: dict[str, dict[str, list[Array]]] = {}
    labels: dict[str, list[Labels]] = {}
    for batch in prediction_batches(examples):
        weights = runtime.weights.arrays()
        layers = compute_states(runtime.program.model, batch_inputs(examples, batch), weights)
        for name, layer in layers.items():
            rows = labels.setdefault(name, [()] * examples.rows)
            kept = arrays.setdefault(name, {n: [np.empty(0)] * examples.rows for n in layer.arrays})
            read = _groups_read(examples, layer.reads)
            for place, row in enumerate(batch.rows):
                steps = int(layer.lengths[place])
                candidates = [list(inputs[row].values())[group] for group in read]
                if PREVIOUS in layer.reads:
                    candidates = [outputs[row]]
                    steps = len(outputs[row])
                fits = len(candidates) == 1 and len(candidates[0]) == steps
                rows[row] = candidates[0] if fits else step_numbers(steps)
                for array_name, array in layer.arrays.items():
                    kept[array_name][row] = array[place, :steps]
    names = _numbered_anew(list(arrays))
    return States(
        {
            names[layer]: {name: _padded(rows) for name, rows in kept.items()}
            for layer, kept in arrays.items()
        },
        {names[layer]: tuple(rows) for layer, rows in labels.items()},
    )


def _numbered_anew(layers: list[str]) -> dict[str, str]:
    """Return a name for each layer: Keras numbers the layers of all networks of a session.

    Example:
        >>> _numbered_anew(["lstm_4", "lstm_5", "gru_2"])
        {'lstm_4': 'lstm', 'lstm_5': 'lstm_1', 'gru_2': 'gru'}
    """
    counts: Counter[str] = Counter()
    names = {}
    for layer in layers:
        kind = re.sub(r"(_\d+)?$", "", layer)
        names[layer] = f"{kind}_{counts[kind]}" if counts[kind] else kind
        counts[kind] += 1
    return names


def _groups_read(examples: Examples, reads: frozenset[str]) -> list[int]:
    """Return the numbers of the groups of input steps that a layer depends on."""
    if examples.lengths is None:
        return []
    others = [{*group.inputs, group.mask} for group in examples.groups]
    read = [place for place, names in enumerate(others, 1) if reads & names]
    return read if others and reads <= set[str]().union(*others) else [0, *read]


def _padded(rows: list[Array]) -> Array:
    """Return arrays (t_i h) as one (b t h), with NaN after the end of each row."""
    longest = max(len(row) for row in rows)
    joined = np.full((len(rows), longest, rows[0].shape[1]), np.nan, np.float32)
    for place, row in enumerate(rows):
        joined[place, : len(row)] = row
    return joined


def _entry(entries: Mapping[str, Any], name: str, kind: str) -> Any:
    """Return the entry of a name, or an error that lists the names."""
    if name not in entries:
        raise SettingError(
            f"There is no {kind} named {name!r}. The names are {', '.join(entries)}."
            f"{did_you_mean(name, list(entries))}"
        )
    return entries[name]
