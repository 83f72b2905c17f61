"""Many-to-one, `b t f -> b o`: a row of steps in, one set of values out."""

from __future__ import annotations

from typing import Any

from unrolled.networks.building_blocks import BuildContext, output_heads, recurrent_layers
from unrolled.networks.pooling import POOLED


def last(plan: BuildContext) -> dict[str, Any]:
    """The state after the last step; Dense on it."""
    return output_heads(recurrent_layers(plan.x, plan, sequences=False, mask=plan.mask), plan)


def pooled(plan: BuildContext) -> dict[str, Any]:
    """What pooling makes of every real step; Dense on it."""
    if plan.network.pooling == "last":
        return last(plan)
    x = recurrent_layers(plan.x, plan, sequences=True, mask=plan.mask)  # b t h
    return output_heads(POOLED[plan.network.pooling](x, plan), plan)
