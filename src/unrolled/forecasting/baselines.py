"""Simple forecasts that a network must beat, over the same windows, in the same scaled units."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from unrolled.baselines.ridge import fit_ridge_in_batches
from unrolled.baselines.subsample import evenly_spaced
from unrolled.data.batches import Examples
from unrolled.data.block import Array

MAX_WINDOWS = 20_000
CHUNK = 1000  # windows
SEASONAL_NAIVE, REPEAT_LAST, RIDGE = "seasonal naive", "repeat last", "ridge"


@dataclass(frozen=True)
class Ridge:
    """A linear map from the targets of a window to its forecast, both less their level.

    Attributes:
        weights: (t*c + 1, u*c).
    """

    weights: Array

    @classmethod
    def fit(cls, examples: Examples) -> Ridge:
        """Return the map with the least squared error over training windows, in closed form."""
        rows = evenly_spaced(examples.rows, MAX_WINDOWS)
        block: Any = examples.targets["y"]
        known = block.step_weights(rows) > 0  # b u, or 1 1
        if known.all():
            return cls(fit_ridge_in_batches(_flat_batches(examples, rows)))
        x, y = _flat_windows(examples, rows), block.gather(rows).astype(float)  # b t*c+1, b u c
        weights = [
            fit_ridge_in_batches([(x[known[:, step]], y[known[:, step], step])])
            for step in range(y.shape[1])
        ]
        return cls(np.stack(weights, axis=1).reshape(x.shape[1], -1))

    def forecast(self, examples: Examples, rows: Array) -> Array:
        """Return the forecasts of some windows, less their level (b u c)."""
        block: Any = examples.targets["y"]
        flat: Array = np.asarray(_flat_windows(examples, rows) @ self.weights)
        found: Array = flat.reshape(len(rows), int(block.size), -1)
        return found


def _flat_batches(examples: Examples, rows: Array) -> Iterator[tuple[Array, Array]]:
    """Yield windows and their targets as rows of numbers, some at a time."""
    block: Any = examples.targets["y"]
    for part in np.array_split(rows, -(-len(rows) // CHUNK)):
        targets = block.gather(part).astype(float)
        yield _flat_windows(examples, part), targets.reshape(len(part), -1)


def repeat_last(examples: Examples, rows: Array) -> Array:
    """Return the last value again, less itself: nothing (b u c)."""
    block: Any = examples.targets["y"]
    return np.zeros((len(rows), block.size, block.leveled))


def repeat_season(examples: Examples, rows: Array, season: int) -> Array:
    """Return what stood one season earlier, less the level (b u c)."""
    inputs: Any = examples.inputs["x"]
    block: Any = examples.targets["y"]
    window = inputs.gather(rows)[..., : block.leveled]  # b t c
    place = inputs.size - season + np.arange(block.size) % season
    found: Array = window[:, place]
    return found


def _flat_windows(examples: Examples, rows: Array) -> Array:
    """Return the targets' past in each window as one row, with a one at its end (b t*c+1)."""
    block: Any = examples.inputs["x"]
    window = block.gather(rows)[..., : block.leveled].astype(float)
    window = window.reshape(len(rows), block.size * block.leveled)
    return np.concatenate([window, np.ones((len(rows), 1))], axis=1)
