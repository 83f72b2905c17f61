"""A recurrent layer by one step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from unrolled.data.block import Array
from unrolled.kernels.native import GRUStepper, LSTMStepper, library
from unrolled.program.graph import Node
from unrolled.program.operations import Recurrence
from unrolled.runtime.kernel import bias_of, bind_weights, cell_name
from unrolled.runtime.streaming.step import Kept, State, StepOperation, Tensors


def recurrent_step(node: Node, operation: Recurrence, weights: Sequence[Array]) -> StepOperation:
    """Return the operation that advances a recurrent layer by one step.

    Args:
        node: The layer in its graph.
        operation: The layer, which reads its input forwards.
        weights: Its weights.
    """
    names = [f"{node.name}.{part}" for part in "hc"[: operation.state_count]]
    advance = _advance(operation, weights)
    x, every_step, units = str(node.inputs[0]), operation.sequences, weights[1].shape[0]
    output, ends = node.outputs[0], node.outputs[1:]

    def run(tensors: Tensors, state: State, after: dict[str, Array]) -> None:
        states = advance(tensors[x], [state[name] for name in names])
        after.update(zip(names, states, strict=True))
        tensors[output] = states[0][:, None] if every_step else states[0]
        if ends:
            tensors.update(zip(ends, states, strict=True))

    return StepOperation((x,), node.outputs, run, dict.fromkeys(names, Kept((units,))))


def _advance(
    operation: Recurrence, weights: Sequence[Array]
) -> Callable[[Array, list[Array]], Sequence[Array]]:
    """Return the function from a step (b 1 f) and states (b h) to the next states.

    One row is advanced by a stepper, which has less to prepare than the kernel of whole rows.
    """
    whole = bind_weights(replace(operation, sequences=False, states=True), weights)
    cell = cell_name(operation)
    if cell is None or library() is None:
        return lambda x, states: whole([x, None, *states])[1:]
    matrices = (weights[0], weights[1], bias_of(cell, weights))
    stepper: Any = (
        LSTMStepper(*matrices)
        if cell == "lstm"
        else GRUStepper(*matrices, reset_after=cell == "gru")
    )

    def advance(x: Array, states: list[Array]) -> Sequence[Array]:
        if len(x) > 1:
            return whole([x, None, *states])[1:]
        new = stepper(x[0], *states)
        return new if isinstance(new, tuple) else (new,)

    return advance
