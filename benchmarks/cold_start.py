"""How long one row takes from nothing: `unrolled predict` against importing Keras, and memory.

    python benchmarks/cold_start.py
    python benchmarks/cold_start.py --old ../earlier    # also a checkout of an earlier commit

The model is that of `examples/many-to-one/sentences.csv` (3000 sentences, sentiment), trained for
one epoch: the time of a prediction does not depend on the values of the weights. All commands are
run in turn, each in a process of its own, after one run of each that is not counted and leaves
bytecode and compiled programs in a cache. Prints the median time and the median of the peak memory
of each, and their ratios. An earlier checkout needs its compiled kernel in `src/unrolled/kernels`;
it trains its own model, since it may not read a newer one.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

DATA = Path(__file__).parents[1] / "examples" / "many-to-one" / "sentences.csv"
TRAIN = f"""
import sys, unrolled
training = unrolled.Training(epochs=1, verbose=False)
model = unrolled.SequenceModel("text", "label", training=training).fit({str(DATA)!r})
model.save(sys.argv[1])
"""
ROW = "text\nThe food was cold and the waiter never came back.\n"
MOST_TIME = 0.35  # of importing Keras
MOST_MEMORY = 0.35  # of the earlier commit


def environment(cache: Path, checkout: Path | None) -> dict[str, str]:
    """Return the environment of a run: its caches, and for another checkout where its code is."""
    variables = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    variables |= {
        "KERAS_BACKEND": "jax",
        "PYTHONPYCACHEPREFIX": str(cache / "bytecode"),
        "JAX_COMPILATION_CACHE_DIR": str(cache / "programs"),
    }
    if checkout is not None:
        places = (str(checkout / "src"), sysconfig.get_paths()["purelib"])
        variables["PYTHONPATH"] = os.pathsep.join(places)
    return variables


def measure(command: Sequence[str], variables: dict[str, str]) -> tuple[float, float]:
    """Run a command, and return its time in seconds and its peak memory in MiB."""
    start = time.perf_counter()
    process = subprocess.Popen(command, env=variables, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return seconds, usage.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, help="a saved model with the column `text`")
    parser.add_argument("--old", type=Path, help="a checkout of an earlier commit")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        row = place / "row.csv"
        row.write_text(ROW, encoding="utf-8")
        here, python = environment(place, None), [sys.executable]
        model = options.model or place / "model"
        if options.model is None:
            measure([*python, "-c", TRAIN, str(model)], here)
        runs = {
            "import keras": ([*python, "-c", "import keras"], here),
            "predict": ([*python, "-m", "unrolled", "predict", str(model), str(row)], here),
        }
        if options.old is not None:
            # Without `site`, so that nothing points to the code that is installed.
            there, python = environment(place, options.old), [sys.executable, "-S"]
            model = place / "old"
            measure([*python, "-c", TRAIN, str(model)], there)
            command = [*python, "-m", "unrolled", "predict", str(model), str(row)]
            runs["predict, old"] = (command, there)
        for run in runs.values():
            measure(*run)
        results: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
        for _ in range(options.rounds):
            for name, run in runs.items():
                results[name].append(measure(*run))
    print_results(results)


def print_results(results: dict[str, list[tuple[float, float]]]) -> None:
    """Print a table in Markdown, and the ratios beside what they may be at most."""
    medians = {name: tuple(map(median, zip(*rows, strict=True))) for name, rows in results.items()}
    print("| process | s | peak MiB |\n|---|---|---|")
    for name, (seconds, memory) in medians.items():
        print(f"| {name} | {seconds:.2f} | {memory:.0f} |")
    seconds, memory = medians["predict"]
    print(f"\ntime:   {seconds / medians['import keras'][0]:.2f} of importing Keras", end="")
    print(f" (at most {MOST_TIME})")
    if "predict, old" in medians:
        old_seconds, old_memory = medians["predict, old"]
        print(f"memory: {memory / old_memory:.2f} of the old commit (at most {MOST_MEMORY})")
        print(f"        {seconds / old_seconds:.2f} of its time")


if __name__ == "__main__":
    main()
