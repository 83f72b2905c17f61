"""Progress of a training: a live line on a terminal, a few quiet lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

QUIET_LINES = 10


class Progress:
    """Shows epoch, loss, validation loss and time left on the error stream.

    Args:
        epochs: The most passes there can be.
        verbose: Whether to show anything.
        which: Words before each line.
    """

    def __init__(self, epochs: int, *, verbose: bool, which: str = "") -> None:
        self.which = which
        self.epochs, self.verbose, self.began = epochs, verbose, time.monotonic()
        self.before = 0  # passes that were made in an earlier run
        self.live = verbose and sys.stderr.isatty()
        self._status: Any = None
        self._line = ""
        if self.live:
            from rich.console import Console

            self._status = Console(stderr=True).status("compiling the network ...")
            self._status.start()

    def epoch(self, number: int, *, loss: float, validation: float, best: int) -> None:
        """Tell that pass `number` (from 1) ended, and which was the best so far."""
        passed = time.monotonic() - self.began
        left = passed / (number - self.before) * (self.epochs - number)
        self._line = (
            f"{self.which}epoch {number}/{self.epochs}  loss {loss:.4f}"
            f"  validation {validation:.4f}  best at {best}  {_clock(passed)}"
        )
        if self._status is not None:
            self._status.update(
                f"{self._line}, at most {_clock(left)} left (Ctrl-C keeps the best)"
            )
        elif self.verbose and (number == 1 or number % max(1, self.epochs // QUIET_LINES) == 0):
            self._say()

    def resumes(self, passes: int, step: int) -> None:
        """Tell that training goes on after so many passes, and steps of the next."""
        self.before = passes
        if self.verbose:
            words = f"{self.which}going on after pass {passes} and {step} steps of the next"
            print(words, file=sys.stderr, flush=True)

    def close(self) -> None:
        """End the display, leaving its last line."""
        if self._status is not None:
            self._status.stop()
        if self.verbose and self._line:
            self._say()

    def _say(self) -> None:
        print(self._line, file=sys.stderr, flush=True)
        self._line = ""


@contextmanager
def stage(what: str, *, shown: bool) -> Iterator[None]:
    """Tell on the error stream what takes its time, and how long it took in the end.

    Args:
        what: What is done.
        shown: Whether to show anything.
    """
    began = time.monotonic()
    with ExitStack() as stack:
        if shown and sys.stderr.isatty():
            from rich.console import Console

            stack.enter_context(Console(stderr=True).status(f"{what} (Ctrl-C ends it)"))
        yield
    if shown:
        print(f"{what}  {_clock(time.monotonic() - began)}", file=sys.stderr, flush=True)


@contextmanager
def progress_bar(rows: int, *, shown: bool) -> Iterator[Callable[[int], None]]:
    """Give what is told how many more rows are done, and shows a bar of all on a terminal.

    Args:
        rows: How many there are.
        shown: Whether to show anything.
    """
    if not (shown and sys.stderr.isatty()):
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = ("rows", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("rows", total=rows)
        yield lambda more: bar.advance(task, more)


def _clock(seconds: float) -> str:
    """Return seconds as minutes and seconds.

    Example:
        >>> _clock(75)
        '1:15'
    """
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
