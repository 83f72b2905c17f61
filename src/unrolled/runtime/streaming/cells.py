"""A recurrent layer by one step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from unrolled.data.block import Array
from unrolled.program.graph import Node
from unrolled.program.operations import Recurrence
from unrolled.runtime.kernel import bind_weights
from unrolled.runtime.streaming.step import Kept, State, StepOperation, Tensors


def recurrent_step(node: Node, operation: Recurrence, weights: Sequence[Array]) -> StepOperation:
    """Return the operation that advances a recurrent layer by one step.

    Args:
        node: The layer in its graph.
        operation: The layer, which reads its input forwards.
        weights: Its weights.
    """
    names = [f"{node.name}.{part}" for part in "hc"[: operation.state_count]]
    advance = bind_weights(replace(operation, sequences=False, states=True), weights)
    x, every_step, units = str(node.inputs[0]), operation.sequences, weights[1].shape[0]
    output, ends = node.outputs[0], node.outputs[1:]

    def run(tensors: Tensors, state: State, after: dict[str, Array]) -> None:
        last, *states = advance([tensors[x], None, *[state[name] for name in names]])
        after.update(zip(names, states, strict=True))
        tensors[output] = last[:, None] if every_step else last
        tensors.update(zip(ends, states, strict=False))

    return StepOperation((x,), node.outputs, run, dict.fromkeys(names, Kept((units,))))
