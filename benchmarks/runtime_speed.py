"""How fast is a trained network without Keras, against Keras on JAX and ONNX Runtime?

    python benchmarks/runtime_speed.py [--rounds 7] [--threads 2] [--lengths 100]

Every side of a comparison runs in this process, one after another in each round, with a pause after
each, until its threads sleep. A figure is the median over rounds, a ratio the median of the rounds'
ratios: our time divided by the rival's. ONNX Runtime is left out where it is not installed; it runs
the bare LSTM, and every other side runs the whole network. The networks have random weights.

- one row: LSTM of 128 units, 100 steps of 16 numbers, then one number; Keras with the layers of
  this package, and with its own;
- rows of different lengths up to 100, one at a time: the first call of each length, which Keras
  compiles (unset JAX_COMPILATION_CACHE_DIR);
- sentences: word embeddings, an LSTM of 64 units in each direction, the mean over the
  steps; about 10 words each, in batches of 256 of similar length, against the compiled call of the
  same network, for which the batches are padded to a few lengths, as they are for training.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")

import numpy as np

Call = Callable[[], Any]
FEATURES, UNITS, STEPS = 16, 128, 100
WORDS, BATCH = 5000, 256


def numbers() -> Any:
    """Return the specification of a network of numbers, whose rows have lengths of their own."""
    from unrolled.networks import NetworkSpec

    return NetworkSpec("many-to-one", values=FEATURES, ragged=True)


def networks(spec: Any, **settings: Any) -> tuple[Any, Any]:
    """Return the `keras.Model` and our function of the same network, both with one output."""
    from unrolled.networks import build_bundle
    from unrolled.runtime import NetworkRuntime
    from unrolled.runtime.weights import FixedWeights
    from unrolled.settings import Network

    bundle = build_bundle(spec, Network(dropout=0.0, linear=False, **settings))
    runtime = NetworkRuntime.of_bundle(bundle, list(spec.heads))
    fixed = NetworkRuntime(runtime.program, FixedWeights(runtime.weights.arrays()))
    (output,) = spec.heads
    return bundle.model, lambda inputs: fixed.model(inputs)[output]


def onnx(steps: int, threads: int) -> Call:
    """Return a call of the LSTM of `numbers` for one row by ONNX Runtime."""
    import onnxruntime
    from onnx import helper, numpy_helper

    rng, width = np.random.default_rng(2), 4 * UNITS
    shapes = {"W": (1, width, FEATURES), "R": (1, width, UNITS), "B": (1, 2 * width)}
    weights = [
        numpy_helper.from_array(rng.normal(size=shape).astype("f") * np.float32(0.1), name)
        for name, shape in shapes.items()
    ]
    value = helper.make_tensor_value_info
    node = helper.make_node("LSTM", ["x", *shapes], ["", "h"], hidden_size=UNITS)
    graph = helper.make_graph(
        [node],
        "lstm",
        [value("x", 1, ["t", "b", FEATURES])],
        [value("h", 1, [1, "b", UNITS])],
        weights,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    x = rng.normal(size=(steps, 1, FEATURES)).astype("f")
    return lambda: session.run(None, {"x": x})


def seconds(call: Call, budget: float) -> float:
    """Return the median seconds of a call, over as many as fit into a time."""
    call()
    times: list[float] = []
    end = time.perf_counter() + budget
    while len(times) < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def compare(title: str, sides: dict[str, Call], rounds: int, budget: float) -> None:
    """Print the medians of all sides; the first is ours."""
    took: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, call in sides.items():
            took[name].append(seconds(call, budget))
            time.sleep(0.05)
    ours, *rivals = sides
    cells = [f"{np.median(took[ours]) * 1e3:.3f} ms"]
    for name in rivals:
        ratio = np.median(np.divide(took[ours], took[name]))
        cells.append(f"{name} {np.median(took[name]) * 1e3:.3f} ms, ours / it {ratio:.3f}")
    print(f"{title}: {'; '.join(cells)}", flush=True)


def one_row(rounds: int, threads: int) -> None:
    from unrolled.layers.acceleration import to_stock_layers

    spec = numbers()
    keras_model, ours = networks(
        spec, architecture="last", units=UNITS, layers=1, bidirectional=False
    )
    stock = to_stock_layers(keras_model)
    for steps in (STEPS, 1):
        x = np.random.default_rng(0).normal(size=(1, steps, FEATURES)).astype("f")
        inputs = {"x": x, "mask": np.ones((1, steps), bool)}
        np.testing.assert_allclose(
            ours(inputs), np.asarray(keras_model(inputs)), rtol=1e-4, atol=1e-5
        )
        sides: dict[str, Call] = {"ours": lambda inputs=inputs: ours(inputs)}
        if find_spec("onnxruntime") and find_spec("onnx"):
            sides["ONNX Runtime"] = onnx(steps, threads)
        for name, model in (("fast layers", keras_model), ("stock layers", stock)):
            sides[f"keras predict, {name}"] = lambda inputs=inputs, model=model: model.predict(
                inputs, verbose=0
            )
        compare(f"one row of {steps} steps", sides, rounds, 0.2)


def many_lengths(count: int) -> None:
    keras_model, ours = networks(
        numbers(), architecture="last", units=UNITS, layers=1, bidirectional=False
    )
    rows = [
        np.random.default_rng(t).normal(size=(1, t, FEATURES)).astype("f")
        for t in np.linspace(1, STEPS, count, dtype=int)
    ]
    inputs = [{"x": x, "mask": np.ones(x.shape[:2], bool)} for x in rows]
    times = {}
    for name, call in (("ours", ours), ("keras", lambda i: keras_model.predict(i, verbose=0))):
        start = time.perf_counter()
        for one in inputs:
            call(one)
        times[name] = time.perf_counter() - start
    print(
        f"{count} rows of {count} lengths, first calls: ours {times['ours'] * 1e3:.1f} ms, keras"
        f" predict {times['keras'] * 1e3:.0f} ms, {times['keras'] / times['ours']:.0f} times ours",
        flush=True,
    )


def sentences(count: int, rounds: int) -> None:
    import jax

    from unrolled.data.batches import padded_lengths
    from unrolled.networks import NetworkSpec

    spec = NetworkSpec(
        "many-to-one", values=0, embedded={"text": WORDS}, ragged=True, heads={"label": 2}
    )
    keras_model, ours = networks(spec, architecture="pooled", units=64, bidirectional=True)
    rng = np.random.default_rng(0)
    lengths = np.sort(np.clip(rng.poisson(10, count // 20 // BATCH * BATCH), 1, None))
    padded = np.array(padded_lengths(lengths))
    batches, padded_batches = [], []  # of a twentieth of the sentences, timed as a whole
    for rows in lengths.reshape(-1, BATCH):
        longest = rows.max()
        ids = rng.integers(3, WORDS, (BATCH, padded[np.searchsorted(padded, longest)]), np.int32)
        mask = np.arange(ids.shape[1]) < rows[:, None]
        padded_batches.append({"text": ids * mask, "mask": mask})
        batches.append({name: x[:, :longest] for name, x in padded_batches[-1].items()})

    @jax.jit
    def compiled(inputs: dict[str, Any]) -> Any:
        return keras_model(inputs, training=False)

    def rival() -> None:
        for batch in padded_batches:
            jax.block_until_ready(compiled(batch))

    def us() -> None:
        for batch in batches:
            ours(batch)

    np.testing.assert_allclose(
        ours(batches[0]), np.asarray(compiled(padded_batches[0])), rtol=1e-3, atol=1e-5
    )
    compare(f"{len(batches) * BATCH} sentences", {"ours": us, "compiled Keras": rival}, rounds, 0.5)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--lengths", type=int, default=100)
    parser.add_argument("--sentences", type=int, default=100_000)
    options = parser.parse_args()
    from unrolled.kernels.native import set_threads

    set_threads(options.threads)
    print(f"{options.threads} threads, load {os.getloadavg()[0]:.1f}")
    one_row(options.rounds, options.threads)
    many_lengths(options.lengths)
    sentences(options.sentences, options.rounds)
    print(f"load at the end {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
