"""How long one step of `keras.Model.fit` takes with the fast layers and with stock Keras.

    python benchmarks/layers_fit.py [--rounds 9] [--backends jax torch] [--write FILE]

A model is LSTM(128) (or GRU) and Dense(1), a batch is 32 x 100 x 16. Every backend that is
installed runs in a process of its own; all take turns, so a busy machine is busy for all.
No allocator setting is changed for any side. Figures are medians in ms; what counts are the
ratios, as absolute times depend on the machine and on what else it does. On a machine that is
busy with other things even ratios of wall time say nothing; `taskset -c 0 ... --clock cpu`
then compares the processor time of one core.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from importlib.util import find_spec

B, T, F, H, STEPS = 32, 100, 16, 128, 10
CELLS = ("LSTM", "GRU")
BACKENDS = ("jax", "tensorflow", "torch")


def data():
    import numpy as np

    random = np.random.default_rng(0)
    x = random.normal(size=(B * STEPS, T, F)).astype("float32")
    lengths = random.integers(10, T + 1, B * STEPS).astype("int32")
    padded = x * (np.arange(T) < lengths[:, None])[..., None].astype("float32")
    return x, padded, lengths, x.mean((1, 2))[:, None]


def model(cell, fast, padding):
    import keras

    import unrolled.layers

    layer = getattr(unrolled.layers if fast else keras.layers, cell)(H)
    x = keras.Input((T, F))
    inputs = [x]
    if padding == "lengths":
        inputs.append(keras.Input((), dtype="int32"))
        y = layer(x, lengths=inputs[1])
    else:
        y = layer(keras.layers.Masking()(x) if padding == "mask" else x)
    network = keras.Model(inputs, keras.layers.Dense(1)(y))
    network.compile("adam", "mse")
    return network


def variants(backend):
    """Name -> (cell, fast, padding); TensorFlow has no fast path to measure."""
    sides = [(False, "none"), (False, "mask")]
    if backend != "tensorflow":
        sides += [(True, "none"), (True, "mask"), (True, "lengths")]
    return {
        f"{cell} {'ours' if fast else 'stock'} {padding}": (cell, fast, padding)
        for cell in CELLS
        for fast, padding in sides
    }


def work():
    """Run one round over every variant for each line read; a process of one backend."""
    import keras

    x, padded, lengths, y = data()
    feeds = {"none": x, "mask": padded, "lengths": [padded, lengths]}
    table = variants(keras.backend.backend())
    models = {name: model(*how) for name, how in table.items()}
    for name, network in models.items():  # compile
        some = keras.tree.map_structure(lambda a: a[:B], feeds[table[name][2]])
        network.fit(some, y[:B], batch_size=B, verbose=0)
    clock = time.process_time if os.environ.get("CLOCK") == "cpu" else time.perf_counter
    print("ready", flush=True)
    for _ in sys.stdin:
        row = {}
        for name, network in models.items():
            start = clock()
            network.fit(feeds[table[name][2]], y, batch_size=B, verbose=0, shuffle=False)
            row[name] = (clock() - start) / STEPS * 1e3
        print(json.dumps(row), flush=True)


def measure(rounds, backends):
    workers = {}
    for backend in [b for b in backends if find_spec(b)]:
        workers[backend] = subprocess.Popen(
            [sys.executable, __file__, "--work"],
            env={**os.environ, "KERAS_BACKEND": backend},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert workers[backend].stdout.readline().strip() == "ready", backend
    times = defaultdict(list)
    for turn in range(rounds):
        print(f"round {turn + 1} of {rounds}", file=sys.stderr, flush=True)
        for backend, worker in workers.items():
            worker.stdin.write("go\n")
            worker.stdin.flush()
            for name, ms in json.loads(worker.stdout.readline()).items():
                times[backend, *name.split()].append(ms)
    for worker in workers.values():
        worker.stdin.close()
        worker.wait()
    return {key: statistics.median(values) for key, values in times.items()}


def table(ms):
    from unrolled.kernels import kernel

    lines = [
        f"LSTM or GRU({H}) + Dense on batches of {B} x {T} x {F}; ms of {os.environ['CLOCK']} time "
        f"a step of `fit`. "
        f"JAX kernel: {kernel().name}. {platform.processor() or platform.machine()}, "
        f"{len(os.sched_getaffinity(0))} cores. Lengths are drawn from 10..{T}.",
        "",
        "| cell | backend | padding | stock ms | ours ms | stock / ours |",
        "|---|---|---|---|---|---|",
    ]
    for (backend, cell, side, padding), fast in sorted(ms.items()):
        if side == "ours":
            stock = ms[backend, cell, "stock", "none" if padding == "none" else "mask"]
            row = [cell, backend, padding, f"{stock:.1f}", f"{fast:.2f}", f"{stock / fast:.1f}"]
            lines.append("| " + " | ".join(row) + " |")
    lines += ["", "| cell | ours on jax against | padding | ratio |", "|---|---|---|---|"]
    for cell in CELLS:
        for backend in BACKENDS:
            for padding, best in (("none", "none"), ("mask", "lengths")):
                stock = ms.get((backend, cell, "stock", padding))
                ours = ms.get(("jax", cell, "ours", best))
                if stock and ours:
                    row = [cell, f"stock on {backend}", padding, f"{stock / ours:.1f}"]
                    lines.append("| " + " | ".join(row) + " |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--backends", nargs="+", choices=BACKENDS, default=BACKENDS)
    parser.add_argument("--clock", choices=("wall", "cpu"), default="wall")
    parser.add_argument("--write", help="also write the table to this file")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work()
    else:
        os.environ["CLOCK"] = options.clock
        text = table(measure(options.rounds, options.backends))
        print(text)
        if options.write:
            with open(options.write, "w") as file:
                file.write(text)
