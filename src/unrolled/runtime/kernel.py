"""Recurrent layers over whole rows by the compiled kernel; what it lacks, the reference runs."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

import numpy as np

from unrolled.data.block import Array
from unrolled.kernels.calls import Forward, Shape
from unrolled.kernels.native import bias_shape, library, require_library
from unrolled.program.operations import GRU, LSTM, Recurrence
from unrolled.program.operations.base import Arrays


def run_recurrence(
    operation: Recurrence, inputs: Arrays, weights: Sequence[Array]
) -> tuple[Array, ...]:
    """Run a recurrent layer; arguments and results are those of `Recurrence.__call__`."""
    cell = cell_name(operation)
    if cell is None or library() is None:
        return operation(inputs, weights)
    x, mask, states = operation.checked(inputs, weights)
    lengths = None if mask is None else count_steps(mask)
    if mask is not None and (lengths is None or not (operation.hold or operation.sequences)):
        return operation(inputs, weights)
    b, t, _ = x.shape
    if b == 0 or t == 0:
        return operation(inputs, weights)
    ys, final = _forward(cell, operation, x, lengths, states, weights)
    if lengths is not None and operation.sequences and operation.hold and len(inputs) > 2:
        _hold_first_state(ys, lengths, states[0], reverse=operation.reverse)
    return operation.outputs(ys, final[0], final)


def cell_name(operation: Recurrence) -> str | None:
    """Return the kernel's name of a cell: None for one that was not compiled."""
    if not isinstance(operation, LSTM | GRU):
        return None
    if (operation.activation, operation.recurrent_activation) != ("tanh", "sigmoid"):
        return None
    if isinstance(operation, LSTM):
        return "lstm"
    return "gru" if operation.reset_after else "gru_reset_before"


def count_steps(mask: Array) -> Array | None:
    """Return the number of real steps of each row; None if one comes after a padded step."""
    lengths: Array = mask.sum(axis=1, dtype=np.int32)
    if not (mask == (np.arange(mask.shape[1], dtype=np.int32) < lengths[:, None])).all():
        return None
    return lengths


def bias_of(cell: str, weights: Sequence[Array]) -> Array:
    """Return the bias of a cell, zeros where the layer has none."""
    if len(weights) > 2:
        return weights[2]
    return np.zeros(bias_shape(cell, weights[1].shape[0]), np.float32)


def _forward(
    cell: str,
    operation: Recurrence,
    x: Array,
    lengths: Array | None,
    states: list[Array],
    weights: Sequence[Array],
) -> tuple[Array, list[Array]]:
    """Call the library; return the outputs (b t h, or b 0 h) and the last states."""
    (b, t, f), h = x.shape, weights[1].shape[0]
    ys = np.empty((b, t if operation.sequences else 0, h), np.float32)
    final = [np.empty((b, h), np.float32) for _ in states]
    arrays = [x, weights[0], weights[1], bias_of(cell, weights), *states]
    arrays = [np.ascontiguousarray(a, np.float32) for a in arrays]  # kept until the call returns
    names = ("x", "kernel", "recurrent", "bias", "h0", "c0")
    buffers = {n: _address(a) for n, a in zip(names, arrays, strict=False)}
    buffers |= {n: _address(a) for n, a in zip("hc", final, strict=False)}
    if operation.sequences:
        buffers["ys"] = _address(ys)
    steps = None if lengths is None else _address(lengths)
    call = Forward(Shape(b, t, f, h, steps, operation.reverse, operation.hold), **buffers)
    require_library().unrolled_forward(cell.encode(), ctypes.byref(call), None)
    return ys, final


def _hold_first_state(ys: Array, lengths: Array, first: Array, *, reverse: bool) -> None:
    """Put the first state in place of the zeros before the first real step in running order."""
    steps = np.arange(ys.shape[1])
    before = (steps >= lengths[:, None]) if reverse else (lengths == 0)[:, None] & (steps >= 0)
    rows, places = np.nonzero(before)
    ys[rows, places] = first[rows]


def _address(array: Array) -> int:
    return int(array.__array_interface__["data"][0])
