"""One function for each architecture: its rows, from the input up to the output."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from unrolled.explain.diagram.facts import Wiring
from unrolled.explain.diagram.lengths import Length, Slot, row, two_part_row
from unrolled.explain.diagram.parts import Box, Label
from unrolled.explain.diagram.recurrence import Stack, dropped
from unrolled.explain.diagram.sketch import Column, Sketch, columns, longest, numbered


def dense(sketch: Sketch, w: Wiring) -> None:
    """Dense layers on the input; no steps."""
    below = _one_input(sketch, w)
    for layer in range(1, w.layers + 1):
        sketch.rise()
        sketch.remark(f"hidden {layer}" if w.layers > 1 else "hidden", f"relu, h = {w.units}")
        hidden = sketch.one("state", Label("Dense"), 0)
        sketch.up(below, hidden, 0)
        below = hidden
        if w.dropout:
            sketch.above(dropped(w))
    _one_output(sketch, w, below, at=0)


def repeat_input(sketch: Sketch, w: Wiring) -> None:
    """The input, copied to each of u steps."""
    steps = _columns(row(Length.of(w.u, "u"), wide=w.bidirectional, outputs=True), w)
    x = _one_input(sketch, w)
    copies = _copies(sketch, w, steps)
    sketch.up(x, copies, 0)
    states = Stack(w, steps).every(sketch, [copies] * len(steps))
    _outputs(sketch, w, steps, states)


def last(sketch: Sketch, w: Wiring) -> None:
    """Only the last state goes on."""
    steps = _columns(row(Length.of(w.t, "t"), wide=w.bidirectional), w)
    state = Stack(w, steps).last(sketch, _inputs(sketch, w, steps))
    _one_output(sketch, w, state, at=state.center)


def pooled(sketch: Sketch, w: Wiring) -> None:
    """The mean of every step's state goes on."""
    steps = _columns(row(Length.of(w.t, "t"), wide=w.bidirectional), w)
    states = Stack(w, steps).every(sketch, _inputs(sketch, w, steps))
    sketch.rise()
    sketch.remark("pooling", _count("t", w.t))
    mean = sketch.bar("mean over the steps", steps)
    for column, state in _shown(steps, states):
        sketch.up(state, mean, column.center)
    _one_output(sketch, w, mean, at=mean.center)


def steps(sketch: Sketch, w: Wiring) -> None:
    """Every step has its output."""
    places = _columns(row(Length.of(w.t, "t"), wide=w.bidirectional, outputs=True), w)
    states = Stack(w, places).every(sketch, _inputs(sketch, w, places))
    _outputs(sketch, w, places, states)


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
    inner = _columns(row(Length.of(w.t, "t"), wide=w.bidirectional), w)
    outer = _columns(row(Length.of(w.u, "u"), wide=False, outputs=True), w, wide=False)
    state = Stack(w, inner).last(sketch, _inputs(sketch, w, inner))
    sketch.rise()
    values = w.u * w.o if w.u else 0
    sketch.remark("Dense", f"u·o = {values}" if 0 < values < 10**6 else "u·o values")
    flat = sketch.bar("Dense: all steps at once", _span(inner, outer), "dense")
    sketch.up(state, flat, state.center)
    sketch.rise(slim=True)
    shaped = sketch.bar(f"Reshape({_letter('u', w.u)}, {w.o})", outer)
    sketch.up(flat, shaped, shaped.center)
    _output_row(sketch, w, outer, [shaped] * len(outer))


def repeat_state(sketch: Sketch, w: Wiring) -> None:
    """An encoder's last state, copied to each step of a decoder."""
    inner = _columns(row(Length.of(w.t, "t"), wide=w.bidirectional), w)
    outer = _columns(row(Length.of(w.u, "u"), wide=w.bidirectional, outputs=True), w)
    encoder, decoder = Stack(w, inner, "h", "encoder"), Stack(w, outer, "s", "decoder")
    state = encoder.last(sketch, _inputs(sketch, w, inner))
    copies = _copies(sketch, w, _span(inner, outer))
    sketch.up(state, copies, state.center)
    states = decoder.every(sketch, [copies] * len(outer))
    _outputs(sketch, w, outer, states)


