"""The files of a bundle of a trained network, before anything is proved or written."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from typing import Any

from unrolled.data.encoders.table_encoder import CHARACTERS, NGRAMS, feature_key
from unrolled.data.encoders.vocabulary import Vocabulary
from unrolled.data.layouts.columns_as_steps import ColumnsAsSteps
from unrolled.data.special_ids import PREVIOUS
from unrolled.errors import SettingError
from unrolled.export.columns import Columns, facts_of_groups, write_step_output
from unrolled.export.one_file import program_text
from unrolled.export.onnx_graph import (
    TensorType,
    graph_inputs,
    graph_outputs,
    input_masks,
    to_nodes,
    to_onnx,
)
from unrolled.runtime import NetworkRuntime

BUNDLE, ENCODE, STEP, PROOF = "bundle.json", "encode.onnx", "step.onnx", "proof.json"
PROGRAM, README = "predict.py", "README.md"
VERSION = 1


@dataclass(frozen=True)
class Network:
    """What an export needs of a trained network.

    Attributes:
        columns: Its columns, with their encoders and temperatures.
        runtime: Its graphs and weights.
        layout: How examples stand in its tables.
        max_steps: The limit of steps of a decoder; None without one.
        stops: Whether a decoder of numbers has an end of its own.
    """

    columns: Columns
    runtime: NetworkRuntime
    layout: Any = None
    max_steps: int | None = None
    stops: bool = False


def refuse_unknown(network: Network) -> None:
    """Refuse what `predict.py` cannot do exactly as unrolled does.

    Raises:
        SettingError: A column has subwords, or the rows of the tables are steps.
    """
    for column in (*network.columns.encoder.schema.inputs, *network.columns.encoder.schema.outputs):
        encoder = network.columns.encoder.encoders[column.name]
        if isinstance(encoder, Vocabulary) and encoder.subwords is not None:
            raise SettingError(
                f"Cannot export: the column '{column.name}' is split into subwords, and an exported"
                f" model splits text into words or characters only. Train with"
                f" '{column.name}:words' or '{column.name}:characters'."
            )
    if network.layout is not None and not isinstance(network.layout, ColumnsAsSteps):
        raise SettingError(
            "Cannot export: the rows of this model's tables are steps of examples (id and time),"
            " and an exported model reads one example in each row. Train on a table with lists."
        )


def bundle_files(network: Network) -> dict[str, bytes]:
    """Return the files of a bundle by name, without the proof.

    Raises:
        SettingError: ONNX does not have something that the network has.
    """
    files = {ENCODE: _encode(network)}
    if network.runtime.program.step is not None:
        files[STEP] = _step(network)
    facts = {
        "bundle": VERSION,
        "files": {name: hashlib.sha256(raw).hexdigest() for name, raw in files.items()},
        "versions": {name: version(name) for name in ("unrolled", "onnx", "numpy")},
        **_facts(network),
    }
    text = json.dumps(facts, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    return files | {BUNDLE: text.encode(), PROGRAM: program_text().encode()}


def _encode(network: Network) -> bytes:
    """Return `encode.onnx`: the whole network, or what a decoder reads."""
    program, weights = network.runtime.program, network.runtime.weights.arrays()
    graph, columns = program.encode or program.model, network.columns
    inputs, computed = columns.inputs(graph), graph_outputs(graph, weights)
    decodes = program.encode is not None
    nodes = to_nodes(
        graph,
        weights,
        right_padded=input_masks(graph),
        inputs=inputs,
        write_inputs=columns.write_inputs,
        write_output=None if decodes else columns.write_output,
    )
    outputs = computed if decodes else columns.outputs(computed)
    doc = "From the columns of a table to " + ("a decoder's states." if decodes else "the outputs.")
    return to_onnx(nodes, inputs, outputs, "encode", doc)


def _step(network: Network) -> bytes:
    """Return `step.onnx`: one step of a decoder, with states in and out."""
    graph, weights = network.runtime.program.step, network.runtime.weights.arrays()
    assert graph is not None
    columns = network.columns
    nodes = to_nodes(
        graph,
        weights,
        right_padded=input_masks(graph),
        write_output=partial(write_step_output, columns),
    )
    outputs = graph_outputs(graph, weights)
    if not columns.encoder.generates_tokens:
        (column,) = columns.encoder.schema.outputs
        name = columns.encoder.tensor_names[column.name]
        outputs[name] = TensorType(outputs[name].shape, "float64")
        outputs[f"next.{PREVIOUS}"] = TensorType(outputs[name].shape)
    doc = "One step of the decoder: states.N become next.states.N; the memory stays as it is."
    return to_onnx(nodes, graph_inputs(graph), outputs, "step", doc)


def _facts(network: Network) -> dict[str, Any]:
    """Return what `predict.py` needs to know of columns and decoding, as JSON."""
    encoder, layout = network.columns.encoder, network.layout
    group_of = {
        column.name: number
        for number, group in enumerate(encoder.schema.input_groups, 1)
        for column in group
    }
    names: Mapping[str, str] = encoder.tensor_names
    inputs = [
        {
            "tensor": names[column.name],
            "group": group_of.get(column.name, 0),
            "embedded": column.side == "one" and encoder.encoders[column.name].produces_ids,
            "characters": names.get(feature_key(column.name, CHARACTERS)),
            "ngrams": names.get(feature_key(column.name, NGRAMS)),
            "encoder": encoder.encoders[column.name].to_dict(),
        }
        for column in encoder.schema.inputs
    ]
    outputs = [
        {
            "tensor": names[column.name],
            "aligned": encoder.schema.shape == "aligned" and column.side == "many",
            "encoder": encoder.encoders[column.name].to_dict(),
        }
        for column in encoder.schema.outputs
    ]
    decoder = {
        "tokens": encoder.generates_tokens,
        "max_steps": network.max_steps,
        "stops": network.stops,
    }
    sequences = layout.to_dict()["sequences"] if isinstance(layout, ColumnsAsSteps) else {}
    return {
        "shape": encoder.schema.shape,
        "inputs": inputs,
        "outputs": outputs,
        "groups": facts_of_groups(network.columns),
        "sequences": sequences,
        "decoder": decoder if network.runtime.program.step is not None else None,
    }
