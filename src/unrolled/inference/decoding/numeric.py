"""Decoding of numbers: each value is the input of the next step."""

from __future__ import annotations

from typing import Any

from unrolled.backend import keras
from unrolled.errors import SettingError
from unrolled.inference.decoding.results import GeneratedNumbers
from unrolled.inference.decoding.step import Step, check_max_steps, to_tensors

ops = keras.ops


def decode_numbers(
    step: Step,
    states: Any,
    memory: Any,
    *,
    first: Any,
    max_steps: int,
    stop: float | None = None,
) -> GeneratedNumbers:
    """Generate steps of numbers, each from the step before.

    Args:
        step: One step of the decoder; it returns the next value (n o) or, with `stop`, (n o+1):
            the last number is then the logit of "this is the last step".
        states: The states of the decoder, a tree of (b ...).
        memory: What it reads at every step, a tree of (b ...).
        first: The value (b o) that is the input of the first step.
        max_steps: The limit of steps u.
        stop: The probability from which a step is the last; None gives every row `max_steps`.

    Returns:
        The steps of each row; without `stop`, all rows have ended.

    Raises:
        SettingError: The limit is below one step, or the probability is not between 0 and 1.

    Example:
        >>> import numpy as np
        >>> def halve(previous, states, memory):
        ...     return previous / 2, states
        >>> result = decode_numbers(halve, (), (), first=np.array([[8.0]]), max_steps=3)
        >>> result.values[0, :, 0].tolist()
        [4.0, 2.0, 1.0]
    """
    check_max_steps(max_steps)
    if stop is not None and not 0 < stop < 1:
        raise SettingError(
            f"stop is {stop}, but a probability lies between 0 and 1. Choose one, or None."
        )
    states, memory, first = to_tensors(states), to_tensors(memory), to_tensors(first)
    b, o = ops.shape(first)
    start = (
        ops.convert_to_tensor(0, dtype="int32"),  # position
        first,  # the previous value
        states,
        ops.zeros((b, max_steps, o), dtype=first.dtype),  # values
        ops.zeros((b,), dtype="int32"),  # lengths
        ops.ones((b,), dtype="bool"),  # is live
    )
    _, _, _, values, lengths, live = _loop(step, memory, start, stop)
    ended = ops.ones_like(live) if stop is None else ops.logical_not(live)
    return GeneratedNumbers(values=values, lengths=lengths, ended=ended)


def _loop(step: Step, memory: Any, start: tuple[Any, ...], stop: float | None) -> Any:
    """Run the decoder until every row has stopped, or to the limit."""
    _, max_steps, o = start[3].shape

    def unfinished(position: Any, *rest: Any) -> Any:
        return ops.logical_and(position < max_steps, ops.any(rest[-1]))

    def body(
        position: Any, previous: Any, states: Any, values: Any, lengths: Any, live: Any
    ) -> tuple[Any, ...]:
        outputs, states = step(previous, states, memory)
        new = outputs[:, :o]
        is_position = ops.arange(max_steps, dtype="int32") == position
        written = ops.logical_and(ops.reshape(is_position, (1, max_steps, 1)), live[:, None, None])
        values = ops.where(written, new[:, None], values)  # b u o
        lengths = lengths + ops.cast(live, "int32")
        if stop is not None:
            live = ops.logical_and(live, ops.sigmoid(outputs[:, o]) < stop)
        return position + 1, new, states, values, lengths, live

    return ops.while_loop(unfinished, body, start)
