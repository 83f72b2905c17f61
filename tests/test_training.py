"""Training keeps the best pass, stops in time, and repeats itself for a seed."""

import signal

import numpy as np
import pytest

from unrolled import inference, training
from unrolled.data.batch import Block, Examples
from unrolled.errors import SettingError
from unrolled.networks import Ports, build
from unrolled.settings import Network, Training

FEW = Training(epochs=6, batch_size=16, learning_rate=0.02, patience=3, verbose=False)


def rows(seed, count=60, *, scale=1.0):
    """Return rows of differing length whose outputs are the sums of the steps so far."""
    random = np.random.default_rng(seed)
    steps = [random.normal(size=(n, 1)).astype("float32") for n in random.integers(1, 20, count)]
    sums = [np.cumsum(row, axis=0) * np.float32(scale) for row in steps]
    return Examples(
        {"x": Block.of(steps)},
        {"y": Block.of(sums)},
        rows=count,
        lengths=np.array([len(row) for row in steps]),
        ragged=True,
    )


def network(seed=0):
    training.keras.utils.set_random_seed(seed)
    ports = Ports("aligned", values=1, heads={"y": 1}, ragged=True)
    return build(ports, Network(units=4, bidirectional=False, dropout=0.1))


def fitted(settings=FEW, *, held=1, scale=1.0):
    made = network(settings.seed)
    return made, training.fit(made, rows(0, scale=scale), rows(held), settings)


@pytest.fixture(scope="module")
def learned():
    return fitted()


def mean_square(made, examples):
    """Return the mean squared error over the real steps, by hand."""
    said = inference.outputs(made, examples, ["y"])["y"]
    return np.mean((np.concatenate(said) - examples.targets["y"].flat) ** 2)


def test_the_validation_loss_is_the_mean_over_real_steps_of_the_weights_kept(learned):
    made, history = learned
    kept = history.validation[history.best_epoch - 1]
    assert kept == min(history.validation)
    assert mean_square(made, rows(1)) == pytest.approx(kept, rel=1e-4)


def test_training_lowers_the_loss_up_to_its_limit(learned):
    _, history = learned
    assert history.stopped == "limit"
    assert len(history.loss) == len(history.validation) == FEW.epochs
    assert history.loss[-1] < history.loss[0]


def test_one_seed_gives_the_same_weights_and_another_gives_others(learned):
    made, history = learned
    again, same = fitted()
    other, _ = fitted(FEW.model_copy(update={"seed": 1, "epochs": 1}))
    assert same == history
    weights = [m.get_weights() for m in (made, again, other)]
    assert all(np.array_equal(a, b) for a, b in zip(weights[0], weights[1], strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(weights[0], weights[2], strict=True))


def test_training_stops_when_patience_ends_and_goes_back_to_the_best_pass():
    opposite = rows(1)
    opposite.targets["y"].flat[:] *= -1  # what training improves, it makes worse here
    made = network()
    settings = FEW.model_copy(update={"epochs": 40, "learning_rate": 0.1})
    history = training.fit(made, rows(0), opposite, settings)
    assert history.stopped == "early"
    assert len(history.loss) == history.best_epoch + settings.patience < 40
    kept = history.validation[history.best_epoch - 1]
    assert mean_square(made, opposite) == pytest.approx(kept, rel=1e-4)


def test_a_loss_that_is_never_a_number_is_an_error():
    made = network()
    huge = rows(1, scale=1e30)  # its square is beyond float32
    with pytest.raises(SettingError) as caught:
        training.fit(made, rows(0), huge, FEW)
    assert str(caught.value) == (
        "the validation loss was never a number with learning_rate=0.02, expected a loss that"
        " falls. Give a lower learning_rate, or look for extreme values in the data."
    )


def interrupt(monkeypatch, at):
    """Send SIGINT, as Ctrl-C does, when a batch is taken for the `at`-th time."""
    calls, plain = iter(range(at)), training.inputs_of

    def taken(*given):
        if next(calls, None) is None:
            monkeypatch.setattr(training, "inputs_of", plain)
            signal.raise_signal(signal.SIGINT)
        return plain(*given)

    monkeypatch.setattr(training, "inputs_of", taken)


def test_an_interrupt_in_the_middle_of_a_pass_keeps_the_best_weights(monkeypatch):
    interrupt(monkeypatch, 28)
    made, history = fitted()
    assert history.stopped == "interrupted"
    assert 1 <= len(history.validation) < FEW.epochs
    assert mean_square(made, rows(1)) == pytest.approx(min(history.validation), rel=1e-4)


def test_an_interrupt_before_the_first_pass_ends_goes_through(monkeypatch):
    interrupt(monkeypatch, 2)
    with pytest.raises(KeyboardInterrupt):
        fitted()


@pytest.mark.parametrize("rows", [10, 100_000])
def test_every_gap_is_filled_and_what_was_given_stays(rows):
    filled = training.settled(Training(), rows=rows, embedded=False)
    assert filled.batch_size
    assert filled.learning_rate
    given = training.settled(Training(batch_size=7, learning_rate=0.5), rows=rows, embedded=False)
    assert (given.batch_size, given.learning_rate) == (7, 0.5)
    assert training.settled(given, rows=rows, embedded=False) == given
