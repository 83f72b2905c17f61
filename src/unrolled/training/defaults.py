"""Defaults of the training settings, which depend on the training rows."""

from __future__ import annotations

import math

import numpy as np

from unrolled.settings import Decay, Training
from unrolled.training.losses import SMOOTHING

MIN_EPOCHS, MIN_STEPS = 100, 6000  # the limit of epochs allows for at least this much training
MIN_PATIENCE, PATIENCE_STEPS = 10, 400  # the patience covers at least this much training
DECODER_STEPS, DECODER_EPOCHS = 3400, (15, 200)  # of a decoder of tokens, with cosine decay


def with_defaults(
    training: Training, *, rows: int, embedded: bool, generates: bool, answers: bool
) -> Training:
    """Return the settings with every gap filled.

    Args:
        training: The settings.
        rows: The number of training rows.
        embedded: Whether tokens, text or wide categories are inputs, or tokens are outputs: such
            networks overfit sooner. False if each step has an output of its own, which gives more
            to learn from.
        generates: Whether a decoder generates tokens.
        answers: Whether the outputs are labels or tokens with one correct answer, as in
            pronunciation, and not one of many plausible ones: smoothing would spoil the
            probabilities of those.

    A small table has few steps per epoch, so it needs more epochs and more patience for the same
    amount of training. docs/defaults.md says how the numbers were chosen.
    """
    batch_size = training.batch_size or (16 if rows < 2000 else 32)
    steps = math.ceil(rows / batch_size)  # per epoch
    decay: Decay = training.decay or ("cosine" if generates else "plateau")
    epochs = training.epochs or _default_epochs(steps, generates=generates)
    patience = max(MIN_PATIENCE, math.ceil(PATIENCE_STEPS / steps))
    rate = 1e-3 if embedded and not generates else 3e-3
    smoothing = training.label_smoothing
    if smoothing is None:
        smoothing = SMOOTHING if answers else 0.0
    return training.model_copy(
        update={
            "batch_size": batch_size,
            "learning_rate": training.learning_rate or rate,
            "epochs": epochs,
            "decay": decay,
            "patience": training.patience or (epochs if decay == "cosine" else patience),
            "loss": training.loss or "squared",
            "label_smoothing": smoothing,
        }
    )


def _default_epochs(steps: int, *, generates: bool) -> int:
    """Return the limit of epochs for a number of steps per epoch."""
    if generates:
        return int(np.clip(math.ceil(DECODER_STEPS / steps), *DECODER_EPOCHS))
    return max(MIN_EPOCHS, math.ceil(MIN_STEPS / steps))
