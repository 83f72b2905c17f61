"""Beam search: the best of many hypotheses; ended and live ones are separate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from unrolled.backend import keras
from unrolled.errors import SettingError
from unrolled.inference.decoding.constraints import Allowed, TokenConstraints
from unrolled.inference.decoding.results import GeneratedTokens
from unrolled.inference.decoding.step import Step, count_rows, repeat_rows, set_step, to_tensors

ops = keras.ops
tree = keras.tree


class Ended(NamedTuple):
    """The best hypotheses that have ended, in order; an empty place has score minus infinity."""

    ids: Any  # b k u
    scores: Any  # b k: log-probabilities
    lengths: Any  # b k: steps, including that of the end mark


class Live(NamedTuple):
    """The hypotheses that are still extended; an empty place has score minus infinity."""

    ids: Any  # b w u
    scores: Any  # b w
    previous: Any  # b*w
    states: Any  # tree of (b*w ...)


def decode_by_beam_search(
    step: Step,
    states: Any,
    memory: Any,
    *,
    start: int,
    end: int,
    max_steps: int,
    width: int,
    n_best: int = 1,
    length_penalty: float = 1.0,
    forbidden: Sequence[int] = (),
    allowed: Allowed | None = None,
) -> GeneratedTokens:
    """Follow the `width` most probable beginnings and return the best hypotheses.

    At each step every live hypothesis is extended by every id, and the `width` most probable of
    all extensions stay: those with the end mark have ended, the others live on. So a width of 1
    is greedy decoding, and a width as large as the space is an exhaustive search. Hypotheses are
    ranked by log-probability / length**length_penalty, where the length includes the end mark.
    Those that are cut at the limit come after all that ended.

    Args:
        step: One step of the decoder.
        states: The states of the decoder, a tree of (b ...); they follow the hypotheses.
        memory: What it reads at every step, a tree of (b ...); repeated once for all steps.
        start: The id that is the input of the first step.
        end: The id that ends a row.
        max_steps: The limit of steps u, including that of the end mark.
        width: The number of hypotheses that are followed.
        n_best: The number of hypotheses k that are returned for each row.
        length_penalty: 0 ranks by the probability alone; a larger value favors longer hypotheses.
        forbidden: Ids that are never output, such as padding.
        allowed: Which ids may come next.

    Returns:
        k hypotheses for each row, the best first.

    Raises:
        SettingError: A number is out of range, or the step does not output an id.
        ShapeError: There is no tensor in states and memory.
    """
    _check_search(width, n_best, length_penalty)
    constraints = TokenConstraints(start, end, max_steps, forbidden, allowed)
    states, memory = to_tensors(states), to_tensors(memory)
    b = count_rows(states, memory)
    live = Live(
        ids=ops.zeros((b, width, max_steps), dtype="int32"),
        scores=ops.where(ops.arange(width) == 0, ops.zeros((b, 1)), -np.inf),
        previous=ops.full((b * width,), start, dtype="int32"),
        states=repeat_rows(states, width),
    )
    ended = Ended(
        ids=ops.zeros((b, n_best, max_steps), dtype="int32"),
        scores=ops.full((b, n_best), -np.inf, dtype="float32"),
        lengths=ops.ones((b, n_best), dtype="int32"),
    )
    memory = repeat_rows(memory, width)
    return _rank(*_search(step, memory, live, ended, constraints, length_penalty))


def _search(
    step: Step,
    memory: Any,
    live: Live,
    ended: Ended,
    constraints: TokenConstraints,
    penalty: float,
) -> tuple[Live, Ended]:
    """Extend live hypotheses until none can be among the best, or to the limit."""
    b, width, max_steps = ops.shape(live.ids)

    def unfinished(position: Any, live: Live, _ended: Ended) -> Any:
        return ops.logical_and(position < max_steps, ops.any(live.scores > -np.inf))

    def body(position: Any, live: Live, ended: Ended) -> tuple[Any, Live, Ended]:
        logits, states = step(live.previous, live.states, memory)
        ids = ops.reshape(live.ids, (b * width, max_steps))
        log_probabilities = constraints.log_probabilities(logits, ids, position)
        extended = _extend(live, states, log_probabilities, position)
        at_end = ops.reshape(extended.previous, (b, width)) == constraints.end
        scores = ops.where(at_end, extended.scores, -np.inf)
        ended = _merge(ended, extended.ids, scores, position + 1, penalty)
        scores = ops.where(at_end, -np.inf, extended.scores)
        # A score only falls, and the limit of steps ranks it highest: this bounds its rank.
        can_win = scores / max_steps**penalty > _ranks(ended, penalty)[:, -1:]
        live = extended._replace(scores=ops.where(can_win, scores, -np.inf))
        return position + 1, live, ended

    first = ops.convert_to_tensor(0, dtype="int32")
    _, live, ended = ops.while_loop(unfinished, body, (first, live, ended))
    return live, ended


def _extend(live: Live, states: Any, log_probabilities: Any, position: Any) -> Live:
    """Return the most probable extensions (b w) of live hypotheses by one id (b*w o)."""
    b, width = ops.shape(live.scores)
    o = int(log_probabilities.shape[-1])
    scores = ops.expand_dims(live.scores, -1) + ops.reshape(log_probabilities, (b, width, o))
    scores, places = ops.top_k(ops.reshape(scores, (b, width * o)), width)  # b w
    places = ops.cast(places, "int32")
    parents, chosen = places // o, places % o  # b w
    ids = ops.take_along_axis(live.ids, ops.expand_dims(parents, -1), axis=1)
    first_rows = width * ops.arange(b, dtype="int32")[:, None]
    rows = ops.reshape(parents + first_rows, (b * width,))
    return Live(
        ids=set_step(ids, chosen, position),
        scores=scores,
        previous=ops.reshape(chosen, (b * width,)),
        states=tree.map_structure(lambda x: ops.take(x, rows, axis=0), states),
    )


def _merge(ended: Ended, ids: Any, scores: Any, length: Any, penalty: float) -> Ended:
    """Return the best of the hypotheses that ended before and those that end now."""
    lengths = ops.ones_like(scores, dtype="int32") * length
    candidates = Ended(
        ids=ops.concatenate([ended.ids, ids], axis=1),
        scores=ops.concatenate([ended.scores, scores], axis=1),
        lengths=ops.concatenate([ended.lengths, lengths], axis=1),
    )
    _, best = ops.top_k(_ranks(candidates, penalty), int(ended.scores.shape[1]))
    return Ended(
        ids=ops.take_along_axis(candidates.ids, ops.expand_dims(best, -1), axis=1),
        scores=ops.take_along_axis(candidates.scores, best, axis=1),
        lengths=ops.take_along_axis(candidates.lengths, best, axis=1),
    )


def _ranks(ended: Ended, penalty: float) -> Any:
    """Return the numbers (b k) by which hypotheses are ordered."""
    return ended.scores / ops.cast(ended.lengths, "float32") ** penalty


def _rank(live: Live, ended: Ended) -> GeneratedTokens:
    """Return the ended hypotheses, followed by those that were cut at the limit."""
    n_best, max_steps = int(ended.scores.shape[1]), int(ended.ids.shape[2])
    count = ops.sum(ops.cast(ended.scores > -np.inf, "int32"), axis=1, keepdims=True)  # b 1
    place = ops.expand_dims(ops.arange(n_best, dtype="int32"), 0)  # 1 k
    is_ended = place < count  # b k
    cut_scores, order = ops.top_k(live.scores, n_best)  # b k
    cut_place = ops.maximum(place - count, 0)  # b k
    order = ops.take_along_axis(ops.cast(order, "int32"), cut_place, axis=1)
    cut_ids = ops.take_along_axis(live.ids, ops.expand_dims(order, -1), axis=1)
    ids = ops.where(is_ended[..., None], ended.ids, cut_ids)
    cut_scores = ops.take_along_axis(cut_scores, cut_place, axis=1)
    scores = ops.where(is_ended, ended.scores, cut_scores)
    is_full = scores > -np.inf
    lengths = ops.where(is_ended, ended.lengths - 1, max_steps)
    return GeneratedTokens(
        ids=ops.where(is_full[..., None], ids, 0),
        scores=scores,
        lengths=ops.where(is_full, lengths, 0),
        ended=is_ended,
    )


def _check_search(width: int, n_best: int, length_penalty: float) -> None:
    """Refuse numbers that a search cannot use."""
    if width < 1 or not 1 <= n_best <= width:
        raise SettingError(
            f"a beam of width {width} cannot return the {n_best} best hypotheses: n_best must be"
            " from 1 to the width. Widen the beam, or lower n_best."
        )
    if length_penalty < 0:
        raise SettingError(
            f"length_penalty is {length_penalty}, but it cannot be negative. Choose 0 for no"
            " penalty, or a value above 0."
        )
