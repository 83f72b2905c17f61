"""Runs a graph over whole rows, one operation after another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from unrolled.data.block import Array
from unrolled.errors import ShapeError
from unrolled.program.graph import Graph, Operand
from unrolled.program.operations.base import Arrays
from unrolled.runtime.kernel import bind_weights
from unrolled.runtime.weights import Weights


@dataclass(frozen=True)
class _Step:
    """A node with its weights bound, and the tensors that nothing reads after it."""

    run: Callable[[Arrays], tuple[Array, ...]]
    inputs: tuple[Operand, ...]
    outputs: tuple[str, ...]
    dead: tuple[str, ...]


class Runner:
    """A graph as a function of arrays. Several threads may call it at once.

    Args:
        graph: The graph.
        weights: Its weights.
    """

    def __init__(self, graph: Graph, weights: Weights) -> None:
        self.graph, self._weights = graph, weights
        self._dead = _last_uses(graph)
        self._bound: tuple[Mapping[str, Array], list[_Step]] | None = None
        _keep_freed_memory()

    def __call__(self, inputs: Mapping[str, Any]) -> dict[str, Array]:
        """Return the outputs by name.

        Args:
            inputs: The input arrays by name; others are not read.

        Raises:
            ShapeError: An input is missing or has another number of axes.
        """
        tensors: dict[str, Any] = {}
        for name, spec in self.graph.inputs.items():
            if name not in inputs:
                raise ShapeError(
                    f"The network reads the input '{name}', which is missing. Its inputs are"
                    f" {', '.join(self.graph.inputs)}."
                )
            array = np.asarray(inputs[name], spec.dtype)
            if array.ndim != len(spec.shape):
                raise ShapeError(
                    f"The input '{name}' has the shape {array.shape}, but the network reads"
                    f" {len(spec.shape)} axes. Pass one entry for each row and step."
                )
            tensors[name] = array
        for step in self._steps():
            results = step.run([tensors[x] if isinstance(x, str) else x for x in step.inputs])
            for name, result in zip(step.outputs, results, strict=True):
                tensors[name] = result
            for name in step.dead:
                del tensors[name]
        return {output: tensors[tensor] for output, tensor in self.graph.outputs.items()}

    def _steps(self) -> list[_Step]:
        """Return the nodes with the weights of now."""
        arrays = self._weights.arrays()
        if self._bound is None or self._bound[0] is not arrays:
            steps = [
                _Step(
                    bind_weights(node.operation, [arrays[name] for name in node.weights]),
                    node.inputs,
                    node.outputs,
                    dead,
                )
                for node, dead in zip(self.graph.nodes, self._dead, strict=True)
            ]
            self._bound = (arrays, steps)
        return self._bound[1]


@cache
def _keep_freed_memory() -> None:
    """Let glibc keep freed memory for the arrays of the next batch.

    At first it returns large arrays to the system at once, and for every batch the system zeroes
    their pages anew, which takes half as long as the recurrences. After one block of 31 MiB
    has been freed, it keeps blocks of up to this size, and at most twice as much memory
    (`M_MMAP_THRESHOLD` in mallopt(3)). The block is never written to. With another allocator this
    changes nothing.
    """
    np.empty(31 << 20, np.uint8)


def _last_uses(graph: Graph) -> list[tuple[str, ...]]:
    """Return, for each node, the tensors that are not read after it."""
    seen = set(graph.outputs.values())
    dead: list[tuple[str, ...]] = []
    for node in reversed(graph.nodes):
        used = {*node.outputs, *(x for x in node.inputs if isinstance(x, str))} - seen
        dead.append(tuple(sorted(used)))
        seen |= used
    return dead[::-1]


def run_reference(
    graph: Graph, inputs: Mapping[str, Any], weights: Mapping[str, Array]
) -> dict[str, Array]:
    """Return the outputs of a graph by the readable reference of every operation."""
    tensors: dict[str, Any] = {
        name: np.asarray(inputs[name], spec.dtype) for name, spec in graph.inputs.items()
    }
    for node in graph.nodes:
        read: Sequence[Any] = [tensors[x] if isinstance(x, str) else x for x in node.inputs]
        results = node.operation(read, [weights[name] for name in node.weights])
        tensors.update(zip(node.outputs, results, strict=True))
    return {output: tensors[tensor] for output, tensor in graph.outputs.items()}
