"""`unrolled predict` and `unrolled evaluate`: a saved model at work."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

import unrolled
from unrolled.cli.options import (
    Ahead,
    Level,
    MakeFuture,
    Names,
    Out,
)
from unrolled.cli.terminal import wrapped, written, wrote

DRAWN = 12  # rows in a picture of attention

Model = Annotated[
    Path, typer.Argument(help="Folder, or .zip file, of a saved model.", metavar="MODEL")
]


def predict(
    model: Model,
    data: Annotated[
        Path,
        typer.Argument(help="Rows to predict, or series to forecast from.", metavar="FILE"),
    ],
    out: Out = None,
    columns: Names = None,
    probabilities: Annotated[
        bool, typer.Option("--probabilities", help="A probability for each class instead.")
    ] = False,
    beam: Annotated[
        int | None, typer.Option(help="Hypotheses a decoder keeps while writing.", metavar="N")
    ] = None,
    n_best: Annotated[
        int | None, typer.Option(help="How many of the beam to give, best first.", metavar="N")
    ] = None,
    samples: Annotated[
        int | None, typer.Option(help="Outputs to draw for each row, instead.", metavar="N")
    ] = None,
    temperature: Annotated[
        float | None, typer.Option(help="Of the draws: below 1 safer, above 1 wilder.")
    ] = None,
    top_k: Annotated[
        int | None, typer.Option(help="Draw only from the N most probable tokens.", metavar="N")
    ] = None,
    top_p: Annotated[
        float | None,
        typer.Option(help="Draw only from the fewest tokens of this probability.", metavar="SHARE"),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Makes two draws equal.", metavar="N")] = None,
    max_steps: Annotated[
        int | None, typer.Option(help="The most output steps of a decoder.", metavar="N")
    ] = None,
    attention: Annotated[
        Path | None,
        typer.Option(
            help="Picture of what a decoder, or attention pooling, looked at in the first rows; '-'"
            " shows it here.",
            metavar="FILE",
        ),
    ] = None,
    level: Level = None,
    ahead: Ahead = None,
    make_future: MakeFuture = None,
) -> None:
    """Predict the outputs of new rows.

    The columns of the file are kept; those that come out are added, or take the place of those
    with the same name. What a decoder writes can be searched for (--beam) or drawn (--samples);
    each hypothesis then has its log-probability beside it, and whether it was cut at the most
    steps before it ended.

    A model of 'unrolled forecast' forecasts the rows after those of the file, with intervals
    (--level) and columns known beforehand (--ahead).
    """
    decoding: dict[str, Any] = {
        "beam": beam,
        "n_best": n_best,
        "samples": samples,
        "temperature": temperature,
        "top_k": top_k,
        "top_p": top_p,
        "seed": seed,
        "max_steps": max_steps,
    }
    rows = {**decoding, "probabilities": probabilities or None, "attention": attention}
    steps = {"level": level, "ahead": ahead, "make_future": make_future}
    trained = unrolled.load(model)
    if isinstance(trained, unrolled.Forecaster):
        _refuse(rows, "a forecaster", "a model of 'unrolled train'")
        table = unrolled.read(data, columns=columns)
        if make_future is not None:
            written(trained.make_future(table), make_future)
            return
        known = unrolled.read(ahead) if ahead is not None else None
        written(trained.predict(table, future=known, level=tuple(level or ())), out)
        return
    _refuse(steps, "a model of rows", "one of 'unrolled forecast'")
    given = {name: value for name, value in decoding.items() if value is not None}
    if attention is not None:  # first: should it fail, no predictions are written without it
        first = unrolled.read(data, columns=columns).head(DRAWN)
        shown = str(attention) == "-"
        seen = trained.attention(first, plot=None if shown else attention)
        text = "\n\n".join(map(str, seen)) if shown else f"drew   {attention}"
        typer.echo(text, err=out is None)
    count = trained.predict_file(
        data,
        out or sys.stdout,
        columns=columns,
        probabilities=probabilities,
        decoding=unrolled.Decoding(**given) if given else None,
    )
    wrote(count, out)


def evaluate(
    model: Model,
    data: Annotated[
        Path,
        typer.Argument(
            help="Rows with known outputs that the model was not trained on.", metavar="FILE"
        ),
    ],
    columns: Names = None,
    last: Annotated[
        int | None,
        typer.Option(
            help="Last steps of each series to forecast; those after training unless given.",
            metavar="N",
        ),
    ] = None,
    level: Level = None,
    plot: Annotated[
        Path | None,
        typer.Option(help="Picture of which labels are taken for which.", metavar="FILE"),
    ] = None,
) -> None:
    """Score a saved model on rows it has not seen.

    The score stands beside simple references that were fitted on the same rows as the model. A
    model of 'unrolled forecast' forecasts each step from those before it.
    """
    trained = unrolled.load(model)
    table = unrolled.read(data, columns=columns) if columns else data
    if isinstance(trained, unrolled.Forecaster):
        _refuse({"plot": plot}, "a forecaster", "a model of 'unrolled train'")
        typer.echo(wrapped(trained.backtest(table, last=last, level=tuple(level or ()))))
        return
    _refuse({"last": last, "level": level}, "a model of rows", "one of 'unrolled forecast'")
    found = trained.evaluate(table)
    typer.echo(wrapped(found))
    if plot is not None:
        found.plot(plot)
        typer.echo(f"drew   {plot}")


def _refuse(options: dict[str, Any], of: str, kind: str) -> None:
    """Refuse options that a kind of model has no use for."""
    for name, value in options.items():
        if value is not None:
            raise unrolled.errors.SettingError(
                f"got --{name.replace('_', '-')} for {of}, expected it only for {kind}. Leave it"
                " out."
            )
