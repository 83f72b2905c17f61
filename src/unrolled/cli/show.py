"""The command `unrolled show`."""

from __future__ import annotations

from typing import Annotated

import typer

import unrolled
from unrolled.cli.options import Architecture, Cell

EXAMPLES = ("show", "show unaligned --architecture tail --t 6 --u 3")
STEPS_IN, STEPS_OUT = 6, 3

Shape = Annotated[
    str | None,
    typer.Argument(
        help="One of the five shapes. By default, all five at a glance.", metavar="SHAPE"
    ),
]
T = Annotated[int | None, typer.Option(help=f"Input steps. By default, {STEPS_IN}.", metavar="N")]
F = Annotated[int, typer.Option(help="Features in each input step.", metavar="N")]
U = Annotated[int | None, typer.Option(help=f"Output steps. By default, {STEPS_OUT}.", metavar="N")]
O = Annotated[int, typer.Option(help="Values in each output step.", metavar="N")]  # noqa: E741
Units = Annotated[int, typer.Option(help="Hidden units of each layer.", metavar="N")]
Layers = Annotated[
    int | None,
    typer.Option(
        help="Recurrent layers. By default, 1. For one-to-one, hidden layers; by default, 0.",
        metavar="N",
    ),
]
Bidirectional = Annotated[
    bool,
    typer.Option("--bidirectional/--one-way", help="Read the input backwards too, or not."),
]


def show(
    shape: Shape = None,
    architecture: Architecture = "auto",
    t: T = None,
    f: F = 4,
    u: U = None,
    o: O = 1,
    units: Units = 64,
    layers: Layers = None,
    bidirectional: Bidirectional = False,
    cell: Cell = "lstm",
) -> None:
    """Explain a shape with a picture, its sizes and its code."""
    if shape is None:
        typer.echo(f"{unrolled.glance()}\n\nTo see one of them in full: unrolled show many-to-one")
        return
    name = unrolled.shapes.shape_named(shape, same_length=u in (None, STEPS_IN if t is None else t))
    if name != shape:
        typer.echo(f"{shape} is {name} here.\n")
    t = STEPS_IN if t is None and name in ("many-to-one", "aligned", "unaligned") else t
    u = STEPS_OUT if u is None and name in ("one-to-many", "unaligned") else u
    page = unrolled.show(
        name,
        architecture=architecture,
        t=t,
        f=f,
        u=u,
        o=o,
        units=units,
        layers=layers,
        bidirectional=bidirectional,
        cell=cell,
    )
    typer.echo(page)
