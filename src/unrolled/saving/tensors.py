"""Safetensors: written by the library; read with every size checked before memory is allocated."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from unrolled.data.block import Array
from unrolled.saving.checked_json import RefusedError, parse_json

MAX_HEADER_BYTES = 16 << 20
LAYER_NUMBER = re.compile(r"_\d+(?=/|$)")  # which Keras appends to make names unique
DTYPES = {
    "BOOL": "?",
    **{f"{kind}{8 * size}": f"<{kind.lower()}{size}" for kind in "IU" for size in (1, 2, 4, 8)},
    **{f"F{8 * size}": f"<f{size}" for size in (2, 4, 8)},
}


class Stream(Protocol):
    """A file that is read from start to end."""

    name: str
    size: int

    def read(self, count: int) -> bytes:
        """Return exactly `count` further bytes."""
        ...


@dataclass(frozen=True)
class TensorInfo:
    """The type, shape and place of an array in a file.

    Attributes:
        dtype: The type of its values.
        shape: Its shape.
        start: Where its bytes start, counted from the end of the header.
    """

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    start: int

    @property
    def nbytes(self) -> int:
        """Its size in bytes."""
        return math.prod(self.shape) * self.dtype.itemsize


def weight_paths(model: Any) -> list[str]:
    """Return the names of the weights: position and path, without the numbers of Keras' names."""
    return [f"{i:04d}/{LAYER_NUMBER.sub('', w.path)}" for i, w in enumerate(model.weights)]


def encode_tensors(arrays: Mapping[str, Any]) -> bytes:
    """Return arrays as the bytes of a safetensors file."""
    from safetensors.numpy import save

    # The library writes an array in its memory order and reads it as C order: so make it C order.
    return save({name: np.asarray(a, order="C") for name, a in arrays.items()})


def read_header(stream: Stream) -> dict[str, TensorInfo]:
    """Read which arrays a file has; their bytes follow.

    Raises:
        RefusedError: The header does not describe the bytes that follow it.
    """
    if stream.size < 8:
        raise RefusedError(f"{stream.name} has {stream.size} bytes, too few for a safetensors file")
    length, limit = int.from_bytes(stream.read(8), "little"), stream.size - 8
    if length > min(MAX_HEADER_BYTES, limit):
        raise RefusedError(
            f"{stream.name} is not a safetensors file: its header would have {length} bytes, and at"
            f" most {min(MAX_HEADER_BYTES, limit)} are possible"
        )
    header = parse_json(stream.read(length), f"the header of {stream.name}")
    if not isinstance(header, dict):
        raise RefusedError(f"the header of {stream.name} has no names")
    header.pop("__metadata__", None)
    tensors = {
        name: _read_info(f"'{name}' of {stream.name}", entry) for name, entry in header.items()
    }
    _check_places(tensors, limit - length, stream.name)
    return tensors


def read_tensors(stream: Stream, tensors: Mapping[str, TensorInfo]) -> dict[str, Array]:
    """Read the arrays that `read_header` listed."""
    arrays = {}
    for name, info in _in_order(tensors):
        flat = np.frombuffer(bytearray(stream.read(info.nbytes)), info.dtype)
        arrays[name] = flat.reshape(info.shape)
    return arrays


def check_array(name: str, array: Array, shape: tuple[int, ...], kind: str) -> None:
    """Refuse an array from a file that has another shape, or is not of `integers` or `floats`.

    Raises:
        RefusedError: It does.
    """
    if array.shape != shape or array.dtype.kind != kind[0]:
        raise RefusedError(
            f"'{name}' is an array of {array.dtype} of the shape {array.shape}, and must have"
            f" {kind} and the shape {shape}"
        )


def _in_order(tensors: Mapping[str, TensorInfo]) -> list[tuple[str, TensorInfo]]:
    return sorted(tensors.items(), key=lambda item: (item[1].start, item[1].nbytes))


def _check_places(tensors: Mapping[str, TensorInfo], available: int, file: str) -> None:
    """Refuse arrays that overlap, or that leave bytes of the file unused."""
    end = 0
    for name, info in _in_order(tensors):
        if info.start != end:
            raise RefusedError(f"'{name}' of {file} starts at byte {info.start} and not at {end}")
        end += info.nbytes
    if end != available:
        raise RefusedError(
            f"the arrays of {file} need {end} bytes, and {available} follow its header"
        )


def _read_info(name: str, entry: Any) -> TensorInfo:
    """Return what a header says about one array."""
    try:
        kind, shape, (start, end) = entry["dtype"], entry["shape"], entry["data_offsets"]
        valid = all(type(n) is int and n >= 0 for n in (*shape, start, end))
        info = TensorInfo(np.dtype(DTYPES[kind]), tuple(shape), start)
    except (LookupError, TypeError, ValueError):
        raise RefusedError(f"{name} has no valid type, shape and place") from None
    if not valid or len(shape) > 8 or info.nbytes != end - start:
        raise RefusedError(f"{name} has the shape {shape}, which does not fit {start} to {end}")
    return info
