"""Run a fitted network over examples, and turn what it says into a column's own values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from unrolled.data.batches import Batch, Examples, batch_inputs, prediction_batches
from unrolled.data.block import Array
from unrolled.data.encoders.table_encoder import TableEncoder
from unrolled.errors import SettingError
from unrolled.networks import unwrap_single

Outputs = Array | list[Array]


def predict_outputs(network: Any, examples: Examples, names: list[str]) -> dict[str, Outputs]:
    """Return what a network says of every row, in the order of the rows.

    Args:
        network: A `keras.Model` as `networks.build` returns it.
        examples: The rows; targets are not looked at.
        names: The network's outputs.

    Returns:
        By output: (n o), (n u o), or, where steps follow the input or what is fed back, n arrays
        (t_i o).
    """
    pieces: dict[str, list[Array]] = {name: [] for name in names}
    order: list[Array] = []
    for batch in prediction_batches(examples):
        order.append(batch.rows[: batch.real])
        for name, said in _said(network, examples, batch, names).items():
            pieces[name].append(said)
    back = np.argsort(np.concatenate(order))
    return {name: _ordered(found, back, examples.output_lengths) for name, found in pieces.items()}


def negative_log_likelihood(network: Any, examples: Examples, names: list[str]) -> dict[str, Array]:
    """Return minus the log-probability of each row of the true outputs (n), by output.

    A row's probability is the product over its steps, the end mark among them. Of steps beyond
    its last a network says nothing: they count as guessed evenly.

    Args:
        network: A `keras.Model` as `networks.build` returns it.
        examples: The rows, with targets.
        names: Outputs that are rows of ids.
    """
    found = {name: np.zeros(examples.rows) for name in names}
    for batch in prediction_batches(examples):
        rows = batch.rows[: batch.real]
        for name, said in _said(network, examples, batch, names).items():
            block, (_, steps, ids) = examples.targets[name], said.shape
            lengths = block.lengths[rows] if block.lengths is not None else np.ones(len(rows))
            true = block.gather(rows, steps)[..., None]  # b u 1
            logs = log_softmax(said.astype(np.float64))  # b u o
            real = np.arange(steps) < lengths[:, None]  # b u
            own = (np.take_along_axis(logs, true, axis=-1)[..., 0] * real).sum(axis=1)
            found[name][rows] = np.maximum(lengths - steps, 0) * np.log(ids) - own
    return found


def _said(network: Any, examples: Examples, batch: Batch, names: list[str]) -> dict[str, Array]:
    """Return what a network says of the real rows of a batch, by output."""
    said = network.predict_on_batch(unwrap_single(batch_inputs(examples, batch)))
    by_name = said if isinstance(said, Mapping) else {names[0]: said}
    return {name: np.asarray(by_name[name])[: batch.real] for name in names}


def _ordered(pieces: list[Array], back: Array, lengths: Array | None) -> Outputs:
    """Return the outputs of all batches in the order of the rows, cut to their real steps."""
    if lengths is None or pieces[0].ndim < 3:
        joined: Array = np.concatenate(pieces)[back]
        return joined
    padded = [row for piece in pieces for row in piece]
    rows = [padded[i][:steps] for i, steps in zip(back, lengths, strict=True)]
    return np.stack(rows) if len(set(lengths.tolist())) == 1 else rows


def softmax(logits: Array) -> Array:
    """Return probabilities over the last axis.

    Example:
        >>> softmax(np.array([0.0, 0.0]))
        array([0.5, 0.5])
    """
    shares: Array = np.exp(log_softmax(logits))
    return shares


def log_softmax(logits: Array) -> Array:
    """Return the logarithms of probabilities over the last axis.

    Example:
        >>> log_softmax(np.array([1000.0, 0.0])).tolist()
        [0.0, -1000.0]
    """
    low = logits - logits.max(axis=-1, keepdims=True)
    found: Array = low - np.log(np.exp(low).sum(axis=-1, keepdims=True))
    return found


def probabilities(
    encoding: TableEncoder, said: dict[str, Any], temperatures: Mapping[str, float]
) -> dict[str, Any]:
    """Return a column for each class of each category: (n,) named `output=class`.

    Args:
        encoding: How the rows were encoded.
        said: The network's outputs by column name, (n o) logits.
        temperatures: What the logits of a column are divided by; of one that lacks it by 1.

    Raises:
        SettingError: An output is no category.
    """
    found: dict[str, Any] = {}
    for column in encoding.schema.outputs:
        if column.kind != "category":
            raise SettingError(
                f"got probabilities asked of '{column.name}' ({column.kind_name}), expected a"
                " category. Leave probabilities out."
            )
        logits = np.asarray(said[column.name], dtype=float)
        shares = softmax(logits / temperatures.get(column.name, 1.0))
        classes = getattr(encoding.encoders[column.name], "classes", [])
        found |= {f"{column.name}={label}": shares[:, i] for i, label in enumerate(classes)}
    return found
