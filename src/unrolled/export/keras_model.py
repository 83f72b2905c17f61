"""Any functional `keras.Model` of known layers as one ONNX file, proved against Keras itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from unrolled.backend import keras
from unrolled.data.block import Array
from unrolled.errors import ArtifactError, SettingError
from unrolled.export.extra import require
from unrolled.export.onnx_graph import graph_inputs, graph_outputs, to_nodes, to_onnx
from unrolled.export.place import check_place, write_proved
from unrolled.export.proof import Proof
from unrolled.keras_internals import functional_of, inputs_structure, outputs_structure
from unrolled.program import Graph, from_keras
from unrolled.program.operations import Embedding

SIZES = ((3, 8), (1, 1), (64, 2), (3, 25))  # rows and steps: Keras compiles each of them
SUFFIX = ".onnx"
IDS = 10  # of an input of whole numbers that no embedding reads
MODEL = "model.onnx"


def export_keras(model: Any, place: str | Path) -> Path:
    """Write a `keras.Model` as an ONNX file.

    Nothing is written unless the file computes what the model computes, to 1e-5, on made inputs:
    batches of 1, 3 and 64 rows, and rows of 1, 2, 8 and 25 steps where their number is open.
    Masks may leave out any step: those of `Masking` and `mask_zero` are computed in the file.

    Args:
        model: A functional or sequential model of the layers that `docs/export.md` lists.
        place: A file that ends in .onnx; an earlier one there is replaced.

    Returns:
        The file.

    Raises:
        SettingError: The model has no graph, or a layer that cannot be exported, which is named.
        ArtifactError: The file cannot be written, or computes something else.
        MissingExtraError: onnx or onnxruntime is not installed.
    """
    path = Path(place)
    for name in ("onnx", "onnxruntime"):
        require(name)
    if path.suffix != SUFFIX:
        raise SettingError(
            f"A keras.Model is exported to one file that ends in {SUFFIX}, and '{path}' does not."
            " Choose another name."
        )
    check_place(path)
    model = functional_of(model)
    names = from_keras.weight_names(model)
    graph = from_keras.of_model(model, names, list(model.output_names))
    arrays = [keras.ops.convert_to_numpy(v) for v in model.weights]
    weights = dict(zip(names.values(), arrays, strict=True))
    nodes = to_nodes(graph, weights, right_padded=())
    inputs, outputs = graph_inputs(graph), graph_outputs(graph, weights)
    raw = to_onnx(nodes, inputs, outputs, model.name, f"The keras.Model '{model.name}'.")

    def prove(folder: Path) -> Mapping[str, bytes]:
        _prove(folder / MODEL, model, graph, weights)
        return {}

    write_proved(path, {MODEL: raw}, prove)
    return path


def _prove(path: Path, model: Any, graph: Graph, weights: Mapping[str, Array]) -> None:
    """Compare an ONNX file with a model of Keras.

    Raises:
        ArtifactError: The file computes something else.
    """
    onnxruntime = require("onnxruntime")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    read = {x.name for x in session.get_inputs()}
    proof = Proof()
    for what, feeds in _made_inputs(graph, weights):
        expected = _call(model, feeds)
        try:
            actual = session.run(None, {name: x for name, x in feeds.items() if name in read})
        except Exception as error:  # ONNX Runtime has error classes of its own
            raise ArtifactError(
                f"Nothing was exported: ONNX Runtime cannot run the file on {what}:"
                f" {str(error).splitlines()[0][:200]}"
            ) from None
        for output, one, other in zip(session.get_outputs(), expected, actual, strict=True):
            proof.numbers(one, other, f"{what}: {output.name}")


def _call(model: Any, feeds: Mapping[str, Array]) -> list[Array]:
    """Return the outputs of a model, in the order of its structure."""
    values = iter(feeds.values())

    def pack(structure: Any) -> Any:
        if isinstance(structure, dict):
            return {name: pack(part) for name, part in structure.items()}
        if isinstance(structure, (list, tuple)):
            return type(structure)(pack(part) for part in structure)
        return next(values)

    outputs = model.predict_on_batch(pack(inputs_structure(model)))
    flat: list[Array] = []

    def unpack(structure: Any, actual: Any) -> None:
        if isinstance(structure, dict):
            for name in structure:
                unpack(structure[name], actual[name])
        elif isinstance(structure, (list, tuple)):
            for part, one in zip(structure, actual, strict=True):
                unpack(part, one)
        else:
            flat.append(np.asarray(actual))

    unpack(outputs_structure(model), outputs)
    return flat


def _made_inputs(
    graph: Graph, weights: Mapping[str, Array]
) -> Iterator[tuple[str, dict[str, Array]]]:
    """Yield inputs of every batch and length, and what they are."""
    rng = np.random.default_rng(17)
    ids = {
        str(node.inputs[0]): len(weights[node.weights[0]])
        for node in graph.nodes
        if isinstance(node.operation, Embedding)
    }
    is_open = any(None in spec.shape[1:] for spec in graph.inputs.values())
    sizes = SIZES if is_open else [(rows, 1) for rows in sorted({rows for rows, _ in SIZES})]
    for rows, steps in sizes:
        feeds: dict[str, Array] = {}
        for name, spec in graph.inputs.items():
            shape = (rows, *(steps if n is None else n for n in spec.shape[1:]))
            if spec.dtype == "bool":
                values: Any = rng.random(shape) < 0.7
                values[:, :1] = True
            elif spec.dtype == "int32":
                values = rng.integers(0, ids.get(name, IDS), shape)
            else:
                values = rng.normal(size=shape)
                values[rng.random(shape[:-1]) < 0.2] = 0  # such steps are masked by Masking
            feeds[name] = np.asarray(values, spec.dtype)
        what = f"{rows} made rows" + (f" of {steps} steps" if is_open else "")
        yield what, feeds
