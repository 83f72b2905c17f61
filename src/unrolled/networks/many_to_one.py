"""Many-to-one, `b t f -> b o`: a row of steps in, one set of values out."""

from __future__ import annotations

from typing import Any

from unrolled.networks.building_blocks import Plan, heads, recurrent
from unrolled.networks.pooling import POOLED


def last(plan: Plan) -> dict[str, Any]:
    """The state after the last step; Dense on it."""
    return heads(recurrent(plan.x, plan, sequences=False, mask=plan.mask), plan)


def pooled(plan: Plan) -> dict[str, Any]:
    """What pooling makes of every real step; Dense on it."""
    if plan.network.pooling == "last":
        return last(plan)
    x = recurrent(plan.x, plan, sequences=True, mask=plan.mask)  # b t h
    return heads(POOLED[plan.network.pooling](x, plan), plan)
