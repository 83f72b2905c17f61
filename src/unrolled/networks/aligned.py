"""Aligned, `b t f -> b t o`: each input step has its output step."""

from __future__ import annotations

from typing import Any

from unrolled.networks.building_blocks import Plan, heads, layers, recurrent


def steps(plan: Plan) -> dict[str, Any]:
    """Dense at each step of a recurrent layer that returns every step; of their mean, for rows."""
    x = recurrent(plan.x, plan, sequences=True, mask=plan.mask)  # b t h
    row = layers.GlobalAveragePooling1D()(x, mask=plan.mask) if plan.ports.pooled else None  # b h
    return heads(x, plan, row)
