"""Is `unrolled show` quick? Its time as a share of the time that importing Keras takes.

    python benchmarks/show_speed.py [RUNS]

Each command runs RUNS times (9 by default) in a process of its own, interleaved, so that a busy
machine slows all of them alike. It prints the median of wall time and of CPU time (user and system)
of each, and their share of importing Keras. The limit for `show` is 0.15.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

LIMIT = 0.15
UNROLLED = str(Path(sys.executable).with_name("unrolled"))
KERAS = "import keras"
COMMANDS = {
    KERAS: [sys.executable, "-c", KERAS],
    "unrolled --help": [UNROLLED, "--help"],
    "unrolled show": [UNROLLED, "show"],
    "unrolled show many-to-one": [UNROLLED, "show", "many-to-one"],
    "unrolled show unaligned --architecture decoder": [
        *(UNROLLED, "show", "unaligned", "--architecture", "decoder"),
    ],
}


def seconds(command: list[str]) -> tuple[float, float]:
    """Return the wall time and the CPU time of a command."""
    before, start = os.times(), time.perf_counter()
    environment = {"KERAS_BACKEND": "jax"} | dict(os.environ)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    wall, after = time.perf_counter() - start, os.times()
    cpu = after.children_user - before.children_user
    return wall, cpu + after.children_system - before.children_system


def main(runs: int) -> None:
    """Print the medians and their share of importing Keras."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in COMMANDS}
    for run in range(runs + 1):
        for name, command in COMMANDS.items():
            measured = seconds(command)
            if run:  # the first run fills the caches of the file system
                times[name].append(measured)
    medians = {
        name: tuple(statistics.median(column) for column in zip(*rows, strict=True))
        for name, rows in times.items()
    }
    wall, cpu = medians[KERAS]
    print(f"{'command':<48} {'wall':>8} {'CPU':>8} {'wall':>7} {'CPU':>7}   ({runs} runs, medians)")
    for name, (w, c) in medians.items():
        print(f"{name:<48} {w:>7.3f}s {c:>7.3f}s {w / wall:>6.2f}x {c / cpu:>6.2f}x")
    slow = [n for n, (w, c) in medians.items() if n != KERAS and max(w / wall, c / cpu) > LIMIT]
    print(f"limit {LIMIT}x: {'too slow: ' + ', '.join(slow) if slow else 'held'}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9)
