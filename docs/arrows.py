"""The page "Every arrow, in Keras" (see `docs/make.py`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import unrolled
from unrolled.shapes import FACTS, Shape

HEAD = """\
# Every arrow, in Keras

One input or many, one output or many: each arrow between them is a few lines of Keras. Every
script on this page runs as it is: it makes the data of a small task, trains for a few seconds and
predicts. `unrolled.code(..., train=True)` returns the same scripts for any sizes, and `unrolled
show` explains the networks. Written by `docs/make.py`.

The comments behind the lines are the shapes of the tensors: `b` batch, `t` input step, `u` output
step, `f` input feature, `o` output value, `h` hidden unit. Keras' documentation calls `b t f`
`(batch, timesteps, features)`.

| here | in Keras |
|---|---|
"""
TAIL = "\nOther wirings are in [the architectures](architectures.md).\n"
WORDS = {  # ours, those of Keras
    "every state, `b t h`": "`LSTM(h, return_sequences=True)`: the output of every step",
    "the last state, `b h`": "`LSTM(h)`: `return_sequences=False` is the default",
    "the states that another layer starts from": "`return_state=True` returns them, and"
    " `initial_state=[...]` takes them. An LSTM has two, here `state_h` and `state_c`, and a GRU"
    " has one",
    "the same values at each of u steps": "`RepeatVector(u)`, from `b h` to `b u h`",
    "a Dense layer at each step": "`Dense(o)`, which works on the last axis."
    " `TimeDistributed(Dense(o))` gives the same numbers. It is needed only for layers that cannot"
    " have one more axis, such as `Conv2D`",
    "the last u steps": "`h[:, -u:]`",
    "any number of steps": "`keras.Input((None, f))`",
    "reading backwards too": "`Bidirectional(LSTM(h))`, whose output has `2h` values",
    "each output is the next input": "no layer of Keras does this: it takes a second input, here"
    " `previous`, and the loop `generate`",
    "rows of different lengths": "padding and a mask, `LSTM(h)(x, mask=mask)`;"
    " `unrolled.SequenceModel` does it for you",
    "the state goes on from batch to batch": "`stateful=True`. No arrow needs it: it is for rows"
    " that are cut into several batches. On JAX it has no effect: take the states out with"
    " `return_state=True` and pass them in with `initial_state`",
}


@dataclass(frozen=True)
class Arrow:
    """A wiring of the page.

    Attributes:
        title: The heading.
        picture: The file of its picture, without `.svg`.
        shape: The shape.
        text: What it is for, in the words of Keras.
        settings: The arguments of `unrolled.code`.
    """

    title: str
    picture: str
    shape: Shape
    text: str
    settings: dict[str, Any] = field(default_factory=dict)


STEPS = {"t": 6, "f": 4, "units": 32}
ARROWS = (
    Arrow(
        "One to one",
        "one-to-one-dense",
        "one-to-one",
        "There are no steps, so there is no recurrence: a `Dense` layer. Put more of them, with an"
        " `activation`, before it if the relation is not a weighted sum.",
        {"f": 4},
    ),
    Arrow(
        "One to many, by repeating",
        "one-to-many-repeat",
        "one-to-many",
        "`RepeatVector(u)` gives the same input to each of `u` steps. The state of the LSTM is what"
        " makes the steps differ. `return_sequences=True` keeps the output of every step.",
        {"f": 4, "u": 3, "units": 32},
    ),
    Arrow(
        "One to many, by feeding back",
        "one-to-many-decoder",
        "one-to-many",
        "The input makes the first states (`initial_state`), and each step reads the output of the"
        " step before it. In training that is the true output (teacher forcing), so one call of the"
        " layer computes all steps. To predict, the loop `generate` feeds the predictions back.",
        {"architecture": "decoder", "f": 4, "u": 3, "units": 32},
    ),
    Arrow(
        "Many to one",
        "many-to-one-last",
        "many-to-one",
        "Without `return_sequences`, an LSTM returns its output at the last step, which has read"
        " the whole row.",
        STEPS,
    ),
    Arrow(
        "Many to one, stacked and in both directions",
        "many-to-one-stacked",
        "many-to-one",
        "A recurrent layer on top of another needs every state of the layer below it, so all but"
        " the last have `return_sequences=True`. `Bidirectional` reads the row from both ends.",
        {"layers": 2, "bidirectional": True, **STEPS},
    ),
    Arrow(
        "Many to many, aligned",
        "aligned-steps",
        "aligned",
        "One output at each input step: `return_sequences=True`, and a `Dense` layer that Keras"
        " applies at each step, as `TimeDistributed(Dense(1))` would. With `Bidirectional` an"
        " output also reads later steps, which is wrong if they are not known yet.",
        STEPS,
    ),
    Arrow(
        "Many to many of another length, by repeating",
        "unaligned-repeat",
        "unaligned",
        "An encoder returns its last state, `RepeatVector(u)` gives it to each of `u` steps, and a"
        " decoder turns it into the output steps. No output is fed back.",
        {"u": 3, **STEPS},
    ),
    Arrow(
        "Many to many of another length, encoder and decoder",
        "unaligned-decoder-without-attention",
        "unaligned",
        "The encoder's states (`return_state=True`) are where the decoder starts"
        " (`initial_state`), and each step reads the output of the step before it. This is the"
        " sequence-to-sequence model of Sutskever et al. (2014).",
        {"architecture": "decoder", "attention": False, "u": 3, **STEPS},
    ),
    Arrow(
        "Many to many of another length, with attention",
        "unaligned-decoder",
        "unaligned",
        "The same, but each output step also reads all input steps: `Attention` weights every state"
        " of the encoder by how well it fits the state of the decoder (Luong et al. 2015). Long"
        " rows need it, since the last state cannot hold everything.",
        {"architecture": "decoder", "u": 3, **STEPS},
    ),
)


def page() -> str:
    """Return the page."""
    words = "".join(f"| {ours} | {keras} |\n" for ours, keras in WORDS.items())
    lines = [HEAD + words + TAIL]
    for arrow in ARROWS:
        lines += [
            f"## {arrow.title}",
            "",
            f"`{FACTS[arrow.shape].pattern}`. {arrow.text}",
            "",
            f"![{arrow.title}](pictures/{arrow.picture}.svg)",
            "",
            "```python",
            unrolled.code(arrow.shape, train=True, **arrow.settings).rstrip(),
            "```",
            "",
        ]
    return "\n".join(lines).rstrip() + "\n"


def pictures() -> dict[str, str]:
    """Return the picture of each wiring by its path under docs/."""
    return {
        f"pictures/{arrow.picture}.svg": unrolled.diagram(arrow.shape, **arrow.settings).svg
        for arrow in ARROWS
    }
