"""A training in a process of its own, which may kill itself at a chosen moment.

python training_process.py FOLDER [MOMENT]; see `KILL_AT`.
"""

import os
import signal
import sys
from itertools import count
from pathlib import Path

import polars as pl

import unrolled
from unrolled.disk import durable
from unrolled.training import dataset

NAMES = Path(__file__).parents[2] / "examples" / "many-to-one" / "names.csv"


def kill_at_call(owner, name, number):
    """Kill this process when a function of a module or class is called for the `number`-th time."""
    calls, original = count(1), getattr(owner, name)

    def call(*args, **options):
        if next(calls) == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*args, **options)

    setattr(owner, name, call)


KILL_AT = {
    "training": lambda: kill_at_call(dataset, "batch_inputs", 12),  # amid the first epoch
    "writing": lambda: kill_at_call(durable.os, "fsync", 3),  # the checkpoint is a partial file
    "saving": lambda: kill_at_call(unrolled.SequenceModel, "save", 1),  # trained, not yet saved
}


def train(folder):
    """Train on some of the names, or resume the training, and save."""
    settings = unrolled.Training(
        epochs=2, batch_size=32, verbose=False, checkpoint=folder / "kept", every=4, resume=True
    )
    model = unrolled.SequenceModel(
        {"name": "text:characters"},
        "language",
        network=unrolled.Network(units=8),
        training=settings,
    )
    table = pl.read_csv(NAMES)[::25]
    model.fit(table)
    model.save(folder / "model")
    model.predict_file(table, folder / "predictions.csv", probabilities=True)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        KILL_AT[sys.argv[2]]()
    train(Path(sys.argv[1]))