DRAWN: dict[tuple[str, str], Callable[[Sketch, Wiring], None]] = {
    ("one-to-one", "dense"): dense,
    ("one-to-many", "repeat"): repeat_input,
    ("many-to-one", "last"): last,
    ("many-to-one", "pooled"): pooled,
    ("aligned", "steps"): steps,
    ("unaligned", "tail"): tail,
    ("unaligned", "padded"): padded,
    ("unaligned", "vector"): vector,
    ("unaligned", "repeat"): repeat_state,
}


def _late(sketch: Sketch, w: Wiring, slots: Sequence[Slot]) -> None:
    """Draw a row of which only the last part is kept."""
    places = _columns(slots, w)
    states = Stack(w, places).every(sketch, _inputs(sketch, w, places))
    _outputs(sketch, w, places, states)


def _columns(slots: Sequence[Slot], w: Wiring, *, wide: bool | None = None) -> list[Column]:
    """Place the steps; both directions need the room of two."""
    both = w.bidirectional if wide is None else wide
    return columns(slots, wide=both, longest=longest(slots))


def _inputs(sketch: Sketch, w: Wiring, places: Sequence[Column]) -> list[Box]:
    """Draw the row of inputs."""
    sketch.rise()
    sketch.remark("input", _count("t", w.t), f"f = {w.f}")
    return sketch.row("input", places, numbered("x", places))


def _one_input(sketch: Sketch, w: Wiring) -> Box:
    """Draw an input without steps."""
    sketch.rise()
    sketch.remark("input", f"f = {w.f}")
    return sketch.one("input", Label("x"), 0)


def _copies(sketch: Sketch, w: Wiring, over: Sequence[Column]) -> Box:
    """Draw what copies a vector to each of u steps."""
    sketch.rise()
    sketch.remark("copies", _count("u", w.u))
    return sketch.bar(f"RepeatVector({_letter('u', w.u)})", over)


def _outputs(sketch: Sketch, w: Wiring, places: Sequence[Column], below: Sequence[Box]) -> None:
    """Draw a Dense layer and an output on each step that has one, and where the others end."""
    sketch.rise(slim=True)
    first = next(k for k, column in enumerate(places) if column.slot.output is not None)
    if first:
        ends = sketch.bar("dropped", places[:first], "dropped")
        for column, source in _shown(places[:first], below[:first]):
            sketch.up(source, ends, column.center, "dropped")
    places, below = places[first:], below[first:]
    heads = []
    for column, source in zip(places, below, strict=True):
        if column.slot.step is None:
            heads.append(sketch.gap(column))
            continue
        heads.append(sketch.one("dense", Label("Dense"), column.center))
        sketch.up(source, heads[-1], column.center)
    _output_row(sketch, w, places, heads)


def _output_row(sketch: Sketch, w: Wiring, places: Sequence[Column], below: Sequence[Box]) -> None:
    """Draw the row of outputs."""
    sketch.rise()
    count = _count("t", w.t) if w.shape == "aligned" else _count("u", w.u)
    sketch.remark("output", count, f"o = {w.o}")
    labels = [Label("y", str(column.slot.output)) for column in places]
    row_of = sketch.row("output", places, labels)
    for column, source, target in zip(places, below, row_of, strict=True):
        if column.slot.step is not None:
            sketch.up(source, target, column.center)


def _one_output(sketch: Sketch, w: Wiring, below: Box, at: int) -> None:
    """Draw a Dense layer and the one output."""
    sketch.rise(slim=True)
    head = sketch.one("dense", Label("Dense"), at)
    sketch.up(below, head, at)
    sketch.rise()
    sketch.remark("output", f"o = {w.o}")
    sketch.up(head, sketch.one("output", Label("y"), at), at)


def _shown(places: Sequence[Column], boxes: Sequence[Box]) -> list[tuple[Column, Box]]:
    """Return the columns and boxes of the steps that are shown."""
    both = zip(places, boxes, strict=True)
    return [(column, box) for column, box in both if column.slot.step is not None]


def _span(*rows: Sequence[Column]) -> Sequence[Column]:
    """Return a column as wide as all of these rows."""
    left = min(places[0].left for places in rows)
    right = max(places[-1].right for places in rows)
    return [Column(rows[0][0].slot, left, right)]


def _count(axis: str, value: int | None) -> str:
    """Return `t = 24`, or `t varies`."""
    return f"{axis} varies" if value is None else f"{axis} = {value}"


def _letter(axis: str, value: int | None) -> str:
    """Return the number, or the axis where it is not known."""
    return axis if value is None else str(value)
