"""The callback that keeps the best weights and stops early."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from unrolled.backend import keras
from unrolled.settings import Training
from unrolled.training.checkpoint_file import TrainingState
from unrolled.training.checkpoints import NetworkCheckpoints
from unrolled.training.dataset import BatchDataset
from unrolled.training.progress import Progress

Callback: Any = keras().callbacks.Callback
Logs = dict[str, float] | None
ENOUGH, LEAST = 0.005, 1e-4  # share, and least amount, by which a validation loss must fall
STANDING = ("best", "least", "mark", "level", "loss", "validation")


class Diverged(Exception):  # noqa: N818
    """The training loss is no longer a number."""


class BestWeights(Callback):
    """Keeps the best weights, may halve the learning rate on a plateau, stops in the end.

    Where the rate falls over all passes, the last that is about as good as the best is kept.

    Args:
        passes: What is trained on.
        training: The settings, every one of them given.
        which: Words before each line of progress.
        slot: Where checkpoints are kept.
        floor: The least that the loss can be; a share of what is above it is enough to wait on.
    """

    def __init__(
        self,
        passes: BatchDataset,
        training: Training,
        *,
        which: str = "",
        slot: NetworkCheckpoints | None = None,
        floor: float = 0.0,
    ) -> None:
        super().__init__()
        self.passes, self.slot, self.epochs = passes, slot, training.epochs or 1
        self.floor = floor
        self.halves = training.decay != "cosine"
        self.near = 1.0 if self.halves else 1 + ENOUGH  # a later pass, at a lower rate, wavers less
        self.patience = training.patience or self.epochs
        self.progress = Progress(self.epochs, verbose=training.verbose, which=which)
        self.weights: list[Any] | None = None
        self.best, self.least = 0, math.inf
        self.mark, self.level = 0, math.inf  # the last pass that was better by enough to wait on
        self.loss: list[float] = []
        self.validation: list[float] = []
        self.over = False
        self.diverged: tuple[int, int] | None = None  # the pass and the step
        self.resumed = slot.current() if slot is not None else None
        self.epoch = 0

    def spans(self) -> Iterator[tuple[int, int]]:
        """Return the passes to make, from and to: first alone what is left of one begun."""
        first = 0
        if self.resumed is not None:
            first = self.resumed.facts["epoch"]
            self.progress.resumes(first, self.resumed.facts["step"])
            self.passes.skipped = self.resumed.facts["step"]
            yield first, first + 1
            self.passes.skipped, first = 0, first + 1
        if first < self.epochs and not self.over:
            yield first, self.epochs

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:  # noqa: ARG002
        """Cut the batches, or go back to where the training stood."""
        self.epoch = self.passes.done = epoch
        if self.resumed is None:
            self.passes.begin()
        else:
            self._restore(self.resumed)
            self.resumed = None

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:  # noqa: ARG002
        """Write a checkpoint when it is time."""
        step = self.passes.skipped + batch
        done = self.epoch * len(self.passes.batches) + step
        if self.slot is not None and self.slot.due(done):
            self.slot.keep(self._state(step), done)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Stop at once where the loss is no number."""
        if not math.isfinite((logs or {})["loss"]):  # of the pass so far: it stays what it became
            self.diverged = self.epoch + 1, self.passes.skipped + batch + 1
            raise Diverged

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Keep the weights if they are the best, and see whether to wait on."""
        loss, validation = (logs or {})["loss"], (logs or {})["val_loss"]
        self.loss.append(float(loss))
        self.validation.append(float(validation))
        if validation < self.least * self.near:  # never where it is not a number
            self.least, self.best = min(self.least, validation), epoch + 1
            self.weights = self.model.get_weights()
        if self.level - validation > max(abs(validation - self.floor) * ENOUGH, LEAST):
            self.level, self.mark = validation, epoch + 1
        waited = epoch + 1 - self.mark
        if self.halves and waited and waited % max(1, self.patience // 2) == 0:
            optimizer = self.model.optimizer
            optimizer.learning_rate = float(optimizer.learning_rate) / 2
        if waited >= self.patience:
            self.over = self.model.stop_training = True
        self.progress.epoch(epoch + 1, loss=loss, validation=validation, best=self.best)

    def _state(self, step: int) -> TrainingState:
        """Return all that the rest of the training depends on, before a step of a pass."""
        if hasattr(self.model, "jax_state_sync"):  # on JAX the variables are behind while it runs
            self.model.jax_state_sync()
        facts = {name: getattr(self, name) for name in STANDING}
        arrays = {name: keras().ops.convert_to_numpy(v) for name, v in self._variables().items()}
        arrays |= {f"best/{i:03d}": np.asarray(w) for i, w in enumerate(self.weights or ())}
        return TrainingState(
            facts | {"epoch": self.epoch, "step": step, "order": self.passes.order}, arrays
        )

    def _restore(self, state: TrainingState) -> None:
        """Set back all that `_state` returned."""
        facts, arrays = state.facts, state.arrays
        for name, variable in self._variables().items():
            variable.assign(arrays[name])
        for name in STANDING:
            setattr(self, name, facts[name])
        best = sorted(name for name in arrays if name.startswith("best/"))
        self.weights = [arrays[name] for name in best] or None
        self.passes.begin(facts["order"], facts["step"])
        if self.slot is not None:
            self.slot.steps = self.epoch * len(self.passes.batches) + facts["step"]

    def _variables(self) -> dict[str, Any]:
        """Return weights and random states, what the optimizer remembers, and sums of losses."""
        model = self.model
        groups = {
            "network": model.variables,
            "optimizer": model.optimizer.variables,
            "metrics": model.metrics_variables,
        }
        return {f"{name}/{i:03d}": v for name, group in groups.items() for i, v in enumerate(group)}
