"""Many-to-one, `b t f -> b o`: an input sequence, one set of output values."""

from __future__ import annotations

from typing import Any

from unrolled.networks.building_blocks import BuildContext, output_heads, recurrent_layers
from unrolled.networks.pooling import POOLING_LAYERS


def last(context: BuildContext) -> dict[str, Any]:
    """Build recurrent layers whose last state is the input of the output layer."""
    x = recurrent_layers(context.x, context, sequences=False, mask=context.mask)  # b h
    return output_heads(x, context)


def pooled(context: BuildContext) -> dict[str, Any]:
    """Build recurrent layers whose states at all real steps are pooled for the output layer."""
    if context.network.pooling == "last":
        return last(context)
    x = recurrent_layers(context.x, context, sequences=True, mask=context.mask)  # b t h
    return output_heads(POOLING_LAYERS[context.network.pooling](x, context), context)
