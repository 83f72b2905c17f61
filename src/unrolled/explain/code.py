"""A network as a script of plain Keras, read from the `keras.Model` itself.

Nothing is printed from a template: each line is an operation of the network's graph with the
settings that differ from Keras' defaults, so the script always agrees with the network.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from typing import Any

from unrolled.backend import keras
from unrolled.errors import SettingError
from unrolled.explain.loop import generation_loop
from unrolled.explain.script import Script
from unrolled.explain.source import WIDTH, Source, literal, one_line, quote
from unrolled.explain.variables import Variables, end_variables
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
        steps: Output steps `u`, or their maximum; the script of a decoder then ends with the loop
            that generates with it.
        training: Lines to put after the model, such as its `compile`.

    Returns:
        Python source; `set_weights(model.get_weights())` on its model makes the two equal.

    Raises:
        SettingError: The model has no graph, a layer that is used twice, or an operation that is
            not part of Keras.

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
    return script_of(model, steps=steps).text(training)


def script_of(model: Any, *, steps: int | None = None) -> Script:
    """Return the script of a network; the arguments are those of `code`."""
    if not has_graph(model):
        raise SettingError(
            f"A {type(model).__name__} has no graph of layers that can be printed. Build the model"
            " from keras.Input, as a functional keras.Model, or with unrolled.build."
        )
    nodes = _ordered(model)
    _refuse_shared_layers(nodes)
    decoder = _decoder_nodes(nodes)
    variables = Variables(model, nodes, decoder)
    statements = [_assignment(n, variables, "u" if id(n) in decoder else "t") for n in nodes]
    ends = [variables.source(inputs_structure(model)), variables.source(outputs_structure(model))]
    statements.append((("model = keras.Model(", ends, ")"), ""))
    return Script(statements, generation_loop(model, steps) if decoder and steps else "")


def _ordered(model: Any) -> list[Any]:
    """Return the graph's nodes as a person writes them: all inputs, then step after step.

    What a decoder reads comes before the decoder.
    """
    rank = {tensor: place for place, tensor in enumerate(end_variables(model))}

    def place(node: Any) -> int:
        return rank.get(id(node.outputs[0]), -1)

    by_depth = nodes_by_depth(model)
    nodes = [
        n for depth in sorted(by_depth, reverse=True) for n in sorted(by_depth[depth], key=place)
    ]
    decoder = _decoder_nodes(nodes)
    inputs = sorted((node for node in nodes if node.is_input), key=place)
    return inputs + sorted(
        (node for node in nodes if not node.is_input), key=lambda node: id(node) in decoder
    )


def _decoder_nodes(nodes: list[Any]) -> set[int]:
    """Return the nodes of a decoder: those that depend on the previous outputs."""
    decoder: set[int] = set()
    tensors: set[int] = set()
    for node in nodes:
        begins = node.is_input and node.operation.name == PREVIOUS
        if begins or any(id(x) in tensors for x in node.input_tensors):
            decoder.add(id(node))
            tensors |= {id(x) for x in node.outputs}
    return decoder


def _refuse_shared_layers(nodes: list[Any]) -> None:
    """Refuse a layer that is called twice: printed twice, it would have two sets of weights."""
    names = [node.operation.name for node in nodes]
    for name in names:
        if names.count(name) > 1:
            raise SettingError(
                f"The layer '{name}' is used {names.count(name)} times in the network, and a script"
                " can be printed only where each layer is used once."
            )


def _assignment(node: Any, variables: Variables, steps: str) -> tuple[Source, str]:
    """Return the statement that computes a node's tensors, and the axes of the first as a comment.

    An open number of steps has the letter `steps`.
    """
    target, operation = ", ".join(variables[x] for x in node.outputs), node.operation
    source: Source
    if node.is_input:
        parts: list[Source] = [repr(operation.batch_shape[1:])]
        parts += (
            [f"dtype={quote(operation.dtype)}"] if operation.dtype != keras.config.floatx() else []
        )
        parts += [f"name={quote(operation.name)}"] if variables.has_named_inputs else []
        source = (f"{target} = keras.Input(", parts, ")")
    elif type(operation).__name__ == "GetItem":
        tensor, index = node.arguments.args
        indices = index if isinstance(index, tuple) else (index,)
        source = f"{target} = {variables[tensor]}[{', '.join(map(_index, indices))}]"
    else:
        source = _call(f"{target} = ", _layer(operation), _call_arguments(node, variables))
    axes = ["b", *(str(n or steps) for n in node.outputs[0].shape[1:])]
    return source, f"  # {' '.join(axes)}"


def _call(before: str, layer: Source, arguments: list[Source]) -> Source:
    """Return the call of a layer, broken at its arguments, or at its settings if they are long.

    Every number counts as four digits, so that the lines are the same for networks of all sizes.
    """
    opening = f"{before}{one_line(layer)}("
    if len(re.sub(r"\d+", "0000", opening)) <= WIDTH or isinstance(layer, str):
        return (opening, arguments, ")")
    head, settings, _ = layer
    return (before + head, settings, one_line((")(", arguments, ")")))


def _call_arguments(node: Any, variables: Variables) -> list[Source]:
    """Return the arguments of a call, without the None and `training=False` that Keras adds."""
    keywords = {
        name: value
        for name, value in node.arguments.kwargs.items()
        if value is not None and (name != "training" or value)
    }
    positional = [variables.source(value) for value in node.arguments.args]
    first, last = _function_settings(node.operation)
    return (
        first
        + positional
        + last
        + [variables.source(value, f"{name}=") for name, value in keywords.items()]
    )


def _function_name(operation: Any) -> str | None:
    """Return the name of the function of `keras.ops` that an operation is; None for a layer."""
    name = type(operation).__name__
    candidates = (name.lower(), re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower())
    function = next((name for name in candidates if hasattr(keras.ops, name)), None)
    return None if isinstance(operation, keras.Layer) else function


def _function_settings(operation: Any) -> tuple[list[Source], list[Source]]:
    """Return the settings of a function of `keras.ops`: those before its tensors, those after."""
    name, config = _function_name(operation), operation.get_config()
    if name is None:
        return [], []
    parameters = list(inspect.signature(getattr(keras.ops, name)).parameters.values())
    changed = [p for p in parameters if p.name in config and config[p.name] != p.default]
    first = [p for p in changed if p is parameters[0]]
    return (
        [literal(config[p.name]) for p in first],
        [f"{p.name}={literal(config[p.name])}" for p in changed if p not in first],
    )


def _index(index: Any) -> str:
    """Return the index of one axis as source."""
    if not isinstance(index, slice):
        return repr(index)
    ends = ["" if end is None else str(end) for end in (index.start, index.stop)]
    return ":".join(ends) + (f":{index.step}" if index.step is not None else "")


def _layer(layer: Any) -> Source:
    """Return a layer's constructor as source, with only what differs from Keras' defaults.

    An operation that is no layer is the function of `keras.ops`.
    """
    layers = keras.layers
    stock = next((c for c in type(layer).__mro__ if getattr(layers, c.__name__, None) is c), None)
    if stock is None and (name := _function_name(layer)):
        return f"keras.ops.{name}"
    if stock is None:
        raise SettingError(
            f"The network contains {type(layer).__name__}, which is not part of Keras, so that it"
            " cannot be printed as plain Keras. Use a stock Keras layer instead."
        )
    return (f"layers.{stock.__name__}(", list(_arguments(layer, stock)), ")")


def _arguments(layer: Any, stock: Any) -> Iterator[str]:
    """Return the arguments without a default, and those that differ from it."""
    if stock.__name__ == "Bidirectional":
        yield from _directions(layer)
        yield from _dtype(layer)
        return
    if stock.__name__ == "TimeDistributed":
        yield one_line(_layer(layer.layer))
        yield from _dtype(layer)
        return
    config, signature = layer.get_config(), inspect.signature(stock.__init__).parameters
    required = [
        name
        for name, p in list(signature.items())[1:]
        if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD
    ]
    defaults = stock(**{name: config[name] for name in required}).get_config()
    yield from (literal(config[name]) for name in required)
    for name in signature:
        if name in required or name in ("name", "dtype") or name not in config:
            continue
        if config[name] != defaults.get(name):
            yield f"{name}={literal(config[name])}"
    if not layer.trainable:
        yield "trainable=False"
    yield from _dtype(layer)


def _dtype(layer: Any) -> Iterator[str]:
    """Return the dtype policy as an argument, if it is not the one that Keras uses now."""
    if layer.dtype_policy.name != keras.config.dtype_policy().name:
        yield f"dtype={quote(layer.dtype_policy.name)}"


def _directions(layer: Any) -> Iterator[str]:
    """Return the arguments of Bidirectional: one layer, and the backward one if it differs."""
    yield one_line(_layer(layer.forward_layer))
    forward, backward = layer.forward_layer, layer.backward_layer
    reverse = {"name": backward.name, "go_backwards": backward.go_backwards}
    if backward.get_config() != forward.get_config() | reverse:
        yield f"backward_layer={one_line(_layer(backward))}"
    if layer.merge_mode != "concat":
        yield f"merge_mode={literal(layer.merge_mode)}"
