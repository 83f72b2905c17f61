"""The state of a training as one safetensors file that is whole or not there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from unrolled.data.block import Array
from unrolled.disk import durable
from unrolled.errors import CheckpointError

FORMAT = 1
HEAD, HALF = "unrolled", ".part"  # the entry of the header; the ending of an unfinished file


@dataclass(frozen=True)
class TrainingState:
    """Where a training stands.

    Attributes:
        facts: What JSON can hold.
        arrays: The rest, by name.
    """

    facts: Mapping[str, Any]
    arrays: Mapping[str, Array]


@dataclass(frozen=True)
class Checkpoint:
    """A state with what it is of.

    Attributes:
        begun: What is trained on what.
        number: Which network, from 1.
        state: Where its training stands.
    """

    begun: Mapping[str, Any]
    number: int
    state: TrainingState


def write(path: Path, kept: Checkpoint) -> None:
    """Write a file beside, down to the disk, and move it to its place.

    Raises:
        OSError: It cannot be written; what stood there stays.
    """
    from safetensors.numpy import save

    facts = {"begun": kept.begun, "number": kept.number, "facts": kept.state.facts}
    # in C order: it writes any other as it lies in memory
    arrays = {name: np.asarray(a, order="C") for name, a in kept.state.arrays.items()}
    content = save(arrays, {HEAD: json.dumps({"format": FORMAT, **facts}, ensure_ascii=False)})
    half = path.with_name(path.name + HALF)
    try:
        with half.open("wb") as file:
            file.write(content)
            durable.flushed(file)
        half.replace(path)
    except OSError:
        half.unlink(missing_ok=True)
        raise
    durable.settled(path.parent)


def read(path: Path) -> Checkpoint:
    """Read what `write` wrote.

    Raises:
        CheckpointError: It is damaged, or of a newer format.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            facts = json.loads(file.metadata()[HEAD])
            if facts["format"] > FORMAT:
                raise CheckpointError(
                    f"the checkpoint '{path}' has format {facts['format']}, expected at most"
                    f" {FORMAT}. Install a newer unrolled."
                )
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        return Checkpoint(facts["begun"], facts["number"], TrainingState(facts["facts"], arrays))
    except CheckpointError:
        raise
    except (OSError, ValueError, LookupError, TypeError, SafetensorError) as error:
        raise CheckpointError(
            f"the checkpoint '{path}' is damaged: {error}. Delete its folder to begin anew."
        ) from None
