"""How long one pass of letters to sounds takes, and writing 450 words, against plain Keras.

    python benchmarks/decoders_speed.py [--rounds 5] [--backends jax tensorflow]

The same network on every side, printed by `unrolled`: attention over an encoder that reads both
ways, one decoder layer, 256 units. The recipe is what one would write by hand: every word padded
to the longest, a mask, teacher forcing, `fit`; and to write, `predict` once for each step. Each
engine is a process of its own, asked in turn; figures are medians in seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from importlib.util import find_spec

import numpy as np
from decoders import g2p_part

PASSES = 3


def ours(train, dev):
    """Return a function of seconds a pass, and one of seconds to write the dev words."""
    import unrolled

    def fitted(epochs):
        settings = unrolled.Training(epochs=epochs, verbose=False)
        columns = {"word": "characters"}, {"sounds": "tokens"}
        start = time.perf_counter()
        model = unrolled.SequenceModel(*columns, training=settings).fit(train, validation=dev)
        return time.perf_counter() - start, model

    model = fitted(1)[1]
    model.predict(dev)

    def write():
        start = time.perf_counter()
        model.predict(dev)
        return time.perf_counter() - start

    return (lambda: (fitted(1 + PASSES)[0] - fitted(1)[0]) / PASSES), write


def recipe(train, dev):
    """As `ours`, in stock Keras."""
    import keras

    from unrolled.acceleration import plain
    from unrolled.data.vocabulary import END, Vocabulary
    from unrolled.networks import Network, Ports, build, faces
    from unrolled.schema import Column

    known = [
        Vocabulary(column, as_output=out, end=out).fit(train[column.name].to_list())
        for column, out in [
            (Column(name="word", kind="text", unit="characters"), False),
            (Column(name="sounds", kind="tokens"), True),
        ]
    ]

    def padded(values, encoder):
        rows = encoder.encode(values)
        out = np.zeros((len(rows), max(map(len, rows))), np.int32)
        for place, row in zip(out, rows, strict=True):
            place[: len(row)] = row
        return out

    def fed(table):
        x = padded(table["word"].to_list(), known[0])
        y = padded([s.split(" ") for s in table["sounds"]], known[1])
        late = np.concatenate([np.full_like(y[:, :1], END), y[:, :-1]], 1)
        return {"word": x, "mask": x > 0, "previous": late}, y

    ports = Ports("unaligned", u=1, values=0, embedded={"word": known[0].size}, tokens=True,
                  heads={"sounds": known[1].size}, ragged=True)  # fmt: skip
    model = plain(build(ports, Network(dropout=0.3)))
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    inputs, y = fed(train)
    weights = (y > 0).astype("float32")

    def one_pass():
        start = time.perf_counter()
        model.fit(inputs, y, sample_weight=weights, batch_size=32, verbose=0)
        return time.perf_counter() - start

    words, _ = fed(dev)
    del words["previous"]
    made = faces(ports, Network())
    encode, step = plain(made.encode), plain(made.step)  # of other weights, and as fast

    def write():
        start = time.perf_counter()
        said = encode.predict(words, batch_size=450, verbose=0)
        states, previous = said["states"], np.full((450, 1), END, np.int32)
        for _ in range(y.shape[1]):
            asked = {"previous": previous, "states": states, "memory": said["memory"]}
            out = step.predict(asked, batch_size=450, verbose=0)
            previous, states = out["sounds"][..., END:].argmax(-1) + END, out["states"]
        return time.perf_counter() - start

    one_pass(), write()
    return one_pass, write


def work(side):
    answers, sys.stdout = sys.stdout, sys.stderr
    functions = {"ours": ours, "recipe": recipe}[side](g2p_part("fre", "train"),
                                                       g2p_part("fre", "dev"))  # fmt: skip
    print("ready", file=answers, flush=True)
    for _ in sys.stdin:
        print(json.dumps([function() for function in functions]), file=answers, flush=True)


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
    workers, took = {}, {side: [] for side in sides}
    for side in sides:
        workers[side] = subprocess.Popen(
            [sys.executable, __file__, "--work", side[0]],
            env={**os.environ, "KERAS_BACKEND": side[1], "TF_CPP_MIN_LOG_LEVEL": "3"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert workers[side].stdout.readline().strip() == "ready", side
    for _ in range(asked.rounds):
        for side, worker in workers.items():
            print("go", file=worker.stdin, flush=True)
            took[side].append(json.loads(worker.stdout.readline()))
            time.sleep(0.5)
    print("| side | s a pass | recipe / ours | s to write 450 words | recipe / ours |")
    print("|---|---|---|---|---|")
    base = np.array(took["ours", "jax"])
    for side, rows in took.items():
        ratios = np.median(np.array(rows) / base, axis=0)
        seconds = np.median(rows, axis=0)
        print(f"| {side[0]} on {side[1]} | {seconds[0]:.2f} | {ratios[0]:.1f} | {seconds[1]:.3f}"
              f" | {ratios[1]:.0f} |")  # fmt: skip


if __name__ == "__main__":
    main()
