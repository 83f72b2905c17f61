"""Training a forecaster calls the callbacks of Keras that it is given."""

import numpy as np
import pytest

from unrolled import Forecaster, Network, Training

TABLE = {"y": np.random.default_rng(0).normal(size=80)}


@pytest.fixture
def recorder():
    import keras

    class Recorder(keras.callbacks.Callback):
        def __init__(self):
            super().__init__()
            self.trainings = []

        def on_train_begin(self, logs=None):  # noqa: ARG002
            self.trainings.append([])

        def on_epoch_end(self, epoch, logs=None):
            self.trainings[-1].append((epoch, logs["val_loss"]))

    return Recorder()


def forecaster():
    quick = Training(epochs=2, verbose=False)
    return Forecaster("y", horizon=2, lookback=4, network=Network(units=2), training=quick)


def epochs(recorder):
    return [epoch for training in recorder.trainings for epoch, _ in training]


def test_callbacks_see_each_epoch(recorder):
    model = forecaster().fit(TABLE, callbacks=[recorder])
    assert epochs(recorder) == [0, 1]
    losses = [loss for training in recorder.trainings for _, loss in training]
    assert losses == pytest.approx(model.history_.validation)


def test_callbacks_change_nothing_by_being_there(recorder):
    watched = forecaster().fit(TABLE, callbacks=[recorder])
    assert watched.predict().equals(forecaster().fit(TABLE).predict())


def test_each_training_of_a_backtest_calls_the_callbacks(recorder):
    forecaster().fit_and_evaluate(TABLE, last=20, refit=10, callbacks=[recorder])
    assert epochs(recorder) == [0, 1, 0, 1]
