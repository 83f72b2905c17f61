"""The rows that architectures share: inputs below, outputs above, and where their steps stand."""

from __future__ import annotations

from collections.abc import Sequence

from unrolled.explain.diagram.boxes import Box, Label
from unrolled.explain.diagram.facts import Wiring
from unrolled.explain.diagram.lengths import Slot
from unrolled.explain.diagram.sketch import (
    ROOM,
    Column,
    Sketch,
    columns,
    longest_label,
    number_labels,
)

LANE = 4  # columns that the lane of inputs with steps of their own takes, and what is beside it
POOLINGS = {
    "mean": "mean over the steps",
    "max": "maximum over the steps",
    "attention": "weighted mean over the steps",
}


def place(slots: Sequence[Slot], w: Wiring, *, wide: bool | None = None) -> list[Column]:
    """Place the steps of a row; two directions need twice the room."""
    wide = w.bidirectional if wide is None else wide
    room = ROOM - (LANE * len(w.others) + LANE if w.others else 0)
    return columns(slots, wide=wide, longest=longest_label(slots), room=room)


def draw_inputs(sketch: Sketch, w: Wiring, steps: Sequence[Column]) -> list[Box]:
    """Draw the row of inputs."""
    sketch.next_row()
    sketch.remark("input", count("t", w.t), f"f = {w.f}")
    return sketch.row("input", steps, number_labels("x", steps))


def draw_one_input(sketch: Sketch, w: Wiring) -> Box:
    """Draw an input without steps."""
    sketch.next_row()
    sketch.remark("input", f"f = {w.f}")
    return sketch.one("input", Label("x"), 0)


def draw_repeat(sketch: Sketch, w: Wiring, over: Sequence[Column]) -> Box:
    """Draw the layer that copies a vector to each of u steps."""
    sketch.next_row()
    sketch.remark("copies", count("u", w.u))
    return sketch.bar(f"RepeatVector({letter('u', w.u)})", over)


def draw_outputs(
    sketch: Sketch, w: Wiring, steps: Sequence[Column], below: Sequence[Box]
) -> list[Box]:
    """Draw a Dense layer and an output at each step that has one, and an end of the others."""
    sketch.next_row(slim=True)
    first = next(k for k, column in enumerate(steps) if column.slot.output is not None)
    if first:
        end = sketch.bar("dropped", steps[:first], "dropped")
        for column, source in visible(steps[:first], below[:first]):
            sketch.up(source, end, column.center, "dropped")
    steps, below = steps[first:], below[first:]
    heads = []
    for column, source in zip(steps, below, strict=True):
        if column.slot.step is None:
            heads.append(sketch.gap(column))
            continue
        heads.append(sketch.one("dense", Label("Dense"), column.center))
        sketch.up(source, heads[-1], column.center)
    return draw_output_row(sketch, w, steps, heads)


def draw_output_row(
    sketch: Sketch, w: Wiring, steps: Sequence[Column], below: Sequence[Box]
) -> list[Box]:
    """Draw the row of outputs."""
    sketch.next_row()
    size = count("t", w.t) if w.shape == "aligned" else count("u", w.u)
    sketch.remark("output", size, f"o = {w.o}")
    labels = [Label("y", str(column.slot.output)) for column in steps]
    outputs = sketch.row("output", steps, labels)
    for column, source, target in zip(steps, below, outputs, strict=True):
        if column.slot.step is not None:
            sketch.up(source, target, column.center)
    return outputs


def draw_one_output(sketch: Sketch, w: Wiring, below: Box) -> None:
    """Draw a Dense layer and the one output."""
    center = below.center
    sketch.next_row(slim=True)
    head = sketch.one("dense", Label("Dense"), center)
    sketch.up(below, head, center)
    sketch.next_row()
    sketch.remark("output", f"o = {w.o}")
    sketch.up(head, sketch.one("output", Label("y"), center), center)


def visible(steps: Sequence[Column], boxes: Sequence[Box]) -> list[tuple[Column, Box]]:
    """Return the columns and boxes of the steps that are drawn, without gaps."""
    pairs = zip(steps, boxes, strict=True)
    return [(column, box) for column, box in pairs if column.slot.step is not None]


def span(*rows: Sequence[Column]) -> Sequence[Column]:
    """Return a column as wide as all of these rows."""
    left = min(steps[0].left for steps in rows)
    right = max(steps[-1].right for steps in rows)
    return [Column(rows[0][0].slot, left, right)]


def count(axis: str, value: int | None) -> str:
    """Return `t = 24`, or `t varies`."""
    return f"{axis} varies" if value is None else f"{axis} = {value}"


def letter(axis: str, value: int | None) -> str:
    """Return the number, or the axis where it is not known."""
    return axis if value is None else str(value)
