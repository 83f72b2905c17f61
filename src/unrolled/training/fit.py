"""Fit networks: early stopping, the best weights, checkpoints, and what went wrong."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from unrolled.backend import keras, keras_defaults
from unrolled.data.batches import Examples, validation_batches
from unrolled.data.block import RaggedColumn
from unrolled.errors import SettingError
from unrolled.networks import PREVIOUS
from unrolled.settings import Training
from unrolled.training.checkpoint_file import TrainingState
from unrolled.training.checkpoints import NetworkCheckpoints, open_checkpoints
from unrolled.training.dataset import BatchDataset, ValidationDataset
from unrolled.training.early_stopping import BestWeights, TrainingDiverged
from unrolled.training.history import History, Stopped
from unrolled.training.losses import compile_network, min_loss
from unrolled.training.run_fingerprint import run_fingerprint
from unrolled.training.scheduled_sampling import ScheduledSampling


@keras_defaults()
def fit_each(
    networks: Sequence[Any],
    train: Examples,
    validation: Examples,
    training: Training,
    *,
    callbacks: Sequence[Any] = (),
    earlier: Sequence[History] = (),
) -> tuple[History, ...]:
    """Fit networks one after the other, each with its own seed.

    Args:
        networks: As many `keras.Model`s as `training` has seeds.
        train: The training rows.
        validation: The rows that decide when training stops.
        training: The settings, without gaps.
        callbacks: Further `keras.callbacks.Callback` objects, called for each network.
        earlier: For each network a training that is repeated, on more rows, without a validation
            part; see `BestWeights`.

    Returns:
        The history of each network; of fewer networks if Ctrl-C stopped the training.

    Raises:
        CheckpointError: The checkpoint folder cannot be used.
        SettingError: The loss was infinite or NaN from the start.
    """
    histories: list[History] = []
    with _checkpoints(networks[0], train, validation, training) as checkpoints:
        for number, network in enumerate(networks):
            prefix = f"network {number + 1}/{len(networks)}  " if len(networks) > 1 else ""
            seed = training.network_seeds[number]
            try:
                history = fit(
                    network,
                    train,
                    validation,
                    training.model_copy(update={"seed": seed}),
                    prefix=prefix,
                    checkpoints=checkpoints[number],
                    callbacks=callbacks,
                    earlier=earlier[number] if earlier else None,
                )
            except KeyboardInterrupt:
                if not histories:
                    raise
                break
            histories.append(history)
            if history.stopped == "interrupted":
                break
    return tuple(histories)


@contextmanager
def _checkpoints(
    network: Any, train: Examples, validation: Examples, training: Training
) -> Iterator[Sequence[NetworkCheckpoints | None]]:
    """Give the checkpoints of each network, or None for each without a checkpoint folder."""
    if training.checkpoint is None:
        yield [None] * training.seeds
        return
    run_id = run_fingerprint(network, train, validation, training)
    with open_checkpoints(training, run_id) as checkpoints:
        yield checkpoints


@keras_defaults()
def fit(
    network: Any,
    train: Examples,
    validation: Examples,
    training: Training,
    *,
    prefix: str = "",
    checkpoints: NetworkCheckpoints | None = None,
    callbacks: Sequence[Any] = (),
    earlier: History | None = None,
) -> History:
    """Fit a network in place; at the end it has the weights of its best epoch.

    Args:
        network: A `keras.Model` as `networks.build` returns it.
        train: The training rows.
        validation: The rows that decide when training stops.
        training: The settings, without gaps.
        prefix: Text before each line of progress, if several networks are fitted.
        checkpoints: The checkpoints of this network; None writes none.
        callbacks: Further `keras.callbacks.Callback` objects. Their state is not part of a
            checkpoint.
        earlier: A training that is repeated without a validation part; it is also what is returned.

    Raises:
        SettingError: The loss was infinite or NaN from the start.
    """
    finished = checkpoints.load_finished() if checkpoints is not None else None
    if finished is not None:
        network.set_weights([finished.arrays[name] for name in sorted(finished.arrays)])
        return History.from_dict(finished.values)
    compile_network(network, train, training)
    model = _training_model(network, train, training)
    compile_network(model, train, training)
    best = BestWeights(
        BatchDataset(train, training),
        training,
        prefix=prefix,
        checkpoints=checkpoints,
        min_loss=min_loss(network, train, training),
        earlier=earlier,
    )
    stopped = _run(model, best, validation if earlier is None else None, callbacks)
    if best.best_weights is None or (earlier is not None and stopped == "diverged"):
        raise SettingError(f"{_what_diverged(best, training)}. {_advice(train)}")
    model.set_weights(best.best_weights)
    if earlier is not None:
        return earlier
    history = History(best.best_epoch, tuple(best.losses), tuple(best.validation_losses), stopped)
    if stopped == "diverged":
        warnings.warn(
            f"{_what_diverged(best, training)}. Training stopped there, and the weights of epoch"
            f" {best.best_epoch} are kept. {_advice(train)}",
            RuntimeWarning,
            stacklevel=2,
        )
    if checkpoints is not None and stopped != "interrupted":
        arrays = {f"{i:03d}": np.asarray(w) for i, w in enumerate(network.get_weights())}
        checkpoints.save_finished(TrainingState(history.to_dict(), arrays))
    return history


def _training_model(network: Any, examples: Examples, training: Training) -> Any:
    """Return the model that is trained: the same network, with the same weights, without masks.

    Keras passes the mask of a recurrent layer on to the loss and scales the loss by it; here the
    sample weights already exclude padded rows and steps.
    """
    inputs, outputs = network.input, network.output
    if examples.feedback is not None and training.scheduled_sampling != "none":
        steps_per_epoch = math.ceil(examples.rows / (training.batch_size or 1))
        total_steps = (training.epochs or 1) * steps_per_epoch
        sampling = ScheduledSampling(training.scheduled_sampling, total_steps, training.seed)
        predicted = network(inputs)
        if isinstance(predicted, dict):
            predicted = predicted[examples.feedback]
        outputs = network({**inputs, PREVIOUS: sampling([inputs[PREVIOUS], predicted])})
    return keras.Model(inputs, keras.tree.map_structure(lambda y: y * 1.0, outputs))


def _run(
    model: Any, best: BestWeights, validation: Examples | None, callbacks: Sequence[Any]
) -> Stopped:
    """Train for the remaining epochs and return why training stopped."""
    validation_data = None
    if validation is not None:
        validation_data = ValidationDataset(validation, validation_batches(validation))
    try:
        for start, end in best.epoch_ranges():
            model.fit(
                best.dataset,
                validation_data=validation_data,
                initial_epoch=start,
                epochs=end,
                shuffle=False,  # the dataset shuffles, by our seed: alike on every backend
                callbacks=[best, *callbacks],
                verbose=0,
            )
            if model.stop_training:  # by our callback, or by another such as EarlyStopping
                break
    except TrainingDiverged:
        return "diverged"
    except KeyboardInterrupt:
        if best.best_weights is None or best.earlier is not None:
            raise
        return "interrupted"
    finally:
        best.progress.close()
    return "limit" if len(best.losses) == best.epochs else "early"


def _what_diverged(best: BestWeights, training: Training) -> str:
    """Return which loss was infinite or NaN, and where."""
    rate = f"with learning_rate={training.learning_rate}"
    if best.diverged_at is None:
        return f"the validation loss was infinite or NaN in every epoch {rate}"
    epoch, step = best.diverged_at
    return f"the training loss became infinite or NaN at step {step} of epoch {epoch} {rate}"


def _advice(examples: Examples) -> str:
    """Return what may have made a loss infinite, and what to do."""
    return (
        "Choose a lower learning_rate, or look for extreme values in the data: after scaling, the"
        f" largest input is {_largest(examples.inputs):.3g} and the largest output"
        f" {_largest(examples.targets):.3g}."
    )


def _largest(columns: Mapping[str, RaggedColumn]) -> float:
    """Return the largest absolute value in the columns of numbers."""
    values = [
        column.flat for column in columns.values() if not column.is_integer and column.flat.size
    ]
    return max((float(np.nanmax(np.abs(flat))) for flat in values), default=0.0)
