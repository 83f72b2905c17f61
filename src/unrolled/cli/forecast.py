"""`unrolled forecast` and `unrolled backtest`: a step is a row of a table."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

import unrolled
from unrolled.cli.options import (
    Ahead,
    Checkpoint,
    Data,
    Level,
    MakeFuture,
    Out,
    Resume,
    Save,
    Seed,
)
from unrolled.cli.terminal import (
    wrapped,
    written,
)

Target = Annotated[
    list[str], typer.Option(help="One or more columns to forecast.", metavar="NAME ...")
]
Horizon = Annotated[int, typer.Option(help="Steps to forecast.", metavar="N")]
Time = Annotated[
    str | None,
    typer.Option(help="Column of times; the order of rows unless given.", metavar="NAME"),
]
Id = Annotated[str | None, typer.Option(help="Column that tells series apart.", metavar="NAME")]
Lookback = Annotated[
    int | None,
    typer.Option(help="Steps that a forecast looks back on; found unless given.", metavar="N"),
]
Season = Annotated[
    int | None,
    typer.Option(help="Steps until much comes again; found unless given.", metavar="N"),
]
Past = Annotated[
    list[str] | None,
    typer.Option(help="Further columns, known up to the present.", metavar="NAME ..."),
]
Future = Annotated[
    list[str] | None,
    typer.Option(help="Further columns, known beforehand, such as holidays.", metavar="NAME ..."),
]
Static = Annotated[
    list[str] | None,
    typer.Option(help="Further columns, constant within a series.", metavar="NAME ..."),
]
Calendar = Annotated[
    bool,
    typer.Option("--calendar", help="Let the day, week and year of each step go in."),
]
Transform = Annotated[
    Literal["none", "log", "log1p", "asinh"],
    typer.Option(help="What is done to the targets first; log1p for counts."),
]
Channels = Annotated[
    Literal["shared", "joint"],
    typer.Option(help="Forecast each target from its own past, or all from all."),
]
Architecture = Annotated[
    str,
    typer.Option(help="A wiring; 'unrolled show unaligned' lists them.", metavar="NAME"),
]
Units = Annotated[int | None, typer.Option(help="Hidden units; 256 unless given.", metavar="N")]
Epochs = Annotated[
    int | None,
    typer.Option(help="Passes over the data; by its size unless given.", metavar="N"),
]


def forecast(
    data: Data,
    target: Target,
    horizon: Horizon,
    time: Time = None,
    id: Id = None,
    lookback: Lookback = None,
    season: Season = None,
    past: Past = None,
    future: Future = None,
    static: Static = None,
    calendar: Calendar = False,
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
    plot: Annotated[
        Path | None,
        typer.Option(help="Picture of the series with their forecasts.", metavar="FILE"),
    ] = None,
    save: Save = None,
    checkpoint: Checkpoint = None,
    resume: Resume = False,
) -> None:
    """Forecast the next rows of a table.

    A network is trained on the table, whose rows are steps in time: one series, or several told
    apart by --id. The last 15% of the steps say when to stop, and how wide intervals are. How good
    the forecasts are says 'unrolled backtest'. With --save, 'unrolled predict' forecasts later rows
    by the same network.
    """
    made, levels = _made(locals()), tuple(level or ())
    made.check_save(save)
    made.check_wanted(level=levels, out=out, plot=plot)
    table = unrolled.read(data)
    if make_future is not None:
        written(made.make_future(table), make_future)
        return
    known = unrolled.read(ahead) if ahead is not None else None
    made.check_future(table, known)
    made.fit(table)
    for reason in made.reasons_:
        typer.echo(reason, err=True)
    if save is not None:  # first: whatever comes after it, the training is not lost
        words = ["unrolled", "predict", str(save), str(data), "-o", "forecast.csv"]
        typer.echo(f"saved  {made.save(save)}\nuse    {shlex.join(words)}", err=out is None)
    found = made.predict(future=known, level=levels)
    if plot is not None:
        made.plot(plot, future=known, level=levels or (80, 95))
        typer.echo(f"drew   {plot}", err=out is None)
    written(found, out)


def backtest(
    data: Data,
    target: Target,
    horizon: Horizon,
    time: Time = None,
    id: Id = None,
    last: Annotated[
        int | None,
        typer.Option(help="Steps held out of each series; a fifth unless given.", metavar="N"),
    ] = None,
    step: Annotated[
        int, typer.Option(help="Steps from one forecast to the next.", metavar="N")
    ] = 1,
    refit: Annotated[
        int | None,
        typer.Option(
            help="Steps after which it is trained again, on all known by then; once unless given.",
            metavar="N",
        ),
    ] = None,
    lookback: Lookback = None,
    season: Season = None,
    past: Past = None,
    future: Future = None,
    static: Static = None,
    calendar: Calendar = False,
    level: Level = None,
    transform: Transform = "none",
    channels: Channels = "shared",
    architecture: Architecture = "auto",
    units: Units = None,
    epochs: Epochs = None,
    seed: Seed = 0,
    plot: Annotated[
        Path | None,
        typer.Option(
            help="Picture of the errors, of forecasts over true values and, with --level, of how"
            " much intervals hold.",
            metavar="FILE",
        ),
    ] = None,
) -> None:
    """Score forecasts of the last rows of a table, made without them.

    A network is trained on the rows before, and forecasts every step held out from those before
    it. Its errors stand beside those of repeating the last value or season, and of a linear map.
    """
    made = _made(locals())
    made.check_wanted(plot=plot)
    found = made.fit_and_evaluate(data, last=last, step=step, level=tuple(level or ()), refit=refit)
    typer.echo("\n".join((*made.reasons_, "", f"{found.windows} forecasts of {horizon} steps")))
    typer.echo(wrapped(str(found)))
    if plot is not None:
        typer.echo(f"\ndrew   {found.plot(plot)}")


def _made(given: dict[str, Any]) -> Any:
    """Return the forecaster that the options describe."""
    return unrolled.Forecaster(
        given["target"],
        horizon=given["horizon"],
        time=given["time"],
        id=given["id"],
        lookback=given["lookback"],
        season=given["season"],
        past=given["past"] or (),
        future=given["future"] or (),
        static=given["static"] or (),
        calendar=given["calendar"],
        transform=given["transform"],
        channels=given["channels"],
        network=unrolled.Network(architecture=given["architecture"], units=given["units"]),
        training=unrolled.Training(
            epochs=given["epochs"],
            seed=given["seed"],
            checkpoint=given.get("checkpoint"),
            resume=given.get("resume", False),
        ),
    )
