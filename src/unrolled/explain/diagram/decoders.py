"""The chained decoders: each output goes up, over and down to the next step's input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from unrolled.explain.diagram.facts import Wiring
from unrolled.explain.diagram.lengths import Length, row
from unrolled.explain.diagram.parts import Arrow, Box, Label
from unrolled.explain.diagram.recurrence import START, Stack, dropped
from unrolled.explain.diagram.rows import count, inputs, one_input, outputs, placed, shown, span
from unrolled.explain.diagram.sketch import SIDE, Column, Sketch


def from_facts(sketch: Sketch, w: Wiring) -> None:
    """The input starts the decoder and is added to what each of its steps is fed."""
    steps = _steps(w)
    x = one_input(sketch, w)
    sketch.rise()
    sketch.remark("given", f"h = {w.units}")
    given = sketch.bar("Dense: given at every step", _from_start(steps), "dense")
    sketch.up(x, given, 0)
    fed = _fed(sketch, steps)
    sketch.rise(slim=True)
    sums = [sketch.gap(c) if c.slot.step is None else sketch.bar("add", [c]) for c in steps]
    for (column, before), (_, total) in zip(shown(steps, fed), shown(steps, sums), strict=True):
        sketch.up(before, total, before.center)
        sketch.up(given, total, _lane(column))
    states = Stack(replace(w, bidirectional=False), steps, start=given).every(sketch, sums)
    _outputs(sketch, w, steps, states, fed)


def from_steps(sketch: Sketch, w: Wiring) -> None:
    """An encoder's states start the decoder, and each of its steps looks at all of them."""
    inner, steps = placed(row(Length.of(w.t, "t"), wide=w.bidirectional), w), _steps(w)
    encoded = Stack(w, inner, "h", "encoder").every(sketch, inputs(sketch, w, inner))
    sketch.rise()
    sketch.remark("memory", count("t", w.t))
    memory = sketch.bar("states of all steps", span(inner, _from_start(steps)))
    for column, state in shown(inner, encoded):
        sketch.up(state, memory, column.center)
    fed = _fed(sketch, steps)
    beside = [c if c.slot.step is None else replace(c, right=_beside(c)) for c in steps]
    decoder = Stack(replace(w, bidirectional=False), beside, "s", "decoder", start=memory)
    states = decoder.every(sketch, fed)
    looks = _attention(sketch, w, steps, states, memory)
    _outputs(sketch, w, steps, looks, fed)


def _attention(
    sketch: Sketch, w: Wiring, steps: Sequence[Column], states: Sequence[Box], memory: Box
) -> list[Box]:
    """Draw what joins each step's state with what it sees in the memory."""
    sketch.rise(slim=True)
    sketch.remark(f"tanh, h = {w.units}")
    looks = []
    for column, state in zip(steps, states, strict=True):
        if column.slot.step is None:
            looks.append(sketch.gap(column))
            continue
        looks.append(sketch.box("join", Label("attention"), column.left, column.right))
        sketch.up(state, looks[-1], state.center)
        sketch.up(memory, looks[-1], _lane(column), "look")
    if w.dropout:
        sketch.above(dropped(w))
    return looks


def _steps(w: Wiring) -> list[Column]:
    """Place the decoder's steps, each with room for an arrow beside its boxes."""
    return placed(row(Length.of(w.u, "u"), wide=True, outputs=True), w, wide=True)


def _beside(column: Column) -> int:
    """Return the right border of a box that leaves room for an arrow."""
    return column.right - 2 * SIDE


def _lane(column: Column) -> int:
    """Return the column of the arrow that passes by a step's boxes."""
    return column.right - SIDE


def _from_start(steps: Sequence[Column]) -> list[Column]:
    """Return columns from the lane of the first states, and a border, to the last step."""
    return [replace(steps[0], left=steps[0].left - START - 1), *steps]


def _fed(sketch: Sketch, steps: Sequence[Column]) -> list[Box]:
    """Draw what each step is fed: the start, then the output of the step before."""
    sketch.rise()
    sketch.remark("previous", "one step late")
    boxes = []
    for k, column in enumerate(steps):
        if column.slot.step is None:
            boxes.append(sketch.gap(column))
            continue
        label = Label("y", str(column.slot.step - 1)) if k else Label("start")
        boxes.append(sketch.box("fed", label, column.left, _beside(column)))
    return boxes


def _outputs(
    sketch: Sketch, w: Wiring, steps: Sequence[Column], below: Sequence[Box], fed: Sequence[Box]
) -> None:
    """Draw the outputs, feed each to the next step, and mark where a row ends."""
    said = outputs(sketch, w, steps, below)
    for (source, before), (_, after) in pairwise(zip(said, fed, strict=True)):
        if source.kind == "gap":
            sketch.arrows.append(Arrow(before, after, kind="fed"))
            continue
        sketch.bent(source, after, source.right + (after.left - source.right) // 2, "fed")
    if w.ends:
        sketch.rise(slim=True)
        sketch.up(said[-1], sketch.one("end", Label(w.ends), said[-1].center), said[-1].center)
