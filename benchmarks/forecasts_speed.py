"""How long a pass of forecasting takes, and a backtest, against torch by hand and plain Keras.

    python benchmarks/forecasts_speed.py [--rounds 5] [--backends jax tensorflow]

ETTh1, seven channels from seven, lookback 96, horizon 96, one LSTM of 64 units whose last state
gives all steps, batches of 32, no dropout, squared error. A pass ends with the validation part on
every side. The backtest forecasts all 2785 windows of the test part. Each side is a process of its
own, asked in turn; medians in seconds, and the most memory the process held.
"""

from __future__ import annotations

import argparse
import resource
import time
from importlib.util import find_spec

import numpy as np
import polars as pl
from forecasts import CHANNELS
from sets import ROOT
from turns import answer, in_turn

T = U = 96
UNITS, BATCH, PASSES = 64, 32, 2


def timed(function):
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def ours(table):
    import unrolled

    def fitted(epochs):
        made = unrolled.Forecaster(
            CHANNELS,
            time="date",
            horizon=U,
            lookback=T,
            season=24,
            channels="joint",
            network=unrolled.Network(architecture="vector", units=UNITS, dropout=0.0),
            training=unrolled.Training(
                epochs=epochs, batch_size=BATCH, validation=0.25, loss="squared", verbose=False
            ),
        )
        return made.fit(table[:11520])

    made = fitted(1)
    made.backtest(table[:14400], last=2880)
    one = timed(lambda: fitted(1))
    return (
        lambda: (timed(lambda: fitted(1 + PASSES)) - one) / PASSES,
        lambda: timed(lambda: made.backtest(table[:14400], last=2880)),
    )


def windows(table):
    """Return scaled arrays of windows: inputs and targets of train, validation and test."""
    values = table.select(CHANNELS).to_numpy().astype("float32")
    values = (values - values[:8640].mean(0)) / values[:8640].std(0)
    parts = []
    for first, last in ((0, 8640), (8640 - T, 11520), (11520 - T, 14400)):
        view = np.lib.stride_tricks.sliding_window_view(values[first:last], T + U, axis=0)
        view = view.swapaxes(1, 2)
        parts.append((view[:, :T], view[:, T:]))
    return parts


def recipe(table):
    """The same in stock Keras: arrays of windows, `fit`, `predict`."""
    import keras

    (x, y), held, (tx, _) = ((np.ascontiguousarray(a), np.ascontiguousarray(b))
                             for a, b in windows(table))  # fmt: skip
    shape = (U, len(CHANNELS))
    model = keras.Sequential([
        keras.Input((T, len(CHANNELS))),
        keras.layers.LSTM(UNITS),
        keras.layers.Dense(U * len(CHANNELS)),
        keras.layers.Reshape(shape),
    ])  # fmt: skip
    model.compile("adam", "mse")

    def one_pass():
        model.fit(x, y, batch_size=BATCH, validation_data=held, verbose=0)

    one_pass()
    model.predict(tx, batch_size=256, verbose=0)
    return lambda: timed(one_pass), lambda: timed(
        lambda: model.predict(tx, batch_size=256, verbose=0)
    )


def by_hand(table):
    """The same in torch, as one would write it: tensors of windows, shuffled by index."""
    import torch

    (x, y), (vx, vy), (tx, _) = ((torch.tensor(a.copy()), torch.tensor(b.copy()))
                                 for a, b in windows(table))  # fmt: skip
    lstm = torch.nn.LSTM(len(CHANNELS), UNITS, batch_first=True)
    head = torch.nn.Linear(UNITS, U * len(CHANNELS))
    optimizer = torch.optim.Adam([*lstm.parameters(), *head.parameters()])

    def forecast(x):
        return head(lstm(x)[0][:, -1]).view(len(x), U, -1)

    def one_pass():
        for rows in torch.randperm(len(x)).split(BATCH):
            optimizer.zero_grad()
            torch.nn.functional.mse_loss(forecast(x[rows]), y[rows]).backward()
            optimizer.step()
        with torch.no_grad():
            for a, b in zip(vx.split(256), vy.split(256), strict=True):
                torch.nn.functional.mse_loss(forecast(a), b)

    def test():
        with torch.no_grad():
            return [forecast(part) for part in tx.split(256)]

    one_pass(), test()
    return lambda: timed(one_pass), lambda: timed(test)


def work(side):
    table = pl.read_csv(ROOT / "ett" / "ETTh1.csv")

    def built():
        functions = {"ours": ours, "recipe": recipe, "by hand": by_hand}[side](table)

        def measured():
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            return [*(function() for function in functions), peak]

        return measured

    answer(built)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--backends", nargs="+", default=["jax", "tensorflow"])
    parser.add_argument("--work", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.work:
        work(asked.work)
        return
    sides = [("ours", "jax")] + [("recipe", b) for b in asked.backends if find_spec(b)]
    sides += [("by hand", "torch")] if find_spec("torch") else []
    took = in_turn(__file__, sides, asked.rounds)
    print("| side | s a pass | / ours | s a backtest | / ours | peak MiB |")
    print("|---|---|---|---|---|---|")
    base = np.array(took["ours", "jax"])
    for side, rows in took.items():
        ratios, medians = np.median(np.array(rows) / base, axis=0), np.median(rows, axis=0)
        print(f"| {side[0]} on {side[1]} | {medians[0]:.2f} | {ratios[0]:.1f} | {medians[1]:.3f}"
              f" | {ratios[1]:.1f} | {medians[2]:.0f} |")  # fmt: skip


if __name__ == "__main__":
    main()
