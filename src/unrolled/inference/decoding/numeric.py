"""Decoding of numbers: each value is the input of the next step."""

from __future__ import annotations

import numpy as np

from unrolled.data.block import Array
from unrolled.errors import SettingError
from unrolled.inference.decoding.results import GeneratedNumbers
from unrolled.inference.decoding.step import Arrays, LiveRows, Step, check_max_steps
from unrolled.program.operations.activations import sigmoid


def decode_numbers(
    step: Step,
    states: Arrays,
    memory: Arrays,
    *,
    first: Array,
    max_steps: int,
    stop: float | None = None,
) -> GeneratedNumbers:
    """Generate steps of numbers, each from the step before.

    Args:
        step: One step of the decoder; it returns the next value (n o) or, with `stop`, (n o+1):
            the last number is then the logit of "this is the last step".
        states: The states of the decoder, arrays (b ...) by name.
        memory: What it reads at every step, arrays (b ...) by name.
        first: The value (b o) that is the input of the first step.
        max_steps: The limit of steps u.
        stop: The probability from which a step is the last; None gives every row `max_steps`.

    Returns:
        The steps of each row; without `stop`, all rows have ended.

    Raises:
        SettingError: The limit is below one step, or the probability is not between 0 and 1.

    Example:
        >>> def halve(previous, states, memory):
        ...     return previous / 2, states
        >>> result = decode_numbers(halve, {}, {}, first=np.array([[8.0]]), max_steps=3)
        >>> result.values[0, :, 0].tolist()
        [4.0, 2.0, 1.0]
    """
    check_max_steps(max_steps)
    if stop is not None and not 0 < stop < 1:
        raise SettingError(
            f"stop is {stop}, but a probability lies between 0 and 1. Choose one, or None."
        )
    b, o = first.shape
    decoder = LiveRows(step, states, memory, rows=b)
    values = np.zeros((b, max_steps, o), np.float32)
    lengths, live = np.zeros(b, np.int32), np.ones(b, bool)
    previous = first.astype(np.float32)
    for position in range(max_steps):
        rows = decoder.rows  # r
        outputs = decoder.run(previous)
        previous = outputs[:, :o]
        goes_on = live[rows]
        values[rows[goes_on], position] = previous[goes_on]
        lengths[rows] += goes_on
        if stop is None:
            continue
        goes_on &= sigmoid(outputs[:, o]) < stop
        live[rows] = goes_on
        if not goes_on.any():
            break
        previous = previous[decoder.leave_out_ended(goes_on)]
    return GeneratedNumbers(values, lengths, np.ones(b, bool) if stop is None else ~live)
