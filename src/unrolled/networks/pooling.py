"""One set of features for a whole row, from the states of all its steps."""

from __future__ import annotations

from typing import Any

from unrolled.backend import keras
from unrolled.networks.building_blocks import BuildContext, layers

MASKED = -1e9  # stands for padded steps where the largest is taken


def mean(x: Any, plan: BuildContext) -> Any:
    """Return the mean over the real steps."""
    return layers.GlobalAveragePooling1D()(x, mask=plan.mask)


def largest_feature(x: Any, plan: BuildContext) -> Any:
    """Return the largest of each feature over the real steps."""
    return masked_max(x, plan.mask)


def masked_max(x: Any, mask: Any) -> Any:
    """Return the largest of each feature (b f) over the steps that are real (b t)."""
    if mask is None:
        return layers.GlobalMaxPooling1D()(x)
    ops = keras.ops
    return ops.max(ops.where(ops.expand_dims(mask, -1), x, MASKED), axis=1)


def attention(x: Any, plan: BuildContext) -> Any:
    """Return the mean over the real steps, each weighted by what it says of itself.

    Source:
        Yang et al. 2016, section 2.2 (word attention).
    """
    scores = layers.Dense(1, use_bias=False)(layers.Dense(plan.network.units, "tanh")(x))  # b t 1
    mask = None if plan.mask is None else keras.ops.expand_dims(plan.mask, -1)
    weights = layers.Softmax(axis=1)(scores, mask=mask)  # b t 1
    return layers.Flatten()(layers.Dot(axes=1)([weights, x]))  # b h


POOLED = {"mean": mean, "max": largest_feature, "attention": attention}


def pooling_attention_model(model: Any) -> Any:
    """Return a model of the weights (b t 1) by which `attention` pools, None where nothing does."""
    for layer in model.layers:
        if isinstance(layer, layers.Softmax):
            return keras.Model(model.input, layer.output, name=f"{model.name}_attend")
    return None
