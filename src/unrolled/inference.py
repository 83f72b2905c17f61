"""Run a fitted network over examples, and turn what it says into a column's own values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from unrolled.data.batch import Array, Examples, inputs_of, large
from unrolled.data.examples import Encoding
from unrolled.errors import SettingError
from unrolled.networks import alone

Outputs = Array | list[Array]


def outputs(network: Any, examples: Examples, names: list[str]) -> dict[str, Outputs]:
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
    for batch in large(examples):
        said = network.predict_on_batch(alone(inputs_of(examples, batch)))
        by_name = said if isinstance(said, Mapping) else {names[0]: said}
        order.append(batch.rows[: batch.real])
        for name in names:
            pieces[name].append(np.asarray(by_name[name])[: batch.real])
    back = np.argsort(np.concatenate(order))
    return {name: _ordered(found, back, examples.lengths_out) for name, found in pieces.items()}


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
    raised = np.exp(logits - logits.max(axis=-1, keepdims=True))
    shares: Array = raised / raised.sum(axis=-1, keepdims=True)
    return shares


def probabilities(encoding: Encoding, said: dict[str, Any]) -> dict[str, Any]:
    """Return a column for each class of each category: (n,) named `output=class`.

    Args:
        encoding: How the rows were encoded.
        said: The network's outputs by column name, (n o) logits.

    Raises:
        SettingError: An output is no category.
    """
    found: dict[str, Any] = {}
    for column in encoding.schema.outputs:
        if column.kind != "category":
            raise SettingError(
                f"got probabilities asked of '{column.name}' ({column.spelled}), expected a"
                " category. Leave probabilities out."
            )
        shares = softmax(np.asarray(said[column.name], dtype=float))
        classes = getattr(encoding.encoders[column.name], "classes", [])
        found |= {f"{column.name}={label}": shares[:, i] for i, label in enumerate(classes)}
    return found
