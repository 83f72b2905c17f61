"""Command-line options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

import unrolled

Model = Annotated[
    Path, typer.Argument(help="Folder or .zip file of a saved model.", metavar="MODEL")
]
ScoredData = Annotated[
    Path,
    typer.Argument(
        help="Rows with known outputs that the model was not trained on.", metavar="FILE"
    ),
]
Labels = Annotated[
    Path | None,
    typer.Option(help="Second table with the outputs, joined by the id.", metavar="FILE"),
]

Architecture = Annotated[
    str,
    typer.Option(help="A wiring of the shape; 'unrolled show' lists them.", metavar="NAME"),
]
Layers = Annotated[int, typer.Option(help="Number of recurrent layers.", metavar="N")]
Bidirectional = Annotated[
    bool | None,
    typer.Option(
        "--bidirectional/--one-way",
        help="Read the input in both directions, or only forwards. By default, the wiring decides.",
    ),
]
Cell = Annotated[Literal["lstm", "gru", "rnn"], typer.Option(help="The recurrent cell.")]
Attention = Annotated[
    bool,
    typer.Option(
        "--attention/--no-attention",
        help="Whether the decoder of an input sequence attends to its steps, or reads nothing but"
        " the last state of the encoder.",
    ),
]

Seed = Annotated[
    int, typer.Option(help="Random seed. The same seed gives the same result.", metavar="N")
]
Checkpoint = Annotated[
    Path | None,
    typer.Option(
        help="Folder for checkpoints, so that an interrupted training can continue.",
        metavar="FOLDER",
    ),
]
Resume = Annotated[
    bool,
    typer.Option("--resume", help="Continue the training in the --checkpoint folder, if any."),
]
Save = Annotated[
    Path | None,
    typer.Option(help="Folder or .zip file to save the model to.", metavar="FOLDER"),
]

Threshold = Annotated[
    float | None,
    typer.Option(
        help="Probability from which a label is predicted: the second of two labels, or each label"
        " of a set. By default, 0.5.",
        metavar="FRACTION",
    ),
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out", "-o", help="File to write. By default, CSV on the screen.", metavar="FILE"
    ),
]
Level = Annotated[
    list[int] | None,
    typer.Option(help="Levels of prediction intervals in percent, such as 80 95.", metavar="N ..."),
]
Ahead = Annotated[
    Path | None,
    typer.Option(
        help="Table with the future values of the --future columns, for the steps to forecast.",
        metavar="FILE",
    ),
]
MakeFuture = Annotated[
    Path | None,
    typer.Option(help="Only write the table that you fill in for --ahead.", metavar="FILE"),
]


def examples(*commands: str) -> str:
    """Return commands as the last lines of a help page, one on each line."""
    title = "Example" if len(commands) == 1 else "Examples"
    return "\n".join(["\b", f"{title}:", *(f"  unrolled {command}" for command in commands)])


def refuse_options(options: dict[str, Any], *, model: str, only_for: str) -> None:
    """Refuse options that do not apply to the kind of model that was loaded.

    Args:
        options: The values by the name of the option; None where an option is not used.
        model: What the loaded model is.
        only_for: The models that the options are for.

    Raises:
        SettingError: One of the options is used.
    """
    for name, value in options.items():
        if value is not None:
            option = f"--{name.replace('_', '-')}"
            raise unrolled.errors.SettingError(
                f"{option} does not apply here: the model is {model}, and {option} is only for"
                f" {only_for}. Leave it out."
            )
