"""Fit and predict many small models in one process, and watch memory, threads and open files.

    python benchmarks/soak.py --fits 200

Kinds take turns: numbers and text to a label, a row written by a chained decoder, a forecast. Every
twenty fits the resident memory is printed, after a collection of garbage, with threads and open
files. The first forty fits warm up; what is added from then on, for each fit, is the growth.
"""

import argparse
import gc
import os
import threading
import time
from pathlib import Path

import numpy as np

import unrolled

FEW = unrolled.Training(epochs=1, batch_size=16, verbose=False)
SMALL = unrolled.Network(units=4)
RANDOM = np.random.default_rng(0)
LETTERS = ["".join(RANDOM.choice(list("abcd"), n)) for n in RANDOM.integers(1, 8, 48)]
TABLE = {
    "steps": [RANDOM.normal(size=n).tolist() for n in RANDOM.integers(2, 9, 48)],
    "first": [word[0] for word in LETTERS],
    "word": LETTERS,
    "label": ["has" if "a" in word else "lacks" for word in LETTERS],
    "said": [" ".join(word.upper()) for word in LETTERS],
}
SERIES = {"t": range(80), "y": np.sin(np.arange(80)).tolist()}
WARM, EACH = 40, 20


def label() -> None:
    ins = ["steps", "first"]
    made = unrolled.SequenceModel(ins, "label", network=SMALL, training=FEW)
    made.fit(TABLE).predict(TABLE)


def written() -> None:
    made = unrolled.SequenceModel(
        "word:characters", "said:tokens", shape="unaligned", network=SMALL, training=FEW
    )
    made.fit(TABLE).predict(TABLE)


def forecast() -> None:
    made = unrolled.Forecaster("y", time="t", horizon=4, lookback=8, network=SMALL, training=FEW)
    made.fit(SERIES).predict()


def resident() -> float:
    """Return the resident memory of this process (MiB)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def measured() -> tuple[float, int, int]:
    """Return memory, threads and open files."""
    gc.collect()
    return resident(), len(os.listdir("/proc/self/task")), len(os.listdir("/proc/self/fd"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fits", type=int, default=200)
    given = parser.parse_args()
    kinds, began, warm = (label, written, forecast), time.monotonic(), 0.0
    print("fits  MiB  threads (of Python)  open files  s")
    for fit in range(1, given.fits + 1):
        kinds[fit % len(kinds)]()
        if fit % EACH == 0:
            memory, threads, opened = measured()
            warm = memory if fit == WARM else warm
            seconds = time.monotonic() - began
            python = threading.active_count()
            print(
                f"{fit:4} {memory:5.0f} {threads:4} ({python}) {opened:4} {seconds:5.0f}",
                flush=True,
            )
    if given.fits > WARM:
        print(
            f"{(memory - warm) / (given.fits - WARM) * 1024:.0f} KiB a fit after the first {WARM}"
        )


if __name__ == "__main__":
    main()
