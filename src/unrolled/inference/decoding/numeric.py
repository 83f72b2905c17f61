"""Decoders of numbers: each value goes in again and makes the next."""

from __future__ import annotations

from typing import Any

from unrolled.backend import keras
from unrolled.errors import SettingError
from unrolled.inference.decoding.results import GeneratedNumbers
from unrolled.inference.decoding.step import Step, checked_limit, tensors

ops = keras.ops


def decode_numbers(
    step: Step,
    states: Any,
    memory: Any,
    *,
    first: Any,
    most: int,
    stop: float | None = None,
) -> GeneratedNumbers:
    """Make steps of numbers, each from the one before.

    Args:
        step: One step of the decoder; gives the next value (n o), and with `stop` (n o+1): last
            the logit of "this is the last step".
        states: What it carries along, a tree of (b ...).
        memory: What it reads at every step, a tree of (b ...).
        first: The value (b o) before the first.
        most: The limit of steps u.
        stop: The probability from which a step is the last; None makes every row `most` steps.

    Returns:
        Steps of each row; without `stop`, all have ended.

    Raises:
        SettingError: A limit below one step, or a probability outside 0 to 1.

    Example:
        >>> import numpy as np
        >>> def halved(previous, states, memory):
        ...     return previous / 2, states
        >>> made = values(halved, (), (), first=np.array([[8.0]]), most=3)
        >>> made.values[0, :, 0].tolist()
        [4.0, 2.0, 1.0]
    """
    checked_limit(most)
    if stop is not None and not 0 < stop < 1:
        raise SettingError(f"got stop={stop}, expected a probability between 0 and 1, or None.")
    states, memory, first = tensors(states), tensors(memory), tensors(first)
    b, o = ops.shape(first)
    begun = (
        ops.convert_to_tensor(0, dtype="int32"),
        first,
        states,
        ops.zeros((b, most, o), dtype=first.dtype),
        ops.zeros((b,), dtype="int32"),
        ops.ones((b,), dtype="bool"),
    )
    _, _, _, made, lengths, live = _fed_back(step, memory, begun, stop)
    ended = ops.ones_like(live) if stop is None else ops.logical_not(live)
    return GeneratedNumbers(values=made, lengths=lengths, ended=ended)


def _fed_back(step: Step, memory: Any, begun: tuple[Any, ...], stop: float | None) -> Any:
    """Run the decoder until every row has stopped, or to the limit."""
    _, most, o = begun[3].shape

    def unfinished(position: Any, *carried: Any) -> Any:
        return ops.logical_and(position < most, ops.any(carried[-1]))

    def body(
        position: Any, previous: Any, states: Any, made: Any, lengths: Any, live: Any
    ) -> tuple[Any, ...]:
        said, states = step(previous, states, memory)
        new = said[:, :o]
        here = ops.reshape(ops.arange(most, dtype="int32") == position, (1, most, 1))
        here = ops.logical_and(here, live[:, None, None])
        made = ops.where(here, new[:, None], made)  # b u o
        lengths = lengths + ops.cast(live, "int32")
        if stop is not None:
            live = ops.logical_and(live, ops.sigmoid(said[:, o]) < stop)
        return position + 1, new, states, made, lengths, live

    return ops.while_loop(unfinished, body, begun)
