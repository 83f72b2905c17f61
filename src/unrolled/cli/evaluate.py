"""The command `unrolled evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import unrolled
from unrolled.cli.shared_options import Labels, Level, Model, ScoredData, Threshold, refuse_options
from unrolled.cli.shared_options.reading import (
    Columns,
    DateFormat,
    Decimal,
    Encoding,
    Missing,
    Separator,
    open_table,
)
from unrolled.cli.terminal import wrap

EXAMPLES = ("evaluate model test.csv", "evaluate passengers airline.csv --last 24")

Last = Annotated[
    int | None,
    typer.Option(
        help="Last steps of each series to score. By default, those after the training data.",
        metavar="N",
    ),
]
Plot = Annotated[Path | None, typer.Option(help="Picture of the confusion matrix.", metavar="FILE")]


def evaluate(
    model: Model,
    data: ScoredData,
    columns: Columns = None,
    separator: Separator = None,
    decimal: Decimal = None,
    encoding: Encoding = None,
    missing: Missing = None,
    date_format: DateFormat = None,
    labels: Labels = None,
    last: Last = None,
    level: Level = None,
    threshold: Threshold = None,
    plot: Plot = None,
) -> None:
    """Score a saved model on rows that it has not seen.

    The score is printed beside those of simple baselines, which were fitted on the same rows as the
    model. A model of 'unrolled forecast' forecasts each step from the steps before it.
    """
    options = locals()
    loaded = unrolled.load(model)
    table = open_table(data, options)
    if not isinstance(loaded, unrolled.SequenceModel):
        of_rows = {"plot": plot, "labels": labels, "threshold": threshold}
        refuse_options(of_rows, model="a forecaster", only_for="models of 'unrolled train'")
        typer.echo(wrap(loaded.backtest(table, last=last, level=tuple(level or ()))))
        return
    of_steps = {"last": last, "level": level}
    refuse_options(of_steps, model="no forecaster", only_for="models of 'unrolled forecast'")
    loaded.check_plot(plot)
    scores = loaded.evaluate(table, labels, threshold=threshold)
    typer.echo(wrap(scores))
    if plot is not None:
        scores.plot(plot)
        typer.echo(f"drew   {plot}")
