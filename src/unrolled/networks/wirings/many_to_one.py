"""Many-to-one, `b t f -> b o`: an input sequence, one set of output values."""

from __future__ import annotations

from typing import Any

from unrolled.networks.building_blocks import BuildContext, last_states, output_heads
from unrolled.networks.pooling import pooled_states


def last(context: BuildContext) -> dict[str, Any]:
    """Build recurrent layers whose last state is the input of the output layer."""
    return output_heads(last_states(context), context)  # b h


def pooled(context: BuildContext) -> dict[str, Any]:
    """Build recurrent layers whose states at all real steps are pooled for the output layer."""
    if context.network.pooling == "last":
        return last(context)
    return output_heads(pooled_states(context), context)  # b h
