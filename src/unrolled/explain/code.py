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
from unrolled.explain.loop import loop
from unrolled.explain.source import WIDTH, Source, flat, laid, literal, quoted
from unrolled.explain.variables import Variables, ends_of
from unrolled.keras_internals import (
    has_graph,
    inputs_structure,
    nodes_by_depth,
    outputs_structure,
)
from unrolled.networks import PREVIOUS


def code(model: Any, *, steps: int | None = None, training: str = "") -> str:
    """Return a script that builds the same network with Keras alone.

    Args:
        model: A functional `keras.Model` of stock layers, or of drop-ins for stock layers.
        steps: Output steps `u`, or the most of them; a chained decoder's script then ends with
            the loop that uses it.
        training: Lines to put after the model, such as its `compile`.

    Returns:
        Python source; `set_weights(model.get_weights())` on its model makes the two equal.

    Raises:
        SettingError: The model has no graph, a layer that is used twice, or an operation that is
            not Keras' own.

    Example:
        >>> from unrolled.networks import NetworkSpec, build
        >>> from unrolled.settings import Network
        >>> spec = NetworkSpec("many-to-one", t=6, values=4)
        >>> print(code(build(spec, Network(architecture="last", units=8))))
        import keras
        from keras import layers
        <BLANKLINE>
        x = keras.Input((6, 4))  # b 6 4
        h = layers.LSTM(8)(x)  # b 8
        y = layers.Dense(1)(h)  # b 1
        model = keras.Model(x, y)
        <BLANKLINE>
    """
    if not has_graph(model):
        raise SettingError(
            f"got a {type(model).__name__}, expected a functional keras.Model, whose graph can be"
            " printed. Build it from keras.Input, or with unrolled.build."
        )
    nodes = _ordered(model)
    _refuse_shared(nodes)
    variables = Variables(model, nodes)
    chained = _chained(nodes)
    lines = [_assignment(n, variables, "u" if id(n) in chained else "t") for n in nodes]
    ends = [variables.spelled(inputs_structure(model)), variables.spelled(outputs_structure(model))]
    lines.append(laid(("model = keras.Model(", ends, ")")))
    use = loop(model, steps) if chained and steps else ""
    head = ["import keras", *(["import numpy as np"] if use else []), "from keras import layers"]
    return "\n".join([*head, "", *lines, training]).rstrip() + "\n" + use


def _ordered(model: Any) -> list[Any]:
    """Return the graph's nodes as a person writes them: all inputs, then step after step.

    What a chained decoder reads comes before the decoder.
    """
    rank = {tensor: place for place, tensor in enumerate(ends_of(model))}

    def place(node: Any) -> int:
        return rank.get(id(node.outputs[0]), -1)

    by_depth = nodes_by_depth(model)
    depths = sorted(by_depth, reverse=True)
    nodes = [node for depth in depths for node in sorted(by_depth[depth], key=place)]
    chained = _chained(nodes)
    inputs = sorted((node for node in nodes if node.is_input), key=place)
    return inputs + sorted(
        (node for node in nodes if not node.is_input), key=lambda node: id(node) in chained
    )


def _chained(nodes: list[Any]) -> set[int]:
    """Return the nodes of a chained decoder: those that need what was said before."""
    found: set[int] = set()
    fed: set[int] = set()  # their tensors
    for node in nodes:
        begins = node.is_input and node.operation.name == PREVIOUS
        if begins or any(id(x) in fed for x in node.input_tensors):
            found.add(id(node))
            fed |= {id(x) for x in node.outputs}
    return found


def _refuse_shared(nodes: list[Any]) -> None:
    """Refuse a layer that is called twice: printed twice, it would have two sets of weights."""
    names = [node.operation.name for node in nodes]
    for name in names:
        if names.count(name) > 1:
            raise SettingError(
                f"got the layer '{name}' used {names.count(name)} times in the network, expected"
                " each layer to be used once, which alone can be printed line by line."
            )


