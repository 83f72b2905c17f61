"""Run a fitted network over rows: outputs, likelihoods and probabilities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from unrolled.data.batches import Examples, batch_inputs, prediction_batches
from unrolled.data.block import Array
from unrolled.data.encoders.table_encoder import TableEncoder
from unrolled.errors import SettingError
from unrolled.program.operations.activations import log_softmax, sigmoid, softmax
from unrolled.runtime import Runner
from unrolled.schema import Column

Outputs = Array | list[Array]


def predict_outputs(network: Runner, examples: Examples, names: list[str]) -> dict[str, Outputs]:
    """Return the outputs of a network for every row, in the order of the rows.

    Args:
        network: The network.
        examples: The rows; their targets are not used.
        names: The network's outputs.

    Returns:
        By output: (n o), (n u o), or n arrays (t_i o) if each row has its own number of steps.
    """
    batches: dict[str, list[Array]] = {name: [] for name in names}
    rows: list[Array] = []
    for batch in prediction_batches(examples):
        rows.append(batch.rows)
        outputs = network(batch_inputs(examples, batch))
        for name in names:
            batches[name].append(outputs[name])
    order = np.argsort(np.concatenate(rows))
    lengths = examples.output_lengths
    return {name: _in_order(arrays, order, lengths) for name, arrays in batches.items()}


def attention_weights(network: Runner, examples: Examples, *, axis: int) -> list[Array]:
    """Return the attention weights of the real input steps of every row, in the order of the rows.

    Where inputs have numbers of steps of their own, the steps of one follow those of another.

    Args:
        network: The network, from its inputs to the attention weights.
        examples: The rows; their targets are the inputs of a decoder, and else not used.
        axis: The axis of the input steps in the weights of a row.
    """
    rows: list[Array] = [np.zeros(0)] * examples.rows
    for batch in prediction_batches(examples):
        weights = network(batch_inputs(examples, batch))["weights"]
        starts = np.cumsum([0, batch.steps, *batch.group_steps])
        for weight, row in zip(weights, batch.rows, strict=True):
            places = [
                start + np.arange(length)
                for start, length in zip(starts, examples.input_lengths(row), strict=False)
            ]
            rows[row] = weight.take(np.concatenate(places), axis=axis)
    return rows


def negative_log_likelihood(
    network: Runner, examples: Examples, names: list[str]
) -> dict[str, Array]:
    """Return the negative log-likelihood of each row of the true outputs (n), by output.

    The likelihood of a row is the product over its steps, including the end mark. A network has
    no output for the steps beyond its last one: there every id is equally likely.

    Args:
        network: The network.
        examples: The rows, with targets.
        names: The outputs, which are sequences of ids.
    """
    likelihoods = {name: np.zeros(examples.rows) for name in names}
    for batch in prediction_batches(examples):
        rows, outputs = batch.rows, network(batch_inputs(examples, batch))
        for name in names:
            logits = outputs[name]
            column, (_, steps, ids) = examples.targets[name], logits.shape
            lengths = column.lengths[rows] if column.lengths is not None else np.ones(len(rows))
            true = column.gather(rows, steps)[..., None]  # b u 1
            log_probabilities = log_softmax(logits.astype(np.float64))  # b u o
            of_true = np.take_along_axis(log_probabilities, true, axis=-1)[..., 0]  # b u
            is_real = np.arange(steps) < lengths[:, None]  # b u
            beyond = np.maximum(lengths - steps, 0) * np.log(ids)
            likelihoods[name][rows] = beyond - (of_true * is_real).sum(axis=1)
    return likelihoods


def _in_order(batches: list[Array], order: Array, lengths: Array | None) -> Outputs:
    """Return the outputs of all batches in the order of the rows, cut to their real steps."""
    if lengths is None or batches[0].ndim < 3:
        joined: Array = np.concatenate(batches)[order]
        return joined
    padded = [row for batch in batches for row in batch]
    rows = [padded[i][:steps] for i, steps in zip(order, lengths, strict=True)]
    return np.stack(rows) if len(set(lengths.tolist())) == 1 else rows


def probabilities(
    encoder: TableEncoder, logits: dict[str, Any], temperatures: Mapping[str, float]
) -> dict[str, Any]:
    """Return the probability of each label, named `output=label`.

    Args:
        encoder: The encoder of the table.
        logits: The network's outputs by column name, (n o), or of steps n arrays (t_i o).
        temperatures: The divisor of the logits of each column; 1 for a column without one.

    Returns:
        By name (n,), or n arrays (t_i 1) where each step has a label.

    Raises:
        SettingError: An output has no labels, or they are generated step by step.
    """
    result: dict[str, Any] = {}
    for column in encoder.schema.outputs:
        column_encoder = encoder.encoders[column.name]
        labels = column_encoder.labels if encoder.schema.shape == "aligned" else ()
        labels = labels if column.kind == "tokens" else column_encoder.classes
        if not labels:
            raise SettingError(
                f"only labels have probabilities, but the output '{column.name}' is a"
                f" {column.kind_name}. Leave probabilities out."
            )
        of_labels = label_probabilities(
            encoder, column, logits[column.name], temperatures.get(column.name, 1.0)
        )
        for place, label in enumerate(labels):
            result[f"{column.name}={label}"] = (
                of_labels[:, place]
                if column.side == "one"
                else [row[:, [place]] for row in of_labels]
            )
    return result


def label_confidence(
    encoder: TableEncoder, column: Column, logits: Any, decided: Any, temperature: float
) -> Any:
    """Return the probability of each predicted label: (n,), or of steps n arrays (t_i 1).

    Args:
        encoder: The encoder of the table.
        column: The output.
        logits: The network's output.
        decided: The logits from which the labels are predicted, which a threshold may have changed.
        temperature: The divisor of the logits.

    Returns:
        None for an output that has no single label to be sure of.
    """
    column_encoder = encoder.encoders[column.name]
    if column.is_category:
        of_labels = label_probabilities(encoder, column, logits, temperature)
        return np.take_along_axis(of_labels, np.argmax(decided, axis=1)[:, None], axis=1)[:, 0]
    if encoder.schema.shape != "aligned" or not column_encoder.labels:
        return None
    places = {label: place for place, label in enumerate(column_encoder.labels)}
    of_steps = label_probabilities(encoder, column, logits, temperature)
    predicted = column_encoder.decode(decided)
    return [
        np.array([[row[step, places[label]]] for step, label in enumerate(labels)])
        for row, labels in zip(of_steps, predicted, strict=True)
    ]


def label_probabilities(
    encoder: TableEncoder, column: Column, logits: Any, temperature: float = 1.0
) -> Any:
    """Return the probability of each label of an output: (n o), or of steps n arrays (t_i o).

    Args:
        encoder: The encoder of the table.
        column: The output: a category, labels, or aligned tokens, whose padding, unknown and end
            mark have no probability.
        logits: The network's output: (n o), or n arrays (t_i o).
        temperature: The divisor of the logits.
    """
    if column.side == "one":
        scaled = np.asarray(logits, dtype=float) / temperature
        return sigmoid(scaled) if column.is_label_set else softmax(scaled)
    first = encoder.encoders[column.name].size - len(encoder.encoders[column.name].labels)
    return [softmax(np.asarray(row, float)[:, first:] / temperature) for row in logits]
