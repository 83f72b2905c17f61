"""The sides of `recurrence.py`: one process each, that waits for a case and times it.

Each line read is a question in JSON, each line written its answer; a process that waits uses no
processor. So no side's threads stand in another's way, and no side is compiled into another's.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

Call = Callable[[], Any]
GATES = {"lstm": 4, "gru": 3}


@dataclass(frozen=True)
class Case:
    """One recurrence to time; `size` is b, t, f, h."""

    cell: str
    size: tuple[int, int, int, int]
    ragged: bool = False
    both_ways: bool = False
    layers: int = 1

    @property
    def name(self) -> str:
        told = {
            "ragged": self.ragged,
            "bidirectional": self.both_ways,
            "two layers": self.layers > 1,
        }
        return " ".join([self.cell, ",".join(map(str, self.size)), *[w for w in told if told[w]]])

    @property
    def plain(self) -> bool:
        return not (self.ragged or self.both_ways or self.layers > 1)

    def lengths(self) -> np.ndarray:
        b, t = self.size[:2]
        return np.random.default_rng(0).integers(max(1, t // 10), t + 1, b, dtype=np.int32)

    def inputs(self) -> np.ndarray:
        return np.random.default_rng(1).normal(size=self.size[:3]).astype("f")

    def widths(self) -> list[int]:
        """Return the input width of each layer."""
        *_, f, h = self.size
        return [f] + [h * (2 if self.both_ways else 1)] * (self.layers - 1)

    def operations(self) -> float:
        """Of the forward products; training counts three times as many."""
        b, t, _, h = self.size
        steps = self.lengths().sum() if self.ragged else b * t
        ways = 2 if self.both_ways else 1
        return sum(2.0 * steps * ways * (n + h) * GATES[self.cell] * h for n in self.widths())

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def jitted(run: Callable[[Any, Any], Any], weights: Any, case: Case) -> dict[str, Call]:
    """Return training and inference of `run(weights, x)`, compiled by JAX."""
    import jax

    x = jax.numpy.asarray(case.inputs())
    train = jax.jit(jax.value_and_grad(lambda w, x: jax.numpy.sum(run(w, x) ** 2)))
    infer = jax.jit(run)
    return {
        "train": lambda: jax.block_until_ready(train(weights, x)),
        "infer": lambda: jax.block_until_ready(infer(weights, x)),
    }


def ours(case: Case) -> dict[str, Call]:
    import jax.numpy as jnp

    from unrolled.kernels import ffi

    (b, _, _, h), g, rng = case.size, GATES[case.cell], np.random.default_rng(2)
    cell: Any = getattr(ffi, case.cell)
    bias = (g * h,) if case.cell == "lstm" else (2, g * h)

    def draw(n: int) -> list[Any]:
        shapes = [(n, g * h), (h, g * h), bias]
        return [jnp.asarray(rng.normal(size=s).astype("f") * 0.1) for s in shapes]

    weights = [[draw(n) for _ in range(2 if case.both_ways else 1)] for n in case.widths()]
    states = [jnp.zeros((b, h))] * (2 if case.cell == "lstm" else 1)
    lengths = jnp.asarray(case.lengths()) if case.ragged else None

    def run(weights: Any, x: Any) -> Any:
        for layer in weights:
            outs = [cell(x, *w, *states, lengths, reverse=i == 1)[0] for i, w in enumerate(layer)]
            x = jnp.concatenate(outs, -1)
        return x

    return jitted(run, weights, case) | ({"step": our_step(case)} if case.plain else {})


def our_step(case: Case) -> Call:
    from unrolled.kernels import ffi

    (_, _, f, h), g, rng = case.size, GATES[case.cell], np.random.default_rng(2)
    shapes = [(f, g * h), (h, g * h), (g * h,) if case.cell == "lstm" else (2, g * h)]
    weights = [rng.normal(size=s).astype("f") * 0.1 for s in shapes]
    stepper: Any = (ffi.LSTMStepper if case.cell == "lstm" else ffi.GRUStepper)(*weights)
    x, states = np.ones((1, f), "f"), [np.zeros((1, h), "f")] * (2 if case.cell == "lstm" else 1)
    return lambda: stepper(x, *states)


def torch(case: Case) -> dict[str, Call]:
    import torch

    kind = torch.nn.LSTM if case.cell == "lstm" else torch.nn.GRU
    net = kind(*case.size[2:], case.layers, batch_first=True, bidirectional=case.both_ways)
    x = torch.tensor(case.inputs())
    if case.ragged:
        pack = torch.nn.utils.rnn.pack_padded_sequence
        x = pack(x, torch.tensor(case.lengths()), batch_first=True, enforce_sorted=False)

    def run() -> Any:
        out = net(x)[0]
        return torch.nn.utils.rnn.pad_packed_sequence(out)[0] if case.ragged else out

    def train() -> None:
        net.zero_grad()
        (run() ** 2).sum().backward()

    return {"train": train, "infer": torch.inference_mode()(run)}


def keras(case: Case) -> dict[str, Call]:
    import jax.numpy as jnp
    import keras

    t = case.size[1]
    mask = jnp.arange(t) < jnp.asarray(case.lengths())[:, None] if case.ragged else None
    kind = keras.layers.LSTM if case.cell == "lstm" else keras.layers.GRU
    stack = [kind(case.size[3], return_sequences=True) for _ in range(case.layers)]
    if case.both_ways:
        stack = [keras.layers.Bidirectional(layer) for layer in stack]
    out = jnp.asarray(case.inputs())
    for layer in stack:
        out = layer(out)
    weights = [[v.value for v in layer.trainable_variables] for layer in stack]

    def run(weights: Any, x: Any) -> Any:
        for layer, w in zip(stack, weights, strict=True):
            rest = [v.value for v in layer.non_trainable_variables]
            x, _ = layer.stateless_call(w, rest, x, mask=mask)
        return x

    return jitted(run, weights, case)


def onnx(case: Case) -> dict[str, Call]:
    import onnx
    import onnxruntime
    from onnx import helper, numpy_helper

    if not case.plain:
        return {}
    (b, _, f, h), g = case.size, GATES[case.cell]
    rng, states = np.random.default_rng(2), ["h", "c"] if case.cell == "lstm" else ["h"]
    shapes = {"W": (1, g * h, f), "R": (1, g * h, h), "B": (1, 2 * g * h)}
    kept = [numpy_helper.from_array(rng.normal(size=s).astype("f") * 0.1, n)
            for n, s in shapes.items()]  # fmt: skip
    extra = {} if case.cell == "lstm" else {"linear_before_reset": 1}
    new = [s + "_new" for s in states]
    node = helper.make_node(case.cell.upper(), ["x", "W", "R", "B", "", *states], ["ys", *new],
                            hidden_size=h, **extra)  # fmt: skip
    value = helper.make_tensor_value_info
    ins = [value("x", 1, ["t", "b", f]), *[value(s, 1, [1, "b", h]) for s in states]]
    outs = [value("ys", 1, ["t", 1, "b", h]), *[value(s, 1, [1, "b", h]) for s in new]]
    graph = helper.make_graph([node], "one", ins, outs, kept)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    session = onnxruntime.InferenceSession(model.SerializeToString(),
                                           providers=["CPUExecutionProvider"])  # fmt: skip
    feed = {"x": case.inputs().swapaxes(0, 1).copy()}
    feed |= {s: np.zeros((1, b, h), "f") for s in states}
    one = {"x": np.ones((1, 1, f), "f")} | {s: np.zeros((1, 1, h), "f") for s in states}
    return {"infer": lambda: session.run(None, feed), "step": lambda: session.run(None, one)}


def product(case: Case) -> dict[str, Call]:
    """A large square product by JAX: of the libraries at hand the fastest on AVX-512."""
    import jax

    a = jax.numpy.asarray(np.random.default_rng(0).random((1536, 1536), np.float32))
    return {"product": lambda: jax.block_until_ready(a @ a)}


SIDES = {f.__name__: f for f in (ours, torch, keras, onnx, product)}
NEEDS = {"torch": "torch", "keras": "keras", "onnx": "onnxruntime"}


def clock(call: Call, seconds: float) -> float:
    """Return the median milliseconds of a call, over as many as fit into the time."""
    call(), call()
    times: list[float] = []
    end = time.perf_counter() + seconds
    while len(times) < 5 or time.perf_counter() < end:
        start = time.perf_counter()
        call()
        times.append((time.perf_counter() - start) * 1e3)
    return float(np.median(times))


def memory(call: Call) -> float:
    """Return the MiB that a call takes at its peak over what the process holds at rest."""
    status = Path("/proc/self/status")

    def kib(field: str) -> int:
        return int(status.read_text().split(field + ":")[1].split()[0])

    call()
    before = kib("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    for _ in range(20):
        call()
    return (kib("VmHWM") - before) / 1024


def work(side: str) -> None:
    """Answer each line of the input: the figure asked for, or null where the side has none."""
    answers, sys.stdout = sys.stdout, sys.stderr
    built: dict[str, dict[str, Call]] = {}
    for line in sys.stdin:
        asked = json.loads(line)
        case = Case(**asked["case"] | {"size": tuple(asked["case"]["size"])})
        if case.name not in built:
            built = {case.name: SIDES[side](case)}
        call = built[case.name].get(asked["way"])
        measured = None
        if call is not None:
            measured = memory(call) if asked.get("memory") else clock(call, asked["seconds"])
        print(json.dumps(measured), file=answers, flush=True)


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ["KERAS_BACKEND"] = "jax"
    work(sys.argv[1])
