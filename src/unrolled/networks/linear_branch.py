"""A linear map of the whole row that adds to what a recurrence says of its label.

Its weights are nothing at first. They are not learned together with those of the recurrence, which
learns faster and leaves them little to explain, but found apart and set afterwards (`mixture`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from unrolled.backend import keras
from unrolled.keras_internals import operation_of
from unrolled.networks.building_blocks import layers
from unrolled.networks.minirocket import patterns
from unrolled.networks.pooling import masked_max
from unrolled.networks.spec import NetworkSpec

MAX_FLAT = 4096  # more numbers than this in a row are summed up
MAX_NUMBER = 1e6  # a number beyond is taken for this: its square must be one too
Tensors = Mapping[str, Any]


@dataclass(frozen=True)
class LinearBranch:
    """The layers that say an output of a row.

    Attributes:
        head: The Dense on what the recurrence makes of the row.
        runs: By input of runs, the Embedding that holds the weights (ids o) of each.
        numbers: The Dense on the numbers of the row; None where it is not given any.
        filters: The convolutions that see patterns in them, the same for all outputs.
    """

    head: Any
    runs: Mapping[str, Any]
    summarize_numbers: Any
    filters: Sequence[Any] = ()


def add_linear_branch(
    built: Tensors, tensors: Tensors, spec: NetworkSpec, row: tuple[Any, Sequence[Any]]
) -> tuple[Tensors, dict[str, LinearBranch]]:
    """Add a linear map of each row to each output that is a label.

    Args:
        built: The outputs by name (b o).
        tensors: The input tensors by name; of runs those that end at each step (b t n).
        spec: What goes in and out.
        row: What `numbered` returned for these tensors; several networks share it.

    Returns:
        The outputs, and by output the layers that say it.

    Source:
        Cheng et al. 2016 (wide and deep), section 3, who train both together.
    """
    outputs, paths, mask = dict(built), {}, tensors.get("mask")
    given, filters = row
    for name in spec.linear_outputs:
        o = int(spec.heads[name])
        runs = {
            n: layers.Embedding(size, o, embeddings_initializer="zeros")
            for n, (size, _) in spec.ngrams.items()
        }
        parts = [sum_ngram_weights(tensors[n], mask, weights) for n, weights in runs.items()]
        dense = None
        if given is not None:
            dense = layers.Dense(o, use_bias=False, kernel_initializer="zeros")
            parts.append(dense(given))
        outputs[name] = layers.Add()([built[name], *parts])
        paths[name] = LinearBranch(operation_of(built[name]), runs, dense, filters)
    return outputs, paths


def sum_ngram_weights(runs: Any, mask: Any, weights: Any) -> Any:
    """Return the sum of the weights of the runs that end at a row's real steps (b o)."""
    ops = keras.ops
    known = runs > 0
    if mask is not None:
        known = ops.logical_and(known, ops.expand_dims(mask, -1))
    return ops.einsum("btn,btno->bo", ops.cast(known, "float32"), weights(runs))


def linear_features(tensors: Tensors, spec: NetworkSpec) -> tuple[Any, Sequence[Any]]:
    """Return what is given of the numbers of a row (b F), and the layers that see patterns.

    There is None where a linear map is not given any.
    """
    if not (spec.linear_numbers and spec.linear_outputs):
        return None, ()
    x, mask = keras.ops.clip(tensors["x"], -MAX_NUMBER, MAX_NUMBER), tensors.get("mask")
    if not spec.minirocket:
        return summarize_numbers(x, mask), ()
    shares, filters = patterns(x, mask)
    return layers.Concatenate()([summarize_numbers(x, mask), shares]), filters


def summarize_numbers(x: Any, mask: Any) -> Any:
    """Return the numbers of a row end to end where all rows have as many, else a summary.

    That is the mean, the spread, the least, the most, the first and the last of each (b 6f).

    Args:
        x: (b t f).
        mask: Which steps are real (b t), the first of a row; None where all are.
    """
    t, f = x.shape[1:]
    if mask is None and t is not None and t * f <= MAX_FLAT:
        return layers.Flatten()(x)
    ops, mean = keras.ops, layers.GlobalAveragePooling1D
    middle = mean()(x, mask=mask)
    away = ops.square(x - ops.expand_dims(middle, 1))
    spread = ops.sqrt(mean()(away, mask=mask))
    most, least = masked_max(x, mask), ops.negative(masked_max(ops.negative(x), mask))
    return layers.Concatenate()([middle, spread, least, most, x[:, 0], _last(x, mask)])


def _last(x: Any, mask: Any) -> Any:
    """Return the last real step (b f)."""
    if mask is None:
        return x[:, -1]
    ops = keras.ops
    real = ops.cast(ops.expand_dims(mask, -1), "float32")  # b t 1
    later = layers.ZeroPadding1D((0, 1))(real[:, 1:])  # whether there is another step
    return ops.sum((real - later) * x, axis=1)
