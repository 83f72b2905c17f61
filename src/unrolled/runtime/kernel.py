"""Recurrent layers over whole rows by the compiled kernel; what it lacks, the reference runs."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from ctypes import addressof, c_char
from typing import Any, cast

import numpy as np

from unrolled.data.block import Array
from unrolled.kernels.native import bias_shape, library, require_library
from unrolled.program.operations import GRU, LSTM, Operation, Recurrence
from unrolled.program.operations.base import Arrays


def bind_weights(
    operation: Operation, weights: Sequence[Array]
) -> Callable[[Arrays], tuple[Array, ...]]:
    """Return an operation with its weights, as a function of its inputs.

    Args:
        operation: The operation. A recurrent layer is run by the kernel, if it has its cell.
        weights: Its weights.
    """
    cell = cell_name(operation)
    if cell is None or library() is None:
        return lambda inputs: operation(inputs, weights)
    return KernelLayer(cell, cast(Recurrence, operation), weights)


def cell_name(operation: Operation) -> str | None:
    """Return the kernel's name of a cell: None for any other operation."""
    if not isinstance(operation, LSTM | GRU):
        return None
    if (operation.activation, operation.recurrent_activation) != ("tanh", "sigmoid"):
        return None
    if isinstance(operation, LSTM):
        return "lstm"
    return "gru" if operation.reset_after else "gru_reset_before"


def bias_of(cell: str, weights: Sequence[Array]) -> Array:
    """Return the bias of a cell, zeros where the layer has none."""
    if len(weights) > 2:
        return weights[2]
    return np.zeros(bias_shape(cell, weights[1].shape[0]), np.float32)


class KernelLayer:
    """A recurrent layer whose weights the library has packed. Several threads may call it at once.

    Args:
        cell: The kernel's name of the cell.
        operation: The layer.
        weights: Its weights.

    Raises:
        ShapeError: The weights do not fit each other.
    """

    def __init__(self, cell: str, operation: Recurrence, weights: Sequence[Array]) -> None:
        operation.checked([np.empty((0, 1, len(weights[0])), np.float32), None], weights)
        self._operation, self._weights = operation, weights
        self._features, self._units = len(weights[0]), len(weights[1])
        matrices = (weights[0], weights[1], bias_of(cell, weights))
        arrays = [np.ascontiguousarray(a, np.float32) for a in matrices]
        compiled, flags = require_library(), (operation.reverse, operation.hold)
        self._run = compiled.unrolled_layer_run
        self._layer = compiled.unrolled_layer_new(
            cell.encode(), self._features, self._units, *map(_address, arrays), *flags
        )
        weakref.finalize(self, compiled.unrolled_layer_delete, self._layer)

    def __call__(self, inputs: Arrays) -> tuple[Array, ...]:
        """Return the outputs; see `Recurrence.__call__`."""
        operation, h = self._operation, self._units
        x, mask, *states = inputs
        if x.size == 0 or not self._fits(x, mask, states):
            return operation(inputs, self._weights)
        b, t, _ = x.shape
        x = np.ascontiguousarray(x, np.float32)
        mask = None if mask is None else np.ascontiguousarray(mask, bool)
        first = [None if s is None else np.ascontiguousarray(s, np.float32) for s in states]
        ys = np.empty((b, t, h), np.float32) if operation.sequences else None
        last = np.empty((operation.state_count, b, h), np.float32)
        end = _address(last)
        ends = (end, end + last[0].nbytes) if len(last) > 1 else (end, None)
        read = (_address(x), _optional(mask), *([_optional(s) for s in first] + [None, None])[:2])
        if not self._run(self._layer, b, t, *read, _optional(ys), *ends):
            return operation(inputs, self._weights)
        if ys is None:
            return operation.outputs(last[0], last[0], list(last))
        if mask is not None and operation.hold and first and first[0] is not None:
            _hold_first_state(ys, mask, first[0], reverse=operation.reverse)
        return operation.outputs(ys, last[0], list(last))

    def _fits(self, x: Array, mask: Array | None, states: Sequence[Array | None]) -> bool:
        """Return whether the library can run inputs; the reference runs or refuses others."""
        operation, h = self._operation, self._units
        if x.ndim != 3 or x.shape[2] != self._features:
            return False
        if mask is not None and mask.shape != x.shape[:2]:
            return False
        if mask is not None and not (operation.hold or operation.sequences):
            return False  # the last output of a padded row is zero
        if states and len(states) != operation.state_count:
            return False
        return not any(s is not None and s.shape != (len(x), h) for s in states)


def _hold_first_state(ys: Array, mask: Array, first: Array, *, reverse: bool) -> None:
    """Put the first state in place of the zeros before the first real step in running order."""
    before = ~mask if reverse else np.broadcast_to(~mask.any(axis=1, keepdims=True), mask.shape)
    rows, places = np.nonzero(before)
    ys[rows, places] = first[rows]


def _optional(array: Array | None) -> int | None:
    return None if array is None else _address(array)


def _address(array: Array) -> int:
    """Return the address of the first number."""
    try:  # several times faster than the other way
        return addressof(c_char.from_buffer(cast(Any, array)))
    except (TypeError, ValueError):  # it cannot be written to, or is empty
        return int(array.__array_interface__["data"][0])
