"""Fit a network: batches, loss, early stopping with the best weights kept."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from unrolled import backend
from unrolled.data.batch import (
    Array,
    Batch,
    Block,
    Examples,
    batches,
    inputs_of,
    large,
    targets_of,
)
from unrolled.data.vocabulary import PADDING, UNKNOWN
from unrolled.errors import SettingError
from unrolled.layers.mixed import Mixed
from unrolled.networks import PREVIOUS, STOP, alone
from unrolled.progress import Progress
from unrolled.settings import Decay, Training

keras = backend.keras()
PyDataset: Any = keras.utils.PyDataset
Callback: Any = keras.callbacks.Callback
LEAST_PASSES, LEAST_STEPS = 100, 6000  # the most passes are at least as many as either asks for
LEAST_PATIENCE, PATIENT_STEPS = 10, 400
WRITING_STEPS, WRITING_PASSES = 3400, (15, 200)  # where tokens are written, by a falling rate
WARMING = 0.05  # share of these in which the rate rises first
SMOOTHING = 0.1  # of the tokens that an input of steps becomes
ENOUGH, LEAST = (
    0.005,
    1e-4,
)  # share, and least amount, by which a validation loss must fall to count
Hide = Callable[[Array, tuple[int, int]], Array]
Stopped = Literal["early", "limit", "interrupted"]


@dataclass(frozen=True)
class History:
    """What happened while a network was fitted.

    Attributes:
        best_epoch: The pass whose weights were kept, from 1: the best, or, where the rate falls
            over all passes, the last within half a percent of it.
        loss: Mean training loss of each pass.
        validation: Mean validation loss after each pass.
        stopped: No better validation loss (`early`), the `limit` of epochs, or Ctrl-C.
    """

    best_epoch: int
    loss: tuple[float, ...]
    validation: tuple[float, ...]
    stopped: Stopped

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> History:
        """Return the history that JSON describes."""
        passes = {name: tuple(state[name]) for name in ("loss", "validation")}
        return cls(best_epoch=state["best_epoch"], stopped=state["stopped"], **passes)


def fit_each(
    networks: Sequence[Any], train: Examples, validation: Examples, training: Training
) -> tuple[History, ...]:
    """Fit networks one after the other, each by its own seed.

    Args:
        networks: As many as `training` has seeds.
        train: The rows to learn from.
        validation: The rows that say when to stop.
        training: The settings, every one of them given.

    Returns:
        What happened; of fewer networks where Ctrl-C ended it.
    """
    found: list[History] = []
    for network, seed in zip(networks, training.each_seed, strict=True):
        which = f"network {len(found) + 1}/{len(networks)}  " if len(networks) > 1 else ""
        own = training.model_copy(update={"seed": seed})
        try:
            found.append(fit(network, train, validation, own, which=which))
        except KeyboardInterrupt:
            if not found:
                raise
            break
        if found[-1].stopped == "interrupted":
            break
    return tuple(found)


def fit(
    network: Any, train: Examples, validation: Examples, training: Training, *, which: str = ""
) -> History:
    """Fit a network in place and leave it with the weights of its best pass.

    Args:
        network: A `keras.Model` as `networks.build` returns it.
        train: The rows to learn from.
        validation: The rows that say when to stop.
        training: The settings, every one of them given.
        which: Words before each line of progress, where several networks are fitted.
    """
    size = min(training.batch_size or train.rows, train.rows)
    random = np.random.default_rng(training.seed)
    compiled(network, train, training)
    learner = _learner(network, train, training)
    compiled(learner, train, training)
    keeper = _Keeper(training, which)
    stopped: Stopped = "limit"
    try:
        learner.fit(
            _Fed(train, lambda: batches(train, size, shuffle=random), hidden(training)),
            validation_data=_Fed(validation, lambda: large(validation)),
            epochs=training.epochs,
            shuffle=False,  # _Fed does, by our seed: the same batches on every engine
            callbacks=[keeper],
            verbose=0,
        )
    except KeyboardInterrupt:
        if keeper.weights is None:
            raise
        stopped = "interrupted"
    finally:
        keeper.progress.close()
    if keeper.weights is None:
        raise SettingError(
            f"the validation loss was never a number with learning_rate={training.learning_rate},"
            " expected a loss that falls. Give a lower learning_rate, or look for extreme values in"
            " the data."
        )
    learner.set_weights(keeper.weights)
    if stopped == "limit" and len(keeper.loss) < (training.epochs or 0):
        stopped = "early"
    return History(keeper.best, tuple(keeper.loss), tuple(keeper.validation), stopped)


def settled(
    training: Training, *, rows: int, embedded: bool, generates: bool, answers: bool
) -> Training:
    """Return the settings with every gap filled for a training part.

    Args:
        training: The settings.
        rows: Rows of the training part.
        embedded: Whether tokens, text or wide categories go in or tokens come out, which overfit
            sooner; not where each step has an output of its own, which is more to learn from.
        generates: Whether a chained decoder writes tokens.
        answers: Whether it writes one right answer, as from letters to sounds, and not one of
            many that may be drawn, whose probabilities smoothing would spoil.

    A small table makes few steps a pass, so that it needs more passes, and more patience, to come
    as far. How the numbers were chosen stands in docs/defaults.md.
    """
    size = training.batch_size or (16 if rows < 2000 else 32)
    steps = math.ceil(rows / size)
    passes = max(LEAST_PASSES, math.ceil(LEAST_STEPS / steps))
    if generates:
        passes = int(np.clip(math.ceil(WRITING_STEPS / steps), *WRITING_PASSES))
    rate = 1e-3 if embedded and not generates else 3e-3
    smoothing = SMOOTHING if answers else 0.0
    epochs = training.epochs or passes
    decay: Decay = training.decay or ("cosine" if generates else "plateau")
    patience = max(LEAST_PATIENCE, math.ceil(PATIENT_STEPS / steps))
    return training.model_copy(
        update={
            "batch_size": size,
            "learning_rate": training.learning_rate or rate,
            "epochs": epochs,
            "decay": decay,
            "patience": training.patience or (epochs if decay == "cosine" else patience),
            "loss": training.loss or "squared",
            "label_smoothing": smoothing
            if training.label_smoothing is None
            else training.label_smoothing,
        }
    )


def _learner(network: Any, examples: Examples, training: Training) -> Any:
    """Return what is trained: the same network, with the same weights, without masks.

    Keras hands the mask of a recurrent layer on to the loss and scales the loss by it; here the
    weights of rows and steps already do that.
    """
    given, asked = network.input, network.input
    if examples.fed is not None and training.scheduled_sampling != "none":
        total = (training.epochs or 1) * math.ceil(examples.rows / (training.batch_size or 1))
        mix = Mixed(training.scheduled_sampling, total, training.seed)
        said = network(given)
        said = said[examples.fed] if isinstance(said, dict) else said
        asked = {**given, PREVIOUS: mix([given[PREVIOUS], said])}
    outputs = network(asked) if asked is not given else network.output
    return keras.Model(given, keras.tree.map_structure(lambda y: y * 1.0, outputs))


def compiled(network: Any, examples: Examples, training: Training) -> None:
    """Compile a network with the loss that its targets ask for."""
    losses = {name: _loss(block, name, training) for name, block in examples.targets.items()}
    optimizer = keras.optimizers.Adam(_rate(examples, training), clipnorm=1.0)
    network.compile(optimizer=optimizer, loss=alone(losses))


def _rate(examples: Examples, training: Training) -> Any:
    """Return the learning rate, or how it falls over all passes.

    Source:
        Loshchilov and Hutter 2017, section 3, without restarts.
    """
    if training.decay != "cosine":
        return training.learning_rate
    steps = (training.epochs or 1) * math.ceil(examples.rows_a_pass / (training.batch_size or 1))
    warm = max(1, int(WARMING * steps))
    return keras.optimizers.schedules.CosineDecay(
        0.0, max(1, steps - warm), warmup_target=training.learning_rate, warmup_steps=warm
    )


def _loss(block: Block, name: str, training: Training) -> Any:
    """Return cross-entropy for whole numbers (classes) and ends, squared error for the rest."""
    if name == STOP:
        return keras.losses.BinaryCrossentropy(from_logits=True)
    if not block.whole:
        squared, absolute = keras.losses.MeanSquaredError, keras.losses.MeanAbsoluteError
        return absolute() if training.loss == "absolute" else squared()
    if training.label_smoothing:
        return smoothed(training.label_smoothing)
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def smoothed(share: float) -> Any:
    """Return the cross-entropy with a share of the target spread over all classes alike.

    Args:
        share: From 0 to below 1.

    Source:
        Szegedy et al. 2016, section 7.
    """
    ops = keras.ops

    def label_smoothed(true: Any, logits: Any) -> Any:  # b u, b u o -> b u
        log = ops.log_softmax(logits, axis=-1)
        hit = ops.take_along_axis(log, ops.cast(true, "int32")[..., None], axis=-1)[..., 0]
        return -(1 - share) * hit - share * ops.mean(log, axis=-1)

    return label_smoothed


def hidden(training: Training) -> Hide | None:
    """Return what takes a share of words for unknown ones, others in each batch of each pass.

    Args:
        training: The settings: the share, and the seed.

    Returns:
        From ids (b t) and the place of the batch to ids; None where none are hidden.
    """
    share = training.word_dropout
    if not share:
        return None

    def hide(ids: Array, place: tuple[int, int]) -> Array:
        drawn = np.random.default_rng((training.seed, *place)).random(ids.shape)
        return np.where((drawn < share) & (ids != PADDING), UNKNOWN, ids).astype(ids.dtype)

    return hide


class _Fed(PyDataset):
    """Examples as Keras wants them, cut into batches anew before each pass."""

    def __init__(
        self, examples: Examples, again: Callable[[], list[Batch]], hide: Hide | None = None
    ) -> None:
        super().__init__()
        self.examples, self.again, self.hide = examples, again, hide
        self.batches, self.passes = again(), 0

    def on_epoch_end(self) -> None:
        self.batches, self.passes = self.again(), self.passes + 1

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> Any:
        batch = self.batches[index]
        targets, weights = targets_of(self.examples, batch, len(self.batches))
        inputs = inputs_of(self.examples, batch)
        if self.hide is not None:
            for name in self.examples.words:
                inputs[name] = self.hide(inputs[name], (self.passes, index))
        return alone(inputs), alone(targets), alone(weights)


class _Keeper(Callback):
    """Keeps the best weights, may halve the learning rate on a plateau, stops in the end.

    Where the rate falls over all passes, the last that is about as good as the best is kept.
    """

    def __init__(self, training: Training, which: str) -> None:
        super().__init__()
        self.halves = training.decay != "cosine"
        self.near = 1.0 if self.halves else 1 + ENOUGH  # a later pass, at a lower rate, wavers less
        self.patience = training.patience or LEAST_PATIENCE
        epochs = training.epochs or LEAST_PASSES
        self.progress = Progress(epochs, verbose=training.verbose, which=which)
        self.weights: list[Any] | None = None
        self.best, self.least = 0, math.inf
        self.mark, self.level = 0, math.inf  # the last pass that was better by enough to wait on
        self.loss: list[float] = []
        self.validation: list[float] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        loss, validation = (logs or {})["loss"], (logs or {})["val_loss"]
        self.loss.append(float(loss))
        self.validation.append(float(validation))
        if validation < self.least * self.near:  # never where it is not a number
            self.least, self.best = min(self.least, validation), epoch + 1
            self.weights = self.model.get_weights()
        if self.level - validation > max(abs(validation) * ENOUGH, LEAST):
            self.level, self.mark = validation, epoch + 1
        waited = epoch + 1 - self.mark
        if self.halves and waited and waited % max(1, self.patience // 2) == 0:
            optimizer = self.model.optimizer
            optimizer.learning_rate = float(optimizer.learning_rate) / 2
        if waited >= self.patience:
            self.model.stop_training = True
        self.progress.epoch(epoch + 1, loss=loss, validation=validation, best=self.best)
