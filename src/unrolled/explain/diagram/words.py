"""The words around a picture: its title, what to see in it, and the names of the columns."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from unrolled.explain.diagram.facts import Wiring
from unrolled.explain.diagram.recurrence import CELLS
from unrolled.shapes import FACTS

NAMES = 52  # cells of a list of names
NAME = 24  # cells of a name
ENDS = {
    "END": "A row ends with the step that says END.",
    "stop": "A row ends with the step whose further output, stop, is above 0.",
}
SPELLED = "Words are also read by their characters."
LINEAR = "Beside this a linear map of the whole row adds to its output."


def title(w: Wiring) -> str:
    """Return the shape, the architecture and what the network is made of.

    Example:
        >>> title(Wiring("aligned", "steps", t=3, u=3, f=4, o=1, units=8, bidirectional=True))
        'aligned · steps · bidirectional LSTM'
    """
    made = CELLS[w.cell]
    if w.bidirectional:
        made = f"bidirectional {made}"
    if w.layers > 1:
        made = f"{made}, {w.layers} layers"
    if w.architecture == "dense":
        made = plural(w.layers, "hidden layer") if w.layers else "no hidden layer"
    return f"{w.shape} · {w.architecture} · {made}"


def notes(w: Wiring) -> tuple[str, ...]:
    """Return what to see in the picture, and the names of the columns where they are known.

    Example:
        >>> notes(Wiring("aligned", "steps", t=3, u=3, f=2, o=1, units=8, inputs=("a", "b")))
        ('Each input step has its own output.', 'x: a, b')
    """
    named = (("x", w.inputs), ("y", w.outputs))
    also = [line for line, there in ((SPELLED, w.spelled), (LINEAR, w.linear)) if there]
    return (
        " ".join([_seen(w), *also]),
        *(f"{side}: {_names(names)}" for side, names in named if names),
    )


def sizes(w: Wiring) -> str:
    """Return what goes in and out in words, for those who cannot see the picture.

    Example:
        >>> sizes(Wiring("many-to-one", "last", t=24, u=None, f=4, o=1, units=8))
        'In: 24 steps of 4 values. Out: 1 value. Hidden units: 8.'
    """
    facts = FACTS[w.shape]
    inner = _side(w.t, w.f) if facts.inputs == "many" else plural(w.f, "value")
    steps = w.t if w.shape == "aligned" else w.u
    outer = _side(steps, w.o) if facts.outputs == "many" else plural(w.o, "value")
    if w.pooled:
        outer = f"{outer}, and {plural(w.pooled, 'value')} for the row"
    hidden = f" Hidden units: {w.units}." if w.layers else ""
    dropped = f" Dropout: {w.dropout:.3g}." if w.dropout and w.layers else ""
    return f"In: {inner}. Out: {outer}.{hidden}{dropped}"


def wrapped(words: str, room: int) -> list[str]:
    """Break words into lines of at most `room` cells.

    Example:
        >>> wrapped("the state after the last step", 16)
        ['the state after', 'the last step']
    """
    lines: list[str] = []
    for word in words.split():
        if lines and cells(f"{lines[-1]} {word}") <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


def cells(text: str) -> int:
    """Return how many columns a terminal needs for a text.

    Example:
        >>> cells("température"), cells("温度")
        (11, 4)
    """
    marks = sum(unicodedata.combining(c) > 0 for c in text)
    return len(text) - marks + sum(unicodedata.east_asian_width(c) in "WF" for c in text)


def _seen(w: Wiring) -> str:
    """Return what to see in the picture, in a sentence."""
    last = "The state after the last step"
    if w.bidirectional:
        last = "The last state of each direction (forward at the last step, backward at the first)"
    one = w.u == 1
    every = "the one output step" if one else f"each of the {plural(w.u, 'output step')}"
    if w.architecture == "decoder":
        return " ".join([_chained(w, last), *([ENDS[w.ends]] if w.ends else [])])
    if w.shape == "one-to-many":
        return f"The same input is read at {every}."
    ends = "step has the output" if one else f"{w.u or 'u'} steps have the outputs"
    return {
        "dense": "No steps, so no recurrence.",
        "last": f"{last} is all that the output sees.",
        "pooled": {
            "mean": "The output sees the mean of the states of all steps.",
            "max": "The output sees the largest of the states of all steps, number by number.",
            "attention": "The output sees a mean of the states of all steps, each with a weight.",
            "last": f"{last} is all that the output sees.",
        }[w.pooling],
        "steps": "Each input step has its own output"
        + (", and the mean of the states one for the whole row." if w.pooled else "."),
        "tail": f"The input's last {ends}.",
        "padded": f"{plural(w.u, 'zero step')} after the input: outputs come once all was read.",
        "vector": f"{last} gives {'the one output step' if one else 'all output steps at once'}.",
        "segments": "Steps of the recurrence are segments of the input, and its last state gives"
        " all segments of the output.",
        "repeat": f"{last}, copied, is all that the decoder reads at {every}.",
    }[w.architecture]


def _chained(w: Wiring, last: str) -> str:
    """Return what to see of a chained decoder: what starts it, and what its steps read."""
    reads = "Each step reads what the step before it said"
    if w.shape == "one-to-many":
        return f"The input starts the decoder. {reads}, and the input again."
    return f"{last} starts the decoder. {reads}, and looks at all input steps (attention)."


def _side(steps: int | None, values: int) -> str:
    """Return a row's size in words."""
    count = "a varying number of steps" if steps is None else plural(steps, "step")
    return f"{count} of {plural(values, 'value')}"


def plural(number: int | None, noun: str) -> str:
    """Return `1 step`, `3 steps` or `u steps`."""
    return f"1 {noun}" if number == 1 else f"{'u' if number is None else number} {noun}s"


def _names(names: Sequence[str]) -> str:
    """Return names as a short list that says how many more there are."""
    shown: list[str] = []
    for k, name in enumerate(names):
        longer = [*shown, _plain(name)]
        if k and cells(", ".join(longer)) > NAMES:
            return f"{', '.join(shown)} and {len(names) - k} more"
        shown = longer
    return ", ".join(shown)


def _plain(name: str) -> str:
    """Return a name without what cannot be drawn, cut if it is long."""
    words = " ".join("".join(c if c.isprintable() else " " for c in str(name)).split())
    if cells(words) <= NAME:
        return words
    while cells(words) > NAME - 1:
        words = words[:-1]
    return words + "…"
