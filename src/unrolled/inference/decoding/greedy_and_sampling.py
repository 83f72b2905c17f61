"""Greedy decoding and sampling: one id after the other, and no id is revised."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from unrolled.backend import keras
from unrolled.errors import SettingError
from unrolled.inference.decoding.constraints import Allowed, TokenConstraints
from unrolled.inference.decoding.results import GeneratedTokens
from unrolled.inference.decoding.step import Step, count_rows, repeat_rows, set_step, to_tensors

ops = keras.ops
MIN_TEMPERATURE = float(np.finfo("float32").tiny)  # a lower one would be 0 in float32

Choose = Callable[[Any, Any], Any]  # log-probabilities (n o), position -> ids (n)


def decode_greedily(
    step: Step,
    states: Any,
    memory: Any,
    *,
    start: int,
    end: int,
    max_steps: int,
    forbidden: Sequence[int] = (),
    allowed: Allowed | None = None,
) -> GeneratedTokens:
    """Choose the most probable id at each step.

    Args:
        step: One step of the decoder.
        states: The states of the decoder, a tree of (b ...).
        memory: What it reads at every step, a tree of (b ...).
        start: The id that is the input of the first step.
        end: The id that ends a row.
        max_steps: The limit of steps u, including that of the end mark.
        forbidden: Ids that are never output, such as padding.
        allowed: Which ids may come next.

    Returns:
        One hypothesis for each row (k = 1).

    Raises:
        SettingError: The limit is below one step, or the step does not output an id.
        ShapeError: There is no tensor in states and memory.

    Example:
        >>> import numpy as np
        >>> logits = np.log([[0.1, 0.6, 0.3], [0.5, 0.1, 0.4], [0.7, 0.2, 0.1]])  # o o; 2 ends
        >>> def step(previous, states, memory):
        ...     return ops.take(logits, previous, axis=0), states
        >>> one_row = np.zeros((1, 1))  # the step does not read it; it gives the number of rows
        >>> tokens = decode_greedily(step, (), one_row, start=2, end=2, max_steps=3)
        >>> ops.convert_to_numpy(tokens.ids).tolist(), bool(tokens.ended[0, 0])
        ([[[0, 1, 0]]], False)
    """
    constraints = TokenConstraints(start, end, max_steps, forbidden, allowed)
    return _decode(step, states, memory, constraints, _most_probable, copies=1)


def decode_by_sampling(
    step: Step,
    states: Any,
    memory: Any,
    *,
    start: int,
    end: int,
    max_steps: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    seed: int = 0,
    samples: int = 1,
    forbidden: Sequence[int] = (),
    allowed: Allowed | None = None,
) -> GeneratedTokens:
    """Draw the id at each step from its probabilities.

    Args:
        step: One step of the decoder.
        states: The states of the decoder, a tree of (b ...).
        memory: What it reads at every step, a tree of (b ...).
        start: The id that is the input of the first step.
        end: The id that ends a row.
        max_steps: The limit of steps u, including that of the end mark.
        temperature: Divides the logits; near 0, sampling becomes greedy.
        top_k: Draw only from so many of the most probable ids.
        top_p: Draw only from the fewest ids that together have this probability, after
            `temperature` and `top_k`.
        seed: The same seed gives the same draws, on the same backend and for as many rows.
        samples: The number of independent draws k for each row.
        forbidden: Ids that are never output, such as padding.
        allowed: Which ids may come next.

    Returns:
        k hypotheses for each row, in the order in which they were drawn.

    Raises:
        SettingError: A number is out of range, or the step does not output an id.
        ShapeError: There is no tensor in states and memory.
    """
    _check_sampling(temperature, top_k, top_p, samples)
    constraints = TokenConstraints(start, end, max_steps, forbidden, allowed)
    states, memory = to_tensors(states), to_tensors(memory)
    shape = (max_steps, count_rows(states, memory) * samples)
    noise = keras.random.uniform(shape, seed=seed)

    def choose(log_probabilities: Any, position: Any) -> Any:
        shifted = log_probabilities - ops.max(log_probabilities, axis=-1, keepdims=True)
        logits = shifted / max(temperature, MIN_TEMPERATURE)
        return _draw(logits, ops.take(noise, position, axis=0), top_k, top_p)

    return _decode(step, states, memory, constraints, choose, copies=samples)


def _decode(
    step: Step,
    states: Any,
    memory: Any,
    constraints: TokenConstraints,
    choose: Choose,
    *,
    copies: int,
) -> GeneratedTokens:
    """Run the decoder over `copies` of each row, with the ids that `choose` returns."""
    states, memory = to_tensors(states), to_tensors(memory)
    b = count_rows(states, memory)
    n = b * copies
    states, memory = repeat_rows(states, copies), repeat_rows(memory, copies)

    def unfinished(position: Any, *rest: Any) -> Any:
        return ops.logical_and(position < constraints.max_steps, ops.any(rest[-1]))

    def body(
        position: Any, previous: Any, states: Any, ids: Any, scores: Any, lengths: Any, live: Any
    ) -> tuple[Any, ...]:
        logits, states = step(previous, states, memory)
        log_probabilities = constraints.log_probabilities(logits, ids, position)  # n o
        chosen = ops.cast(choose(log_probabilities, position), "int32")  # n
        index = ops.expand_dims(chosen, -1)
        score = ops.take_along_axis(log_probabilities, index, axis=-1)[:, 0]
        ids = set_step(ids, ops.where(live, chosen, 0), position)
        scores = ops.where(live, scores + score, scores)
        none_allowed = ops.isinf(score)
        over = ops.logical_or(chosen == constraints.end, none_allowed)
        live = ops.logical_and(live, ops.logical_not(over))
        lengths = lengths + ops.cast(live, "int32")
        return position + 1, chosen, states, ids, scores, lengths, live

    _, _, _, ids, scores, lengths, live = ops.while_loop(
        unfinished,
        body,
        (
            ops.convert_to_tensor(0, dtype="int32"),
            ops.full((n,), constraints.start, dtype="int32"),
            states,
            ops.zeros((n, constraints.max_steps), dtype="int32"),
            ops.zeros((n,), dtype="float32"),
            ops.zeros((n,), dtype="int32"),
            ops.ones((n,), dtype="bool"),
        ),
    )
    possible = ops.logical_not(ops.isinf(scores))  # n
    ids = ops.where(possible[:, None], ids, 0)
    ended = ops.logical_and(possible, ops.logical_not(live))
    return GeneratedTokens(
        ids=ops.reshape(ids, (b, copies, constraints.max_steps)),
        scores=ops.reshape(scores, (b, copies)),
        lengths=ops.reshape(ops.where(possible, lengths, 0), (b, copies)),
        ended=ops.reshape(ended, (b, copies)),
    )


def _most_probable(log_probabilities: Any, _position: Any) -> Any:
    return ops.argmax(log_probabilities, axis=-1)


def _draw(logits: Any, noise: Any, top_k: int | None, top_p: float | None) -> Any:
    """Draw an id for each row of logits (n o), the largest 0, by numbers from 0 to 1 (n)."""
    order = None
    if top_k is not None or top_p is not None:
        count = int(logits.shape[-1])
        logits, order = ops.top_k(logits, min(top_k or count, count))
    weights = ops.exp(logits)  # in proportion to the probabilities; their sum is at least 1
    if top_p is not None:
        before = ops.cumsum(weights, axis=-1) - weights
        in_nucleus = before < top_p * ops.sum(weights, axis=-1, keepdims=True)
        weights = ops.where(in_nucleus, weights, 0.0)
    cumulative = ops.cumsum(weights, axis=-1)
    beyond = ops.cast(cumulative > noise[:, None] * cumulative[:, -1:], "int32")
    # Rounding must not choose an id of probability 0, so it ranks below every other.
    index = ops.argmax(ops.where(weights > 0, beyond, -1), axis=-1)
    if order is None:
        return index
    return ops.take_along_axis(order, index[:, None], axis=-1)[:, 0]


def _check_sampling(
    temperature: float, top_k: int | None, top_p: float | None, samples: int
) -> None:
    """Refuse numbers that sampling cannot use."""
    checks = {
        "temperature": (temperature, temperature > 0, "above 0"),
        "top_k": (top_k, top_k is None or top_k >= 1, "at least 1, or None"),
        "top_p": (top_p, top_p is None or 0 < top_p <= 1, "above 0 and at most 1, or None"),
        "samples": (samples, samples >= 1, "at least 1"),
    }
    for name, (value, is_valid, rule) in checks.items():
        if not is_valid:
            raise SettingError(f"{name} is {value}, but sampling needs a value {rule}.")
