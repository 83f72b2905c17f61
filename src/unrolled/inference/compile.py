"""Compile a function whose weights are arguments: new weights are used without recompiling."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any, TypeVar
from weakref import WeakKeyDictionary, ref

from unrolled.backend import keras

Result = TypeVar("Result")
Compiled = Callable[[Any], Any]

_compiled_models: WeakKeyDictionary[Any, Compiled] = WeakKeyDictionary()
_lock = Lock()


def compiled_model(model: Any) -> Compiled:
    """Return a Keras model as a function of a batch, which many threads may call at once.

    `Model.predict` and `predict_on_batch` of Keras on JAX give the memory of the weights to the
    compiled call and write them back after it, so that a second thread finds deleted weights.
    This function reads the weights and writes nothing. It gives the same numbers.

    Args:
        model: A `keras.Model`. The function is compiled once for each model and shape of a batch.
    """
    with _lock:
        if model not in _compiled_models:
            model_ref: Any = ref(model)  # the function must not keep its own key alive
            _compiled_models[model] = compile_function(
                lambda inputs: model_ref()(inputs, training=False), model.variables
            )
        return _compiled_models[model]


def compile_function(
    function: Callable[..., Result], variables: Sequence[Any]
) -> Callable[..., Result]:
    """Return a function of tensors as one compiled call.

    It is compiled again for each new shape of its arguments, and for nothing else. Each call
    reads the current values of the variables and changes none: what a layer assigns, such as the
    next state of a seed generator, is dropped.

    Args:
        function: Takes trees of arrays by position and returns a tree of tensors.
        variables: Every Keras variable it reads, such as `model.variables`. On JAX any other
            variable would keep the value of the first call.

    Returns:
        The compiled function. On torch it is not compiled, and runs without gradients.

    Example:
        >>> import numpy as np
        >>> weight = keras.Variable(2.0)
        >>> double = compile_function(lambda x: x * weight, [weight])
        >>> first = float(double(np.float32(3.0)))
        >>> weight.assign(5.0) is None, first, float(double(np.float32(3.0)))
        (False, 6.0, 15.0)
    """
    backends = {"jax": _on_jax, "tensorflow": _on_tensorflow, "torch": _on_torch}
    return backends[keras.backend.backend()](function, list(variables))


def _on_jax(function: Callable[..., Result], variables: list[Any]) -> Callable[..., Result]:
    import jax

    def run(values: list[Any], *arguments: Any) -> Any:
        pairs = list(zip(variables, values, strict=True))
        with keras.StatelessScope(state_mapping=pairs):
            return function(*arguments)

    compiled = jax.jit(run)

    def call(*arguments: Any) -> Result:
        result: Result = compiled([variable.value for variable in variables], *arguments)
        return result

    return call


def _on_tensorflow(function: Callable[..., Result], _: list[Any]) -> Callable[..., Result]:
    import tensorflow  # a compiled function of TensorFlow reads variables at each call

    def run(*arguments: Any) -> Result:
        with keras.StatelessScope():
            return function(*arguments)

    compiled: Callable[..., Result] = tensorflow.function(run, autograph=False)
    return compiled


def _on_torch(function: Callable[..., Result], _: list[Any]) -> Callable[..., Result]:
    import torch

    def call(*arguments: Any) -> Result:
        with torch.no_grad(), keras.StatelessScope():
            return function(*arguments)

    return call
