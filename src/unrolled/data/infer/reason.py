"""Why a shape was chosen, in one or two sentences that name the evidence and the alternatives."""

from __future__ import annotations

from collections.abc import Sequence

from unrolled.schema import Column
from unrolled.shapes import FACTS, Shape, shape_between

DifferingRow = tuple[int, int, int]  # a row from 1, its steps in, its steps out


def explain_shape(
    shape: Shape,
    inputs: Sequence[Column],
    outputs: Sequence[Column],
    *,
    forced: bool = False,
    differing: DifferingRow | None = None,
    likely_text: str | None = None,
    arrays: bool = False,
    alternatives: bool = True,
) -> str:
    """Return why a shape was chosen, and which data would have given another shape.

    Args:
        shape: The shape.
        inputs: The input columns.
        outputs: The output columns.
        forced: Whether a person named the shape.
        differing: The first row whose steps in and out differ.
        likely_text: The name of the category that could best be read as text.
        arrays: Whether the data came as arrays, whose axes are their kinds.
        alternatives: Whether to name the changes of cells that would give other shapes.

    Example:
        >>> x = Column(name="hours", kind="numbers", length=24)
        >>> print(explain_shape("many-to-one", [x], [Column(name="total", kind="number")]))
        `hours` is a sequence of 24 steps and `total` is one number, so many-to-one: \
a row in, one out. \
It would be one-to-one with `hours:vector` stated, and unaligned or aligned with a list of numbers \
in each row of `total`.
    """
    evidence = f"{describe_columns(inputs)} and {describe_columns(outputs)}"
    if forced:
        return f"{evidence}; {shape} was asked for: {FACTS[shape].picture}."
    if shape == "aligned":
        return _explain_aligned(inputs, outputs)
    first = f"{evidence}, so {shape}: {FACTS[shape].picture}."
    if shape == "unaligned":
        why = "It would be aligned if every row had as many steps out as in"
        if differing:
            return (
                f"{first} {why}; row {differing[0]} has {differing[1]} in and {differing[2]} out."
            )
        return f"{first} {why}, which subwords cannot promise; state words or characters."
    if not alternatives:
        return first
    return f"{first} It would be {_alternatives(inputs, outputs, likely_text, arrays)}."


def _explain_aligned(inputs: Sequence[Column], outputs: Sequence[Column]) -> str:
    """Return why the shape is aligned."""
    sequences = [column for column in outputs if column.side == "many"]
    single = [column for column in outputs if column.side == "one"]
    first = (
        f"{describe_columns(inputs)} and {describe_columns(sequences)}, of the same length in every"
        f" row, so aligned: {FACTS['aligned'].picture}."
    )
    if single:
        return f"{first} {describe_columns(single)} for the whole row beside it."
    return f"{first} State shape='unaligned' if the steps do not belong together one by one."


def describe_columns(columns: Sequence[Column]) -> str:
    """Return what columns are, in words; sequences first, since they decide the side.

    Example:
        >>> describe_columns([Column(name="a", kind="number"), Column(name="b", kind="category")])
        '`a` is one number, `b` is one label'
    """
    ordered = sorted(columns, key=lambda column: column.side != "many")
    shown = [f"`{column.name}` is {_describe(column)}" for column in ordered[:2]]
    more = len(ordered) - len(shown)
    rest = [f"{more} more {'column' if more == 1 else 'columns'}"] if more else []
    return ", ".join([*shown, *rest])


def _describe(column: Column) -> str:
    """Return what a cell of a column is, in words."""
    if column.kind == "vector":
        return f"a list of {column.width} numbers"
    if column.is_label_set:
        names = "a set of labels"
        return f"multi-hot: {column.width} labels, each 0 or 1" if column.width else names
    if column.is_one_hot:
        return f"one-hot: one of {column.width} labels"
    if column.kind == "date":
        return "one date"
    if column.side == "one":
        return "one label" if column.is_category else "one number"
    if column.kind == "text":
        return f"text read as {column.unit}"
    steps = {None: "steps", 1: "1 step"}.get(column.length, f"{column.length} steps")
    of = f" of {column.width} numbers each" if column.width > 1 else ""
    return f"a sequence of {steps}{of}"


def _alternatives(
    inputs: Sequence[Column], outputs: Sequence[Column], likely_text: str | None, arrays: bool
) -> str:
    """Return the shapes that one change would give, each with the change."""
    side_in = "many" if any(column.side == "many" for column in inputs) else "one"
    side_out = "many" if any(column.side == "many" for column in outputs) else "one"
    alternatives = []
    for columns, sides in (
        (inputs, ("one" if side_in == "many" else "many", side_out)),
        (outputs, (side_in, "one" if side_out == "many" else "many")),
    ):
        shape = "unaligned or aligned" if sides == ("many", "many") else shape_between(*sides)  # type: ignore[arg-type]
        column = next((c for c in columns if c.side == "many"), columns[0])
        if column.side == "one":
            column = next((c for c in columns if c.name == likely_text), column)
        steps = "t" if columns is inputs else "u"
        change = _array_change(column, steps) if arrays else _column_change(column)
        alternatives.append(f"{shape} with {change}")
    return ", and ".join(alternatives)


def _column_change(column: Column) -> str:
    """Return the change that moves a column to the other side."""
    if column.kind == "number":
        return f"a list of numbers in each row of `{column.name}`"
    if column.kind == "numbers" and column.length is None:
        return f"lists of one length in `{column.name}` and `{column.name}:vector` stated"
    if column.kind == "tokens" and not column.spaced:
        return f"one label in each row of `{column.name}`"
    kind = {"vector": "numbers", "numbers": "vector", "category": "text", "labels": "tokens"}
    kind["date"] = "text"
    if column.is_one_hot:
        return f"`{column.name}:numbers` stated"
    return f"`{column.name}:{kind.get(column.kind, 'category')}` stated"


def _array_change(column: Column, steps: str) -> str:
    """Return the change that moves an array to the other side."""
    if column.is_category and not column.is_one_hot:
        return f"a list of labels in each row of `{column.name}`"
    if column.kind == "tokens":
        return f"one label in each row of `{column.name}`"
    numbers = "f" if steps == "t" else "o"
    axes = f"b {numbers}" if column.side == "many" else f"b {steps} 1"
    return f"`{column.name}` as an array ({axes})"
