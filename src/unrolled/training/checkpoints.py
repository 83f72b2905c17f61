"""The folder that a training keeps while it runs, so that it can go on if it is broken off.

Each file is safetensors whose header tells, as JSON, of what training it is. `current` holds the
network in training and is replaced as a whole; `network-1` and those that follow hold what is
finished. Nothing else need be kept: what is not there yet is trained again, to the same numbers.
"""

from __future__ import annotations

import json
import re
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from unrolled.disk import durable
from unrolled.disk.locks import locked
from unrolled.errors import CheckpointError, quote_names
from unrolled.settings import Training
from unrolled.training.checkpoint_file import HALF, Checkpoint, TrainingState, read, write

LOCK, CURRENT = "lock", "current.safetensors"
OURS = re.compile(rf"lock|(current|network-\d+)\.safetensors({re.escape(HALF)})?")
SECONDS, SHARE = 30, 0.01  # written so often, if it takes no greater share of the time


class NetworkCheckpoints:
    """The place of one network's training in the folder.

    Args:
        folder: The folder.
        begun: What is trained on what; see `fingerprints`.
        number: Which network, from 1.
        every: Steps between checkpoints; None goes by the clock.
    """

    def __init__(
        self, folder: Path, begun: Mapping[str, Any], *, number: int, every: int | None
    ) -> None:
        self.folder, self.begun, self.number, self.every = folder, begun, number, every
        self.written, self.cost, self.steps = time.monotonic(), 0.0, 0

    def finished(self) -> TrainingState | None:
        """Return how the training ended, if it did."""
        return self._read(_finished(self.number))

    def current(self) -> TrainingState | None:
        """Return where the training stood when it was last kept, if it was."""
        return self._read(CURRENT)

    def due(self, steps: int) -> bool:
        """Return whether it is time to keep where the training stands after so many steps."""
        if self.every is not None:
            return steps >= self.steps + self.every
        return time.monotonic() - self.written > max(SECONDS, self.cost / SHARE)

    def keep(self, state: TrainingState, steps: int) -> None:
        """Write where the training stands after so many steps."""
        began, self.steps = time.monotonic(), steps
        self._write(CURRENT, state)
        self.written = time.monotonic()
        self.cost = self.written - began

    def finish(self, state: TrainingState) -> None:
        """Write how the training ended."""
        if self._write(_finished(self.number), state):
            (self.folder / CURRENT).unlink(missing_ok=True)

    def _read(self, name: str) -> TrainingState | None:
        path = self.folder / name
        kept = read(path) if path.exists() else None
        return kept.state if kept is not None and kept.number == self.number else None

    def _write(self, name: str, state: TrainingState) -> bool:
        """Write a file, and return whether it is there; if not, the one before stays."""
        try:
            write(self.folder / name, Checkpoint(self.begun, self.number, state))
        except OSError as error:
            warnings.warn(
                f"cannot write the checkpoint in '{self.folder}': {error.strerror}. Training goes"
                " on, and what was written before stays.",
                RuntimeWarning,
                stacklevel=2,
            )
            return False
        return True


@contextmanager
def open_checkpoints(
    training: Training, begun: Mapping[str, Any]
) -> Iterator[list[NetworkCheckpoints]]:
    """Hold the folder of a training while it lasts, with a place for each network.

    Args:
        training: The settings, with a checkpoint folder.
        begun: What is trained on what.

    Raises:
        CheckpointError: The folder holds something else, or cannot be written to; another training
            runs there; or an unfinished one is there that is not to go on, or cannot.
    """
    folder, begun = Path(training.checkpoint or ""), json.loads(json.dumps(begun))
    with ExitStack() as held:
        try:
            durable.folder(folder)
            _refuse_other(folder)
            free = held.enter_context(locked(folder / LOCK))
        except OSError as error:
            raise CheckpointError(
                f"cannot keep checkpoints in '{folder}': {error.strerror}. Choose another folder."
            ) from None
        if not free:
            raise CheckpointError(
                f"another training runs in '{folder}', expected a folder for each. Wait until it"
                " ends, or choose another folder."
            )
        _prepare(folder, begun, resume=training.resume)
        numbers = range(1, training.seeds + 1)
        yield [NetworkCheckpoints(folder, begun, number=n, every=training.every) for n in numbers]


def _prepare(folder: Path, begun: Mapping[str, Any], *, resume: bool) -> None:
    """Clear the folder of what has no use, or refuse it."""
    for half in folder.glob(f"*{HALF}"):
        half.unlink()
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        return
    earlier = read(files[0]).begun
    over = all((folder / _finished(n + 1)).exists() for n in range(earlier["seeds"]))
    if resume:
        _refuse_different(folder, earlier, begun)
    elif over:
        for path in files:  # `current` first: what is left if this is broken off is unfinished
            path.unlink()
    else:
        raise CheckpointError(
            f"'{folder}' holds a training that was broken off, expected a new folder. Go on with"
            " it by --resume (resume=True), or delete the folder to begin anew."
        )


def _refuse_different(folder: Path, earlier: Mapping[str, Any], begun: Mapping[str, Any]) -> None:
    """Refuse to go on with a training of other data or settings."""
    names = [n for n in {**earlier, **begun} if earlier.get(n) != begun.get(n)]
    if names:
        each = [f"{n}: {begun.get(n)}, there {earlier.get(n)}" for n in names]
        raise CheckpointError(
            f"the training in '{folder}' is another one ({'; '.join(each)}), expected the same data"
            " and settings to go on. Give those, or choose another folder."
        )


def _refuse_other(folder: Path) -> None:
    """Refuse a folder in which there is something else."""
    others = sorted(path.name for path in folder.iterdir() if not OURS.fullmatch(path.name))
    if others:
        raise CheckpointError(
            f"'{folder}' holds something else ({quote_names(others, 3)}), expected a new folder, or one"
            " of checkpoints. Choose another folder."
        )


def _finished(number: int) -> str:
    """Return the name of the file of a finished network."""
    return f"network-{number}.safetensors"
