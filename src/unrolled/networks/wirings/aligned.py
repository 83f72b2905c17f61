"""Aligned, `b t f -> b t o`: each input step has its output step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from unrolled.backend import keras
from unrolled.networks.building_blocks import BuildContext, output_heads, recurrent_layers
from unrolled.networks.pooling import mean_over_steps, pooled_states


def steps(context: BuildContext) -> dict[str, Any]:
    """Build a Dense layer at each step; outputs of the whole row read the mean over the steps."""
    x = context.x
    if context.others:
        x = _add_others(context)  # b t h
    x = recurrent_layers(x, context, sequences=True, mask=context.mask)  # b t h
    row = mean_over_steps(x, context) if context.spec.pooled else None  # b h
    return output_heads(x, context, row)


def _add_others(context: BuildContext) -> Any:
    """Return the first inputs (b t h), to each step of which a summary of the others is added.

    The other inputs have numbers of steps of their own. Each is read by recurrent layers and
    pooled, and the same summary is added at every step.
    """
    (x, mask), *rest = context.others
    others = replace(context, x=x, mask=mask, others=tuple(rest))
    units = context.network.units
    summary = keras.layers.Dense(units)(pooled_states(others))  # b h
    summary = keras.layers.Reshape((1, units))(summary)  # b 1 h, the same at every step
    return keras.layers.Add()([keras.layers.Dense(units)(context.x), summary])
