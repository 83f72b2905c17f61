"""The command `unrolled forecast`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Any

import typer

from unrolled.cli.shared_options import (
    Ahead,
    Checkpoint,
    Level,
    MakeFuture,
    Out,
    Resume,
    Save,
    Seed,
)
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
    options_again,
)
from unrolled.cli.terminal import write_table

EXAMPLES = (
    "forecast airline.csv --target Passengers --time Date --horizon 24",
    "forecast load.csv --target kW --time hour --horizon 48 --level 80 95 --plot load.png",
    "forecast sales.csv --target sold --time day --horizon 7 --future holiday --ahead week.csv",
    "forecast airline.csv --target Passengers --time Date --horizon 24 --save passengers",
)
DRAWN_LEVELS = (80, 95)

Plot = Annotated[
    Path | None, typer.Option(help="Picture of the series and their forecasts.", metavar="FILE")
]


def forecast(
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
    ahead: Ahead = None,
    make_future: MakeFuture = None,
    out: Out = None,
    plot: Plot = None,
    save: Save = None,
    checkpoint: Checkpoint = None,
    resume: Resume = False,
) -> None:
    """Forecast the next rows of a table.

    The rows of the table are steps in time, of one series or of several (--id). The command trains
    a network on them. The last 15% of the steps are held out: they decide when training stops and
    how wide the prediction intervals are. To score such forecasts, use 'unrolled backtest'. A
    network that is saved with --save can forecast later rows with 'unrolled predict'.
    """
    options = locals()
    forecaster, levels = build_forecaster(options), tuple(level or ())
    forecaster.check_save(save)
    forecaster.check_outputs(level=levels, out=out, plot=plot)
    table = open_table(data, options)
    if make_future is not None:
        write_table(forecaster.make_future(table), make_future)
        return
    reading = {**options, "columns": None}
    future_values = open_table(ahead, reading) if ahead is not None else None
    forecaster.check_future(table, future_values)
    _fit(forecaster, table)
    if save is not None:  # before the forecast: if that fails, the trained network is not lost
        _save(forecaster, save, data, options, to_stderr=out is None)
    _write(forecaster, future_values, levels, plot, out)


def _fit(forecaster: Any, table: Any) -> None:
    """Train, and print the reasons for what the forecaster chose on the error stream."""
    forecaster.fit(table)
    for reason in forecaster.reasons_:
        typer.echo(reason, err=True)


def _save(
    forecaster: Any, folder: Path, data: Path, options: dict[str, Any], *, to_stderr: bool
) -> None:
    """Save the forecaster, and print where and how it is used."""
    command = ["unrolled", "predict", str(folder), str(data), "-o", "forecast.csv"]
    command += options_again(options)
    saved = f"saved  {forecaster.save(folder)}\nuse    {shlex.join(command)}"
    typer.echo(saved, err=to_stderr)


def _write(
    forecaster: Any, future: Any, levels: tuple[int, ...], plot: Path | None, out: Path | None
) -> None:
    """Write the forecast, and draw it if a picture is named."""
    predictions = forecaster.predict(future=future, level=levels)
    if plot is not None:
        forecaster.plot(plot, future=future, level=levels or DRAWN_LEVELS)
        typer.echo(f"drew   {plot}", err=out is None)
    write_table(predictions, out)
