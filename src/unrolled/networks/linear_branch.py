"""The linear branch: a linear model of the whole row whose logits are added to the network's.

Its weights are zero when it is built. They are not trained together with those of the recurrent
layers, which learn faster and would leave the branch little to explain: they are fitted separately
and set afterwards (`sequences/linear_branch/fit.py`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from unrolled.backend import keras
from unrolled.keras_internals import operation_of
from unrolled.networks.minirocket import minirocket_features
from unrolled.networks.pooling import masked_max
from unrolled.networks.spec import NetworkSpec

MAX_FLAT = 4096  # a row of more numbers than this is summarized
MAX_NUMBER = 1e6  # larger numbers are clipped, so that their squares stay finite
Tensors = Mapping[str, Any]


@dataclass(frozen=True)
class LinearBranch:
    """The layers whose logits are added up to an output.

    Attributes:
        head: The Dense layer on the features of the recurrent layers.
        ngrams: For each input of n-grams, the Embedding that holds the weights (ids o).
        numbers: The Dense layer on the numbers of the row; None where it reads no numbers.
        filters: The convolutions of the MiniRocket features, which all outputs share.
    """

    head: Any
    ngrams: Mapping[str, Any]
    numbers: Any
    filters: Sequence[Any] = ()


def add_linear_branch(
    built: Tensors, tensors: Tensors, spec: NetworkSpec, features: tuple[Any, Sequence[Any]]
) -> tuple[Tensors, dict[str, LinearBranch]]:
    """Add a linear branch to each output of labels.

    Args:
        built: The output tensors by name (b o).
        tensors: The input tensors by name; of n-grams those that end at each step (b t n).
        spec: The sizes of inputs and outputs.
        features: What `linear_features` returned for these tensors; an ensemble shares it.

    Returns:
        The output tensors by name, and the linear branch of each output of labels.

    Source:
        Cheng et al. 2016 (wide and deep), section 3, who train both parts together.
    """
    outputs, branches, mask = dict(built), {}, tensors.get("mask")
    numbers, filters = features
    for name in spec.linear_outputs:
        o = int(spec.heads[name])
        tables = {
            ngram: keras.layers.Embedding(size, o, embeddings_initializer="zeros")
            for ngram, (size, _) in spec.ngrams.items()
        }
        logits = [sum_ngram_weights(tensors[n], mask, table) for n, table in tables.items()]
        dense = None
        if numbers is not None:
            dense = keras.layers.Dense(o, use_bias=False, kernel_initializer="zeros")
            logits.append(dense(numbers))
        outputs[name] = keras.layers.Add()([built[name], *logits])
        branches[name] = LinearBranch(operation_of(built[name]), tables, dense, filters)
    return outputs, branches


def sum_ngram_weights(ngrams: Any, mask: Any, table: Any) -> Any:
    """Return the sum of the weights of the n-grams that end at a row's real steps (b o)."""
    ops = keras.ops
    known = ngrams > 0
    if mask is not None:
        known = ops.logical_and(known, ops.expand_dims(mask, -1))
    return ops.einsum("btn,btno->bo", ops.cast(known, "float32"), table(ngrams))


def linear_features(tensors: Tensors, spec: NetworkSpec) -> tuple[Any, Sequence[Any]]:
    """Return the numbers that the linear branch reads of a row (b F), and MiniRocket's filters.

    The first is None where the branch reads no numbers.
    """
    if not (spec.linear_numbers and spec.linear_outputs):
        return None, ()
    x, mask = keras.ops.clip(tensors["x"], -MAX_NUMBER, MAX_NUMBER), tensors.get("mask")
    if not spec.minirocket:
        return summarize_numbers(x, mask), ()
    shares, filters = minirocket_features(x, mask)
    return keras.layers.Concatenate()([summarize_numbers(x, mask), shares]), filters


def summarize_numbers(x: Any, mask: Any) -> Any:
    """Return the numbers of a row, flat where all rows have as many of them, else a summary.

    The summary is mean, standard deviation, minimum, maximum, first and last value (b 6f).

    Args:
        x: (b t f).
        mask: Which steps are real (b t), those at the beginning; None where all are.
    """
    t, f = x.shape[1:]
    if mask is None and t is not None and t * f <= MAX_FLAT:
        return keras.layers.Flatten()(x)
    ops, mean = keras.ops, keras.layers.GlobalAveragePooling1D
    center = mean()(x, mask=mask)
    squared = ops.square(x - ops.expand_dims(center, 1))
    deviation = ops.sqrt(mean()(squared, mask=mask))
    largest, smallest = masked_max(x, mask), ops.negative(masked_max(ops.negative(x), mask))
    summary = [center, deviation, smallest, largest, x[:, 0], _last_step(x, mask)]
    return keras.layers.Concatenate()(summary)


def _last_step(x: Any, mask: Any) -> Any:
    """Return the last real step (b f)."""
    if mask is None:
        return x[:, -1]
    ops = keras.ops
    real = ops.cast(ops.expand_dims(mask, -1), "float32")  # b t 1
    followed = keras.layers.ZeroPadding1D((0, 1))(real[:, 1:])  # 1 where another real step follows
    return ops.sum((real - followed) * x, axis=1)
