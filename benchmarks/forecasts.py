"""How good are forecasts on real series, beside simple ones and published figures?

    python benchmarks/forecasts.py etth1 --horizons 96 192 336 720 --seeds 3
    python benchmarks/forecasts.py etth1 --horizons 96 --seeds 1 --architectures tail padded vector repeat segments
    python benchmarks/forecasts.py weekly --seeds 3
    python benchmarks/forecasts.py classics

ETTh1: rows 0-8639 train, 8640-11519 say when to stop, every window of 11520-14399 is scored, in
units of the training part's spread. M4 Weekly: all series but their last 13 weeks train, these are
scored by the competition's sMAPE, MASE and OWA. No setting is given but what the tables show, and
`--units` and `--epochs` for ETTh1.
"""  # noqa: E501

from __future__ import annotations

import argparse
import time

import numpy as np
import polars as pl
from sets import ROOT

import unrolled

CHANNELS = ["HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT"]
RIDGE = {96: 0.383, 192: 0.434, 336: 0.475, 720: 0.462}
SEGRNN = {96: 0.368, 192: 0.408, 336: 0.444, 720: 0.446}
NAIVE2 = {"sMAPE": 9.161, "MASE": 2.777}  # of the competition, Weekly


def etth1(
    horizons: list[int],
    seeds: int,
    lookback: int,
    architectures: list[str],
    units: int | None,
    epochs: int | None,
) -> None:
    table = pl.read_csv(ROOT / "ett" / "ETTh1.csv")
    spread = table[:8640].select(pl.col(CHANNELS).std(ddof=0)).to_numpy()[0]
    print(f"| horizon | wiring, lookback {lookback} | MSE | MAE | ridge MSE, same run | ridge floor"
          " | SegRNN | 80% hold | 95% hold | s a fit |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|---|", flush=True)
    for horizon in horizons:
        for architecture in architectures:
            found, seconds = [], []
            for seed in range(seeds):
                made = unrolled.Forecaster(
                    CHANNELS,
                    time="date",
                    horizon=horizon,
                    lookback=lookback,
                    network=unrolled.Network(architecture=architecture, units=units),
                    training=unrolled.Training(
                        validation=0.25, epochs=epochs, seed=seed, verbose=False
                    ),
                )
                began = time.perf_counter()
                made.fit(table[:11520])
                seconds.append(time.perf_counter() - began)
                test = made.backtest(table[:14400], last=2880, level=[80, 95])
                row = []
                for who in ("network", "ridge"):
                    off = test.arrays[who] - test.arrays["true"]  # 7n u 1, a channel after another
                    off = off.reshape(len(CHANNELS), -1, horizon) / spread[:, None, None]
                    row += [np.mean(off**2), np.mean(np.abs(off))]
                found.append([*row, *(test.intervals[k]["coverage"] for k in (80, 95))])
                print(f"  {horizon} {architecture} {seed}: {np.round(found[-1], 4)}"
                      f" {seconds[-1]:.0f} s, best pass {made.history_.best_epoch} of"
                      f" {len(made.history_.loss)}", flush=True)  # fmt: skip
            mean, std = np.mean(found, axis=0), np.std(found, axis=0)
            print(f"| {horizon} | {architecture} | {mean[0]:.4f} ± {std[0]:.4f} | {mean[1]:.4f}"
                  f" | {mean[2]:.3f} | {RIDGE.get(horizon, float('nan')):.3f}"
                  f" | {SEGRNN.get(horizon, float('nan')):.3f} | {100 * mean[4]:.1f}%"
                  f" | {100 * mean[5]:.1f}% | {np.mean(seconds):.0f} |", flush=True)  # fmt: skip


def weekly(seeds: int) -> None:
    parts = []
    for part in ("train", "test"):
        wide = pl.read_csv(ROOT / "m4" / f"Weekly-{part}.csv", infer_schema_length=10000)
        long = wide.unpivot(index="V1", variable_name="step", value_name="y").drop_nulls("y")
        long = long.with_columns(pl.col("step").str.slice(1).cast(pl.Int64))
        parts.append(long.sort("V1", "step"))
    train, test = parts
    true = test["y"].to_numpy().reshape(-1, 13)
    names = test["V1"].unique(maintain_order=True).to_list()
    scale = [np.abs(np.diff(train.filter(pl.col("V1") == name)["y"].to_numpy())).mean()
             for name in names]  # fmt: skip
    print("| seed | sMAPE | MASE | OWA | s |\n|---|---|---|---|---|", flush=True)
    print("| ES-RNN, published | 7.817 | 2.356 | .851 | |")
    rows = []
    for seed in range(seeds):
        began = time.perf_counter()
        made = unrolled.Forecaster(
            "y",
            time="step",
            id="V1",
            horizon=13,
            transform="log",
            training=unrolled.Training(seed=seed, verbose=False),
        ).fit(train)
        said = made.predict().sort("V1", "step")["y"].to_numpy().reshape(-1, 13)
        said = said[np.argsort(np.argsort(names))]
        off = np.abs(said - true)
        smape = 200 * float((off / (np.abs(said) + np.abs(true))).mean())
        mase = float((off / np.array(scale)[:, None]).mean())
        owa = (smape / NAIVE2["sMAPE"] + mase / NAIVE2["MASE"]) / 2
        rows.append([smape, mase, owa])
        print(f"| {seed} | {smape:.3f} | {mase:.3f} | {owa:.3f} |"
              f" {time.perf_counter() - began:.0f} |", flush=True)  # fmt: skip
    print("| mean | " + " | ".join(f"{x:.3f}" for x in np.mean(rows, axis=0)) + " | |")
    print(made.reasons_)


def classics() -> None:
    for name, column, when, horizon in (
        ("Airline", "Passengers", "Date", 24),
        ("sunspots", "SUNACTIVITY", "YEAR", 22),
        ("co2", "co2", "date", 52),
    ):
        table = pl.read_csv(ROOT / "classics" / f"{name}.csv").filter(pl.col(column).is_not_null())
        made = unrolled.Forecaster(
            column, time=when, horizon=horizon, training=unrolled.Training(verbose=False)
        )
        print(f"## {name}\n{made.fit_and_evaluate(table, last=horizon, level=[80])}\n", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("set", choices=["etth1", "weekly", "classics"])
    parser.add_argument("--horizons", nargs="+", type=int, default=[96, 192, 336, 720])
    parser.add_argument("--architectures", nargs="+", default=["segments"])
    parser.add_argument("--lookback", type=int, default=96)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--units", type=int)
    parser.add_argument("--epochs", type=int)
    asked = parser.parse_args()
    if asked.set == "etth1":
        etth1(
            asked.horizons,
            asked.seeds,
            asked.lookback,
            asked.architectures,
            asked.units,
            asked.epochs,
        )
    elif asked.set == "weekly":
        weekly(asked.seeds)
    else:
        classics()


if __name__ == "__main__":
    main()
