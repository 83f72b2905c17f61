"""A training in a process of its own, which may kill itself at a chosen moment.

python lives.py FOLDER [AIM]; see `AIMS`.
"""

import os
import signal
import sys
from itertools import count
from pathlib import Path

import polars as pl

import unrolled
from unrolled.disk import durable
from unrolled.sequences import model
from unrolled.training import dataset

NAMES = Path(__file__).parents[2] / "examples" / "many-to-one" / "names.csv"


def killed(module, name, at):
    """Kill this process, for good, when a function of a module is called for the `at`-th time."""
    calls, plain = count(1), getattr(module, name)

    def call(*given, **more):
        if next(calls) == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return plain(*given, **more)

    setattr(module, name, call)


AIMS = {
    "training": lambda: killed(dataset, "inputs_of", 12),  # in the middle of the first pass
    "writing": lambda: killed(durable.os, "fsync", 3),  # the file is there in half
    "saving": lambda: killed(model.artifact, "save", 1),  # trained, and not yet saved
}


def train(folder):
    """Train on some of the names, or go on, and save."""
    settings = unrolled.Training(
        epochs=2, batch_size=32, verbose=False, checkpoint=folder / "kept", every=4, resume=True
    )
    made = unrolled.SequenceModel(
        {"name": "text:characters"},
        "language",
        network=unrolled.Network(units=8),
        training=settings,
    )
    table = pl.read_csv(NAMES)[::25]
    made.fit(table)
    made.save(folder / "model")
    made.predict_file(table, folder / "said.csv", probabilities=True)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        AIMS[sys.argv[2]]()
    train(Path(sys.argv[1]))
