"""`RNN(StackedRNNCells([...]))` as a stack of layers, one for each cell.

One layer after the other computes the same numbers as one cell after the other at each step, and
only layers have a fast form.
"""

from __future__ import annotations

from typing import Any

from unrolled import keras_internals
from unrolled.backend import keras

CELLS = {keras.layers.LSTMCell: keras.layers.LSTM, keras.layers.GRUCell: keras.layers.GRU}
CELL_ONLY = {"name", "trainable", "dtype"}  # keys of a cell's config that its layer has too


def is_stacked(layer: Any) -> bool:
    """Return whether a layer is an RNN of several cells at each step."""
    return type(layer) is keras.layers.RNN and type(layer.cell) is keras.layers.StackedRNNCells


def why_not(layer: Any) -> str | None:
    """Return why stacked cells cannot become a stack of layers, or None if they can."""
    others = [type(cell).__name__ for cell in layer.cell.cells if type(cell) not in CELLS]
    if others:
        return f"one of its cells is a {others[0]}, not an LSTMCell or GRUCell"
    if layer.return_state or layer.stateful:
        return "it stacks cells and has states outside, which a stack of layers does not have"
    if layer.go_backwards:
        return "it stacks cells and runs backwards, where a mask would not fit the second layer"
    if any(keras_internals.has_initial_state(layer)):
        return "it stacks cells and is called with initial_state, which a stack does not take"
    return None


def layer_of_cell(layer: Any, cell: Any, kind: Any, **changes: Any) -> Any:
    """Return a layer of a class that computes what a cell does in an RNN, unbuilt.

    Args:
        layer: The RNN.
        cell: Its cell, or one of its cells.
        kind: The class, an LSTM or a GRU.
        changes: Settings that differ from those of the RNN.
    """
    of_cell = {k: v for k, v in cell.get_config().items() if k not in CELL_ONLY}
    of_layer = {k: v for k, v in layer.get_config().items() if k != "cell"}
    return kind.from_config({**of_layer, **of_cell, **changes})


def layers_of(layer: Any, kinds: dict[Any, Any]) -> list[Any]:
    """Return a layer for each of the stacked cells of an RNN, unbuilt.

    Args:
        layer: The RNN.
        kinds: The class of the new layer by the class of the stock layer.
    """
    *below, last = layer.cell.cells
    stack = [(cell, True) for cell in below] + [(last, layer.return_sequences)]
    return [
        layer_of_cell(
            layer,
            cell,
            kinds[CELLS[type(cell)]],
            name=f"{layer.name}_{number}",
            return_sequences=sequences,
        )
        for number, (cell, sequences) in enumerate(stack, 1)
    ]
