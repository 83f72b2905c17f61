"""A graph of operations: from input tensors to output tensors, in an order that can be run."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from unrolled.data.block import Array
from unrolled.errors import ShapeError
from unrolled.program.operations import OPERATIONS, Operation
from unrolled.saving.checked_json import RefusedError, from_untrusted, reading, short_repr
from unrolled.shapes import MAX_STEPS

MAX_NODES = 20_000
MAX_AXES = 8
MAX_SIZE = 1 << 28  # elements of one row of a tensor
TRIAL_STEPS = 32  # of a row whose number of steps is open, when the shapes are checked

Type = Literal["float32", "int32", "bool"]
Operand = str | float | int | None


@dataclass(frozen=True)
class TensorSpec:
    """The type and the axes of a tensor; None for the batch and for an open number of steps."""

    shape: tuple[int | None, ...]
    dtype: Type = "float32"


@dataclass(frozen=True)
class Node:
    """An operation in a graph.

    Attributes:
        name: The name of the layer, unique within a graph.
        operation: The operation.
        inputs: Names of tensors, numbers, or None where an optional input is left out.
        outputs: The names of the tensors that it computes.
        weights: The names of its weights.
    """

    name: str
    operation: Operation
    inputs: tuple[Operand, ...]
    outputs: tuple[str, ...]
    weights: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the node as JSON."""
        fields: dict[str, Any] = {"name": self.name, "operation": self.operation.name}
        fields |= {"inputs": list(self.inputs), "outputs": list(self.outputs)}
        optional = {"weights": list(self.weights), "settings": self.operation.settings()}
        return fields | {name: value for name, value in optional.items() if value}


@dataclass(frozen=True)
class Graph:
    """A graph of operations.

    Attributes:
        inputs: The input tensors by name.
        nodes: The operations, each after those whose outputs it reads.
        outputs: The tensor of each output, by the name of the output.
    """

    inputs: Mapping[str, TensorSpec]
    nodes: tuple[Node, ...]
    outputs: Mapping[str, str]

    def to_dict(self) -> dict[str, Any]:
        """Return the graph as JSON."""
        return {
            "inputs": {
                name: {"shape": list(spec.shape), "dtype": spec.dtype}
                for name, spec in self.inputs.items()
            },
            "nodes": [node.to_dict() for node in self.nodes],
            "outputs": dict(self.outputs),
        }

    @classmethod
    def from_dict(cls, state: Any, name: str) -> Graph:
        """Return the graph that JSON describes, of which nothing is trusted.

        Args:
            state: The value from the JSON.
            name: The name of the graph, for errors.

        Raises:
            RefusedError: It does not have this form, has an unknown operation, or reads a tensor
                that no earlier operation computes, as in a cycle.
        """
        for part in ("inputs", "nodes", "outputs"):
            entries = state.get(part) if isinstance(state, dict) else None
            if isinstance(entries, list | dict) and len(entries) > MAX_NODES:
                raise RefusedError(
                    f"'{name}' has {len(entries)} {part}, and at most {MAX_NODES} are allowed"
                )
        saved = from_untrusted(_SavedGraph, state, name)
        graph = cls(
            {n: from_untrusted(TensorSpec, spec, n) for n, spec in saved.inputs.items()},
            tuple(_node(entry, name) for entry in saved.nodes),
            dict(saved.outputs),
        )
        graph._check_order(name)
        return graph

    def _check_order(self, name: str) -> None:
        """Refuse a tensor that is read before it is computed, or computed twice."""
        known, names = set(self.inputs), set[str]()
        for node in self.nodes:
            if node.name in names:
                raise RefusedError(f"'{name}' has two operations {short_repr(node.name)}")
            names.add(node.name)
            for tensor in node.inputs:
                if isinstance(tensor, str) and tensor not in known:
                    raise RefusedError(
                        f"the operation {short_repr(node.name)} of '{name}' reads"
                        f" {short_repr(tensor)}, which no operation before it computes"
                    )
            for tensor in node.outputs:
                if tensor in known:
                    raise RefusedError(f"'{name}' computes {short_repr(tensor)} twice")
                known.add(tensor)
        if missing := set(self.outputs.values()) - known:
            raise RefusedError(f"'{name}' does not compute its output {short_repr(min(missing))}")
        if not self.outputs:
            raise RefusedError(f"'{name}' has no outputs")

    def check(self, shapes: Mapping[str, tuple[int, ...]], name: str) -> dict[str, Array]:
        """Run a batch of no rows, which allocates nothing: every shape must fit.

        Args:
            shapes: The shape of each weight.
            name: The name of the graph, for errors.

        Returns:
            The outputs, without rows.

        Raises:
            RefusedError: Shapes disagree, a weight is missing, or a size is out of range.
        """
        tensors = self.run_without_rows(shapes, name)
        return {output: tensors[tensor] for output, tensor in self.outputs.items()}

    def run_without_rows(
        self, shapes: Mapping[str, tuple[int, ...]], name: str
    ) -> dict[str, Array]:
        """Return every tensor of a batch of no rows: their types and their numbers of axes.

        Arguments and errors are those of `check`.
        """
        tensors = {
            tensor: np.zeros(_trial_shape(spec, tensor), spec.dtype)
            for tensor, spec in self.inputs.items()
        }
        for node in self.nodes:
            place = f"the operation {short_repr(node.name)} of '{name}'"
            with reading(place):
                if missing := [weight for weight in node.weights if weight not in shapes]:
                    raise RefusedError(f"there is no weight {short_repr(missing[0])}")
                if empty := [weight for weight in node.weights if 0 in shapes[weight]]:
                    raise RefusedError(f"the weight {short_repr(empty[0])} has no numbers")
                weights = [np.broadcast_to(np.float32(0), shapes[w]) for w in node.weights]
                read = [tensors[x] if isinstance(x, str) else x for x in node.inputs]
                try:
                    with np.errstate(all="ignore"):
                        results = node.operation(read, weights)
                except ShapeError as error:
                    raise RefusedError(f"{place} does not fit: {error}") from None
                if len(results) != len(node.outputs):
                    raise RefusedError(f"it computes {len(results)} tensors")
                for tensor, array in zip(node.outputs, results, strict=True):
                    tensors[tensor] = _checked(array)
        return tensors


