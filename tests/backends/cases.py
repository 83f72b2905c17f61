"""A case for each architecture; as a script it trains or loads every case on one backend.

KERAS_BACKEND=jax python cases.py train FOLDER    # saves each model, its losses and predictions
KERAS_BACKEND=jax python cases.py predict FOLDER  # writes the predictions of the saved models
"""

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

import unrolled
from unrolled.backend import keras
from unrolled.networks import ARCHITECTURES
from unrolled.shapes import FACTS

ROWS, T, U = 40, 5, 3
SETTINGS = {"units": 8, "dropout": 0.0}
MANY = {"one-to-many": "future", "aligned": "along", "unaligned": "future"}


@dataclass(frozen=True)
class Case:
    """A network with its input and output columns."""

    shape: str
    architecture: str
    inputs: str | dict[str, str]
    outputs: str | dict[str, str]
    settings: dict = field(default_factory=dict)
    note: str = ""
    text: unrolled.Text | None = None

    def __str__(self):
        return " ".join(part for part in (self.shape, self.architecture, self.note) if part)


def simple_case(row):
    """Return the case of an architecture with numbers, for rows of the same length."""
    inputs = {"past": "numbers"} if FACTS[row.shape].inputs == "many" else "fact"
    outputs = {MANY[row.shape]: "numbers"} if row.shape in MANY else "total"
    settings = {} if row.attention else {"attention": False}
    note = "" if row.attention else "without attention"
    return Case(row.shape, row.name, inputs, outputs, settings, note)


WORDS, LABEL, TAGS = {"words": "tokens"}, {"label": "category"}, {"tags": "tokens"}
RAGGED, FUTURE = {"ragged": "numbers"}, {"future": "numbers"}
SPELLED, OPEN = {"spelled": "tokens"}, {"open": "numbers"}
BOTH = {"words": "tokens", "past": "numbers"}  # each with its own number of steps
LETTERS = unrolled.Text(characters=True)
CASES = (
    *map(simple_case, ARCHITECTURES),
    Case("many-to-one", "last", WORDS, LABEL, {"layers": 2}, "of words, two layers"),
    Case("many-to-one", "last", RAGGED, "total", {"cell": "rnn"}, "ragged rnn"),
    Case("many-to-one", "pooled", WORDS, LABEL, {}, "of words"),
    Case("many-to-one", "pooled", RAGGED, LABEL, {}, "ragged, a label"),
    Case("many-to-one", "pooled", RAGGED, "total", {"cell": "gru"}, "ragged gru"),
    Case("many-to-one", "pooled", WORDS, LABEL, {"pooling": "max"}, "of characters, max", LETTERS),
    Case("many-to-one", "pooled", WORDS, LABEL, {"pooling": "attention"}, "of words, attention"),
    Case("aligned", "steps", WORDS, TAGS, {}, "of words"),
    Case("unaligned", "vector", RAGGED, FUTURE, {}, "ragged"),
    Case("unaligned", "repeat", RAGGED, FUTURE, {"cell": "gru"}, "ragged gru"),
    Case("one-to-many", "decoder", "fact", OPEN, {"layers": 2}, "that stops, two layers"),
    Case("one-to-many", "decoder", "label", SPELLED, {"cell": "gru"}, "of words, gru"),
    Case("unaligned", "decoder", RAGGED, OPEN, {"cell": "rnn"}, "ragged rnn that stops"),
    Case("unaligned", "decoder", WORDS, SPELLED, {"layers": 2}, "of words, two layers"),
    Case("unaligned", "decoder", RAGGED, SPELLED, {"bidirectional": False}, "of words, one way"),
    Case("many-to-one", "pooled", BOTH, LABEL, {}, "of two inputs"),
    Case("aligned", "steps", BOTH, TAGS, {}, "of two inputs"),
    Case("unaligned", "decoder", BOTH, SPELLED, {}, "of two inputs"),
)


def table():
    """Return a table with the columns of all cases."""
    random = np.random.default_rng(3)
    lengths = random.integers(2, T + 1, ROWS)
    past = random.normal(size=(ROWS, T))
    words = [random.choice(["red", "green", "blue"], n).tolist() for n in lengths]
    return {
        "fact": past[:, 0].tolist(),
        "past": past.tolist(),
        "ragged": [row[:n].tolist() for row, n in zip(past, lengths, strict=True)],
        "words": words,
        "total": past.sum(axis=1).tolist(),
        "along": past.cumsum(axis=1).tolist(),
        "future": (past[:, :1] * np.arange(1, U + 1)).tolist(),
        "open": [[row[0]] * n for row, n in zip(past.tolist(), lengths, strict=True)],
        "spelled": [row[::-1] + ["end"] * (row[0] == "red") for row in words],
        "label": ["warm" if "red" in row else "cold" for row in words],
        "tags": [["R" if word == "red" else "other" for word in row] for row in words],
    }


def set_initial_weights(model):
    """Set weights that NumPy drew, so that they are the same on every backend."""
    random = np.random.default_rng(7)
    shapes = [weight.shape for weight in model.model_.get_weights()]
    model.model_.set_weights([random.normal(0, 0.2, shape) for shape in shapes])


def train(case):
    """Return the model of a case, fitted for a few epochs."""
    model = unrolled.SequenceModel(
        case.inputs,
        case.outputs,
        shape=case.shape,
        network=unrolled.Network(architecture=case.architecture, **SETTINGS, **case.settings),
        training=unrolled.Training(epochs=4, learning_rate=1e-3, verbose=False),
        text=case.text,
    )
    begin = keras.callbacks.LambdaCallback(on_train_begin=lambda _: set_initial_weights(model))
    return model.fit(table(), callbacks=[begin])


def predict(model):
    """Return the predictions for the table, as probabilities if the output is a category."""
    category = model.schema_.outputs[0].kind == "category"
    outputs = model.predict_proba(table()) if category else model.predict(table())
    return {name: [np.asarray(row).tolist() for row in rows] for name, rows in outputs.items()}


def main(verb, folder):
    """Train or load every case in a folder, and write its losses and predictions as JSON."""
    for case in CASES:
        path = Path(folder) / str(case)
        model = train(case) if verb == "train" else unrolled.load(path)
        if verb == "train":
            model.save(path)
        result = json.dumps({"loss": model.history_.loss, "predictions": predict(model)})
        path.with_name(f"{case}.json").write_text(result, encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
