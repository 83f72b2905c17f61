"""The loop that generates with an autoregressive decoder, as a script of plain Keras and NumPy."""

from __future__ import annotations

from typing import Any

from unrolled.data.special_ids import END, PREVIOUS, STOP
from unrolled.explain.source import quote
from unrolled.keras_internals import inputs_structure, outputs_structure

COST = """\


# Each step's output is the next step's input. The simplest form, not the fastest: the
# whole model runs once for each of the u steps, though only one of its steps is new.
"""
TOKENS = """\
# In training, `previous` is the true ids one step late, after a first {end}.
def generate(inputs, steps={steps}):  # the arrays by name, without `previous`, to ids (b u)
    ended = np.zeros(len(inputs[{first}]), bool)  # b
    outputs = np.zeros((len(ended), 1 + steps), "int32")  # b 1+u
    outputs[:, 0] = {end}  # the end of a row; it also begins one
    for k in range(steps):
        y = model.predict_on_batch({{**inputs, {previous}: outputs[:, :-1]}})  # b u o
        best = y[:, k, {end}:].argmax(axis=1) + {end}  # never 0, padding, or 1, unknown
        outputs[:, k + 1] = np.where(ended, 0, best)
        ended |= best == {end}
    return outputs[:, 1:]
"""
NUMBERS = """\
# In training, `previous` is the true outputs one step late, after first zeros.
def generate(inputs, steps={steps}):  # the arrays by name, without `previous`, to (b u o)
    outputs = np.zeros((len(inputs[{first}]), 1 + steps, {o}), "float32")  # b 1+u o
    for k in range(steps):
        y = model.predict_on_batch({{**inputs, {previous}: outputs[:, :-1]}})  # b u o
        outputs[:, k + 1] = y[:, k]
    return outputs[:, 1:]
"""
STOPPING = """\
# In training, `previous` is the true outputs one step late, after first zeros.
def generate(inputs, steps={steps}):  # the arrays by name, without `previous`, to b x (u o)
    ended = np.zeros(len(inputs[{first}]), bool)  # b
    lengths = np.zeros(len(ended), int)  # b
    outputs = np.zeros((len(ended), 1 + steps, {o}), "float32")  # b 1+u o
    for k in range(steps):
        y = model.predict_on_batch({{**inputs, {previous}: outputs[:, :-1]}})
        outputs[:, k + 1] = y[{name}][:, k]  # b u o -> b o
        lengths += ~ended
        ended |= y[{stop}][:, k, 0] > 0  # b u 1 -> b
    return [row[:n] for row, n in zip(outputs[:, 1:], lengths)]
"""


def generation_loop(model: Any, steps: int) -> str:
    """Return the lines that generate greedily with a decoder, with nothing but the model itself.

    Args:
        model: A decoder as it is trained, with its input `previous`.
        steps: Output steps, or their maximum where rows end by themselves.
    """
    inputs, outputs = inputs_structure(model), outputs_structure(model)
    name, y = next(iter(outputs.items())) if isinstance(outputs, dict) else ("", outputs)
    tokens = inputs[PREVIOUS].dtype == "int32"
    form = TOKENS if tokens else STOPPING if name else NUMBERS
    return _fill(form, next(iter(inputs)), steps, int(y.shape[-1]), name)


def generation_loop_of_numbers(steps: int, o: int) -> str:
    """Return the loop of a decoder that reads `x` and has rows of `o` numbers as output."""
    return _fill(NUMBERS, "x", steps, o, "")


def _fill(form: str, first: str, steps: int, o: int, name: str) -> str:
    """Return the lines with the names and sizes of a decoder."""
    return COST + form.format(
        steps=steps,
        first=quote(first),
        previous=quote(PREVIOUS),
        end=END,
        o=o,
        name=quote(name),
        stop=quote(STOP),
    )
