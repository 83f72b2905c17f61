"""Inputs with a number of steps of their own: rows below those of the first inputs.

Each of them is read by recurrent layers of its own. What comes of it goes up in a lane on the
right of the picture, past the rows of the inputs above it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from unrolled.explain.diagram.boxes import Box, Label
from unrolled.explain.diagram.facts import OtherInputs, Wiring
from unrolled.explain.diagram.lengths import Length, row
from unrolled.explain.diagram.recurrence import Stack
from unrolled.explain.diagram.rows import LANE, POOLINGS, count, place, visible
from unrolled.explain.diagram.sketch import SIDE, Column, Sketch, number_labels

HALF_BAR = 18  # half the columns of the longest words of a bar
Lanes = list[tuple[Box, int]]  # the topmost box of each input, and the column of its lane


def draw_other_inputs(sketch: Sketch, w: Wiring) -> Lanes:
    """Draw the other inputs, one on top of another, each with its recurrent layers."""
    right = max(HALF_BAR, *(column.right for column in _all_columns(w)))
    lanes: Lanes = []
    for index, other in enumerate(w.others):
        lane = right + LANE * (len(w.others) - index)
        lanes.append((_draw(sketch, w, other, index, lane), lane))
    return lanes


def up_lanes(sketch: Sketch, lanes: Lanes, target: Box) -> None:
    """Draw the arrows from the other inputs to a box above all of them."""
    for box, lane in lanes:
        sketch.up(box, target, lane)


def over_lanes(columns: Sequence[Column], lanes: Lanes) -> Sequence[Column]:
    """Return columns that reach over all lanes, for a box that the other inputs go into."""
    if not lanes:
        return columns
    return [*columns, replace(columns[-1], right=max(lane for _, lane in lanes) + SIDE)]


def first_columns(w: Wiring) -> list[Column]:
    """Return the columns of the first inputs, each with room for an arrow where outputs follow."""
    wide = w.bidirectional or w.shape == "aligned"
    return place(row(Length.of(w.t, "t"), wide=wide, outputs=True), w, wide=wide)


def _all_columns(w: Wiring) -> list[Column]:
    """Return every column that a lane has to pass on its right."""
    columns = first_columns(w)
    for other in w.others:
        columns += place(row(Length.of(other.t, "t"), wide=w.bidirectional), w)
    if w.shape == "unaligned":
        columns += place(row(Length.of(w.u, "u"), wide=True), w, wide=True)
    return columns


def _draw(sketch: Sketch, w: Wiring, other: OtherInputs, index: int, lane: int) -> Box:
    """Draw an input and its recurrent layers; return the box that reaches to its lane."""
    steps = place(row(Length.of(other.t, "t"), wide=w.bidirectional), w)
    sketch.next_row()
    sketch.remark(f"input {index + 2}", count("t", other.t), f"f = {other.f}")
    inputs = sketch.row("input", steps, number_labels(other.letter, steps))
    part = "encoder" if w.shape == "unaligned" else ""
    stack = Stack(w, steps, "h", part)
    to_lane = [steps[0], replace(steps[-1], right=lane + SIDE)]
    attends = "decoder with attention" in w.row.picture
    pools = w.shape == "aligned" or ("pooled state" in w.row.picture and w.pooling != "last")
    if attends or pools:
        states = stack.every(sketch, inputs)
        sketch.next_row()
        sketch.remark("memory" if attends else "pooling", count("t", other.t))
        bar = sketch.bar("states of all steps" if attends else POOLINGS[w.pooling], to_lane)
        for column, state in visible(steps, states):
            sketch.up(state, bar, column.center)
        return bar
    last = stack.last(sketch, inputs)
    sketch.next_row(slim=True)
    bar = sketch.bar("last state", to_lane)
    sketch.up(last, bar, last.center)
    return bar


def draw_added_inputs(
    sketch: Sketch, w: Wiring, steps: Sequence[Column], lanes: Lanes
) -> list[Box]:
    """Draw the first inputs, to each step of which a summary of the others is added."""
    sketch.next_row()
    sketch.remark("other inputs", f"h = {w.units}")
    summary = sketch.bar("Dense: added at every step", over_lanes(steps, lanes), "dense")
    up_lanes(sketch, lanes, summary)
    sketch.next_row()
    sketch.remark("input", count("t", w.t), f"f = {w.f}")
    inputs = []
    for column in steps:
        if column.slot.step is None:
            inputs.append(sketch.gap(column))
            continue
        label = Label("x", str(column.slot.step))
        inputs.append(sketch.box("input", label, column.left, column.right - 2 * SIDE))
    sketch.next_row(slim=True)
    sketch.remark(f"Dense, h = {w.units}")
    sums = [sketch.gap(c) if c.slot.step is None else sketch.bar("add", [c]) for c in steps]
    pairs = zip(visible(steps, inputs), visible(steps, sums), strict=True)
    for (column, before), (_, total) in pairs:
        sketch.up(before, total, before.center)
        sketch.up(summary, total, column.right - SIDE)
    return sums
