"""How often short patterns stand in rows of numbers: what counted runs are to symbols.

A pattern is a filter of nine steps, some of them apart, whose weights add up to nothing; it stands
where what it gives is above a threshold. Neither is learned: there are 84 filters, and thresholds
are quantiles of what they give on rows of the training part.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np

from unrolled.backend import keras
from unrolled.data.block import Array
from unrolled.networks.building_blocks import layers

LENGTH = 9
APART = (1, 2, 4, 8, 16)  # steps from one weight to the next
CLEAR = 1e-3  # a threshold is above what it was found from by this, however that is rounded
WIDE = 4.0  # what shares are multiplied by, to vary about as much as scaled numbers do
MOST_CHANNELS, MOST_STEPS = 64, 2000  # of rows with more nothing is looked for
MOST_ROWS, MOST_PLACES = 32, 512  # that thresholds are found from: rows, and steps of each
FILTERS = np.array(
    [[2 if i in three else -1 for i in range(LENGTH)] for three in combinations(range(LENGTH), 3)]
)  # n 9


def patterns(x: Any, mask: Any) -> tuple[Any, list[Any]]:
    """Return the share of the real steps at which each pattern stands, and the layers that see it.

    Args:
        x: (b t f).
        mask: Which steps are real (b t), the first of a row; None where all are.

    Returns:
        Shares (b n), and the convolutions, whose weights are those that `found` returns.

    Source:
        Dempster, Schmidt and Webb 2021 (MiniRocket), section 3, with one threshold for a filter.
    """
    ops = keras.ops
    if mask is not None:
        x = x * ops.cast(ops.expand_dims(mask, -1), "float32")
    filters, shares = [], []
    for apart in APART:
        filters.append(
            layers.Conv1D(
                len(FILTERS), LENGTH, padding="same", dilation_rate=apart, trainable=False
            )
        )
        stands = ops.cast(filters[-1](x) > 0, "float32")  # b t n
        shares.append(layers.GlobalAveragePooling1D()(stands, mask=mask))
    return layers.Rescaling(WIDE)(layers.Concatenate()(shares)), filters


def suit(values: int, steps: int | None) -> bool:
    """Return whether patterns are looked for in rows of so many numbers a step, and of steps.

    Args:
        values: Numbers in a step.
        steps: Of the longest row; None where that is not known.
    """
    return 0 < values <= MOST_CHANNELS and (steps is None or LENGTH <= steps <= MOST_STEPS)


def weights(values: int) -> int:
    """Return how many weights there are where a step has so many numbers."""
    return len(APART) * len(FILTERS) * (LENGTH * values + 1)


def found(rows: Sequence[Array]) -> list[tuple[Array, Array]]:
    """Return kernels (9 f n) and biases (n) of the convolutions, from some rows (t f).

    Which of the channels a filter sees is drawn, from one to nine of them and few more often; so is
    the quantile, of what it gives on the rows, that is its threshold. Channels that stay the same
    along each of the rows are left out.
    """
    random = np.random.default_rng(0)
    moving = np.flatnonzero(np.any([np.ptp(row, axis=0) > 0 for row in rows], axis=0))
    f, made = len(moving), []
    for apart in APART:
        seen = np.zeros((rows[0].shape[1], len(FILTERS)))
        for column in seen.T if f else ():
            several = int(2 ** random.uniform(0, np.log2(min(f, LENGTH) + 1)))
            column[random.choice(moving, min(several, f), replace=False)] = 1
        kernel = FILTERS.T[:, None, :] * seen  # 9 f n
        given = np.concatenate([_given(row, kernel, apart, random) for row in rows])
        levels = random.random(len(FILTERS))
        cuts = [np.quantile(each, level) for each, level in zip(given.T, levels, strict=True)]
        made.append((kernel.astype("float32"), -np.array(cuts, "float32") - np.float32(CLEAR)))
    return made


def _given(row: Array, kernel: Array, apart: int, random: np.random.Generator) -> Array:
    """Return what filters give at a row's steps (t n), at some of them where there are many."""
    t, reach = len(row), apart * (LENGTH // 2)
    wide = np.pad(row, ((reach, reach), (0, 0)))
    places = np.arange(t) if t <= MOST_PLACES else random.choice(t, MOST_PLACES, replace=False)
    taken = wide[places[:, None] + apart * np.arange(LENGTH)]  # t 9 f
    given: Array = taken.reshape(len(places), -1) @ kernel.reshape(-1, kernel.shape[-1])
    return given
