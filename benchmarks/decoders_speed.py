"""How long one pass of letters to sounds takes, and writing 450 words, against plain Keras.

    python benchmarks/decoders_speed.py [--rounds 5] [--backends jax tensorflow]
        [--yoyodyne ~/.venvs/yoyodyne/bin/yoyodyne]

The same network on every side, printed by `unrolled`: attention over an encoder that reads both
ways, one decoder layer, 256 units. The recipe is what one would write by hand: every word padded
to the longest, a mask, teacher forcing, `fit`; and to write, `predict` once for each step, of all
450 words together, and of one word at a time (ten words, times 45) as tutorials do. Each engine is
a process of its own, asked in turn; figures are medians in seconds. yoyodyne's attentive LSTM of
the same sizes runs by its own command, for one pass and for two; only passes are compared.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from decoders import g2p_part
from sets import ROOT
from turns import answer, in_turn

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

    return (lambda: (fitted(1 + PASSES)[0] - fitted(1)[0]) / PASSES), write, write


def recipe(train, dev):
    """As `ours`, in stock Keras."""
    import keras

    from unrolled.data.encoders.vocabulary import Vocabulary
    from unrolled.data.special_ids import END
    from unrolled.layers.acceleration import to_stock_layers
    from unrolled.networks import Network, NetworkSpec, build, build_bundle
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

    spec = NetworkSpec("unaligned", u=1, values=0, embedded={"word": known[0].size}, tokens=True,
                  heads={"sounds": known[1].size}, ragged=True)  # fmt: skip
    model = to_stock_layers(build(spec, Network(dropout=0.3)))
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    inputs, y = fed(train)
    weights = (y > 0).astype("float32")
    held = fed(dev)
    held = (*held, (held[1] > 0).astype("float32"))

    def one_pass():
        start = time.perf_counter()
        more = {"batch_size": 32, "validation_data": held, "verbose": 0}
        model.fit(inputs, y, sample_weight=weights, **more)
        return time.perf_counter() - start

    words, _ = fed(dev)
    del words["previous"]
    made = build_bundle(spec, Network())
    encode, step = (
        to_stock_layers(made.encode),
        to_stock_layers(made.step),
    )

    def write(rows=slice(None)):
        start = time.perf_counter()
        some = {name: a[rows] for name, a in words.items()}
        said = encode.predict(some, batch_size=450, verbose=0)
        states, previous = said["states"], np.full((len(some["mask"]), 1), END, np.int32)
        for _ in range(y.shape[1]):
            asked = {"previous": previous, "states": states, "memory": said["memory"]}
            out = step.predict(asked, batch_size=450, verbose=0)
            previous, states = out["sounds"][..., END:].argmax(-1) + END, out["states"]
        return time.perf_counter() - start

    def write_each():
        return 45 * sum(write(slice(i, i + 1)) for i in range(10))

    one_pass(), write(), write_each()
    return one_pass, write, write_each


YOYODYNE = """
seed_everything: 0
trainer: {{accelerator: cpu, max_epochs: 1, logger: false, enable_progress_bar: false}}
checkpoint: {{filename: best, monitor: val_loss, mode: min}}
data:
  model_dir: {folder}
  train: {data}/train/fre_train.tsv
  val: {data}/dev/fre_dev.tsv
  source_sep: ""
  target_sep: " "
  batch_size: 32
model:
  class_path: yoyodyne.models.SoftAttentionLSTMModel
  init_args:
    source_encoder:
      class_path: yoyodyne.models.modules.LSTMEncoder
      init_args: {{bidirectional: true, dropout: 0.3, embedding_size: 128, hidden_size: 256}}
    decoder_dropout: 0.3
    decoder_hidden_size: 256
    embedding_size: 128
    label_smoothing: 0.1
    optimizer: {{class_path: torch.optim.Adam, init_args: {{lr: 0.003}}}}
"""


def yoyodyne(command):
    """Return the seconds a pass of yoyodyne takes: those of two passes without those of one."""
    took = []
    for passes in (1, 2):
        with tempfile.TemporaryDirectory() as folder:
            config = Path(folder, "config.yaml")
            config.write_text(YOYODYNE.format(folder=folder, data=ROOT / "sigmorphon2020_g2p"))
            asked = [command, "fit", "--config", config, "--trainer.max_epochs", str(passes)]
            start = time.perf_counter()
            subprocess.run(asked, check=True, capture_output=True, cwd=folder)
            took.append(time.perf_counter() - start)
    return [took[1] - took[0], float("nan"), float("nan")]


def work(side):
    def built():
        parts = g2p_part("fre", "train"), g2p_part("fre", "dev")
        functions = {"ours": ours, "recipe": recipe}[side](*parts)
        return lambda: [function() for function in functions]

    answer(built)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--backends", nargs="+", default=["jax", "tensorflow"])
    parser.add_argument("--yoyodyne", help="its command, in an environment of its own")
    parser.add_argument("--work", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.work:
        work(asked.work)
        return
    sides = [("ours", "jax")] + [("recipe", b) for b in asked.backends if find_spec(b)]
    beside = {("yoyodyne", "torch"): lambda: yoyodyne(asked.yoyodyne)} if asked.yoyodyne else {}
    took = in_turn(__file__, sides, asked.rounds, beside)
    print("| side | s a pass | / ours | s to write 450 words | / ours | one at a time | / ours |")
    print("|---|---|---|---|---|---|---|")
    base = np.array(took["ours", "jax"])
    for side, rows in took.items():
        ratios = np.median(np.array(rows) / base, axis=0)
        seconds = np.median(rows, axis=0)
        print(f"| {side[0]} on {side[1]} | {seconds[0]:.2f} | {ratios[0]:.1f} | {seconds[1]:.3f}"
              f" | {ratios[1]:.1f} | {seconds[2]:.2f} | {ratios[2]:.0f} |")  # fmt: skip


if __name__ == "__main__":
    main()
