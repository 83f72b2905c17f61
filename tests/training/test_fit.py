"""Training keeps the best pass, stops in time, and repeats itself for a seed."""

import signal

import numpy as np
import pytest

from unrolled.data.batches import Examples
from unrolled.data.block import RaggedColumn
from unrolled.errors import SettingError
from unrolled.inference import predict
from unrolled.networks import NetworkSpec, build
from unrolled.settings import Network, Training
from unrolled.training import dataset, defaults, fit, losses
from unrolled.training.callback import BestWeights

FEW = Training(epochs=6, batch_size=16, learning_rate=0.02, patience=3, verbose=False)


def rows(seed, count=60, *, scale=1.0):
    """Return rows of differing length whose outputs are the sums of the steps so far."""
    random = np.random.default_rng(seed)
    steps = [random.normal(size=(n, 1)).astype("float32") for n in random.integers(1, 20, count)]
    sums = [np.cumsum(row, axis=0) * np.float32(scale) for row in steps]
    return Examples(
        {"x": RaggedColumn.from_rows(steps)},
        {"y": RaggedColumn.from_rows(sums)},
        rows=count,
        lengths=np.array([len(row) for row in steps]),
        ragged=True,
    )


def network(seed=0):
    fit.keras().utils.set_random_seed(seed)
    spec = NetworkSpec("aligned", values=1, heads={"y": 1}, ragged=True)
    return build(spec, Network(units=4, bidirectional=False, dropout=0.1))


def fitted(settings=FEW, *, held=1, scale=1.0):
    made = network(settings.seed)
    return made, fit.fit(made, rows(0, scale=scale), rows(held), settings)


@pytest.fixture(scope="module")
def learned():
    return fitted()


def mean_square(made, examples):
    """Return the mean squared error over the real steps, by hand."""
    said = predict.predict_outputs(made, examples, ["y"])["y"]
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
    history = fit.fit(made, rows(0), opposite, settings)
    assert history.stopped == "early"
    assert len(history.loss) == history.best_epoch + settings.patience < 40
    kept = history.validation[history.best_epoch - 1]
    assert mean_square(made, opposite) == pytest.approx(kept, rel=1e-4)


def test_a_loss_that_is_never_a_number_is_an_error():
    made = network()
    huge = rows(1, scale=1e30)  # its square is beyond float32
    with pytest.raises(SettingError) as caught:
        fit.fit(made, rows(0), huge, FEW)
    assert str(caught.value) == (
        "the validation loss was never a number with learning_rate=0.02, expected a loss that"
        " falls. Give a lower learning_rate, or look for extreme values in the data: as scaled, the"
        f" largest input is {largest(rows(0), 'x'):.3g} and the largest output"
        f" {largest(rows(0), 'y'):.3g}."
    )


def largest(examples, name):
    return np.abs((examples.inputs | examples.targets)[name].flat).max()


def test_a_training_loss_that_is_no_number_ends_it_at_once_and_says_where():
    wild = rows(0)
    wild.targets["y"].flat[:] *= np.float32(1e30)  # its square is beyond float32
    with pytest.raises(SettingError) as caught:
        fit.fit(network(), wild, rows(1), FEW)
    assert str(caught.value) == (
        "the training loss was no longer a number at step 1 of pass 1 with learning_rate=0.02,"
        " expected a loss that falls. Give a lower learning_rate, or look for extreme values in the"
        f" data: as scaled, the largest input is {largest(wild, 'x'):.3g} and the largest output"
        f" {largest(wild, 'y'):.3g}."
    )


def test_where_it_diverges_later_the_weights_of_the_best_pass_are_kept(monkeypatch):
    """The third step of the third pass meets an infinite value."""
    train, taken, plain = rows(0), [], dataset.BatchDataset.__getitem__

    def spoilt(self, index):
        inputs, targets, weights = plain(self, index)
        taken.append(index)
        if taken.count(0) == 4 and index == 2:  # Keras takes the first batch once to build
            targets = targets + np.float32("inf")
        return inputs, targets, weights

    monkeypatch.setattr(dataset.BatchDataset, "__getitem__", spoilt)
    made = network()
    with pytest.warns(RuntimeWarning) as told:
        history = fit.fit(made, train, rows(1), FEW)
    assert (history.stopped, len(history.loss)) == ("diverged", 2)
    (said,) = [str(one.message) for one in told if one.category is RuntimeWarning]
    assert said.startswith(
        "the training loss was no longer a number at step 3 of pass 3 with learning_rate=0.02:"
        f" training stopped there, and the weights of pass {history.best_epoch} are kept. Give a"
    )
    kept = history.validation[history.best_epoch - 1]
    assert mean_square(made, rows(1)) == pytest.approx(kept, rel=1e-4)


