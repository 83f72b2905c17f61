"""The command `train`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Literal

import typer

import unrolled
from unrolled.cli.options import (
    Architecture,
    Both,
    CellKind,
    Checkpoint,
    Epochs,
    Layers,
    Names,
    Resume,
    Save,
    Units,
)
from unrolled.cli.terminal import wrapped

Inputs = Annotated[
    list[str] | None,
    typer.Option(
        help="One or more columns that go in; all others unless given.", metavar="NAME[:KIND] ..."
    ),
]
Outputs = Annotated[
    list[str], typer.Option(help="One or more columns that come out.", metavar="NAME[:KIND] ...")
]


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
    typer.echo(wrapped(model.fit_and_evaluate(table, test=test, before=lambda made: typer.echo(f"{made}\n"))))
    if save is None:
        typer.echo("\nnot saved; to keep the model, add --save FOLDER")
        return
    typer.echo(f"\nsaved  {model.save(save)}")
    words = ["unrolled", "predict", str(save), str(data), "-o", f"predictions{_suffix(data)}"]
    words += ["--columns", *columns] if columns else []
    typer.echo(f"use    {shlex.join(words)}")


def _suffix(data: Path) -> str:
    """Return the ending for the predictions of a file."""
    same = data.suffix.lower() in (".csv", ".tsv", ".parquet", ".jsonl", ".ndjson")
    return data.suffix if same else ".jsonl"
