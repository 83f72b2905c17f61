"""How much memory a long series takes to be trained on, beside the memory of its own values.

    python benchmarks/forecasts_memory.py [--rows 10000000]

One series of hours, a lookback of 336 and a horizon of 24, one pass. Each size is a process of its
own. What a short series takes is the libraries, the compiler and the network; what a long one takes
beyond it is set beside the table itself, eight bytes for a time and eight for a value.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time

import numpy as np
import polars as pl

SHORT = 20_000
MIB = 2**20


def train(rows: int) -> None:
    """Train on so many rows, and print the seconds and the most memory held (MiB)."""
    import unrolled

    steps = np.arange(rows)
    noise = np.random.default_rng(0).normal(size=rows)
    table = pl.DataFrame({"hour": steps, "load": np.sin(2 * np.pi * steps / 24) + noise})
    del steps, noise
    made = unrolled.Forecaster(
        "load",
        time="hour",
        horizon=24,
        lookback=336,
        season=24,
        training=unrolled.Training(epochs=1, verbose=False),
    )
    began = time.perf_counter()
    made.fit(table)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{time.perf_counter() - began:.1f} {peak:.0f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--work", type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.work:
        train(asked.work)
        return
    print("| rows | table MiB | s to fit | peak MiB | beyond a short one MiB | / table |")
    print("|---|---|---|---|---|---|")
    least = 0.0
    for rows in (SHORT, asked.rows):
        worker = [sys.executable, __file__, "--work", str(rows)]
        done = subprocess.run(worker, check=True, capture_output=True, text=True)
        seconds, peak = map(float, done.stdout.split())
        least, size = least or peak, 16 * rows / MIB
        beyond = f"{peak - least:.0f} | {(peak - least) / size:.2f}" if rows != SHORT else " | "
        print(f"| {rows} | {size:.0f} | {seconds:.1f} | {peak:.0f} | {beyond} |", flush=True)


if __name__ == "__main__":
    main()
