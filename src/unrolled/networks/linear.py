"""A linear map of a row's runs that adds to what a recurrence says of its label.

Its weights are nothing at first. They are not learned together with those of the recurrence, which
learns faster and leaves them little to explain, but found apart and set afterwards (`mixture`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from unrolled.backend import keras
from unrolled.networks.parts import layers
from unrolled.networks.ports import Ports

Tensors = Mapping[str, Any]


@dataclass(frozen=True)
class Path:
    """The layers that say an output of a row.

    Attributes:
        head: The Dense on what the recurrence makes of the row.
        runs: By input of runs, the Embedding that holds the weights (ids o) of each.
    """

    head: Any
    runs: Mapping[str, Any]


def beside(built: Tensors, tensors: Tensors, ports: Ports) -> tuple[Tensors, dict[str, Path]]:
    """Add a linear map of the runs of each row to each output that is a label.

    Args:
        built: The outputs by name (b o).
        tensors: The input tensors by name; of runs those that end at each step (b t n).
        ports: What goes in and out.

    Returns:
        The outputs, and by output the layers that say it.

    Source:
        Cheng et al. 2016 (wide and deep), section 3, who train both together.
    """
    outputs, paths = dict(built), {}
    for name in ports.labels:
        o = int(ports.heads[name])
        tables = {n: _table(size, o) for n, (size, _) in ports.counted.items()}
        summed = [_summed(tensors[n], tensors.get("mask"), t) for n, t in tables.items()]
        outputs[name] = layers.Add()([built[name], *summed])
        paths[name] = Path(built[name]._keras_history.operation, tables)
    return outputs, paths


def _table(size: int, o: int) -> Any:
    """Return the layer that holds the weights of runs."""
    return layers.Embedding(size, o, embeddings_initializer="zeros")


def _summed(runs: Any, mask: Any, table: Any) -> Any:
    """Return the sum of the weights of the runs that end at a row's real steps (b o)."""
    ops = keras().ops
    known = runs > 0
    if mask is not None:
        known = ops.logical_and(known, ops.expand_dims(mask, -1))
    return ops.einsum("btn,btno->bo", ops.cast(known, "float32"), table(runs))
