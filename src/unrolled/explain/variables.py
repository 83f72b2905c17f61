"""The variable of each tensor of a network's graph."""

from __future__ import annotations

from collections.abc import Iterable
from keyword import iskeyword
from typing import Any

from unrolled.explain.source import Source, literal, quoted
from unrolled.keras_internals import inputs_structure, outputs_structure

# what the script itself calls so
TAKEN = ("keras", "layers", "model", "np", "smoothed", "generate")
UNUSED = "_"


class Variables:
    """The variable of each tensor: inputs and outputs keep their names, `h` is what is between.

    States that begin a layer, or that one ends in, are called so; what nobody needs is `_`.
    """

    def __init__(self, model: Any, nodes: list[Any]) -> None:
        self.named = isinstance(inputs_structure(model), dict)
        self._ends = ends_of(model)
        self._last_use = {id(x): i for i, node in enumerate(nodes) for x in node.input_tensors}
        self._of: dict[int, str] = {}
        starts = _starts(nodes)
        for step, node in enumerate(nodes):
            for tensor, name in zip(node.outputs, _names(node), strict=True):
                end, used = self._ends.get(id(tensor)), id(tensor) in self._last_use
                free = self._free(step, node, starts.get(id(tensor), name)) if used else UNUSED
                self._of[id(tensor)] = end or free

    def _free(self, step: int, node: Any, name: str) -> str:
        """Return the first of h, h2, h3 ... that holds nothing needed after this step."""
        beside = {id(tensor) for tensor in node.outputs}
        held = {k for k in self._of if k in beside or self._last_use.get(k, -1) > step}
        return _unused(name, [*self._ends.values(), *(self._of[k] for k in held)], gap="")

    def __getitem__(self, tensor: Any) -> str:
        return self._of[id(tensor)]

    def spelled(self, value: Any, before: str = "") -> Source:
        """Return an argument as source: tensors by variable."""
        if id(value) in self._of:
            return before + self._of[id(value)]
        if isinstance(value, dict):
            parts = [self.spelled(v, f"{quoted(k)}: ") for k, v in value.items()]
            return (before + "{", parts, "}")
        if isinstance(value, (list, tuple)) and any(id(v) in self._of for v in value):
            return (before + "[", [self.spelled(v) for v in value], "]")
        return before + literal(value)


def _names(node: Any) -> list[str]:
    """Return what a layer's outputs are called: its steps, and the states it ends in."""
    operation, count = node.operation, len(node.outputs) - 1
    if type(operation).__name__ == "Greater":
        return ["real"]
    if type(operation).__name__ == "Bidirectional":
        last = [name.removeprefix("state") for name in _states(count // 2)]
        return ["h", *(way + name for way in ("forward", "backward") for name in last)]
    return ["h", *(_states(count) if hasattr(operation, "cell") else ["h"] * count)]


def _starts(nodes: list[Any]) -> dict[int, str]:
    """Return what the tensors are called that layers start from."""
    found: dict[int, str] = {}
    for node in nodes:
        start = node.arguments.kwargs.get("initial_state")
        if isinstance(start, (list, tuple)):
            found |= dict(zip(map(id, start), _states(len(start)), strict=True))
    return found


def _states(count: int) -> list[str]:
    """Return what the states of a recurrent layer are called.

    Example:
        >>> _states(1), _states(2)
        (['state'], ['state_h', 'state_c'])
    """
    return ["state_h", "state_c"] if count == 2 else ["state"] * count


def ends_of(model: Any) -> dict[int, str]:
    """Return a variable for each tensor where the model begins or ends, no name twice."""
    found: dict[int, str] = {}
    for struct, alone in ((inputs_structure(model), "x"), (outputs_structure(model), "y")):
        if isinstance(struct, (list, tuple)):
            struct = {f"{alone}{i}": tensor for i, tensor in enumerate(struct, 1)}
        for name, tensor in (struct if isinstance(struct, dict) else {alone: struct}).items():
            found[id(tensor)] = _unused(str(name), found.values())
    return found


def _unused(name: str, taken: Iterable[str], gap: str = "_") -> str:
    """Return a variable after a name, numbered where the name is taken."""
    plain = "".join(c if f"_{c}".isidentifier() else "_" for c in name)
    plain = plain if plain.isidentifier() else f"_{plain}"
    refused = {*taken, *TAKEN}
    tries = (plain, *(f"{plain}{gap}{i}" for i in range(2, 2 + len(refused))))
    return next(v for v in tries if v not in refused and not iskeyword(v))
