"""The compiled library: where it is, what it can do, and steppers, which run single steps."""

from __future__ import annotations

import ctypes
import threading
import weakref
from functools import cache
from importlib.util import find_spec
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from unrolled.errors import SettingError, ShapeError
from unrolled.kernels import calls

Floats: TypeAlias = npt.NDArray[np.float32]

_NAME = "unrolled.kernels._kernels"
TOKEN = 3  # integers that identify the residuals of a row; `token_size` in residuals.h

_POINTER, _INDEX, _NAME_OF_CELL = ctypes.c_void_p, ctypes.c_ssize_t, ctypes.c_char_p


@cache
def library() -> ctypes.CDLL | None:
    """Return the compiled library, or None if this machine cannot load one.

    Raises:
        SettingError: `UNROLLED_ISA` names an instruction set that is not available here.
    """
    spec = find_spec(_NAME)
    if spec is None or spec.origin is None:
        return None
    try:
        compiled = ctypes.CDLL(spec.origin)
        _declare(compiled)
    except (OSError, AttributeError):  # compiled for another machine, or from another version
        return None
    if compiled.unrolled_instruction_set() is None:
        raise SettingError(
            "UNROLLED_ISA names an instruction set that this machine or build does not have. Use"
            " 'avx512', 'avx2' or 'portable', or unset the variable."
        )
    return compiled


def _declare(compiled: ctypes.CDLL) -> None:
    compiled.unrolled_instruction_set.restype = ctypes.c_char_p
    compiled.unrolled_set_threads.argtypes = [ctypes.c_int]
    compiled.unrolled_keep_at_most.argtypes = [_INDEX]
    compiled.unrolled_keep_at_most.restype = None
    compiled.unrolled_kept_bytes.restype = compiled.unrolled_repeated_calls.restype = _INDEX
    compiled.unrolled_stepper_new.argtypes = [_NAME_OF_CELL, _INDEX, _INDEX, *[_POINTER] * 3]
    compiled.unrolled_stepper_new.restype = _POINTER
    compiled.unrolled_stepper_bind.argtypes = [_POINTER, _INDEX, _POINTER]
    compiled.unrolled_stepper_bind.restype = None
    compiled.unrolled_stepper_run.argtypes = [_POINTER]
    compiled.unrolled_stepper_run.restype = None
    compiled.unrolled_stepper_delete.argtypes = [_POINTER]
    compiled.unrolled_stepper_delete.restype = None
    compiled.unrolled_layer_new.argtypes = [
        *(_NAME_OF_CELL, _INDEX, _INDEX),
        *[_POINTER] * 3,
        *(ctypes.c_bool, ctypes.c_bool),
    ]
    compiled.unrolled_layer_new.restype = _POINTER
    compiled.unrolled_layer_run.argtypes = [_POINTER, _INDEX, _INDEX, *[_POINTER] * 7]
    compiled.unrolled_layer_run.restype = ctypes.c_bool
    compiled.unrolled_layer_delete.argtypes = [_POINTER]
    compiled.unrolled_layer_delete.restype = None
    calls.declare(compiled)
    for name in ("unrolled_sigmoid", "unrolled_tanh"):
        getattr(compiled, name).argtypes = [_POINTER, _POINTER, _INDEX]
        getattr(compiled, name).restype = None


def require_library() -> ctypes.CDLL:
    """Return the compiled library.

    Raises:
        SettingError: There is none.
    """
    compiled = library()
    if compiled is None:
        raise SettingError(
            "there are no compiled kernels, because unrolled was installed without a C++ compiler."
            " Use unrolled.kernels.pure, or install a compiler and then unrolled again."
        )
    return compiled


def instruction_set() -> str:
    """Return `avx512`, `avx2`, `portable`, or `none` if nothing was compiled."""
    compiled = library()
    return "none" if compiled is None else str(compiled.unrolled_instruction_set().decode())


def threads() -> int:
    """Return the number of threads of a call: `UNROLLED_THREADS`, or the allowed processors."""
    compiled = library()
    return 1 if compiled is None else int(compiled.unrolled_threads())


def set_threads(count: int) -> None:
    """Set the number of threads of later calls.

    Args:
        count: At least 1, or 0 for the default.
    """
    require_library().unrolled_set_threads(count)


def count_gates(cell: str) -> int:
    """Return the number of gates in the weights of a cell.

    Args:
        cell: `lstm`, `gru` or `gru_reset_before`.
    """
    return 4 if cell == "lstm" else 3


def bias_shape(cell: str, units: int) -> tuple[int, ...]:
    """Return the shape of a cell's bias: `2 3h` if the recurrent product has its own.

    Args:
        cell: `lstm`, `gru` or `gru_reset_before`.
        units: `h`.
    """
    width = count_gates(cell) * units
    return (2, width) if cell == "gru" else (width,)


