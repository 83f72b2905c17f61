"""One-to-one, `b f -> b o`: no steps, so no recurrence."""

from __future__ import annotations

from typing import Any

from unrolled.backend import keras
from unrolled.networks.building_blocks import BuildContext, output_heads


def dense(context: BuildContext) -> dict[str, Any]:
    """Build a Dense layer for each output on top of the hidden layers, of which there may be 0."""
    x = context.x
    for _ in range(context.network.layers):
        x = keras.layers.Dense(context.network.units, activation="relu")(x)
        if context.network.dropout:
            x = keras.layers.Dropout(context.network.dropout)(x)
    return output_heads(x, context)
