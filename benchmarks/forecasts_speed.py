"""How long forecasting takes, against torch by hand, Darts, NeuralForecast and plain Keras.

    python benchmarks/forecasts_speed.py [--rounds 5] [--backends jax tensorflow]
    python benchmarks/forecasts_speed.py --whole [--rounds 3]

ETTh1, seven channels from seven, lookback 96, horizon 96, one LSTM of 64 units whose last state
gives all steps, batches of 32, no dropout, squared error; channels apart where that is how a
library works. A pass ends with the validation part on every side; its time is by how much longer a
fit of three passes takes than one of one, so that neither imports nor compilers are in it. The
backtest forecasts all 2785 windows of the test part. Each side is a process of its own, asked in
turn; medians in seconds. `--whole` times processes from their start to their end: imports, three
passes, a backtest; and shows the most memory they held.

What is not the same: see `forecasts_sides.py`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from importlib.util import find_spec

import numpy as np
import polars as pl
from forecasts_sides import SIDES
from sets import ROOT
from turns import a_pass, answer, in_turn, timed

PASSES = 2


def made(side):
    return SIDES[side](pl.read_csv(ROOT / "ett" / "ETTh1.csv"))


class NoTensorFlow:
    """Hides TensorFlow, which Keras imports to seed it where it can, from sides on JAX."""

    @staticmethod
    def find_spec(name, path=None, target=None):  # noqa: ARG004
        if name == "tensorflow":
            raise ModuleNotFoundError(name)


def work(side):
    def built():
        fit, backtest = made(side)
        fit(1), backtest()
        return lambda: [a_pass(fit, PASSES), timed(backtest)]

    answer(built)


def whole(side):
    fit, backtest = made(side)
    fit(3), backtest()


def process(side, backend):
    """Return the seconds that a whole process took, and the most memory it held (MiB)."""
    environment = {**os.environ, "KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    start = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, __file__, "--process", side],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(child.pid, 0)
    assert status == 0, side
    return [time.perf_counter() - start, usage.ru_maxrss / 1024]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--backends", nargs="+", default=["jax", "tensorflow"])
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("--process", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if (asked.work or asked.process) and os.environ["KERAS_BACKEND"] == "jax":
        sys.meta_path.insert(0, NoTensorFlow)
    if asked.work:
        return work(asked.work)
    if asked.process:
        return whole(asked.process)
    sides = [("ours", "jax"), ("ours, channels apart", "jax")]
    sides += [("recipe", backend) for backend in asked.backends if find_spec(backend)]
    rivals = {"by hand": "torch", "Darts": "darts", "NeuralForecast": "neuralforecast"}
    sides += [(side, "torch") for side, needs in rivals.items() if find_spec(needs)]
    if asked.whole:
        took = {side: [] for side in sides}
        for _ in range(asked.rounds):
            for side in sides:
                took[side].append(process(*side))
        return printed(took, ["s a process", "peak MiB"])
    return printed(in_turn(__file__, sides, asked.rounds), ["s a pass", "s a backtest"])


def printed(took, columns):
    """Print medians, and the medians of the ratios to ours of the same round."""
    print("| side | " + " | ".join(f"{name} | / ours" for name in columns) + " |")
    print("|---|" + "---|---|" * len(columns))
    for side, rows in took.items():
        base = "ours, channels apart" if side[0] == "NeuralForecast" else "ours"
        ratios = np.median(np.array(rows) / np.array(took[base, "jax"]), axis=0)
        cells = zip(np.median(rows, axis=0), ratios, strict=True)
        print(f"| {side[0]} on {side[1]} | " + " | ".join(f"{m:.3g} | {r:.1f}" for m, r in cells)
              + " |")  # fmt: skip


if __name__ == "__main__":
    main()
