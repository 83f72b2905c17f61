"""The loop that uses a chained decoder, as a script of plain Keras and NumPy."""

from __future__ import annotations

from typing import Any

from unrolled.data.encoders.vocabulary import END
from unrolled.explain.source import quoted
from unrolled.keras_internals import inputs_structure, outputs_structure
from unrolled.networks import PREVIOUS, STOP

COST = """\


# Each step's output is the next step's input. The simplest form, not the fastest: the
# whole model runs once a step, u passes in all, though only that step of it is new.
"""
TOKENS = """\
# In training, `previous` is the true ids one step late, after a first {end}.
def generate(inputs, steps={steps}):  # the arrays by name, without `previous`, to ids (b u)
    ended = np.zeros(len(inputs[{first}]), bool)  # b
    said = np.zeros((len(ended), 1 + steps), "int32")  # b 1+u
    said[:, 0] = {end}  # the end of a row; it also begins one
    for k in range(steps):
        y = model.predict_on_batch({{**inputs, {previous}: said[:, :-1]}})  # b u o
        best = y[:, k, {end}:].argmax(axis=1) + {end}  # never 0, padding, or 1, unknown
        said[:, k + 1] = np.where(ended, 0, best)
        ended |= best == {end}
    return said[:, 1:]
"""
NUMBERS = """\
# In training, `previous` is the true outputs one step late, after first zeros.
def generate(inputs, steps={steps}):  # the arrays by name, without `previous`, to (b u o)
    said = np.zeros((len(inputs[{first}]), 1 + steps, {o}), "float32")  # b 1+u o
    for k in range(steps):
        y = model.predict_on_batch({{**inputs, {previous}: said[:, :-1]}})  # b u o
        said[:, k + 1] = y[:, k]
    return said[:, 1:]
"""
STOPPING = """\
# In training, `previous` is the true outputs one step late, after first zeros.
def generate(inputs, steps={steps}):  # the arrays by name, without `previous`, to b x (u o)
    ended = np.zeros(len(inputs[{first}]), bool)  # b
    lengths = np.zeros(len(ended), int)  # b
    said = np.zeros((len(ended), 1 + steps, {o}), "float32")  # b 1+u o
    for k in range(steps):
        y = model.predict_on_batch({{**inputs, {previous}: said[:, :-1]}})
        said[:, k + 1] = y[{name}][:, k]  # b u o -> b o
        lengths += ~ended
        ended |= y[{stop}][:, k, 0] > 0  # b u 1 -> b
    return [row[:n] for row, n in zip(said[:, 1:], lengths)]
"""


def loop(model: Any, steps: int) -> str:
    """Return the lines that use a chained decoder: greedy, with nothing but the model itself.

    Args:
        model: A chained decoder as it is trained, with its input `previous`.
        steps: Output steps, or the most of them where rows end by themselves.
    """
    inputs, outputs = inputs_structure(model), outputs_structure(model)
    name, y = next(iter(outputs.items())) if isinstance(outputs, dict) else ("", outputs)
    tokens = inputs[PREVIOUS].dtype == "int32"
    form = TOKENS if tokens else STOPPING if name else NUMBERS
    return COST + form.format(
        steps=steps,
        first=quoted(next(iter(inputs))),
        previous=quoted(PREVIOUS),
        end=END,
        o=y.shape[-1],
        name=quoted(name),
        stop=quoted(STOP),
    )
