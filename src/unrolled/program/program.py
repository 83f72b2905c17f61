"""A trained network as a program: the graphs that its use needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from unrolled.data.block import Array
from unrolled.program.graph import Graph
from unrolled.saving.checked_json import RefusedError, short_repr

VERSION = 1
GRAPHS = ("model", "encode", "step", "attend")


@dataclass(frozen=True)
class Program:
    """A network as graphs of operations; they share weights.

    Attributes:
        model: The inputs to the outputs. That of a decoder also reads `previous`: the true outputs
            one step late.
        encode: Of a decoder: the inputs to the first states, `states.0`, and what every step
            reads, `memory.NAME`; else None.
        step: Of a decoder: `previous`, states and memory to the outputs and the new states.
        attend: The inputs of `model` to the attention weights, `weights`; None without attention.
    """

    model: Graph
    encode: Graph | None = None
    step: Graph | None = None
    attend: Graph | None = None

    @property
    def graphs(self) -> dict[str, Graph]:
        """The graphs by name."""
        graphs = {name: getattr(self, name) for name in GRAPHS}
        return {name: graph for name, graph in graphs.items() if graph is not None}

    def to_dict(self) -> dict[str, Any]:
        """Return the program as JSON."""
        return {
            "program": VERSION,
            **{name: graph.to_dict() for name, graph in self.graphs.items()},
        }

    @classmethod
    def from_dict(cls, state: Any) -> Program:
        """Return the program that JSON describes, of which nothing is trusted; see also `check`.

        Raises:
            RefusedError: It does not have this form.
        """
        if not isinstance(state, dict) or state.get("program") != VERSION:
            number = state.get("program") if isinstance(state, dict) else state
            raise RefusedError(f"'program' is {short_repr(number)}, and must be {VERSION}")
        if unknown := set(state) - {"program", *GRAPHS}:
            raise RefusedError(f"a program has no graph {short_repr(min(unknown))}")
        if "model" not in state or ("encode" in state) != ("step" in state):
            raise RefusedError("a program needs 'model', and 'encode' and 'step' only together")
        graphs = {name: Graph.from_dict(g, name) for name, g in state.items() if name != "program"}
        return cls(**graphs)

    def check(self, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, dict[str, Array]]:
        """Run a batch of no rows through each graph, which allocates nothing.

        Args:
            shapes: The shape of each weight beside the program.

        Returns:
            By graph its outputs, without rows.

        Raises:
            RefusedError: Shapes disagree, or the parts of a decoder do not fit each other.
        """
        results = {name: graph.check(shapes, name) for name, graph in self.graphs.items()}
        if self.step is not None:
            for name, array in results["encode"].items():
                spec = self.step.inputs.get(name)
                if spec is None or len(spec.shape) != array.ndim or spec.dtype != array.dtype:
                    raise RefusedError(f"'step' does not read {short_repr(name)} of 'encode'")
            states = {name for name in results["encode"] if name.startswith("states.")}
            if not states <= set(results["step"]):
                raise RefusedError("'step' does not return the states that 'encode' begins with")
        return results
