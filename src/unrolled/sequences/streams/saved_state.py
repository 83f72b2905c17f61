"""The state of a stream in a file, which is read as untrusted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from unrolled.data.block import Array
from unrolled.errors import ArtifactError
from unrolled.runtime.streaming.step import Kept
from unrolled.saving.checked_json import RefusedError
from unrolled.saving.state_file import read_state_file, write_state_file
from unrolled.saving.tensors import TensorInfo

MODEL = "model"  # the fingerprint of the model that the state belongs to


def write_state(path: Path, state: Mapping[str, Array], fingerprint: Array) -> None:
    """Write a state to a safetensors file, which at every moment is the old one or the new one.

    Args:
        path: The file.
        state: The arrays of the state (1 ...), in the order of the operations that keep them.
        fingerprint: That of the model.

    Raises:
        ArtifactError: It cannot be written.
    """
    arrays = {MODEL: fingerprint, **dict(zip(_names(len(state)), state.values(), strict=True))}
    write_state_file(path, arrays)


def read_state(path: Path, keeps: Mapping[str, Kept], fingerprint: Array) -> dict[str, Array]:
    """Read a state that `write_state` wrote.

    Args:
        path: The file.
        keeps: The arrays that the model keeps.
        fingerprint: That of the model.

    Raises:
        ArtifactError: There is no such file, it is damaged, or it is of another model.
    """
    try:
        arrays = read_state_file(path, "a stream", lambda tensors: _check(tensors, keeps))
    except RefusedError as error:
        raise ArtifactError(
            f"{path} is not the state of a stream of this model: {error}. Name a file that `save`"
            " of a stream of this model wrote."
        ) from None
    if not np.array_equal(arrays[MODEL], fingerprint):
        raise ArtifactError(
            f"{path} is the state of another model: its network, its weights or its encoders"
            " differ from those of this one. Load the model that the stream was begun with."
        )
    return {name: arrays[saved] for name, saved in zip(keeps, _names(len(keeps)), strict=True)}


def _check(tensors: Mapping[str, TensorInfo], keeps: Mapping[str, Kept]) -> None:
    """Refuse other arrays than those that a model keeps, before any of them is read.

    Raises:
        RefusedError: An array is missing, or has another type or shape.
    """
    expected: dict[str, tuple[Any, tuple[int, ...]]] = {MODEL: (np.dtype("uint8"), (32,))}
    for saved, kept in zip(_names(len(keeps)), keeps.values(), strict=True):
        expected[saved] = np.dtype(kept.dtype), (1, *kept.shape)
    if set(tensors) != set(expected):
        raise RefusedError(f"it has {len(tensors)} arrays, and {len(expected)} are needed")
    for name, (dtype, shape) in expected.items():
        info = tensors[name]
        if (info.dtype, info.shape) != (dtype, shape):
            raise RefusedError(
                f"'{name}' is an array of {info.dtype} of the shape {info.shape}, and must be one"
                f" of {dtype} of the shape {shape}"
            )


def _names(count: int) -> list[str]:
    """Return the names of the arrays in a file: their numbers.

    The names of layers may differ from one process to the next.
    """
    return [f"state.{number}" for number in range(count)]
