"""The rows that wirings share: inputs below, outputs above, and where their steps stand."""

from __future__ import annotations

from collections.abc import Sequence

from unrolled.explain.diagram.facts import Wiring
from unrolled.explain.diagram.lengths import Slot
from unrolled.explain.diagram.parts import Box, Label
from unrolled.explain.diagram.sketch import Column, Sketch, columns, longest, numbered


def placed(slots: Sequence[Slot], w: Wiring, *, wide: bool | None = None) -> list[Column]:
    """Place the steps; both directions need the room of two."""
    both = w.bidirectional if wide is None else wide
    return columns(slots, wide=both, longest=longest(slots))


def inputs(sketch: Sketch, w: Wiring, places: Sequence[Column]) -> list[Box]:
    """Draw the row of inputs."""
    sketch.rise()
    sketch.remark("input", count("t", w.t), f"f = {w.f}")
    return sketch.row("input", places, numbered("x", places))


def one_input(sketch: Sketch, w: Wiring) -> Box:
    """Draw an input without steps."""
    sketch.rise()
    sketch.remark("input", f"f = {w.f}")
    return sketch.one("input", Label("x"), 0)


def copied(sketch: Sketch, w: Wiring, over: Sequence[Column]) -> Box:
    """Draw what copies a vector to each of u steps."""
    sketch.rise()
    sketch.remark("copies", count("u", w.u))
    return sketch.bar(f"RepeatVector({letter('u', w.u)})", over)


def outputs(sketch: Sketch, w: Wiring, places: Sequence[Column], below: Sequence[Box]) -> list[Box]:
    """Draw a Dense layer and an output on each step that has one, and where the others end."""
    sketch.rise(slim=True)
    first = next(k for k, column in enumerate(places) if column.slot.output is not None)
    if first:
        ends = sketch.bar("dropped", places[:first], "dropped")
        for column, source in shown(places[:first], below[:first]):
            sketch.up(source, ends, column.center, "dropped")
    places, below = places[first:], below[first:]
    heads = []
    for column, source in zip(places, below, strict=True):
        if column.slot.step is None:
            heads.append(sketch.gap(column))
            continue
        heads.append(sketch.one("dense", Label("Dense"), column.center))
        sketch.up(source, heads[-1], column.center)
    return output_row(sketch, w, places, heads)


def output_row(
    sketch: Sketch, w: Wiring, places: Sequence[Column], below: Sequence[Box]
) -> list[Box]:
    """Draw the row of outputs."""
    sketch.rise()
    steps = count("t", w.t) if w.shape == "aligned" else count("u", w.u)
    sketch.remark("output", steps, f"o = {w.o}")
    labels = [Label("y", str(column.slot.output)) for column in places]
    row_of = sketch.row("output", places, labels)
    for column, source, target in zip(places, below, row_of, strict=True):
        if column.slot.step is not None:
            sketch.up(source, target, column.center)
    return row_of


def one_output(sketch: Sketch, w: Wiring, below: Box, at: int) -> None:
    """Draw a Dense layer and the one output."""
    sketch.rise(slim=True)
    head = sketch.one("dense", Label("Dense"), at)
    sketch.up(below, head, at)
    sketch.rise()
    sketch.remark("output", f"o = {w.o}")
    sketch.up(head, sketch.one("output", Label("y"), at), at)


def shown(places: Sequence[Column], boxes: Sequence[Box]) -> list[tuple[Column, Box]]:
    """Return the columns and boxes of the steps that are shown."""
    both = zip(places, boxes, strict=True)
    return [(column, box) for column, box in both if column.slot.step is not None]


def span(*rows: Sequence[Column]) -> Sequence[Column]:
    """Return a column as wide as all of these rows."""
    left = min(places[0].left for places in rows)
    right = max(places[-1].right for places in rows)
    return [Column(rows[0][0].slot, left, right)]


def count(axis: str, value: int | None) -> str:
    """Return `t = 24`, or `t varies`."""
    return f"{axis} varies" if value is None else f"{axis} = {value}"


def letter(axis: str, value: int | None) -> str:
    """Return the number, or the axis where it is not known."""
    return axis if value is None else str(value)
