"""The command `unrolled export`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import unrolled
from unrolled.cli.shared_options import Model
from unrolled.cli.shared_options.reading import (
    Columns,
    DateFormat,
    Decimal,
    Encoding,
    Missing,
    Separator,
    open_table,
    stated_options,
)

EXAMPLES = ("export model -o bundle", "export model -o bundle.zip --data reviews.csv")

Place = Annotated[
    Path,
    typer.Option("--out", "-o", help="Folder or .zip file to write.", metavar="FOLDER"),
]
Rows = Annotated[
    Path | None,
    typer.Option(help="Rows that join the made ones of the proof.", metavar="FILE"),
]


def export(
    model: Model,
    out: Place,
    data: Rows = None,
    columns: Columns = None,
    separator: Separator = None,
    decimal: Decimal = None,
    encoding: Encoding = None,
    missing: Missing = None,
    date_format: DateFormat = None,
) -> None:
    """Write a saved model as ONNX files that prove themselves.

    Beside them stands predict.py, which needs numpy and onnxruntime only. The files are compared
    with the model before they get their place, on made rows and on those of --data: beyond a
    difference of 1e-5, or with one different label or word, nothing is written.
    """
    options = locals()
    if data is None and (unused := next(iter(stated_options(options)), None)):
        raise unrolled.errors.SettingError(
            f"--{unused.replace('_', '-')} says how a table is read, and no table is given. Add"
            " --data FILE, or leave it out."
        )
    loaded = unrolled.load(model)
    if not isinstance(loaded, unrolled.SequenceModel):
        raise unrolled.errors.SettingError(
            f"The model '{model}' is a forecaster, and a forecaster cannot be exported yet. Export"
            " a model of 'unrolled train'."
        )
    loaded.export(out, None if data is None else open_table(data, options))
    typer.echo(f"wrote  {out}")
