"""Replace the LSTM and GRU layers of a Keras model by fast ones, or by stock ones again.

The module is not called `accelerate` because that is the function's name in the package.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from unrolled import keras_internals
from unrolled.backend import keras
from unrolled.errors import SettingError
from unrolled.layers import GRU, LSTM, fast_path

FAST = {keras.layers.LSTM: LSTM, keras.layers.GRU: GRU}
STOCK = {fast: stock for stock, fast in FAST.items()}
CELLS = {keras.layers.LSTMCell: keras.layers.LSTM, keras.layers.GRUCell: keras.layers.GRU}
WRAPPED = {  # wrappers that are rebuilt around their layers: attribute -> key of the config
    keras.layers.Bidirectional: {"forward_layer": "layer", "backward_layer": "backward_layer"},
    keras.layers.TimeDistributed: {"layer": "layer"},
}
CELL_ONLY = {"name", "trainable", "dtype"}  # keys of a cell's config that its layer has too

log = logging.getLogger("unrolled")


@dataclass(frozen=True)
class LayerReport:
    """Whether one recurrent layer was accelerated.

    Args:
        path: Its place in the model, as in `encoder/bidirectional/forward_lstm`.
        fast: Whether it is on the fast path.
        why: The reason, or an exception to it.
    """

    path: str
    fast: bool
    why: str

    def __str__(self) -> str:
        """Return one line: fast or stock, the path, and the reason."""
        return f"{'fast ' if self.fast else 'stock'}  {self.path}: {self.why}"


@dataclass(frozen=True)
class Acceleration:
    """Which recurrent layers of a model were accelerated; it prints one line for each.

    Args:
        layers: A report of each recurrent layer.
    """

    layers: tuple[LayerReport, ...]

    def __str__(self) -> str:
        """Return one line for each layer."""
        return "\n".join(map(str, self.layers)) or "the model has no LSTM or GRU layer"


def accelerate(model: Any) -> Any:
    """Return the same model with its LSTM and GRU layers on the fast path.

    The original model does not change. The new one has copies of its weights (and of its compiled
    state, as far as Keras can rebuild that) and gives the same outputs. Its attribute
    `acceleration` says which layers are fast, which are not, and why.

    Args:
        model: A Sequential or functional `keras.Model`. Layers inside Bidirectional,
            TimeDistributed and nested models are replaced too, and `RNN(LSTMCell(...))`.

    Returns:
        The fast model.

    Raises:
        SettingError: The model cannot be rebuilt, as when it is a subclass of `keras.Model`.

    Example:
        >>> model = keras.Sequential([keras.Input((5, 3)), keras.layers.LSTM(4, name="read")])
        >>> print(accelerate(model).acceleration)
        fast   read: accelerated
    """
    report = describe_acceleration(model)
    fast = _rebuild_model(model, _fast_class)
    fast.acceleration = report
    log.info("accelerate %s\n%s", model.name, report)
    return fast


def to_stock_layers(model: Any) -> Any:
    """Return the same model with stock Keras layers instead of fast ones, to save or to share.

    Args:
        model: A Sequential or functional `keras.Model`.

    Returns:
        A model that Keras loads without this package.

    Raises:
        SettingError: The model cannot be rebuilt.

    Example:
        >>> model = keras.Sequential([keras.Input((5, 3)), LSTM(4)])
        >>> type(to_stock_layers(model).layers[0]) is keras.layers.LSTM
        True
    """
    return _rebuild_model(model, lambda layer: STOCK.get(type(layer)))


def describe_acceleration(model: Any) -> Acceleration:
    """Return which recurrent layers of a model `accelerate` would replace, and why.

    Args:
        model: A `keras.Model`.
    """
    return Acceleration(tuple(_reports(model, "")))


def _reports(model: Any, prefix: str) -> Iterator[LayerReport]:
    for layer in model.layers:
        path = prefix + layer.name
        if _is_nested_model(layer):
            yield from _reports(layer, f"{path}/")
        elif type(layer) in WRAPPED:
            for name in WRAPPED[type(layer)]:
                inner = getattr(layer, name)
                if _is_recurrent(inner):
                    yield _report(inner, f"{path}/{inner.name}")
        elif _is_recurrent(layer):
            yield _report(layer, path)
        else:
            for inner in keras_internals.nested_layers(layer):
                if isinstance(inner, keras.layers.LSTM | keras.layers.GRU | keras.layers.RNN):
                    why = f"inside a {type(layer).__name__}, whose own code uses it"
                    yield LayerReport(f"{path}/{inner.name}", _is_fast(inner), why)


def _report(layer: Any, path: str) -> LayerReport:
    if _is_fast(layer):
        return LayerReport(path, True, "was already fast")
    why = _why_stock(layer)
    if why is not None:
        return LayerReport(path, False, why)
    if layer.cell.recurrent_dropout:
        why = "accelerated, but stock during training because of its recurrent_dropout"
        return LayerReport(path, True, why)
    return LayerReport(path, True, "accelerated")


def _why_stock(layer: Any) -> str | None:
    """Return why a recurrent layer has no fast form, or None if it has one."""
    if type(layer) is keras.layers.RNN:
        if type(layer.cell) not in CELLS:
            return f"its cell is a {type(layer.cell).__name__}, not an LSTMCell or GRUCell"
        layer = _layer_of_cell(layer)
    elif type(layer) not in FAST:
        return f"a {type(layer).__name__} may compute something else than an LSTM or GRU"
    limit = fast_path.layer_limit(layer)
    return None if limit is None else f"{limit.when}: {limit.why}"


def _is_nested_model(layer: Any) -> bool:
    return isinstance(layer, keras.Model) and hasattr(layer, "layers") and _can_be_cloned(layer)


def _can_be_cloned(model: Any) -> bool:
    return isinstance(model, keras.Sequential) or keras_internals.runs_through_graph(model)


def _is_fast(layer: Any) -> bool:
    return isinstance(layer, LSTM | GRU)


def _is_recurrent(layer: Any) -> bool:
    return isinstance(layer, keras.layers.RNN)


def _fast_class(layer: Any) -> type | None:
    """Return the fast class of a layer, or None if it is not replaced."""
    if not _is_recurrent(layer) or _is_fast(layer) or _why_stock(layer) is not None:
        return None
    return FAST[CELLS[type(layer.cell)]]


def _layer_of_cell(layer: Any, kind: Any = None) -> Any:
    """Return `RNN(LSTMCell(...))` as a layer of a class, by default a stock one, unbuilt."""
    cell = {k: v for k, v in layer.cell.get_config().items() if k not in CELL_ONLY}
    config = {k: v for k, v in layer.get_config().items() if k != "cell"}
    return (kind or CELLS[type(layer.cell)]).from_config({**config, **cell})


def _rebuild_model(model: Any, new_class: Callable[[Any], Any]) -> Any:
    if not _can_be_cloned(model):
        raise SettingError(
            f"a {type(model).__name__} cannot be rebuilt with other layers, because it is neither"
            " a Sequential nor a functional keras.Model. Use unrolled.layers.LSTM and GRU in its"
            " own code instead."
        )

    def rebuild(layer: Any) -> Any:
        try:
            return _rebuild_layer(layer, new_class)
        except (TypeError, ValueError, NotImplementedError) as error:
            raise SettingError(
                f"the layer {layer.name!r} ({type(layer).__name__}) cannot be rebuilt from its "
                f"config: {error}. Write get_config and from_config that restore it."
            ) from error

    clone = keras.models.clone_model(model, clone_function=rebuild, recursive=True)
    if type(clone) is not type(model):
        raise SettingError(
            f"a {type(model).__name__} cannot be rebuilt with other layers: Keras would rebuild it"
            f" as a {type(clone).__name__}, without its own methods. Use unrolled.layers.LSTM and"
            " GRU in its own code instead."
        )
    clone.set_weights(model.get_weights())
    _copy_optimizer(model, clone)
    return clone


def _rebuild_layer(layer: Any, new_class: Callable[[Any], Any]) -> Any:
    """Return an unbuilt copy of a layer, of the new class if there is one."""
    kind = new_class(layer)
    if kind is not None:
        if type(layer) is keras.layers.RNN:
            return _layer_of_cell(layer, kind)
        return _with_cudnn(kind.from_config(layer.get_config()), layer)
    if hasattr(layer, "adapt"):
        return layer  # its state comes from `adapt`: it is not trained and not in its config
    config = layer.get_config()
    for attribute, key in WRAPPED.get(type(layer), {}).items():
        inner = _rebuild_layer(getattr(layer, attribute), new_class)
        config[key] = keras.saving.serialize_keras_object(inner)
    copy = type(layer).from_config(config)
    for attribute in WRAPPED.get(type(layer), {}):
        _with_cudnn(getattr(copy, attribute), getattr(layer, attribute))
    return _with_cudnn(copy, layer)


def _with_cudnn(copy: Any, layer: Any) -> Any:
    """Copy `use_cudnn`, which is missing in the config of Keras."""
    if hasattr(layer, "use_cudnn"):
        copy.use_cudnn = layer.use_cudnn
    return copy


def _copy_optimizer(model: Any, clone: Any) -> None:
    """Copy the state of the optimizer."""
    if not (model.compiled and clone.compiled and model.optimizer and model.optimizer.built):
        return
    clone.optimizer.build(clone.trainable_variables)
    for new, old in zip(clone.optimizer.variables, model.optimizer.variables, strict=True):
        # A copy: on JAX, training deletes the old array of a variable, which must not be shared.
        new.assign(np.array(keras.ops.convert_to_numpy(old)))
