"""One-to-many, `b f -> b u o`: one set of values in, a row of steps out."""

from __future__ import annotations

from typing import Any

from unrolled.networks.building_blocks import BuildContext, layers, output_heads, recurrent_layers


def repeat(plan: BuildContext) -> dict[str, Any]:
    """The input, repeated u times, is read by a recurrent layer; Dense at each step."""
    x = layers.RepeatVector(plan.u)(plan.x)  # b u f
    return output_heads(recurrent_layers(x, plan, sequences=True), plan)
