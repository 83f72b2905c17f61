"""Training keeps the weights of the best epoch, stops in time, and is repeatable by its seed."""

import signal

import numpy as np
import pytest

from unrolled.data.batches import Examples
from unrolled.data.block import RaggedColumn
from unrolled.errors import SettingError
from unrolled.inference import predict
from unrolled.networks import NetworkSpec, build
from unrolled.runtime.network import runner_of
from unrolled.settings import Network, Training
from unrolled.training import dataset, defaults, fit, losses
from unrolled.training.early_stopping import BestWeights

FEW = Training(epochs=6, batch_size=16, learning_rate=0.02, patience=3, verbose=False)


def rows(seed, count=60, *, scale=1.0):
    """Return rows of different lengths whose outputs are the sums of the steps so far."""
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
    fit.keras.utils.set_random_seed(seed)
    spec = NetworkSpec("aligned", values=1, heads={"y": 1}, ragged=True)
    return build(spec, Network(units=4, bidirectional=False, dropout=0.1))


def fit_sums(settings=FEW, *, scale=1.0):
    model = network(settings.seed)
    return model, fit.fit(model, rows(0, scale=scale), rows(1), settings)


@pytest.fixture(scope="module")
def learned():
    return fit_sums()


def mean_square(model, examples):
    """Return the mean squared error over the real steps, computed by NumPy."""
    outputs = predict.predict_outputs(runner_of(model, ["y"]), examples, ["y"])["y"]
    return np.mean((np.concatenate(outputs) - examples.targets["y"].flat) ** 2)


def test_the_model_keeps_the_weights_with_the_lowest_validation_loss_over_real_steps(learned):
    model, history = learned
    best_loss = history.validation[history.best_epoch - 1]
    assert best_loss == min(history.validation)
    assert mean_square(model, rows(1)) == pytest.approx(best_loss, rel=1e-4)


def test_training_lowers_the_loss_until_the_limit_of_epochs(learned):
    _, history = learned
    assert history.stopped == "limit"
    assert len(history.loss) == len(history.validation) == FEW.epochs
    assert history.loss[-1] < history.loss[0]


