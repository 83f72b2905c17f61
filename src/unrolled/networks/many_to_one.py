"""Many-to-one, `b t f -> b o`: a row of steps in, one set of values out."""

from __future__ import annotations

from typing import Any

from unrolled.networks.parts import Plan, heads, layers, recurrent


def last(plan: Plan) -> dict[str, Any]:
    """The state after the last step; Dense on it."""
    return heads(recurrent(plan.x, plan, sequences=False, mask=plan.mask), plan)


def pooled(plan: Plan) -> dict[str, Any]:
    """The mean over every real step; Dense on it."""
    x = recurrent(plan.x, plan, sequences=True, mask=plan.mask)  # b t h
    return heads(layers.GlobalAveragePooling1D()(x, mask=plan.mask), plan)
