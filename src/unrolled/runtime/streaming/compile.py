"""From a graph over whole rows to the operations of one step.

Each tensor of the graph is one of: `step`, whose value at a step depends on that step and on the
state before it; `row`, whose value depends on all steps so far; `mask`, which is 1 at every step,
since a stream has no padded steps; or `refused`, with the reason. What is refused does no harm as
long as no output reads it: in the pooling that `patterns.py` knows, the operations inside are not
run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from unrolled.data.block import Array
from unrolled.errors import SettingError
from unrolled.program import operations as op
from unrolled.program.graph import Graph, Node
from unrolled.program.operations.activations import activate
from unrolled.runtime.kernel import bind_weights
from unrolled.runtime.streaming import pools
from unrolled.runtime.streaming.cells import recurrent_step
from unrolled.runtime.streaming.patterns import Pattern, find_pattern
from unrolled.runtime.streaming.rules import STEPS_AXIS, needs_only_its_step, reason
from unrolled.runtime.streaming.step import Run, State, StepOperation, Tensors

Kind = Literal["step", "row", "mask", "refused"]
MASK = "mask"
WHOLE = (None, None, None, None)  # an axis of which a slice keeps everything
NEUTRAL = ("multiply", "logical_and")  # with 1 they change nothing
OF_STEPS = {
    op.GlobalAveragePooling: pools.running_mean,
    op.GlobalMaxPooling: pools.running_max,
}
REDUCED = {"sum": pools.running_sum, "mean": pools.running_mean, "max": pools.running_max}


def compile_steps(
    graph: Graph, weights: Mapping[str, Array], ends: Mapping[str, int]
) -> list[StepOperation]:
    """Return the operations that compute the outputs of a graph one step at a time.

    Args:
        graph: The graph.
        weights: Its weights by name.
        ends: By input of ids, how many of the ids of a step count only at the end of a row.

    Raises:
        SettingError: The graph is not causal; the message names the layer and what to train.
    """
    compiler = _Compiler(graph, weights, ends)
    for node in graph.nodes:
        compiler.add(node)
    for name, tensor in graph.outputs.items():
        if compiler.kinds[tensor] not in ("step", "row"):
            raise SettingError(
                f"The output '{name}' cannot be computed step by step."
                f" {compiler.reasons.get(tensor, 'It is not computed from the steps.')}"
            )
    return _needed(compiler.operations, set(graph.outputs.values()))


class _Compiler:
    """The operations so far, and what each tensor is."""

    def __init__(self, graph: Graph, weights: Mapping[str, Array], ends: Mapping[str, int]) -> None:
        self.weights, self.ends = weights, ends
        sizes = {name: array.shape for name, array in weights.items()}
        self.shapes = {n: x.shape for n, x in graph.run_without_rows(sizes, "model").items()}
        self.producers = {name: node for node in graph.nodes for name in node.outputs}
        self.operations: list[StepOperation] = []
        self.kinds: dict[str, Kind] = {
            name: "mask" if name == MASK else "step" for name in graph.inputs
        }
        self.reasons: dict[str, str] = {}

    def add(self, node: Node) -> None:
        """Add the operation of a node, or note why there is none."""
        pattern = find_pattern(node, self.producers)
        if pattern is not None and all(self.kinds[name] == "step" for name in pattern.steps):
            self._put(node, "row", self._pooling(pattern))
            return
        reads = [name for name in node.inputs if isinstance(name, str)]
        kinds = {self.kinds[name] for name in reads}
        if "refused" in kinds:
            first = next(name for name in reads if self.kinds[name] == "refused")
            self._refuse(node, self.reasons[first])
        elif isinstance(node.operation, op.Recurrence) and self.kinds[reads[0]] == "step":
            self._add_recurrence(node, node.operation)
        elif kinds <= {"row"}:
            self._put(node, "row", self._as_it_is(node))
        elif not self._add_mask(node, kinds) and not self._add_over_steps(node, reads, kinds):
            self._refuse(node, reason(node))

    def _add_recurrence(self, node: Node, operation: op.Recurrence) -> None:
        """Add a recurrent layer, which starts from zeros and has no padded steps."""
        first = node.inputs[2:]
        masked = node.inputs[1] is None or self.kinds[str(node.inputs[1])] == "mask"
        if operation.reverse or any(first) or not masked:
            self._refuse(node, reason(node))
            return
        self._put(node, "row", recurrent_step(node, operation, self._weights(node)))
        if operation.sequences:
            self.kinds[node.outputs[0]] = "step"

    def _add_mask(self, node: Node, kinds: set[Kind]) -> bool:
        """Add what is computed from masks alone, or changes nothing where all steps are real."""
        operation, name = node.operation, node.outputs[0]
        if kinds == {"mask"} and isinstance(operation, op.Cast | op.ExpandDims):
            self.kinds[name] = "mask"
            return True
        if "mask" not in kinds or "row" in kinds:
            return False
        unchanged = [x for x in node.inputs if self.kinds.get(str(x)) != "mask"]
        if isinstance(operation, op.Where) and self.kinds.get(str(node.inputs[0])) == "mask":
            unchanged = [node.inputs[1]]
        elif not (isinstance(operation, op.Elementwise) and operation.function in NEUTRAL):
            return False
        if len(unchanged) != 1 or self.kinds.get(str(unchanged[0])) != "step":
            return False
        self._put(node, "step", pools.this_step(name, str(unchanged[0]), keep_axis=True))
        return True

    def _add_over_steps(self, node: Node, reads: list[str], kinds: set[Kind]) -> bool:
        """Add an operation of each step, or a pooling over the steps so far."""
        operation, name, x = node.operation, node.outputs[0], reads[0]
        shape = self.shapes[x][STEPS_AXIS + 1 :]
        if self.kinds[x] != "step" or not kinds <= {"step", "mask"}:
            return False
        if type(operation) in OF_STEPS:
            self._put(node, "row", OF_STEPS[type(operation)](name, x, shape))
            return True
        if "mask" in kinds:
            return False
        if isinstance(operation, op.Reduce) and _pools_steps(operation, len(self.shapes[x])):
            self._put(node, "row", REDUCED[operation.function](name, x, shape))
            return True
        if isinstance(operation, op.Slice):
            return self._add_slice(node, operation, x)
        if needs_only_its_step(node, [len(self.shapes[read]) for read in reads]):
            self._put(node, "step", self._as_it_is(node))
            return True
        return False

    def _add_slice(self, node: Node, operation: op.Slice, x: str) -> bool:
        """Add the selection of the first step or of the last one."""
        name, shape = node.outputs[0], self.shapes[x][STEPS_AXIS + 1 :]
        steps = [axis for axis in operation.axes if axis != WHOLE]
        if len(steps) != 1 or operation.axes.index(steps[0]) != STEPS_AXIS:
            return False
        if steps[0] == (None, None, None, 0):
            self._put(node, "row", pools.first_step(name, x, shape))
        elif steps[0] == (None, None, None, -1):
            self._put(node, "row", pools.this_step(name, x))
        elif steps[0] == (-1, None, None, None):
            self._put(node, "row", pools.this_step(name, x, keep_axis=True))
        else:
            return False
        return True

    def _pooling(self, pattern: Pattern) -> StepOperation:
        """Return the operation of one of the patterns."""
        name, x, last = pattern.output, pattern.steps[0], pattern.steps[-1]
        shape, width = self.shapes[x][STEPS_AXIS + 1 :], self.shapes[last][-1]
        if pattern.kind == "attention":
            return pools.running_attention(name, x, last, (shape[0], width))
        if pattern.kind == "deviation":
            return pools.running_deviation(name, x, shape)
        if pattern.kind == "last":
            return pools.this_step(name, x)
        return pools.running_table_sum(name, x, last, width, self.ends.get(pattern.ids or "", 0))

    def _as_it_is(self, node: Node) -> StepOperation:
        """Return an operation that is the same for a step as for a row."""
        operation, weights = node.operation, self._weights(node)
        inputs, outputs = node.inputs, node.outputs
        reads = tuple(x for x in inputs if isinstance(x, str))
        if isinstance(operation, op.Dense) and len(self.shapes[reads[0]]) == 2:
            return StepOperation(reads, outputs, _dense(operation, reads[0], outputs[0], weights))
        function = bind_weights(operation, weights)

        def run(tensors: Tensors, _: State, __: dict[str, Array]) -> None:
            read: list[Any] = [tensors[x] if isinstance(x, str) else x for x in inputs]
            tensors.update(zip(outputs, function(read), strict=True))

        return StepOperation(reads, outputs, run)

    def _put(self, node: Node, kind: Kind, operation: StepOperation) -> None:
        self.operations.append(operation)
        self.kinds |= dict.fromkeys(node.outputs, kind)

    def _refuse(self, node: Node, why: str) -> None:
        self.kinds |= dict.fromkeys(node.outputs, "refused")
        self.reasons |= dict.fromkeys(node.outputs, why)

    def _weights(self, node: Node) -> tuple[Array, ...]:
        return tuple(self.weights[name] for name in node.weights)


def _dense(operation: op.Dense, x: str, output: str, weights: tuple[Array, ...]) -> Run:
    """Return a Dense layer of rows (b f) with as little as possible around its product."""
    kernel, *bias = weights
    name, offset = operation.activation, bias[0] if bias else np.float32(0)
    if name == "linear":

        def linear(tensors: Tensors, _: State, __: dict[str, Array]) -> None:
            tensors[output] = tensors[x] @ kernel + offset

        return linear

    def run(tensors: Tensors, _: State, __: dict[str, Array]) -> None:
        tensors[output] = activate(tensors[x] @ kernel + offset, name)

    return run


def _pools_steps(operation: op.Reduce, rank: int) -> bool:
    """Return whether a reduction is over the steps alone, and one that is known by its name."""
    axes = tuple(axis % rank for axis in operation.axes)
    return axes == (STEPS_AXIS,) and operation.function in REDUCED and not operation.keep_axes


def _needed(operations: list[StepOperation], tensors: set[str]) -> list[StepOperation]:
    """Return the operations from which some tensors are computed."""
    needed: list[StepOperation] = []
    for operation in reversed(operations):
        if tensors.intersection(operation.writes):
            tensors |= set(operation.reads)
            needed.append(operation)
    return needed[::-1]
