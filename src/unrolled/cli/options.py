"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

Units = Annotated[
    int | None,
    typer.Option(
        help="Hidden units of each layer; unless given, 256 where a row of tokens or text comes"
        " out, 64 where text, tokens or wide categories go in, else 128.",
        metavar="N",
    ),
]
Layers = Annotated[int, typer.Option(help="Layers, one on top of another.", metavar="N")]
Architecture = Annotated[
    str, typer.Option(help="A wiring of the shape; 'unrolled show' lists them.", metavar="NAME")
]
CellKind = Annotated[Literal["lstm", "gru", "rnn"], typer.Option(help="The recurrent cell.")]
Both = Annotated[
    bool | None,
    typer.Option("--bidirectional/--one-way", help="Read the input backwards too, or not."),
]
Epochs = Annotated[
    int | None,
    typer.Option(
        help="The most passes over the data; by the number of rows unless given.", metavar="N"
    ),
]


def examples(*lines: str) -> str:
    """Return commands as the closing words of a help page, one a line."""
    word = "Example" if len(lines) == 1 else "Examples"
    return "\n".join(["\b", f"{word}:", *(f"  unrolled {line}" for line in lines)])


Data = Annotated[Path, typer.Argument(help="A table whose rows are steps in time.", metavar="FILE")]
Ahead = Annotated[
    Path | None,
    typer.Option(
        help="Table of the columns known beforehand, for the steps to forecast.", metavar="FILE"
    ),
]
MakeFuture = Annotated[
    Path | None,
    typer.Option(help="Write the table to fill for --ahead, and do no more.", metavar="FILE"),
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out", "-o", help="File to write; CSV on the screen unless given.", metavar="FILE"
    ),
]
Save = Annotated[
    Path | None,
    typer.Option(help="Folder, or .zip file, to leave the model in.", metavar="FOLDER"),
]
Checkpoint = Annotated[
    Path | None,
    typer.Option(
        help="Folder to keep where training stands, to go on if it is broken off.", metavar="FOLDER"
    ),
]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with the training in --checkpoint, if there is one.")
]
Level = Annotated[
    list[int] | None,
    typer.Option(help="Percents for which intervals are given, such as 80 95.", metavar="N ..."),
]
Seed = Annotated[int, typer.Option(help="Makes two runs equal.", metavar="N")]


Names = Annotated[
    list[str] | None,
    typer.Option(
        help="Names for the columns of a .csv, .tsv or .conll file without a header line.",
        metavar="NAME ...",
    ),
]
