"""Decoding: loops that run a decoder step by step, over all rows of a batch at once.

| file | what it is |
|---|---|
| `greedy_and_sampling.py` | the most probable id at each step, or one drawn at random |
| `beam_search.py` | the best of several hypotheses |
| `constraints.py` | constrained decoding: forbidden and allowed ids |
| `numeric.py` | decoders of numbers |
| `step.py`, `results.py` | what goes into the loops and what comes out of them |

A decoder is a function of one step (`Step`), and the loops know nothing else about it. They stop
when every row has ended, and compute rows that have ended no longer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from unrolled.inference.decoding.beam_search import decode_by_beam_search
from unrolled.inference.decoding.constraints import Allowed
from unrolled.inference.decoding.greedy_and_sampling import decode_by_sampling, decode_greedily
from unrolled.inference.decoding.numeric import decode_numbers
from unrolled.inference.decoding.results import GeneratedNumbers, GeneratedTokens
from unrolled.inference.decoding.step import Arrays, Step
from unrolled.settings import Decoding

__all__ = [
    "Allowed",
    "Arrays",
    "GeneratedNumbers",
    "GeneratedTokens",
    "Step",
    "decode_by_beam_search",
    "decode_by_sampling",
    "decode_greedily",
    "decode_numbers",
    "decode_tokens",
]


def decode_tokens(
    step: Step,
    states: Arrays,
    memory: Arrays,
    *,
    start: int,
    end: int,
    max_steps: int,
    settings: Decoding,
    forbidden: Sequence[int] = (),
    allowed: Allowed | None = None,
    generator: np.random.Generator | None = None,
) -> GeneratedTokens:
    """Decode greedily, by beam search or by sampling, as the settings say.

    Args:
        step: One step of the decoder.
        states: The states of the decoder, arrays (b ...) by name.
        memory: What it reads at every step, arrays (b ...) by name.
        start: The id that is the input of the first step.
        end: The id that ends a row.
        max_steps: The limit of steps if the settings have none.
        settings: Which way of decoding, and its numbers.
        forbidden: Ids that are never output, such as padding.
        allowed: Which ids may come next.
        generator: Draws the numbers of sampling; None makes one from the settings' seed.

    Returns:
        As many hypotheses k for each row as `n_best`, or `samples` if the settings have them.

    Raises:
        SettingError: The limit is below one step, or the step does not output an id.
        ShapeError: There is no array in states and memory.
    """
    common: dict[str, Any] = {
        "start": start,
        "end": end,
        "max_steps": settings.max_steps or max_steps,
        "forbidden": forbidden,
        "allowed": allowed,
    }
    if settings.samples:
        sampling = settings.model_dump(include={"temperature", "top_k", "top_p", "samples"})
        seed = generator or settings.seed
        return decode_by_sampling(step, states, memory, **common, **sampling, seed=seed)
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
