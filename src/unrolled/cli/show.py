"""The command `unrolled show`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

import unrolled
from unrolled.cli.shared_options import Architecture, Attention, Cell

EXAMPLES = (
    "show",
    "show unaligned --architecture tail --t 6 --u 3",
    "show many-to-one --svg picture.svg",
)
STEPS_IN, STEPS_OUT = 6, 3
RULE = "─" * 78  # between two pages

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
Svg = Annotated[
    Path | None,
    typer.Option("--svg", help="Also write the picture to this SVG file.", metavar="FILE"),
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
    attention: Attention = True,
    svg: Svg = None,
) -> None:
    """Explain a shape with a picture, its sizes and its code."""
    _check_svg(svg, shape)
    if shape is None:
        typer.echo(f"{unrolled.glance()}\n\nTo see one of them in full: unrolled show many-to-one")
        return
    options: dict[str, Any] = {
        "architecture": architecture,
        "f": f,
        "o": o,
        "units": units,
        "layers": layers,
        "bidirectional": bidirectional,
        "cell": cell,
        "attention": attention,
    }
    names = _shapes(shape, t=t, u=u)
    pages, reasons = {}, []
    for name in names:
        try:
            pages[name] = unrolled.show(name, **_steps(name, t=t, u=u), **options)
        except unrolled.errors.SettingError as reason:  # the other shape may have it
            reasons.append(reason)
    if not pages:
        raise reasons[-1]
    if svg is not None:
        _write_svg(svg, {name: {**_steps(name, t=t, u=u), **options} for name in pages})
    if len(pages) > 1:
        typer.echo(f"{shape} is {' or '.join(pages)}. Both follow.\n")
    elif shape not in pages:
        typer.echo(f"{shape} is {next(iter(pages))} here.\n")
    typer.echo(f"\n\n{RULE}\n\n".join(pages.values()))
    if svg is not None:
        typer.echo(f"\ndrew   {svg}")


def _check_svg(svg: Path | None, shape: str | None) -> None:
    """Refuse a file that cannot be the SVG of one shape, before anything is printed."""
    if svg is not None and shape is None:
        raise unrolled.errors.SettingError(
            "--svg writes the picture of one shape, and none was named. Name one: unrolled show"
            f" many-to-one --svg {svg}"
        )
    if svg is not None and svg.suffix.lower() != ".svg":
        raise unrolled.errors.SettingError(
            f"--svg writes an SVG file, and the name {svg.name!r} does not end in .svg. Use"
            f" --svg {svg.with_suffix('.svg')}"
        )


def _write_svg(svg: Path, options: dict[unrolled.shapes.Shape, dict[str, Any]]) -> None:
    """Write the picture of a shape, of which there must be only one."""
    if len(options) > 1:
        names = " or ".join(options)
        raise unrolled.errors.SettingError(
            f"--svg writes one picture, and there are two here. Name one of the shapes: {names}."
        )
    ((shape, arguments),) = options.items()
    unrolled.diagram(shape, **arguments).save(svg)


def _shapes(shape: str, *, t: int | None, u: int | None) -> list[unrolled.shapes.Shape]:
    """Return the shapes that a name means: two for `many-to-many` without a length that decides."""
    length = STEPS_IN if t is None else t
    same, other = (unrolled.shapes.shape_named(shape, same_length=b) for b in (True, False))
    return [same, other] if u is None and same != other else [same if u == length else other]


def _steps(shape: str, *, t: int | None, u: int | None) -> dict[str, Any]:
    """Return the numbers of steps of a shape, with the defaults of this command."""
    t = STEPS_IN if t is None and shape in ("many-to-one", "aligned", "unaligned") else t
    u = STEPS_OUT if u is None and shape in ("one-to-many", "unaligned") else u
    return {"t": t, "u": u}
