"""The fingerprint of a training run: its data, network and settings in a few words.

A training is resumed only if the fingerprint in its checkpoint is the one of the new run. The
keys, and the names that enter the digests, are part of the checkpoint format: they do not follow
the names in the code.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import Any

import numpy as np

from unrolled.data.batches import Examples
from unrolled.data.block import RaggedColumn
from unrolled.settings import Training

TRAIN_KEY, VALIDATION_KEY = "rows to learn from", "rows to stop by"
PLAIN_NAMES = {TRAIN_KEY: "training rows", VALIDATION_KEY: "validation rows"}


def run_fingerprint(
    network: Any, train: Examples, validation: Examples, training: Training
) -> dict[str, Any]:
    """Return the fingerprint of a training run, ready for JSON.

    Args:
        network: A `keras.Model` with its initial weights.
        train: The training rows.
        validation: The rows that decide when training stops.
        training: The settings, without gaps.
    """
    config = json.dumps(network.get_config(), sort_keys=True, default=str)
    config = re.sub(r'_\d+"', '"', config)  # without the numbers that Keras adds to names
    # Only three digits: the last bits differ between machines.
    norm = sum(float(np.linalg.norm(w)) for w in network.get_weights())
    return {
        TRAIN_KEY: f"{train.rows} ({digest(train)})",
        VALIDATION_KEY: f"{validation.rows} ({digest(validation)})",
        "network": f"weights of size {norm:.3g} ({digest(config)})",
        **training.model_dump(mode="json", exclude={"verbose"}),
    }


def plain_name(key: str) -> str:
    """Return the name of a key of a fingerprint as messages show it.

    Example:
        >>> plain_name("rows to learn from"), plain_name("epochs")
        ('training rows', 'epochs')
    """
    return PLAIN_NAMES.get(key, key)


def digest(value: Any) -> str:
    """Return sixteen letters that change with any part of a value.

    Args:
        value: Examples, columns, arrays, mappings of them by name, or plain values.

    Example:
        >>> digest({"a": np.arange(3)}) == digest({"a": np.arange(3)})
        True
        >>> digest({"a": np.arange(3)}) == digest({"a": np.arange(4)})
        False
    """
    total = blake2b(digest_size=8)
    for part in _parts(value):
        total.update(part)
    return total.hexdigest()


def _parts(value: Any) -> Iterator[Any]:
    """Return the bytes of arrays, of named values and of plain values."""
    if isinstance(value, np.ndarray):
        yield f"{value.dtype}{value.shape}".encode()
        yield np.ascontiguousarray(value).data.cast("B") if value.size else b""
        return
    named = _named_values(value)
    if named is None:
        yield f"{value!r};".encode()
        return
    for name, inner in named.items():
        yield f"{name}:".encode()
        yield from _parts(inner)
    yield b"."


def _named_values(value: Any) -> Mapping[str, Any] | None:
    """Return the values inside a value, by the names and in the order of the checkpoint format."""
    if isinstance(value, Examples):
        groups = {"groups": {group.mask: group.lengths for group in value.groups}}
        return {
            "inputs": value.inputs,
            "targets": value.targets,
            "rows": value.rows,
            "lengths": value.lengths,
            "steps_out": value.steps_out,
            "ragged": value.ragged,
            "fed": value.feedback,
            "start": value.start,
            "most": value.max_rows,
            "words": value.token_inputs,
            "class_weights": value.class_weights,
            **(groups if value.groups else {}),
        }
    if isinstance(value, RaggedColumn):
        return {"flat": value.flat, "offsets": value.offsets}
    return value if isinstance(value, Mapping) else None
