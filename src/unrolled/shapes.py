"""The five shapes: which one two sides ask for.

A side is `one` (a fixed set of values) or `many` (steps, each with values). The axes are
`b` batch, `t` input step, `u` output step, `f` input feature, `o` output value, `h` hidden unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from unrolled.errors import SettingError, did_you_mean

Side = Literal["one", "many"]
Shape = Literal["one-to-one", "one-to-many", "many-to-one", "aligned", "unaligned"]
SHAPES: tuple[Shape, ...] = get_args(Shape)

AXES = {
    "b": "batch",
    "t": "input step",
    "u": "output step",
    "f": "input feature",
    "o": "output value",
    "h": "hidden unit",
}


@dataclass(frozen=True)
class ShapeFacts:
    """What is fixed about a shape.

    Attributes:
        inputs: The side that goes in.
        outputs: The side that comes out.
        pattern: The axes in and out.
        picture: The arrow in words.
        example: A real use.
    """

    inputs: Side
    outputs: Side
    pattern: str
    picture: str
    example: str


MAX_SEGMENT = 48  # steps of a segment
MAX_STEPS = 1 << 24  # in a row, a lookback or a horizon
FACTS: dict[Shape, ShapeFacts] = {
    "one-to-one": ShapeFacts(
        "one", "one", "b f -> b o", "one box up", "today's weather -> today's rentals"
    ),
    "one-to-many": ShapeFacts(
        "one", "many", "b f -> b u o", "one in, a row out", "a day's facts -> its 24-hour curve"
    ),
    "many-to-one": ShapeFacts(
        "many", "one", "b t f -> b o", "a row in, one out", "a review -> its sentiment"
    ),
    "aligned": ShapeFacts(
        "many",
        "many",
        "b t f -> b t o",
        "row over row, same length",
        "hourly weather -> hourly rentals",
    ),
    "unaligned": ShapeFacts(
        "many",
        "many",
        "b t f -> b u o",
        "a row in, another row out",
        "last week -> the next days",
    ),
}


def shape_between(inputs: Side, outputs: Side, *, same_length: bool = False) -> Shape:
    """Return the shape that two sides ask for.

    Args:
        inputs: The side that goes in.
        outputs: The side that comes out.
        same_length: Whether every row has as many output steps as input steps.

    Example:
        >>> between("many", "many", same_length=True)
        'aligned'
        >>> between("one", "many")
        'one-to-many'
    """
    for shape, facts in FACTS.items():
        wanted = {"aligned": same_length, "unaligned": not same_length}.get(shape, True)
        if (facts.inputs, facts.outputs) == (inputs, outputs) and wanted:
            return shape
    raise SettingError(f"got the sides {inputs!r} and {outputs!r}, expected 'one' or 'many'.")


def shape_named(name: str, *, same_length: bool = True) -> Shape:
    """Return the shape that a name means.

    Args:
        name: One of the five, or `many-to-many` for either of the last two.
        same_length: Which of the two `many-to-many` means.

    Raises:
        SettingError: The name is none of them.

    Example:
        >>> named("many-to-many", same_length=False)
        'unaligned'
    """
    plain = str(name).strip().lower().replace("_", "-").replace(" ", "-")
    if plain == "many-to-many":
        return "aligned" if same_length else "unaligned"
    if plain in SHAPES:
        return plain
    raise SettingError(
        f"got the shape {name!r}, expected one of {', '.join(SHAPES)}"
        f" (or many-to-many).{did_you_mean(plain, SHAPES)}"
    )


def segment(t: int, u: int) -> int:
    """Return the steps of a segment: the most, up to 48, that divide both t and u.

    Example:
        >>> segment(96, 336), segment(52, 13), segment(7, 5)
        (48, 13, 1)
    """
    return max(w for w in range(1, MAX_SEGMENT + 1) if t % w == 0 and u % w == 0)
