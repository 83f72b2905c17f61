"""Words to and from the terminal: lists among the arguments, lines that fit, errors."""

from __future__ import annotations

import shutil
import sys
import textwrap
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import typer

import unrolled

LISTS = (
    "--input",
    "--output",
    "--columns",
    "--target",
    "--past",
    "--future",
    "--static",
    "--level",
)
WIDTH = 100


def spread(arguments: Sequence[str]) -> list[str]:
    """Repeat an option of many names, like `--input`, before each of those that follow.

    Example:
        >>> spread(["data.csv", "--input", "a", "b", "--output", "y", "--seed", "1"])
        ['data.csv', '--input=a', '--input=b', '--output=y', '--seed', '1']
    """
    found: list[str] = []
    option = waiting = ""
    for argument in arguments:
        name, _, value = argument.partition("=")
        if argument in LISTS:
            found += [waiting] if waiting else []
            option = waiting = argument
        elif option and not argument.startswith("-"):
            found.append(f"{option}={argument}")
            waiting = ""
        else:
            found += [waiting, argument] if waiting else [argument]
            option, waiting = (name if name in LISTS and value else ""), ""
    return found + ([waiting] if waiting else [])


def wrapped(text: object) -> str:
    """Return text with its longest lines broken to fit the terminal."""
    width = _width()
    return "\n".join(_filled(line, width) for line in str(text).split("\n"))


def _width() -> int:
    """Return how many columns there are to write in."""
    return min(shutil.get_terminal_size((WIDTH, 24)).columns, WIDTH)


def _filled(line: str, width: int) -> str:
    """Return a line broken between words, and never within a name or a path."""
    return textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False)


def usage(error: BaseException) -> str:
    """Return a complaint of the parser as a sentence, and where to read on."""
    says = str(error.format_message()).replace("Value error, ", "")  # type: ignore[attr-defined]
    says = says if says.endswith((".", "?")) else f"{says}."
    context = getattr(error, "ctx", None)
    place = " It comes before the options." if says.startswith("Missing argument") else ""
    page = context.command_path if context else "unrolled"
    return f"{says[:1].lower()}{says[1:]}{place} Read on with: {page} --help"


@contextmanager
def warned() -> Iterator[None]:
    """Print warnings that are raised meanwhile as one paragraph each on the error stream."""

    def show(message: Warning | str, *_: Any, **__: Any) -> None:
        print(_filled(f"warning: {message}", _width()), file=sys.stderr)

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield


def fail(status: int, text: str) -> NoReturn:
    """Print one paragraph on the error stream and end."""
    plain = text.encode(errors="backslashreplace").decode()  # half a letter cannot be printed
    print(_filled(f"error: {plain}", _width()), file=sys.stderr)
    sys.exit(status)


def written(table: Any, out: Path | None) -> None:
    """Write a table into a file and say so, or onto the screen."""
    unrolled.write(table, out or sys.stdout)
    wrote(table.height, out)


def wrote(rows: int, out: Path | None) -> None:
    """Say how many rows were written into a file, if there is one."""
    if out is not None:
        typer.echo(f"wrote  {out}  ({rows} {'row' if rows == 1 else 'rows'})")
