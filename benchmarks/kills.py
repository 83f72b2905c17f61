"""Kill a training at random moments, go on with it each time, and compare its last bits.

    python benchmarks/kills.py --kills 50

Two networks are trained on the bike sharing days, and saved, in processes that SIGKILL ends: at any
moment, while a checkpoint is written, or after training while the model is saved. Each is begun
again by the same command. Every file of the model that comes out in the end must equal, byte by
byte, that of a training that was never broken off, and no half file may be left.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

DAYS = files("unrolled") / "demos" / "days.jsonl"
EPOCHS, EVERY, SEEDS = 12, 5, 2


def train(folder: Path) -> None:
    """Train, or go on, and save; say when the network is built."""
    import unrolled
    from unrolled.backend import keras

    settings = unrolled.Training(
        epochs=EPOCHS,
        seeds=SEEDS,
        split="time",
        split_by="date",
        verbose=False,
        checkpoint=folder / "kept",
        every=EVERY,
        resume=True,
    )
    model = unrolled.SequenceModel(
        ["hours", "year", "season", "workday"],
        "total",
        network=unrolled.Network(units=16, dropout=0.3),
        training=settings,
    )
    tell = keras.callbacks.LambdaCallback(on_train_begin=lambda _: print("built", flush=True))
    model.fit(DAYS, callbacks=[tell])
    model.save(folder / "model")


def begun(folder: Path) -> subprocess.Popen:
    """Begin a training in a process of its own, and return when its network is built."""
    child = subprocess.Popen(
        [sys.executable, __file__, "--train", str(folder)], stdout=subprocess.PIPE, text=True
    )
    if child.stdout.readline() != "built\n":
        raise SystemExit(f"the training in {folder} failed to begin")
    return child


def uninterrupted(folder: Path) -> tuple[float, float]:
    """Train without a kill, and return the seconds until training ended, and from there on."""
    child, began = begun(folder), time.monotonic()
    waited(child, lambda: last(folder).exists())
    ended = time.monotonic()
    if child.wait():
        raise SystemExit("the training that nobody killed failed")
    return ended - began, time.monotonic() - ended


def last(folder: Path) -> Path:
    """Return the file that is written when training ends."""
    return folder / "kept" / f"network-{SEEDS}.safetensors"


def waited(child: subprocess.Popen, seen: Callable[[], bool]) -> None:
    """Wait until something is seen, or the process ends."""
    while child.poll() is None and not seen():
        time.sleep(0.0005)


def life(folder: Path, aim: str, seconds: tuple[float, float]) -> str:
    """Begin, kill, and return what was going on: nothing where it ended before."""
    child = begun(folder)
    half = folder / "kept" / "current.safetensors.part"
    if aim == "moment":
        end = time.monotonic() + random.uniform(0, sum(seconds) / 2)
        waited(child, lambda: time.monotonic() > end)
    elif aim == "writing":
        for _ in range(random.randint(1, 12)):
            waited(child, half.exists)
            waited(child, lambda: not half.exists())
        waited(child, half.exists)
    else:
        waited(child, last(folder).exists)
        end = time.monotonic() + random.uniform(0, seconds[1])
        waited(child, lambda: time.monotonic() > end)
    child.send_signal(signal.SIGKILL)
    status = child.wait()
    if status == 0:
        return ""
    if status != -signal.SIGKILL:
        raise SystemExit(f"the training failed by itself, with status {status}")
    if list((folder / "kept").glob("*.part")):
        return "while a checkpoint was written"
    return "after training, while saving" if last(folder).exists() else "in training"


def content(folder: Path) -> dict[str, bytes]:
    """Return every file of a saved model."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--train", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.train:
        train(given.train)
        return
    random.seed(given.seed)
    home, began = Path(tempfile.mkdtemp()), time.monotonic()
    plain = home / "plain"
    seconds = uninterrupted(plain)
    print(f"never broken off: {seconds[0]:.1f} s of training, {seconds[1]:.1f} s after", flush=True)
    wanted, counts, rounds, beside = content(plain / "model"), Counter(), 0, 0
    while sum(counts.values()) < given.kills:
        rounds, lives, going = rounds + 1, 0, True
        folder = home / f"round-{rounds}"
        while going:
            lives += 1
            aim = random.choices(("moment", "writing", "saving"), (6, 2, 2))[0]
            what = life(folder, aim, seconds)
            going = bool(what)
            counts += Counter([what] if what else [])
        if content(folder / "model") != wanted:
            raise SystemExit(f"round {rounds}: the model differs; see {home}")
        left = sorted(os.listdir(folder / "kept"))
        if left != ["lock", *(f"network-{k + 1}.safetensors" for k in range(SEEDS))]:
            raise SystemExit(f"round {rounds}: something was left over: {left}")
        beside += len(set(os.listdir(folder)) - {"kept", "model"})
        print(f"round {rounds}: same bytes after {lives - 1} kills", flush=True)
    each = ", ".join(f"{n} {what}" for what, n in counts.items())
    minutes = (time.monotonic() - began) / 60
    print(
        f"{sum(counts.values())} kills survived in {rounds} trainings ({each}), {minutes:.0f} min"
    )
    print(f"folders left beside the models: {beside}")
    shutil.rmtree(home)


if __name__ == "__main__":
    main()
