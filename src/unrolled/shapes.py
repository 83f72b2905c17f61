"""The five shapes, each of which has an input side and an output side.

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
        inputs: The input side.
        outputs: The output side.
        pattern: The axes of input and output.
        picture: The shape in words.
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
    """Return the shape of an input side and an output side.

    Args:
        inputs: The input side.
        outputs: The output side.
        same_length: Whether every row has as many output steps as input steps.

    Example:
        >>> shape_between("many", "many", same_length=True)
        'aligned'
        >>> shape_between("one", "many")
        'one-to-many'
    """
    for shape, facts in FACTS.items():
        fits = {"aligned": same_length, "unaligned": not same_length}.get(shape, True)
        if (facts.inputs, facts.outputs) == (inputs, outputs) and fits:
            return shape
    raise SettingError(
        f"The sides of a shape are 'one' or 'many', and {inputs!r} and {outputs!r} were given."
    )


def shape_named(name: str, *, same_length: bool = True) -> Shape:
    """Return the shape that a name means.

    Args:
        name: One of the five, or `many-to-many` for either of the last two.
        same_length: Which of the two `many-to-many` means.

    Raises:
        SettingError: The name is none of them.

    Example:
        >>> shape_named("many-to-many", same_length=False)
        'unaligned'
    """
    plain = str(name).strip().lower().replace("_", "-").replace(" ", "-")
    if plain == "many-to-many":
        return "aligned" if same_length else "unaligned"
    if plain in SHAPES:
        return plain
    raise SettingError(
        f"There is no shape {name!r}. The shapes are {', '.join(SHAPES[:-1])} and {SHAPES[-1]};"
        f" many-to-many is either of the last two.{did_you_mean(plain, SHAPES)}"
    )


def segment(t: int, u: int) -> int:
    """Return the steps of a segment: the largest common divisor of t and u up to 48.

    Example:
        >>> segment(96, 336), segment(52, 13), segment(7, 5)
        (48, 13, 1)
    """
    return max(w for w in range(1, MAX_SEGMENT + 1) if t % w == 0 and u % w == 0)
