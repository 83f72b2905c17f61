"""MiniRocket features: how often short patterns occur in rows of numbers.

A pattern is a filter of nine weights, some steps apart, that sum to zero; it occurs at a step where
the response of the filter exceeds a threshold. Nothing is learned by gradients: there are 84
filters, and the thresholds are quantiles of their responses on rows of the training part.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from unrolled.backend import keras
from unrolled.data.block import Array

LENGTH = 9
DILATIONS = (1, 2, 4, 8, 16)  # steps from one weight of a filter to the next
MARGIN = 1e-3  # added to a threshold, so that rounding does not decide whether it is exceeded
SCALE = 4.0  # shares are multiplied by this, so that they vary about as much as scaled numbers
MAX_CHANNELS, MAX_STEPS = 64, 2000  # rows of more have no MiniRocket features
MAX_ROWS, MAX_RESPONSES = 32, 512  # rows, and steps of each row, that thresholds are computed from
FILTERS = np.array(
    [[2 if i in three else -1 for i in range(LENGTH)] for three in combinations(range(LENGTH), 3)]
)  # n 9


def minirocket_features(x: Any, mask: Any) -> tuple[Any, list[Any]]:
    """Return the fraction of the real steps at which each pattern occurs, and the convolutions.

    Args:
        x: (b t f).
        mask: Which steps are real (b t), those at the beginning; None where all are.

    Returns:
        Shares (b n), and the convolutions, whose weights `fit_filters` computes.

    Source:
        Dempster, Schmidt and Webb 2021 (MiniRocket), section 3, with one threshold for a filter.
    """
    ops = keras.ops
    if mask is not None:
        x = x * ops.cast(ops.expand_dims(mask, -1), "float32")
    convolutions, shares = [], []
    for dilation in DILATIONS:
        convolution = keras.layers.Conv1D(
            len(FILTERS), LENGTH, padding="same", dilation_rate=dilation, trainable=False
        )
        occurs = ops.cast(convolution(x) > 0, "float32")  # b t n
        shares.append(keras.layers.GlobalAveragePooling1D()(occurs, mask=mask))
        convolutions.append(convolution)
    return keras.layers.Rescaling(SCALE)(keras.layers.Concatenate()(shares)), convolutions


def suits(values: int, steps: int | None) -> bool:
    """Return whether rows of this size have MiniRocket features.

    Args:
        values: Numbers in a step.
        steps: Steps of the longest row; None where that is not known.
    """
    return 0 < values <= MAX_CHANNELS and (steps is None or LENGTH <= steps <= MAX_STEPS)


def weight_count(values: int) -> int:
    """Return the number of weights of the convolutions for steps of `values` numbers."""
    return len(DILATIONS) * len(FILTERS) * (LENGTH * values + 1)


def fit_filters(rows: Sequence[Array]) -> list[tuple[Array, Array]]:
    """Return kernels (9 f n) and biases (n) of the convolutions, computed from some rows (t f).

    Each filter reads one to nine random channels, few more often than many. Its threshold is a
    random quantile of its responses on the rows. Channels that are constant in each of the rows
    are not read.
    """
    random = np.random.default_rng(0)
    moving = np.flatnonzero(np.any([np.ptp(row, axis=0) > 0 for row in rows], axis=0))
    f, weights = len(moving), []
    for dilation in DILATIONS:
        reads = np.zeros((rows[0].shape[1], len(FILTERS)))  # f n
        for column in reads.T if f else ():
            count = int(2 ** random.uniform(0, np.log2(min(f, LENGTH) + 1)))
            column[random.choice(moving, min(count, f), replace=False)] = 1
        kernel = FILTERS.T[:, None, :] * reads  # 9 f n
        responses = np.concatenate([_responses(row, kernel, dilation, random) for row in rows])
        levels = random.random(len(FILTERS))
        thresholds = [np.quantile(r, level) for r, level in zip(responses.T, levels, strict=True)]
        bias = -np.array(thresholds, "float32") - np.float32(MARGIN)
        weights.append((kernel.astype("float32"), bias))
    return weights


def _responses(row: Array, kernel: Array, dilation: int, random: np.random.Generator) -> Array:
    """Return the responses of filters at a row's steps (t n), or at some of them in a long row."""
    t, reach = len(row), dilation * (LENGTH // 2)
    padded = np.pad(row, ((reach, reach), (0, 0)))
    steps = np.arange(t) if t <= MAX_RESPONSES else random.choice(t, MAX_RESPONSES, replace=False)
    windows = padded[steps[:, None] + dilation * np.arange(LENGTH)]  # t 9 f
    responses: Array = windows.reshape(len(steps), -1) @ kernel.reshape(-1, kernel.shape[-1])
    return responses
