"""The drawing of an architecture: the parts of its `picture`, from the input up to the output.

The registry of architectures lists the parts; each part is a function here that draws on top of
what is there.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from unrolled.explain.diagram import decoders
from unrolled.explain.diagram.boxes import Arrow, Box, Label, Scene
from unrolled.explain.diagram.facts import Wiring
from unrolled.explain.diagram.lengths import Length, Slot, row, two_part_row
from unrolled.explain.diagram.other_inputs import (
    Lanes,
    draw_added_inputs,
    draw_other_inputs,
    first_columns,
    over_lanes,
    up_lanes,
)
from unrolled.explain.diagram.recurrence import Stack, dropout_remark
from unrolled.explain.diagram.rows import (
    POOLINGS,
    count,
    draw_inputs,
    draw_one_input,
    draw_one_output,
    draw_output_row,
    draw_outputs,
    draw_repeat,
    letter,
    place,
    span,
    visible,
)
from unrolled.explain.diagram.sketch import Column, Sketch
from unrolled.explain.diagram.words import notes, plural, sizes, title
from unrolled.shapes import segment

MIN_WIDTH = 40  # columns: of a narrow picture, whose boxes stand in the middle
MAX_WIDTH = 78


@dataclass
class Drawing:
    """A drawing in progress.

    Attributes:
        wiring: What is drawn.
        sketch: The boxes and arrows so far.
        steps: The columns of the top row; empty where it has no steps.
        top: The boxes of the top row.
        lanes: The other inputs, whose number of steps is their own.
    """

    wiring: Wiring
    sketch: Sketch = field(default_factory=Sketch)
    steps: Sequence[Column] = ()
    top: list[Box] = field(default_factory=list)
    lanes: Lanes = field(default_factory=list)

    def input_steps(self, slots: Sequence[Slot]) -> None:
        """Draw the row of inputs."""
        self.steps = place(slots, self.wiring)
        self.top = draw_inputs(self.sketch, self.wiring, self.steps)

    def every_state(self, name: str = "h", part: str = "") -> None:
        """Draw recurrent layers whose states at every step are the new top row."""
        self.top = Stack(self.wiring, self.steps, name, part).every(self.sketch, self.top)

    def last_state(self, name: str = "h", part: str = "") -> None:
        """Draw recurrent layers whose last state is the new top row."""
        self.top = [Stack(self.wiring, self.steps, name, part).last(self.sketch, self.top)]
        self.join()

    def join(self) -> None:
        """Draw the state of the first inputs joined with those of the others."""
        if not self.lanes:
            return
        self.sketch.next_row(slim=True)
        joined = self.sketch.bar("concat", over_lanes(self.steps, self.lanes))
        self.sketch.up(self.top[-1], joined, self.top[-1].center)
        up_lanes(self.sketch, self.lanes, joined)
        self.top, self.steps = [joined], over_lanes(self.steps, self.lanes)


def draw(wiring: Wiring) -> Sketch:
    """Return the drawing of an architecture."""
    drawing = Drawing(wiring)
    if wiring.others:
        drawing.lanes = draw_other_inputs(drawing.sketch, wiring)
    for part in wiring.row.picture:
        PARTS[part](drawing)
    return drawing.sketch


def _one_input(drawing: Drawing) -> None:
    """Draw an input without steps."""
    drawing.top = [draw_one_input(drawing.sketch, drawing.wiring)]


def _input_steps(drawing: Drawing) -> None:
    """Draw the input steps."""
    w = drawing.wiring
    if w.shape == "aligned" and drawing.lanes:
        drawing.steps = first_columns(w)
        drawing.top = draw_added_inputs(drawing.sketch, w, drawing.steps, drawing.lanes)
        return
    drawing.input_steps(row(Length.of(w.t, "t"), wide=w.bidirectional, outputs=True))


def _last_steps_kept(drawing: Drawing) -> None:
    """Draw the input steps, of which only the last u have outputs."""
    w = drawing.wiring
    t, u = Length.of(w.t, "t"), Length.of(w.u, "u")
    drawing.input_steps(two_part_row(t - u, u, wide=w.bidirectional, zeros=False))


def _zeros_follow(drawing: Drawing) -> None:
    """Draw the input steps and u zero steps after them, which have the outputs."""
    w = drawing.wiring
    t, u = Length.of(w.t, "t"), Length.of(w.u, "u")
    drawing.input_steps(two_part_row(t, u, wide=w.bidirectional, zeros=True))


def _input_segments(drawing: Drawing) -> None:
    """Draw the input as segments of steps, each with a Dense layer."""
    w, sketch = drawing.wiring, drawing.sketch
    size = segment(w.t or 1, w.u or 1)  # both are known
    drawing.input_steps(row(Length((w.t or 1) // size), wide=w.bidirectional))
    sketch.remark_above(f"{plural(size, 'step')} each")
    sketch.next_row(slim=True)
    heads = sketch.row("dense", drawing.steps, [Label("Dense")] * len(drawing.steps))
    inputs = visible(drawing.steps, drawing.top)
    for (column, source), (_, head) in zip(inputs, visible(drawing.steps, heads), strict=True):
        sketch.up(source, head, column.center)
    drawing.top = heads


def _hidden_layers(drawing: Drawing) -> None:
    """Draw hidden Dense layers."""
    w, sketch = drawing.wiring, drawing.sketch
    for layer in range(1, w.layers + 1):
        sketch.next_row()
        sketch.remark(f"hidden {layer}" if w.layers > 1 else "hidden", f"relu, h = {w.units}")
        hidden = sketch.one("state", Label("Dense"), 0)
        sketch.up(drawing.top[0], hidden, 0)
        drawing.top = [hidden]
        if w.dropout:
            sketch.remark_above(dropout_remark(w))


def _pooled_state(drawing: Drawing) -> None:
    """Draw recurrent layers and the pooling of their states."""
    w, sketch = drawing.wiring, drawing.sketch
    if w.pooling == "last":
        drawing.last_state()
        return
    drawing.every_state()
    sketch.next_row()
    sketch.remark("pooling", count("t", w.t))
    pooled = sketch.bar(POOLINGS[w.pooling], drawing.steps)
    for column, state in visible(drawing.steps, drawing.top):
        sketch.up(state, pooled, column.center)
    drawing.top = [pooled]
    drawing.join()


def _repeat(drawing: Drawing) -> None:
    """Draw the copies of one box at each of u steps."""
    w = drawing.wiring
    slots = row(Length.of(w.u, "u"), wide=w.bidirectional, outputs=True)
    outer, source = place(slots, w), drawing.top[-1]
    width = span(drawing.steps, outer) if drawing.steps else outer
    copies = draw_repeat(drawing.sketch, w, width)
    drawing.sketch.up(source, copies, source.center)
    drawing.steps, drawing.top = outer, [copies] * len(outer)


def _one_output(drawing: Drawing) -> None:
    """Draw a Dense layer and the one output."""
    draw_one_output(drawing.sketch, drawing.wiring, drawing.top[-1])


def _output_steps(drawing: Drawing) -> None:
    """Draw a Dense layer and an output at each step that has one."""
    draw_outputs(drawing.sketch, drawing.wiring, drawing.steps, drawing.top)


def _all_steps_at_once(drawing: Drawing) -> None:
    """Draw a Dense layer of u*o values, reshaped into the output steps."""
    w, sketch, state = drawing.wiring, drawing.sketch, drawing.top[-1]
    outer = place(row(Length.of(w.u, "u"), wide=False, outputs=True), w, wide=False)
    sketch.next_row()
    values = w.u * w.o if w.u else 0
    sketch.remark("Dense", f"u·o = {values}" if 0 < values < 10**6 else "u·o values")
    flat = sketch.bar("Dense: all steps at once", span(drawing.steps, outer), "dense")
    sketch.up(state, flat, state.center)
    sketch.next_row(slim=True)
    shaped = sketch.bar(f"Reshape({letter('u', w.u)}, {w.o})", outer)
    sketch.up(flat, shaped, shaped.center)
    draw_output_row(sketch, w, outer, [shaped] * len(outer))


def _all_segments_at_once(drawing: Drawing) -> None:
    """Draw a Dense layer of all output segments."""
    w, sketch, state = drawing.wiring, drawing.sketch, drawing.top[-1]
    size = segment(w.t or 1, w.u or 1)  # both are known
    outer = place(row(Length((w.u or 1) // size), wide=False, outputs=True), w, wide=False)
    sketch.next_row()
    sketch.remark("each y", plural(size, "step"))
    dense = sketch.bar("Dense: all segments at once", span(drawing.steps, outer), "dense")
    sketch.up(state, dense, state.center)
    draw_output_row(sketch, w, outer, [dense] * len(outer))


def _decoder_fed_by_input(drawing: Drawing) -> None:
    """Draw a decoder whose steps all read the input."""
    decoders.fed_by_input(drawing.sketch, drawing.wiring, drawing.top[0])


def _decoder_with_attention(drawing: Drawing) -> None:
    """Draw a decoder that attends to the states of the encoder."""
    decoders.with_attention(
        drawing.sketch, drawing.wiring, drawing.steps, drawing.top, drawing.lanes
    )


def _decoder_without_attention(drawing: Drawing) -> None:
    """Draw a decoder that the last state of the encoder starts."""
    decoders.without_attention(drawing.sketch, drawing.wiring, drawing.steps, drawing.top[-1])


PARTS: dict[str, Callable[[Drawing], None]] = {
    "one input": _one_input,
    "input steps": _input_steps,
    "input steps, the last u kept": _last_steps_kept,
    "input steps, then u zeros": _zeros_follow,
    "input segments": _input_segments,
    "hidden layers": _hidden_layers,
    "every state": Drawing.every_state,
    "last state": Drawing.last_state,
    "pooled state": _pooled_state,
    "encoder: every state": lambda drawing: drawing.every_state("h", "encoder"),
    "encoder: last state": lambda drawing: drawing.last_state("h", "encoder"),
    "repeat u times": _repeat,
    "decoder: every state": lambda drawing: drawing.every_state("s", "decoder"),
    "decoder fed by the input": _decoder_fed_by_input,
    "decoder with attention": _decoder_with_attention,
    "decoder without attention": _decoder_without_attention,
    "one output": _one_output,
    "output steps": _output_steps,
    "all output steps at once": _all_steps_at_once,
    "all output segments at once": _all_segments_at_once,
}


def scene(wiring: Wiring) -> Scene:
    """Return the diagram of a network, ready to be written as text or SVG.

    Example:
        >>> scene(Wiring("aligned", "steps", t=3, u=3, f=4, o=1, units=8)).title
        'aligned · steps · LSTM'
    """
    sketch = draw(wiring)
    left, end = min(b.left for b in sketch.boxes), max(b.right for b in sketch.boxes)
    widest = max(len(words) for remark in sketch.remarks for words in remark.words)
    margin = min(widest + 2, max(widest + 1, MAX_WIDTH - (end - left + 1)))
    spare = MIN_WIDTH - margin - (end - left + 1)
    right = margin - left + max(0, spare // 2)
    down = -min(box.top for box in sketch.boxes)
    boxes = {box: _moved(box, right, down) for box in sketch.boxes}
    arrows = [_moved_arrow(arrow, boxes, right) for arrow in sketch.arrows]
    remarks = [dataclasses.replace(r, line=r.line + down) for r in sketch.remarks]
    return Scene(
        title=title(wiring),
        pattern=wiring.pattern,
        notes=notes(wiring),
        description=" ".join([f"{title(wiring)}.", sizes(wiring), *notes(wiring)]),
        boxes=tuple(boxes.values()),
        arrows=tuple(arrows),
        remarks=tuple(remarks),
        width=max(MIN_WIDTH, end + right + 1),
        height=max(box.bottom for box in boxes.values()) + 1,
    )


def _moved(box: Box, right: int, down: int) -> Box:
    """Return a box moved on the grid."""
    return dataclasses.replace(
        box, left=box.left + right, right=box.right + right, line=box.line + down
    )


def _moved_arrow(arrow: Arrow, boxes: dict[Box, Box], right: int) -> Arrow:
    """Return an arrow between the moved boxes."""
    at = None if arrow.at is None else arrow.at + right
    lane = None if arrow.lane is None else arrow.lane + right
    return Arrow(boxes[arrow.source], boxes[arrow.target], at, arrow.kind, lane)
