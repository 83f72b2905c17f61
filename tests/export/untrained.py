"""Models of tiny networks that were not trained: their weights are random."""

from dataclasses import replace

import numpy as np

from unrolled import Network, SequenceModel, Training

ROWS = 40
RNG = np.random.default_rng(0)
WORDS = ["good", "bad", "fine", "awful", "don't", "the", "movie", "e\u0301clair", "Paris"]


def untrained_model(data, inputs, outputs, network=None, seeds=1):
    """Return a model whose encoders are fitted, and whose network is as it was built."""
    training = Training(verbose=False, seeds=seeds)
    model = SequenceModel(inputs, outputs, network=network, training=training)
    source = model._ingest(data, None)
    schema = model._infer_schema(source, None)
    encoder = model._fit_encoder(schema, source, None)
    rows = encoder.encode(source.table, targets=True)
    trained = model._build(encoder, rows, training, None)
    model._trained = replace(trained, layout=source.layout)
    return model


def _numbers(mean=0.0, std=1.0):
    return (RNG.normal(size=ROWS) * std + mean).tolist()


def _sequences():
    return [RNG.normal(size=1 + i % 7).round(3).tolist() for i in range(ROWS)]


def _labels(*names):
    return [names[i % len(names)] for i in range(ROWS)]


NUMBER = [None, *_numbers(1e6, 3.0)[1:]]  # float32 would lose its last digits
TEXT = [" ".join(RNG.choice(WORDS, 1 + i % 6)) for i in range(ROWS)]
TOKENS = [RNG.choice(["a", "b", "c"], 1 + i % 5).tolist() for i in range(ROWS)]
LETTERS = ["".join(tokens) for tokens in TOKENS]
DATES = [f"2024-{1 + i % 12:02}-{1 + i % 27:02}" for i in range(ROWS)]
TAGS = [
    ["O" if t == "a" else "I-x" if i and row[i - 1] != "a" else "B-x" for i, t in enumerate(row)]
    for row in TOKENS
]
SEQUENCES = _sequences()
SMALL = Network(units=6)
LETTERS_TO_LETTERS = {"w": LETTERS, "p": [w.upper() + "!" for w in LETTERS]}

# By name: the table, inputs, outputs, the network, and how many networks there are.
CASES = {
    "text to a label": ({"t": TEXT, "y": _labels("no", "yes")}, {"t": "text:words"}, "y", SMALL, 1),
    "columns of many kinds": (
        {
            "t": TEXT,
            "n": NUMBER,
            "d": DATES,
            "k": _labels("x", "y", "w"),
            "y": _labels("no", "yes", "perhaps"),
            "z": _numbers(7, 50),
        },
        {"t": "text:words", "n": "number", "d": "date", "k": "category"},
        {"y": "category", "z": "number"},
        SMALL,
        1,
    ),
    "no steps": (
        {"n": NUMBER, "k": [f"c{i}" for i in range(ROWS)], "lstm": NUMBER, "y": _numbers()},
        {"n": "number", "k": "category", "lstm": "number"},
        "y",
        SMALL,
        1,
    ),
    "numbers of a fixed length": (
        {"s": [[1.0 * i, 2, 3 - i] for i in range(ROWS)], "n": NUMBER, "y": _numbers()},
        ["s", "n"],
        "y",
        SMALL,
        1,
    ),
    "a set of labels": (
        {"s": SEQUENCES, "y": [[["p"], ["p", "q"], []][i % 3] for i in range(ROWS)]},
        "s",
        {"y": "labels"},
        SMALL,
        1,
    ),
    "steps of their own": (
        {"s": SEQUENCES, "t": TEXT, "k": _labels("x", "y"), "y": _numbers()},
        {"s": "numbers", "t": "text:words", "k": "category"},
        "y",
        SMALL,
        1,
    ),
    "tags": (
        {"w": TOKENS, "y": TAGS},
        {"w": "tokens"},
        {"y": "tokens"},
        Network(architecture="steps", units=6),
        1,
    ),
    "numbers at every step": (
        {"s": SEQUENCES, "y": [[2 * x for x in s] for s in SEQUENCES]},
        "s",
        "y",
        SMALL,
        1,
    ),
    "vector": (
        {"s": SEQUENCES, "y": [[1.0 * i, 2, 3 - i] for i in range(ROWS)]},
        "s",
        {"y": "numbers"},
        Network(architecture="vector", units=6),
        1,
    ),
    "an ensemble that writes": (
        LETTERS_TO_LETTERS,
        {"w": "text:characters"},
        {"p": "text:characters"},
        Network(units=6, cell="gru"),
        2,
    ),
    "words to words": (
        {"t": TEXT, "y": [" ".join(t.split()[::-1]) + "." for t in TEXT]},
        {"t": "text:words"},
        {"y": "text:words"},
        SMALL,
        1,
    ),
    "a label to letters": (
        {"k": _labels("x", "y", "w"), "p": LETTERS_TO_LETTERS["p"]},
        {"k": "category"},
        {"p": "text:characters"},
        SMALL,
        1,
    ),
    "numbers that end by themselves": (
        {"s": SEQUENCES, "y": [[*s[::-1], 1.0] for s in SEQUENCES]},
        "s",
        {"y": "numbers"},
        Network(architecture="decoder", units=6),
        1,
    ),
    "letters to letters": (
        LETTERS_TO_LETTERS,
        {"w": "text:characters"},
        {"p": "text:characters"},
        SMALL,
        1,
    ),
}
