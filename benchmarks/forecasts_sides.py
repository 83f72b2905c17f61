"""The sides of `forecasts_speed.py`: the same network fitted and used, each as its library has it.

A side is made of the table and gives two functions: one fits so many passes on the training part,
each ended by the validation part; one forecasts all 2785 windows of the test part with what the
last fit made. All take 256 windows at a time where nothing is learned, but Darts' validation, whose
batches are those of training.

What is not the same, as each library has no other way:

- Ours clips gradients, lets the rate fall, forecasts changes from each window's last value, keeps
  the best weights, and fits ridge once a fit; its backtest forecasts by ridge and repeats too, and
  scores all of them.
- Darts and NeuralForecast read each forecast step from the state at a step of the lookback, not
  all from the last state: fewer weights (one map of 64 numbers to a step's values, used 96 times),
  as much to compute.
- NeuralForecast cuts all windows anew for each batch it draws; its backtest makes the table of
  forecasts, as Darts' makes a series of each window.
- Ours, Darts and NeuralForecast begin anew in each fit; plain Keras and torch go on.
"""

from __future__ import annotations

import logging
import warnings

import numpy as np
from forecasts import CHANNELS

T = U = 96
UNITS, BATCH = 64, 32
ONLY_READ = 256  # windows at a time where nothing is learned: what ours takes
PARTS = ((0, 8640), (8640 - T, 11520), (11520 - T, 14400))


def ours(table, channels="joint", batch=BATCH):
    """`Forecaster`; a backtest scores, with repeats and ridge beside the network."""
    import unrolled

    made = None

    def fit(epochs):
        nonlocal made
        made = unrolled.Forecaster(
            CHANNELS,
            time="date",
            horizon=U,
            lookback=T,
            season=24,
            channels=channels,
            network=unrolled.Network(architecture="vector", units=UNITS, dropout=0.0),
            training=unrolled.Training(
                epochs=epochs, batch_size=batch, validation=0.25, loss="squared", verbose=False
            ),
        ).fit(table[:11520])

    return fit, lambda: made.backtest(table[:14400], last=2880)


def ours_apart(table):
    """`Forecaster`, each channel from its own past: as many sequences a step as seven windows."""
    return ours(table, "shared", BATCH * len(CHANNELS))


def scaled(table):
    """Return the values of the three parts, scaled by the first, with a lookback before each."""
    values = table.select(CHANNELS).to_numpy().astype("float32")
    values = (values - values[:8640].mean(0)) / values[:8640].std(0)
    return [values[first:last] for first, last in PARTS]


def windows(table):
    """Return inputs and targets of every window of the three parts."""
    parts = []
    for values in scaled(table):
        view = np.lib.stride_tricks.sliding_window_view(values, T + U, axis=0).swapaxes(1, 2)
        parts.append((np.ascontiguousarray(view[:, :T]), np.ascontiguousarray(view[:, T:])))
    return parts


def recipe(table):
    """Stock Keras: arrays of windows, `fit`, `predict`."""
    import keras

    (x, y), held, (tx, _) = windows(table)
    model = keras.Sequential([
        keras.Input((T, len(CHANNELS))),
        keras.layers.LSTM(UNITS),
        keras.layers.Dense(U * len(CHANNELS)),
        keras.layers.Reshape((U, len(CHANNELS))),
    ])  # fmt: skip
    model.compile("adam", "mse")

    def fit(epochs):
        model.fit(x, y, batch_size=BATCH, epochs=epochs, validation_data=held,
                  validation_batch_size=ONLY_READ, verbose=0)  # fmt: skip

    return fit, lambda: model.predict(tx, batch_size=ONLY_READ, verbose=0)


def by_hand(table):
    """Torch, as one would write it: tensors of windows, shuffled by index."""
    import torch

    (x, y), (vx, vy), (tx, _) = (map(torch.tensor, part) for part in windows(table))
    lstm = torch.nn.LSTM(len(CHANNELS), UNITS, batch_first=True)
    head = torch.nn.Linear(UNITS, U * len(CHANNELS))
    optimizer = torch.optim.Adam([*lstm.parameters(), *head.parameters()])

    def forecast(x):
        return head(lstm(x)[0][:, -1]).view(len(x), U, -1)

    def fit(epochs):
        for _ in range(epochs):
            for rows in torch.randperm(len(x)).split(BATCH):
                optimizer.zero_grad()
                torch.nn.functional.mse_loss(forecast(x[rows]), y[rows]).backward()
                optimizer.step()
            with torch.no_grad():
                for a, b in zip(vx.split(ONLY_READ), vy.split(ONLY_READ), strict=True):
                    torch.nn.functional.mse_loss(forecast(a), b)

    def test():
        with torch.no_grad():
            return [forecast(part) for part in tx.split(ONLY_READ)]

    return fit, test


def darts(table):
    """Darts' `BlockRNNModel`; a backtest is `historical_forecasts` without training again."""
    from darts import TimeSeries
    from darts.models import BlockRNNModel

    train, held, test = map(TimeSeries.from_values, scaled(table))
    model = None

    def fit(epochs):
        nonlocal model
        model = BlockRNNModel(T, U, model="LSTM", hidden_dim=UNITS, batch_size=BATCH,
                              n_epochs=epochs, pl_trainer_kwargs=quiet())  # fmt: skip
        model.fit(train, val_series=held, verbose=False)

    def backtest():
        return model.historical_forecasts(
            test,
            forecast_horizon=U,
            retrain=False,
            last_points_only=False,
            verbose=False,
            predict_kwargs={"batch_size": ONLY_READ},
        )

    return fit, backtest


def neural(table):
    """NeuralForecast's `LSTM`: channels are series, as many sequences a step as `ours_apart`."""
    import pandas as pd
    from neuralforecast import NeuralForecast
    from neuralforecast.losses.pytorch import MSE
    from neuralforecast.models import LSTM

    def long(values):
        hours = np.tile(np.arange(len(values)), len(CHANNELS))
        names = np.repeat(CHANNELS, len(values))
        return pd.DataFrame({"unique_id": names, "ds": hours, "y": values.T.reshape(-1)})

    train, held, test = scaled(table)
    known, test = long(np.concatenate([train, held[T:]])), long(test)
    steps = -(-(len(train) - T - U + 1) // BATCH)
    made = None

    def fit(epochs):
        nonlocal made
        model = LSTM(
            h=U,
            input_size=T,
            encoder_n_layers=1,
            encoder_hidden_size=UNITS,
            encoder_dropout=0.0,
            decoder_layers=1,
            loss=MSE(),
            scaler_type="identity",
            max_steps=epochs * steps,
            val_check_steps=steps,
            batch_size=len(CHANNELS),
            windows_batch_size=BATCH * len(CHANNELS),
            inference_windows_batch_size=ONLY_READ,
            **quiet(),
        )
        made = NeuralForecast([model], freq=1)
        made.fit(known, val_size=2880)

    def backtest():
        return made.cross_validation(test, n_windows=None, test_size=2880, use_fitted=True)

    return fit, backtest


def quiet():
    """Return what keeps Lightning from writing files and lines."""
    warnings.filterwarnings("ignore")
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    return {
        "accelerator": "cpu",
        "logger": False,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
    }


SIDES = {
    "ours": ours,
    "ours, channels apart": ours_apart,
    "recipe": recipe,
    "by hand": by_hand,
    "Darts": darts,
    "NeuralForecast": neural,
}
