"""Put the LSTM and GRU layers of an existing Keras model on the fast path, or take them off.

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
INNER = {  # wrappers that are rebuilt around what they hold: attribute -> key of the config
    keras.layers.Bidirectional: {"forward_layer": "layer", "backward_layer": "backward_layer"},
    keras.layers.TimeDistributed: {"layer": "layer"},
}
CELL_ONLY = {"name", "trainable", "dtype"}  # of a cell's config; the layer has its own

log = logging.getLogger("unrolled")


@dataclass(frozen=True)
class Row:
    """What became of one recurrent layer.

    Args:
        path: Where it stands, as in `encoder/bidirectional/forward_lstm`.
        fast: Whether it is on the fast path.
        why: Why not, or what to know.
    """

    path: str
    fast: bool
    why: str

    def __str__(self) -> str:
        """One line: the verdict, the path, the reason."""
        return f"{'fast ' if self.fast else 'stock'}  {self.path}: {self.why}"


@dataclass(frozen=True)
class Acceleration:
    """What became of every recurrent layer of a model; printing it shows one line each."""

    rows: tuple[Row, ...]

    def __str__(self) -> str:
        """One line for each layer."""
        return "\n".join(map(str, self.rows)) or "no LSTM or GRU layer was found"


def accelerate(model: Any) -> Any:
    """Return the same model with its LSTM and GRU layers on the fast path.

    The model given stays as it is. The new one has copies of its weights (and of its compiled
    state, as far as Keras can rebuild that), gives the same outputs, and tells in its attribute
    `acceleration` which layers it took and which not, and why.

    Args:
        model: A Sequential or functional `keras.Model`. Layers inside Bidirectional,
            TimeDistributed and nested models are taken too, and `RNN(LSTMCell(...))`.

    Returns:
        The fast model.

    Raises:
        SettingError: The model cannot be rebuilt, as when it is a subclass of `keras.Model`.

    Example:
        >>> model = keras.Sequential([keras.Input((5, 3)), keras.layers.LSTM(4, name="read")])
        >>> print(accelerate(model).acceleration)
        fast   read: taken
    """
    report = survey(model)
    fast = _rebuilt(model, _faster)
    fast.acceleration = report
    log.info("accelerate %s\n%s", model.name, report)
    return fast


def plain(model: Any) -> Any:
    """Return the same model with stock Keras layers for the fast ones, to save or to share.

    Args:
        model: A Sequential or functional `keras.Model`.

    Returns:
        A model that Keras loads without this package.

    Raises:
        SettingError: The model cannot be rebuilt.

    Example:
        >>> model = keras.Sequential([keras.Input((5, 3)), LSTM(4)])
        >>> type(plain(model).layers[0]) is keras.layers.LSTM
        True
    """
    return _rebuilt(model, lambda layer: STOCK.get(type(layer)))


def survey(model: Any) -> Acceleration:
    """Say what `accelerate` would do with each recurrent layer of a model.

    Args:
        model: A `keras.Model`.
    """
    return Acceleration(tuple(_rows(model, "")))


def _rows(model: Any, prefix: str) -> Iterator[Row]:
    for layer in model.layers:
        path = prefix + layer.name
        if _is_graph(layer):
            yield from _rows(layer, f"{path}/")
        elif type(layer) in INNER:
            for name in INNER[type(layer)]:
                inner = getattr(layer, name)
                if _is_recurrent(inner):
                    yield _row(inner, f"{path}/{inner.name}")
        elif _is_recurrent(layer):
            yield _row(layer, path)
        else:
            for inner in keras_internals.nested_layers(layer):
                if isinstance(inner, keras.layers.LSTM | keras.layers.GRU | keras.layers.RNN):
                    why = f"inside {type(layer).__name__}, whose insides are its own"
                    yield Row(f"{path}/{inner.name}", _is_fast(inner), why)


def _row(layer: Any, path: str) -> Row:
    if _is_fast(layer):
        return Row(path, True, "was fast already")
    why = _obstacle(layer)
    if why is not None:
        return Row(path, False, why)
    if layer.cell.recurrent_dropout:
        return Row(path, True, "taken; stock while training, for its recurrent_dropout")
    return Row(path, True, "taken")


def _obstacle(layer: Any) -> str | None:
    """Return why a recurrent layer has no fast form, or None when it has."""
    if type(layer) is keras.layers.RNN:
        if type(layer.cell) not in CELLS:
            return f"its cell is {type(layer.cell).__name__}, not an LSTMCell or GRUCell"
        layer = _layer_of_cell(layer)
    elif type(layer) not in FAST:
        return f"{type(layer).__name__} may compute something of its own"
    limit = fast_path.layer_limit(layer)
    return None if limit is None else f"{limit.when}: {limit.why}"


def _is_graph(layer: Any) -> bool:
    return isinstance(layer, keras.Model) and hasattr(layer, "layers") and _clones(layer)


def _clones(model: Any) -> bool:
    return isinstance(model, keras.Sequential) or keras_internals.runs_through_graph(model)


def _is_fast(layer: Any) -> bool:
    return isinstance(layer, LSTM | GRU)


def _is_recurrent(layer: Any) -> bool:
    return isinstance(layer, keras.layers.RNN)


def _faster(layer: Any) -> type | None:
    """Return the fast class for a layer, or None to leave it."""
    if not _is_recurrent(layer) or _is_fast(layer) or _obstacle(layer) is not None:
        return None
    return FAST[CELLS[type(layer.cell)]]


def _layer_of_cell(layer: Any, kind: Any = None) -> Any:
    """Return `RNN(LSTMCell(...))` as a layer of `kind`, stock unless given; without weights."""
    cell = {k: v for k, v in layer.cell.get_config().items() if k not in CELL_ONLY}
    config = {k: v for k, v in layer.get_config().items() if k != "cell"}
    return (kind or CELLS[type(layer.cell)]).from_config({**config, **cell})


def _rebuilt(model: Any, kind_of: Callable[[Any], Any]) -> Any:
    if not _clones(model):
        raise SettingError(
            f"got a {type(model).__name__}, a model that builds itself in Python and cannot be "
            "rebuilt from outside; expected a Sequential or functional keras.Model. "
            "Use unrolled.layers.LSTM and GRU in its own code instead."
        )

    def rebuild(layer: Any) -> Any:
        try:
            return _converted(layer, kind_of)
        except (TypeError, ValueError, NotImplementedError) as error:
            raise SettingError(
                f"the layer {layer.name!r} ({type(layer).__name__}) cannot be rebuilt from its "
                f"config: {error}. Give it get_config and from_config that restore it."
            ) from error

    clone = keras.models.clone_model(model, clone_function=rebuild, recursive=True)
    if type(clone) is not type(model):
        raise SettingError(
            f"got a {type(model).__name__}, which Keras would rebuild as a "
            f"{type(clone).__name__} without its own methods; expected a Sequential or "
            "functional keras.Model."
        )
    clone.set_weights(model.get_weights())
    _continue_optimizer(model, clone)
    return clone


def _converted(layer: Any, kind_of: Callable[[Any], Any]) -> Any:
    """Return a copy of a layer without its weights, of the class that `kind_of` names."""
    kind = kind_of(layer)
    if kind is not None:
        if type(layer) is keras.layers.RNN:
            return _layer_of_cell(layer, kind)
        return _with_cudnn(kind.from_config(layer.get_config()), layer)
    if hasattr(layer, "adapt"):
        return layer  # its state was adapted to data, is not trained, and is not in its config
    config = layer.get_config()
    for attribute, key in INNER.get(type(layer), {}).items():
        inner = _converted(getattr(layer, attribute), kind_of)
        config[key] = keras.saving.serialize_keras_object(inner)
    copy = type(layer).from_config(config)
    for attribute in INNER.get(type(layer), {}):
        _with_cudnn(getattr(copy, attribute), getattr(layer, attribute))
    return _with_cudnn(copy, layer)


def _with_cudnn(copy: Any, layer: Any) -> Any:
    """Keep `use_cudnn`, which Keras leaves out of the config."""
    if hasattr(layer, "use_cudnn"):
        copy.use_cudnn = layer.use_cudnn
    return copy


def _continue_optimizer(model: Any, clone: Any) -> None:
    """Let the clone's optimizer go on where the model's stands."""
    if not (model.compiled and clone.compiled and model.optimizer and model.optimizer.built):
        return
    clone.optimizer.build(clone.trainable_variables)
    for new, old in zip(clone.optimizer.variables, model.optimizer.variables, strict=True):
        # A copy: on JAX two variables of one array would lose it when either is trained.
        new.assign(np.array(keras.ops.convert_to_numpy(old)))
