"""Run a decoder over rows: teacher forcing along known outputs, or generating its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from unrolled.backend import keras, keras_defaults
from unrolled.data.batches import Examples, batch_inputs, prediction_batches
from unrolled.data.block import Array, RaggedColumn
from unrolled.data.encoders.table_encoder import TableEncoder
from unrolled.data.special_ids import END, PADDING, UNKNOWN
from unrolled.errors import SettingError
from unrolled.inference.compile import compile_function
from unrolled.inference.decoding import decode_numbers, decode_tokens
from unrolled.inference.predict import Outputs, attention_weights, predict_outputs
from unrolled.networks import PREVIOUS, STOP, ModelBundle, NetworkSpec, unwrap_single
from unrolled.settings import Decoding

MAX_LENGTH_FACTOR = 2  # times the longest training output, for outputs that end by themselves
CACHED_PROGRAMS = 8  # compiled decoding loops


@dataclass(frozen=True)
class DecodedRows:
    """The hypotheses of a decoder for every row, in the order of the rows.

    Attributes:
        rows: For each row its n hypotheses, the best first: ids (u,) without the end mark, or
            numbers (u o).
        scores: The log-probability of each, by which its search ranks them (n_rows n); NaN for
            numbers.
        cut: Whether each was cut at the limit of steps before it ended (n_rows n).
    """

    rows: list[list[Array]]
    scores: Array
    cut: Array

    def best(self) -> list[Array]:
        """Return the best hypothesis of each row."""
        return [row[0] for row in self.rows]


def teacher_forced(examples: Examples, spec: NetworkSpec, bundle: ModelBundle) -> Examples:
    """Return rows for training: the true outputs are the inputs of a decoder, one step late.

    Args:
        examples: The rows.
        spec: The inputs and outputs of the network.
        bundle: The models of the network.
    """
    if bundle.step is None:
        return examples
    (name,) = spec.heads
    return examples.with_teacher_forcing(name, start=END if spec.tokens else 0, stops=spec.stops)


def generate_outputs(
    bundle: ModelBundle, spec: NetworkSpec, examples: Examples, decoding: Decoding | None = None
) -> dict[str, Outputs]:
    """Return the outputs of a network for every row; a decoder generates them.

    Args:
        bundle: The models of the network.
        spec: The inputs and outputs of the network.
        examples: The rows; their targets are not used.
        decoding: How a decoder chooses its outputs; None decodes greedily.

    Returns:
        As `predict_outputs`; of a decoder ids, b arrays (u_i,), or numbers, b arrays (u_i o).
    """
    if bundle.step is None:
        return predict_outputs(bundle.model, examples, list(spec.heads))
    (name,) = spec.heads
    return {name: decode_rows(bundle, spec, examples, decoding or Decoding()).best()}


@keras_defaults()
def decode_rows(
    bundle: ModelBundle, spec: NetworkSpec, examples: Examples, decoding: Decoding
) -> DecodedRows:
    """Let a decoder generate the output of every row.

    Args:
        bundle: The models of the network, with a decoder.
        spec: The inputs and outputs of the network.
        examples: The rows; their targets are not used.
        decoding: How the decoder chooses its outputs, and the limit of steps.
    """
    ends_by_itself = spec.tokens or spec.stops
    longest = int(spec.u or 0) * (MAX_LENGTH_FACTOR if ends_by_itself else 1)
    (name,) = spec.heads
    program = _decoding_program(
        bundle, spec.tokens, spec.stops, name, decoding, decoding.max_steps or longest
    )
    results, numbers = [], []
    for batch in prediction_batches(replace(examples, targets={})):
        result = program(batch_inputs(examples, batch))
        results.append([np.asarray(part)[: batch.real] for part in result])
        numbers.append(batch.rows[: batch.real])
    order = np.argsort(np.concatenate(numbers))
    steps, lengths, ended, scores = (
        np.concatenate(parts)[order] for parts in zip(*results, strict=True)
    )
    rows = [
        [hypothesis[:length] for hypothesis, length in zip(row, row_lengths, strict=True)]
        for row, row_lengths in zip(steps, lengths, strict=True)
    ]
    return DecodedRows(rows, scores, ~ended if ends_by_itself else np.zeros_like(ended))


def hypotheses(
    bundle: ModelBundle,
    spec: NetworkSpec,
    encoder: TableEncoder,
    examples: Examples,
    decoding: Decoding,
) -> dict[str, Any]:
    """Return the hypotheses of a decoder, their scores, and whether they were cut, by column.

    Args:
        bundle: The models of the network.
        spec: The inputs and outputs of the network.
        encoder: The encoder of the table.
        examples: The rows; their targets are not used.
        decoding: How the decoder chooses its outputs, and the limit of steps.

    Raises:
        SettingError: The network has no decoder.
    """
    if bundle.step is None:
        raise SettingError(
            "decoding is for networks with a decoder, and this network has none. Leave decoding"
            " out, or train with architecture='decoder'."
        )
    (column,) = encoder.schema.outputs
    decoded = decode_rows(bundle, spec, examples, decoding)
    result: dict[str, Any] = {}
    for place in range(decoded.scores.shape[1]):
        name = column.name if place == 0 else f"{column.name}-{place + 1}"
        result[name] = encoder.decode_cells(column, [row[place] for row in decoded.rows])
        result[f"{name}-score"] = decoded.scores[:, place].astype(float)
        result[f"{name}-cut"] = decoded.cut[:, place]
    return result


@lru_cache(maxsize=CACHED_PROGRAMS)
def _decoding_program(
    bundle: ModelBundle, tokens: bool, stops: bool, name: str, decoding: Decoding, max_steps: int
) -> Any:
    """Return the compiled call from a batch's inputs to steps, lengths, ended and scores."""
    ops = keras.ops

    def step(previous: Any, states: Any, memory: Any) -> Any:
        inputs = {PREVIOUS: previous[:, None], "states": states, "memory": memory}
        outputs = bundle.step(inputs)
        values = outputs[name][:, 0]  # n o
        if stops:
            values = ops.concatenate([values, outputs[STOP][:, 0]], axis=-1)
        return values, outputs["states"]

    def run(inputs: dict[str, Any]) -> Any:
        encoded = bundle.encode(unwrap_single(inputs))
        encoded = keras.tree.map_structure(ops.stop_gradient, encoded)  # also drops Keras masks
        states, memory = encoded["states"], encoded["memory"]
        if tokens:
            generated = decode_tokens(
                step,
                states,
                memory,
                start=END,
                end=END,
                max_steps=max_steps,
                settings=decoding,
                forbidden=(PADDING, UNKNOWN),
            )
            return generated.ids, generated.lengths, generated.ended, generated.scores
        o = bundle.step.input[PREVIOUS].shape[-1]
        first = ops.zeros((ops.shape(states[0])[0], o))  # n o
        stop = 0.5 if stops else None
        numbers = decode_numbers(step, states, memory, first=first, max_steps=max_steps, stop=stop)
        ended = numbers.ended[:, None]
        no_scores = ops.full(ops.shape(ended), float("nan"))
        return numbers.values[:, None], numbers.lengths[:, None], ended, no_scores

    variables = {id(v): v for model in (bundle.encode, bundle.step) for v in model.variables}
    return compile_function(run, list(variables.values()))


def attention(
    bundle: ModelBundle, spec: NetworkSpec, examples: Examples, rows: list[Array]
) -> list[Array]:
    """Return the attention weights of a decoder for its outputs: (u_i t_i) for each row.

    Where inputs have numbers of steps of their own, the steps of one follow those of another.

    Args:
        bundle: The models of the network, with attention.
        spec: The inputs and outputs of the network.
        examples: The rows.
        rows: The output of each row, ids (u,) or numbers (u o).

    Returns:
        The weights; for ids there is one more step, that of the end mark.
    """
    (name,) = spec.heads
    outputs = [np.concatenate([row, [END]]) if spec.tokens else row for row in rows]
    known = replace(examples, targets={name: RaggedColumn.from_rows(outputs)})
    known = teacher_forced(known, spec, bundle)
    weights = attention_weights(bundle.attend, known, axis=-1)
    return [w[: len(row)] for w, row in zip(weights, outputs, strict=True)]
