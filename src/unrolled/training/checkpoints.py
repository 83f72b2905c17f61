"""The checkpoint folder of a training, from which an interrupted training can be resumed.

Each file is a safetensors file whose header says, as JSON, which run it belongs to.
`current.safetensors` holds the network in training and is replaced as a whole; `network-1` and
the following ones hold the networks that are finished. Nothing else is stored: a network without
a file is trained again, to the same numbers.
"""

from __future__ import annotations

import json
import os
import re
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from unrolled.disk import durable
from unrolled.disk.locks import try_lock
from unrolled.errors import CheckpointError, quote_names
from unrolled.settings import Training
from unrolled.training.checkpoint_file import (
    PARTIAL_SUFFIX,
    Checkpoint,
    TrainingState,
    read_checkpoint,
    write_checkpoint,
)
from unrolled.training.run_fingerprint import plain_name

LOCK, CURRENT = "lock", "current.safetensors"
CHECKPOINT_FILES = re.compile(
    rf"lock|(current|network-\d+)\.safetensors({re.escape(PARTIAL_SUFFIX)})?"
)
MIN_SECONDS = 30  # between two checkpoints
MAX_TIME_FRACTION = 0.01  # of the training time that may go into writing checkpoints


def check_checkpoint_folder(folder: Path | None) -> None:
    """Refuse, before anything is trained, a place where there can be no folder for checkpoints.

    Raises:
        CheckpointError: It is a file, or below a file.
    """
    if folder is None or folder.is_dir():
        return
    existing = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not existing.is_dir():
        raise CheckpointError(
            f"the checkpoints cannot be written to '{folder}': '{existing.name}' is a file, and"
            " checkpoints need a folder. Name a folder that does not exist yet."
        )
    if not os.access(existing, os.W_OK):
        raise CheckpointError(
            f"the checkpoints cannot be written to '{folder}': '{existing}' does not allow it."
            " Name another folder."
        )


class NetworkCheckpoints:
    """The checkpoints of one network of a training.

    Args:
        folder: The checkpoint folder of the training.
        run_id: The fingerprint of the run; see `run_fingerprint`.
        number: Which network of the ensemble, from 1.
        every: Steps between two checkpoints; None decides by the time that passed.
    """

    def __init__(
        self, folder: Path, run_id: Mapping[str, Any], *, number: int, every: int | None
    ) -> None:
        self.folder, self.run_id, self.number, self.every = folder, run_id, number, every
        self.last_time, self.write_seconds = time.monotonic(), 0.0
        self.last_step = 0  # the step of the last checkpoint

    def load_finished(self) -> TrainingState | None:
        """Return the state at the end of the training, or None if it is not finished."""
        return self._load(_finished_name(self.number))

    def load_current(self) -> TrainingState | None:
        """Return the state in the last checkpoint, or None if there is none."""
        return self._load(CURRENT)

    def is_due(self, step: int) -> bool:
        """Return whether it is time to write a checkpoint before this step."""
        if self.every is not None:
            return step >= self.last_step + self.every
        interval = max(MIN_SECONDS, self.write_seconds / MAX_TIME_FRACTION)
        return time.monotonic() - self.last_time > interval

    def save_current(self, state: TrainingState, step: int) -> None:
        """Write a checkpoint of the state before this step."""
        start, self.last_step = time.monotonic(), step
        self._save(CURRENT, state)
        self.last_time = time.monotonic()
        self.write_seconds = self.last_time - start

    def save_finished(self, state: TrainingState) -> None:
        """Write the state at the end of the training."""
        if self._save(_finished_name(self.number), state):
            (self.folder / CURRENT).unlink(missing_ok=True)

    def _load(self, name: str) -> TrainingState | None:
        path = self.folder / name
        checkpoint = read_checkpoint(path) if path.exists() else None
        if checkpoint is None or checkpoint.number != self.number:
            return None
        return checkpoint.state

    def _save(self, name: str, state: TrainingState) -> bool:
        """Write a file and return whether it was written; if not, the earlier file stays."""
        try:
            write_checkpoint(self.folder / name, Checkpoint(self.run_id, self.number, state))
        except OSError as error:
            warnings.warn(
                f"cannot write the checkpoint in '{self.folder}': {error.strerror}. Training"
                " continues, and the earlier checkpoint stays.",
                RuntimeWarning,
                stacklevel=2,
            )
            return False
        return True


@contextmanager
def open_checkpoints(
    training: Training, run_id: Mapping[str, Any]
) -> Iterator[list[NetworkCheckpoints]]:
    """Lock the checkpoint folder of a training and give the checkpoints of each network.

    Args:
        training: The settings, with a checkpoint folder.
        run_id: The fingerprint of the run; see `run_fingerprint`.

    Raises:
        CheckpointError: The folder cannot be written to, holds other files, is in use by another
            training, or holds an interrupted training that is not, or cannot be, resumed.
    """
    folder, run_id = Path(training.checkpoint or ""), json.loads(json.dumps(run_id))
    with ExitStack() as stack:
        try:
            durable.make_folder(folder)
            _check_only_checkpoints(folder)
            acquired = stack.enter_context(try_lock(folder / LOCK))
        except OSError as error:
            raise CheckpointError(
                f"cannot write checkpoints to '{folder}': {error.strerror}. Choose another folder."
            ) from None
        if not acquired:
            raise CheckpointError(
                f"another training is running in '{folder}'. Wait until it ends, or choose another"
                " folder."
            )
        _prepare(folder, run_id, resume=training.resume)
        numbers = range(1, training.seeds + 1)
        yield [NetworkCheckpoints(folder, run_id, number=n, every=training.every) for n in numbers]


def _prepare(folder: Path, run_id: Mapping[str, Any], *, resume: bool) -> None:
    """Remove files that are no longer needed; refuse a folder that must not be used."""
    for partial in folder.glob(f"*{PARTIAL_SUFFIX}"):
        partial.unlink()
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        return
    saved_id = read_checkpoint(files[0]).run_id
    finished = all((folder / _finished_name(n + 1)).exists() for n in range(saved_id["seeds"]))
    if resume:
        _check_same_run(folder, saved_id, run_id)
    elif finished:
        for path in files:  # `current` comes first: if this is interrupted, the rest is unfinished
            path.unlink()
    else:
        raise CheckpointError(
            f"'{folder}' holds an interrupted training. Continue it with --resume (resume=True), or"
            " delete the folder to start again."
        )


def _check_same_run(folder: Path, saved_id: Mapping[str, Any], run_id: Mapping[str, Any]) -> None:
    """Refuse to resume a training with other data, another network or other settings."""
    names = [n for n in {**saved_id, **run_id} if saved_id.get(n) != run_id.get(n)]
    if names:
        differences = [
            f"{plain_name(n)}: now {run_id.get(n)}, in the checkpoint {saved_id.get(n)}"
            for n in names
        ]
        raise CheckpointError(
            f"cannot resume the training in '{folder}', because it is a different one"
            f" ({'; '.join(differences)}). Use the same data and settings as before, or choose"
            " another folder."
        )


def _check_only_checkpoints(folder: Path) -> None:
    """Refuse a folder with files that are not checkpoints."""
    others = sorted(p.name for p in folder.iterdir() if not CHECKPOINT_FILES.fullmatch(p.name))
    if others:
        raise CheckpointError(
            f"'{folder}' holds files that are not checkpoints ({quote_names(others, 3)}). Choose a"
            " new folder."
        )


def _finished_name(number: int) -> str:
    """Return the name of the file of a finished network."""
    return f"network-{number}.safetensors"
