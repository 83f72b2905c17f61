"""The Keras callback of a training: best weights, early stopping, checkpoints and progress."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from unrolled.backend import keras
from unrolled.keras_internals import sync_training_state
from unrolled.settings import Training
from unrolled.training.checkpoint_file import TrainingState
from unrolled.training.checkpoints import NetworkCheckpoints
from unrolled.training.dataset import BatchDataset
from unrolled.training.history import History
from unrolled.training.progress import Progress

Callback: Any = keras.callbacks.Callback
Logs = dict[str, float] | None
MIN_RELATIVE_IMPROVEMENT = 0.005  # of the validation loss, to count as one
MIN_ABSOLUTE_IMPROVEMENT = 1e-4
STATE_KEYS = {  # a key in a checkpoint file -> the attribute of the callback
    "best": "best_epoch",
    "least": "best_loss",
    "mark": "improved_epoch",
    "level": "improved_loss",
    "loss": "losses",
    "validation": "validation_losses",
}


class TrainingDiverged(Exception):  # noqa: N818
    """The training loss became infinite or NaN."""


class BestWeights(Callback):
    """Keeps the weights of the best epoch and decides when training stops.

    After each epoch, in this order:

    1. Best weights: the weights are kept if the validation loss is the lowest so far. With cosine
       decay the last epoch that is about as good as the best one is kept.
    2. Plateau: without cosine decay the learning rate is halved whenever the validation loss has
       not improved for half the patience.
    3. Early stopping: training stops if the validation loss has not improved for as many epochs as
       the patience.

    Within an epoch it writes checkpoints, and stops as soon as the training loss is infinite or
    NaN.

    Args:
        dataset: The training batches.
        training: The settings, without gaps.
        prefix: Text before each line of progress.
        checkpoints: Where checkpoints are written; None writes none.
        min_loss: The lowest possible loss. An improvement counts relative to what lies above it.
        earlier: A training that had a validation part, which this one repeats on more rows and
            without such a part: it ends after the epoch that was best there, and uses the
            validation losses of that training. None if this training has a validation part.
    """

    def __init__(
        self,
        dataset: BatchDataset,
        training: Training,
        *,
        prefix: str = "",
        checkpoints: NetworkCheckpoints | None = None,
        min_loss: float = 0.0,
        earlier: History | None = None,
    ) -> None:
        super().__init__()
        self.earlier = earlier
        self.dataset, self.checkpoints, self.min_loss = dataset, checkpoints, min_loss
        self.epochs = training.epochs or 1
        self.patience = training.patience or self.epochs
        self.halves_on_plateau = training.decay != "cosine"
        # Late epochs of a cosine decay have a lower learning rate, so their loss is less noisy.
        self.tolerance = 1.0 if self.halves_on_plateau else 1 + MIN_RELATIVE_IMPROVEMENT
        shown_epochs = self.epochs if earlier is None else earlier.best_epoch
        self.progress = Progress(shown_epochs, verbose=training.verbose, prefix=prefix)
        self.best_weights: list[Any] | None = None
        self.best_epoch, self.best_loss = 0, math.inf
        self.improved_epoch, self.improved_loss = 0, math.inf  # the last clear improvement
        self.losses: list[float] = []
        self.validation_losses: list[float] = []
        self.epoch = 0
        self.diverged_at: tuple[int, int] | None = None  # epoch and step, from 1
        self.resume_from = checkpoints.load_current() if checkpoints is not None else None

    def epoch_ranges(self) -> Iterator[tuple[int, int]]:
        """Return the ranges of epochs for `fit`; an epoch that is resumed is a range of its own."""
        start = 0
        if self.resume_from is not None:
            start, step = self.resume_from.values["epoch"], self.resume_from.values["step"]
            self.progress.resume(start, step)
            self.dataset.first = step  # Keras asks for the length before the epoch begins
            yield start, start + 1
            self.dataset.first, start = 0, start + 1
        if start < self.epochs:
            yield start, self.epochs

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:  # noqa: ARG002
        """Shuffle the batches, or restore the state of a checkpoint."""
        self.epoch = epoch
        if self.resume_from is None:
            self.dataset.start_epoch(epoch)
        else:
            self._restore(self.resume_from)
            self.resume_from = None

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:  # noqa: ARG002
        """Write a checkpoint if it is due."""
        if self.checkpoints is None:
            return
        step = self.dataset.first + batch
        total_steps = self.epoch * len(self.dataset.batches) + step
        if self.checkpoints.is_due(total_steps):
            self.checkpoints.save_current(self._state(step), total_steps)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Stop as soon as the training loss is infinite or NaN."""
        mean_loss = (logs or {})["loss"]  # of the epoch so far: once NaN, it stays NaN
        if not math.isfinite(mean_loss):
            self.diverged_at = self.epoch + 1, self.dataset.first + batch + 1
            raise TrainingDiverged

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Keep the best weights, halve the learning rate on a plateau, stop early."""
        loss, earlier = (logs or {})["loss"], self.earlier
        validation = (logs or {})["val_loss"] if earlier is None else earlier.validation[epoch]
        self.losses.append(float(loss))
        self.validation_losses.append(float(validation))
        self._keep_if_best(epoch + 1, validation)
        waited = self._epochs_without_improvement(epoch + 1, validation)
        if self.halves_on_plateau and waited and waited % max(1, self.patience // 2) == 0:
            self._halve_learning_rate()
        if waited >= self.patience or (earlier is not None and epoch + 1 == earlier.best_epoch):
            self.model.stop_training = True
        shown = validation if earlier is None else None
        self.progress.epoch(epoch + 1, loss=loss, validation=shown, best=self.best_epoch)

    def _keep_if_best(self, epoch: int, validation: float) -> None:
        """Keep the weights if the validation loss is the best; NaN never is."""
        if validation < self.best_loss * self.tolerance:
            self.best_loss, self.best_epoch = min(self.best_loss, validation), epoch
            self.best_weights = self.model.get_weights()

    def _epochs_without_improvement(self, epoch: int, validation: float) -> int:
        """Return for how many epochs the validation loss has not clearly improved."""
        above_min = abs(validation - self.min_loss)
        enough = max(above_min * MIN_RELATIVE_IMPROVEMENT, MIN_ABSOLUTE_IMPROVEMENT)
        if self.improved_loss - validation > enough:
            self.improved_loss, self.improved_epoch = validation, epoch
        return epoch - self.improved_epoch

    def _halve_learning_rate(self) -> None:
        optimizer = self.model.optimizer
        optimizer.learning_rate = float(optimizer.learning_rate) / 2

    def _state(self, step: int) -> TrainingState:
        """Return everything that the rest of the training depends on, before a step."""
        sync_training_state(self.model)
        values = {key: getattr(self, attribute) for key, attribute in STATE_KEYS.items()}
        values |= {"epoch": self.epoch, "step": step, "order": self.dataset.shuffle_state}
        arrays = {name: keras.ops.convert_to_numpy(v) for name, v in self._variables().items()}
        arrays |= {f"best/{i:03d}": np.asarray(w) for i, w in enumerate(self.best_weights or ())}
        return TrainingState(values, arrays)

    def _restore(self, state: TrainingState) -> None:
        """Restore what `_state` returned."""
        values, arrays = state.values, state.arrays
        for name, variable in self._variables().items():
            variable.assign(arrays[name])
        for key, attribute in STATE_KEYS.items():
            setattr(self, attribute, values[key])
        best = sorted(name for name in arrays if name.startswith("best/"))
        self.best_weights = [arrays[name] for name in best] or None
        self.dataset.start_epoch(self.epoch, shuffle_state=values["order"], first=values["step"])
        if self.checkpoints is not None:
            batches = len(self.dataset.batches)
            self.checkpoints.last_step = self.epoch * batches + values["step"]

    def _variables(self) -> dict[str, Any]:
        """Return the weights, random states, optimizer variables and sums of losses by name."""
        model = self.model
        groups = {
            "network": model.variables,
            "optimizer": model.optimizer.variables,
            "metrics": model.metrics_variables,
        }
        return {f"{name}/{i:03d}": v for name, group in groups.items() for i, v in enumerate(group)}
