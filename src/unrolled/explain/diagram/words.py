"""The words around a diagram: the title, the caption, and the names of the columns."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from unrolled.explain.diagram.facts import Wiring
from unrolled.explain.diagram.recurrence import CELLS
from unrolled.shapes import FACTS

MAX_NAMES = 52  # cells of a list of names
MAX_NAME = 24  # cells of a name
ENDS = {
    "END": "A row ends with the step whose output is END.",
    "stop": "A row ends with the step whose additional output, stop, is above 0.",
}
CHARACTERS = "Words are also read by their characters."
LINEAR = "A linear branch, which reads the whole row, is added to the output."


def title(w: Wiring) -> str:
    """Return the shape, the architecture and what the network is made of.

    Example:
        >>> title(Wiring("aligned", "steps", t=3, u=3, f=4, o=1, units=8, bidirectional=True))
        'aligned · steps · bidirectional LSTM'
    """
    layers = CELLS[w.cell]
    if w.bidirectional:
        layers = f"bidirectional {layers}"
    if w.layers > 1:
        layers = f"{layers}, {w.layers} layers"
    if not w.row.recurrent:
        layers = plural(w.layers, "hidden layer") if w.layers else "no hidden layer"
    return f"{w.shape} · {w.row.title} · {layers}"


def notes(w: Wiring) -> tuple[str, ...]:
    """Return the caption of the diagram, and the names of the columns where they are known.

    Example:
        >>> notes(Wiring("aligned", "steps", t=3, u=3, f=2, o=1, units=8, inputs=("a", "b")))
        ('Each input step has its own output.', 'x: a, b')
    """
    others = ((other.letter, other.names) for other in w.others)
    columns = (("x", w.inputs), *others, ("y", w.outputs))
    sentences = ((_others(w), w.others), (CHARACTERS, w.characters), (LINEAR, w.linear))
    more = [sentence for sentence, applies in sentences if applies]
    return (
        " ".join([_caption(w), *more]),
        *(f"{side}: {_names(names)}" for side, names in columns if names),
    )


def sizes(w: Wiring) -> str:
    """Return the sizes of input and output in words, for readers who cannot see the diagram.

    Example:
        >>> sizes(Wiring("many-to-one", "last", t=24, u=None, f=4, o=1, units=8))
        'In: 24 steps of 4 values. Out: 1 value. Hidden units: 8.'
    """
    facts = FACTS[w.shape]
    inner = _side(w.t, w.f) if facts.inputs == "many" else plural(w.f, "value")
    inner = ", and ".join([inner, *(_side(other.t, other.f) for other in w.others)])
    steps = w.t if w.shape == "aligned" else w.u
    outer = _side(steps, w.o) if facts.outputs == "many" else plural(w.o, "value")
    if w.pooled:
        outer = f"{outer}, and {plural(w.pooled, 'value')} for the row"
    hidden = f" Hidden units: {w.units}." if w.layers else ""
    dropout = f" Dropout: {w.dropout:.3g}." if w.dropout and w.layers else ""
    return f"In: {inner}. Out: {outer}.{hidden}{dropout}"


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


def _others(w: Wiring) -> str:
    """Return what becomes of inputs with a number of steps of their own."""
    use = "what they end with is joined"
    if w.shape == "aligned":
        use = "the outputs follow the first, to each step of which a summary of the others is added"
    elif "decoder with attention" in w.row.picture:
        use = "the decoder attends to the steps of all of them, and their last states start it"
    return (
        "The inputs have numbers of steps of their own, and each is read by recurrent layers of"
        f" its own: {use}."
    )


def _caption(w: Wiring) -> str:
    """Return the caption of the architecture's row of the registry, with its fields filled."""
    last, one = "the state after the last step", w.u == 1
    if w.bidirectional:
        last = "the last state of each direction (forward at the last step, backward at the first)"
    pooled = {
        "mean": "the mean of the states of all steps",
        "max": "the maximum of each value of the state over all steps",
        "attention": "a weighted mean of the states of all steps",
        "last": last,
    }
    return w.row.caption.format(
        last_state=_sentence(last),
        pooled_state=_sentence(pooled[w.pooling]),
        each_output_step="the one output step" if one else f"each of the {_output_steps(w)}",
        all_output_steps="the one output step" if one else "all output steps at once",
        steps_have_outputs="step has the output" if one else f"{w.u or 'u'} steps have the outputs",
        zero_steps=_sentence(plural(w.u, "zero step")) + (" follows" if one else " follow"),
        row_output=", and the mean of all states gives one for the whole row" if w.pooled else "",
        end=f" {ENDS[w.ends]}" if w.ends else "",
    )


def _output_steps(w: Wiring) -> str:
    """Return the number of output steps in words."""
    return plural(w.u, "output step")


def _sentence(words: str) -> str:
    """Return words with a capital at the beginning."""
    return words[:1].upper() + words[1:]


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
        if k and cells(", ".join(longer)) > MAX_NAMES:
            return f"{', '.join(shown)} and {len(names) - k} more"
        shown = longer
    return ", ".join(shown)


def _plain(name: str) -> str:
    """Return a name without unprintable characters, shortened if it is long."""
    words = " ".join("".join(c if c.isprintable() else " " for c in str(name)).split())
    if cells(words) <= MAX_NAME:
        return words
    while cells(words) > MAX_NAME - 1:
        words = words[:-1]
    return words + "…"
