"""Replace the LSTM and GRU layers of a Keras model by fast ones, or by stock ones again.

The module is not called `accelerate` because that is the function's name in the package.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from unrolled import keras_internals
from unrolled.backend import keras
from unrolled.errors import SettingError
from unrolled.layers import GRU, LSTM, fast_path, stacked_cells
from unrolled.layers.stacked_cells import CELLS, is_stacked, layer_of_cell

FAST = {keras.layers.LSTM: LSTM, keras.layers.GRU: GRU}
STOCK = {fast: stock for stock, fast in FAST.items()}
WRAPPED = {  # wrappers that are rebuilt around their layers: attribute -> key of the config
    keras.layers.Bidirectional: {"forward_layer": "layer", "backward_layer": "backward_layer"},
    keras.layers.TimeDistributed: {"layer": "layer"},
}

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
        model: A `keras.Model`. A subclass of it needs a `get_config` of its own if it takes
            arguments. Layers inside
            Bidirectional, TimeDistributed, nested models and layers of your own are replaced too,
            and `RNN` of an LSTMCell, of a GRUCell, or of `StackedRNNCells` of them.

    Returns:
        The fast model.

    Raises:
        SettingError: The model cannot be rebuilt from its config.

    Example:
        >>> model = keras.Sequential([keras.Input((5, 3)), keras.layers.LSTM(4, name="read")])
        >>> print(accelerate(model).acceleration)
        fast   read: accelerated
    """
    report = describe_acceleration(model)
    fast = _rebuild_model(model, _fast_layer, _fast_class)
    fast.acceleration = report
    log.info("accelerate %s\n%s", model.name, report)
    return fast


def to_stock_layers(model: Any) -> Any:
    """Return the same model with stock Keras layers instead of fast ones, to save or to share.

    Args:
        model: A `keras.Model`.

    Returns:
        A model that Keras loads without this package.

    Raises:
        SettingError: The model cannot be rebuilt.

    Example:
        >>> model = keras.Sequential([keras.Input((5, 3)), LSTM(4)])
        >>> type(to_stock_layers(model).layers[0]) is keras.layers.LSTM
        True
    """
    return _rebuild_model(model, _stock_layer, lambda layer: STOCK.get(type(layer)))


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
                    yield _report(inner, f"{path}/{inner.name}", layer)
        elif _is_recurrent(layer):
            yield _report(layer, path, model)
        else:
            for inner in keras_internals.nested_layers(layer):
                if _is_recurrent(inner):
                    yield _report(inner, f"{path}/{inner.name}", layer)


def _report(layer: Any, path: str, owner: Any) -> LayerReport:
    """Return the report of a recurrent layer of a model, of a wrapper or of another layer."""
    if _is_fast(layer):
        return LayerReport(path, True, "was already fast")
    why = _why_stock(layer)
    if why is None and type(layer) not in FAST and not _is_rebuilt(layer, owner):
        kind = type(owner).__name__
        why = f"it is inside a {kind}, where Keras cannot rebuild it with other cells"
    if why is not None:
        return LayerReport(path, False, why)
    stacked = is_stacked(layer)
    cells = layer.cell.cells if stacked else [layer.cell]
    how = f"accelerated, as a stack of {len(cells)} layers" if stacked else "accelerated"
    if any(cell.recurrent_dropout for cell in cells):
        how += ", but stock during training because of its recurrent_dropout"
    return LayerReport(path, True, how)


def _is_rebuilt(layer: Any, owner: Any) -> bool:
    """Return whether `_rebuild_layer` reaches a layer: not one that its owner's own code calls."""
    if type(owner) is keras.layers.Bidirectional:
        return not is_stacked(layer)
    return type(owner) in WRAPPED or _can_be_cloned(owner)


def _why_stock(layer: Any) -> str | None:
    """Return why a recurrent layer has no fast form, or None if it has one."""
    if is_stacked(layer):
        why = stacked_cells.why_not(layer)
        if why is not None:
            return why
        parts = stacked_cells.layers_of(layer, {stock: stock for stock in FAST})
    elif type(layer) is keras.layers.RNN:
        if type(layer.cell) not in CELLS:
            return f"its cell is a {type(layer.cell).__name__}, not an LSTMCell or GRUCell"
        parts = [layer_of_cell(layer, layer.cell, CELLS[type(layer.cell)])]
    elif type(layer) is keras.layers.SimpleRNN:
        return "a SimpleRNN has no gates, and the fast kernels are those of LSTM and GRU"
    elif type(layer) not in FAST:
        return f"a {type(layer).__name__} may compute something else than an LSTM or GRU"
    else:
        parts = [layer]
    limits = [limit for part in parts if (limit := fast_path.layer_limit(part)) is not None]
    return f"{limits[0].when}: {limits[0].why}" if limits else None


def _is_nested_model(layer: Any) -> bool:
    return isinstance(layer, keras.Model) and hasattr(layer, "layers") and _can_be_cloned(layer)


def _can_be_cloned(model: Any) -> bool:
    return isinstance(model, keras.Sequential) or keras_internals.runs_through_graph(model)


def _is_fast(layer: Any) -> bool:
    return isinstance(layer, LSTM | GRU)


def _is_recurrent(layer: Any) -> bool:
    return isinstance(layer, keras.layers.RNN)


