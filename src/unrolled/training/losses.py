"""The loss of each kind of output, and the learning rate."""

from __future__ import annotations

import math
from typing import Any

from unrolled.backend import keras
from unrolled.data.batches import Examples
from unrolled.data.block import RaggedColumn
from unrolled.networks import STOP, unwrap_single
from unrolled.settings import Training

WARMING = 0.05  # share of these in which the rate rises first
SMOOTHING = 0.1  # of labels and tokens that are answers


def compile_network(network: Any, examples: Examples, training: Training) -> None:
    """Compile a network with the loss that its targets ask for."""
    losses = {name: _loss(block, name, training) for name, block in examples.targets.items()}
    optimizer = keras().optimizers.Adam(_rate(examples, training), clipnorm=1.0)
    network.compile(optimizer=optimizer, loss=unwrap_single(losses))


def _rate(examples: Examples, training: Training) -> Any:
    """Return the learning rate, or how it falls over all passes.

    Source:
        Loshchilov and Hutter 2017, section 3, without restarts.
    """
    if training.decay != "cosine":
        return training.learning_rate
    steps = (training.epochs or 1) * math.ceil(examples.rows_per_epoch / (training.batch_size or 1))
    warm = max(1, int(WARMING * steps))
    return keras().optimizers.schedules.CosineDecay(
        0.0, max(1, steps - warm), warmup_target=training.learning_rate, warmup_steps=warm
    )


def _loss(block: RaggedColumn, name: str, training: Training) -> Any:
    """Return cross-entropy for whole numbers (classes) and ends, squared error for the rest."""
    if name == STOP:
        return keras().losses.BinaryCrossentropy(from_logits=True)
    if not block.is_integer:
        squared, absolute = keras().losses.MeanSquaredError, keras().losses.MeanAbsoluteError
        return absolute() if training.loss == "absolute" else squared()
    if training.label_smoothing:
        return label_smoothed_cross_entropy(training.label_smoothing)
    return keras().losses.SparseCategoricalCrossentropy(from_logits=True)


def min_loss(network: Any, examples: Examples, training: Training) -> float:
    """Return the least that the loss can be: the entropy of what labels are smoothed to."""
    share, said = training.label_smoothing or 0.0, network.output
    outputs = said if isinstance(said, dict) else dict.fromkeys(examples.targets, said)
    sizes = [outputs[name].shape[-1] for name, block in examples.targets.items() if block.is_integer]
    return sum(smoothed_entropy(share, size) for size in sizes) if share else 0.0


def smoothed_entropy(share: float, labels: int) -> float:
    """Return the entropy of one of some labels, a share of whose weight is spread over all alike.

    Example:
        >>> round(entropy(0.1, 2), 4)
        0.1985
    """
    other = share / labels
    true = 1 - share + other
    return -true * math.log(true) - (labels - 1) * other * math.log(other)


def label_smoothed_cross_entropy(share: float) -> Any:
    """Return the cross-entropy with a share of the target spread over all classes alike.

    Args:
        share: From 0 to below 1.

    Source:
        Szegedy et al. 2016, section 7.
    """
    ops = keras().ops

    def label_smoothed(true: Any, logits: Any) -> Any:  # b u, b u o -> b u
        log = ops.log_softmax(logits, axis=-1)
        true = ops.reshape(true, ops.shape(logits)[:-1])  # of one label Keras gives (b 1)
        hit = ops.take_along_axis(log, ops.cast(true, "int32")[..., None], axis=-1)[..., 0]
        return -(1 - share) * hit - share * ops.mean(log, axis=-1)

    return label_smoothed
