"""The variable of each tensor in a printed script."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from keyword import iskeyword
from typing import Any

from unrolled.explain.source import Source, literal, quote
from unrolled.keras_internals import inputs_structure, outputs_structure

RESERVED = ("keras", "layers", "model", "np", "smoothed", "generate")  # names the script uses
UNUSED = "_"


class Variables:
    """The variable of each tensor: inputs and outputs keep their names, `h` is what is between.

    States are called `state_h`, `state_c` or `state`; a tensor that nothing reads is `_`. Beside a
    decoder, what recurrent layers return is `encoder_outputs` (of both directions: `encoded`) or
    `decoder_outputs`, and what attention reads and returns is `keys` and `context`.

    Args:
        model: The network.
        nodes: The nodes of its graph, in the order in which they are printed.
        decoder: The ids of the nodes of a decoder.
    """

    def __init__(self, model: Any, nodes: list[Any], decoder: Collection[int] = ()) -> None:
        self.has_named_inputs = isinstance(inputs_structure(model), dict)
        self._ends = end_variables(model)
        self._last_use = {id(x): i for i, node in enumerate(nodes) for x in node.input_tensors}
        self._variables: dict[int, str] = {}
        roles = _roles(nodes, decoder) if decoder else {}
        roles |= _initial_states(nodes)
        for step, node in enumerate(nodes):
            for tensor, name in zip(node.outputs, _output_names(node), strict=True):
                end, used = self._ends.get(id(tensor)), id(tensor) in self._last_use
                name = roles.get(id(tensor), name)
                self._variables[id(tensor)] = end or (
                    self._free(step, node, name) if used else UNUSED
                )

    def _free(self, step: int, node: Any, name: str) -> str:
        """Return the first of h, h2, h3 ... whose value is not needed after this step."""
        siblings = {id(tensor) for tensor in node.outputs}
        busy = {
            variable
            for tensor, variable in self._variables.items()
            if tensor in siblings or self._last_use.get(tensor, -1) > step
        }
        return _unused(name, [*self._ends.values(), *busy], gap="")

    def __getitem__(self, tensor: Any) -> str:
        return self._variables[id(tensor)]

    def source(self, value: Any, before: str = "") -> Source:
        """Return an argument as source, in which tensors are variables."""
        if id(value) in self._variables:
            return before + self._variables[id(value)]
        if isinstance(value, dict):
            parts = [self.source(v, f"{quote(k)}: ") for k, v in value.items()]
            return (before + "{", parts, "}")
        if isinstance(value, (list, tuple)) and any(id(v) in self._variables for v in value):
            return (before + "[", [self.source(v) for v in value], "]")
        return before + literal(value)


def _output_names(node: Any) -> list[str]:
    """Return names for a layer's outputs: its steps, and its last states."""
    operation, count = node.operation, len(node.outputs) - 1
    if type(operation).__name__ == "Greater":
        return ["real"]
    if type(operation).__name__ == "Bidirectional":
        suffixes = [name.removeprefix("state") for name in _state_names(count // 2)]
        return ["h", *(way + suffix for way in ("forward", "backward") for suffix in suffixes)]
    return ["h", *(_state_names(count) if hasattr(operation, "cell") else ["h"] * count)]


def _roles(nodes: list[Any], decoder: Collection[int]) -> dict[int, str]:
    """Return names for what encoder, decoder and attention compute; dropout keeps the name."""
    names: dict[int, str] = {}
    for node in nodes:
        operation, first = node.operation, id(node.outputs[0])
        kind = type(operation).__name__
        if kind == "Bidirectional":
            names[first] = "encoded"  # short, since four states follow it in a line
        elif hasattr(operation, "cell"):
            names[first] = "decoder_outputs" if id(node) in decoder else "encoder_outputs"
        elif kind == "Attention":
            names |= {first: "context", id(node.input_tensors[2]): "keys"}
        elif kind == "Dropout" and id(node.input_tensors[0]) in names:
            names[first] = names[id(node.input_tensors[0])]
    return names


def _initial_states(nodes: list[Any]) -> dict[int, str]:
    """Return names for the tensors that are initial states of layers."""
    names: dict[int, str] = {}
    for node in nodes:
        states = node.arguments.kwargs.get("initial_state")
        if isinstance(states, (list, tuple)):
            names |= dict(zip(map(id, states), _state_names(len(states)), strict=True))
    return names


def _state_names(count: int) -> list[str]:
    """Return names for the states of a recurrent layer.

    Example:
        >>> _state_names(1), _state_names(2)
        (['state'], ['state_h', 'state_c'])
    """
    return ["state_h", "state_c"] if count == 2 else ["state"] * count


def end_variables(model: Any) -> dict[int, str]:
    """Return a variable for each input and output tensor of the model, no name twice."""
    variables: dict[int, str] = {}
    for structure, single in ((inputs_structure(model), "x"), (outputs_structure(model), "y")):
        if isinstance(structure, (list, tuple)):
            structure = {f"{single}{i}": tensor for i, tensor in enumerate(structure, 1)}
        tensors = structure if isinstance(structure, dict) else {single: structure}
        for name, tensor in tensors.items():
            variables[id(tensor)] = _unused(str(name), variables.values())
    return variables


def _unused(name: str, taken: Iterable[str], gap: str = "_") -> str:
    """Return a variable after a name, with a number where the name is taken."""
    plain = "".join(c if f"_{c}".isidentifier() else "_" for c in name)
    plain = plain if plain.isidentifier() else f"_{plain}"
    refused = {*taken, *RESERVED}
    candidates = (plain, *(f"{plain}{gap}{i}" for i in range(2, 2 + len(refused))))
    return next(v for v in candidates if v not in refused and not iskeyword(v))
