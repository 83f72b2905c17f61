"""A recurrent layer by one step: the compiled stepper for one row, the kernel for many."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from unrolled.data.block import Array
from unrolled.kernels.native import GRUStepper, LSTMStepper, library
from unrolled.program.graph import Node
from unrolled.program.operations import Recurrence
from unrolled.runtime.kernel import bias_of, cell_name, run_recurrence
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
        states = advance(tensors[x][:, 0], [state[name] for name in names])
        after.update(zip(names, states, strict=True))
        tensors[output] = states[0][:, None] if every_step else states[0]
        tensors.update(zip(ends, states, strict=False))

    return StepOperation((x,), node.outputs, run, dict.fromkeys(names, Kept((units,))))


def _advance(
    operation: Recurrence, weights: Sequence[Array]
) -> Callable[[Array, list[Array]], Sequence[Array]]:
    """Return the function from the input of a step (b f) and states (b h) to the next states."""
    cell = cell_name(operation)
    if cell is None or library() is None:
        return lambda x, states: operation.step(x, states, weights)[0]
    matrices = (weights[0], weights[1], bias_of(cell, weights))
    stepper: Any = (
        LSTMStepper(*matrices)
        if cell == "lstm"
        else GRUStepper(*matrices, reset_after=cell == "gru")
    )
    whole = replace(operation, sequences=False, states=True)

    def advance(x: Array, states: list[Array]) -> Sequence[Array]:
        if len(x) > 1:
            return run_recurrence(whole, [x[:, None], None, *states], weights)[1:]
        new = stepper(x, *states)
        return new if isinstance(new, tuple) else (new,)

    return advance
