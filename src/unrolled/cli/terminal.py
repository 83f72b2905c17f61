"""What the commands share to read their arguments and to print lines, tables and errors."""

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

LIST_OPTIONS = (
    "--input",
    "--output",
    "--columns",
    "--target",
    "--past",
    "--future",
    "--static",
    "--level",
    "--steps",
)
WIDTH = 100


def repeat_list_options(arguments: Sequence[str]) -> list[str]:
    """Repeat an option that takes several values, such as `--input`, before each value.

    The parser wants `--input=a --input=b`; people write `--input a b`.

    Example:
        >>> repeat_list_options(["data.csv", "--input", "a", "b", "--output", "y", "--seed", "1"])
        ['data.csv', '--input=a', '--input=b', '--output=y', '--seed', '1']
    """
    repeated: list[str] = []
    option = without_value = ""
    for argument in arguments:
        name, _, value = argument.partition("=")
        if argument in LIST_OPTIONS:
            repeated += [without_value] if without_value else []
            option = without_value = argument
        elif option and not argument.startswith("-"):
            repeated.append(f"{option}={argument}")
            without_value = ""
        else:
            repeated += [without_value, argument] if without_value else [argument]
            option, without_value = (name if name in LIST_OPTIONS and value else ""), ""
    return repeated + ([without_value] if without_value else [])


def wrap(text: object) -> str:
    """Return text whose long lines are broken to fit the terminal."""
    width = _width()
    return "\n".join(_fill(line, width) for line in str(text).split("\n"))


def _width() -> int:
    """Return how many characters fit on a line."""
    return min(shutil.get_terminal_size((WIDTH, 24)).columns, WIDTH)


def _fill(line: str, width: int) -> str:
    """Return a line that is broken between words, but never within a name or a path."""
    return textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False)


def explain_usage_error(error: BaseException) -> str:
    """Return an error of the parser as a sentence, with the help page that explains more."""
    message = str(error.format_message()).replace("Value error, ", "")  # type: ignore[attr-defined]
    message = message if message.endswith((".", "?")) else f"{message}."
    context = getattr(error, "ctx", None)
    place = " It comes before the options." if message.startswith("Missing argument") else ""
    command = context.command_path if context else "unrolled"
    return f"{message[:1].lower()}{message[1:]}{place} For help: {command} --help"


@contextmanager
def print_warnings() -> Iterator[None]:
    """Print each warning of the block as one paragraph on the error stream."""

    def show(message: Warning | str, *_: Any, **__: Any) -> None:
        print(_fill(f"warning: {message}", _width()), file=sys.stderr)

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield


def fail(status: int, message: str) -> NoReturn:
    """Print an error as one paragraph on the error stream, and exit."""
    printable = message.encode(errors="backslashreplace").decode()  # lone surrogates cannot print
    print(_fill(f"error: {printable}", _width()), file=sys.stderr)
    sys.exit(status)


def write_table(table: Any, out: Path | None) -> None:
    """Write a table to a file and report it, or print it as CSV if there is no file."""
    unrolled.write(table, out or sys.stdout)
    report_written(table.height, out)


def report_written(rows: int, out: Path | None) -> None:
    """Print how many rows were written to a file, if there is a file."""
    if out is not None:
        typer.echo(f"wrote  {out}  ({rows} {'row' if rows == 1 else 'rows'})")
