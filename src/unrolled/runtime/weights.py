"""The arrays of a program: from a file, or those that a `keras.Model` has now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any, Protocol

import numpy as np

from unrolled.data.block import Array
from unrolled.networks import SavedBundle


class Weights(Protocol):
    """The weights of a program by name."""

    def arrays(self) -> Mapping[str, Array]:
        """Return the weights of now: the same object as long as none has changed."""
        ...


class FixedWeights:
    """Weights that never change.

    Args:
        arrays: The arrays by name.
    """

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        self._arrays = arrays

    def arrays(self) -> Mapping[str, Array]:
        """Return the weights."""
        return self._arrays


class SavedWeights:
    """The weights of a saved model; those of its Keras models once these have been built.

    Whoever asks for a Keras model may train it or set its weights.

    Args:
        bundle: The models.
    """

    def __init__(self, bundle: SavedBundle) -> None:
        self._bundle = bundle
        self._of_keras: KerasWeights | None = None

    def arrays(self) -> Mapping[str, Array]:
        """Return the weights of now."""
        if not self._bundle.is_built:
            return self._bundle.weights
        if self._of_keras is None:
            names = list(self._bundle.weights)
            self._of_keras = KerasWeights(names, self._bundle.built.model.weights)
        return self._of_keras.arrays()


class KerasWeights:
    """The weights of variables of Keras, read anew once they have changed.

    Args:
        names: The name of each variable.
        variables: The variables.
    """

    def __init__(self, names: Sequence[str], variables: Sequence[Any]) -> None:
        self._names, self._variables = list(names), list(variables)
        self._last: tuple[list[Any], dict[str, Array]] | None = None
        self._lock = Lock()

    def arrays(self) -> Mapping[str, Array]:
        """Return the weights of now."""
        values = [variable.value for variable in self._variables]
        with self._lock:
            if self._last is None or not _same(values, self._last[0]):
                copies = (
                    np.array(value.detach() if hasattr(value, "detach") else value)
                    for value in values
                )
                self._last = (values, dict(zip(self._names, copies, strict=True)))
            return self._last[1]


def _same(values: list[Any], last: list[Any]) -> bool:
    """Return whether arrays are the same objects; those of JAX never change.

    Tensors of other backends can change in place, so they never count as the same.
    """
    immutable = all(type(value).__module__.startswith("jax") for value in values)
    return immutable and all(a is b for a, b in zip(values, last, strict=True))
