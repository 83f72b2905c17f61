"""Run a chained decoder over examples: forced along known outputs, or on its own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from unrolled.backend import keras
from unrolled.data.batches import Examples, batch_inputs, prediction_batches
from unrolled.data.block import Array, RaggedColumn
from unrolled.data.encoders.table_encoder import TableEncoder
from unrolled.data.encoders.vocabulary import END, PADDING, UNKNOWN
from unrolled.errors import SettingError
from unrolled.inference import predict
from unrolled.inference.decoding import compile_function, decode_numbers, decode_tokens
from unrolled.inference.predict import Outputs
from unrolled.networks import PREVIOUS, STOP, ModelBundle, NetworkSpec, unwrap_single
from unrolled.settings import Decoding

LONGER = 2  # times the longest training output, where nothing says how long an output may be
PROGRAMS = 8  # compiled loops that are kept


@dataclass(frozen=True)
class DecodedRows:
    """What a chained decoder said of every row, in the order of the rows.

    Attributes:
        rows: For each row its n hypotheses, the best first: ids (u,) without the end mark, or
            numbers (u o).
        scores: Log-probability of each, as its search ranks them (n_rows n); NaN for numbers.
        cut: Whether each was cut at the most steps before it ended (n_rows n).
    """

    rows: list[list[Array]]
    scores: Array
    cut: Array

    def best(self) -> list[Array]:
        """Return the best hypothesis of each row."""
        return [row[0] for row in self.rows]


def teacher_forced(examples: Examples, spec: NetworkSpec, bundle: ModelBundle) -> Examples:
    """Return rows as a network is trained on: a chained decoder's are fed the true outputs.

    Args:
        examples: The rows.
        spec: What goes in and out.
        bundle: The network.
    """
    if bundle.step is None:
        return examples
    (name,) = spec.heads
    return examples.with_teacher_forcing(name, start=END if spec.tokens else 0, stops=spec.stops)


def generate_outputs(
    bundle: ModelBundle, spec: NetworkSpec, examples: Examples, decoding: Decoding | None = None
) -> dict[str, Outputs]:
    """Return what a network says of every row, by output; a chained decoder writes it.

    Args:
        bundle: The network.
        spec: What goes in and out.
        examples: The rows; targets are not looked at.
        decoding: How a chained decoder writes; None takes the best token at each step.

    Returns:
        As `inference.outputs`; of a decoder ids, b arrays (u_i,), or numbers, b arrays (u_i o).
    """
    if bundle.step is None:
        return predict.predict_outputs(bundle.model, examples, list(spec.heads))
    (name,) = spec.heads
    return {name: decode_rows(bundle, spec, examples, decoding or Decoding()).best()}


def decode_rows(bundle: ModelBundle, spec: NetworkSpec, examples: Examples, decoding: Decoding) -> DecodedRows:
    """Let a chained decoder write the output of every row.

    Args:
        bundle: The network, with a decoder.
        spec: What goes in and out.
        examples: The rows; targets are not looked at.
        decoding: How tokens are chosen, and the most steps.
    """
    most = decoding.max_steps or int(spec.u or 0) * (LONGER if spec.tokens or spec.stops else 1)
    program = _program(bundle, spec.tokens, spec.stops, next(iter(spec.heads)), decoding, most)
    said, order = [], []
    for batch in prediction_batches(replace(examples, targets={})):
        said.append([np.asarray(a)[: batch.real] for a in program(batch_inputs(examples, batch))])
        order.append(batch.rows[: batch.real])
    back = np.argsort(np.concatenate(order))
    steps, lengths, ended, scores = (np.concatenate(a)[back] for a in zip(*said, strict=True))
    rows = [
        [hypothesis[:n] for hypothesis, n in zip(row, ns, strict=True)]
        for row, ns in zip(steps, lengths, strict=True)
    ]
    may_end = spec.tokens or spec.stops
    return DecodedRows(rows, scores, ~ended if may_end else np.zeros_like(ended))


def hypotheses(
    bundle: ModelBundle, spec: NetworkSpec, encoding: TableEncoder, examples: Examples, decoding: Decoding
) -> dict[str, Any]:
    """Return what a chained decoder writes, its scores and cuts, by column.

    Args:
        bundle: The network.
        spec: What goes in and out.
        encoding: How the rows were encoded.
        examples: The rows; targets are not looked at.
        decoding: How tokens are chosen, and the most steps.

    Raises:
        SettingError: The network is no chained decoder.
    """
    if bundle.step is None:
        raise SettingError(
            "got decoding for a network that is no chained decoder, whose outputs are not written"
            " step by step. Leave decoding out, or train with architecture='decoder'."
        )
    (column,) = encoding.schema.outputs
    said = decode_rows(bundle, spec, examples, decoding)
    found: dict[str, Any] = {}
    for place in range(said.scores.shape[1]):
        name = column.name if place == 0 else f"{column.name}-{place + 1}"
        found[name] = encoding.decode_cells(column, [row[place] for row in said.rows])
        found[f"{name}-score"] = said.scores[:, place].astype(float)
        found[f"{name}-cut"] = said.cut[:, place]
    return found


@lru_cache(maxsize=PROGRAMS)
def _program(
    bundle: ModelBundle, tokens: bool, stops: bool, name: str, decoding: Decoding, most: int
) -> Any:
    """Return the compiled call from a batch's inputs to steps, lengths, ended and scores."""
    ops = keras.ops

    def one(previous: Any, states: Any, memory: Any) -> Any:
        asked = {PREVIOUS: previous[:, None], "states": states, "memory": memory}
        said = bundle.step(asked)
        scores = said[name][:, 0]  # n o
        if stops:
            scores = ops.concatenate([scores, said[STOP][:, 0]], axis=-1)
        return scores, said["states"]

    def run(inputs: dict[str, Any]) -> Any:
        encoded = bundle.encode(unwrap_single(inputs))
        encoded = keras.tree.map_structure(ops.stop_gradient, encoded)  # and no Keras mask
        start = encoded["states"], encoded["memory"]
        if tokens:
            found = decode_tokens(
                one,
                *start,
                start=END,
                end=END,
                most=most,
                settings=decoding,
                forbidden=(PADDING, UNKNOWN),
            )
            return found.ids, found.lengths, found.ended, found.scores
        o = bundle.step.input[PREVIOUS].shape[-1]
        first = ops.zeros((ops.shape(start[0][0])[0], o))  # n o
        said = decode_numbers(one, *start, first=first, most=most, stop=0.5 if stops else None)
        ended = said.ended[:, None]
        nothing = ops.full(ops.shape(ended), float("nan"))
        return said.values[:, None], said.lengths[:, None], ended, nothing

    variables = {id(v): v for model in (bundle.encode, bundle.step) for v in model.variables}
    return compile_function(run, list(variables.values()))


def attention(bundle: ModelBundle, spec: NetworkSpec, examples: Examples, rows: list[Array]) -> list[Array]:
    """Return how a decoder looked at the input while it wrote: (u_i t_i) for each row.

    Args:
        bundle: The network, with attention.
        spec: What goes in and out.
        examples: The rows.
        rows: What was written for each, ids (u,) or numbers (u o).

    Returns:
        For ids with one more step, that of the end mark.
    """
    (name,) = spec.heads
    ends = [np.concatenate([row, [END]]) if spec.tokens else row for row in rows]
    known = replace(examples, targets={name: RaggedColumn.from_rows(ends)})
    said = predict.predict_outputs(bundle.attend, teacher_forced(known, spec, bundle), ["weights"])[
        "weights"
    ]
    lengths = examples.lengths if examples.lengths is not None else [None] * examples.rows
    return [a[: len(row), :t] for a, row, t in zip(said, ends, lengths, strict=True)]
