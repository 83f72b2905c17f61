"""The command `unrolled demo`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import unrolled
from unrolled.cli.terminal import wrap

EXAMPLES = ("demo --folder demo",)

Folder = Annotated[
    Path, typer.Option(help="Folder for the table and the models.", metavar="FOLDER")
]


def demo(folder: Folder = Path("demo")) -> None:
    """Train all five shapes on bike sharing data.

    Each row of the table is a day of a bicycle rental system. The demo takes about two minutes. It
    saves the table and five models in a folder.
    """
    unrolled.demo(folder, say=lambda text: typer.echo(wrap(text)))
