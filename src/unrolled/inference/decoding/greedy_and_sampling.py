"""Greedy choice and sampling: one id after another, never taken back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from unrolled.backend import keras
from unrolled.errors import SettingError
from unrolled.inference.decoding.results import GeneratedTokens
from unrolled.inference.decoding.step import (
    Allowed,
    Step,
    TokenConstraints,
    repeated,
    rows_of,
    tensors,
    written,
)

ops = keras.ops
SMALLEST = float(np.finfo("float32").tiny)  # a temperature below it would be 0 in float32

Choose = Callable[[Any, Any], Any]  # log-probabilities (n o), position -> ids (n)


def decode_greedily(
    step: Step,
    states: Any,
    memory: Any,
    *,
    start: int,
    end: int,
    most: int,
    forbidden: Sequence[int] = (),
    allowed: Allowed | None = None,
) -> GeneratedTokens:
    """Take the most probable id at each step.

    Args:
        step: One step of the decoder.
        states: What it carries along, a tree of (b ...).
        memory: What it reads at every step, a tree of (b ...).
        start: The id before the first.
        end: The id that ends a row.
        most: The limit of steps u, the one of the end mark included.
        forbidden: Ids never given, such as padding.
        allowed: Which ids may come next.

    Returns:
        One row of ids for each row (k = 1).

    Raises:
        SettingError: A limit below one step, or an id that the step does not score.
        ShapeError: Neither states nor memory have a tensor.

    Example:
        >>> import numpy as np
        >>> after = np.log([[0.1, 0.6, 0.3], [0.5, 0.1, 0.4], [0.7, 0.2, 0.1]])  # o o; 2 ends
        >>> def step(previous, states, memory):
        ...     return ops.take(after, previous, axis=0), states
        >>> row = np.zeros((1, 1))  # the table reads no memory, but it tells the rows
        >>> found = greedy(step, (), row, start=2, end=2, most=3)
        >>> ops.convert_to_numpy(found.ids).tolist(), bool(found.ended[0, 0])
        ([[[0, 1, 0]]], False)
    """
    rules = TokenConstraints(start, end, most, forbidden, allowed)
    return _chained(step, states, memory, rules, _likeliest, copies=1)


def decode_by_sampling(
    step: Step,
    states: Any,
    memory: Any,
    *,
    start: int,
    end: int,
    most: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    seed: int = 0,
    samples: int = 1,
    forbidden: Sequence[int] = (),
    allowed: Allowed | None = None,
) -> GeneratedTokens:
    """Draw each id from the probabilities of its step, independently in each copy of a row.

    Args:
        step: One step of the decoder.
        states: What it carries along, a tree of (b ...).
        memory: What it reads at every step, a tree of (b ...).
        start: The id before the first.
        end: The id that ends a row.
        most: The limit of steps u, the one of the end mark included.
        temperature: Divides the logits; towards 0 it is the greedy choice.
        top_k: Draw only from as many of the most probable ids.
        top_p: Draw only from the fewest ids that together have this probability, after
            temperature and `top_k`.
        seed: Makes two calls equal, on the same engine and for the same number of rows.
        samples: Draws k for each row.
        forbidden: Ids never given, such as padding.
        allowed: Which ids may come next.

    Returns:
        k rows of ids for each row, in the order they were drawn.

    Raises:
        SettingError: A number out of range, or an id that the step does not score.
        ShapeError: Neither states nor memory have a tensor.
    """
    _check_draw(temperature, top_k, top_p, samples)
    rules = TokenConstraints(start, end, most, forbidden, allowed)
    states, memory = tensors(states), tensors(memory)
    noise = keras.random.uniform((most, rows_of(states, memory) * samples), seed=seed)

    def choose(gains: Any, position: Any) -> Any:
        heated = (gains - ops.max(gains, axis=-1, keepdims=True)) / max(temperature, SMALLEST)
        return _drawn(heated, ops.take(noise, position, axis=0), top_k, top_p)

    return _chained(step, states, memory, rules, choose, copies=samples)


def _chained(
    step: Step, states: Any, memory: Any, rules: TokenConstraints, choose: Choose, *, copies: int
) -> GeneratedTokens:
    """Run the decoder over each row `copies` times, taking the ids that `choose` names."""
    states, memory = tensors(states), tensors(memory)
    b = rows_of(states, memory)
    n = b * copies
    states, memory = repeated(states, copies), repeated(memory, copies)

    def unfinished(position: Any, *carried: Any) -> Any:
        return ops.logical_and(position < rules.most, ops.any(carried[-1]))

    def body(
        position: Any, previous: Any, states: Any, ids: Any, scores: Any, lengths: Any, live: Any
    ) -> tuple[Any, ...]:
        logits, states = step(previous, states, memory)
        gains = rules.gains(logits, ids, position)  # n o
        chosen = ops.cast(choose(gains, position), "int32")  # n
        gain = ops.take_along_axis(gains, ops.expand_dims(chosen, -1), axis=-1)[:, 0]
        ids = written(ids, ops.where(live, chosen, 0), position)
        scores = ops.where(live, scores + gain, scores)
        stuck = ops.isinf(gain)  # nothing may come next
        live = ops.logical_and(live, ops.logical_not(ops.logical_or(chosen == rules.end, stuck)))
        lengths = lengths + ops.cast(live, "int32")
        return position + 1, chosen, states, ids, scores, lengths, live

    _, _, _, ids, scores, lengths, live = ops.while_loop(
        unfinished,
        body,
        (
            ops.convert_to_tensor(0, dtype="int32"),
            ops.full((n,), rules.start, dtype="int32"),
            states,
            ops.zeros((n, rules.most), dtype="int32"),
            ops.zeros((n,), dtype="float32"),
            ops.zeros((n,), dtype="int32"),
            ops.ones((n,), dtype="bool"),
        ),
    )
    found = ops.logical_not(ops.isinf(scores))  # n
    return GeneratedTokens(
        ids=ops.reshape(ops.where(found[:, None], ids, 0), (b, copies, rules.most)),
        scores=ops.reshape(scores, (b, copies)),
        lengths=ops.reshape(ops.where(found, lengths, 0), (b, copies)),
        ended=ops.reshape(ops.logical_and(found, ops.logical_not(live)), (b, copies)),
    )


def _likeliest(gains: Any, _position: Any) -> Any:
    return ops.argmax(gains, axis=-1)


def _drawn(heated: Any, noise: Any, top_k: int | None, top_p: float | None) -> Any:
    """Draw an id for each row of logits (n o), the largest 0, by a number from 0 to 1 (n)."""
    order = None
    if top_k is not None or top_p is not None:
        width = int(heated.shape[-1])
        heated, order = ops.top_k(heated, min(top_k or width, width))
    shares = ops.exp(heated)  # of their sum, which is at least 1
    if top_p is not None:
        before = ops.cumsum(shares, axis=-1) - shares
        nucleus = before < top_p * ops.sum(shares, axis=-1, keepdims=True)
        shares = ops.where(nucleus, shares, 0.0)
    reached = ops.cumsum(shares, axis=-1)
    beyond = ops.cast(reached > noise[:, None] * reached[:, -1:], "int32")
    # Rounding must not let an id of probability 0 be taken: it ranks below every other.
    place = ops.argmax(ops.where(shares > 0, beyond, -1), axis=-1)
    if order is None:
        return place
    return ops.take_along_axis(order, place[:, None], axis=-1)[:, 0]


def _check_draw(temperature: float, top_k: int | None, top_p: float | None, samples: int) -> None:
    """Refuse numbers that no draw can be made with."""
    wrong = {
        "temperature": (temperature, temperature > 0, "a number above 0"),
        "top_k": (top_k, top_k is None or top_k >= 1, "at least 1, or None"),
        "top_p": (top_p, top_p is None or 0 < top_p <= 1, "above 0 and at most 1, or None"),
        "samples": (samples, samples >= 1, "at least 1"),
    }
    for name, (given, fits, wanted) in wrong.items():
        if not fits:
            raise SettingError(f"got {name}={given} for a draw, expected {wanted}.")
