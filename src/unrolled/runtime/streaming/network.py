"""A causal network that advances by one step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unrolled.data.block import Array
from unrolled.program.graph import Graph
from unrolled.runtime.streaming.compile import compile_steps
from unrolled.runtime.streaming.pools import STEPS
from unrolled.runtime.streaming.step import Kept, State


class StreamNetwork:
    """A causal network as a function of the inputs of one step and a state.

    Its outputs are what the network computes for the row of all steps so far; of outputs with a
    value at each step, the value of this step. A state is a dict of arrays (b ...) that nothing
    changes: each step returns a new one. Time and memory of a step do not depend on how many steps
    came before. Several threads may call it at once.

    Args:
        graph: The network.
        weights: Its weights by name.
        ends: By input of ids, how many of the ids of a step count only at the end of a row.

    Raises:
        SettingError: The network is not causal, or reads several steps at once; the message names
            the layer and what to train.
    """

    def __init__(
        self, graph: Graph, weights: Mapping[str, Array], ends: Mapping[str, int] | None = None
    ) -> None:
        self._operations = compile_steps(graph, weights, ends or {})
        self._runs = [operation.run for operation in self._operations]
        self._outputs = dict(graph.outputs)
        read = {name for operation in self._operations for name in operation.reads}
        self.inputs = tuple(name for name in graph.inputs if name in read)

    @property
    def keeps(self) -> dict[str, Kept]:
        """The arrays of the state by name."""
        kept = {STEPS: Kept((), "int64")}
        for operation in self._operations:
            kept |= operation.keeps
        return kept

    def __call__(
        self, inputs: Mapping[str, Any], state: State
    ) -> tuple[dict[str, Array], dict[str, Array]]:
        """Return the outputs by name, and the state after the step.

        Args:
            inputs: The inputs of the step by name, (b 1 ...).
            state: The state before the step.
        """
        tensors = dict(inputs)
        after: dict[str, Array] = {STEPS: state[STEPS] + 1}
        for run in self._runs:
            run(tensors, state, after)
        return {name: tensors[tensor] for name, tensor in self._outputs.items()}, after
