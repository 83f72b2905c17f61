"""One function for each architecture: its rows, from the input up to the output."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from unrolled.explain.diagram import decoders
from unrolled.explain.diagram.facts import Wiring
from unrolled.explain.diagram.lengths import Length, Slot, row, two_part_row
from unrolled.explain.diagram.parts import Label
from unrolled.explain.diagram.recurrence import Stack, dropped
from unrolled.explain.diagram.rows import (
    copied,
    count,
    inputs,
    letter,
    one_input,
    one_output,
    output_row,
    outputs,
    placed,
    shown,
    span,
)
from unrolled.explain.diagram.sketch import Sketch
from unrolled.explain.diagram.words import plural
from unrolled.shapes import segment

POOLINGS = {
    "mean": "mean over the steps",
    "max": "largest over the steps",
    "attention": "weighted mean over the steps",
}


def dense(sketch: Sketch, w: Wiring) -> None:
    """Dense layers on the input; no steps."""
    below = one_input(sketch, w)
    for layer in range(1, w.layers + 1):
        sketch.rise()
        sketch.remark(f"hidden {layer}" if w.layers > 1 else "hidden", f"relu, h = {w.units}")
        hidden = sketch.one("state", Label("Dense"), 0)
        sketch.up(below, hidden, 0)
        below = hidden
        if w.dropout:
            sketch.above(dropped(w))
    one_output(sketch, w, below, at=0)


def repeat_input(sketch: Sketch, w: Wiring) -> None:
    """The input, copied to each of u steps."""
    steps = placed(row(Length.of(w.u, "u"), wide=w.bidirectional, outputs=True), w)
    x = one_input(sketch, w)
    copies = copied(sketch, w, steps)
    sketch.up(x, copies, 0)
    states = Stack(w, steps).every(sketch, [copies] * len(steps))
    outputs(sketch, w, steps, states)


def last(sketch: Sketch, w: Wiring) -> None:
    """Only the last state goes on."""
    steps = placed(row(Length.of(w.t, "t"), wide=w.bidirectional), w)
    state = Stack(w, steps).last(sketch, inputs(sketch, w, steps))
    one_output(sketch, w, state, at=state.center)


def pooled(sketch: Sketch, w: Wiring) -> None:
    """What pooling makes of every step's state goes on."""
    if w.pooling == "last":
        last(sketch, w)
        return
    steps = placed(row(Length.of(w.t, "t"), wide=w.bidirectional), w)
    states = Stack(w, steps).every(sketch, inputs(sketch, w, steps))
    sketch.rise()
    sketch.remark("pooling", count("t", w.t))
    mean = sketch.bar(POOLINGS[w.pooling], steps)
    for column, state in shown(steps, states):
        sketch.up(state, mean, column.center)
    one_output(sketch, w, mean, at=mean.center)


def steps(sketch: Sketch, w: Wiring) -> None:
    """Every step has its output."""
    places = placed(row(Length.of(w.t, "t"), wide=w.bidirectional, outputs=True), w)
    states = Stack(w, places).every(sketch, inputs(sketch, w, places))
    outputs(sketch, w, places, states)


def tail(sketch: Sketch, w: Wiring) -> None:
    """Only the last u of t steps have an output."""
    t, u = Length.of(w.t, "t"), Length.of(w.u, "u")
    _late(sketch, w, two_part_row(t - u, u, wide=w.bidirectional, zeros=False))


def padded(sketch: Sketch, w: Wiring) -> None:
    """Zeros follow the input, and only they have outputs."""
    t, u = Length.of(w.t, "t"), Length.of(w.u, "u")
    _late(sketch, w, two_part_row(t, u, wide=w.bidirectional, zeros=True))


def vector(sketch: Sketch, w: Wiring) -> None:
    """The last state gives the values of all output steps at once."""
    inner = placed(row(Length.of(w.t, "t"), wide=w.bidirectional), w)
    outer = placed(row(Length.of(w.u, "u"), wide=False, outputs=True), w, wide=False)
    state = Stack(w, inner).last(sketch, inputs(sketch, w, inner))
    sketch.rise()
    values = w.u * w.o if w.u else 0
    sketch.remark("Dense", f"u·o = {values}" if 0 < values < 10**6 else "u·o values")
    flat = sketch.bar("Dense: all steps at once", span(inner, outer), "dense")
    sketch.up(state, flat, state.center)
    sketch.rise(slim=True)
    shaped = sketch.bar(f"Reshape({letter('u', w.u)}, {w.o})", outer)
    sketch.up(flat, shaped, shaped.center)
    output_row(sketch, w, outer, [shaped] * len(outer))


def repeat_state(sketch: Sketch, w: Wiring) -> None:
    """An encoder's last state, copied to each step of a decoder."""
    inner = placed(row(Length.of(w.t, "t"), wide=w.bidirectional), w)
    outer = placed(row(Length.of(w.u, "u"), wide=w.bidirectional, outputs=True), w)
    encoder, decoder = Stack(w, inner, "h", "encoder"), Stack(w, outer, "s", "decoder")
    state = encoder.last(sketch, inputs(sketch, w, inner))
    copies = copied(sketch, w, span(inner, outer))
    sketch.up(state, copies, state.center)
    states = decoder.every(sketch, [copies] * len(outer))
    outputs(sketch, w, outer, states)


def segments(sketch: Sketch, w: Wiring) -> None:
    """Segments of the input are the steps, and the last state says every output segment."""
    t, u = w.t or 1, w.u or 1  # both are known
    size = segment(t, u)
    inner = placed(row(Length(t // size), wide=w.bidirectional), w)
    outer = placed(row(Length(u // size), wide=False, outputs=True), w, wide=False)
    below = inputs(sketch, w, inner)
    sketch.above(f"{plural(size, 'step')} each")
    sketch.rise(slim=True)
    heads = sketch.row("dense", inner, [Label("Dense")] * len(inner))
    for (column, source), (_, head) in zip(shown(inner, below), shown(inner, heads), strict=True):
        sketch.up(source, head, column.center)
    state = Stack(w, inner).last(sketch, heads)
    sketch.rise()
    sketch.remark("each y", plural(size, "step"))
    said = sketch.bar("Dense: all segments at once", span(inner, outer), "dense")
    sketch.up(state, said, state.center)
    output_row(sketch, w, outer, [said] * len(outer))


DRAWN: dict[tuple[str, str], Callable[[Sketch, Wiring], None]] = {
    ("one-to-one", "dense"): dense,
    ("one-to-many", "repeat"): repeat_input,
    ("one-to-many", "decoder"): decoders.from_facts,
    ("many-to-one", "last"): last,
    ("many-to-one", "pooled"): pooled,
    ("aligned", "steps"): steps,
    ("unaligned", "tail"): tail,
    ("unaligned", "padded"): padded,
    ("unaligned", "vector"): vector,
    ("unaligned", "repeat"): repeat_state,
    ("unaligned", "segments"): segments,
    ("unaligned", "decoder"): decoders.from_steps,
}


def _late(sketch: Sketch, w: Wiring, slots: Sequence[Slot]) -> None:
    """Draw a row of which only the last part is kept."""
    places = placed(slots, w)
    states = Stack(w, places).every(sketch, inputs(sketch, w, places))
    outputs(sketch, w, places, states)
