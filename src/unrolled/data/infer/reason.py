"""Why a shape was taken, in one or two sentences that name the evidence and the way out."""

from __future__ import annotations

from collections.abc import Sequence

from unrolled.schema import Column
from unrolled.shapes import FACTS, Shape, between


def explain_shape(
    shape: Shape,
    inputs: Sequence[Column],
    outputs: Sequence[Column],
    *,
    forced: bool = False,
    apart: tuple[int, int, int] | None = None,
    likely: str | None = None,
    arrays: bool = False,
) -> str:
    """Return why a shape was taken, and what would have made it another.

    Args:
        shape: The shape.
        inputs: The columns that go in.
        outputs: The columns that come out.
        forced: Whether a person named the shape.
        apart: The first row (from 1) whose steps in and out differ, with both numbers.
        likely: The name of the label that could best be read as text.
        arrays: Whether the data came as arrays, whose axes are their kinds.

    Example:
        >>> x = Column(name="hours", kind="numbers", length=24)
        >>> print(reason("many-to-one", [x], [Column(name="total", kind="number")]))
        `hours` is a row of 24 steps and `total` is one number, so many-to-one: a row in, one out. \
It would be one-to-one with `hours:vector` stated, and unaligned or aligned with a list of numbers \
in each row of `total`.
    """
    evidence = f"{describe_columns(inputs)} and {describe_columns(outputs)}"
    if forced:
        return f"{evidence}; {shape} was asked for: {FACTS[shape].picture}."
    first = f"{evidence}, so {shape}: {FACTS[shape].picture}."
    if shape == "aligned":
        steps = [column for column in outputs if column.side == "many"]
        both = f"{describe_columns(inputs)} and {describe_columns(steps)}"
        first = f"{both}, equally long in every row, so aligned: {FACTS[shape].picture}."
        whole = [column for column in outputs if column.side == "one"]
        if whole:
            return f"{first} {describe_columns(whole)} for the whole row beside it."
        return f"{first} State shape='unaligned' if the steps do not belong together one by one."
    if shape == "unaligned":
        why = "It would be aligned if every row had as many steps out as in"
        if apart:
            return f"{first} {why}; row {apart[0]} has {apart[1]} in and {apart[2]} out."
        return f"{first} {why}, which subwords cannot promise; state words or characters."
    return f"{first} It would be {_others(inputs, outputs, likely, arrays)}."


def describe_columns(found: Sequence[Column]) -> str:
    """Return what columns are, in words; sequences first, since they decide the side.

    Example:
        >>> named_columns([Column(name="a", kind="number"), Column(name="b", kind="category")])
        '`a` is one number, `b` is one label'
    """
    ordered = sorted(found, key=lambda column: column.side != "many")
    shown = [f"`{column.name}` is {_is(column)}" for column in ordered[:2]]
    more = len(ordered) - len(shown)
    rest = [f"{more} more {'column' if more == 1 else 'columns'}"] if more else []
    return ", ".join([*shown, *rest])


def _is(column: Column) -> str:
    """Return what a cell of a column is, in words."""
    if column.kind == "vector":
        return f"a list of {column.width} numbers"
    if column.side == "one":
        return {"number": "one number", "category": "one label"}[column.kind]
    steps = "steps" if column.length is None else f"{column.length} steps"
    if column.length == 1:
        steps = "1 step"
    if column.kind == "text":
        return f"text read as {column.unit}"
    of = f" of {column.width} numbers each" if column.width > 1 else ""
    return f"a row of {steps}{of}"


def _others(
    inputs: Sequence[Column], outputs: Sequence[Column], likely: str | None, arrays: bool
) -> str:
    """Return the shapes that one change would make, each with the change."""
    into = "many" if any(column.side == "many" for column in inputs) else "one"
    out = "many" if any(column.side == "many" for column in outputs) else "one"
    found = []
    for side, other in (
        (inputs, ("one" if into == "many" else "many", out)),
        (outputs, (into, "one" if out == "many" else "many")),
    ):
        shape = "unaligned or aligned" if other == ("many", "many") else between(*other)  # type: ignore[arg-type]
        column = next((c for c in side if c.side == "many"), side[0])
        if column.side == "one":
            column = next((c for c in side if c.name == likely), column)
        steps = "t" if side is inputs else "u"
        change = _reshaped(column, steps) if arrays else _changed(column)
        found.append(f"{shape} with {change}")
    return ", and ".join(found)


def _changed(column: Column) -> str:
    """Return the change that moves a column to the other side."""
    if column.kind == "number":
        return f"a list of numbers in each row of `{column.name}`"
    if column.kind == "numbers" and column.length is None:
        return f"lists of one length in `{column.name}` and `{column.name}:vector` stated"
    to = {"vector": "numbers", "numbers": "vector", "category": "text"}.get(column.kind, "category")
    return f"`{column.name}:{to}` stated"


def _reshaped(column: Column, steps: str) -> str:
    """Return the change that moves an array to the other side."""
    if column.kind == "category":
        return f"a list of labels in each row of `{column.name}`"
    if column.kind == "tokens":
        return f"one label in each row of `{column.name}`"
    numbers = "f" if steps == "t" else "o"
    axes = f"b {numbers}" if column.side == "many" else f"b {steps} 1"
    return f"`{column.name}` as an array ({axes})"
