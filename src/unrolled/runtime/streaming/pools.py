"""Pooling over the steps so far, in memory that does not grow.

Sums are kept in double precision, since a stream may have millions of steps.
"""

from __future__ import annotations

import numpy as np

from unrolled.data.block import Array
from unrolled.runtime.streaming.step import Kept, State, StepOperation, Tensors

STEPS = "steps"  # the number of steps before this one (b)


def running_mean(name: str, x: str, shape: tuple[int, ...]) -> StepOperation:
    """Return the mean over the steps so far: (b 1 ...) to (b ...)."""
    total = f"{name}.sum"

    def run(tensors: Tensors, state: State, after: dict[str, Array]) -> None:
        after[total] = state[total] + tensors[x][:, 0]
        tensors[name] = (after[total] / _count(state, len(shape))).astype(np.float32)

    return StepOperation((x,), (name,), run, {total: Kept(shape, "float64")})


def running_sum(name: str, x: str, shape: tuple[int, ...]) -> StepOperation:
    """Return the sum over the steps so far: (b 1 ...) to (b ...)."""
    total = f"{name}.sum"

    def run(tensors: Tensors, state: State, after: dict[str, Array]) -> None:
        after[total] = state[total] + tensors[x][:, 0]
        tensors[name] = after[total].astype(np.float32)

    return StepOperation((x,), (name,), run, {total: Kept(shape, "float64")})


def running_max(name: str, x: str, shape: tuple[int, ...]) -> StepOperation:
    """Return the maximum over the steps so far: (b 1 ...) to (b ...)."""
    highest = f"{name}.max"

    def run(tensors: Tensors, state: State, after: dict[str, Array]) -> None:
        after[highest] = tensors[name] = np.maximum(state[highest], tensors[x][:, 0])

    return StepOperation((x,), (name,), run, {highest: Kept(shape, "float32", -np.inf)})


def first_step(name: str, x: str, shape: tuple[int, ...]) -> StepOperation:
    """Return the first step: (b 1 ...) to (b ...)."""
    first = f"{name}.first"

    def run(tensors: Tensors, state: State, after: dict[str, Array]) -> None:
        is_first = (state[STEPS] == 0).reshape(-1, *[1] * len(shape))
        after[first] = tensors[name] = np.where(is_first, tensors[x][:, 0], state[first])

    return StepOperation((x,), (name,), run, {first: Kept(shape)})


def this_step(name: str, x: str, *, keep_axis: bool = False) -> StepOperation:
    """Return this step, which is the last one so far: (b 1 ...) to (b ...)."""

    def run(tensors: Tensors, _: State, __: dict[str, Array]) -> None:
        tensors[name] = tensors[x] if keep_axis else tensors[x][:, 0]

    return StepOperation((x,), (name,), run)


def running_deviation(name: str, x: str, shape: tuple[int, ...]) -> StepOperation:
    """Return the standard deviation over the steps so far: (b 1 ...) to (b ...).

    Source:
        Welford 1962.
    """
    mean, squares = f"{name}.mean", f"{name}.squares"

    def run(tensors: Tensors, state: State, after: dict[str, Array]) -> None:
        count, now = _count(state, len(shape)), tensors[x][:, 0]
        difference = now - state[mean]
        after[mean] = state[mean] + difference / count
        after[squares] = state[squares] + difference * (now - after[mean])
        tensors[name] = np.sqrt(after[squares] / count).astype(np.float32)

    keeps = {mean: Kept(shape, "float64"), squares: Kept(shape, "float64")}
    return StepOperation((x,), (name,), run, keeps)


def running_attention(name: str, scores: str, values: str, shape: tuple[int, int]) -> StepOperation:
    """Return the mean over the steps so far, weighted by a softmax of scores.

    It is the numerator and the denominator of that mean, both divided by the exponential of the
    highest score so far.

    Args:
        name: The tensor that is computed (b m n).
        scores: The scores of a step (b 1 m).
        values: The values of a step (b 1 n).
        shape: m and n.

    Source:
        Milakov and Gimelshein 2018, section 3 (online softmax).
    """
    highest, total, weighted = (f"{name}.{part}" for part in ("max", "weights", "sum"))
    m, n = shape

    def run(tensors: Tensors, state: State, after: dict[str, Array]) -> None:
        score = tensors[scores][:, 0].astype(np.float64)  # b m
        after[highest] = np.maximum(state[highest], score)
        earlier = np.exp(state[highest] - after[highest])  # 0 at the first step
        weight = np.exp(score - after[highest])
        after[total] = state[total] * earlier + weight
        now = weight[..., None] * tensors[values]  # b m n
        after[weighted] = state[weighted] * earlier[..., None] + now
        tensors[name] = (after[weighted] / after[total][..., None]).astype(np.float32)

    keeps = {
        highest: Kept((m,), "float64", -np.inf),
        total: Kept((m,), "float64"),
        weighted: Kept((m, n), "float64"),
    }
    return StepOperation((scores, values), (name,), run, keeps)


def running_table_sum(name: str, marks: str, rows: str, width: int, ends: int) -> StepOperation:
    """Return the sum over the steps so far of the rows of a table, where marks are 1.

    The last `ends` rows of a step are of n-grams that reach beyond the end of the row: they count
    only as long as the step is the last one.

    Args:
        name: The tensor that is computed (b o).
        marks: Which rows count (b 1 n).
        rows: The rows of the table (b 1 n o).
        width: o.
        ends: How many rows of a step count only at the end.
    """
    total = f"{name}.sum"

    def run(tensors: Tensors, state: State, after: dict[str, Array]) -> None:
        counted = tensors[rows][:, 0] * tensors[marks][:, 0, :, None]  # b n o
        inner = counted.shape[1] - ends
        after[total] = state[total] + counted[:, :inner].sum(axis=1, dtype=np.float64)
        beyond = counted[:, inner:].sum(axis=1)
        tensors[name] = (after[total] + beyond).astype(np.float32)

    return StepOperation((marks, rows), (name,), run, {total: Kept((width,), "float64")})


def _count(state: State, axes: int) -> Array:
    """Return the number of steps with this one, with axes to divide by."""
    count: Array = (state[STEPS] + 1).reshape(-1, *[1] * axes)
    return count
