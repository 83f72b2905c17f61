"""The table of architectures: every wiring of every shape, its builder and its page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from unrolled.errors import SettingError, did_you_mean
from unrolled.networks import aligned, decoder, many_to_one, one_to_many, one_to_one, unaligned
from unrolled.networks.building_blocks import BuildContext
from unrolled.networks.decoder import AutoregressiveDecoder
from unrolled.shapes import Shape


@dataclass(frozen=True)
class Architecture:
    """A wiring of a shape.

    Attributes:
        shape: The shape it wires.
        name: Its name, unique within the shape.
        build: From a plan to the output tensors by name, or to a chained decoder.
        wiring: The layers, in order.
        page: What it is for, what it assumes, when to prefer another.
        bidirectional: Whether it also reads the input backwards unless told otherwise.
    """

    shape: Shape
    name: str
    build: Callable[[BuildContext], dict[str, Any] | AutoregressiveDecoder]
    wiring: str
    page: str
    bidirectional: bool = False


ARCHITECTURES: tuple[Architecture, ...] = (
    Architecture(
        "one-to-one",
        "dense",
        one_to_one.dense,
        "Dense; no recurrence",
        "For a table whose rows have no steps. It assumes that order plays no part, neither within"
        " a row nor between rows. If rows follow one another in time, make the rows before an"
        " input of many steps.",
    ),
    Architecture(
        "one-to-many",
        "repeat",
        one_to_many.repeat,
        "RepeatVector(u) -> LSTM(every step) -> Dense at each step",
        "For a fixed number of output steps that follow from one set of facts, such as a day's"
        " curve. The same input is given at every step and the state counts where it is; no step"
        " sees what the step before it said, which text would need.",
    ),
    Architecture(
        "one-to-many",
        "decoder",
        decoder.from_facts,
        "the input sets the state -> LSTM, each step's output is the next step's input -> Dense",
        "For text or tokens from a set of facts, such as a name for a country, and for rows whose"
        " length is not known beforehand: it says by itself where it ends. In training each step is"
        " given the true step before it. For numbers at fixed steps repeat is simpler, and its"
        " errors do not add up.",
    ),
    Architecture(
        "many-to-one",
        "last",
        many_to_one.last,
        "LSTM -> last state -> Dense",
        "For a row whose meaning is complete at its end. It assumes that what matters survives in"
        " the state until the last step. For long rows, or evidence that may stand anywhere, prefer"
        " pooled.",
    ),
    Architecture(
        "many-to-one",
        "pooled",
        many_to_one.pooled,
        "(Bi)LSTM over every step -> masked mean, largest, last or attention -> Dense",
        "For a row where the evidence may stand anywhere, such as a sentence. Every step votes and"
        " the votes are averaged, which trains well on few rows; pooling takes the largest, the"
        " last, or a mean whose weights are learned and can be looked at. Where labels come out,"
        " a linear map of the whole row adds to the output. If only the end of the row counts,"
        " prefer last.",
        bidirectional=True,
    ),
    Architecture(
        "aligned",
        "steps",
        aligned.steps,
        "(Bi)LSTM(every step) -> Dense at each step",
        "For one output at each input step: tags over words, a value for every hour. Read both ways"
        " it may use later steps too; to use only the past, say bidirectional=False. An output for"
        " the whole row may stand beside them: a Dense on the mean over every step.",
        bidirectional=True,
    ),
    Architecture(
        "unaligned",
        "tail",
        unaligned.tail,
        "LSTM(every step) -> keep the last u steps (needs t >= u) -> Dense",
        "For outputs that belong to the end of the input. The first of the u outputs has not yet"
        " read the last u-1 inputs; it needs t >= u. If every output should know the whole input,"
        " prefer padded or repeat.",
    ),
    Architecture(
        "unaligned",
        "padded",
        unaligned.padded,
        "zero-pad the input by u steps, LSTM, keep the last u",
        "For a few outputs after the whole input was read, with one recurrent layer for both. It"
        " works for any t and u as long as t is the same in every row; zeros must not be confused"
        " with data, so values should be standardised. With many outputs, prefer repeat.",
    ),
    Architecture(
        "unaligned",
        "vector",
        unaligned.vector,
        "LSTM -> last state -> Dense(u*o), reshaped",
        "For a short, fixed number of outputs, such as a forecast of a few days. Each output has"
        " weights of its own, so nothing ties one output step to the next. With many steps, or"
        " steps that resemble each other, prefer repeat.",
    ),
    Architecture(
        "unaligned",
        "repeat",
        unaligned.repeat,
        "encoder LSTM -> RepeatVector(u) -> decoder LSTM -> Dense at each step, linear",
        "For any t and u. The encoder's last state is all the decoder sees, at every step; the"
        " decoder's state makes neighbouring steps agree, but no step sees what the step before it"
        " said, so that it spells poorly. With few output steps, vector is simpler.",
    ),
    Architecture(
        "unaligned",
        "segments",
        unaligned.segments,
        "segments of steps -> Dense -> LSTM over segments -> last state, at each output segment"
        " -> Dense -> all its steps",
        "For long forecasts of numbers. A segment of steps is one step of the recurrence, so that"
        " it is short and fast however long the input is, and no output waits for another. It needs"
        " t to be known, and a divisor of t and u that is not small. For few steps, prefer vector.",
    ),
    Architecture(
        "unaligned",
        "decoder",
        decoder.from_steps,
        "(Bi)LSTM -> its states start an LSTM, each step's output is the next step's input,"
        " with attention -> Dense",
        "For text or tokens from text, tokens or numbers, such as sounds from letters, with any t"
        " and u: it says by itself where it ends. Each step looks back at every input step, which"
        " long rows need. For a forecast of a fixed number of values, vector and repeat are"
        " simpler, and their errors do not add up.",
        bidirectional=True,
    ),
)


def architectures_of(shape: Shape) -> tuple[Architecture, ...]:
    """Return every architecture of a shape."""
    return tuple(a for a in ARCHITECTURES if a.shape == shape)


DEFAULTS: dict[Shape, str] = {
    "one-to-one": "dense",
    "one-to-many": "repeat",
    "many-to-one": "pooled",
    "aligned": "steps",
    "unaligned": "repeat",
}


def architecture(shape: Shape, name: str = "auto") -> Architecture:
    """Return an architecture of a shape by its name, or the shape's default for `auto`.

    Raises:
        SettingError: The shape has no architecture of that name.
    """
    wanted = DEFAULTS[shape] if name == "auto" else name
    for row in architectures_of(shape):
        if row.name == wanted:
            return row
    known = [a.name for a in architectures_of(shape)]
    raise SettingError(
        f"got the architecture {name!r} for the shape {shape}, expected one of"
        f" {', '.join(known)}.{did_you_mean(name, known)}"
    )
