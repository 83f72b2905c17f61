"""How much memory does it take to predict a large file of sentences?

    python benchmarks/streaming.py --rows 100000 1000000

The sentences of examples/many-to-one are repeated until there are enough; each file is predicted by
a process of its own, whose peak is what the operating system says.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import polars as pl

import unrolled

SENTENCES = Path(__file__).parents[1] / "examples" / "many-to-one" / "sentences.csv"
CHILD = "import sys; from unrolled.cli import main; main(sys.argv[1:])"


def peak(model: Path, given: Path, out: Path) -> tuple[float, float]:
    """Return the seconds and the peak in MiB of `unrolled predict` in a new process."""
    began = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-c", CHILD, "predict", model, given, "-o", out], stdout=subprocess.DEVNULL
    ) as child:
        # the maximum over children would keep that of an earlier, larger one
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = status
    if status:
        raise SystemExit(f"predicting {given} failed")
    return time.perf_counter() - began, used.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--suffixes", nargs="+", default=["csv"])
    asked = parser.parse_args()
    few = unrolled.read(SENTENCES)
    made = unrolled.SequenceModel({"text": "words"}, "label", training=unrolled.Training(epochs=3))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made.fit(few).save(folder / "model")
        for rows in asked.rows:
            many = pl.concat([few] * (rows // few.height + 1)).head(rows)
            for suffix in asked.suffixes:
                given = folder / f"given.{suffix}"
                unrolled.write(many, given)
                size = given.stat().st_size / 2**20
                seconds, mib = peak(folder / "model", given, folder / f"out.{suffix}")
                print(f"{rows:>9} rows  {suffix:<8} {size:6.0f} MiB  peak {mib:6.0f} MiB"
                      f"  {seconds:5.0f} s", flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
