"""A network as a script of plain Keras, read off the `keras.Model` itself.

Nothing is printed from a template: each line is an operation of the network's graph with the
settings that differ from Keras' defaults, so the script cannot drift from what was built.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable, Iterator
from keyword import iskeyword
from typing import Any

from unrolled.backend import keras
from unrolled.errors import SettingError

WIDTH = 88
TAKEN = ("keras", "layers", "model")  # what the script itself calls so

Source = str | tuple[str, "list[Source]", str]  # text, or parts between an opening and a closing


def code(model: Any, *, training: str = "") -> str:
    """Return a script that builds the same network with Keras alone.

    Args:
        model: A functional `keras.Model` of stock layers, or of drop-ins for stock layers.
        training: Lines to put after the model, such as its `compile`.

    Returns:
        Python source; `set_weights(model.get_weights())` on its model makes the two equal.

    Raises:
        SettingError: The model has no graph, a layer that is used twice, or an operation that is
            not Keras' own.

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
    nodes = _ordered(model)
    _refuse_shared(nodes)
    variables = _Variables(model, nodes)
    lines = [_assignment(node, variables) for node in nodes]
    ends = [variables.spelled(model._inputs_struct), variables.spelled(model._outputs_struct)]
    lines.append(_laid(("model = keras.Model(", ends, ")")))
    head = ["import keras", "from keras import layers", ""]
    return "\n".join([*head, *lines, training]).rstrip() + "\n"


def _ordered(model: Any) -> list[Any]:
    """Return the graph's nodes as a person writes them: all inputs, then step after step."""
    rank = {tensor: place for place, tensor in enumerate(_ends(model))}

    def place(node: Any) -> int:
        return rank.get(id(node.outputs[0]), -1)

    depths = sorted(model._nodes_by_depth, reverse=True)
    nodes = [node for depth in depths for node in sorted(model._nodes_by_depth[depth], key=place)]
    inputs = sorted((node for node in nodes if node.is_input), key=place)
    return inputs + [node for node in nodes if not node.is_input]


def _refuse_shared(nodes: list[Any]) -> None:
    """Refuse a layer that is called twice: printed twice, it would have two sets of weights."""
    names = [node.operation.name for node in nodes]
    for name in names:
        if names.count(name) > 1:
            raise SettingError(
                f"got the layer '{name}' used {names.count(name)} times in the network, expected"
                " each layer to be used once, which alone can be printed line by line."
            )


class _Variables:
    """The variable of each tensor: inputs and outputs keep their names, `h` is what is between."""

    def __init__(self, model: Any, nodes: list[Any]) -> None:
        self.named = isinstance(model._inputs_struct, dict)
        self._ends = _ends(model)
        self._last_use = {id(x): i for i, node in enumerate(nodes) for x in node.input_tensors}
        self._of: dict[int, str] = {}
        for step, node in enumerate(nodes):
            for tensor in node.outputs:
                self._of[id(tensor)] = self._ends.get(id(tensor)) or self._free(step, node)

    def _free(self, step: int, node: Any) -> str:
        """Return the first of h, h2, h3 ... that holds nothing needed after this step."""
        beside = {id(tensor) for tensor in node.outputs}
        held = {k for k in self._of if k in beside or self._last_use.get(k, -1) > step}
        return _unused("h", [*self._ends.values(), *(self._of[k] for k in held)], gap="")

    def __getitem__(self, tensor: Any) -> str:
        return self._of[id(tensor)]

    def spelled(self, value: Any, before: str = "") -> Source:
        """Return an argument as source: tensors by variable."""
        if id(value) in self._of:
            return before + self._of[id(value)]
        if isinstance(value, dict):
            parts = [self.spelled(v, f"{_quoted(k)}: ") for k, v in value.items()]
            return (before + "{", parts, "}")
        if isinstance(value, (list, tuple)) and any(id(v) in self._of for v in value):
            return (before + "[", [self.spelled(v) for v in value], "]")
        return before + _value(value)


def _ends(model: Any) -> dict[int, str]:
    """Return a variable for each tensor where the model begins or ends, no name twice."""
    found: dict[int, str] = {}
    for struct, alone in ((model._inputs_struct, "x"), (model._outputs_struct, "y")):
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


