"""How fast is the recurrence against torch, stock Keras, ONNX Runtime and the machine itself?

One run, every rival in each round in turn, so that a busy machine is busy for all of them; the
numbers are medians over rounds, and a ratio is the median of the rounds' ratios. A rival that
is not installed is left out.

    python benchmarks/recurrence.py                      # all cases, a table
    python benchmarks/recurrence.py --case lstm --seconds 2
    python benchmarks/recurrence.py --append --plot benchmarks/recurrence.png
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import jax
import jax.numpy as jnp
import numpy as np

from unrolled.kernels import ffi

SIZES = [
    (32, 100, 16, 128), (32, 24, 7, 64), (64, 336, 7, 64), (32, 100, 64, 512),
    (256, 100, 16, 128), (32, 50, 128, 256), (64, 720, 1, 32), (1, 100, 16, 128),
]  # fmt: skip
LONG = [(64, 336, 7, 64), (64, 720, 1, 32)]
TUNED = {
    "MALLOC_MMAP_THRESHOLD_": "4000000000",
    "MALLOC_TRIM_THRESHOLD_": "8000000000",
    "MALLOC_TOP_PAD_": "268435456",
}
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Case:
    cell: str  # lstm or gru
    size: tuple[int, int, int, int]  # b t f h
    ragged: bool = False
    both_ways: bool = False
    layers: int = 1

    @property
    def name(self) -> str:
        extra = [w for w, on in [("ragged", self.ragged), ("bidirectional", self.both_ways),
                                 ("two layers", self.layers == 2)] if on]  # fmt: skip
        return " ".join([self.cell, ",".join(map(str, self.size)), *extra])

    def lengths(self) -> np.ndarray:
        b, t = self.size[:2]
        return np.random.default_rng(0).integers(max(1, t // 10), t + 1, b, dtype=np.int32)

    def operations(self) -> float:
        """Of the forward products; training counts three times as many."""
        b, t, f, h = self.size
        steps = self.lengths().sum() if self.ragged else b * t
        ways = 2 if self.both_ways else 1
        inputs = [f] + [h * ways] * (self.layers - 1)
        return sum(2.0 * steps * ways * (n + h) * GATES[self.cell] * h for n in inputs)


GATES = {"lstm": 4, "gru": 3}


def every_case() -> list[Case]:
    cases = [Case("lstm", s) for s in SIZES] + [Case("gru", s) for s in SIZES]
    for cell in ("lstm", "gru"):
        cases += [Case(cell, s, ragged=True) for s in SIZES[:3]]
        cases += [Case(cell, SIZES[0], both_ways=True), Case(cell, SIZES[0], layers=2)]
    return cases


def inputs(case: Case) -> np.ndarray:
    b, t, f, _ = case.size
    return np.random.default_rng(1).normal(size=(b, t, f)).astype("f")


def ours(case: Case) -> tuple[Callable[[], Any], Callable[[], Any]]:
    (b, _, f, h), g, rng = case.size, GATES[case.cell], np.random.default_rng(2)
    ways = 2 if case.both_ways else 1
    cell: Any = ffi.lstm if case.cell == "lstm" else ffi.gru
    weights = []
    for n in [f] + [h * ways] * (case.layers - 1):
        bias = (g * h,) if case.cell == "lstm" else (2, g * h)
        shapes = [(n, g * h), (h, g * h), bias]
        weights.append([[jnp.asarray(rng.normal(size=s).astype("f") * 0.1) for s in shapes]
                        for _ in range(ways)])  # fmt: skip
    states = [jnp.zeros((b, h))] * (2 if case.cell == "lstm" else 1)
    lengths = jnp.asarray(case.lengths()) if case.ragged else None

    def run(weights: Any, x: Any) -> Any:
        for layer in weights:
            outs = [cell(x, *w, *states, lengths, reverse=i == 1)[0] for i, w in enumerate(layer)]
            x = outs[0] if ways == 1 else jnp.concatenate(outs, -1)
        return x

    x = jnp.asarray(inputs(case))
    train = jax.jit(jax.value_and_grad(lambda w, x: jnp.sum(run(w, x) ** 2)))
    infer = jax.jit(run)
    return (lambda: jax.block_until_ready(train(weights, x)),
            lambda: jax.block_until_ready(infer(weights, x)))  # fmt: skip


def torch_rival(case: Case) -> tuple[Callable[[], Any], Callable[[], Any]]:
    import torch

    torch.set_num_threads(ffi.threads())
    kind = torch.nn.LSTM if case.cell == "lstm" else torch.nn.GRU
    net = kind(*case.size[2:], case.layers, batch_first=True, bidirectional=case.both_ways)
    x = torch.tensor(inputs(case))
    if case.ragged:
        pack = torch.nn.utils.rnn.pack_padded_sequence
        x = pack(x, torch.tensor(case.lengths()), batch_first=True, enforce_sorted=False)

    def run() -> Any:
        out = net(x)[0]
        return torch.nn.utils.rnn.pad_packed_sequence(out)[0] if case.ragged else out

    def train() -> None:
        net.zero_grad()
        (run() ** 2).sum().backward()

    def infer() -> None:
        with torch.inference_mode():
            run()

    return train, infer


def keras_rival(case: Case) -> tuple[Callable[[], Any], Callable[[], Any]]:
    import keras

    t = case.size[1]
    mask = jnp.arange(t) < jnp.asarray(case.lengths())[:, None] if case.ragged else None
    kind = keras.layers.LSTM if case.cell == "lstm" else keras.layers.GRU
    stack = [kind(case.size[3], return_sequences=True) for _ in range(case.layers)]
    if case.both_ways:
        stack = [keras.layers.Bidirectional(layer) for layer in stack]
    x = jnp.asarray(inputs(case))
    out = x
    for layer in stack:
        out = layer(out)
    weights = [[v.value for v in layer.trainable_variables] for layer in stack]

    def run(weights: Any, x: Any) -> Any:
        for layer, w in zip(stack, weights, strict=True):
            rest = [v.value for v in layer.non_trainable_variables]
            x, _ = layer.stateless_call(w, rest, x, mask=mask)
        return x

    train = jax.jit(jax.value_and_grad(lambda w, x: jnp.sum(run(w, x) ** 2)))
    infer = jax.jit(run)
    return (lambda: jax.block_until_ready(train(weights, x)),
            lambda: jax.block_until_ready(infer(weights, x)))  # fmt: skip


def onnx_session(case: Case) -> Any:
    import onnx
    import onnxruntime
    from onnx import helper, numpy_helper

    (_, _, f, h), g = case.size, GATES[case.cell]
    rng, states = np.random.default_rng(2), ["h", "c"] if case.cell == "lstm" else ["h"]
    shapes = {"W": (1, g * h, f), "R": (1, g * h, h), "B": (1, 2 * g * h)}
    kept = [numpy_helper.from_array(rng.normal(size=s).astype("f") * 0.1, n)
            for n, s in shapes.items()]  # fmt: skip
    extra = {} if case.cell == "lstm" else {"linear_before_reset": 1}
    node = helper.make_node(
        case.cell.upper(), ["x", "W", "R", "B", "", *states],
        ["ys", *[s + "_new" for s in states]], hidden_size=h, **extra,
    )  # fmt: skip
    value = helper.make_tensor_value_info
    ins = [value("x", 1, ["t", "b", f]), *[value(s, 1, [1, "b", h]) for s in states]]
    outs = [value("ys", 1, ["t", 1, "b", h])]
    outs += [value(s + "_new", 1, [1, "b", h]) for s in states]
    graph = helper.make_graph([node], "one", ins, outs, kept)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = ffi.threads()
    return onnxruntime.InferenceSession(model.SerializeToString(), options,
                                        providers=["CPUExecutionProvider"])  # fmt: skip


def onnx_rival(case: Case) -> tuple[None, Callable[[], Any]]:
    if case.ragged or case.both_ways or case.layers > 1:
        raise ImportError("only the plain cases")
    session, (b, _, _, h) = onnx_session(case), case.size
    feed = {"x": inputs(case).swapaxes(0, 1).copy(), "h": np.zeros((1, b, h), "f")}
    if case.cell == "lstm":
        feed["c"] = np.zeros((1, b, h), "f")
    return None, lambda: session.run(None, feed)


RIVALS = {"ours": ours, "torch": torch_rival, "keras": keras_rival, "onnx": onnx_rival}


timer = time.perf_counter


def clock(call: Callable[[], Any]) -> float:
    start = timer()
    call()
    return (timer() - start) * 1e3


def one_thread() -> None:
    """Count the processor time of one thread: a machine that others use distorts it less."""
    global timer
    timer = time.process_time
    ffi.set_threads(1)
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"


def interleave(calls: dict[str, Callable[[], Any]], seconds: float) -> dict[str, np.ndarray]:
    """Return the milliseconds of each call, round by round."""
    for call in calls.values():
        call(), call()
    end, rounds = time.perf_counter() + seconds, []
    while len(rounds) < 5 or (time.perf_counter() < end and len(rounds) < 400):
        rounds.append([clock(call) for call in calls.values()])
    return dict(zip(calls, np.array(rounds).T, strict=True))


def peak() -> float:
    """Return the GFLOP/s of the best of some square products in float32, by torch or numpy."""
    n = 1536
    try:
        import torch

        torch.set_num_threads(ffi.threads())
        a = torch.rand(n, n)
    except ImportError:
        a = np.random.default_rng(0).random((n, n), np.float32)
    return max(2 * n**3 / clock(lambda: a @ a) / 1e6 for _ in range(8))


def measure(case: Case, seconds: float) -> dict[str, Any]:
    ways: dict[str, dict[str, Callable[[], Any]]] = {"train": {}, "infer": {}}
    for name, rival in RIVALS.items():
        try:
            train, infer = rival(case)
        except ImportError:
            continue
        ways["infer"][name] = infer
        if train is not None:
            ways["train"][name] = train
    top, row = peak(), {"case": case.name, "load": os.getloadavg()[0]}
    for way, calls in ways.items():
        times = interleave(calls, seconds)
        row[way] = {n: float(np.median(v)) for n, v in times.items()}
        row[way + "_ratio"] = {
            n: float(np.median(v / times["ours"])) for n, v in times.items() if n != "ours"
        }
        work = case.operations() * (3 if way == "train" else 1)
        row[way + "_share"] = work / float(np.median(times["ours"])) / 1e6 / top
    row["peak"] = top
    return row


def measure_step(seconds: float) -> list[str]:
    lines = ["", "One step, b=1, f=16, h=128, numpy to numpy, microseconds:", ""]
    for cell in ("lstm", "gru"):
        g, h, f, rng = GATES[cell], 128, 16, np.random.default_rng(0)
        shapes = [(f, g * h), (h, g * h), (g * h,) if cell == "lstm" else (2, g * h)]
        weights = [rng.normal(size=s).astype("f") * 0.1 for s in shapes]
        stepper: Any = (ffi.LSTMStepper if cell == "lstm" else ffi.GRUStepper)(*weights)
        once: Any = ffi.lstm_step if cell == "lstm" else ffi.gru_step
        x, states = np.ones((1, f), "f"), [np.zeros((1, h), "f")] * (2 if cell == "lstm" else 1)
        calls = {
            "stepper": lambda s=stepper, x=x, st=states: s(x, *st),
            "packing each time": lambda o=once, x=x, st=states, w=weights: o(x, *st, *w),
        }
        try:
            session = onnx_session(Case(cell, (1, 1, f, h)))
            feed = {"x": x[None], **dict(zip(("h", "c"), [s[None] for s in states], strict=False))}
            calls["onnx"] = lambda s=session, d=feed: s.run(None, d)
        except ImportError:
            pass
        many = {n: (lambda c=c: [c() for _ in range(100)]) for n, c in calls.items()}
        times = interleave(many, seconds)
        told = ", ".join(f"{n} {np.median(v) * 10:.1f}" for n, v in times.items())
        ratio = f"; onnx / stepper {np.median(times['onnx'] / times['stepper']):.2f}" \
            if "onnx" in times else ""  # fmt: skip
        lines.append(f"- {cell}: {told}{ratio}")
    return lines


def child(name: str, size: tuple[int, ...]) -> None:
    """Print the median milliseconds of a training step, and the memory it takes at its peak."""
    train, _ = RIVALS[name](Case("lstm", size))  # type: ignore[arg-type]
    train()
    status = Path("/proc/self/status")

    def kib(field: str) -> int:
        return int(status.read_text().split(field + ":")[1].split()[0])

    before = kib("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    times = [clock(train) for _ in range(30)]
    print(json.dumps({"ms": float(np.median(times)), "mib": (kib("VmHWM") - before) / 1024,
                      "total": kib("VmHWM") / 1024}))  # fmt: skip


def measure_memory(rounds: int = 3) -> list[str]:
    """Compare fresh processes: ours with and without malloc tuning, and torch."""
    lines = ["", "Long sequences, a fresh process each, training step:", "",
             "| b,t,f,h | ours ms | ours tuned ms | torch ms | ours untuned / tuned "
             "| ours peak over rest MiB | torch |", "|---|---|---|---|---|---|---|"]  # fmt: skip
    for size in LONG:
        got: dict[str, list[dict[str, float]]] = {"ours": [], "tuned": [], "torch": []}
        for _ in range(rounds):
            for name in got:
                rival = "torch" if name == "torch" else "ours"
                env = {**os.environ, **(TUNED if name == "tuned" else {})}
                command = [sys.executable, __file__, "--child", rival, *map(str, size)]
                out = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
                got[name].append(json.loads(out.stdout.splitlines()[-1]))
        ms = {n: min(r["ms"] for r in v) for n, v in got.items()}
        mib = {n: float(np.median([r["mib"] for r in v])) for n, v in got.items()}
        lines.append(
            f"| {','.join(map(str, size))} | {ms['ours']:.1f} | {ms['tuned']:.1f} "
            f"| {ms['torch']:.1f} | {ms['ours'] / ms['tuned']:.2f} | {mib['ours']:.0f} "
            f"| {mib['torch']:.0f} |"
        )
    return lines


def table(rows: list[dict[str, Any]]) -> list[str]:
    def cells(row: dict[str, Any], way: str) -> str:
        ratios = row[way + "_ratio"]
        told = [f"{ratios[n]:.2f}x" if n in ratios else "" for n in ("torch", "keras", "onnx")]
        ours_ms, share = row[way]["ours"], row[way + "_share"]
        return " | ".join([f"{ours_ms:.2f}", f"{share:.0%}", *told[: 2 if way == "train" else 3]])

    lines = [
        "| case b,t,f,h | train ms | of peak | torch | Keras on JAX | infer ms | of peak | torch "
        "| Keras on JAX | ONNX Runtime | load |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        lines.append(f"| {row['case']} | {cells(row, 'train')} | {cells(row, 'infer')} "
                     f"| {row['load']:.1f} |")  # fmt: skip
    for cell in GATES:
        plain = [r for r in rows if r["case"] in {Case(cell, s).name for s in SIZES}]
        for way in ("train", "infer"):
            ratios = [r[way + "_ratio"]["torch"] for r in plain if "torch" in r[way + "_ratio"]]
            if ratios:
                mean = float(np.exp(np.mean(np.log(ratios))))
                lines += ["", f"{cell} {way} against torch: geometric mean {mean:.2f}x, "
                              f"least {min(ratios):.2f}x over {len(ratios)} shapes."]  # fmt: skip
    return lines


def plot(rows: list[dict[str, Any]], path: str) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    names = [row["case"] for row in rows]
    _, axes = plt.subplots(figsize=(9, 0.35 * len(rows) + 1.5))
    at = np.arange(len(rows))
    for way, shift in (("train", -0.2), ("infer", 0.2)):
        axes.barh(at + shift, [100 * row[way + "_share"] for row in rows], 0.4, label=way)
    axes.axvline(60, color="grey", linewidth=0.8)
    axes.set_yticks(at, names, fontsize=7)
    axes.invert_yaxis()
    axes.set_xlabel("percent of the speed of a large matrix product")
    axes.legend()
    plt.tight_layout()
    plt.savefig(path, dpi=120)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--case", default="", help="only cases whose name has this text")
    parser.add_argument("--seconds", type=float, default=2.0, help="for each case, each way")
    parser.add_argument("--rivals", default=",".join(RIVALS), help="which, ours among them")
    parser.add_argument("--one-thread", action="store_true", help="processor time, one thread")
    parser.add_argument("--skip-memory", action="store_true", help="leave out the processes")
    parser.add_argument("--append", action="store_true", help="append to benchmarks/RESULTS.md")
    parser.add_argument("--plot", help="draw the shares of the peak into this file")
    parser.add_argument("--child", nargs="+", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    asked = arguments()
    if asked.child:
        child(asked.child[0], tuple(map(int, asked.child[1:])))
        return
    for name in set(RIVALS) - set(asked.rivals.split(",")):
        del RIVALS[name]
    if asked.one_thread:
        one_thread()
    rows = []
    for case in every_case():
        if asked.case in case.name:
            rows.append(measure(case, asked.seconds))
            print(f"{case.name}: {rows[-1]}", file=sys.stderr, flush=True)
    date = time.strftime("%Y-%m-%d %H:%M")
    kind = "processor" if asked.one_thread else "wall clock"
    head = ["", f"## Recurrence, {date}", "",
            f"{platform.processor() or platform.machine()}, {ffi.instruction_set()}, "
            f"{ffi.threads()} threads, large product {np.median([r['peak'] for r in rows]):.0f} "
            f"GFLOP/s (median over cases), {kind} time, "
            "no malloc tuning. A ratio above 1 means that ours is "
            "faster; `load` is the machine's load average before the case.", ""]  # fmt: skip
    lines = head + table(rows) + measure_step(asked.seconds)
    if not asked.skip_memory and sys.platform == "linux":
        lines += measure_memory()
    print("\n".join(lines))
    if asked.append:
        with (HERE / "RESULTS.md").open("a") as results:
            results.write("\n".join(lines) + "\n")
    if asked.plot:
        plot(rows, asked.plot)


if __name__ == "__main__":
    main()
