"""The command line: parse, call one public function, print."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.metadata import version as installed
from pathlib import Path
from typing import Annotated

import typer

import unrolled
from unrolled.cli import forecast, predict, show, train
from unrolled.cli.options import examples
from unrolled.cli.terminal import fail, spread, usage, warned, wrapped

INTERRUPTED = 130

app = typer.Typer(
    name="unrolled",
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback(
    invoke_without_command=True,
    epilog=examples("demo", "show many-to-one", "train data.csv --input a b --output y"),
)
def start(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False,
) -> None:
    """Train a recurrent network of any shape: one or many steps in, one or many steps out."""
    if version:
        typer.echo(f"unrolled {installed('unrolled')}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


app.command(epilog=examples("show", "show unaligned --architecture tail --t 6 --u 3"))(show.show)
app.command(
    epilog=examples(
        "train sales.csv --input day price --output sold",
        "train reviews.csv --input text --output label --save model",
        "train french.tsv --columns word phonemes --output phonemes",
        "train news.conll --output tag",
        "train reviews.csv --output label --save model --checkpoint half --resume",
    )
)(train.train)
app.command(
    epilog=examples(
        "predict model new.csv -o predictions.csv",
        "predict sounds words.csv --beam 5 --n-best 3",
        "predict names countries.csv --samples 20 --temperature 0.8",
        "predict passengers airline.csv --level 80 95",
    )
)(predict.predict)
app.command(
    epilog=examples("evaluate model test.csv", "evaluate passengers airline.csv --last 24")
)(predict.evaluate)
app.command(
    epilog=examples(
        "forecast airline.csv --target Passengers --time Date --horizon 24",
        "forecast load.csv --target kW --time hour --horizon 48 --level 80 95 --plot load.png",
        "forecast sales.csv --target sold --time day --horizon 7 --future holiday --ahead week.csv",
        "forecast airline.csv --target Passengers --time Date --horizon 24 --save passengers",
    )
)(forecast.forecast)
app.command(
    epilog=examples("backtest airline.csv --target Passengers --time Date --horizon 24 --last 24")
)(forecast.backtest)


@app.command(epilog=examples("demo --folder demo"))
def demo(
    folder: Annotated[
        Path, typer.Option(help="Folder for the table and the models.", metavar="FOLDER")
    ] = Path("demo"),
) -> None:
    """Train all five shapes on bike sharing.

    One row of the table is a day of a city's rented bicycles. It takes about two minutes, and
    leaves the table and five models in a folder.
    """
    unrolled.demo(folder, say=lambda text: typer.echo(wrapped(text)))


@app.command(epilog=examples("doctor"))
def doctor() -> None:
    """Show what this machine runs the recurrence with.

    The backend, the kernel and its instruction set, threads and versions; and where something is
    missing that would make it faster, how to get it.
    """
    typer.echo(wrapped(unrolled.doctor.report()))


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; errors that a user can cause exit 2, others 1, without a traceback.

    Args:
        arguments: What follows `unrolled`; None takes it from the shell.
    """
    given = sys.argv[1:] if arguments is None else arguments
    try:
        with warned():
            status = app(args=spread(given), prog_name="unrolled", standalone_mode=False)
    except unrolled.errors.UnrolledError as error:
        fail(2, str(error))
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    except (SystemExit, GeneratorExit):
        raise
    except BaseException as error:  # the panic of a library is no Exception
        if hasattr(error, "format_message"):  # of the parser
            fail(2, usage(error))
        if os.environ.get("UNROLLED_TRACEBACK"):
            raise
        says = f"{type(error).__name__}: {error}".splitlines()[0]
        fail(1, f"{says} (unexpected; run again with UNROLLED_TRACEBACK=1 to see where.)")
    if status == INTERRUPTED:
        fail(INTERRUPTED, "interrupted.")
