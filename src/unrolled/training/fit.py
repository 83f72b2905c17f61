"""Fit a network: batches, loss, early stopping with the best weights kept."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import numpy as np

from unrolled.backend import keras
from unrolled.data.batches import Examples, prediction_batches
from unrolled.data.block import RaggedColumn
from unrolled.errors import SettingError
from unrolled.networks import PREVIOUS
from unrolled.settings import Training
from unrolled.training.callback import BestWeights, Diverged
from unrolled.training.checkpoint_file import TrainingState
from unrolled.training.checkpoints import NetworkCheckpoints, open_checkpoints
from unrolled.training.dataset import BatchDataset, ValidationDataset
from unrolled.training.history import History, Stopped
from unrolled.training.losses import compile_network, min_loss
from unrolled.training.run_fingerprint import run_fingerprint
from unrolled.training.scheduled_sampling import ScheduledSampling


def fit_each(
    networks: Sequence[Any],
    train: Examples,
    validation: Examples,
    training: Training,
    *,
    callbacks: Sequence[Any] = (),
) -> tuple[History, ...]:
    """Fit networks one after the other, each by its own seed.

    Args:
        networks: As many as `training` has seeds.
        train: The rows to learn from.
        validation: The rows that say when to stop.
        training: The settings, every one of them given.
        callbacks: Further `keras.callbacks.Callback` objects, called for each network.

    Returns:
        What happened; of fewer networks where Ctrl-C ended it.

    Raises:
        CheckpointError: The folder of the checkpoints cannot be used.
        SettingError: There was no loss that is a number.
    """
    found: list[History] = []
    with _places(networks[0], train, validation, training) as places:
        for network, seed, place in zip(networks, training.network_seeds, places, strict=True):
            which = f"network {len(found) + 1}/{len(networks)}  " if len(networks) > 1 else ""
            own = training.model_copy(update={"seed": seed})
            try:
                found.append(
                    fit(
                        network,
                        train,
                        validation,
                        own,
                        which=which,
                        slot=place,
                        callbacks=callbacks,
                    )
                )
            except KeyboardInterrupt:
                if not found:
                    raise
                break
            if found[-1].stopped == "interrupted":
                break
    return tuple(found)


@contextmanager
def _places(
    network: Any, train: Examples, validation: Examples, training: Training
) -> Iterator[Sequence[NetworkCheckpoints | None]]:
    """Hold a place for the checkpoints of each network, where they are kept."""
    if training.checkpoint is None:
        yield [None] * training.seeds
        return
    with open_checkpoints(training, run_fingerprint(network, train, validation, training)) as found:
        yield found


def fit(
    network: Any,
    train: Examples,
    validation: Examples,
    training: Training,
    *,
    which: str = "",
    slot: NetworkCheckpoints | None = None,
    callbacks: Sequence[Any] = (),
) -> History:
    """Fit a network in place and leave it with the weights of its best pass.

    Args:
        network: A `keras.Model` as `networks.build` returns it.
        train: The rows to learn from.
        validation: The rows that say when to stop.
        training: The settings, every one of them given.
        which: Words before each line of progress, where several networks are fitted.
        slot: Where its checkpoints are kept.
        callbacks: Further `keras.callbacks.Callback` objects. What they remember is not part of
            a checkpoint.
    """
    over = slot.finished() if slot is not None else None
    if over is not None:
        network.set_weights([over.arrays[name] for name in sorted(over.arrays)])
        return History.restored(over.facts)
    compile_network(network, train, training)
    learner = _learner(network, train, training)
    compile_network(learner, train, training)
    least = min_loss(network, train, training)
    keeper = BestWeights(
        BatchDataset(train, training), training, which=which, slot=slot, floor=least
    )
    stopped = _run(learner, keeper, validation, callbacks)
    if keeper.weights is None:
        raise SettingError(_hopeless(keeper, training))
    learner.set_weights(keeper.weights)
    history = History(keeper.best, tuple(keeper.loss), tuple(keeper.validation), stopped)
    if stopped == "diverged":
        warnings.warn(_lost(keeper, training), RuntimeWarning, stacklevel=2)
    if slot is not None and stopped != "interrupted":
        arrays = {f"{i:03d}": np.asarray(w) for i, w in enumerate(network.get_weights())}
        slot.finish(TrainingState(asdict(history), arrays))
    return history


def _run(
    learner: Any, keeper: BestWeights, validation: Examples, callbacks: Sequence[Any]
) -> Stopped:
    """Make the passes that are left, and return what ended them."""
    try:
        for first, last in keeper.spans():
            learner.fit(
                keeper.passes,
                validation_data=ValidationDataset(validation, prediction_batches(validation)),
                initial_epoch=first,
                epochs=last,
                shuffle=False,  # `Passes` does, by our seed: the same batches on every engine
                callbacks=[keeper, *callbacks],
                verbose=0,
            )
            if learner.stop_training:  # ours, or another callback such as keras' EarlyStopping
                break
    except Diverged:
        return "diverged"
    except KeyboardInterrupt:
        if keeper.weights is None:
            raise
        return "interrupted"
    finally:
        keeper.progress.close()
    return "limit" if len(keeper.loss) == keeper.epochs else "early"


def _hopeless(keeper: BestWeights, training: Training) -> str:
    """Return what went wrong where there are no weights to keep, and what to do."""
    return (
        f"{_where(keeper)} with learning_rate={training.learning_rate}, expected a loss that falls."
        f" {_causes(keeper)}"
    )


def _lost(keeper: BestWeights, training: Training) -> str:
    """Return that training ended before its time, and what to do."""
    return (
        f"{_where(keeper)} with learning_rate={training.learning_rate}: training stopped there, and"
        f" the weights of pass {keeper.best} are kept. {_causes(keeper)}"
    )


def _where(keeper: BestWeights) -> str:
    """Return which loss was no number, and where."""
    if keeper.diverged is None:
        return "the validation loss was never a number"
    number, step = keeper.diverged
    return f"the training loss was no longer a number at step {step} of pass {number}"


def _causes(keeper: BestWeights) -> str:
    """Return what may have made a loss infinite, and what to do."""
    examples = keeper.passes.examples
    return (
        "Give a lower learning_rate, or look for extreme values in the data: as scaled, the largest"
        f" input is {_largest(examples.inputs):.3g} and the largest output"
        f" {_largest(examples.targets):.3g}."
    )


def _largest(blocks: Mapping[str, RaggedColumn]) -> float:
    """Return the largest number in columns of numbers, whatever its sign."""
    flats = [block.flat for block in blocks.values() if not block.is_integer and block.flat.size]
    return max((float(np.abs(flat).max()) for flat in flats), default=0.0)


def _learner(network: Any, examples: Examples, training: Training) -> Any:
    """Return what is trained: the same network, with the same weights, without masks.

    Keras hands the mask of a recurrent layer on to the loss and scales the loss by it; here the
    weights of rows and steps already do that.
    """
    given, asked = network.input, network.input
    if examples.feedback is not None and training.scheduled_sampling != "none":
        total = (training.epochs or 1) * math.ceil(examples.rows / (training.batch_size or 1))
        mix = ScheduledSampling(training.scheduled_sampling, total, training.seed)
        said = network(given)
        said = said[examples.feedback] if isinstance(said, dict) else said
        asked = {**given, PREVIOUS: mix([given[PREVIOUS], said])}
    outputs = network(asked) if asked is not given else network.output
    return keras().Model(given, keras().tree.map_structure(lambda y: y * 1.0, outputs))
