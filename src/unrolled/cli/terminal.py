"""What the commands share to read their arguments and to print lines, tables and errors."""

from __future__ import annotations

import os
import re
import shutil
import sys
import textwrap
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Any, NoReturn

import typer

import unrolled

LIST_OPTIONS = (
    "--input",
    "--output",
    "--columns",
    "--missing",
    "--target",
    "--past",
    "--future",
    "--static",
    "--level",
    "--steps",
)
WIDTH = 100
NOT_FOR_USERS = (
    DeprecationWarning,
    PendingDeprecationWarning,
    ImportWarning,
    ResourceWarning,
)
STANDARD_STREAMS = 3  # stdin, stdout and stderr are the files 0, 1 and 2 of a process
_DASHED_VALUE = re.compile(r"-(\d.*)?$")  # a value and no option: -999, or a dash


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
        elif option and (not argument.startswith("-") or _DASHED_VALUE.match(argument)):
            repeated.append(f"{option}={argument}")
            without_value = ""
        else:
            repeated += [without_value, argument] if without_value else [argument]
            option, without_value = (name if name in LIST_OPTIONS and value else ""), ""
    return repeated + ([without_value] if without_value else [])


def refuse_opposites(arguments: Sequence[str], command: Any) -> None:
    """Refuse an option together with its opposite, of which the parser would take the last.

    Args:
        arguments: The arguments after the name of the program.
        command: The command of the parser.

    Raises:
        SettingError: Both are there.
    """
    subcommand = getattr(command, "commands", {}).get(arguments[0] if arguments else "")
    for option in getattr(subcommand, "params", ()):
        one = [name for name in option.opts if name in arguments]
        other = [name for name in option.secondary_opts if name in arguments]
        if one and other:
            raise unrolled.errors.SettingError(
                f"{one[0]} and {other[0]} contradict each other. Leave one of them out."
            )


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
    """Print each warning of the block as one paragraph on the error stream.

    No warning ends a command, also under `python -W error`: a model must not be lost for one.
    """

    def show(message: Warning | str, *_: Any, **__: Any) -> None:
        print(_fill(f"warning: {message}", _width()), file=sys.stderr)

    with warnings.catch_warnings():
        if any(option.startswith("error") for option in sys.warnoptions):  # python -W error
            warnings.simplefilter("default")
            for category in NOT_FOR_USERS:
                warnings.simplefilter("ignore", category)
        warnings.showwarning = show
        warnings.simplefilter("default", UserWarning)  # what is said is no error under -W error
        yield


def fail(status: int, message: str) -> NoReturn:
    """Print an error as one paragraph on the error stream, and exit."""
    printable = message.encode(errors="backslashreplace").decode()  # lone surrogates cannot print
    print(_fill(f"error: {printable}", _width()), file=sys.stderr)
    sys.exit(status)


def write_table(table: Any, out: Path | None) -> None:
    """Write a table to a file and report it, or print it as CSV if there is no file."""
    if out is None:
        with exact_output() as stream:
            unrolled.write(table, stream)
    else:
        unrolled.write(table, out)
    report_written(table.height, out)


def report_written(rows: int, out: Path | None) -> None:
    """Print how many rows were written to a file, if there is a file."""
    if out is not None:
        typer.echo(f"wrote  {out}  ({rows} {'row' if rows == 1 else 'rows'})")


def prepare_streams() -> None:
    """Let nothing that is printed end a command.

    What is printed to a closed stream is dropped, and characters that the encoding of the output
    stream lacks are replaced by question marks: a model must not be lost for them.
    """
    if None in (sys.stdin, sys.stdout, sys.stderr):
        # Otherwise the next files that are opened would be those of the closed streams.
        while (handle := os.open(os.devnull, os.O_RDWR)) < STANDARD_STREAMS:
            pass
        os.close(handle)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, _discard())
    if isinstance(sys.stdout, TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="replace")


def echo(text: object) -> bool:
    """Print text; if the program that reads it has ended, drop this and all that follows.

    Returns:
        Whether it was printed.
    """
    try:
        typer.echo(text)
    except BrokenPipeError:
        sys.stdout = _discard()
        return False
    return True


@contextmanager
def exact_output() -> Iterator[Any]:
    """Give the output stream for data, in which no character may be replaced.

    Raises:
        DataError: The encoding of the stream lacks a character.
    """
    stream, replaces = sys.stdout, getattr(sys.stdout, "errors", None) == "replace"
    if replaces:
        stream.reconfigure(errors="strict")  # type: ignore[union-attr]
    try:
        yield stream
        stream.flush()
    except UnicodeEncodeError as error:
        raise unrolled.errors.DataError(
            f"The output has the character {error.object[error.start]!r}, which the encoding"
            f" {stream.encoding} of the screen cannot write. Write to a file with --out FILE, or"
            " set PYTHONIOENCODING=utf-8."
        ) from None
    finally:
        if replaces:
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]


def _discard() -> Any:
    """Return a stream that drops what is written to it."""
    return open(os.devnull, "w", encoding="utf-8")
