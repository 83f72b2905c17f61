"""The autoregressive decoders: an arrow leads from each output to the next step's input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from unrolled.explain.diagram.boxes import Arrow, Box, Label
from unrolled.explain.diagram.facts import Wiring
from unrolled.explain.diagram.lengths import Length, row
from unrolled.explain.diagram.other_inputs import Lanes, over_lanes, up_lanes
from unrolled.explain.diagram.recurrence import START, Stack, dropout_remark
from unrolled.explain.diagram.rows import count, draw_outputs, place, span, visible
from unrolled.explain.diagram.sketch import SIDE, Column, Sketch


def fed_by_input(sketch: Sketch, w: Wiring, x: Box) -> None:
    """Draw a decoder that the input starts, and whose steps all read the input again."""
    steps = _place_steps(w)
    sketch.next_row()
    sketch.remark("input again", f"h = {w.units}")
    given = sketch.bar("Dense: read at every step", _with_start(steps), "dense")
    sketch.up(x, given, 0)
    previous = _draw_previous(sketch, steps)
    sketch.next_row(slim=True)
    sums = [sketch.gap(c) if c.slot.step is None else sketch.bar("add", [c]) for c in steps]
    pairs = zip(visible(steps, previous), visible(steps, sums), strict=True)
    for (column, before), (_, total) in pairs:
        sketch.up(before, total, before.center)
        sketch.up(given, total, _lane(column))
    states = Stack(replace(w, bidirectional=False), steps, start=given).every(sketch, sums)
    _draw_outputs(sketch, w, steps, states, previous)


def with_attention(
    sketch: Sketch, w: Wiring, inner: Sequence[Column], encoded: Sequence[Box], lanes: Lanes
) -> None:
    """Draw a decoder that an encoder's states start, and whose steps attend to all of them.

    So they do to the states of other inputs, which come up the lanes.
    """
    steps = _place_steps(w)
    sketch.next_row()
    sketch.remark("memory", count("t", w.t))
    words = "states of all steps of all inputs" if lanes else "states of all steps"
    memory = sketch.bar(words, over_lanes(span(inner, _with_start(steps)), lanes))
    up_lanes(sketch, lanes, memory)
    for column, state in visible(inner, encoded):
        sketch.up(state, memory, column.center)
    previous = _draw_previous(sketch, steps)
    beside = [c if c.slot.step is None else replace(c, right=_right_of_box(c)) for c in steps]
    decoder = Stack(replace(w, bidirectional=False), beside, "s", "decoder", start=memory)
    states = decoder.every(sketch, previous)
    attention = _draw_attention(sketch, w, steps, states, memory)
    _draw_outputs(sketch, w, steps, attention, previous)


def without_attention(sketch: Sketch, w: Wiring, inner: Sequence[Column], last: Box) -> None:
    """Draw a decoder that the last state of an encoder starts."""
    steps = _place_steps(w)
    sketch.next_row()
    sketch.remark("first state", f"h = {w.units}")
    first = sketch.bar("first state of the decoder", span(inner, _with_start(steps)))
    sketch.up(last, first, last.center)
    previous = _draw_previous(sketch, steps)
    decoder = Stack(replace(w, bidirectional=False), steps, "s", "decoder", start=first)
    _draw_outputs(sketch, w, steps, decoder.every(sketch, previous), previous)


def _draw_attention(
    sketch: Sketch, w: Wiring, steps: Sequence[Column], states: Sequence[Box], memory: Box
) -> list[Box]:
    """Draw the attention of each step to the memory."""
    sketch.next_row(slim=True)
    sketch.remark(f"tanh, h = {w.units}")
    attention = []
    for column, state in zip(steps, states, strict=True):
        if column.slot.step is None:
            attention.append(sketch.gap(column))
            continue
        attention.append(sketch.box("join", Label("attention"), column.left, column.right))
        sketch.up(state, attention[-1], state.center)
        sketch.up(memory, attention[-1], _lane(column), "look")
    if w.dropout:
        sketch.remark_above(dropout_remark(w))
    return attention


def _place_steps(w: Wiring) -> list[Column]:
    """Place the decoder's steps, each with room for an arrow beside its boxes."""
    return place(row(Length.of(w.u, "u"), wide=True, outputs=True), w, wide=True)


def _right_of_box(column: Column) -> int:
    """Return the right border of a box that leaves room for an arrow."""
    return column.right - 2 * SIDE


def _lane(column: Column) -> int:
    """Return the column of the arrow that passes by a step's boxes."""
    return column.right - SIDE


def _with_start(steps: Sequence[Column]) -> list[Column]:
    """Return columns from the lane of the first states, and a border, to the last step."""
    return [replace(steps[0], left=steps[0].left - START - 1), *steps]


def _draw_previous(sketch: Sketch, steps: Sequence[Column]) -> list[Box]:
    """Draw what each step reads: the start, then the output of the step before."""
    sketch.next_row()
    sketch.remark("previous", "one step late")
    boxes = []
    for k, column in enumerate(steps):
        if column.slot.step is None:
            boxes.append(sketch.gap(column))
            continue
        label = Label("y", str(column.slot.step - 1)) if k else Label("start")
        boxes.append(sketch.box("fed", label, column.left, _right_of_box(column)))
    return boxes


def _draw_outputs(
    sketch: Sketch,
    w: Wiring,
    steps: Sequence[Column],
    below: Sequence[Box],
    previous: Sequence[Box],
) -> None:
    """Draw the outputs, feed each to the next step, and mark where a row ends."""
    outputs = draw_outputs(sketch, w, steps, below)
    for (source, before), (_, after) in pairwise(zip(outputs, previous, strict=True)):
        if source.kind == "gap":
            sketch.arrows.append(Arrow(before, after, kind="fed"))
            continue
        sketch.bent(source, after, source.right + (after.left - source.right) // 2, "fed")
    if w.ends:
        sketch.next_row(slim=True)
        sketch.up(
            outputs[-1], sketch.one("end", Label(w.ends), outputs[-1].center), outputs[-1].center
        )