def _assignment(node: Any, variables: Variables, steps: str) -> str:
    """Return the line that computes a node's tensors, with the axes of the first as a comment.

    An open number of steps has the letter `steps`.
    """
    target, operation = ", ".join(variables[x] for x in node.outputs), node.operation
    source: Source
    if node.is_input:
        parts: list[Source] = [repr(operation.batch_shape[1:])]
        parts += [f"dtype={quoted(operation.dtype)}"] if operation.dtype != "float32" else []
        parts += [f"name={quoted(operation.name)}"] if variables.named else []
        source = (f"{target} = keras.Input(", parts, ")")
    elif type(operation).__name__ == "GetItem":
        tensor, index = node.arguments.args
        places = index if isinstance(index, tuple) else (index,)
        source = f"{target} = {variables[tensor]}[{', '.join(map(_index, places))}]"
    else:
        source = _call(f"{target} = ", _layer(operation), _given(node, variables))
    axes = ["b", *(str(n or steps) for n in node.outputs[0].shape[1:])]
    return laid(source, after=f"  # {' '.join(axes)}")


def _call(before: str, layer: Source, given: list[Source]) -> Source:
    """Return a layer called, to be broken at what is given, or at its settings if they are long."""
    opening = f"{before}{flat(layer)}("
    if len(opening) <= WIDTH or isinstance(layer, str):
        return (opening, given, ")")
    head, settings, _ = layer
    return (before + head, settings, flat((")(", given, ")")))


def _given(node: Any, variables: Variables) -> list[Source]:
    """Return what a layer is called with, without the None and `training=False` Keras adds."""
    named = {
        name: value
        for name, value in node.arguments.kwargs.items()
        if value is not None and (name != "training" or value)
    }
    by_place = [variables.spelled(value) for value in node.arguments.args]
    first, last = _settings(node.operation)
    return (
        first
        + by_place
        + last
        + [variables.spelled(value, f"{name}=") for name, value in named.items()]
    )


def _function(operation: Any) -> str | None:
    """Return the name of the function of `keras.ops` that an operation is; None of a layer."""
    plain = type(operation).__name__
    names = (plain.lower(), re.sub(r"(?<!^)(?=[A-Z])", "_", plain).lower())
    known = next((name for name in names if hasattr(keras.ops, name)), None)
    return None if isinstance(operation, keras.Layer) else known


def _settings(operation: Any) -> tuple[list[Source], list[Source]]:
    """Return what a function of `keras.ops` is told before its tensors, and what after them."""
    name, config = _function(operation), operation.get_config()
    if name is None:
        return [], []
    known = list(inspect.signature(getattr(keras.ops, name)).parameters.values())
    own = [p for p in known if p.name in config and config[p.name] != p.default]
    first = [p for p in own if p is known[0]]
    return (
        [literal(config[p.name]) for p in first],
        [f"{p.name}={literal(config[p.name])}" for p in own if p not in first],
    )


def _index(part: Any) -> str:
    """Return one place of an index as source."""
    if not isinstance(part, slice):
        return repr(part)
    ends = ["" if end is None else str(end) for end in (part.start, part.stop)]
    return ":".join(ends) + (f":{part.step}" if part.step is not None else "")


def _layer(layer: Any) -> Source:
    """Return a layer's constructor as source, with only what differs from Keras' defaults.

    An operation that is no layer is the function of `keras.ops`.
    """
    layers = keras.layers
    stock = next((c for c in type(layer).__mro__ if getattr(layers, c.__name__, None) is c), None)
    if stock is None and (name := _function(layer)):
        return f"keras.ops.{name}"
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
        yield flat(_layer(layer.layer))
        return
    config, signature = layer.get_config(), inspect.signature(stock.__init__).parameters
    required = [
        name
        for name, p in list(signature.items())[1:]
        if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD
    ]
    plain = stock(**{name: config[name] for name in required}).get_config()
    yield from (literal(config[name]) for name in required)
    for name in signature:
        if name in required or name in ("name", "dtype") or name not in config:
            continue
        if config[name] != plain.get(name):
            yield f"{name}={literal(config[name])}"
    if not layer.trainable:
        yield "trainable=False"
    if layer.dtype_policy.name != "float32":
        yield f"dtype={quoted(layer.dtype_policy.name)}"


def _both_ways(layer: Any) -> Iterator[str]:
    """Return what a Bidirectional is made of: one layer, unless the way back differs."""
    yield flat(_layer(layer.forward_layer))
    forward, backward = layer.forward_layer, layer.backward_layer
    turned = {"name": backward.name, "go_backwards": backward.go_backwards}
    if backward.get_config() != forward.get_config() | turned:
        yield f"backward_layer={flat(_layer(backward))}"
    if layer.merge_mode != "concat":
        yield f"merge_mode={literal(layer.merge_mode)}"