@dataclass(frozen=True)
class _SavedGraph:
    """A graph as it is in a file."""

    inputs: dict[str, Any]
    nodes: list[dict[str, Any]]
    outputs: dict[str, str]


@dataclass(frozen=True)
class _SavedNode:
    """A node as it is in a file."""

    name: str
    operation: str
    inputs: list[str | int | float | None]
    outputs: list[str]
    weights: list[str] | None = None
    settings: dict[str, Any] | None = None


def _node(entry: Any, graph: str) -> Node:
    """Return a node of a graph from JSON."""
    saved = from_untrusted(_SavedNode, entry, f"{graph}.nodes")
    kind = OPERATIONS.get(saved.operation)
    if kind is None:
        raise RefusedError(
            f"'{graph}' has the operation {short_repr(saved.operation)}, which this version of"
            " unrolled does not know"
        )
    place = f"{graph}.{saved.name[:40]}"
    operation = from_untrusted(kind, saved.settings or {}, place)
    _require_literal(operation, saved.settings or {}, place)
    for x in saved.inputs:
        if isinstance(x, float) and not math.isfinite(x):
            raise RefusedError(f"'{place}' reads the number {x}")
    weights = tuple(saved.weights or ())
    return Node(saved.name, operation, tuple(saved.inputs), tuple(saved.outputs), weights)


def _require_literal(operation: Operation, settings: Mapping[str, Any], place: str) -> None:
    """Refuse a setting that had to be converted, as "2" to 2, or that is no number."""
    for name, value in settings.items():
        used = getattr(operation, name)
        same_type = type(value) is type(used) or (type(value), type(used)) == (int, float)
        if isinstance(used, tuple):
            same_type = json.dumps(value) == json.dumps(used)
        if not same_type or (isinstance(used, float) and not math.isfinite(used)):
            raise RefusedError(f"'{place}.{name}' is {short_repr(value)}, which it cannot be")


def _trial_shape(spec: TensorSpec, name: str) -> tuple[int, ...]:
    """Return the shape of a batch of no rows."""
    sizes = [TRIAL_STEPS if n is None else n for n in spec.shape[1:]]
    limited = all(0 < n <= MAX_STEPS for n in sizes)
    limited = limited and math.prod(sizes) <= MAX_SIZE
    if not 0 < len(spec.shape) <= MAX_AXES or spec.shape[0] is not None or not limited:
        raise RefusedError(f"the input {short_repr(name)} has the shape {short_repr(spec.shape)}")
    return (0, *sizes)


def _checked(array: Array) -> Array:
    """Return an array without rows; refuse one with rows, or too many numbers in a row."""
    if array.ndim < 1 or array.ndim > MAX_AXES or len(array):
        raise RefusedError(f"it computes an array of the shape {array.shape}, which has no batch")
    if array.dtype.name not in get_args(Type):
        raise RefusedError(f"it computes numbers of the type {array.dtype.name}")
    if math.prod(array.shape[1:]) > MAX_SIZE:
        raise RefusedError(f"a row of the shape {array.shape[1:]} has too many numbers")
    return array