def test_the_same_seed_gives_the_same_weights_and_another_seed_different_ones(learned):
    model, history = learned
    again, same_history = fit_sums()
    other, _ = fit_sums(FEW.model_copy(update={"seed": 1, "epochs": 1}))
    assert same_history == history
    weights = [m.get_weights() for m in (model, again, other)]
    assert all(np.array_equal(a, b) for a, b in zip(weights[0], weights[1], strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(weights[0], weights[2], strict=True))


def test_training_stops_when_patience_ends_and_returns_to_the_best_epoch():
    opposite = rows(1)
    opposite.targets["y"].flat[:] *= -1  # training makes the validation loss worse
    model = network()
    settings = FEW.model_copy(update={"epochs": 40, "learning_rate": 0.1})
    history = fit.fit(model, rows(0), opposite, settings)
    assert history.stopped == "early"
    assert len(history.loss) == history.best_epoch + settings.patience < 40
    best_loss = history.validation[history.best_epoch - 1]
    assert mean_square(model, opposite) == pytest.approx(best_loss, rel=1e-4)


def test_a_validation_loss_that_is_infinite_in_every_epoch_is_an_error():
    huge = rows(1, scale=1e30)  # its square is beyond float32
    with pytest.raises(SettingError) as caught:
        fit.fit(network(), rows(0), huge, FEW)
    assert str(caught.value) == (
        "the validation loss was infinite or NaN in every epoch with learning_rate=0.02. Choose a"
        " lower learning_rate, or look for extreme values in the data: after scaling, the largest"
        f" input is {largest(rows(0), 'x'):.3g} and the largest output"
        f" {largest(rows(0), 'y'):.3g}."
    )


def largest(examples, name):
    return np.abs((examples.inputs | examples.targets)[name].flat).max()


def test_an_infinite_training_loss_stops_training_at_once_and_the_error_says_where():
    wild = rows(0)
    wild.targets["y"].flat[:] *= np.float32(1e30)  # its square is beyond float32
    with pytest.raises(SettingError) as caught:
        fit.fit(network(), wild, rows(1), FEW)
    assert str(caught.value) == (
        "the training loss became infinite or NaN at step 1 of epoch 1 with learning_rate=0.02."
        " Choose a lower learning_rate, or look for extreme values in the data: after scaling, the"
        f" largest input is {largest(wild, 'x'):.3g} and the largest output"
        f" {largest(wild, 'y'):.3g}."
    )


def test_if_training_diverges_later_the_weights_of_the_best_epoch_are_kept(monkeypatch):
    """The third step of the third epoch meets an infinite value."""
    train, taken, original = rows(0), [], dataset.BatchDataset.__getitem__

    def spoil(self, index):
        inputs, targets, weights = original(self, index)
        taken.append(index)
        if taken.count(0) == 4 and index == 2:  # Keras takes the first batch once to build
            targets = targets + np.float32("inf")
        return inputs, targets, weights

    monkeypatch.setattr(dataset.BatchDataset, "__getitem__", spoil)
    model = network()
    with pytest.warns(RuntimeWarning) as warned:
        history = fit.fit(model, train, rows(1), FEW)
    assert (history.stopped, len(history.loss)) == ("diverged", 2)
    (message,) = [str(w.message) for w in warned if w.category is RuntimeWarning]
    assert message.startswith(
        "the training loss became infinite or NaN at step 3 of epoch 3 with learning_rate=0.02."
        f" Training stopped there, and the weights of epoch {history.best_epoch} are kept. Choose a"
    )
    best_loss = history.validation[history.best_epoch - 1]
    assert mean_square(model, rows(1)) == pytest.approx(best_loss, rel=1e-4)


def interrupt(monkeypatch, at):
    """Send SIGINT, as Ctrl-C does, when a batch is read for the `at`-th time."""
    calls, original = iter(range(at)), dataset.batch_inputs
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have disabled it

    def counted(*args):
        if next(calls, None) is None:
            monkeypatch.setattr(dataset, "batch_inputs", original)
            signal.raise_signal(signal.SIGINT)
        return original(*args)

    monkeypatch.setattr(dataset, "batch_inputs", counted)


def test_an_interrupt_in_the_middle_of_an_epoch_keeps_the_best_weights(monkeypatch):
    interrupt(monkeypatch, 28)
    model, history = fit_sums()
    assert history.stopped == "interrupted"
    assert 1 <= len(history.validation) < FEW.epochs
    assert mean_square(model, rows(1)) == pytest.approx(min(history.validation), rel=1e-4)


def test_an_interrupt_before_the_first_epoch_ends_is_raised(monkeypatch):
    interrupt(monkeypatch, 2)
    with pytest.raises(KeyboardInterrupt):
        fit_sums()


@pytest.mark.parametrize("rows", [10, 100_000])
@pytest.mark.parametrize(
    ("generates", "answers", "smoothing"),
    [(False, False, 0.0), (True, False, 0.0), (True, True, 0.1)],
)
def test_every_gap_is_filled_and_given_settings_stay(rows, generates, answers, smoothing):
    facts = {"rows": rows, "embedded": False, "generates": generates, "answers": answers}
    filled = defaults.with_defaults(Training(), **facts)
    assert None not in filled.model_dump(exclude={"split_by", "class_weight"}).values()
    assert filled.label_smoothing == smoothing
    settings = Training(batch_size=7, learning_rate=0.5, label_smoothing=0.0)
    given = defaults.with_defaults(settings, **facts)
    assert (given.batch_size, given.learning_rate, given.label_smoothing) == (7, 0.5, 0.0)
    assert defaults.with_defaults(given, **facts) == given


def test_a_decoder_trains_to_the_end_of_its_cosine_decay():
    facts = {"embedded": True, "generates": True, "answers": True}
    filled = [
        defaults.with_defaults(Training(), rows=rows, **facts) for rows in (10, 3600, 100_000)
    ]
    assert [one.epochs for one in filled] == [200, 31, 15]
    assert all(one.patience == one.epochs for one in filled)
    assert defaults.with_defaults(Training(epochs=4), rows=10, **facts).patience == 4


IDS, START = 5, 2


def answers(seed, count=40, *, kind="ids"):
    """Return rows of numbers and an output of one to seven steps for each, for a decoder."""
    random = np.random.default_rng(seed)
    facts = random.normal(size=(count, 2)).astype("float32")
    lengths = random.integers(1, 8, count)
    if kind == "ids":
        outputs = [random.integers(0, IDS, n).astype("int32") for n in lengths]
    else:
        outputs = [random.normal(size=(n, 1)).astype("float32") for n in lengths]
    rows = Examples(
        {"x": RaggedColumn.from_rows(facts)}, {"y": RaggedColumn.from_rows(outputs)}, rows=count
    )
    start = START if kind == "ids" else 0
    return rows.with_teacher_forcing("y", start=start, stops=kind == "numbers that stop")


def decoder(kind):
    fit.keras.utils.set_random_seed(0)
    spec = NetworkSpec(
        "one-to-many",
        u=7,
        values=2,
        heads={"y": IDS if kind == "ids" else 1},
        tokens=kind == "ids",
        stops=kind == "numbers that stop",
    )
    return build(spec, Network(architecture="decoder", units=4))


def mean_loss(model, examples, kind, smoothing):
    """Return the mean loss over the real steps by NumPy, each row teacher-forced on its own."""
    losses, target = [], examples.targets["y"]
    for row in range(examples.rows):
        place = slice(target.offsets[row], target.offsets[row + 1])
        true = target.flat[place]
        late = np.concatenate([np.full_like(true[:1], examples.start), true[:-1]])
        x = examples.inputs["x"].flat[[row]]
        outputs = model.predict_on_batch({"x": x, "previous": late[None]})
        stops = outputs["stop"] if isinstance(outputs, dict) else None
        outputs = outputs["y"] if isinstance(outputs, dict) else outputs
        outputs = outputs[0].astype(float)
        if kind == "ids":
            log = outputs - np.log(np.exp(outputs).sum(axis=-1, keepdims=True))
            target_probabilities = (1 - smoothing) * np.eye(IDS)[true] + smoothing / IDS
            loss = -(target_probabilities * log).sum(axis=-1)
        else:
            loss = ((outputs - true) ** 2)[:, 0]
        if stops is not None:
            stop = 1 / (1 + np.exp(-stops[0, :, 0].astype(float)))
            loss = loss - np.log(np.append(1 - stop[:-1], stop[-1]))
        losses.append(loss)
    return np.concatenate(losses).mean()


@pytest.mark.slow
@pytest.mark.parametrize("decay", ["cosine", "plateau"])
def test_the_learning_rate_falls_to_zero_with_cosine_decay_only(decay, monkeypatch):
    rates = []
    original = BestWeights.on_epoch_end

    def record_rate(self, epoch, logs=None):
        rates.append(float(self.model.optimizer.learning_rate))
        original(self, epoch, logs)

    monkeypatch.setattr(BestWeights, "on_epoch_end", record_rate)
    settings = FEW.model_copy(update={"patience": FEW.epochs, "decay": decay})
    fit.fit(decoder("ids"), answers(0), answers(1), settings)
    if decay == "cosine":
        assert rates == sorted(rates, reverse=True)
        assert rates[-1] < 0.01 * FEW.learning_rate < 0.5 * rates[0]
    else:
        assert rates[0] == pytest.approx(FEW.learning_rate)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["ids", "numbers", "numbers that stop"])
