"""A program from a `keras.Model`: the walk along its graph.

Masks that Keras passes on beside the tensors, which no argument names, become named tensors here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, get_args

from unrolled.backend import keras
from unrolled.data.block import Array
from unrolled.errors import SettingError
from unrolled.keras_internals import (
    functional_of,
    has_graph,
    inputs_structure,
    nodes_by_depth,
    outputs_structure,
)
from unrolled.program.from_layers import translate
from unrolled.program.graph import Graph, TensorSpec, Type
from unrolled.program.program import Program
from unrolled.program.walk import Call, Walk


def of(bundle: Any, weights: Mapping[int, str], outputs: Sequence[str]) -> Program:
    """Return the program of the models of a network.

    Args:
        bundle: A `networks.ModelBundle`.
        weights: The name of each variable, by its `id`.
        outputs: The names of the outputs of `bundle.model`.
    """
    encode = None if bundle.encode is None else of_model(bundle.encode, weights)
    step = None if bundle.step is None else of_model(bundle.step, weights)
    if encode is not None and step is not None:
        shapes = {weights[id(v)]: tuple(v.shape) for v in bundle.model.weights}
        step = _reading(step, encode.check(shapes, "encode"))
    return Program(
        of_model(bundle.model, weights, outputs),
        encode,
        step,
        None if bundle.attend is None else of_model(bundle.attend, weights, ["weights"]),
    )


def _reading(step: Graph, encoded: Mapping[str, Array]) -> Graph:
    """Return a step that reads tensors of the types that `encode` computes.

    Keras states another type than it computes for joined masks.
    """
    types: dict[str, Any] = {name: array.dtype.name for name, array in encoded.items()}
    inputs = {
        name: replace(spec, dtype=types.get(name, spec.dtype)) for name, spec in step.inputs.items()
    }
    return replace(step, inputs=inputs)


def of_model(model: Any, weights: Mapping[int, str], outputs: Sequence[str] = ("y",)) -> Graph:
    """Return the graph of a functional `keras.Model`.

    Args:
        model: The model.
        weights: The name of each variable, by its `id`.
        outputs: The names of its outputs where they are not in a dict.

    Raises:
        SettingError: The model has no graph, or a layer that a program does not have.
    """
    model = functional_of(model)
    if not has_graph(model):
        raise SettingError(
            f"A {type(model).__name__} has no graph of layers. Build the model from keras.Input, as"
            " a functional keras.Model."
        )
    for x in model.inputs:
        if keras.backend.standardize_dtype(x.dtype) not in get_args(Type):
            raise SettingError(
                f"The input '{x.name}' has the type {x.dtype}, and a program reads"
                f" {', '.join(get_args(Type))}. Build the model with one of these."
            )
    walk = Walk(weights)
    inputs = _flat(inputs_structure(model), [x.name for x in model.inputs])
    for name, tensor in inputs.items():
        walk.names[id(tensor)] = name
        walk.used.add(name)
    by_depth = nodes_by_depth(model)
    for depth in sorted(by_depth, reverse=True):
        for node in by_depth[depth]:
            if not node.is_input:
                translate(node.operation, Call(walk, node))
    ends = _flat(outputs_structure(model), outputs)
    return Graph(
        {
            name: TensorSpec((None, *x.shape[1:]), keras.backend.standardize_dtype(x.dtype))
            for name, x in inputs.items()
        },
        tuple(walk.nodes),
        {name: str(walk.names[id(x)]) for name, x in ends.items()},
    )


def weight_names(model: Any) -> dict[int, str]:
    """Return the name of each weight of a model in a saved model, by the `id` of its variable."""
    from unrolled.saving.tensors import weight_paths

    return {id(v): name for v, name in zip(model.weights, weight_paths(model), strict=True)}


def _flat(structure: Any, names: Sequence[str], prefix: str = "") -> dict[str, Any]:
    """Return the tensors of a structure by name: `states.0`, `memory.keys`."""
    if isinstance(structure, dict):
        pairs = list(structure.items())
    elif isinstance(structure, (list, tuple)):
        pairs = [
            (i if prefix else names[i] if len(names) == len(structure) else f"{names[0]}{i + 1}", x)
            for i, x in enumerate(structure)
        ]
    else:
        return {prefix or names[0]: structure}
    flat: dict[str, Any] = {}
    for key, value in pairs:
        flat |= _flat(value, names, f"{prefix}.{key}" if prefix else str(key))
    return flat