def _address(array: Floats) -> int:
    return int(array.__array_interface__["data"][0])


class _Stepper:
    """A cell with packed weights that advances a state by one step at a time.

    The weights are copied: new weights need a new stepper. Threads take turns. A step takes a few
    microseconds, which is as long as reading the address of one NumPy array. So values are copied
    to and from one buffer, whose address is passed to the library once for each batch size.
    """

    _h: Floats  # b h, views of the buffer: before the step
    _c: Floats
    _new_h: Floats  # b h: after it
    _new_c: Floats

    def __init__(
        self,
        cell: str,
        kernel: npt.ArrayLike,
        recurrent_kernel: npt.ArrayLike,
        bias: npt.ArrayLike,
    ) -> None:
        k, u, b = (np.ascontiguousarray(a, np.float32) for a in (kernel, recurrent_kernel, bias))
        self.inputs, self.units = k.shape[0], u.shape[0]
        width = count_gates(cell) * self.units
        shapes = (k.shape, u.shape, b.shape)
        expected = ((self.inputs, width), (self.units, width), bias_shape(cell, self.units))
        if shapes != expected:
            raise ShapeError(
                f"kernel, recurrent_kernel and bias do not fit each other: they have the shapes"
                f" {shapes} instead of {expected}. Pass the weights as Keras has them."
            )
        library_ = require_library()
        self._lock, self._run = threading.Lock(), library_.unrolled_stepper_run
        handle = library_.unrolled_stepper_new(
            cell.encode(), self.inputs, self.units, _address(k), _address(u), _address(b)
        )
        self._self = ctypes.c_void_p(handle)
        weakref.finalize(self, library_.unrolled_stepper_delete, handle)
        count = 2 if cell == "lstm" else 1
        x, *states = (np.empty((1, n), "f") for n in (self.inputs, *[self.units] * count))
        self._bind(x, *states)

    def _bind(self, x: Floats, *states: Floats) -> None:
        b, f, h = len(x), self.inputs, self.units
        for name, array, width in zip("xhc", (x, *states), (f, h, h), strict=False):
            if array.shape != (b, width):
                raise ShapeError(
                    f"{name} has the shape {array.shape} instead of {(b, width)}. Pass one input"
                    " and one state for each row."
                )
        values = np.empty(b * (f + 2 * len(states) * h), np.float32)
        self._x, rest = values[: b * f].reshape(b, f), values[b * f :]
        views = rest.reshape(2, len(states), b, h)
        self._h, self._c = views[0, 0], views[0, -1]
        self._new_h, self._new_c = views[1, 0], views[1, -1]
        require_library().unrolled_stepper_bind(self._self, b, _address(values))


class LSTMStepper(_Stepper):
    """An LSTM that advances a state by one step at a time, with NumPy arrays.

    Args:
        kernel: Input weights, `f 4h`.
        recurrent_kernel: Recurrent weights, `h 4h`.
        bias: `4h`.
    """

    def __init__(
        self, kernel: npt.ArrayLike, recurrent_kernel: npt.ArrayLike, bias: npt.ArrayLike
    ) -> None:
        super().__init__("lstm", kernel, recurrent_kernel, bias)

    def __call__(self, x: Floats, h: Floats, c: Floats) -> tuple[Floats, Floats]:
        """Return the new `h` and `c`, both `b h`.

        Args:
            x: The input of this step, `b f`.
            h: Hidden state, `b h`.
            c: Cell state, `b h`.
        """
        with self._lock:
            if x.shape != self._x.shape or not h.shape == c.shape == self._h.shape:
                self._bind(x, h, c)
            self._x[...], self._h[...], self._c[...] = x, h, c
            self._run(self._self)
            return self._new_h.copy(), self._new_c.copy()


class GRUStepper(_Stepper):
    """A GRU that advances a state by one step at a time, with NumPy arrays.

    Args:
        kernel: Input weights, `f 3h`.
        recurrent_kernel: Recurrent weights, `h 3h`.
        bias: `2 3h` (input side, recurrent side) with `reset_after`, `3h` without.
        reset_after: Apply the reset gate after the recurrent product.
    """

    def __init__(
        self,
        kernel: npt.ArrayLike,
        recurrent_kernel: npt.ArrayLike,
        bias: npt.ArrayLike,
        *,
        reset_after: bool = True,
    ) -> None:
        super().__init__(
            "gru" if reset_after else "gru_reset_before", kernel, recurrent_kernel, bias
        )

    def __call__(self, x: Floats, h: Floats) -> Floats:
        """Return the new `h`, `b h`.

        Args:
            x: The input of this step, `b f`.
            h: Hidden state, `b h`.
        """
        with self._lock:
            if x.shape != self._x.shape or h.shape != self._h.shape:
                self._bind(x, h)
            self._x[...], self._h[...] = x, h
            self._run(self._self)
            return self._new_h.copy()
