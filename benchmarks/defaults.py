"""Which defaults suit the real sets? Each setting varied alone, scored on rows held out.

    python benchmarks/defaults.py --sets sentiment vowels bike --seeds 2

The standard test parts are never looked at: every score is on a fifth of the training part.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from sets import SETS

import unrolled

BASE = {"units": 64, "dropout": 0.3, "learning_rate": 3e-3}
VARIED = {
    "base": {},
    "units 32": {"units": 32},
    "units 128": {"units": 128},
    "dropout 0": {"dropout": 0.0},
    "dropout .5": {"dropout": 0.5},
    "rate .001": {"learning_rate": 1e-3},
    "rate .01": {"learning_rate": 1e-2},
    "batch 16": {"batch_size": 16},
    "batch 64": {"batch_size": 64},
    "patience 20": {"patience": 20},
    "layers 2": {"layers": 2},
    "gru": {"cell": "gru"},
    "one way": {"bidirectional": False},
    "last": {"architecture": "last"},
}
MOST_ROWS = 6000


def score(real, settings, seed):
    """Return the main score on a held-out fifth of the training part, and the seconds taken."""
    rows = np.random.default_rng(seed).permutation(real.train)[:MOST_ROWS]
    held, kept = np.split(rows, [len(rows) // 5])
    network = {k: v for k, v in settings.items() if k in unrolled.Network.model_fields}
    training = {k: v for k, v in settings.items() if k in unrolled.Training.model_fields}
    model = unrolled.SequenceModel(
        real.inputs,
        real.outputs,
        network=unrolled.Network(**network),
        training=unrolled.Training(**training, seed=seed, verbose=False),
    )
    began = time.perf_counter()
    model.fit(real.table[kept])
    seconds = time.perf_counter() - began
    evaluation = model.evaluate(real.table[held])
    simple = list(next(iter(evaluation.scores.values())).values())[-1]
    return evaluation.main, next(iter(simple.values())), seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--varied", nargs="+", default=list(VARIED))
    parser.add_argument("--seeds", type=int, default=2)
    asked = parser.parse_args()
    for name in asked.sets:
        real = SETS[name]()
        for label in asked.varied:
            settings = BASE | VARIED[label]
            if label == "last" and name in ("bike", "atis"):
                continue
            found = [score(real, settings, seed) for seed in range(asked.seeds)]
            ours, simple, seconds = (np.mean([f[i] for f in found]) for i in range(3))
            print(
                f"{name:<10} {label:<12} {ours:8.4f}  simple {simple:8.4f}  {seconds:5.0f} s",
                flush=True,
            )


if __name__ == "__main__":
    main()
