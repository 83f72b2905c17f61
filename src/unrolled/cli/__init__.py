"""The command line: each command parses its options, calls the public surface, and prints.

Only the command that runs is imported and gets a parser: those of all of them take longer than
reading a model.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any

import typer

import unrolled
from unrolled.cli.shared_options import examples
from unrolled.cli.terminal import (
    explain_usage_error,
    fail,
    prepare_streams,
    print_warnings,
    refuse_opposites,
    repeat_list_options,
)

COMMANDS = (
    "show",
    "train",
    "predict",
    "evaluate",
    "importance",
    "stream",
    "export",
    "forecast",
    "backtest",
    "demo",
    "doctor",
)
EXAMPLES = ("demo", "show many-to-one", "train data.csv --input a b --output y")
INTERRUPTED = 130


def parser(command: str = "") -> Any:
    """Return the parser of the command line with one command, or with all if there is no such one.

    A command is the function in the file of its name.
    """
    app = typer.Typer(
        name="unrolled",
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )
    app.callback(invoke_without_command=True, epilog=examples(*EXAMPLES))(start)
    for name in [command] if command in COMMANDS else COMMANDS:
        module = import_module(f"unrolled.cli.{name}")
        app.command(epilog=examples(*module.EXAMPLES))(getattr(module, name))
    return typer.main.get_command(app)


def start(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    """Train recurrent networks on tables, use them, and explain them."""
    from importlib.metadata import version as installed_version

    if version:
        typer.echo(f"unrolled {installed_version('unrolled')}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit without a traceback if there is an error.

    The exit status is 2 for errors that the user can correct, 1 for unexpected errors, and 130 if
    the user interrupts.

    Args:
        arguments: The arguments after `unrolled`; None takes those of the shell.
    """
    words = sys.argv[1:] if arguments is None else arguments
    prepare_streams()
    try:
        with print_warnings():
            command_line = parser(words[0] if words else "")
            refuse_opposites(words, command_line)
            status = command_line(
                args=repeat_list_options(words), prog_name="unrolled", standalone_mode=False
            )
    except unrolled.errors.UnrolledError as error:
        fail(2, str(error))
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    except (SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # a panic in a Rust library is not an Exception
        if hasattr(error, "format_message"):  # an error of the parser
            fail(2, explain_usage_error(error))
        if os.environ.get("UNROLLED_TRACEBACK"):
            raise
        first_line = f"{type(error).__name__}: {error}".splitlines()[0]
        fail(1, f"unexpected {first_line} (Set UNROLLED_TRACEBACK=1 to see the traceback.)")
    if status == INTERRUPTED:
        fail(INTERRUPTED, "interrupted.")
