"""The progress of a training: a live line on a terminal, and a few lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

MAX_LINES = 10  # about as many where there is no terminal


class Progress:
    """Shows the epoch, the losses and the time left on the error stream.

    Args:
        epochs: The maximum number of epochs.
        verbose: Whether to show anything.
        prefix: Text before each line.
    """

    def __init__(self, epochs: int, *, verbose: bool, prefix: str = "") -> None:
        self.prefix = prefix
        self.epochs, self.verbose, self.start = epochs, verbose, time.monotonic()
        self.earlier_epochs = 0  # those of the run that this one resumes
        self.live = verbose and _is_terminal()
        self._status: Any = None
        self._line = ""
        if self.live:
            from rich.console import Console

            self._status = Console(stderr=True).status("compiling the network ...")
            self._status.start()

    def epoch(self, number: int, *, loss: float, validation: float | None, best: int) -> None:
        """Show the results of an epoch.

        Args:
            number: The number of the epoch, from 1.
            loss: The training loss.
            validation: The validation loss; None where there is no validation part.
            best: The number of the best epoch so far.
        """
        seconds = time.monotonic() - self.start
        left = seconds / (number - self.earlier_epochs) * (self.epochs - number)
        validated = ""
        if validation is not None:
            validated = f"  validation loss {validation:.4f}  best epoch {best}"
        self._line = (
            f"{self.prefix}epoch {number}/{self.epochs}  loss {loss:.4f}{validated}"
            f"  {_minutes(seconds)}"
        )
        if self._status is not None:
            self._status.update(
                f"{self._line}, at most {_minutes(left)} left (Ctrl-C stops and keeps the best)"
            )
        elif self.verbose and (number == 1 or number % max(1, self.epochs // MAX_LINES) == 0):
            self._print_line()

    def resume(self, epochs: int, step: int) -> None:
        """Show where an interrupted training continues.

        Args:
            epochs: The number of epochs that are complete.
            step: The number of steps of the next epoch that are complete.
        """
        self.earlier_epochs = epochs
        if self.verbose:
            line = f"{self.prefix}resuming at epoch {epochs + 1}, step {step + 1}"
            _print(line)

    def close(self) -> None:
        """End the display; its last line stays."""
        if self._status is not None:
            self._status.stop()
        if self.verbose and self._line:
            self._print_line()

    def _print_line(self) -> None:
        _print(self._line)
        self._line = ""


@contextmanager
def stage(title: str, *, shown: bool) -> Iterator[None]:
    """Show on the error stream what is being done, and in the end how long it took.

    Args:
        title: What is being done.
        shown: Whether to show anything.
    """
    start = time.monotonic()
    with ExitStack() as stack:
        if shown and _is_terminal():
            from rich.console import Console

            stack.enter_context(Console(stderr=True).status(f"{title} (Ctrl-C stops)"))
        yield
    if shown:
        _print(f"{title}  {_minutes(time.monotonic() - start)}")


def announce(text: str, *, shown: bool) -> None:
    """Say on the error stream what is done next.

    Args:
        text: What is done.
        shown: Whether to show anything.
    """
    if shown:
        _print(text)


@contextmanager
def progress_bar(rows: int, *, shown: bool) -> Iterator[Callable[[int], None]]:
    """Show a bar of the rows that are done, on a terminal, and give the function that advances it.

    Args:
        rows: The number of rows.
        shown: Whether to show anything.
    """
    if not (shown and _is_terminal()):
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = ("rows", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("rows", total=rows)
        yield lambda count: bar.advance(task, count)


def _is_terminal() -> bool:
    """Return whether the error stream is a terminal; a program without a console has no stream."""
    return sys.stderr is not None and sys.stderr.isatty()


def _print(line: str) -> None:
    """Print a line on the error stream, if it is open: a training must not end for it."""
    if sys.stderr is not None:
        with suppress(OSError, ValueError):  # a broken pipe, or a closed file
            print(line, file=sys.stderr, flush=True)


def _minutes(seconds: float) -> str:
    """Return seconds as minutes and seconds.

    Example:
        >>> _minutes(75)
        '1:15'
    """
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
