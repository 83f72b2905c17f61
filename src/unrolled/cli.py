"""The command line: parse, call one public function, print."""

from __future__ import annotations

import os
import sys
import textwrap
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

import unrolled

LISTS = ("--input", "--output")

app = typer.Typer(
    name="unrolled",
    help="Recurrent networks for every shape: one or many steps in, one or many steps out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Units = Annotated[int | None, typer.Option(help="Hidden units of each layer.")]
Layers = Annotated[int, typer.Option(help="Layers, one on top of another.")]
Architecture = Annotated[str, typer.Option(help="A wiring of the shape.")]
CellKind = Annotated[Literal["lstm", "gru", "rnn"], typer.Option(help="The recurrent cell.")]
Both = Annotated[
    bool | None,
    typer.Option("--bidirectional/--one-way", help="Whether to read the input backwards too."),
]


@app.command(epilog="Example: unrolled show unaligned --architecture repeat --t 6 --u 3")
def show(
    shape: Annotated[str | None, typer.Argument(help="One of the five shapes.")] = None,
    architecture: Architecture = "auto",
    t: Annotated[int | None, typer.Option(help="Input steps; 6 unless given.")] = None,
    f: Annotated[int, typer.Option(help="Numbers in an input step.")] = 4,
    u: Annotated[int | None, typer.Option(help="Output steps; 3 unless given.")] = None,
    o: Annotated[int, typer.Option(help="Numbers in an output step.")] = 1,
    units: Units = 64,
    layers: Layers = 1,
    bidirectional: Both = None,
    cell: CellKind = "lstm",
) -> None:
    """Show a shape: its picture, what it is for, its sizes and its code."""
    if shape is None:
        typer.echo(unrolled.glance())
        typer.echo("\nOne of them in full: unrolled show many-to-one")
        return
    taken = unrolled.shapes.named(shape, same_length=u is None or u == t)
    if taken != shape:
        typer.echo(f"{shape} is aligned or unaligned; showing {taken}.\n")
    typer.echo(
        unrolled.show(
            taken,
            architecture=architecture,
            t=(t or 6) if taken in ("many-to-one", "aligned", "unaligned") else t,
            f=f,
            u=(u or 3) if taken in ("one-to-many", "unaligned") else u,
            o=o,
            units=units or 64,
            layers=layers,
            bidirectional=bidirectional,
            cell=cell,
        )
    )


@app.command(epilog="Example: unrolled train reviews.csv --input text --output label --save model/")
def train(
    data: Annotated[Path, typer.Argument(help="CSV, TSV, Parquet, JSON lines or .ts.")],
    output: Annotated[
        list[str], typer.Option(help="Columns that come out, each NAME or NAME:KIND.")
    ],
    input: Annotated[
        list[str] | None,
        typer.Option(help="Columns that go in, each NAME or NAME:KIND; all others unless given."),
    ] = None,
    save: Annotated[Path | None, typer.Option(help="Folder for the model.")] = None,
    shape: Annotated[str, typer.Option(help="One of the five shapes, or auto.")] = "auto",
    test: Annotated[float, typer.Option(help="Share of the rows held out to score.")] = 0.2,
    architecture: Architecture = "auto",
    units: Units = None,
    layers: Layers = 1,
    bidirectional: Both = None,
    cell: CellKind = "lstm",
    epochs: Annotated[int, typer.Option(help="The most passes over the data.")] = 200,
    seed: Annotated[int, typer.Option(help="Makes two runs equal.")] = 0,
    split: Annotated[
        Literal["auto", "random", "stratified", "group", "time"],
        typer.Option(help="How rows are held out."),
    ] = "auto",
    split_by: Annotated[
        str | None, typer.Option(help="Column that groups or orders rows for --split.")
    ] = None,
) -> None:
    """Train a network on a table, and score it beside simple references.

    Kinds are number, category, vector, numbers, tokens, and text (text:characters, text:words,
    text:subwords); they are found from the data unless stated.
    """
    model = unrolled.SequenceModel(
        input,
        output,
        shape=shape,
        network=unrolled.Network(
            architecture=architecture,
            units=units,
            layers=layers,
            bidirectional=bidirectional,
            cell=cell,
        ),
        training=unrolled.Training(epochs=epochs, seed=seed, split=split, split_by=split_by),
    )
    model.check_save(save)
    typer.echo(model.trial(data, test=test, before=lambda built: typer.echo(f"{built}\n")))
    if save is not None:
        typer.echo(f"\nsaved  {model.save(save)}")
        typer.echo(f"use    unrolled predict {save} NEW_ROWS -o predictions.csv")


@app.command(epilog="Example: unrolled predict model/ new.csv -o predictions.csv")
def predict(
    model: Annotated[Path, typer.Argument(help="Folder of a saved model.")],
    data: Annotated[Path, typer.Argument(help="Rows to predict.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="File to write; the screen unless given.")
    ] = None,
    probabilities: Annotated[
        bool, typer.Option("--probabilities", help="A probability for each class.")
    ] = False,
) -> None:
    """Predict the outputs of new rows."""
    found = unrolled.load(model).predict_file(data, out, probabilities=probabilities)
    typer.echo(found if out is None else f"wrote  {out}  ({found.height} rows)")


@app.command(epilog="Example: unrolled evaluate model/ test.csv")
def evaluate(
    model: Annotated[Path, typer.Argument(help="Folder of a saved model.")],
    data: Annotated[Path, typer.Argument(help="Rows with known outputs.")],
) -> None:
    """Score a saved model on rows with known outputs, beside simple references."""
    typer.echo(unrolled.load(model).evaluate(data))


@app.command(epilog="Example: unrolled demo --folder demo")
def demo(
    folder: Annotated[Path, typer.Option(help="Folder for the tables and models.")] = Path("demo"),
) -> None:
    """Train all five shapes on bike-sharing data, and leave the models in a folder."""
    unrolled.demo(folder, say=typer.echo)


def main() -> None:
    """Run the command line; errors a user can cause exit 2, others 1, without a traceback."""
    try:
        app(args=spread(sys.argv[1:]))
    except unrolled.errors.UnrolledError as error:
        _fail(2, str(error))
    except KeyboardInterrupt:
        _fail(130, "interrupted; nothing was saved.")
    except Exception as error:
        if os.environ.get("UNROLLED_TRACEBACK"):
            raise
        says = f"{type(error).__name__}: {error}".splitlines()[0]
        _fail(1, f"{says} (unexpected; run again with UNROLLED_TRACEBACK=1 to see where.)")


def spread(arguments: list[str]) -> list[str]:
    """Repeat `--input` and `--output` before each of the names that follow.

    Example:
        >>> spread(["data.csv", "--input", "a", "b", "--output", "y"])
        ['data.csv', '--input', 'a', '--input', 'b', '--output', 'y']
    """
    found: list[str] = []
    option = ""
    for argument in arguments:
        if argument in LISTS:
            option = argument
        elif option and not argument.startswith("-"):
            found += [option, argument]
        else:
            option = ""
            found.append(argument)
    return found


def _fail(status: int, text: str) -> Any:
    width = 100 if not sys.stderr.isatty() else os.get_terminal_size(2).columns
    print(textwrap.fill(f"error: {text}", width), file=sys.stderr)
    sys.exit(status)
