"""The compiled library: where it is, what it can do, and one step at a time through it."""

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
TOKEN = 3  # ints that name what a row keeps for backward; `token_size` in residuals.h

_POINTER, _INDEX, _NAME_OF_CELL = ctypes.c_void_p, ctypes.c_ssize_t, ctypes.c_char_p


@cache
def library() -> ctypes.CDLL | None:
    """Return the compiled library, or None where there is none that this machine can load.

    Raises:
        SettingError: `UNROLLED_ISA` names an instruction set that is not to be had here.
    """
    spec = find_spec(_NAME)
    if spec is None or spec.origin is None:
        return None
    try:
        found = ctypes.CDLL(spec.origin)
        _declare(found)
    except (OSError, AttributeError):  # of another machine, or of another version
        return None
    if found.unrolled_instruction_set() is None:
        raise SettingError(
            "UNROLLED_ISA names an instruction set that this machine or build does not have; "
            "use 'avx512', 'avx2' or 'portable', or unset it."
        )
    return found


def _declare(found: ctypes.CDLL) -> None:
    found.unrolled_instruction_set.restype = ctypes.c_char_p
    found.unrolled_set_threads.argtypes = [ctypes.c_int]
    found.unrolled_keep_at_most.argtypes = [_INDEX]
    found.unrolled_keep_at_most.restype = None
    found.unrolled_kept_bytes.restype = found.unrolled_repeated_calls.restype = _INDEX
    found.unrolled_stepper_new.argtypes = [_NAME_OF_CELL, _INDEX, _INDEX, *[_POINTER] * 3]
    found.unrolled_stepper_new.restype = _POINTER
    found.unrolled_stepper_bind.argtypes = [_POINTER, _INDEX, _POINTER]
    found.unrolled_stepper_bind.restype = None
    found.unrolled_stepper_run.argtypes = [_POINTER]
    found.unrolled_stepper_run.restype = None
    found.unrolled_stepper_delete.argtypes = [_POINTER]
    found.unrolled_stepper_delete.restype = None
    calls.declare(found)
    for name in ("unrolled_sigmoid", "unrolled_tanh"):
        getattr(found, name).argtypes = [_POINTER, _POINTER, _INDEX]
        getattr(found, name).restype = None


def loaded() -> ctypes.CDLL:
    """Return the compiled library.

    Raises:
        SettingError: There is none.
    """
    found = library()
    if found is None:
        raise SettingError(
            "the compiled kernels are not there: the package was installed without a C++ "
            "compiler. Use unrolled.kernels.pure, or install a compiler and then the package anew."
        )
    return found


def instruction_set() -> str:
    """Return `avx512`, `avx2`, `portable`, or `none` where nothing was compiled."""
    found = library()
    return "none" if found is None else str(found.unrolled_instruction_set().decode())


def threads() -> int:
    """Return how many threads a call may use: `UNROLLED_THREADS`, or the processors allowed."""
    found = library()
    return 1 if found is None else int(found.unrolled_threads())


def set_threads(count: int) -> None:
    """Set how many threads the calls to come may use.

    Args:
        count: At least 1, or 0 for the default.
    """
    loaded().unrolled_set_threads(count)


def gates(cell: str) -> int:
    """Return how many gates stand side by side in the weights of a cell.

    Args:
        cell: `lstm`, `gru` or `gru_reset_before`.
    """
    return 4 if cell == "lstm" else 3


def bias_shape(cell: str, units: int) -> tuple[int, ...]:
    """Return the shape of a cell's bias: `2 3h` where the recurrent product has one of its own.

    Args:
        cell: `lstm`, `gru` or `gru_reset_before`.
        units: `h`.
    """
    width = gates(cell) * units
    return (2, width) if cell == "gru" else (width,)


def _address(array: Floats) -> int:
    return int(array.__array_interface__["data"][0])


class _Stepper:
    """A cell with packed weights that advances a state by one step at a time.

    The weights are copied: change them and a new stepper is needed. Threads take turns. A step
    takes a few microseconds, about what it costs to ask numpy for one address: so values are
    copied to and from one buffer, whose address the library is told once for a size of batch.
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
        width = gates(cell) * self.units
        got = (k.shape, u.shape, b.shape)
        want = ((self.inputs, width), (self.units, width), bias_shape(cell, self.units))
        if got != want:
            raise ShapeError(
                f"kernel, recurrent_kernel and bias have shapes {got}; expected {want}. "
                "Pass the weights as Keras has them."
            )
        library_ = loaded()
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
                    f"{name} has shape {array.shape}; expected {(b, width)} (b, width)."
                )
        values = np.empty(b * (f + 2 * len(states) * h), np.float32)
        self._x, rest = values[: b * f].reshape(b, f), values[b * f :]
        views = rest.reshape(2, len(states), b, h)
        self._h, self._c = views[0, 0], views[0, -1]
        self._new_h, self._new_c = views[1, 0], views[1, -1]
        loaded().unrolled_stepper_bind(self._self, b, _address(values))


class LSTMStepper(_Stepper):
    """An LSTM that advances a state by one step at a time, from numpy to numpy.

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
    """A GRU that advances a state by one step at a time, from numpy to numpy.

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