def _fast_class(layer: Any) -> type | None:
    """Return the fast class of a stock LSTM or GRU, or None if it stays as it is."""
    return FAST[type(layer)] if type(layer) in FAST and _why_stock(layer) is None else None


def _fast_layer(layer: Any) -> Any:
    """Return the fast layer, unbuilt, that replaces a layer; None for a layer that stays."""
    kind: Any = _fast_class(layer)
    if kind is not None:
        return _with_cudnn(kind.from_config(layer.get_config()), layer)
    if type(layer) is not keras.layers.RNN or _why_stock(layer) is not None:
        return None
    if is_stacked(layer):
        return _stack(stacked_cells.layers_of(layer, FAST), layer.name)
    return layer_of_cell(layer, layer.cell, FAST[CELLS[type(layer.cell)]])


def _stack(layers: list[Any], name: str) -> Any:
    """Return layers on top of each other as one layer with the mask of the last."""
    stack = keras.Sequential(layers, name=name)
    stack.supports_masking = True  # without it Keras warns that the mask is lost, though it is not
    stack.compute_mask = layers[-1].compute_mask
    return stack


def _stock_layer(layer: Any) -> Any:
    """Return the stock layer, unbuilt, that replaces a layer; None for a layer that stays."""
    kind = STOCK.get(type(layer))
    return kind and _with_cudnn(kind.from_config(layer.get_config()), layer)


def _rebuild_model(
    model: Any, new_layer: Callable[[Any], Any], new_class: Callable[[Any], type | None]
) -> Any:
    """Return a copy of a model with other layers.

    Args:
        model: A `keras.Model`.
        new_layer: From a layer to an unbuilt one that replaces it, or None.
        new_class: From a layer of the copy to the class that it takes, or None.
    """
    copy = _clone(model, new_layer) if _can_be_cloned(model) else _copy_by_config(model)
    for layer in keras_internals.nested_layers(copy):
        kind = new_class(layer)
        if kind is not None:
            keras_internals.change_class(layer, kind)
    _copy_weights(model, copy)
    return copy


def _clone(model: Any, new_layer: Callable[[Any], Any]) -> Any:
    def rebuild(layer: Any) -> Any:
        try:
            return _rebuild_layer(layer, new_layer)
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
    return clone


def _copy_by_config(model: Any) -> Any:
    """Return a copy of a model that has no graph of layers, by its config and its input shape."""
    try:
        copy = _revive(model)
        if model.built:
            copy.build_from_config(model.get_build_config())
        if model.compiled:
            copy.compile_from_config(model.get_compile_config())
    except (TypeError, ValueError, NotImplementedError) as error:
        raise SettingError(
            f"a {type(model).__name__} cannot be rebuilt from its config: {error}. Write get_config"
            " and from_config that restore it, or use unrolled.layers.LSTM and GRU in its own code"
            " instead."
        ) from error
    return copy


def _revive(model: Any) -> Any:
    """Return a new model of the same class with the same settings, unbuilt.

    The `get_config` that a subclass inherits has the defaults of its arguments instead of their
    values, so it is used only where there are no arguments.
    """
    kind = type(model)
    if kind.get_config is not keras.Model.get_config:
        return kind.from_config(model.get_config())
    general = {"name": model.name, "trainable": model.trainable, "dtype": model.dtype_policy}
    parameters = list(inspect.signature(kind.__init__).parameters.values())[1:]
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters)
    named = [p.name for p in parameters if p.kind is not p.VAR_KEYWORD]
    own = [name for name in named if name not in general]
    if own:
        raise TypeError(
            f"it takes {', '.join(own)} and has no get_config that returns their values"
        )
    return kind(**{k: v for k, v in general.items() if takes_any or k in named})


def _copy_weights(model: Any, copy: Any) -> None:
    weights = model.get_weights()
    if [tuple(w.shape) for w in copy.weights] != [w.shape for w in weights]:
        raise SettingError(
            f"a {type(model).__name__} that was rebuilt has other weights than the model itself."
            " Write get_config and from_config that restore it, and call it once on a batch before"
            " it is accelerated."
        )
    copy.set_weights(weights)
    _copy_optimizer(model, copy)


def _rebuild_layer(layer: Any, new_layer: Callable[[Any], Any]) -> Any:
    """Return an unbuilt copy of a layer, or the layer that replaces it."""
    replacement = new_layer(layer)
    if replacement is not None:
        return replacement
    if hasattr(layer, "adapt"):
        return layer  # its state comes from `adapt`: it is not trained and not in its config
    config = layer.get_config()
    for attribute, key in WRAPPED.get(type(layer), {}).items():
        inner = getattr(layer, attribute)
        stays = type(layer) is keras.layers.Bidirectional and is_stacked(inner)
        copied = _rebuild_layer(inner, (lambda _: None) if stays else new_layer)
        config[key] = keras.saving.serialize_keras_object(copied)
    copy = type(layer).from_config(config)
    for attribute in WRAPPED.get(type(layer), {}):
        _with_cudnn(getattr(copy, attribute), getattr(layer, attribute))
    return _with_cudnn(copy, layer)


def _with_cudnn(copy: Any, layer: Any) -> Any:
    """Copy `use_cudnn`, which is missing in the config of Keras."""
    if hasattr(layer, "use_cudnn") and hasattr(copy, "use_cudnn"):
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
