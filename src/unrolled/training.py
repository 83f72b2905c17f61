"""Fit a network: batches, loss, early stopping with the best weights kept."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from unrolled import backend
from unrolled.checkpoints import Slot, slots
from unrolled.data.batch import Block, Examples, large
from unrolled.errors import SettingError
from unrolled.fingerprints import begun
from unrolled.layers.mixed import Mixed
from unrolled.networks import PREVIOUS, STOP, alone
from unrolled.passes import Diverged, Fed, Keeper, Passes
from unrolled.settings import Decay, Training
from unrolled.states import State

keras = backend.keras()
LEAST_PASSES, LEAST_STEPS = 100, 6000  # the most passes are at least as many as either asks for
LEAST_PATIENCE, PATIENT_STEPS = 10, 400
WRITING_STEPS, WRITING_PASSES = 3400, (15, 200)  # where tokens are written, by a falling rate
WARMING = 0.05  # share of these in which the rate rises first
SMOOTHING = 0.1  # of labels and tokens that are answers
Stopped = Literal["early", "limit", "interrupted", "diverged"]


@dataclass(frozen=True)
class History:
    """What happened while a network was fitted.

    Attributes:
        best_epoch: The pass whose weights were kept, from 1: the best, or, where the rate falls
            over all passes, the last within half a percent of it.
        loss: Mean training loss of each pass.
        validation: Mean validation loss after each pass.
        stopped: No better validation loss (`early`), the `limit` of epochs, Ctrl-C (`interrupted`),
            or a training loss that was no longer a number (`diverged`).
    """

    best_epoch: int
    loss: tuple[float, ...]
    validation: tuple[float, ...]
    stopped: Stopped

    def __post_init__(self) -> None:
        """Refuse a best pass that was none, as only what was saved by others can have."""
        count = len(self.validation)
        if not (len(self.loss) == count and 1 <= self.best_epoch <= count):
            raise SettingError(
                f"got pass {self.best_epoch} as the best of {count} with {len(self.loss)} losses,"
                " expected one of them."
            )

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

    Raises:
        CheckpointError: The folder of the checkpoints cannot be used.
        SettingError: There was no loss that is a number.
    """
    found: list[History] = []
    with _places(networks[0], train, validation, training) as places:
        for network, seed, place in zip(networks, training.each_seed, places, strict=True):
            which = f"network {len(found) + 1}/{len(networks)}  " if len(networks) > 1 else ""
            own = training.model_copy(update={"seed": seed})
            try:
                found.append(fit(network, train, validation, own, which=which, slot=place))
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
) -> Iterator[Sequence[Slot | None]]:
    """Hold a place for the checkpoints of each network, where they are kept."""
    if training.checkpoint is None:
        yield [None] * training.seeds
        return
    with slots(training, begun(network, train, validation, training)) as found:
        yield found


def fit(
    network: Any,
    train: Examples,
    validation: Examples,
    training: Training,
    *,
    which: str = "",
    slot: Slot | None = None,
) -> History:
    """Fit a network in place and leave it with the weights of its best pass.

    Args:
        network: A `keras.Model` as `networks.build` returns it.
        train: The rows to learn from.
        validation: The rows that say when to stop.
        training: The settings, every one of them given.
        which: Words before each line of progress, where several networks are fitted.
        slot: Where its checkpoints are kept.
    """
    over = slot.finished() if slot is not None else None
    if over is not None:
        network.set_weights([over.arrays[name] for name in sorted(over.arrays)])
        return History.restored(over.facts)
    compiled(network, train, training)
    learner = _learner(network, train, training)
    compiled(learner, train, training)
    least = _least(network, train, training)
    keeper = Keeper(Passes(train, training), training, which=which, slot=slot, floor=least)
    stopped = _run(learner, keeper, validation)
    if keeper.weights is None:
        raise SettingError(_hopeless(keeper, training))
    learner.set_weights(keeper.weights)
    history = History(keeper.best, tuple(keeper.loss), tuple(keeper.validation), stopped)
    if stopped == "diverged":
        warnings.warn(_lost(keeper, training), RuntimeWarning, stacklevel=2)
    if slot is not None and stopped != "interrupted":
        arrays = {f"{i:03d}": np.asarray(w) for i, w in enumerate(network.get_weights())}
        slot.finish(State(asdict(history), arrays))
    return history


def _run(learner: Any, keeper: Keeper, validation: Examples) -> Stopped:
    """Make the passes that are left, and return what ended them."""
    try:
        for first, last in keeper.spans():
            learner.fit(
                keeper.passes,
                validation_data=Fed(validation, large(validation)),
                initial_epoch=first,
                epochs=last,
                shuffle=False,  # `Passes` does, by our seed: the same batches on every engine
                callbacks=[keeper],
                verbose=0,
            )
    except Diverged:
        return "diverged"
    except KeyboardInterrupt:
        if keeper.weights is None:
            raise
        return "interrupted"
    finally:
        keeper.progress.close()
    return "limit" if len(keeper.loss) == keeper.epochs else "early"


def _hopeless(keeper: Keeper, training: Training) -> str:
    """Return what went wrong where there are no weights to keep, and what to do."""
    return (
        f"{_where(keeper)} with learning_rate={training.learning_rate}, expected a loss that falls."
        f" {_causes(keeper)}"
    )


def _lost(keeper: Keeper, training: Training) -> str:
    """Return that training ended before its time, and what to do."""
    return (
        f"{_where(keeper)} with learning_rate={training.learning_rate}: training stopped there, and"
        f" the weights of pass {keeper.best} are kept. {_causes(keeper)}"
    )


def _where(keeper: Keeper) -> str:
    """Return which loss was no number, and where."""
    if keeper.diverged is None:
        return "the validation loss was never a number"
    number, step = keeper.diverged
    return f"the training loss was no longer a number at step {step} of pass {number}"


def _causes(keeper: Keeper) -> str:
    """Return what may have made a loss infinite, and what to do."""
    examples = keeper.passes.examples
    return (
        "Give a lower learning_rate, or look for extreme values in the data: as scaled, the largest"
        f" input is {_largest(examples.inputs):.3g} and the largest output"
        f" {_largest(examples.targets):.3g}."
    )


def _largest(blocks: Mapping[str, Block]) -> float:
    """Return the largest number in columns of numbers, whatever its sign."""
    flats = [block.flat for block in blocks.values() if not block.whole and block.flat.size]
    return max((float(np.abs(flat).max()) for flat in flats), default=0.0)


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


def _least(network: Any, examples: Examples, training: Training) -> float:
    """Return the least that the loss can be: the entropy of what labels are smoothed to."""
    share, said = training.label_smoothing or 0.0, network.output
    outputs = said if isinstance(said, dict) else dict.fromkeys(examples.targets, said)
    sizes = [outputs[name].shape[-1] for name, block in examples.targets.items() if block.whole]
    return sum(entropy(share, size) for size in sizes) if share else 0.0


def entropy(share: float, labels: int) -> float:
    """Return the entropy of one of some labels, a share of whose weight is spread over all alike.

    Example:
        >>> round(entropy(0.1, 2), 4)
        0.1985
    """
    other = share / labels
    true = 1 - share + other
    return -true * math.log(true) - (labels - 1) * other * math.log(other)


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
        true = ops.reshape(true, ops.shape(logits)[:-1])  # of one label Keras gives (b 1)
        hit = ops.take_along_axis(log, ops.cast(true, "int32")[..., None], axis=-1)[..., 0]
        return -(1 - share) * hit - share * ops.mean(log, axis=-1)

    return label_smoothed
