"""The command `unrolled backtest`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from unrolled.cli.shared_options import Level, Seed
from unrolled.cli.shared_options.forecasting import (
    Architecture,
    Calendar,
    Ceiling,
    Channels,
    Combine,
    Data,
    Epochs,
    Every,
    Floor,
    Future,
    Horizon,
    Id,
    Lookback,
    Past,
    Season,
    Static,
    Steps,
    Target,
    Time,
    Transform,
    Units,
    build_forecaster,
)
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

EXAMPLES = ("backtest airline.csv --target Passengers --time Date --horizon 24 --last 24",)

Last = Annotated[
    int | None,
    typer.Option(
        help="Last steps of each series to hold out. By default, a fifth of them.", metavar="N"
    ),
]
Step = Annotated[int, typer.Option(help="Steps between the starts of two forecasts.", metavar="N")]
Refit = Annotated[
    int | None,
    typer.Option(
        help="Train again after this many steps, on all steps before. By default, train once.",
        metavar="N",
    ),
]
Plot = Annotated[
    Path | None,
    typer.Option(
        help="Picture of the errors, the forecasts beside the true values and, with --level, the"
        " coverage of the intervals.",
        metavar="FILE",
    ),
]


def backtest(
    data: Data,
    target: Target,
    horizon: Horizon,
    columns: Columns = None,
    separator: Separator = None,
    decimal: Decimal = None,
    encoding: Encoding = None,
    missing: Missing = None,
    date_format: DateFormat = None,
    time: Time = None,
    id: Id = None,
    last: Last = None,
    step: Step = 1,
    refit: Refit = None,
    lookback: Lookback = None,
    season: Season = None,
    past: Past = None,
    future: Future = None,
    static: Static = None,
    steps: Steps = None,
    calendar: Calendar = False,
    every: Every = None,
    combine: Combine = None,
    floor: Floor = None,
    ceiling: Ceiling = None,
    level: Level = None,
    transform: Transform = "none",
    channels: Channels = "shared",
    architecture: Architecture = "auto",
    units: Units = None,
    epochs: Epochs = None,
    seed: Seed = 0,
    plot: Plot = None,
) -> None:
    """Score forecasts of the last rows of a table.

    The last rows are held out, and a network is trained on the rows before them. It forecasts each
    held-out step from the steps before that step. Its errors are printed beside those of simple
    baselines: the last value, the last season, and ridge regression.
    """
    options = locals()
    forecaster = build_forecaster(options)
    forecaster.check_outputs(level=tuple(level or ()), plot=plot)
    scores = forecaster.fit_and_evaluate(
        open_table(data, options), last=last, step=step, level=tuple(level or ()), refit=refit
    )
    count = f"{scores.windows} forecasts of {horizon} steps"
    typer.echo("\n".join((*forecaster.reasons_, "", count)))
    typer.echo(wrap(str(scores)))
    if plot is not None:
        typer.echo(f"\ndrew   {scores.plot(plot)}")
