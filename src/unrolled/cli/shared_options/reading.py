"""The options that say how a file is read: the same ones for every command."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

import unrolled

NAMES = ("columns", "separator", "decimal", "encoding", "missing", "date_format")

Columns = Annotated[
    list[str] | None,
    typer.Option(help="Column names, for a file without a header line.", metavar="NAME ..."),
]
Separator = Annotated[
    str | None,
    typer.Option(
        help="What separates the cells of a .csv or .txt file, such as ';' or tab. By default, it"
        " is detected.",
        metavar="CHARACTER",
    ),
]
Decimal = Annotated[
    str | None,
    typer.Option(
        help="Decimal mark, '.' or ','. By default, it is detected where the file settles it.",
        metavar="CHARACTER",
    ),
]
Encoding = Annotated[
    str | None,
    typer.Option(
        help="Encoding of the text, such as cp1251. By default, it is detected.", metavar="NAME"
    ),
]
Missing = Annotated[
    list[str] | None,
    typer.Option(
        help="Cells that mean 'missing', besides empty ones, such as -999.", metavar="TEXT ..."
    ),
]
DateFormat = Annotated[
    str | None,
    typer.Option(
        help="How dates are written, such as %d.%m.%Y. By default, it is inferred where all rows"
        " together settle it.",
        metavar="FORMAT",
    ),
]


def stated_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of reading that are used, by name."""
    return {name: options[name] for name in NAMES if options.get(name) is not None}


def open_table(path: Path, options: Mapping[str, Any]) -> Any:
    """Return a table whose columns are converted when a model needs them.

    Args:
        path: The file.
        options: The options of the command, by name.
    """
    return unrolled.scan(path, **stated_options(options))


def options_again(options: Mapping[str, Any]) -> list[str]:
    """Return the words by which the next command reads a file in the same way."""
    words = []
    for name, value in stated_options(options).items():
        option = f"--{name.replace('_', '-')}"
        several = value if isinstance(value, list) else [value]
        dashed = [word for word in several if str(word).startswith("-")]
        words += [f"{option}={word}" for word in several] if dashed else [option, *several]
    return words