def interrupt(monkeypatch, at):
    """Send SIGINT, as Ctrl-C does, when a batch is taken for the `at`-th time."""
    calls, plain = iter(range(at)), dataset.inputs_of
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may start us without it

    def taken(*given):
        if next(calls, None) is None:
            monkeypatch.setattr(dataset, "inputs_of", plain)
            signal.raise_signal(signal.SIGINT)
        return plain(*given)

    monkeypatch.setattr(dataset, "inputs_of", taken)


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
@pytest.mark.parametrize(
    ("generates", "answers", "smoothing"),
    [(False, False, 0.0), (True, False, 0.0), (True, True, 0.1)],
)
def test_every_gap_is_filled_and_what_was_given_stays(rows, generates, answers, smoothing):
    facts = {"rows": rows, "embedded": False, "generates": generates, "answers": answers}
    filled = defaults.with_defaults(Training(), **facts)
    assert None not in filled.model_dump(exclude={"split_by", "class_weight"}).values()
    assert filled.label_smoothing == smoothing
    said = Training(batch_size=7, learning_rate=0.5, label_smoothing=0.0)
    given = defaults.with_defaults(said, **facts)
    assert (given.batch_size, given.learning_rate, given.label_smoothing) == (7, 0.5, 0.0)
    assert defaults.with_defaults(given, **facts) == given


def test_a_writer_trains_to_the_end_of_its_falling_rate():
    facts = {"embedded": True, "generates": True, "answers": True}
    filled = [
        defaults.with_defaults(Training(), rows=rows, **facts) for rows in (10, 3600, 100_000)
    ]
    assert [one.epochs for one in filled] == [200, 31, 15]
    assert all(one.patience == one.epochs for one in filled)
    assert defaults.with_defaults(Training(epochs=4), rows=10, **facts).patience == 4


IDS, START = 5, 2


def answers(seed, count=40, *, kind="ids"):
    """Return rows of facts and what is said of each, of one to seven steps, to force a decoder."""
    random = np.random.default_rng(seed)
    facts = random.normal(size=(count, 2)).astype("float32")
    lengths = random.integers(1, 8, count)
    if kind == "ids":
        said = [random.integers(0, IDS, n).astype("int32") for n in lengths]
    else:
        said = [random.normal(size=(n, 1)).astype("float32") for n in lengths]
    rows = Examples({"x": RaggedColumn.from_rows(facts)}, {"y": RaggedColumn.from_rows(said)}, rows=count)
    start = START if kind == "ids" else 0
    return rows.with_teacher_forcing("y", start=start, stops=kind == "numbers that stop")


def decoder(kind):
    fit.keras().utils.set_random_seed(0)
    spec = NetworkSpec(
        "one-to-many",
        u=7,
        values=2,
        heads={"y": IDS if kind == "ids" else 1},
        tokens=kind == "ids",
        stops=kind == "numbers that stop",
    )
    return build(spec, Network(architecture="decoder", units=4))


def by_hand(made, examples, kind, smoothing):
    """Return the mean loss over the real steps, each row forced alone and by plain NumPy."""
    losses, target = [], examples.targets["y"]
    for row in range(examples.rows):
        place = slice(target.offsets[row], target.offsets[row + 1])
        true = target.flat[place]
        late = np.concatenate([np.full_like(true[:1], examples.start), true[:-1]])
        x = examples.inputs["x"].flat[[row]]
        said = made.predict_on_batch({"x": x, "previous": late[None]})
        said, ends = (said["y"], said["stop"]) if isinstance(said, dict) else (said, None)
        said = said[0].astype(float)
        if kind == "ids":
            log = said - np.log(np.exp(said).sum(axis=-1, keepdims=True))
            wanted = (1 - smoothing) * np.eye(IDS)[true] + smoothing / IDS
            loss = -(wanted * log).sum(axis=-1)
        else:
            loss = ((said - true) ** 2)[:, 0]
        if ends is not None:
            chance = 1 / (1 + np.exp(-ends[0, :, 0].astype(float)))
            loss = loss - np.log(np.append(1 - chance[:-1], chance[-1]))
        losses.append(loss)
    return np.concatenate(losses).mean()


@pytest.mark.parametrize("decay", ["cosine", "plateau"])
def test_the_learning_rate_falls_to_nothing_only_if_it_is_to(decay, monkeypatch):
    rates = []
    keep = BestWeights.on_epoch_end

    def watched(self, epoch, logs=None):
        rates.append(float(self.model.optimizer.learning_rate))
        keep(self, epoch, logs)

    monkeypatch.setattr(BestWeights, "on_epoch_end", watched)
    settings = FEW.model_copy(update={"patience": FEW.epochs, "decay": decay})
    fit.fit(decoder("ids"), answers(0), answers(1), settings)
    if decay == "cosine":
        assert rates == sorted(rates, reverse=True)
        assert rates[-1] < 0.01 * FEW.learning_rate < 0.5 * rates[0]
    else:
        assert rates[0] == pytest.approx(FEW.learning_rate)


