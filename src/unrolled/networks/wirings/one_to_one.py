"""One-to-one, `b f -> b o`: no steps, so no recurrence."""

from __future__ import annotations

from typing import Any

from unrolled.networks.building_blocks import BuildContext, layers, output_heads


def dense(plan: BuildContext) -> dict[str, Any]:
    """Dense; no recurrence (hidden layers by `layers`, 0 for a linear map)."""
    x = plan.x
    for _ in range(plan.network.layers):
        x = layers.Dense(plan.network.units, activation="relu")(x)
        if plan.network.dropout:
            x = layers.Dropout(plan.network.dropout)(x)
    return output_heads(x, plan)
