"""The loss of each kind of output, and the learning rate schedule."""

from __future__ import annotations

import math
from typing import Any

from unrolled.backend import keras
from unrolled.data.batches import Examples
from unrolled.networks import STOP, unwrap_single
from unrolled.settings import Training

WARMUP = 0.05  # fraction of the steps in which the learning rate rises
SMOOTHING = 0.1  # label smoothing of labels and tokens with one correct answer


def compile_network(network: Any, examples: Examples, training: Training) -> None:
    """Compile a network with a loss for each of its targets.

    Args:
        network: A `keras.Model`.
        examples: The training rows.
        training: The settings, without gaps.
    """
    losses = {name: _loss(examples, name, training) for name in examples.targets}
    optimizer = keras.optimizers.Adam(_learning_rate(examples, training), clipnorm=1.0)
    network.compile(optimizer=optimizer, loss=unwrap_single(losses))


def _learning_rate(examples: Examples, training: Training) -> Any:
    """Return the learning rate, or its cosine decay over all epochs."""
    if training.decay != "cosine":
        return training.learning_rate
    arguments = cosine_decay(examples.rows_per_epoch, training)
    return keras.optimizers.schedules.CosineDecay(**arguments)


def cosine_decay(rows_per_epoch: int, training: Training) -> dict[str, Any]:
    """Return the arguments of `keras.optimizers.schedules.CosineDecay` for all epochs.

    Args:
        rows_per_epoch: How many rows an epoch uses.
        training: The settings, without gaps.

    Source:
        Loshchilov and Hutter 2017, section 3, without restarts.
    """
    steps_per_epoch = math.ceil(rows_per_epoch / (training.batch_size or 1))
    steps = (training.epochs or 1) * steps_per_epoch
    warmup = max(1, int(WARMUP * steps))
    return {
        "initial_learning_rate": 0.0,
        "decay_steps": max(1, steps - warmup),
        "warmup_target": training.learning_rate,
        "warmup_steps": warmup,
    }


def _loss(examples: Examples, name: str, training: Training) -> Any:
    """Return the cross-entropy for classes and the end of a row, and an error for numbers."""
    if name == STOP:
        return keras.losses.BinaryCrossentropy(from_logits=True)
    if name in examples.label_sets:
        weights = examples.class_weights.get(name)
        if weights is None and name not in examples.partly_known:
            return keras.losses.BinaryCrossentropy(from_logits=True)
        return known_cross_entropy(weights)
    if not examples.targets[name].is_integer:
        if name in examples.partly_known:
            return known_error(training.loss or "squared")
        squared, absolute = keras.losses.MeanSquaredError, keras.losses.MeanAbsoluteError
        return absolute() if training.loss == "absolute" else squared()
    if training.label_smoothing:
        return label_smoothed_cross_entropy(training.label_smoothing)
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def known_error(loss: str) -> Any:
    """Return the squared or absolute error of the known numbers, as a function of both.

    Args:
        loss: `squared` or `absolute`.
    """
    ops = keras.ops

    def error(true: Any, predicted: Any) -> Any:  # ... o, where NaN is not known -> ...
        known = ops.logical_not(ops.isnan(true))
        difference = ops.where(known, true, predicted) - predicted
        size = ops.abs(difference) if loss == "absolute" else ops.square(difference)
        return ops.mean(size, axis=-1)

    return error


def known_cross_entropy(weights: Any = None) -> Any:
    """Return the binary cross-entropy of the known labels, as a function of labels and logits.

    Args:
        weights: The weight of a 0 and of a 1 of each label (2 k); None weighs all of them 1.
    """
    ops = keras.ops

    def cross_entropy(true: Any, logits: Any) -> Any:  # b k, where NaN is not known -> b
        known = ops.logical_not(ops.isnan(true))
        labels = ops.where(known, true, ops.zeros_like(true))
        losses = ops.relu(logits) - logits * labels + ops.log1p(ops.exp(-ops.abs(logits)))
        if weights is not None:
            losses = losses * ops.where(labels > 0, weights[1], weights[0])
        return ops.mean(ops.where(known, losses, ops.zeros_like(losses)), axis=-1)

    return cross_entropy


def min_loss(network: Any, examples: Examples, training: Training) -> float:
    """Return the lowest possible loss: the entropy of the smoothed labels.

    Args:
        network: A `keras.Model`.
        examples: The training rows.
        training: The settings, without gaps.
    """
    smoothing, outputs = training.label_smoothing or 0.0, network.output
    if not smoothing:
        return 0.0
    if not isinstance(outputs, dict):
        outputs = dict.fromkeys(examples.targets, outputs)
    columns = examples.targets.items()
    classes = [outputs[name].shape[-1] for name, column in columns if column.is_integer]
    return sum(smoothed_entropy(smoothing, count) for count in classes)


def smoothed_entropy(smoothing: float, classes: int) -> float:
    """Return the entropy of a smoothed label.

    Args:
        smoothing: The fraction of the target probability spread evenly over all classes.
        classes: The number of classes.

    Example:
        >>> round(smoothed_entropy(0.1, 2), 4)
        0.1985
    """
    false = smoothing / classes  # the probability of each false class
    true = 1 - smoothing + false
    return -true * math.log(true) - (classes - 1) * false * math.log(false)


def label_smoothed_cross_entropy(smoothing: float) -> Any:
    """Return the cross-entropy with label smoothing, as a function of labels and logits.

    Args:
        smoothing: The fraction of the target probability spread evenly over all classes.

    Source:
        Szegedy et al. 2016, section 7.
    """
    ops = keras.ops

    def cross_entropy(labels: Any, logits: Any) -> Any:  # b u, b u o -> b u
        log_probabilities = ops.log_softmax(logits, axis=-1)
        labels = ops.reshape(labels, ops.shape(logits)[:-1])  # Keras may add an axis of size 1
        index = ops.cast(labels, "int32")[..., None]
        true = ops.take_along_axis(log_probabilities, index, axis=-1)[..., 0]
        return -(1 - smoothing) * true - smoothing * ops.mean(log_probabilities, axis=-1)

    return cross_entropy
