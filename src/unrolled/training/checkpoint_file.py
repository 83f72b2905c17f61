"""One checkpoint as one safetensors file, which is always either complete or absent."""

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
HEADER = "unrolled"  # the entry of the safetensors header that describes the checkpoint
PARTIAL_SUFFIX = ".part"  # the file name of a checkpoint ends in it until it is complete


@dataclass(frozen=True)
class TrainingState:
    """The state of a training at one step.

    Attributes:
        values: The part of the state that JSON can hold.
        arrays: The arrays, by name.
    """

    values: Mapping[str, Any]
    arrays: Mapping[str, Array]


@dataclass(frozen=True)
class Checkpoint:
    """The state of a training and the run it belongs to.

    Attributes:
        run_id: The fingerprint of the run: its data, network and settings.
        number: Which network of the ensemble, from 1.
        state: The state of its training.
    """

    run_id: Mapping[str, Any]
    number: int
    state: TrainingState


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a partial file, bring it to the disk, and rename it to its final name.

    Raises:
        OSError: The file cannot be written; an earlier checkpoint at `path` stays.
    """
    from safetensors.numpy import save

    header = {
        "format": FORMAT,
        "begun": checkpoint.run_id,
        "number": checkpoint.number,
        "facts": checkpoint.state.values,
    }
    # safetensors writes the memory of an array as it is, and reads it back in C order
    arrays = {name: np.asarray(a, order="C") for name, a in checkpoint.state.arrays.items()}
    content = save(arrays, {HEADER: json.dumps(header, ensure_ascii=False)})
    partial = path.with_name(path.name + PARTIAL_SUFFIX)
    try:
        with partial.open("wb") as file:
            file.write(content)
            durable.flush_file(file)
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
    durable.fsync_dir(path.parent)


def read_checkpoint(path: Path) -> Checkpoint:
    """Read what `write_checkpoint` wrote.

    Raises:
        CheckpointError: The file is damaged, or has a newer format.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as file:
            header = json.loads(file.metadata()[HEADER])
            if header["format"] > FORMAT:
                raise CheckpointError(
                    f"the checkpoint '{path}' was written by a newer version of unrolled: it has"
                    f" format {header['format']}, and this version reads up to format {FORMAT}."
                    " Install a newer version of unrolled."
                )
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        state = TrainingState(header["facts"], arrays)
        return Checkpoint(header["begun"], header["number"], state)
    except CheckpointError:
        raise
    except (OSError, ValueError, LookupError, TypeError, SafetensorError) as error:
        raise CheckpointError(
            f"the checkpoint '{path}' is damaged: {error}. Delete its folder to start again."
        ) from None
