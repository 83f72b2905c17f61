"""A trained network as a program: the graphs that its use needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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
    def from_dict(cls, state: Any, shapes: Mapping[str, tuple[int, ...]]) -> Program:
        """Return the program that JSON describes, of which nothing is trusted.

        Args:
            state: The value from the JSON.
            shapes: The shape of each weight beside it.

        Raises:
            RefusedError: It does not have this form, or its shapes disagree.
        """
        if not isinstance(state, dict) or state.get("program") != VERSION:
            found = state.get("program") if isinstance(state, dict) else state
            raise RefusedError(f"'program' is {short_repr(found)}, and must be {VERSION}")
        if unknown := set(state) - {"program", *GRAPHS}:
            raise RefusedError(f"a program has no graph {short_repr(min(unknown))}")
        if "model" not in state or ("encode" in state) != ("step" in state):
            raise RefusedError("a program needs 'model', and 'encode' and 'step' only together")
        graphs = {name: Graph.from_dict(g, name) for name, g in state.items() if name != "program"}
        for name, graph in graphs.items():
            graph.check(shapes, name)
        return cls(**graphs)
