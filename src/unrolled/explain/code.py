"""A network as a script of plain Keras, read off the `keras.Model` itself.

Nothing is printed from a template: each line is an operation of the network's graph with the
settings that differ from Keras' defaults, so the script cannot drift from what was built.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

from unrolled.backend import keras
from unrolled.errors import SettingError

WIDTH = 88


def code(model: Any, *, training: str = "") -> str:
    """Return a script that builds the same network with Keras alone.

    Args:
        model: A functional `keras.Model` of stock layers, or of drop-ins for stock layers.
        training: Lines to put after the model, such as its `compile`.

    Returns:
        Python source; `set_weights(model.get_weights())` on its model makes the two equal.

    Raises:
        SettingError: The model has no graph, or an operation that is not Keras' own.

    Example:
        >>> from unrolled.networks import Ports, build
        >>> from unrolled.settings import Network
        >>> ports = Ports("many-to-one", t=6, values=4)
        >>> print(code(build(ports, Network(architecture="last", units=8))))
        import keras
        from keras import layers
        <BLANKLINE>
        x = keras.Input((6, 4))  # b 6 4
        h = layers.LSTM(8)(x)  # b 8
        y = layers.Dense(1)(h)  # b 1
        model = keras.Model(x, y)
        <BLANKLINE>
    """
    if not hasattr(model, "_nodes_by_depth"):
        raise SettingError(
            f"got a {type(model).__name__}, expected a functional keras.Model, whose graph can be"
            " printed. Build it from keras.Input, or with unrolled.build."
        )
    by_depth = [
        n for d in sorted(model._nodes_by_depth, reverse=True) for n in model._nodes_by_depth[d]
    ]
    nodes = sorted(by_depth, key=lambda node: not node.is_input)
    variables = _Variables(model, nodes)
    lines = [_assignment(node, variables) for node in nodes]
    ends = [variables.spelled(model._inputs_struct), variables.spelled(model._outputs_struct)]
    lines.append(_wrapped("model = keras.Model(", ends, ")"))
    head = ["import keras", "from keras import layers", ""]
    return "\n".join([*head, *lines, training]).rstrip() + "\n"


class _Variables:
    """The variable of each tensor: inputs and outputs keep their names, `h` is what is between."""

    def __init__(self, model: Any, nodes: list[Any]) -> None:
        self.named = isinstance(model._inputs_struct, dict)
        self._of: dict[int, str] = {}
        self._ends = {**_ends(model._inputs_struct, "x"), **_ends(model._outputs_struct, "y")}
        self._last_use = {id(x): i for i, node in enumerate(nodes) for x in node.input_tensors}
        for step, node in enumerate(nodes):
            for tensor in node.outputs:
                self._of[id(tensor)] = self._ends.get(id(tensor)) or self._free(step)

    def _free(self, step: int) -> str:
        """Return the first of h, h2, h3 ... that holds nothing needed after this step."""
        held = {name for key, name in self._of.items() if self._last_use.get(key, -1) > step}
        held |= set(self._ends.values())
        return next(n for n in ("h", *(f"h{i}" for i in range(2, 999))) if n not in held)

    def __getitem__(self, tensor: Any) -> str:
        return self._of[id(tensor)]

    def spelled(self, value: Any) -> str:
        """Return an argument as source: tensors by variable, slices as in an index."""
        if id(value) in self._of:
            return self._of[id(value)]
        if isinstance(value, dict):
            return "{" + ", ".join(f'"{k}": {self.spelled(v)}' for k, v in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(map(self.spelled, value)) + "]"
        return f'"{value}"' if isinstance(value, str) else repr(value)


def _ends(struct: Any, alone: str) -> dict[int, str]:
    """Return a variable for each tensor where the model begins or ends."""
    if isinstance(struct, dict):
        return {id(tensor): re.sub(r"\W", "_", name) for name, tensor in struct.items()}
    if isinstance(struct, (list, tuple)):
        return {id(tensor): f"{alone}{i}" for i, tensor in enumerate(struct, 1)}
    return {id(struct): alone}


def _assignment(node: Any, variables: _Variables) -> str:
    """Return the line that computes a node's tensor, with its axes as a comment."""
    target, operation = variables[node.outputs[0]], node.operation
    if node.is_input:
        parts = [repr(operation.batch_shape[1:])]
        parts += [f'dtype="{operation.dtype}"'] if operation.dtype != "float32" else []
        parts += [f'name="{operation.name}"'] if variables.named else []
        head, tail = "keras.Input(", ")"
    elif type(operation).__name__ == "GetItem":
        tensor, index = node.arguments.args
        head, parts, tail = f"{variables[tensor]}[", [_index(part) for part in index], "]"
    else:
        head, parts, tail = f"{_layer(operation)}(", _given(node, variables), ")"
    axes = " ".join("b" if i == 0 else str(n or "t") for i, n in enumerate(node.outputs[0].shape))
    return _wrapped(f"{target} = {head}", parts, tail, comment=f"  # {axes}")


def _given(node: Any, variables: _Variables) -> list[str]:
    """Return what a layer is called with as source, without what Keras adds by itself."""
    named = {k: v for k, v in node.arguments.kwargs.items() if v is not None and k != "training"}
    by_place = [variables.spelled(value) for value in node.arguments.args]
    return by_place + [f"{name}={variables.spelled(value)}" for name, value in named.items()]


def _index(part: Any) -> str:
    """Return one place of an index as source."""
    if not isinstance(part, slice):
        return repr(part)
    ends = ["" if end is None else str(end) for end in (part.start, part.stop)]
    return ":".join(ends) + (f":{part.step}" if part.step is not None else "")


def _layer(layer: Any) -> str:
    """Return a layer's constructor as source, with only what differs from Keras' defaults."""
    layers = keras().layers
    stock = next((c for c in type(layer).__mro__ if getattr(layers, c.__name__, None) is c), None)
    if stock is None:
        raise SettingError(
            f"got the operation {type(layer).__name__} in the network, expected a stock Keras"
            " layer, which alone can be printed as plain Keras."
        )
    return f"layers.{stock.__name__}({', '.join(_arguments(layer, stock))})"


def _arguments(layer: Any, stock: Any) -> Iterator[str]:
    if stock.__name__ == "Bidirectional":
        merge = layer.merge_mode
        yield _layer(layer.forward_layer)
        yield from ([] if merge == "concat" else [f"merge_mode={merge!r}".replace("'", '"')])
        return
    config, signature = layer.get_config(), inspect.signature(stock.__init__).parameters
    required = [
        name
        for name, p in list(signature.items())[1:]
        if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD
    ]
    plain = stock(**{name: config[name] for name in required}).get_config()
    yield from (_value(config[name]) for name in required)
    for name in signature:
        if name in required or name in ("name", "dtype") or name not in config:
            continue
        if config[name] != plain.get(name):
            yield f"{name}={_value(config[name])}"


def _value(value: Any) -> str:
    """Return a setting as source."""
    if isinstance(value, str):
        return f'"{value}"'
    if isinstance(value, (list, tuple)):
        inner = ", ".join(_value(v) for v in value)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    return repr(value)


def _wrapped(head: str, parts: list[str], tail: str, *, comment: str = "") -> str:
    """Return a call on one line, or broken at its arguments where it would be too long."""
    line = f"{head}{', '.join(parts)}{tail}{comment}"
    if len(line) <= WIDTH:
        return line
    inner = "\n".join(f"    {part}," for part in parts)
    return f"{head}\n{inner}\n{tail}{comment}"
