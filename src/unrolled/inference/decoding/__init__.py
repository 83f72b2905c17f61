"""Loops over a decoder whose every step takes what the one before gave, for any engine.

A decoder is a function of one step (`Step`). These loops know nothing else of it, run with
fixed sizes inside `keras.ops.while_loop`, stop when every row has ended, and are meant to be
called inside `compiled`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from unrolled.inference.decoding.beam_search import decode_by_beam_search
from unrolled.inference.decoding.compile import compile_function
from unrolled.inference.decoding.greedy_and_sampling import decode_by_sampling, decode_greedily
from unrolled.inference.decoding.numeric import decode_numbers
from unrolled.inference.decoding.results import GeneratedNumbers, GeneratedTokens
from unrolled.inference.decoding.step import Allowed, Step
from unrolled.settings import Decoding

__all__ = [
    "Allowed",
    "GeneratedNumbers",
    "GeneratedTokens",
    "Step",
    "compile_function",
    "decode_by_beam_search",
    "decode_by_sampling",
    "decode_greedily",
    "decode_numbers",
    "decode_tokens",
]


def decode_tokens(
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
) -> GeneratedTokens:
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
        return decode_by_sampling(step, states, memory, **common, **drawing)
    if settings.beam > 1:
        return decode_by_beam_search(
            step,
            states,
            memory,
            **common,
            width=settings.beam,
            n_best=settings.n_best,
            length_penalty=settings.length_penalty,
        )
    return decode_greedily(step, states, memory, **common)
