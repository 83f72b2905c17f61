"""Training settings with every gap filled for a training part."""

from __future__ import annotations

import math

import numpy as np

from unrolled.settings import Decay, Training
from unrolled.training.losses import SMOOTHING

LEAST_PASSES, LEAST_STEPS = 100, 6000  # the most passes are at least as many as either asks for
LEAST_PATIENCE, PATIENT_STEPS = 10, 400
WRITING_STEPS, WRITING_PASSES = 3400, (15, 200)  # where tokens are written, by a falling rate


def with_defaults(
    training: Training, *, rows: int, embedded: bool, generates: bool, answers: bool
) -> Training:
    """Return the settings with every gap filled for a training part.

    Args:
        training: The settings.
        rows: Rows of the training part.
        embedded: Whether tokens, text or wide categories go in or tokens come out, which overfit
            sooner; not where each step has an output of its own, which is more to learn from.
        generates: Whether a chained decoder writes tokens.
        answers: Whether labels or tokens come out of which one is right, as the sounds of letters
            are, and not one of many that may be drawn, whose probabilities smoothing would spoil.

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
