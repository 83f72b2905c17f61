"""Sides of a comparison, a process each, asked in turn; a process that waits uses no processor."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping

Side = tuple[str, str]  # a name, and Keras' backend
Figures = list[float]


def answer(build: Callable[[], Callable[[], Figures]]) -> None:
    """Build one side, then write its figures for each line that is read."""
    answers, sys.stdout = sys.stdout, sys.stderr
    measure = build()
    print("ready", file=answers, flush=True)
    for _ in sys.stdin:
        print(json.dumps(measure()), file=answers, flush=True)


def timed(function: Callable[..., object], *arguments: object) -> float:
    """Return the seconds that a call takes."""
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def a_pass(fit: Callable[[int], object], more: int) -> float:
    """Return the seconds of one pass, by how much longer a fit with so many more of them takes.

    What a fit does once (building, compiling, warming up) is in both fits, and cancels.
    """
    one = timed(fit, 1)
    return (timed(fit, 1 + more) - one) / more


def in_turn(
    script: str,
    sides: list[Side],
    rounds: int,
    beside: Mapping[Side, Callable[[], Figures]] | None = None,
) -> dict[Side, list[Figures]]:
    """Return the figures of every round, by side.

    Args:
        script: The file that answers for a side when called with `--work NAME`.
        sides: The sides.
        rounds: How often each is asked.
        beside: Further sides that are measured from here, at the end of each round.
    """
    workers = {}
    for side in sides:
        workers[side] = subprocess.Popen(
            [sys.executable, script, "--work", side[0]],
            env={**os.environ, "KERAS_BACKEND": side[1], "TF_CPP_MIN_LOG_LEVEL": "3"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert workers[side].stdout.readline().strip() == "ready", side
    others = beside or {}
    took: dict[Side, list[Figures]] = {side: [] for side in (*sides, *others)}
    for _ in range(rounds):
        for side, worker in workers.items():
            print("go", file=worker.stdin, flush=True)
            took[side].append(json.loads(worker.stdout.readline()))
            time.sleep(0.5)
        for side, measure in others.items():
            took[side].append(measure())
    return took
