"""The command line: parse, call one public function, print."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from importlib.metadata import version as installed
from pathlib import Path
from typing import Annotated, Literal

import typer

import unrolled
from unrolled.cli import forecasts, saved
from unrolled.cli.forecasts import Checkpoint, Resume, Save
from unrolled.cli.saved import Names
from unrolled.cli.words import fail, spread, usage, warned, wrapped

INTERRUPTED = 130

app = typer.Typer(
    name="unrolled",
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Units = Annotated[
    int | None,
    typer.Option(
        help="Hidden units of each layer; unless given, 256 where a row of tokens or text comes"
        " out, 64 where text, tokens or wide categories go in, else 128.",
        metavar="N",
    ),
]
Width = Annotated[int, typer.Option(help="Hidden units of each layer.", metavar="N")]
Layers = Annotated[int, typer.Option(help="Layers, one on top of another.", metavar="N")]
Architecture = Annotated[
    str, typer.Option(help="A wiring of the shape; 'unrolled show' lists them.", metavar="NAME")
]
CellKind = Annotated[Literal["lstm", "gru", "rnn"], typer.Option(help="The recurrent cell.")]
Both = Annotated[
    bool | None,
    typer.Option("--bidirectional/--one-way", help="Read the input backwards too, or not."),
]
Inputs = Annotated[
    list[str] | None,
    typer.Option(
        help="One or more columns that go in; all others unless given.", metavar="NAME[:KIND] ..."
    ),
]
Outputs = Annotated[
    list[str], typer.Option(help="One or more columns that come out.", metavar="NAME[:KIND] ...")
]
Epochs = Annotated[
    int | None,
    typer.Option(
        help="The most passes over the data; by the number of rows unless given.", metavar="N"
    ),
]


def _examples(*lines: str) -> str:
    """Return commands as the closing words of a help page, one a line."""
    word = "Example" if len(lines) == 1 else "Examples"
    return "\n".join(["\b", f"{word}:", *(f"  unrolled {line}" for line in lines)])


@app.callback(
    invoke_without_command=True,
    epilog=_examples("demo", "show many-to-one", "train data.csv --input a b --output y"),
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


@app.command(epilog=_examples("show", "show unaligned --architecture tail --t 6 --u 3"))
def show(
    shape: Annotated[
        str | None,
        typer.Argument(
            help="One of the five shapes; all five at a glance unless given.", metavar="SHAPE"
        ),
    ] = None,
    architecture: Architecture = "auto",
    t: Annotated[int | None, typer.Option(help="Input steps; 6 unless given.", metavar="N")] = None,
    f: Annotated[int, typer.Option(help="Numbers in an input step.", metavar="N")] = 4,
    u: Annotated[
        int | None, typer.Option(help="Output steps; 3 unless given.", metavar="N")
    ] = None,
    o: Annotated[int, typer.Option(help="Numbers in an output step.", metavar="N")] = 1,
    units: Width = 64,
    layers: Layers = 1,
    bidirectional: Both = None,
    cell: CellKind = "lstm",
) -> None:
    """Explain a shape: picture, sizes, code."""
    if shape is None:
        typer.echo(f"{unrolled.glance()}\n\nOne of them in full: unrolled show many-to-one")
        return
    taken = unrolled.shapes.named(shape, same_length=u in (None, 6 if t is None else t))
    if taken != shape:
        typer.echo(f"{shape} is {taken} here.\n")
    t = 6 if t is None and taken in ("many-to-one", "aligned", "unaligned") else t
    u = 3 if u is None and taken in ("one-to-many", "unaligned") else u
    page = unrolled.show(
        taken,
        architecture=architecture,
        t=t,
        f=f,
        u=u,
        o=o,
        units=units,
        layers=layers,
        bidirectional=bidirectional,
        cell=cell,
    )
    typer.echo(page)


@app.command(
    epilog=_examples(
        "train sales.csv --input day price --output sold",
        "train reviews.csv --input text --output label --save model",
        "train french.tsv --columns word phonemes --output phonemes",
        "train news.conll --output tag",
        "train reviews.csv --output label --save model --checkpoint half --resume",
    )
)
def train(
    data: Annotated[
        Path,
        typer.Argument(
            help="A table: .csv, .tsv, .parquet, .jsonl, .ndjson, .json, .ts, .conll, .iob or"
            " .bio.",
            metavar="FILE",
        ),
    ],
    output: Outputs,
    input: Inputs = None,
    columns: Names = None,
    save: Save = None,
    shape: Annotated[
        str, typer.Option(help="One of the five shapes, or auto.", metavar="SHAPE")
    ] = "auto",
    test: Annotated[
        float, typer.Option(help="Share of the rows held out to score.", metavar="SHARE")
    ] = 0.2,
    architecture: Architecture = "auto",
    units: Units = None,
    layers: Layers = 1,
    bidirectional: Both = None,
    cell: CellKind = "lstm",
    pooling: Annotated[
        Literal["mean", "max", "last", "attention"],
        typer.Option(help="What 'pooled' makes of the states of all steps."),
    ] = "mean",
    lowercase: Annotated[
        bool | None,
        typer.Option(
            "--lowercase/--keep-case",
            help="Take capital letters for small ones, or not; words of text lose them unless"
            " given.",
        ),
    ] = None,
    digits: Annotated[
        bool | None,
        typer.Option(
            "--one-digit/--keep-digits",
            help="Take every digit for the same one, or none; unless given, those of words that"
            " are not known.",
        ),
    ] = None,
    characters: Annotated[
        bool | None,
        typer.Option(
            "--characters/--no-characters",
            help="Read words by their characters, too, or not; unless given, where some are not"
            " known.",
        ),
    ] = None,
    vectors: Annotated[
        Path | None,
        typer.Option(
            help="Word vectors to start from: a word and its numbers on each line.", metavar="FILE"
        ),
    ] = None,
    word_dropout: Annotated[
        float,
        typer.Option(help="Share of the words taken for unknown in each pass.", metavar="SHARE"),
    ] = 0.0,
    epochs: Epochs = None,
    seed: Annotated[int, typer.Option(help="Makes two runs equal.", metavar="N")] = 0,
    seeds: Annotated[
        int, typer.Option(help="Networks to fit and to let answer together.", metavar="N")
    ] = 1,
    class_weight: Annotated[
        Literal["balanced"] | None,
        typer.Option(help="Let every class of a category count alike, rare or not."),
    ] = None,
    split: Annotated[
        Literal["auto", "random", "stratified", "group", "time"],
        typer.Option(help="How rows are held out."),
    ] = "auto",
    split_by: Annotated[
        str | None,
        typer.Option(help="Column that groups or orders rows for --split.", metavar="NAME"),
    ] = None,
    checkpoint: Checkpoint = None,
    resume: Resume = False,
) -> None:
    """Train on a table, and score.

    The score, on rows held out, stands beside simple references. Kinds of columns are number,
    category, vector, numbers, tokens and text (text:characters, text:words, text:subwords); they
    are found from the data unless stated.
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
            pooling=pooling,
        ),
        text=unrolled.Text(
            lowercase=lowercase,
            digits=digits,
            characters=characters,
            vectors=None if vectors is None else str(vectors),
        ),
        training=unrolled.Training(
            word_dropout=word_dropout,
            epochs=epochs,
            seed=seed,
            seeds=seeds,
            class_weight=class_weight,
            split=split,
            split_by=split_by,
            checkpoint=checkpoint,
            resume=resume,
        ),
    )
    model.check_save(save)
    table = unrolled.read(data, columns=columns) if columns else data
    typer.echo(wrapped(model.trial(table, test=test, before=lambda made: typer.echo(f"{made}\n"))))
    if save is None:
        typer.echo("\nnot saved; to keep the model, add --save FOLDER")
        return
    typer.echo(f"\nsaved  {model.save(save)}")
    words = ["unrolled", "predict", str(save), str(data), "-o", f"predictions{_suffix(data)}"]
    words += ["--columns", *columns] if columns else []
    typer.echo(f"use    {shlex.join(words)}")


