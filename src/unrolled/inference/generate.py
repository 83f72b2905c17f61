"""Run a decoder over rows: teacher forcing along known outputs, or generating its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from unrolled.data.batches import Examples, batch_inputs, prediction_batches
from unrolled.data.block import Array, RaggedColumn
from unrolled.data.encoders.table_encoder import TableEncoder
from unrolled.data.special_ids import END, PADDING, UNKNOWN
from unrolled.errors import SettingError
from unrolled.inference.decoding import Arrays, Step, decode_numbers, decode_tokens
from unrolled.inference.predict import Outputs, attention_weights, predict_outputs
from unrolled.networks import PREVIOUS, STOP, ModelBundle, NetworkSpec
from unrolled.program.operations import Attention
from unrolled.runtime import NetworkRuntime, Runner
from unrolled.runtime.blas import single_threaded_products
from unrolled.settings import Decoding

MAX_LENGTH_FACTOR = 2  # times the longest training output, for outputs that end by themselves
STOP_PROBABILITY = 0.5  # from which a step of numbers is the last


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


def teacher_forced(
    examples: Examples, spec: NetworkSpec, network: ModelBundle | NetworkRuntime
) -> Examples:
    """Return rows for training: the true outputs are the inputs of a decoder, one step late.

    Args:
        examples: The rows.
        spec: The inputs and outputs of the network.
        network: The network.
    """
    return examples if network.step is None else _with_previous(examples, spec)


def _with_previous(examples: Examples, spec: NetworkSpec) -> Examples:
    """Return rows of a decoder with the true outputs as inputs, one step late."""
    (name,) = spec.heads
    return examples.with_teacher_forcing(name, start=END if spec.tokens else 0, stops=spec.stops)


def generate_outputs(
    network: NetworkRuntime,
    spec: NetworkSpec,
    examples: Examples,
    decoding: Decoding | None = None,
) -> dict[str, Outputs]:
    """Return the outputs of a network for every row; a decoder generates them.

    Args:
        network: The network.
        spec: The inputs and outputs of the network.
        examples: The rows; their targets are not used.
        decoding: How a decoder chooses its outputs; None decodes greedily.

    Returns:
        As `predict_outputs`; of a decoder ids, b arrays (u_i,), or numbers, b arrays (u_i o).
    """
    if network.step is None:
        return predict_outputs(network.model, examples, list(spec.heads))
    (name,) = spec.heads
    return {name: decode_rows(network, spec, examples, decoding or Decoding()).best()}


def max_output_steps(spec: NetworkSpec) -> int:
    """Return the limit of output steps of a decoder, if the user states none."""
    return int(spec.u or 0) * (MAX_LENGTH_FACTOR if spec.tokens or spec.stops else 1)


def decode_rows(
    network: NetworkRuntime, spec: NetworkSpec, examples: Examples, decoding: Decoding
) -> DecodedRows:
    """Let a decoder generate the output of every row.

    Args:
        network: The network, with a decoder.
        spec: The inputs and outputs of the network.
        examples: The rows; their targets are not used.
        decoding: How the decoder chooses its outputs, and the limit of steps.

    Raises:
        SettingError: The network has no decoder.
    """
    if network.encode is None or network.step is None:
        raise SettingError(
            "decoding is for networks with a decoder, and this network has none. Leave decoding"
            " out, or train with architecture='decoder'."
        )
    step = _step_function(network.step, spec)
    ends_by_itself, limit = spec.tokens or spec.stops, decoding.max_steps or max_output_steps(spec)
    generator = np.random.default_rng(decoding.seed)
    results, numbers = [], []
    with single_threaded_products():
        for batch in prediction_batches(replace(examples, targets={})):
            encoded = network.encode(batch_inputs(examples, batch))
            results.append(_decode_batch(step, spec, encoded, decoding, limit, generator))
            numbers.append(batch.rows)
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
    network: NetworkRuntime,
    spec: NetworkSpec,
    encoder: TableEncoder,
    examples: Examples,
    decoding: Decoding,
) -> dict[str, Any]:
    """Return the hypotheses of a decoder, their scores, and whether they were cut, by column.

    Args:
        network: The network.
        spec: The inputs and outputs of the network.
        encoder: The encoder of the table.
        examples: The rows; their targets are not used.
        decoding: How the decoder chooses its outputs, and the limit of steps.

    Raises:
        SettingError: The network has no decoder.
    """
    decoded = decode_rows(network, spec, examples, decoding)
    (column,) = encoder.schema.outputs
    result: dict[str, Any] = {}
    for place in range(decoded.scores.shape[1]):
        name = column.name if place == 0 else f"{column.name}-{place + 1}"
        result[name] = encoder.decode_cells(column, [row[place] for row in decoded.rows])
        result[f"{name}-score"] = decoded.scores[:, place].astype(float)
        result[f"{name}-cut"] = decoded.cut[:, place]
    return result


def _decode_batch(
    step: Step,
    spec: NetworkSpec,
    encoded: dict[str, Array],
    decoding: Decoding,
    max_steps: int,
    generator: np.random.Generator,
) -> tuple[Array, ...]:
    """Return the k hypotheses of each row of a batch.

    Args:
        step: One step of the decoder.
        spec: The inputs and outputs of the network.
        encoded: The first states and the memory of the rows.
        decoding: How the decoder chooses its outputs.
        max_steps: The limit of steps u.
        generator: Draws the numbers of sampling.

    Returns:
        Steps (b k u) or (b k u o), lengths (b k), whether each has ended (b k), scores (b k).
    """
    states = {name: x for name, x in encoded.items() if name.startswith("states.")}
    memory = {name: x for name, x in encoded.items() if name not in states}
    if spec.tokens:
        generated = decode_tokens(
            step,
            states,
            memory,
            start=END,
            end=END,
            max_steps=max_steps,
            settings=decoding,
            forbidden=(PADDING, UNKNOWN),
            generator=generator,
        )
        return generated.ids, generated.lengths, generated.ended, generated.scores
    (o,) = spec.heads.values()
    first = np.zeros((len(encoded["states.0"]), o), np.float32)
    stop = STOP_PROBABILITY if spec.stops else None
    numbers = decode_numbers(step, states, memory, first=first, max_steps=max_steps, stop=stop)
    ended = numbers.ended[:, None]
    no_scores = np.full(ended.shape, np.nan)
    return numbers.values[:, None], numbers.lengths[:, None], ended, no_scores


def _step_function(run: Runner, spec: NetworkSpec) -> Step:
    """Return one step as the loops run it: its outputs (n o), with the logit of the end last."""
    (name,) = spec.heads
    others = [node for node in run.graph.nodes if not isinstance(node.operation, Attention)]
    repeated = {tensor for node in others for tensor in node.inputs}  # attention needs no copies

    def step(previous: Array, states: Arrays, memory: Arrays) -> tuple[Array, Arrays]:
        of_hypotheses = {
            tensor: np.repeat(x, len(previous) // len(x), axis=0) if tensor in repeated else x
            for tensor, x in memory.items()
        }
        outputs = run({PREVIOUS: previous[:, None], **states, **of_hypotheses})
        values = outputs[name][:, 0]  # n o
        if spec.stops:
            values = np.concatenate([values, outputs[STOP][:, 0]], axis=-1)
        return values, {state: outputs[state] for state in states}

    return step


def attention(
    attend: Runner, spec: NetworkSpec, examples: Examples, rows: list[Array]
) -> list[Array]:
    """Return the attention weights of a decoder for its outputs: (u_i t_i) for each row.

    Where inputs have numbers of steps of their own, the steps of one follow those of another.

    Args:
        attend: The network, from its inputs to the attention weights.
        spec: The inputs and outputs of the network.
        examples: The rows.
        rows: The output of each row, ids (u,) or numbers (u o).

    Returns:
        The weights; for ids there is one more step, that of the end mark.
    """
    known = with_outputs(examples, spec, rows)
    weights = attention_weights(attend, known, axis=-1)
    extra = 1 if spec.tokens else 0
    return [w[: len(row) + extra] for w, row in zip(weights, rows, strict=True)]


def with_outputs(examples: Examples, spec: NetworkSpec, rows: Sequence[Array]) -> Examples:
    """Return rows of a decoder with outputs as inputs, one step late; ids end with the end mark.

    Args:
        examples: The rows.
        spec: The inputs and outputs of the network.
        rows: The output of each row, ids (u,) or numbers (u o).
    """
    (name,) = spec.heads
    outputs = [np.concatenate([row, [END]]) if spec.tokens else row for row in rows]
    known = replace(examples, targets={name: RaggedColumn.from_rows(outputs)})
    return _with_previous(known, spec)
