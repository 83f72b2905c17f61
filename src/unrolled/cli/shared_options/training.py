"""The options of `unrolled train` alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

Data = Annotated[
    Path,
    typer.Argument(
        help="A table: .csv, .tsv, .tab, .txt, .dat, .data, .parquet, .jsonl, .ndjson, .json, .ts,"
        " .conll, .conllu, .iob or .bio; text also as .gz or .zst.",
        metavar="FILE",
    ),
]
Outputs = Annotated[
    list[str] | None,
    typer.Option(
        help="One or more output columns; needed unless --from is used.", metavar="NAME[:KIND] ..."
    ),
]
Inputs = Annotated[
    list[str] | None,
    typer.Option(
        help="One or more input columns. By default, all other columns.",
        metavar="NAME[:KIND] ...",
    ),
]
Shape = Annotated[str, typer.Option(help="One of the five shapes, or auto.", metavar="SHAPE")]
Test = Annotated[
    float | None,
    typer.Option(
        help="Fraction of the rows that is held out for the score. By default, 0.2; 0 trains on all"
        " rows and makes no score.",
        metavar="FRACTION",
    ),
]
TestFile = Annotated[
    Path | None,
    typer.Option(help="Table of the same columns to score on, in place of --test.", metavar="FILE"),
]
Final = Annotated[
    bool,
    typer.Option(
        "--final",
        help="After the score, train again on all rows, with the number of epochs that was best.",
    ),
]
From = Annotated[
    Path | None,
    typer.Option(
        "--from",
        help="Saved model to train further: with its columns, its network and its weights.",
        metavar="MODEL",
    ),
]
Patience = Annotated[
    int | None,
    typer.Option(
        help="Epochs without a better validation loss after which training stops. By default, it"
        " depends on the number of rows.",
        metavar="N",
    ),
]
LearningRate = Annotated[
    float | None,
    typer.Option(
        help="Learning rate of Adam. By default, 0.003, or 0.001 if text, tokens or wide"
        " categories are inputs.",
        metavar="NUMBER",
    ),
]
BatchSize = Annotated[
    int | None,
    typer.Option(
        help="Rows in a batch. By default, 16, or 32 from 2000 training rows.", metavar="N"
    ),
]
Dropout = Annotated[
    float | None,
    typer.Option(
        help="Dropout rate after each layer. By default, it depends on the inputs and the wiring.",
        metavar="FRACTION",
    ),
]
Plot = Annotated[
    Path | None,
    typer.Option(
        help="Picture of the learning curves: the loss of each epoch on the training and on the"
        " validation rows.",
        metavar="FILE",
    ),
]
Units = Annotated[
    int | None,
    typer.Option(
        help="Hidden units of each layer. By default, 256 if the output is a sequence of tokens or"
        " text, 64 if text, tokens or wide categories are inputs, and 128 otherwise.",
        metavar="N",
    ),
]
Pooling = Annotated[
    Literal["mean", "max", "last", "attention"],
    typer.Option(help="How the wiring 'pooled' combines the states of all steps."),
]
Linear = Annotated[
    bool,
    typer.Option(
        "--linear/--no-linear",
        help="Whether a linear branch that reads the whole row helps to predict its label.",
    ),
]
Lowercase = Annotated[
    bool | None,
    typer.Option(
        "--lowercase/--keep-case",
        help="Lowercase the text, or keep capital letters. By default, words of text are"
        " lowercased.",
    ),
]
Digits = Annotated[
    bool | None,
    typer.Option(
        "--one-digit/--keep-digits",
        help="Read every digit as 0, or keep digits. By default, only unknown words are read so.",
    ),
]
Characters = Annotated[
    bool | None,
    typer.Option(
        "--characters/--no-characters",
        help="Also read words by their characters, or do not. By default, words are read so if some"
        " of them are unknown.",
    ),
]
Vectors = Annotated[
    Path | None,
    typer.Option(
        help="Pretrained word vectors: a word and its numbers on each line.", metavar="FILE"
    ),
]
WordDropout = Annotated[
    float,
    typer.Option(
        help="Fraction of the words that is replaced by 'unknown', drawn anew in each epoch.",
        metavar="FRACTION",
    ),
]
Epochs = Annotated[
    int | None,
    typer.Option(
        help="Maximum number of epochs. By default, it depends on the number of rows.", metavar="N"
    ),
]
Seeds = Annotated[
    int,
    typer.Option(help="Number of networks in the ensemble, each with its own seed.", metavar="N"),
]
ClassWeight = Annotated[
    Literal["balanced"] | None,
    typer.Option(help="Weight classes inversely to their frequency."),
]
Split = Annotated[
    Literal["auto", "random", "stratified", "group", "time"],
    typer.Option(help="How the held-out rows are chosen."),
]
SplitBy = Annotated[
    str | None,
    typer.Option(help="Column that groups or orders the rows for --split.", metavar="NAME"),
]
Id = Annotated[
    str | None,
    typer.Option(
        help="Column whose rows are the steps of one example, such as the machine of sensor data."
        " By default, each row is an example.",
        metavar="NAME",
    ),
]
Time = Annotated[
    str | None,
    typer.Option(
        help="Column that orders the steps of an --id: numbers or dates. By default, the order of"
        " the rows.",
        metavar="NAME",
    ),
]
Elapsed = Annotated[
    bool,
    typer.Option("--elapsed", help="Add the time since the step before as an input, by --time."),
]
Steps = Annotated[
    list[str] | None,
    typer.Option(
        help="Columns that are the steps of one sequence: a pattern ('t*') or a range (t0:t9); for"
        " several sequences NAME=PATTERN; none to read each column by itself.",
        metavar="PATTERN ...",
    ),
]


def parse_steps(values: list[str] | None) -> Any:
    """Return the value of `--steps` as `SequenceModel` takes it.

    Example:
        >>> parse_steps(None), parse_steps(["none"]), parse_steps(["t*"])
        ('auto', None, 't*')
        >>> parse_steps(["temp=temp_*", "load=load_*"])
        {'temp': 'temp_*', 'load': 'load_*'}
    """
    if not values:
        return "auto"
    if values in (["none"], ["auto"]):
        return None if values == ["none"] else "auto"
    pairs = [value.partition("=") for value in values]
    if all(sign and name for name, sign, _ in pairs):
        return {name: pattern for name, _, pattern in pairs}
    return values[0] if len(values) == 1 else values
