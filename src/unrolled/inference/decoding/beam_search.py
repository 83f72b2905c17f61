"""Beam search: the best of many hypotheses, ended and live ones kept apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

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
tree = keras.tree


class Ended(NamedTuple):
    """The best hypotheses that have ended, in order; an empty place scores minus infinity."""

    ids: Any  # b k u
    sums: Any  # b k: log-probabilities
    lengths: Any  # b k: steps, the end mark included


class Live(NamedTuple):
    """The hypotheses still growing; minus infinity where there is none."""

    ids: Any  # b w u
    sums: Any  # b w
    previous: Any  # b*w
    states: Any  # tree of (b*w ...)


def decode_by_beam_search(
    step: Step,
    states: Any,
    memory: Any,
    *,
    start: int,
    end: int,
    most: int,
    width: int,
    n_best: int = 1,
    length_penalty: float = 1.0,
    forbidden: Sequence[int] = (),
    allowed: Allowed | None = None,
) -> GeneratedTokens:
    """Follow the `width` most probable beginnings and return the best rows of ids.

    At each step every live hypothesis is continued by every id, and the most probable `width` of
    all continuations stay: those with the end mark leave for the ended ones, the others live on.
    A width of 1 is therefore the greedy choice, and one as large as the space an exhaustive
    search. Hypotheses are ranked by log-probability / length**length_penalty, the end mark
    counted. Those cut at the limit stand after all that ended.

    Args:
        step: One step of the decoder.
        states: What it carries along, a tree of (b ...); follows the hypotheses.
        memory: What it reads at every step, a tree of (b ...); repeated once for all steps.
        start: The id before the first.
        end: The id that ends a row.
        most: The limit of steps u, the one of the end mark included.
        width: Hypotheses kept at each step.
        n_best: Rows of ids k returned for each row.
        length_penalty: 0 ranks by probability alone; the larger, the longer the best rows.
        forbidden: Ids never given, such as padding.
        allowed: Which ids may come next.

    Returns:
        k rows of ids for each row, the best first.

    Raises:
        SettingError: A number out of range, or an id that the step does not score.
        ShapeError: Neither states nor memory have a tensor.
    """
    _check_search(width, n_best, length_penalty)
    rules = TokenConstraints(start, end, most, forbidden, allowed)
    states, memory = tensors(states), tensors(memory)
    b = rows_of(states, memory)
    live = Live(
        ids=ops.zeros((b, width, most), dtype="int32"),
        sums=ops.where(ops.arange(width) == 0, ops.zeros((b, 1)), -np.inf),
        previous=ops.full((b * width,), start, dtype="int32"),
        states=repeated(states, width),
    )
    ended = Ended(
        ids=ops.zeros((b, n_best, most), dtype="int32"),
        sums=ops.full((b, n_best), -np.inf, dtype="float32"),
        lengths=ops.ones((b, n_best), dtype="int32"),
    )
    return _ordered(*_searched(step, repeated(memory, width), live, ended, rules, length_penalty))


def _searched(
    step: Step, memory: Any, live: Live, ended: Ended, rules: TokenConstraints, penalty: float
) -> tuple[Live, Ended]:
    """Grow live hypotheses until none can enter the best, or to the limit."""
    b, width, most = ops.shape(live.ids)

    def unfinished(position: Any, live: Live, _ended: Ended) -> Any:
        return ops.logical_and(position < most, ops.any(live.sums > -np.inf))

    def body(position: Any, live: Live, ended: Ended) -> tuple[Any, Live, Ended]:
        scores, states = step(live.previous, live.states, memory)
        gains = rules.gains(scores, ops.reshape(live.ids, (b * width, most)), position)
        grown = _grown(live, states, gains, position)
        at_end = ops.reshape(grown.previous, (b, width)) == rules.end
        sums = ops.where(at_end, grown.sums, -np.inf)
        ended = _merged(ended, grown.ids, sums, position + 1, penalty)
        sums = ops.where(at_end, -np.inf, grown.sums)
        # A sum only falls, and ranks highest over the most steps: past that, none gets better.
        hopeful = sums / most**penalty > _ranks(ended, penalty)[:, -1:]
        return position + 1, grown._replace(sums=ops.where(hopeful, sums, -np.inf)), ended

    first = ops.convert_to_tensor(0, dtype="int32")
    _, live, ended = ops.while_loop(unfinished, body, (first, live, ended))
    return live, ended


def _grown(live: Live, states: Any, gains: Any, position: Any) -> Live:
    """Return the most probable continuations (b w), by gains (b*w o), of live hypotheses."""
    b, width = ops.shape(live.sums)
    o = int(gains.shape[-1])
    sums = ops.expand_dims(live.sums, -1) + ops.reshape(gains, (b, width, o))
    sums, places = ops.top_k(ops.reshape(sums, (b, width * o)), width)  # b w
    places = ops.cast(places, "int32")
    parents, chosen = places // o, places % o  # b w
    ids = ops.take_along_axis(live.ids, ops.expand_dims(parents, -1), axis=1)
    flat = ops.reshape(parents + width * ops.arange(b, dtype="int32")[:, None], (b * width,))
    return Live(
        ids=written(ids, chosen, position),
        sums=sums,
        previous=ops.reshape(chosen, (b * width,)),
        states=tree.map_structure(lambda x: ops.take(x, flat, axis=0), states),
    )


def _merged(ended: Ended, ids: Any, sums: Any, length: Any, penalty: float) -> Ended:
    """Return the best of those that ended before and those that end now, at one length."""
    lengths = ops.ones_like(sums, dtype="int32") * length
    every = Ended(
        ids=ops.concatenate([ended.ids, ids], axis=1),
        sums=ops.concatenate([ended.sums, sums], axis=1),
        lengths=ops.concatenate([ended.lengths, lengths], axis=1),
    )
    _, best = ops.top_k(_ranks(every, penalty), int(ended.sums.shape[1]))
    return Ended(
        ids=ops.take_along_axis(every.ids, ops.expand_dims(best, -1), axis=1),
        sums=ops.take_along_axis(every.sums, best, axis=1),
        lengths=ops.take_along_axis(every.lengths, best, axis=1),
    )


def _ranks(ended: Ended, penalty: float) -> Any:
    """Return what hypotheses are ordered by (b k)."""
    return ended.sums / ops.cast(ended.lengths, "float32") ** penalty


def _ordered(live: Live, ended: Ended) -> GeneratedTokens:
    """Return the ended hypotheses, and in places left empty those cut at the limit."""
    n_best, most = int(ended.sums.shape[1]), int(ended.ids.shape[2])
    count = ops.sum(ops.cast(ended.sums > -np.inf, "int32"), axis=1, keepdims=True)  # b 1
    place = ops.expand_dims(ops.arange(n_best, dtype="int32"), 0)  # 1 k
    is_ended = place < count  # b k
    cut_sums, order = ops.top_k(live.sums, n_best)  # b k
    following = ops.maximum(place - count, 0)  # b k
    order = ops.take_along_axis(ops.cast(order, "int32"), following, axis=1)
    ids = ops.take_along_axis(live.ids, ops.expand_dims(order, -1), axis=1)
    ids = ops.where(is_ended[..., None], ended.ids, ids)
    sums = ops.take_along_axis(cut_sums, following, axis=1)
    sums = ops.where(is_ended, ended.sums, sums)
    found = sums > -np.inf
    return GeneratedTokens(
        ids=ops.where(found[..., None], ids, 0),
        scores=sums,
        lengths=ops.where(found, ops.where(is_ended, ended.lengths - 1, most), 0),
        ended=is_ended,
    )


def _check_search(width: int, n_best: int, length_penalty: float) -> None:
    """Refuse numbers that no search can be made with."""
    if width < 1 or not 1 <= n_best <= width:
        raise SettingError(
            f"got width={width} and n_best={n_best} for a beam, expected 1 <= n_best <= width."
            " Widen the beam, or ask for fewer."
        )
    if length_penalty < 0:
        raise SettingError(
            f"got length_penalty={length_penalty} for a beam, expected at least 0 (no penalty)."
        )
