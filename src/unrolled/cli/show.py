"""The command `show`."""

from __future__ import annotations

from typing import Annotated

import typer

import unrolled
from unrolled.cli.options import Architecture, Both, CellKind, Layers

Width = Annotated[int, typer.Option(help="Hidden units of each layer.", metavar="N")]


def show(
    shape: Annotated[
        str | None,
        typer.Argument(
            help="One of the five shapes; all five at a glance unless given.", metavar="SHAPE"
        ),
    ] = None,
    architecture: Architecture = "auto",
    t: Annotated[int | None, typer.Option(help="Input steps; 6 unless given.", metavar="N")] = None,
    f: Annotated[int, typer.Option(help="Numbers in an input step.", metavar="N")] = 4,
    u: Annotated[
        int | None, typer.Option(help="Output steps; 3 unless given.", metavar="N")
    ] = None,
    o: Annotated[int, typer.Option(help="Numbers in an output step.", metavar="N")] = 1,
    units: Width = 64,
    layers: Layers = 1,
    bidirectional: Both = None,
    cell: CellKind = "lstm",
) -> None:
    """Explain a shape: picture, sizes, code."""
    if shape is None:
        typer.echo(f"{unrolled.glance()}\n\nOne of them in full: unrolled show many-to-one")
        return
    taken = unrolled.shapes.named(shape, same_length=u in (None, 6 if t is None else t))
    if taken != shape:
        typer.echo(f"{shape} is {taken} here.\n")
    t = 6 if t is None and taken in ("many-to-one", "aligned", "unaligned") else t
    u = 3 if u is None and taken in ("one-to-many", "unaligned") else u
    page = unrolled.show(
        taken,
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
