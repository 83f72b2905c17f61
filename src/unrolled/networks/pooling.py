"""Pooling: one set of features for a whole row, from the states of all its steps."""

from __future__ import annotations

from typing import Any

from unrolled.backend import keras
from unrolled.networks.building_blocks import BuildContext, joined, recurrent_layers

PADDED_STEP = -1e9  # replaces the values of padded steps before the maximum is taken


def mean_over_steps(x: Any, context: BuildContext) -> Any:
    """Return the mean over the real steps (b h)."""
    return keras.layers.GlobalAveragePooling1D()(x, mask=context.mask)


def max_over_steps(x: Any, context: BuildContext) -> Any:
    """Return the maximum of each feature over the real steps (b h)."""
    return masked_max(x, context.mask)


def masked_max(x: Any, mask: Any) -> Any:
    """Return the maximum of each feature (b f) over the real steps (b t)."""
    if mask is None:
        return keras.layers.GlobalMaxPooling1D()(x)
    ops = keras.ops
    return ops.max(ops.where(ops.expand_dims(mask, -1), x, PADDED_STEP), axis=1)


def attention(x: Any, context: BuildContext) -> Any:
    """Return the mean over the real steps, weighted by scores that are learned (b h).

    Source:
        Yang et al. 2016, section 2.2 (word attention).
    """
    score = keras.layers.Dense(1, use_bias=False)
    scores = score(keras.layers.Dense(context.network.units, "tanh")(x))  # b t 1
    mask = None if context.mask is None else keras.ops.expand_dims(context.mask, -1)
    weights = keras.layers.Softmax(axis=1)(scores, mask=mask)  # b t 1
    return keras.layers.Flatten()(keras.layers.Dot(axes=1)([weights, x]))  # b h


POOLING_LAYERS = {"mean": mean_over_steps, "max": max_over_steps, "attention": attention}


def pooled_states(context: BuildContext) -> Any:
    """Return the pooled states of recurrent layers (b h); joined, those of each group of inputs."""
    pooled = []
    for group in context.groups():
        x = recurrent_layers(group.x, group, sequences=True, mask=group.mask)  # b t h
        pooled.append(POOLING_LAYERS[context.network.pooling](x, group))
    return joined(pooled)


def pooling_attention_model(model: Any) -> Any:
    """Return a model of the weights of attention pooling (b t 1); None without such a layer.

    Those of several groups of inputs stand one after another along the steps.
    """
    softmaxes = [layer for layer in model.layers if isinstance(layer, keras.layers.Softmax)]
    if not softmaxes:
        return None
    in_order = sorted(
        softmaxes, key=lambda layer: (len(layer.name), layer.name)
    )  # as they were built
    weights = [layer.output for layer in in_order]
    return keras.Model(model.input, joined(weights, axis=1), name=f"{model.name}_attend")
