"""Run a fitted network over examples, and turn what it says into a column's own values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from unrolled.data.batch import Array, Examples, inputs_of, large
from unrolled.networks import alone

Outputs = Array | list[Array]


def outputs(network: Any, examples: Examples, names: list[str]) -> dict[str, Outputs]:
    """Return what a network says of every row, in the order of the rows.

    Args:
        network: A `keras.Model` as `networks.build` returns it.
        examples: The rows; targets are not looked at.
        names: The network's outputs.

    Returns:
        By output: (n o), (n u o), or, where steps follow the input, n arrays (t_i o).
    """
    cut_at = examples.lengths if examples.steps_out is None else None
    found: dict[str, list[Any]] = {name: [None] * examples.rows for name in names}
    for batch in large(examples):
        said = network.predict_on_batch(alone(inputs_of(examples, batch)))
        by_name = said if isinstance(said, Mapping) else {names[0]: said}
        for name in names:
            for row, values in zip(
                batch.rows[: batch.real], np.asarray(by_name[name]), strict=False
            ):
                steps = len(values) if cut_at is None or values.ndim < 2 else int(cut_at[row])
                found[name][row] = values[:steps]
    return {name: _stacked(rows) for name, rows in found.items()}


def _stacked(rows: list[Array]) -> Outputs:
    """Return rows of one size as one array."""
    same = len({row.shape for row in rows}) == 1
    return np.stack(rows) if same else rows


def softmax(logits: Array) -> Array:
    """Return probabilities over the last axis.

    Example:
        >>> softmax(np.array([0.0, 0.0]))
        array([0.5, 0.5])
    """
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: Array = raised / raised.sum(axis=-1, keepdims=True)
    return shares
