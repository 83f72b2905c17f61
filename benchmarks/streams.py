"""How fast is one step of a stream, alone and among many, and does its memory grow?

    python benchmarks/streams.py [--rounds 9] [--keys 10000] [--steps 1000000]

Every side of a comparison runs in this process, one after another in each round. A figure is the
median over rounds, a ratio the median of the rounds' ratios.

- one step: an LSTM that reads a number and predicts a number, from a dict to a dict, against the
  bare compiled step of its LSTM and, where ONNX Runtime is installed, a bare LSTM of one step there
  (one thread, states in and out);
- many streams: one call for a step of each of them, against a call for each;
- memory: the resident memory of the process before and after very many steps.
"""

from __future__ import annotations

import argparse
import gc
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np

Call = Callable[[], Any]
CALLS = 500  # of one measured round of single steps


def fitted(units: int) -> Any:
    """Return a model of the last state of an LSTM, trained for a moment."""
    from unrolled import Network, SequenceModel, Training

    network = Network(architecture="last", units=units)
    training = Training(epochs=1, verbose=False)
    rows = [[float(i % 7), float(i % 5), 1.0][: i % 3 + 1] for i in range(60)]
    table = {"x": rows, "y": [sum(row) for row in rows]}
    return SequenceModel("x", "y", network=network, training=training).fit(table)


def bare_step(units: int) -> Call:
    """Return a call of the compiled step of an LSTM."""
    from unrolled.kernels.native import LSTMStepper

    random = np.random.default_rng(0)
    shapes = ((1, 4 * units), (units, 4 * units), (4 * units,))
    stepper = LSTMStepper(*(random.normal(size=shape) for shape in shapes))
    x, h = np.ones((1, 1), np.float32), np.zeros((1, units), np.float32)
    return lambda: stepper(x, h, h)


def onnx_step(units: int) -> Call:
    """Return a call of one step of an LSTM by ONNX Runtime."""
    import onnxruntime
    from onnx import helper, numpy_helper

    random = np.random.default_rng(0)
    shapes = {"w": (1, 4 * units, 1), "r": (1, 4 * units, units), "b": (1, 8 * units)}
    weights = [
        numpy_helper.from_array(random.normal(size=shape).astype(np.float32), name)
        for name, shape in shapes.items()
    ]
    node = helper.make_node(
        "LSTM", ["x", "w", "r", "b", "", "h", "c"], ["", "h2", "c2"], hidden_size=units
    )
    state = [1, 1, units]
    inputs = {"x": [1, 1, 1], "h": state, "c": state}
    outputs = {"h2": state, "c2": state}
    infos = [
        [helper.make_tensor_value_info(name, 1, shape) for name, shape in side.items()]
        for side in (inputs, outputs)
    ]
    graph = helper.make_graph([node], "step", *infos, weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=7)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    feeds = {name: np.zeros(shape, np.float32) for name, shape in inputs.items()}
    return lambda: session.run(["h2", "c2"], feeds)


def seconds(call: Call, calls: int) -> float:
    """Return the time of one call."""
    start = time.perf_counter()
    for _ in range(calls):
        call()
    return (time.perf_counter() - start) / calls


def compare(sides: dict[str, tuple[Call, int]], rounds: int) -> dict[str, list[float]]:
    """Return the times of each side in each round, after a round that does not count."""
    times: dict[str, list[float]] = {name: [] for name in sides}
    for round_ in range(rounds + 1):
        for name, (call, calls) in sides.items():
            measured = seconds(call, calls)
            if round_:
                times[name].append(measured)
    return times


def show(times: dict[str, list[float]], unit: float, name: str, digits: int = 1) -> None:
    """Print the times, and how they compare with those of the first side."""
    first = np.array(next(iter(times.values())))
    for side, values in times.items():
        ratio = np.median(first / np.array(values))
        print(f"  {side:44} {np.median(values) * unit:10.{digits}f} {name}   ratio {ratio:6.2f}")


def single(units: int, rounds: int) -> None:
    """Compare one step."""
    stream = fitted(units).stream()
    sides = {"stream.step, dict to dict": (lambda: stream.step({"x": 3.1}), CALLS)}
    sides["the bare compiled step"] = (bare_step(units), CALLS)
    if find_spec("onnxruntime") and find_spec("onnx"):
        sides["ONNX Runtime, the bare step"] = (onnx_step(units), CALLS)
    print(f"one step, {units} units")
    show(compare(sides, rounds), 1e6, "us")


def keyed(units: int, keys: int, rounds: int) -> None:
    """Compare one call for many streams with a call for each."""
    model = fitted(units)
    many, one_each = model.streams(), model.streams()
    steps = {f"pump-{i}": {"x": float(i % 9)} for i in range(keys)}
    alone = {key: model.stream() for key in steps}

    def singly() -> None:
        for key, step in steps.items():
            one_each.step({key: step})

    def separately() -> None:
        for key, step in steps.items():
            alone[key].step(step)

    sides = {
        "one call for all keys": (lambda: many.step(steps), 1),
        "a call for each key": (singly, 1),
        "a Stream for each key": (separately, 1),
    }
    print(f"{keys} streams, {units} units")
    show(compare(sides, rounds), 1e3, "ms")


def memory(units: int, steps: int) -> None:
    """Print how much memory very many steps of a stream leave behind."""
    stream = fitted(units).stream()

    def resident() -> float:
        gc.collect()
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * 4096 / 1e6

    for step in range(10_000):
        stream.step({"x": step / 7})
    before = resident()
    for step in range(steps):
        stream.step({"x": step / 7})
    print(f"{steps} steps: {before:.1f} MB before, {resident():.1f} MB after")


def main() -> None:
    """Run every comparison."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--keys", type=int, default=10_000)
    parser.add_argument("--steps", type=int, default=1_000_000)
    options = parser.parse_args()
    single(128, options.rounds)
    for units in (32, 128):
        keyed(units, options.keys, options.rounds)
    memory(128, options.steps)


if __name__ == "__main__":
    main()
