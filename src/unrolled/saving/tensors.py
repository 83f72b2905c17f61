"""Safetensors: written by its library; read with every size checked before memory is taken."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from unrolled.data.block import Array
from unrolled.saving.checked_json import RefusedError, parsed

MOST_HEADER = 16 << 20  # bytes
COUNTED = re.compile(r"_\d+(?=/|$)")
TYPES = {
    "BOOL": "?",
    **{f"{kind}{8 * size}": f"<{kind.lower()}{size}" for kind in "IU" for size in (1, 2, 4, 8)},
    **{f"F{8 * size}": f"<f{size}" for size in (2, 4, 8)},
}


class Stream(Protocol):
    """What the bytes of one file come from, from the first on."""

    name: str
    size: int

    def read(self, count: int) -> bytes:
        """Return the next bytes, exactly so many."""
        ...


@dataclass(frozen=True)
class Tensor:
    """An array that a file holds.

    Attributes:
        dtype: Its type.
        shape: Its axes.
        begin: Where its bytes begin, from the end of the header.
    """

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    begin: int

    @property
    def size(self) -> int:
        """Its bytes."""
        return math.prod(self.shape) * self.dtype.itemsize


def network_weights(model: Any) -> dict[str, Array]:
    """Return a network's weights by place and path, without the numbers that Keras counts on."""
    paths = [COUNTED.sub("", w.path) for w in model.weights]
    return {
        f"{i:04d}/{path}": np.asarray(w)
        for i, (w, path) in enumerate(zip(model.weights, paths, strict=True))
    }


def packed(arrays: Mapping[str, Any]) -> bytes:
    """Return arrays as the bytes of a file."""
    from safetensors.numpy import save

    # in C order: it writes any other as it lies in memory, and reads it back mixed up
    return save({name: np.asarray(a, order="C") for name, a in arrays.items()})


def header(stream: Stream) -> dict[str, Tensor]:
    """Read which arrays a file holds; their bytes follow.

    Raises:
        RefusedError: They are not what fills the file.
    """
    if stream.size < 8:
        raise RefusedError(f"{stream.name} has {stream.size} bytes, expected a safetensors file")
    length = int.from_bytes(stream.read(8), "little")
    if length > min(MOST_HEADER, stream.size - 8):
        raise RefusedError(
            f"{stream.name} is no safetensors file: its header would have {length} bytes, expected"
            f" at most {min(MOST_HEADER, stream.size - 8)}"
        )
    facts = parsed(stream.read(length), f"the header of {stream.name}")
    if not isinstance(facts, dict):
        raise RefusedError(f"the header of {stream.name} holds no names")
    facts.pop("__metadata__", None)
    found = {name: _tensor(f"'{name}' of {stream.name}", one) for name, one in facts.items()}
    end = 0
    for name, one in sorted(found.items(), key=lambda pair: (pair[1].begin, pair[1].size)):
        if one.begin != end:
            raise RefusedError(f"'{name}' of {stream.name} begins at {one.begin}, expected {end}")
        end += one.size
    if end != stream.size - 8 - length:
        raise RefusedError(
            f"the arrays of {stream.name} have {end} bytes, expected the"
            f" {stream.size - 8 - length} after its header"
        )
    return found


def filled(stream: Stream, tensors: Mapping[str, Tensor]) -> dict[str, Array]:
    """Read the arrays whose header was read."""
    found = {}
    for name, one in sorted(tensors.items(), key=lambda pair: (pair[1].begin, pair[1].size)):
        flat = np.frombuffer(bytearray(stream.read(one.size)), one.dtype)
        found[name] = flat.reshape(one.shape)
    return found


def _tensor(name: str, facts: Any) -> Tensor:
    """Return what a header says of one array."""
    try:
        kind, shape, (begin, end) = facts["dtype"], facts["shape"], facts["data_offsets"]
        whole = all(type(n) is int and n >= 0 for n in (*shape, begin, end))
        found = Tensor(np.dtype(TYPES[kind]), tuple(shape), begin)
    except (LookupError, TypeError, ValueError):
        raise RefusedError(f"{name} has no type, shape and place that are known") from None
    if not whole or len(shape) > 8 or found.size != end - begin:
        raise RefusedError(
            f"{name} has the shape {shape} and bytes {begin} to {end}: they disagree"
        )
    return found
