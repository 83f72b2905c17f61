"""Aligned, `b t f -> b t o`: each input step has its output step."""

from __future__ import annotations

from typing import Any

from unrolled.networks.building_blocks import BuildContext, output_heads, recurrent_layers
from unrolled.networks.pooling import mean_over_steps


def steps(context: BuildContext) -> dict[str, Any]:
    """Build a Dense layer at each step; outputs of the whole row read the mean over the steps."""
    x = recurrent_layers(context.x, context, sequences=True, mask=context.mask)  # b t h
    row = mean_over_steps(x, context) if context.spec.pooled else None  # b h
    return output_heads(x, context, row)
