"""How long a pass over TREC's questions takes, against torch with packed rows and plain Keras.

    python benchmarks/questions_speed.py [--rounds 5] [--backends jax tensorflow]

Words embedded in 100 numbers, one LSTM of 128 units whose last state gives six classes, batches of
32, no dropout; 4634 questions of 3 to 32 words (10 in the mean) train, and on every side a pass
ends with the loss of 818 others, 256 at a time. To train, ours pads rows to 12, 16 or 32 steps, and
clips gradients; Keras pads all to 37, the longest, and masks them (`mask_zero`); torch packs them.
A pass is timed by how much longer a fit of four takes than one of one, so that neither imports nor
compilers are in it. Each side is a process of its own, asked in turn; medians in seconds.
"""

from __future__ import annotations

import argparse
from importlib.util import find_spec

import numpy as np
from sets import SETS
from turns import a_pass, answer, in_turn

WIDTH, UNITS, BATCH, PASSES = 100, 128, 32, 3
HELD = 818


def tables():
    real = SETS["trec"]()
    rows = np.random.default_rng(0).permutation(real.train)
    return real.table[rows[HELD:]], real.table[rows[:HELD]]


def ours(train, held):
    import unrolled

    def fit(epochs):
        network = unrolled.Network(
            architecture="last", units=UNITS, bidirectional=False, dropout=0.0, linear=False
        )
        training = unrolled.Training(epochs=epochs, batch_size=BATCH, verbose=False)
        model = unrolled.SequenceModel(
            {"text": "words"},
            {"kind": "category"},
            network=network,
            training=training,
            text=unrolled.Text(characters=False),
        )
        model.fit(train, validation=held)

    return fit


def ids(train, held):
    """Return rows of word ids and labels of both parts, words that stand twice being known."""
    from collections import Counter

    words = [[text.lower().split() for text in part["text"]] for part in (train, held)]
    counts = Counter(word for row in words[0] for word in row)
    known = {w: i + 2 for i, w in enumerate(w for w, n in counts.items() if n > 1)}
    kinds = {kind: i for i, kind in enumerate(sorted(set(train["kind"])))}
    parts = []
    for rows, part in zip(words, (train, held), strict=True):
        labels = np.array([kinds[kind] for kind in part["kind"]])
        parts.append(([np.array([known.get(w, 1) for w in row]) for row in rows], labels))
    return *parts, len(known) + 2


def recipe(train, held):
    """Stock Keras: every row padded to the longest, `mask_zero`."""
    import keras

    *parts, size = ids(train, held)
    longest = max(len(row) for rows, _ in parts for row in rows)
    arrays = [(np.array([np.pad(r, (0, longest - len(r))) for r in rows]), y) for rows, y in parts]
    model = keras.Sequential([
        keras.Input((longest,), dtype="int32"),
        keras.layers.Embedding(size, WIDTH, mask_zero=True),
        keras.layers.LSTM(UNITS),
        keras.layers.Dense(6),
    ])  # fmt: skip
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))

    def fit(epochs):
        model.fit(*arrays[0], batch_size=BATCH, epochs=epochs, validation_data=arrays[1],
                  validation_batch_size=256, verbose=0)  # fmt: skip

    return fit


def packed(train, held):
    """Torch: rows of a batch padded to its longest and packed."""
    import torch
    from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence

    *parts, size = ids(train, held)
    (rows, y), (vrows, vy) = ((list(map(torch.tensor, a)), torch.tensor(b)) for a, b in parts)
    embedding = torch.nn.Embedding(size, WIDTH, padding_idx=0)
    lstm = torch.nn.LSTM(WIDTH, UNITS, batch_first=True)
    head = torch.nn.Linear(UNITS, 6)
    modules = (embedding, lstm, head)
    optimizer = torch.optim.Adam([p for module in modules for p in module.parameters()])

    def loss(batch, labels):
        lengths = torch.tensor([len(row) for row in batch])
        x = embedding(pad_sequence(batch, batch_first=True))
        x = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        return torch.nn.functional.cross_entropy(head(lstm(x)[1][0][-1]), labels)

    def fit(epochs):
        for _ in range(epochs):
            for which in torch.randperm(len(rows)).split(BATCH):
                optimizer.zero_grad()
                loss([rows[i] for i in which], y[which]).backward()
                optimizer.step()
            with torch.no_grad():
                for which in torch.arange(len(vrows)).split(256):
                    loss([vrows[i] for i in which], vy[which])

    return fit


def work(side):
    def built():
        fit = {"ours": ours, "recipe": recipe, "packed": packed}[side](*tables())
        fit(1)
        return lambda: [a_pass(fit, PASSES)]

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
    sides += [("packed", "torch")] if find_spec("torch") else []
    took = in_turn(__file__, sides, asked.rounds)
    base = np.array(took["ours", "jax"])[:, 0]
    print("| side | s a pass | / ours |\n|---|---|---|")
    for side, rows in took.items():
        seconds = np.array(rows)[:, 0]
        ratio = np.median(seconds / base)
        print(f"| {side[0]} on {side[1]} | {np.median(seconds):.2f} | {ratio:.1f} |")


if __name__ == "__main__":
    main()
