"""How fast is the recurrence against torch, stock Keras, ONNX Runtime and the machine itself?

Every side is a process of its own (`sides.py`). In each round each is asked in turn, with a pause
between, so that one side's waiting threads do not take the cores from the next; a figure is the
median over rounds, a ratio the median of the rounds' ratios. A side that is not installed is left
out. Nothing else should run on the machine; the load before each case is in the table.

    python benchmarks/recurrence.py                      # all cases, a table
    python benchmarks/recurrence.py --case lstm --rounds 5
    python benchmarks/recurrence.py --append --plot benchmarks/recurrence.svg
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from sides import GATES, NEEDS, SIDES, Case

SIZES = [
    (32, 100, 16, 128), (32, 24, 7, 64), (64, 336, 7, 64), (32, 100, 64, 512),
    (256, 100, 16, 128), (32, 50, 128, 256), (64, 720, 1, 32), (1, 100, 16, 128),
]  # fmt: skip
LONG = [(64, 336, 7, 64), (64, 720, 1, 32)]
SWEEPS = {
    "t, steps": [(32, t, 16, 128) for t in (10, 30, 100, 300, 1000)],
    "b, rows": [(b, 100, 16, 128) for b in (1, 8, 32, 128, 512)],
    "h, units": [(32, 100, 16, h) for h in (16, 32, 64, 128, 256, 512)],
}
TUNED = {
    "MALLOC_MMAP_THRESHOLD_": "4000000000",
    "MALLOC_TRIM_THRESHOLD_": "8000000000",
    "MALLOC_TOP_PAD_": "268435456",
}
NAMES = {"torch": "torch", "keras": "Keras on JAX", "onnx": "ONNX Runtime"}
HERE = Path(__file__).parent


def every_case() -> list[Case]:
    cases = [Case(cell, s) for cell in GATES for s in SIZES]
    for cell in GATES:
        cases += [Case(cell, s, ragged=True) for s in SIZES[:3]]
        cases += [Case(cell, SIZES[0], both_ways=True), Case(cell, SIZES[0], layers=2)]
    return cases


class Worker:
    """The process of one side."""

    def __init__(self, side: str, tuned: bool = False) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "sides.py"), side],
            env={**os.environ, **(TUNED if tuned else {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def ask(self, case: Case, way: str, seconds: float = 0, **more: Any) -> float | None:
        assert self.process.stdin
        assert self.process.stdout
        question = {"case": case.to_json(), "way": way, "seconds": seconds, **more}
        print(json.dumps(question), file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"the side {self.process.args} ended at {case.name}, {way}")
        time.sleep(0.25)  # until its threads sleep
        return json.loads(answer)


def measure(workers: dict[str, Worker], case: Case, way: str, rounds: int, seconds: float) -> Any:
    """Return for each side its milliseconds, a round each."""
    for worker in workers.values():
        worker.ask(case, way)  # build and compile
    got = [{n: w.ask(case, way, seconds) for n, w in workers.items()} for _ in range(rounds)]
    return {n: np.array([g[n] for g in got]) for n in workers if got[0][n] is not None}


def row(workers: dict[str, Worker], case: Case, rounds: int, seconds: float) -> dict[str, Any]:
    told: dict[str, Any] = {"case": case.name, "load": os.getloadavg()[0]}
    told["peak"] = 2 * 1536**3 / workers["product"].ask(case, "product", seconds) / 1e6
    for way, passes in (("train", 3), ("infer", 1)):
        ms = measure(
            {n: w for n, w in workers.items() if n != "product"}, case, way, rounds, seconds
        )
        told[way] = {n: float(np.median(v)) for n, v in ms.items()}
        told[way + "_ratio"] = {
            n: float(np.median(v / ms["ours"])) for n, v in ms.items() if n != "ours"
        }
        told[way + "_share"] = case.operations() * passes / told[way]["ours"] / 1e6 / told["peak"]
    print(f"{case.name}: {told}", file=sys.stderr, flush=True)
    return told


def table(rows: list[dict[str, Any]]) -> list[str]:
    def cells(row: dict[str, Any], way: str) -> list[str]:
        ratios = row[way + "_ratio"]
        told = [f"{ratios[n]:.2f}x" if n in ratios else "" for n in ("torch", "keras", "onnx")]
        return [f"{row[way]['ours']:.2f}", f"{row[way + '_share']:.0%}",
                *told[: 2 if way == "train" else 3]]  # fmt: skip

    lines = [
        "| case b,t,f,h | train ms | of peak | torch | Keras on JAX | infer ms | of peak | torch "
        "| Keras on JAX | ONNX Runtime | load |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for r in rows:
        told = [r["case"], *cells(r, "train"), *cells(r, "infer"), f"{r['load']:.1f}"]
        lines.append("| " + " | ".join(told) + " |")
    return lines


def means(rows: list[dict[str, Any]]) -> list[str]:
    """Return the geometric mean of the ratios over the plain shapes, by cell, way and rival."""
    lines = [""]
    for cell in GATES:
        plain = [r for r in rows if r["case"] in {Case(cell, s).name for s in SIZES}]
        for way in ("train", "infer"):
            for side, name in NAMES.items():
                got = [r[way + "_ratio"][side] for r in plain if side in r[way + "_ratio"]]
                if got:
                    mean = float(np.exp(np.mean(np.log(got))))
                    lines.append(f"- {cell}, {way}, against {name}: geometric mean {mean:.2f}x, "
                                 f"least {min(got):.2f}x over {len(got)} shapes")  # fmt: skip
    return lines


def steps(workers: dict[str, Worker], rounds: int) -> list[str]:
    lines = ["", "One step, b=1, f=16, h=128, numpy to numpy, microseconds:", ""]
    for cell in GATES:
        ms = measure(workers, Case(cell, (1, 1, 16, 128)), "step", rounds, 0.3)
        told = ", ".join(f"{n} {np.median(v) * 1e3:.1f}" for n, v in ms.items())
        if "onnx" in ms:
            told += f"; onnx / ours {np.median(ms['onnx'] / ms['ours']):.2f}"
        lines.append(f"- {cell}: {told}")
    return lines


def long_sequences(rounds: int, seconds: float) -> list[str]:
    """Compare training on long sequences: ours with and without malloc tuning, and torch."""
    lines = ["", "Long sequences, training step; tuned: malloc told to keep its memory.", "",
             "| b,t,f,h | ours ms | ours tuned ms | untuned / tuned | ours peak over rest MiB "
             "| torch ms | torch peak MiB |", "|---|---|---|---|---|---|---|"]  # fmt: skip
    for size in LONG:
        case, workers = Case("lstm", size), {"ours": Worker("ours"), "tuned": Worker("ours", True)}
        if find_spec("torch"):
            workers["torch"] = Worker("torch")
        ms = measure(workers, case, "train", rounds, seconds)
        told = {n: f"{np.median(v):.1f}" for n, v in ms.items()}
        mib = {n: f"{w.ask(case, 'train', memory=True):.0f}" for n, w in workers.items()}
        ratio = f"{np.median(ms['ours'] / ms['tuned']):.2f}"
        cells = [",".join(map(str, size)), told["ours"], told["tuned"], ratio, mib["ours"],
                 told.get("torch", ""), mib.get("torch", "")]  # fmt: skip
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def sweep(workers: dict[str, Worker], seconds: float) -> dict[str, Any]:
    """Return milliseconds of training by axis, side and size."""
    sides = {n: w for n, w in workers.items() if n in ("ours", "torch", "keras")}
    told: dict[str, Any] = {}
    for axis, sizes in SWEEPS.items():
        got = [measure(sides, Case("lstm", s), "train", 1, seconds) for s in sizes]
        told[axis] = {n: [float(g[n][0]) for g in got] for n in sides}
        print(f"{axis}: {told[axis]}", file=sys.stderr, flush=True)
    return told


def plot(rows: list[dict[str, Any]], swept: dict[str, Any], path: str) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, places = plt.subplot_mosaic(
        [["share", axis] for axis in SWEEPS], figsize=(11, 0.3 * len(rows) + 2)
    )
    at = np.arange(len(rows))
    for way, shift in (("train", -0.2), ("infer", 0.2)):
        shares = [100 * r[way + "_share"] for r in rows]
        places["share"].barh(at + shift, shares, 0.4, label=way)
    places["share"].set_yticks(at, [r["case"] for r in rows], fontsize=7)
    places["share"].set(xlabel="percent of the speed of a large product", ylim=(len(rows) + 1, -1))
    places["share"].legend(loc="lower right", ncols=2)
    for axis, sizes in SWEEPS.items():
        column = "btfh".index(axis[0])
        for side, ms in swept[axis].items():
            places[axis].loglog(
                [s[column] for s in sizes], ms, "o-", label=NAMES.get(side, "unrolled")
            )
        places[axis].set(xlabel=axis, ylabel="ms, training step")
        places[axis].set_xticks([s[column] for s in sizes], [str(s[column]) for s in sizes])
        places[axis].minorticks_off()
    places["t, steps"].legend()
    figure.tight_layout()
    figure.savefig(path, dpi=110)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--case", default="", help="only cases whose name has this text")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.4, help="of each side in a round")
    parser.add_argument("--tuned", action="store_true", help="malloc tuning for every side")
    parser.add_argument("--append", action="store_true", help="append to benchmarks/RESULTS.md")
    parser.add_argument("--plot", help="draw shares of the peak and sweeps into this file")
    return parser.parse_args()


def main() -> None:
    asked = arguments()
    sides = [s for s in SIDES if s not in NEEDS or find_spec(NEEDS[s])]
    workers = {s: Worker(s, asked.tuned) for s in sides}
    chosen = [c for c in every_case() if asked.case in c.name]
    rows = [row(workers, case, asked.rounds, asked.seconds) for case in chosen]
    lines = ["", f"## Recurrence, {time.strftime('%Y-%m-%d %H:%M')}", "",
             f"`{' '.join(['python', *sys.argv])}`. {len(os.sched_getaffinity(0))} cores, large "
             f"product {np.median([r['peak'] for r in rows]):.0f} GFLOP/s (median over cases), "
             f"{'the same' if asked.tuned else 'no'} malloc tuning on all sides. A ratio above 1 "
             "means that ours is faster.", "", *table(rows), *means(rows)]  # fmt: skip
    lines += steps({n: w for n, w in workers.items() if n in ("ours", "onnx")}, asked.rounds)
    if sys.platform == "linux":
        lines += long_sequences(asked.rounds, asked.seconds)
    print("\n".join(lines))
    if asked.append:
        with (HERE / "RESULTS.md").open("a") as results:
            results.write("\n".join(lines) + "\n")
    if asked.plot:
        plot(rows, sweep(workers, asked.seconds), asked.plot)


if __name__ == "__main__":
    main()
