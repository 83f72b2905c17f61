"""Loops over a decoder whose every step takes what the one before gave, for any engine.

A decoder is a function of one step (`Step`). These loops know nothing else of it, run with
fixed sizes inside `keras.ops.while_loop`, stop when every row has ended, and are meant to be
called inside `compiled`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from unrolled.inference.decoding.beam_search import beam
from unrolled.inference.decoding.compile import compiled
from unrolled.inference.decoding.greedy_and_sampling import greedy, sample
from unrolled.inference.decoding.numeric import values
from unrolled.inference.decoding.results import Generated, Numbers
from unrolled.inference.decoding.step import Allowed, Step
from unrolled.settings import Decoding

__all__ = [
    "Allowed",
    "Generated",
    "Numbers",
    "Step",
    "beam",
    "compiled",
    "decode",
    "greedy",
    "sample",
    "values",
]


def decode(
    step: Step,
    states: Any,
    memory: Any,
    *,
    start: int,
    end: int,
    most: int,
    settings: Decoding,
    forbidden: Sequence[int] = (),
    allowed: Allowed | None = None,
) -> Generated:
    """Run the loop that the settings ask for.

    Args:
        step: One step of the decoder.
        states: What it carries along, a tree of (b ...).
        memory: What it reads at every step, a tree of (b ...).
        start: The id before the first.
        end: The id that ends a row.
        most: The limit of steps where the settings have none.
        settings: Which loop, and its numbers.
        forbidden: Ids never given, such as padding.
        allowed: Which ids may come next.

    Returns:
        As many rows of ids k as `n_best`, or `samples` where there are any.

    Raises:
        SettingError: A limit below one step, or an id that the step does not score.
        ShapeError: Neither states nor memory have a tensor.
    """
    common: dict[str, Any] = {
        "start": start,
        "end": end,
        "most": settings.max_steps or most,
        "forbidden": forbidden,
        "allowed": allowed,
    }
    if settings.samples:
        drawing = settings.model_dump(
            include={"temperature", "top_k", "top_p", "seed", "samples"},
        )
        return sample(step, states, memory, **common, **drawing)
    if settings.beam > 1:
        return beam(
            step,
            states,
            memory,
            **common,
            width=settings.beam,
            n_best=settings.n_best,
            length_penalty=settings.length_penalty,
        )
    return greedy(step, states, memory, **common)
