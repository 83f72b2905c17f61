"""Where embeddings begin: vectors that are known beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from unrolled.data.block import Array
from unrolled.networks.building_blocks import layers


def set_initial_embeddings(model: Any, name: str, rows: Mapping[int, Array]) -> None:
    """Let the embedding of an input begin with known vectors; other rows stay as they were drawn.

    Args:
        model: A network as `build` returns it.
        name: The input.
        rows: The vector (e) of each id that has one.
    """
    given = model.input if isinstance(model.input, dict) else {name: model.input}
    for layer in model.layers:
        if isinstance(layer, layers.Embedding) and layer.input is given[name]:
            (weights,) = layer.get_weights()
            weights = weights.copy()
            weights[list(rows)] = list(rows.values())
            layer.set_weights([weights])
