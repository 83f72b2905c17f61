"""One-to-many, `b f -> b u o`: one set of input values, an output sequence."""

from __future__ import annotations

from typing import Any

from unrolled.backend import keras
from unrolled.networks.building_blocks import BuildContext, output_heads, recurrent_layers


def repeat(context: BuildContext) -> dict[str, Any]:
    """Build recurrent layers that read the input again at each of u steps."""
    x = keras.layers.RepeatVector(context.u)(context.x)  # b u f
    return output_heads(recurrent_layers(x, context, sequences=True), context)
