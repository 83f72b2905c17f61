"""What is trained on what, in few words: to know whether a training is the one that was begun."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from hashlib import blake2b
from typing import Any

import numpy as np

from unrolled.data.batches import Examples
from unrolled.settings import Training


def run_fingerprint(
    network: Any, train: Examples, validation: Examples, training: Training
) -> dict[str, Any]:
    """Return the fingerprint of a training, as JSON has it.

    Args:
        network: A `keras.Model` with the weights it begins with.
        train: The rows to learn from.
        validation: The rows that say when to stop.
        training: The settings, every one of them given.
    """
    config = json.dumps(network.get_config(), sort_keys=True, default=str)
    plain = re.sub(r'_\d+"', '"', config)  # without the numbers that Keras gives to names
    size = sum(float(np.linalg.norm(w)) for w in network.get_weights())  # machines round apart
    return {
        "rows to learn from": f"{train.rows} ({digest(train)})",
        "rows to stop by": f"{validation.rows} ({digest(validation)})",
        "network": f"weights of size {size:.3g} ({digest(plain)})",
        **training.model_dump(mode="json", exclude={"verbose"}),
    }


def digest(value: Any) -> str:
    """Return sixteen letters that change with anything in a value.

    Example:
        >>> digest({"a": np.arange(3)}) == digest({"a": np.arange(3)})
        True
        >>> digest({"a": np.arange(3)}) == digest({"a": np.arange(4)})
        False
    """
    found = blake2b(digest_size=8)
    for part in _parts(value):
        found.update(part)
    return found.hexdigest()


def _parts(value: Any) -> Iterator[Any]:
    """Return the bytes of arrays, of dataclasses and mappings with names, and of plain values."""
    if isinstance(value, np.ndarray):
        yield f"{value.dtype}{value.shape}".encode()
        yield np.ascontiguousarray(value).data.cast("B") if value.size else b""
        return
    if is_dataclass(value):
        value = {one.name: getattr(value, one.name) for one in fields(value)}
    if not isinstance(value, Mapping):
        yield f"{value!r};".encode()
        return
    for name, inner in value.items():
        yield f"{name}:".encode()
        yield from _parts(inner)
    yield b"."
