"""The structs of `cell.h` for ctypes: the buffers of a call of the compiled library."""

from __future__ import annotations

import ctypes
from ctypes import Structure, c_bool, c_ssize_t, c_void_p


def _pointers(names: str) -> list[tuple[str, type[c_void_p]]]:
    return [(name, c_void_p) for name in names.split()]


class Shape(Structure):
    """The sizes of a call and how it runs; `lengths` is None if every step is valid."""

    _fields_ = (
        *((axis, c_ssize_t) for axis in "btfh"),
        ("lengths", c_void_p),
        ("reverse", c_bool),
        ("hold", c_bool),
    )


class Forward(Structure):
    """The buffers of a forward call; `ys` is None if it is not wanted, and `saved` always is."""

    _fields_ = (
        ("shape", Shape),
        *_pointers("x kernel recurrent bias h0 c0 ys h c saved"),
    )


class Backward(Structure):
    """The buffers of a backward call; `dys` and `dx` may be None, `saved` always is."""

    _fields_ = (
        ("shape", Shape),
        *_pointers("x kernel recurrent bias h0 c0 saved dys dh dc dx"),
        *_pointers("dkernel drecurrent dbias dh0 dc0"),
    )


def declare(library: ctypes.CDLL) -> None:
    """Declare the arguments of the two calls to ctypes.

    Args:
        library: The compiled library.

    Raises:
        AttributeError: The library lacks them.
    """
    for name, buffers in (("unrolled_forward", Forward), ("unrolled_backward", Backward)):
        function = getattr(library, name)
        function.argtypes = [ctypes.c_char_p, ctypes.POINTER(buffers), c_void_p]
        function.restype = None
