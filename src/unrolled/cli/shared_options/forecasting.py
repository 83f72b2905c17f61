"""The options that `forecast` and `backtest` share, and the forecaster that they describe."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

import unrolled

Data = Annotated[Path, typer.Argument(help="A table whose rows are steps in time.", metavar="FILE")]
Target = Annotated[
    list[str], typer.Option(help="One or more columns to forecast.", metavar="NAME ...")
]
Horizon = Annotated[int, typer.Option(help="Number of steps to forecast.", metavar="N")]
Time = Annotated[
    str | None,
    typer.Option(
        help="Column with the times. By default, the rows are in order of time.", metavar="NAME"
    ),
]
Id = Annotated[
    str | None,
    typer.Option(help="Column that names the series, if there are several.", metavar="NAME"),
]
Lookback = Annotated[
    int | None,
    typer.Option(
        help="Past steps that each forecast is made from. By default, it is chosen by the season.",
        metavar="N",
    ),
]
Season = Annotated[
    int | None,
    typer.Option(
        help="Season length in steps. By default, it is detected from the times.", metavar="N"
    ),
]
Past = Annotated[
    list[str] | None,
    typer.Option(help="Input columns that are known up to the present.", metavar="NAME ..."),
]
Future = Annotated[
    list[str] | None,
    typer.Option(help="Input columns whose future is known, such as holidays.", metavar="NAME ..."),
]
Static = Annotated[
    list[str] | None,
    typer.Option(help="Input columns that are constant within a series.", metavar="NAME ..."),
]
Steps = Annotated[
    list[str] | None,
    typer.Option(
        help="Columns that are the steps, where each row is a series: a pattern ('20*') or a range"
        " (2018-01:2019-12).",
        metavar="PATTERN ...",
    ),
]
Calendar = Annotated[
    bool,
    typer.Option(
        "--calendar", help="Add the time of day, the day of the week and the day of the year."
    ),
]
Transform = Annotated[
    Literal["none", "log", "log1p", "asinh", "logit"],
    typer.Option(
        help="Transformation of the targets before training; log1p suits counts, logit shares."
    ),
]
Every = Annotated[
    str | None,
    typer.Option(
        help="Distance of the steps: 15min, 1h, 1d, 1mo, Mon-Sat, 4-4-5. By default, it is inferred"
        " from the times.",
        metavar="STEP",
    ),
]
Combine = Annotated[
    Literal["mean", "sum", "last", "min", "max"] | None,
    typer.Option(help="How the rows of a step of --every become one."),
]
Floor = Annotated[
    float | None,
    typer.Option(
        help="Lowest value of a forecast. By default 0, if no value of the data is below 0.",
        metavar="NUMBER",
    ),
]
Ceiling = Annotated[
    float | None,
    typer.Option(help="Highest value of a forecast, such as 1 for shares.", metavar="NUMBER"),
]
Channels = Annotated[
    Literal["shared", "joint"],
    typer.Option(help="Forecast each target from its own past (shared), or all from all (joint)."),
]
Architecture = Annotated[
    str,
    typer.Option(help="A wiring; 'unrolled show unaligned' lists them.", metavar="NAME"),
]
Units = Annotated[int | None, typer.Option(help="Hidden units. By default, 256.", metavar="N")]
Epochs = Annotated[
    int | None,
    typer.Option(
        help="Number of epochs. By default, it depends on the size of the data.", metavar="N"
    ),
]


def build_forecaster(options: dict[str, Any]) -> Any:
    """Return the untrained forecaster that the options describe."""
    return unrolled.Forecaster(
        options["target"],
        horizon=options["horizon"],
        time=options["time"],
        id=options["id"],
        lookback=options["lookback"],
        season=options["season"],
        steps=options["steps"] or None,
        past=options["past"] or (),
        future=options["future"] or (),
        static=options["static"] or (),
        calendar=options["calendar"],
        every=options["every"],
        combine=options["combine"],
        floor=options["floor"],
        ceiling=options["ceiling"],
        transform=options["transform"],
        channels=options["channels"],
        network=unrolled.Network(architecture=options["architecture"], units=options["units"]),
        training=unrolled.Training(
            epochs=options["epochs"],
            seed=options["seed"],
            checkpoint=options.get("checkpoint"),
            resume=options.get("resume", False),
        ),
    )