app.command(
    epilog=_examples(
        "predict model new.csv -o predictions.csv",
        "predict sounds words.csv --beam 5 --n-best 3",
        "predict names countries.csv --samples 20 --temperature 0.8",
        "predict passengers airline.csv --level 80 95",
    )
)(saved.predict)
app.command(
    epilog=_examples("evaluate model test.csv", "evaluate passengers airline.csv --last 24")
)(saved.evaluate)
app.command(
    epilog=_examples(
        "forecast airline.csv --target Passengers --time Date --horizon 24",
        "forecast load.csv --target kW --time hour --horizon 48 --level 80 95 --plot load.png",
        "forecast sales.csv --target sold --time day --horizon 7 --future holiday --ahead week.csv",
        "forecast airline.csv --target Passengers --time Date --horizon 24 --save passengers",
    )
)(forecasts.forecast)
app.command(
    epilog=_examples("backtest airline.csv --target Passengers --time Date --horizon 24 --last 24")
)(forecasts.backtest)


@app.command(epilog=_examples("demo --folder demo"))
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


@app.command(epilog=_examples("doctor"))
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


def _suffix(data: Path) -> str:
    """Return the ending for the predictions of a file."""
    same = data.suffix.lower() in (".csv", ".tsv", ".parquet", ".jsonl", ".ndjson")
    return data.suffix if same else ".jsonl"
