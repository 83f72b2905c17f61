"""Aligned, `b t f -> b t o`: each input step has its output step."""

from __future__ import annotations

from typing import Any

from unrolled.networks.building_blocks import BuildContext, layers, output_heads, recurrent_layers


def steps(plan: BuildContext) -> dict[str, Any]:
    """Dense at each step of a recurrent layer that returns every step; of their mean, for rows."""
    x = recurrent_layers(plan.x, plan, sequences=True, mask=plan.mask)  # b t h
    row = layers.GlobalAveragePooling1D()(x, mask=plan.mask) if plan.spec.pooled else None  # b h
    return output_heads(x, plan, row)
