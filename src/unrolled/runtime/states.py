"""States and gates: what each recurrent layer of a network holds and does at each step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from unrolled.data.block import Array
from unrolled.program import Graph
from unrolled.program.operations import LSTM, Recurrence
from unrolled.program.operations.base import Arrays
from unrolled.runtime.kernel import bind_weights


@dataclass(frozen=True)
class LayerStates:
    """What one recurrent layer does with a batch.

    Attributes:
        arrays: The states and gates by name, each (b t h); padded steps are NaN. `h` is the output
            of the layer and `c` the cell of an LSTM, both after the step; i, f, g, o are the gates
            of an LSTM, z, r, n those of a GRU.
        lengths: The number of real steps of each row (b).
        reads: The inputs of the graph that the layer depends on.
    """

    arrays: Mapping[str, Array]
    lengths: Array
    reads: frozenset[str]


def compute_states(
    graph: Graph, inputs: Mapping[str, Any], weights: Mapping[str, Array]
) -> dict[str, LayerStates]:
    """Return the states and gates of each recurrent layer, by the name of the layer.

    Args:
        graph: The network.
        inputs: The input arrays by name.
        weights: The weights by name.
    """
    tensors: dict[str, Any] = {
        name: np.asarray(inputs[name], spec.dtype) for name, spec in graph.inputs.items()
    }
    sources = {name: frozenset([name]) for name in graph.inputs}
    layers: dict[str, LayerStates] = {}
    for node in graph.nodes:
        read: list[Any] = [tensors[x] if isinstance(x, str) else x for x in node.inputs]
        arrays = [weights[name] for name in node.weights]
        from_inputs = frozenset[str]().union(*(sources[x] for x in node.inputs if x in sources))
        if isinstance(node.operation, Recurrence):
            x, mask, *_ = read
            lengths = np.full(len(x), x.shape[1]) if mask is None else mask.sum(axis=1)
            states = layer_states(node.operation, read, arrays)
            layers[node.name] = LayerStates(states, lengths, from_inputs)
        results = bind_weights(node.operation, arrays)(read)
        tensors.update(zip(node.outputs, results, strict=True))
        sources |= dict.fromkeys(node.outputs, from_inputs)
    return layers


def layer_states(
    operation: Recurrence, inputs: Arrays, weights: Sequence[Array]
) -> dict[str, Array]:
    """Return the states and gates of a recurrent layer, each (b t h); padded steps are NaN.

    The kernel computes the output of every step. The gates depend on nothing but the input of the
    step and the output before it, so that one call of the readable step has the gates of all steps.

    Args:
        operation: The layer.
        inputs: Its inputs; see `Recurrence`.
        weights: Its weights.
    """
    x, mask, states = operation.checked(inputs, weights)
    b, t, f = x.shape
    every_step = replace(operation, sequences=True, states=False, hold=True)
    (ys,) = bind_weights(every_step, weights)(inputs)  # b t h
    h = ys.shape[2]
    before = np.empty_like(ys)  # b t h: the output before each step, in the order of running
    if operation.reverse:
        before[:, :-1], before[:, -1:] = ys[:, 1:], states[0][:, None]
    else:
        before[:, 1:], before[:, :1] = ys[:, :-1], states[0][:, None]
    flat = [before.reshape(b * t, h), *(np.zeros((b * t, h), np.float32) for _ in states[1:])]
    _, gates = operation.step(x.reshape(b * t, f), flat, weights)
    arrays = {"h": ys} | {name: gate.reshape(b, t, h) for name, gate in gates.items()}
    if isinstance(operation, LSTM):
        arrays = {"h": ys, "c": _cells(arrays, mask, states[1], operation.reverse), **arrays}
    if mask is None:
        return arrays
    return {name: np.where(mask[..., None], a, np.float32(np.nan)) for name, a in arrays.items()}


def _cells(gates: Mapping[str, Array], mask: Array | None, first: Array, reverse: bool) -> Array:
    """Return the cell of an LSTM after each step (b t h): `c = f * c + i * g`."""
    i, f, g = gates["i"], gates["f"], gates["g"]
    cells, c, steps = np.empty_like(i), first, range(i.shape[1])
    for step in reversed(steps) if reverse else steps:
        new = f[:, step] * c + i[:, step] * g[:, step]
        c = new if mask is None else np.where(mask[:, step, None], new, c)
        cells[:, step] = c
    return cells
