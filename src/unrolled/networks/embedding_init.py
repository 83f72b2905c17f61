"""Initial values of embeddings: word vectors that were trained elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unrolled.backend import keras
from unrolled.data.block import Array


def set_initial_embeddings(model: Any, name: str, vectors: Mapping[int, Array]) -> None:
    """Set rows of the embedding of an input; the other rows keep their random values.

    Args:
        model: A network as `build` returns it.
        name: The input.
        vectors: The vector (e) of each id that has one.
    """
    inputs = model.input if isinstance(model.input, dict) else {name: model.input}
    for layer in model.layers:
        if isinstance(layer, keras.layers.Embedding) and layer.input is inputs[name]:
            (weights,) = layer.get_weights()
            weights = weights.copy()
            weights[list(vectors)] = list(vectors.values())
            layer.set_weights([weights])