@pytest.mark.parametrize("sampling", ["none", "linear"])
def test_the_loss_of_a_decoder_is_the_mean_over_its_real_teacher_forced_steps(kind, sampling):
    smoothing = 0.1 if kind == "ids" else 0.0
    settings = FEW.model_copy(
        update={"label_smoothing": smoothing, "scheduled_sampling": sampling, "batch_size": 16}
    )
    model, held_out = decoder(kind), answers(1, 13, kind=kind)
    history = fit.fit(model, answers(0, kind=kind), held_out, settings)
    best_loss = history.validation[history.best_epoch - 1]
    assert mean_loss(model, held_out, kind, smoothing) == pytest.approx(best_loss, rel=1e-4)
    assert history.loss[-1] < history.loss[0]


def test_with_cosine_decay_the_last_epoch_about_as_good_as_the_best_is_kept(monkeypatch):
    losses = [3.0, 1.0, 1.004, 1.2, 1.0049, 1.1]
    original = BestWeights.on_epoch_end
    monkeypatch.setattr(
        BestWeights,
        "on_epoch_end",
        lambda self, epoch, logs: original(self, epoch, {**logs, "val_loss": losses[epoch]}),
    )
    best = [
        fit_sums(FEW.model_copy(update={"decay": decay, "patience": 6}))[1].best_epoch
        for decay in ("cosine", "plateau")
    ]
    assert best == [5, 2]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.9])
