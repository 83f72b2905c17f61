"""Beam search: the best of many hypotheses; ended and live ones are separate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from unrolled.data.block import Array
from unrolled.errors import SettingError
from unrolled.inference.decoding.constraints import Allowed, TokenConstraints
from unrolled.inference.decoding.results import GeneratedTokens
from unrolled.inference.decoding.step import Arrays, LiveRows, Step, count_rows, largest

NONE = np.float32(-np.inf)  # the score of an empty place


class Ended(NamedTuple):
    """The best hypotheses that have ended, in order; an empty place has score minus infinity."""

    ids: Array  # r k u
    scores: Array  # r k: log-probabilities
    lengths: Array  # r k: steps, including that of the end mark


class Live(NamedTuple):
    """The hypotheses that are still extended; an empty place has score minus infinity."""

    ids: Array  # r w u
    scores: Array  # r w


def decode_by_beam_search(
    step: Step,
    states: Arrays,
    memory: Arrays,
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
        states: The states of the decoder, arrays (b ...) by name; they follow the hypotheses.
        memory: What it reads at every step, arrays (b ...) by name.
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
        ShapeError: There is no array in states and memory.
    """
    _check_search(width, n_best, length_penalty)
    constraints = TokenConstraints(start, end, max_steps, forbidden, allowed)
    b = count_rows(states, memory)
    decoder = LiveRows(step, states, memory, rows=b, copies=width)
    return _search(decoder, constraints, width, n_best, length_penalty)


def _search(
    decoder: LiveRows, constraints: TokenConstraints, width: int, n_best: int, penalty: float
) -> GeneratedTokens:
    """Extend live hypotheses until none can be among the best, or to the limit."""
    b, max_steps = len(decoder.rows), constraints.max_steps
    live = Live(np.zeros((b, width, max_steps), np.int32), np.full((b, width), NONE))
    live.scores[:, 0] = 0
    ended = Ended(
        np.zeros((b, n_best, max_steps), np.int32),
        np.full((b, n_best), NONE),
        np.ones((b, n_best), np.int32),
    )
    previous = np.full((b, width), constraints.start, np.int32)
    results = _ranked(live, ended)
    for position in range(max_steps):
        logits = decoder.run(previous.ravel())
        ids = live.ids.reshape(-1, max_steps)
        log_probabilities = constraints.log_probabilities(logits, ids, position)  # r*w o
        live, parents = _extend(live, log_probabilities, position)
        decoder.reorder(parents)
        previous = live.ids[:, :, position]  # r w
        at_end = previous == constraints.end
        if at_end.any():
            scores = np.where(at_end, live.scores, NONE)
            ended = _merge(ended, live.ids, scores, position + 1, penalty)
        # A score only falls, and the limit of steps ranks it highest: this bounds its rank.
        can_win = _ranks(live.scores, max_steps, penalty) > _ranks(*ended[1:], penalty)[:, -1:]
        live = live._replace(scores=np.where(can_win & ~at_end, live.scores, NONE))
        goes_on: Array = np.any(live.scores > NONE, axis=1)  # r
        if not goes_on.any():
            break
        rows = decoder.rows
        kept = decoder.leave_out_ended(goes_on)
        if len(decoder.rows) < len(rows):
            _write(results, rows, _ranked(live, ended))
            live, ended = Live(*(x[kept] for x in live)), Ended(*(x[kept] for x in ended))
            previous = previous[kept]
    _write(results, decoder.rows, _ranked(live, ended))
    return results


def _extend(live: Live, log_probabilities: Array, position: int) -> tuple[Live, Array]:
    """Return the most probable extensions by one id, and which hypotheses they extend (r w).

    Args:
        live: The live hypotheses.
        log_probabilities: Those of the next id of each (r*w o).
        position: The step of that id.
    """
    (r, width), o = live.scores.shape, log_probabilities.shape[-1]
    scores = (live.scores[..., None] + log_probabilities.reshape(r, width, o)).reshape(r, -1)
    places = largest(scores, width)  # r w
    parents, chosen = places // o, places % o  # r w
    ids = np.take_along_axis(live.ids, parents[..., None], axis=1)
    ids[:, :, position] = chosen
    return Live(ids, np.take_along_axis(scores, places, axis=1)), parents


def _merge(ended: Ended, ids: Array, scores: Array, length: int, penalty: float) -> Ended:
    """Return the best of the hypotheses that ended before and those that end now."""
    lengths = np.full(scores.shape, length, np.int32)
    candidates = Ended(
        *(np.concatenate(pair, axis=1) for pair in zip(ended, (ids, scores, lengths), strict=True))
    )
    best = largest(_ranks(*candidates[1:], penalty), ended.scores.shape[1])
    return Ended(*(_take_places(part, best) for part in candidates))


def _ranks(scores: Array, lengths: Array | int, penalty: float) -> Array:
    """Return the numbers (r k) by which hypotheses are ordered."""
    with np.errstate(over="ignore", invalid="ignore"):  # of a penalty of hundreds
        ranks: Array = scores / np.power(np.float32(1) * lengths, np.float32(penalty))
    return ranks


def _ranked(live: Live, ended: Ended) -> GeneratedTokens:
    """Return the ended hypotheses, followed by those that were cut at the limit."""
    n_best, max_steps = ended.scores.shape[1], ended.ids.shape[2]
    count = np.count_nonzero(ended.scores > NONE, axis=1)[:, None]  # r 1
    place = np.arange(n_best)  # k
    is_ended = place < count  # r k
    order = largest(live.scores, n_best)  # r k
    cut = np.take_along_axis(order, np.maximum(place - count, 0), axis=1)  # r k
    scores = np.where(is_ended, ended.scores, _take_places(live.scores, cut))
    is_full = scores > NONE
    ids = np.where(is_ended[..., None], ended.ids, _take_places(live.ids, cut))
    lengths = np.where(is_ended, ended.lengths - 1, np.int32(max_steps))
    return GeneratedTokens(
        ids=np.where(is_full[..., None], ids, 0),
        scores=scores,
        lengths=np.where(is_full, lengths, 0),
        ended=is_ended,
    )


def _take_places(array: Array, places: Array) -> Array:
    """Return the hypotheses at places (r k) of an array (r w) or (r w u)."""
    return np.take_along_axis(array, places if array.ndim == 2 else places[..., None], axis=1)


def _write(results: GeneratedTokens, rows: Array, part: GeneratedTokens) -> None:
    """Write the hypotheses of some rows into those of all rows."""
    for whole, of_rows in zip(results, part, strict=True):
        whole[rows] = of_rows


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
