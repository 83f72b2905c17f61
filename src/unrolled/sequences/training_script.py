"""The `compile` call that a network was trained with, as Python source."""

from __future__ import annotations

from typing import Any

from unrolled.explain.source import Source, break_lines
from unrolled.networks import STOP
from unrolled.schema import Column
from unrolled.sequences.trained import Trained
from unrolled.settings import Training
from unrolled.training.losses import cosine_decay

ENSEMBLE = "# Each of the networks was trained separately, compiled like this.\n"
LINEAR_BRANCH = """\
# This did not train the weights of the linear branch, which are zero at first: they are
# those of a logistic regression on the same rows.
"""
MINIROCKET = """\
# The convolutions of the linear branch are not trained: their filters are fixed.
"""
PLATEAU = """\
# The learning rate was halved when {epochs} did not improve the validation loss.
"""
UNKNOWN_DECAY = """\
# The learning rate rose to this value, then fell to 0 by a cosine. The steps are unknown:
# the model was saved without the number of its training rows.
"""
SMOOTHED = """\


def smoothed(true, y):  # {smoothing} of the probability is spread over all classes
    true = keras.ops.one_hot(keras.ops.cast(true, "int32"), y.shape[-1])
    return keras.losses.categorical_crossentropy(
        true, y, from_logits=True, label_smoothing={smoothing}
    )


"""
KNOWN_ERROR = """\


def known_error(true, y):  # where the true value is NaN, it is not known and does not count
    difference = keras.ops.where(keras.ops.isnan(true), y, true) - y
    return keras.ops.mean(keras.ops.{size}(difference), axis=-1)


"""
BALANCED = """
# In training, each label's ones and zeros were weighted inversely to their frequency.
"""
KNOWN_CROSS_ENTROPY = """\
{comment}

def known_cross_entropy(true, y):  # where a label is NaN, it is not known and does not count
    unknown = keras.ops.isnan(true)
    labels = keras.ops.where(unknown, 0.0, true)
    losses = keras.ops.relu(y) - y * labels + keras.ops.softplus(-keras.ops.abs(y))
    return keras.ops.mean(keras.ops.where(unknown, 0.0, losses), axis=-1)


"""


def training_lines(trained: Trained) -> str:
    """Return the loss, the learning rate and the `compile` call of the training, as source."""
    settings = trained.training
    losses = _losses(trained)
    decay = _cosine_decay(trained)
    rate: Source = repr(settings.learning_rate)
    if decay is not None:
        arguments: list[Source] = [f"{name}={value!r}" for name, value in decay.items()]
        rate = ("keras.optimizers.schedules.CosineDecay(", arguments, ")")
    adam: Source = ("optimizer=keras.optimizers.Adam(", [rate, "clipnorm=1.0"], ")")
    loss: Source = f"loss={next(iter(losses.values()))}"
    if len(losses) > 1:
        loss = ("loss={", [f'"{name}": {value}' for name, value in losses.items()], "}")
    smoothed = "smoothed" in losses.values()
    size = "abs" if settings.loss == "absolute" else "square"
    parts = [
        KNOWN_ERROR.format(size=size) if "known_error" in losses.values() else "",
        _known_cross_entropy(trained) if "known_cross_entropy" in losses.values() else "",
        SMOOTHED.format(smoothing=settings.label_smoothing) if smoothed else "",
        LINEAR_BRANCH if trained.models.linear_branches else "",
        MINIROCKET if trained.spec.minirocket else "",
        ENSEMBLE if trained.models.members else "",
        _decay_comment(settings) if decay is None else "",
        break_lines(("model.compile(", [adam, loss], ")")),
    ]
    return "".join(parts)


def _cosine_decay(trained: Trained) -> dict[str, Any] | None:
    """Return the arguments of the learning rate schedule.

    None stands for a rate without a schedule, and for a model that was saved by an older version,
    without the number of its training rows.
    """
    rows = trained.data.get("training_rows")
    if trained.training.decay != "cosine" or not isinstance(rows, int) or rows < 1:
        return None
    return cosine_decay(rows, trained.training)


def _decay_comment(settings: Training) -> str:
    """Return what happened to the learning rate that a constant does not show."""
    if settings.decay == "cosine":
        return UNKNOWN_DECAY
    epochs = max(1, (settings.patience or 1) // 2)
    return PLATEAU.format(epochs="an epoch" if epochs == 1 else f"{epochs} epochs")


def _losses(trained: Trained) -> dict[str, str]:
    """Return the loss of each output as source."""
    encoder, partly_known = trained.encoder, trained.data.get("partly_known")
    names = partly_known if isinstance(partly_known, list) else []
    losses = {
        encoder.tensor_names[column.name]: _loss(
            column,
            trained.training,
            partly_known=encoder.tensor_names[column.name] in names,
        )
        for column in encoder.schema.outputs
    }
    if trained.spec.stops:
        losses[STOP] = "keras.losses.BinaryCrossentropy(from_logits=True)"
    return losses


def _known_cross_entropy(trained: Trained) -> str:
    """Return the loss of labels of which some weigh more, or are not known."""
    weights = trained.training.class_weight is not None
    return KNOWN_CROSS_ENTROPY.format(comment=BALANCED if weights else "")


def _loss(column: Column, settings: Training, *, partly_known: bool) -> str:
    """Return the loss of a column, which may be a function that the script defines."""
    if column.is_label_set:
        if partly_known or settings.class_weight is not None:
            return "known_cross_entropy"
        return "keras.losses.BinaryCrossentropy(from_logits=True)"
    if column.is_numeric and partly_known:
        return "known_error"
    if column.is_numeric:
        absolute = settings.loss == "absolute"
        return f"keras.losses.{'MeanAbsoluteError' if absolute else 'MeanSquaredError'}()"
    if settings.label_smoothing:
        return "smoothed"
    return "keras.losses.SparseCategoricalCrossentropy(from_logits=True)"