def test_label_smoothing_equals_that_of_keras_on_one_hot_targets(share):
    keras, random = fit.keras, np.random.default_rng(0)
    true = random.integers(0, IDS, size=(4, 6))
    logits = random.normal(size=(4, 6, IDS), scale=3).astype("float32")
    theirs = keras.losses.CategoricalCrossentropy(
        from_logits=True, label_smoothing=share, reduction=None
    )(np.eye(IDS, dtype="float32")[true], logits)
    ours = losses.label_smoothed_cross_entropy(share)(true, logits)
    np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=1e-5, atol=1e-6)


def test_label_smoothing_applies_to_labels_only_and_takes_its_value_from_the_settings():
    settings = FEW.model_copy(update={"label_smoothing": 0.2})
    model = build(NetworkSpec("one-to-one", values=1, heads={"a": IDS, "b": 1}), Network(units=4))
    x = np.ones((6, 1), "float32")
    labels, numbers = np.arange(6, dtype="int32") % IDS, np.ones((6, 1), "float32")
    targets = {"a": RaggedColumn.from_rows(labels), "b": RaggedColumn.from_rows(numbers)}
    losses.compile_network(
        model, Examples({"x": RaggedColumn.from_rows(x)}, targets, rows=6), settings
    )
    outputs = model.predict_on_batch(x)
    log = outputs["a"] - np.log(np.exp(outputs["a"]).sum(axis=-1, keepdims=True))
    smooth = -(0.8 * log[np.arange(6), labels] + 0.2 * log.mean(axis=-1)).mean()
    square = ((outputs["b"] - numbers) ** 2).mean()
    loss = model.test_on_batch(x, {"a": labels, "b": numbers}, return_dict=True)["loss"]
    assert loss == pytest.approx(smooth + square, rel=1e-5)


def test_a_network_with_one_label_only_can_be_fitted():
    """Keras gives the labels one more axis then."""
    model = build(NetworkSpec("one-to-one", values=1, heads={"a": 1}), Network(units=4))
    x, labels = np.ones((6, 1), "float32"), np.zeros(6, "int32")
    examples = Examples(
        {"x": RaggedColumn.from_rows(x)}, {"a": RaggedColumn.from_rows(labels)}, rows=6
    )
    settings = FEW.model_copy(update={"label_smoothing": 0.1})
    assert fit.fit(model, examples, examples, settings).validation[0] == pytest.approx(0)


@pytest.mark.parametrize(("share", "labels"), [(0.1, 2), (0.3, 7)])
def test_no_smoothed_loss_is_below_its_entropy(share, labels):
    best = np.full(labels, share / labels)
    best[0] += 1 - share
    loss = losses.label_smoothed_cross_entropy(share)(
        np.array([0]), np.log(best)[None].astype("float32")
    )
    assert float(loss[0]) == pytest.approx(losses.smoothed_entropy(share, labels), rel=1e-5)


@pytest.mark.parametrize(("min_loss", "improved_epoch"), [(0.69, 5), (0.0, 1)])
def test_an_improvement_counts_relative_to_the_lowest_possible_loss(min_loss, improved_epoch):
    model = network()
    losses.compile_network(model, rows(0), FEW)
    settings = FEW.model_copy(update={"patience": 9})
    best = BestWeights(dataset.BatchDataset(rows(0), FEW), settings, min_loss=min_loss)
    best.set_model(model)
    for epoch, loss in enumerate([0.7000, 0.6996, 0.6992, 0.6988, 0.6984]):
        best.on_epoch_end(epoch, {"loss": loss, "val_loss": loss})
    assert (best.improved_epoch, best.best_epoch) == (improved_epoch, 5)
