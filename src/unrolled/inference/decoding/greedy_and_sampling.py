"""Greedy decoding and sampling: one id after the other, and no id is revised."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from unrolled.data.block import Array
from unrolled.errors import SettingError
from unrolled.inference.decoding.constraints import Allowed, TokenConstraints
from unrolled.inference.decoding.results import GeneratedTokens
from unrolled.inference.decoding.step import Arrays, LiveRows, Step, count_rows, largest

MIN_TEMPERATURE = float(np.finfo("float32").tiny)  # a lower one would be 0 in float32

Choose = Callable[[Array, Array], Array]  # log-probabilities (r*k o), rows (r) -> ids (r*k)


def decode_greedily(
    step: Step,
    states: Arrays,
    memory: Arrays,
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
        states: The states of the decoder, arrays (b ...) by name.
        memory: What it reads at every step, arrays (b ...) by name.
        start: The id that is the input of the first step.
        end: The id that ends a row.
        max_steps: The limit of steps u, including that of the end mark.
        forbidden: Ids that are never output, such as padding.
        allowed: Which ids may come next.

    Returns:
        One hypothesis for each row (k = 1).

    Raises:
        SettingError: The limit is below one step, or the step does not output an id.
        ShapeError: There is no array in states and memory.

    Example:
        >>> import numpy as np
        >>> logits = np.log([[0.1, 0.6, 0.3], [0.5, 0.1, 0.4], [0.7, 0.2, 0.1]])  # o o; 2 ends
        >>> def step(previous, states, memory):
        ...     return logits[previous], states
        >>> one_row = {"row": np.zeros((1, 1))}  # not read; it gives the number of rows
        >>> tokens = decode_greedily(step, {}, one_row, start=2, end=2, max_steps=3)
        >>> tokens.ids.tolist(), bool(tokens.ended[0, 0])
        ([[[0, 1, 0]]], False)
    """
    constraints = TokenConstraints(start, end, max_steps, forbidden, allowed)
    return _decode(step, states, memory, constraints, _most_probable, copies=1)


def decode_by_sampling(
    step: Step,
    states: Arrays,
    memory: Arrays,
    *,
    start: int,
    end: int,
    max_steps: int,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    seed: int | np.random.Generator = 0,
    samples: int = 1,
    forbidden: Sequence[int] = (),
    allowed: Allowed | None = None,
) -> GeneratedTokens:
    """Draw the id at each step from its probabilities.

    Args:
        step: One step of the decoder.
        states: The states of the decoder, arrays (b ...) by name.
        memory: What it reads at every step, arrays (b ...) by name.
        start: The id that is the input of the first step.
        end: The id that ends a row.
        max_steps: The limit of steps u, including that of the end mark.
        temperature: Divides the logits; near 0, sampling becomes greedy.
        top_k: Draw only from so many of the most probable ids.
        top_p: Draw only from the fewest ids that together have this probability, after
            `temperature` and `top_k`.
        seed: The same seed gives the same draws for as many rows. A generator goes on with its
            own numbers.
        samples: The number of independent draws k for each row.
        forbidden: Ids that are never output, such as padding.
        allowed: Which ids may come next.

    Returns:
        k hypotheses for each row, in the order in which they were drawn.

    Raises:
        SettingError: A number is out of range, or the step does not output an id.
        ShapeError: There is no array in states and memory.
    """
    _check_sampling(temperature, top_k, top_p, samples)
    constraints = TokenConstraints(start, end, max_steps, forbidden, allowed)
    generator = np.random.default_rng(seed)
    b = count_rows(states, memory)

    def choose(log_probabilities: Array, rows: Array) -> Array:
        # Near temperature 0 numbers overflow to minus infinity; a row without any allowed id has
        # no largest one.
        with np.errstate(over="ignore", invalid="ignore"):
            shifted = log_probabilities - log_probabilities.max(axis=-1, keepdims=True)
            logits = shifted / np.float32(max(temperature, MIN_TEMPERATURE))
        # Numbers are drawn for all rows, so that a row's do not depend on when others end.
        noise = generator.random((b, samples), dtype=np.float32)[rows]
        return _draw(logits, noise.ravel(), top_k, top_p)

    return _decode(step, states, memory, constraints, choose, copies=samples)


def _decode(
    step: Step,
    states: Arrays,
    memory: Arrays,
    constraints: TokenConstraints,
    choose: Choose,
    *,
    copies: int,
) -> GeneratedTokens:
    """Run the decoder over `copies` of each row, with the ids that `choose` returns."""
    b, max_steps = count_rows(states, memory), constraints.max_steps
    decoder, shape = LiveRows(step, states, memory, rows=b, copies=copies), (b, copies)
    ids = np.zeros((*shape, max_steps), np.int32)
    scores, lengths = np.zeros(shape, np.float32), np.zeros(shape, np.int32)
    live = np.ones(shape, bool)
    previous = np.full(shape, constraints.start, np.int32)  # r k
    for position in range(max_steps):
        rows = decoder.rows  # r
        logits = decoder.run(previous.ravel())
        so_far = ids[rows].reshape(-1, max_steps)
        log_probabilities = constraints.log_probabilities(logits, so_far, position)  # r*k o
        chosen = choose(log_probabilities, rows).astype(np.int32)
        previous = chosen.reshape(-1, copies)
        score = np.take_along_axis(log_probabilities, chosen[:, None], axis=-1)
        score = score.reshape(-1, copies)
        goes_on = live[rows]  # r k
        ids[rows, :, position] = np.where(goes_on, previous, 0)
        scores[rows] += np.where(goes_on, score, np.float32(0))
        none_allowed = np.isinf(score)
        goes_on &= (previous != constraints.end) & ~none_allowed
        lengths[rows] += goes_on
        live[rows] = goes_on
        in_row: Array = np.any(goes_on, axis=1)  # r
        if not in_row.any():
            break
        previous = previous[decoder.leave_out_ended(in_row)]
    possible = ~np.isinf(scores)  # b k
    return GeneratedTokens(
        ids=np.where(possible[..., None], ids, 0),
        scores=scores,
        lengths=np.where(possible, lengths, 0),
        ended=possible & ~live,
    )


def _most_probable(log_probabilities: Array, _rows: Array) -> Array:
    chosen: Array = np.argmax(log_probabilities, axis=-1)
    return chosen


def _draw(logits: Array, noise: Array, top_k: int | None, top_p: float | None) -> Array:
    """Draw an id for each row of logits (n o), the largest 0, by numbers from 0 to 1 (n)."""
    order = None
    if top_k is not None or top_p is not None:
        order = largest(logits, top_k or logits.shape[-1])
        logits = np.take_along_axis(logits, order, axis=-1)
    weights = np.exp(logits)  # in proportion to the probabilities; their sum is at least 1
    if top_p is not None:
        before = np.cumsum(weights, axis=-1) - weights
        in_nucleus = before < top_p * weights.sum(axis=-1, keepdims=True)
        weights = np.where(in_nucleus, weights, np.float32(0))
    cumulative = np.cumsum(weights, axis=-1)
    beyond = cumulative > noise[:, None] * cumulative[:, -1:]
    # Rounding must not choose an id of probability 0, so it ranks below every other.
    index: Array = np.argmax(np.where(weights > 0, beyond, -1), axis=-1)
    if order is None:
        return index
    return np.take_along_axis(order, index[:, None], axis=-1)[:, 0]


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