def _assignment(node: Any, variables: _Variables) -> str:
    """Return the line that computes a node's tensors, with the axes of the first as a comment."""
    target, operation = ", ".join(variables[x] for x in node.outputs), node.operation
    source: Source
    if node.is_input:
        parts: list[Source] = [repr(operation.batch_shape[1:])]
        parts += [f"dtype={_quoted(operation.dtype)}"] if operation.dtype != "float32" else []
        parts += [f"name={_quoted(operation.name)}"] if variables.named else []
        source = (f"{target} = keras.Input(", parts, ")")
    elif type(operation).__name__ == "GetItem":
        tensor, index = node.arguments.args
        places = index if isinstance(index, tuple) else (index,)
        source = f"{target} = {variables[tensor]}[{', '.join(map(_index, places))}]"
    else:
        source = _call(f"{target} = ", _layer(operation), _given(node, variables))
    axes = " ".join("b" if i == 0 else str(n or "t") for i, n in enumerate(node.outputs[0].shape))
    return _laid(source, after=f"  # {axes}")


def _call(before: str, layer: Source, given: list[Source]) -> Source:
    """Return a layer called, to be broken at what is given, or at its settings if they are long."""
    opening = f"{before}{_flat(layer)}("
    if len(opening) <= WIDTH or isinstance(layer, str):
        return (opening, given, ")")
    head, settings, _ = layer
    return (before + head, settings, _flat((")(", given, ")")))


def _given(node: Any, variables: _Variables) -> list[Source]:
    """Return what a layer is called with, without the None and `training=False` Keras adds."""
    named = {
        name: value
        for name, value in node.arguments.kwargs.items()
        if value is not None and (name != "training" or value)
    }
    by_place = [variables.spelled(value) for value in node.arguments.args]
    return by_place + [variables.spelled(value, f"{name}=") for name, value in named.items()]


def _index(part: Any) -> str:
    """Return one place of an index as source."""
    if not isinstance(part, slice):
        return repr(part)
    ends = ["" if end is None else str(end) for end in (part.start, part.stop)]
    return ":".join(ends) + (f":{part.step}" if part.step is not None else "")


def _layer(layer: Any) -> Source:
    """Return a layer's constructor as source, with only what differs from Keras' defaults."""
    layers = keras().layers
    stock = next((c for c in type(layer).__mro__ if getattr(layers, c.__name__, None) is c), None)
    if stock is None:
        raise SettingError(
            f"got the operation {type(layer).__name__} in the network, expected a stock Keras"
            " layer, which alone can be printed as plain Keras."
        )
    return (f"layers.{stock.__name__}(", list(_arguments(layer, stock)), ")")


def _arguments(layer: Any, stock: Any) -> Iterator[str]:
    """Return what differs from Keras' defaults, and what has none."""
    if stock.__name__ == "Bidirectional":
        yield from _both_ways(layer)
        return
    if stock.__name__ == "TimeDistributed":
        yield _flat(_layer(layer.layer))
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
    if layer.dtype_policy.name != "float32":
        yield f"dtype={_quoted(layer.dtype_policy.name)}"


def _both_ways(layer: Any) -> Iterator[str]:
    """Return what a Bidirectional is made of: one layer, unless the way back differs."""
    yield _flat(_layer(layer.forward_layer))
    forward, backward = layer.forward_layer, layer.backward_layer
    turned = {"name": backward.name, "go_backwards": backward.go_backwards}
    if backward.get_config() != forward.get_config() | turned:
        yield f"backward_layer={_flat(_layer(backward))}"
    if layer.merge_mode != "concat":
        yield f"merge_mode={_value(layer.merge_mode)}"


def _value(value: Any) -> str:
    """Return a setting as source."""
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, dict):
        return _keras_object(value)
    if isinstance(value, (list, tuple)):
        inner = ", ".join(_value(v) for v in value)
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    return repr(value)


def _keras_object(config: dict[str, Any]) -> str:
    """Return an initializer, a regularizer or a constraint as source."""
    module, name = config.get("module") or "", config.get("class_name")
    if not module.startswith("keras."):
        raise SettingError(
            f"got {name!r} as a setting of a layer, expected one of Keras' own, which alone can"
            " be printed as plain Keras."
        )
    given = ", ".join(f"{key}={_value(value)}" for key, value in config["config"].items())
    return f"{module}.{name}({given})"


def _quoted(text: str) -> str:
    """Return a string in double quotes, or in single ones where that saves an escape."""
    single = text.count('"') > text.count("'")
    return repr(text) if single else json.dumps(text, ensure_ascii=False)


def _flat(source: Source) -> str:
    """Return source on one line."""
    if isinstance(source, str):
        return source
    head, parts, tail = source
    return f"{head}{', '.join(map(_flat, parts))}{tail}"


def _laid(source: Source, *, indent: int = 0, after: str = "") -> str:
    """Return source on one line, or broken at its parts where it would be too long."""
    space, line = " " * indent, _flat(source) + after
    if isinstance(source, str) or indent + len(line) <= WIDTH:
        return space + line
    head, parts, tail = source
    inner = "\n".join(_laid(part, indent=indent + 4, after=",") for part in parts)
    return f"{space}{head}\n{inner}\n{space}{tail}{after}"