@pytest.mark.parametrize("kind", ["ids", "numbers", "numbers that stop"])
@pytest.mark.parametrize("sampling", ["none", "linear"])
def test_the_loss_of_a_decoder_is_the_mean_over_the_real_steps_it_was_forced_along(kind, sampling):
    smoothing = 0.1 if kind == "ids" else 0.0
    settings = FEW.model_copy(
        update={"label_smoothing": smoothing, "scheduled_sampling": sampling, "batch_size": 16}
    )
    made, held = decoder(kind), answers(1, 13, kind=kind)
    history = fit.fit(made, answers(0, kind=kind), held, settings)
    kept = history.validation[history.best_epoch - 1]
    assert by_hand(made, held, kind, smoothing) == pytest.approx(kept, rel=1e-4)
    assert history.loss[-1] < history.loss[0]


def test_where_the_rate_falls_the_last_pass_about_as_good_as_the_best_is_kept(monkeypatch):
    losses = [3.0, 1.0, 1.004, 1.2, 1.0049, 1.1]
    told = BestWeights.on_epoch_end
    monkeypatch.setattr(
        BestWeights,
        "on_epoch_end",
        lambda self, epoch, logs: told(self, epoch, {**logs, "val_loss": losses[epoch]}),
    )
    best = [
        fitted(FEW.model_copy(update={"decay": decay, "patience": 6}))[1].best_epoch
        for decay in ("cosine", "plateau")
    ]
    assert best == [5, 2]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.9])
def test_label_smoothing_is_keras_own_on_one_hot_targets(share):
    keras, random = fit.keras(), np.random.default_rng(0)
    true = random.integers(0, IDS, size=(4, 6))
    logits = random.normal(size=(4, 6, IDS), scale=3).astype("float32")
    theirs = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=share, reduction=None
    )(np.eye(IDS, dtype="float32")[true], logits)
    ours = losses.label_smoothed_cross_entropy(share)(true, logits)
    np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=1e-5, atol=1e-6)


def test_label_smoothing_is_for_labels_alone_and_the_smoothed_share_is_the_setting():
    settings = FEW.model_copy(update={"label_smoothing": 0.2})
    made = build(NetworkSpec("one-to-one", values=1, heads={"a": IDS, "b": 1}), Network(units=4))
    x = np.ones((6, 1), "float32")
    labels, numbers = np.arange(6, dtype="int32") % IDS, np.ones((6, 1), "float32")
    targets = {"a": RaggedColumn.from_rows(labels), "b": RaggedColumn.from_rows(numbers)}
    losses.compile_network(made, Examples({"x": RaggedColumn.from_rows(x)}, targets, rows=6), settings)
    said = made.predict_on_batch(x)
    log = said["a"] - np.log(np.exp(said["a"]).sum(axis=-1, keepdims=True))
    smooth = -(0.8 * log[np.arange(6), labels] + 0.2 * log.mean(axis=-1)).mean()
    square = ((said["b"] - numbers) ** 2).mean()
    loss = made.test_on_batch(x, {"a": labels, "b": numbers}, return_dict=True)["loss"]
    assert loss == pytest.approx(smooth + square, rel=1e-5)


def test_where_training_has_one_label_alone_it_is_still_fitted():
    """Keras gives its true labels one axis more."""
    made = build(NetworkSpec("one-to-one", values=1, heads={"a": 1}), Network(units=4))
    x, labels = np.ones((6, 1), "float32"), np.zeros(6, "int32")
    examples = Examples({"x": RaggedColumn.from_rows(x)}, {"a": RaggedColumn.from_rows(labels)}, rows=6)
    settings = FEW.model_copy(update={"label_smoothing": 0.1})
    assert fit.fit(made, examples, examples, settings).validation[0] == pytest.approx(0)


@pytest.mark.parametrize(("share", "labels"), [(0.1, 2), (0.3, 7)])
def test_no_smoothed_loss_is_below_its_entropy(share, labels):
    best = np.full(labels, share / labels)
    best[0] += 1 - share
    loss = losses.label_smoothed_cross_entropy(share)(
        np.array([0]), np.log(best)[None].astype("float32")
    )
    assert float(loss[0]) == pytest.approx(losses.smoothed_entropy(share, labels), rel=1e-5)


@pytest.mark.parametrize(("floor", "mark"), [(0.69, 5), (0.0, 1)])
def test_what_is_enough_to_wait_on_is_a_share_of_what_is_above_the_least_loss(floor, mark):
    made = network()
    losses.compile_network(made, rows(0), FEW)
    settings = FEW.model_copy(update={"patience": 9})
    keeper = BestWeights(dataset.BatchDataset(rows(0), FEW), settings, floor=floor)
    keeper.set_model(made)
    for epoch, loss in enumerate([0.7000, 0.6996, 0.6992, 0.6988, 0.6984]):
        keeper.on_epoch_end(epoch, {"loss": loss, "val_loss": loss})
    assert (keeper.mark, keeper.best) == (mark, 5)
