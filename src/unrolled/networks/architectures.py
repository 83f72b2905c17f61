"""The registry of architectures: everything about an architecture is in its row.

A new architecture is a builder in `networks/wirings/` and a row here. The row says how it is
built, drawn, described and limited; the diagrams, the printed pages, the documentation and the
tests read it from here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from unrolled.errors import SettingError, did_you_mean
from unrolled.networks import weight_counts
from unrolled.networks.building_blocks import BuildContext
from unrolled.networks.decoder import (
    AutoregressiveDecoder,
    from_facts,
    from_last_states,
    from_steps,
)
from unrolled.networks.spec import NetworkSpec
from unrolled.networks.wirings import aligned, many_to_one, one_to_many, one_to_one, unaligned
from unrolled.settings import Network
from unrolled.shapes import Shape

Builder = Callable[[BuildContext], dict[str, Any] | AutoregressiveDecoder]
Part = Literal[
    "one input",
    "input steps",
    "input steps, the last u kept",
    "input steps, then u zeros",
    "input segments",
    "hidden layers",
    "every state",
    "last state",
    "pooled state",
    "encoder: every state",
    "encoder: last state",
    "repeat u times",
    "decoder: every state",
    "decoder fed by the input",
    "decoder with attention",
    "decoder without attention",
    "one output",
    "output steps",
    "all output steps at once",
    "all output segments at once",
]


def no_limits(spec: NetworkSpec) -> None:
    """Allow every size."""


@dataclass(frozen=True)
class Architecture:
    """A wiring of a shape.

    Attributes:
        shape: The shape.
        name: The name, unique within the shape.
        build: The builder: from the context to the output tensors by name, or to a decoder.
        layers: The layers in a line, in order.
        picture: The parts of the diagram, from the input up to the output.
        caption: What the diagram shows, with the fields of `explain/diagram/words.py` in braces.
        guide: What it is for, what it assumes, and when another architecture is better.
        bidirectional: Whether it reads the input in both directions by default.
        recurrent: Whether it has recurrent layers.
        autoregressive: Whether the output of each step is the input of the next.
        attention: The value of the setting `attention` that it is built for.
        pools: Whether the setting `pooling` has an effect.
        check: Raises a ShapeError for sizes that it cannot have.
        weights: A lower bound of the number of weights.
    """

    shape: Shape
    name: str
    build: Builder
    layers: str
    picture: tuple[Part, ...]
    caption: str
    guide: str
    bidirectional: bool = False
    recurrent: bool = True
    autoregressive: bool = False
    attention: bool = True
    pools: bool = False
    check: Callable[[NetworkSpec], None] = no_limits
    weights: Callable[[NetworkSpec, Network, int], int] = weight_counts.recurrent

    @property
    def title(self) -> str:
        """The name, and that it has no attention where others of the name have it."""
        return self.name if self.attention else f"{self.name} without attention"

    @property
    def settings(self) -> dict[str, Any]:
        """The settings of `Network` that stand for it."""
        return {"architecture": self.name} | ({} if self.attention else {"attention": False})


ARCHITECTURES: tuple[Architecture, ...] = (
    Architecture(
        "one-to-one",
        "dense",
        one_to_one.dense,
        layers="Dense; no recurrence",
        picture=("one input", "hidden layers", "one output"),
        caption="There are no steps, so there is no recurrence.",
        guide="For a table whose rows have no steps. It assumes that order plays no part, neither"
        " within a row nor between rows. If rows follow one another in time, make the rows before"
        " an input of many steps.",
        recurrent=False,
        weights=weight_counts.dense,
    ),
    Architecture(
        "one-to-many",
        "repeat",
        one_to_many.repeat,
        layers="RepeatVector(u) -> LSTM(every step) -> Dense at each step",
        picture=("one input", "repeat u times", "every state", "output steps"),
        caption="The same input is read at {each_output_step}.",
        guide="For a fixed number of output steps that follow from one set of facts, such as the"
        " 24-hour curve of a day. Every step reads the same input, and the state counts the steps."
        " No step reads the output of the step before it, which text would need.",
    ),
    Architecture(
        "one-to-many",
        "decoder",
        from_facts,
        layers="the input sets the state -> LSTM, each step's output is the next step's input"
        " -> Dense",
        picture=("one input", "decoder fed by the input"),
        caption="The input starts the decoder. Each step reads the output of the step before it,"
        " and the input again.{end}",
        guide="For text or tokens from a set of facts, such as a name for a country, and for rows"
        " whose length is not known beforehand: the decoder stops by itself at its end mark. In"
        " training each step reads the true output of the step before it. For numbers at fixed"
        " steps repeat is simpler, and its errors do not accumulate.",
        autoregressive=True,
        weights=weight_counts.decoder,
    ),
    Architecture(
        "many-to-one",
        "last",
        many_to_one.last,
        layers="LSTM -> last state -> Dense",
        picture=("input steps", "last state", "one output"),
        caption="{last_state} is all that the output reads.",
        guide="For a row whose meaning is complete at its end. It assumes that the state keeps"
        " what matters until the last step. For long rows, or evidence that may be anywhere in the"
        " row, prefer pooled.",
    ),
    Architecture(
        "many-to-one",
        "pooled",
        many_to_one.pooled,
        layers="(Bi)LSTM over every step -> masked mean, maximum, last or attention -> Dense",
        picture=("input steps", "pooled state", "one output"),
        caption="{pooled_state} is all that the output reads.",
        guide="For a row where the evidence may be anywhere, such as a sentence. Every step"
        " contributes to the mean, which trains well on few rows; the setting pooling takes the"
        " maximum, the last state, or a weighted mean whose weights are learned and can be shown."
        " Where labels are predicted, a linear branch that reads the whole row is added. If only"
        " the end of the row matters, prefer last.",
        bidirectional=True,
        pools=True,
    ),
    Architecture(
        "aligned",
        "steps",
        aligned.steps,
        layers="(Bi)LSTM(every step) -> Dense at each step",
        picture=("input steps", "every state", "output steps"),
        caption="Each input step has its own output{row_output}.",
        guide="For one output at each input step: tags over words, a value for every hour. With"
        " bidirectional=True an output also reads later steps; with bidirectional=False it reads"
        " only the past. The whole row may have an output too: a Dense on the mean over all"
        " steps.",
        bidirectional=True,
    ),
    Architecture(
        "unaligned",
        "tail",
        unaligned.tail,
        layers="LSTM(every step) -> keep the last u steps (needs t >= u) -> Dense",
        picture=("input steps, the last u kept", "every state", "output steps"),
        caption="The input's last {steps_have_outputs}.",
        guide="For outputs that belong to the end of the input. The first of the u outputs has not"
        " yet read the last u-1 inputs; it needs t >= u. If every output should read the whole"
        " input, prefer padded or repeat.",
        check=unaligned.check_tail,
    ),
    Architecture(
        "unaligned",
        "padded",
        unaligned.padded,
        layers="zero-pad the input by u steps -> LSTM -> keep the last u steps -> Dense",
        picture=("input steps, then u zeros", "every state", "output steps"),
        caption="{zero_steps} the input: the outputs come after all of it was read.",
        guide="For a few outputs after the whole input was read, with one recurrent layer for"
        " both. It works for any t and u as long as t is the same in every row; zeros must not be"
        " confused with data, so values should be standardised. With many outputs, prefer repeat.",
        check=unaligned.check_padded,
    ),
    Architecture(
        "unaligned",
        "vector",
        unaligned.vector,
        layers="LSTM -> last state -> Dense(u*o), reshaped",
        picture=("input steps", "last state", "all output steps at once"),
        caption="{last_state} gives {all_output_steps}.",
        guide="For a short, fixed number of outputs, such as a forecast of a few days. Each output"
        " step has weights of its own, so nothing makes neighbouring steps agree. With many steps,"
        " or steps that resemble each other, prefer repeat.",
        weights=weight_counts.all_steps_at_once,
    ),
    Architecture(
        "unaligned",
        "repeat",
        unaligned.repeat,
        layers="encoder LSTM -> RepeatVector(u) -> decoder LSTM -> Dense at each step",
        picture=(
            *("input steps", "encoder: last state", "repeat u times"),
            *("decoder: every state", "output steps"),
        ),
        caption="{last_state}, repeated, is all that the decoder reads at {each_output_step}.",
        guide="For any t and u. The decoder reads only the encoder's last state, at every step; its"
        " own state makes neighbouring steps agree. No step reads the output of the step before"
        " it, so it writes text badly. With few output steps, vector is simpler.",
    ),
    Architecture(
        "unaligned",
        "segments",
        unaligned.segments,
        layers="segments of steps -> Dense -> LSTM over segments -> last state, at each output"
        " segment -> Dense -> all its steps",
        picture=("input segments", "last state", "all output segments at once"),
        caption="The steps of the recurrence are segments of the input, and its last state gives"
        " all segments of the output.",
        guide="For long forecasts of numbers. A segment of steps is one step of the recurrence,"
        " which is therefore short and fast for any length of input, and no output waits for"
        " another. It needs a fixed t, and a large common divisor of t and u. For few steps,"
        " prefer vector.",
        check=unaligned.check_segments,
        weights=weight_counts.segments,
    ),
    Architecture(
        "unaligned",
        "decoder",
        from_steps,
        layers="(Bi)LSTM -> its states start an LSTM, each step's output is the next step's input,"
        " with attention -> Dense",
        picture=("input steps", "encoder: every state", "decoder with attention"),
        caption="{last_state} starts the decoder. Each step reads the output of the step before it,"
        " and all input steps through attention.{end}",
        guide="For text or tokens from text, tokens or numbers, such as sounds from letters, with"
        " any t and u: the decoder stops by itself at its end mark. Each step attends to every"
        " input step, which long rows need. For a forecast of a fixed number of values, vector and"
        " repeat are simpler, and their errors do not accumulate. With attention=False the decoder"
        " reads nothing of the input but the last state.",
        bidirectional=True,
        autoregressive=True,
        weights=weight_counts.decoder,
    ),
    Architecture(
        "unaligned",
        "decoder",
        from_last_states,
        layers="(Bi)LSTM -> its last state starts an LSTM, each step's output is the next step's"
        " input -> Dense",
        picture=("input steps", "encoder: last state", "decoder without attention"),
        caption="{last_state} starts the decoder, which reads nothing else of the input. Each step"
        " reads the output of the step before it.{end}",
        guide="The plain encoder and decoder of Sutskever et al. 2014: one state carries all that"
        " the decoder knows of the input. It is the simplest decoder, and good enough for"
        " short rows. Long rows do not fit into one state: there prefer the decoder with"
        " attention, which is the default.",
        bidirectional=True,
        autoregressive=True,
        attention=False,
        weights=weight_counts.decoder,
    ),
)
DEFAULTS: dict[Shape, str] = {
    "one-to-one": "dense",
    "one-to-many": "repeat",
    "many-to-one": "pooled",
    "aligned": "steps",
    "unaligned": "repeat",
}
TEXTBOOK: dict[Shape, str] = DEFAULTS | {"many-to-one": "last"}  # of networks by sizes alone


def architectures_of(shape: Shape) -> tuple[Architecture, ...]:
    """Return every architecture of a shape."""
    return tuple(row for row in ARCHITECTURES if row.shape == shape)


def names_of(shape: Shape) -> list[str]:
    """Return the names of the architectures of a shape, each once."""
    return list(dict.fromkeys(row.name for row in architectures_of(shape)))


def architecture(shape: Shape, name: str = "auto", *, attention: bool = True) -> Architecture:
    """Return an architecture of a shape by its name, or the shape's default for `auto`.

    Args:
        shape: The shape.
        name: The name.
        attention: Whether it attends, if it can be built with attention and without.

    Raises:
        SettingError: The shape has no architecture of that name, or only with attention.
    """
    name = DEFAULTS[shape] if name == "auto" else name
    rows = [row for row in architectures_of(shape) if row.name == name]
    if not rows:
        names = names_of(shape)
        raise SettingError(
            f"The shape {shape} has no architecture {name!r}. Its architectures are"
            f" {', '.join(names)}.{did_you_mean(name, names)}"
        )
    for row in rows:
        if row.attention == attention:
            return row
    raise SettingError(
        f"The architecture '{name}' of the shape {shape} has no decoder that attends to input"
        " steps, so that attention=False has no effect. Leave it out, or use"
        " architecture='decoder' of the shape unaligned."
    )


def architecture_of(shape: Shape, network: Network) -> Architecture:
    """Return the architecture of a shape that the settings name."""
    return architecture(shape, network.architecture, attention=network.attention)
