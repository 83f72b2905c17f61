"""Callbacks of Keras that `fit` is given."""

import csv

import keras
import numpy as np
import pytest

from unrolled import Network, SequenceModel, Training

RNG = np.random.default_rng(0)
X = RNG.normal(size=(64, 5, 2))
Y = X.sum(axis=(1, 2))
EPOCHS = 4


def fit(*callbacks, **training):
    settings = Training(epochs=EPOCHS, batch_size=16, verbose=False, **training)
    model = SequenceModel(network=Network(units=4, dropout=0.0), training=settings)
    return model.fit(X, Y, callbacks=callbacks)


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    return tmp_path_factory.mktemp("callbacks")


@pytest.fixture(scope="module")
def seen(places):
    """What stock callbacks saw of one training, which none of them changed."""
    epochs = []
    model = fit(
        keras.callbacks.LambdaCallback(
            on_epoch_end=lambda epoch, logs: epochs.append((epoch, logs))
        ),
        keras.callbacks.CSVLogger(str(places / "log.csv")),
        keras.callbacks.ModelCheckpoint(str(places / "model.keras")),
        keras.callbacks.ModelCheckpoint(str(places / "last.weights.h5"), save_weights_only=True),
        keras.callbacks.TerminateOnNaN(),
    )
    return model, epochs


def test_a_callback_sees_every_epoch_with_both_losses(seen):
    model, epochs = seen
    assert [epoch for epoch, _ in epochs] == list(range(EPOCHS))
    np.testing.assert_allclose([logs["loss"] for _, logs in epochs], model.history_.loss)
    np.testing.assert_allclose([logs["val_loss"] for _, logs in epochs], model.history_.validation)


def test_stock_callbacks_write_their_files(seen, places):
    model, _ = seen
    rows = list(csv.DictReader((places / "log.csv").open()))
    np.testing.assert_allclose([float(row["loss"]) for row in rows], model.history_.loss)
    assert (places / "last.weights.h5").stat().st_size > 0
    assert (places / "model.keras").stat().st_size > 0


def test_callbacks_that_change_nothing_change_no_weight(seen):
    for ours, theirs in zip(seen[0].model_.get_weights(), fit().model_.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_early_stopping_ends_the_training():
    stop = keras.callbacks.EarlyStopping(min_delta=1e9, patience=1)
    history = fit(stop).history_
    assert (len(history.loss), history.stopped) == (2, "early")


def test_every_network_calls_the_callbacks():
    begun = []
    fit(keras.callbacks.LambdaCallback(on_train_begin=lambda _: begun.append(1)), seeds=2)
    assert len(begun) == 2


def test_a_callback_sees_the_model_before_it_is_trained():
    model = SequenceModel(network=Network(units=4), training=Training(epochs=1, verbose=False))
    texts = []
    begin = keras.callbacks.LambdaCallback(on_train_begin=lambda _: texts.append(str(model)))
    scores = model.fit_and_evaluate(X, Y, callbacks=[begin])
    assert scores.rows == 13
    assert texts == [str(model)]
