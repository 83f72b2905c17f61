"""One compiled call, whose weights are arguments: new ones neither compile again nor go stale."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from unrolled.backend import keras

Result = TypeVar("Result")


def compile_function(
    function: Callable[..., Result], variables: Sequence[Any]
) -> Callable[..., Result]:
    """Return a function of tensors as one compiled call.

    It compiles again for every new shape of its arguments, and for nothing else. It reads the
    variables' values at each call and changes none: what a layer writes, such as the next state
    of a seed generator, is dropped.

    Args:
        function: Takes trees of arrays by position and returns a tree of tensors.
        variables: Every Keras variable it reads, such as `model.variables`; on JAX the values of
            any other would be kept as they were at the first call.

    Returns:
        The same function; on torch, which runs as it reads, without gradients.

    Example:
        >>> import numpy as np
        >>> weight = keras.Variable(2.0)
        >>> double = compiled(lambda x: x * weight, [weight])
        >>> first = float(double(np.float32(3.0)))
        >>> weight.assign(5.0) is None, first, float(double(np.float32(3.0)))
        (False, 6.0, 15.0)
    """
    engine = keras.backend.backend()
    return {"jax": _by_jax, "tensorflow": _by_tensorflow, "torch": _by_torch}[engine](
        function, list(variables)
    )


def _by_jax(function: Callable[..., Result], variables: list[Any]) -> Callable[..., Result]:
    import jax

    def run(held: list[Any], *arguments: Any) -> Any:
        pairs = list(zip(variables, held, strict=True))
        with keras.StatelessScope(state_mapping=pairs):
            return function(*arguments)

    fast = jax.jit(run)

    def call(*arguments: Any) -> Result:
        found: Result = fast([variable.value for variable in variables], *arguments)
        return found

    return call


def _by_tensorflow(function: Callable[..., Result], _: list[Any]) -> Callable[..., Result]:
    import tensorflow  # its functions read variables at each call by themselves

    def run(*arguments: Any) -> Result:
        with keras.StatelessScope():
            return function(*arguments)

    fast: Callable[..., Result] = tensorflow.function(run, autograph=False)
    return fast


def _by_torch(function: Callable[..., Result], _: list[Any]) -> Callable[..., Result]:
    import torch

    def call(*arguments: Any) -> Result:
        with torch.no_grad(), keras.StatelessScope():
            return function(*arguments)

    return call
