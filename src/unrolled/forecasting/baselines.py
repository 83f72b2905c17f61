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
    """Ridge regression from the past targets of a window to its forecast, both minus its level.

    Attributes:
        weights: (t*c + 1, u*c).
    """

    weights: Array

    @classmethod
    def fit(cls, examples: Examples) -> Ridge:
        """Fit the weights on training windows, in closed form."""
        rows = evenly_spaced(examples.rows, MAX_WINDOWS)
        targets: Any = examples.targets["y"]
        known = targets.step_weights(rows) > 0  # b u, or 1 1
        if known.all():
            return cls(fit_ridge_in_batches(_flat_batches(examples, rows)))
        x, y = _flat_windows(examples, rows), targets.gather(rows).astype(float)  # b t*c+1, b u c
        weights = [
            fit_ridge_in_batches([(x[known[:, step]], y[known[:, step], step])])
            for step in range(y.shape[1])
        ]
        return cls(np.stack(weights, axis=1).reshape(x.shape[1], -1))

    def forecast(self, examples: Examples, rows: Array) -> Array:
        """Return the forecasts of some windows, minus their level (b u c)."""
        targets: Any = examples.targets["y"]
        forecasts: Array = np.asarray(_flat_windows(examples, rows) @ self.weights)
        return forecasts.reshape(len(rows), int(targets.size), -1)


def _flat_batches(examples: Examples, rows: Array) -> Iterator[tuple[Array, Array]]:
    """Yield the inputs and the targets of windows as vectors, in chunks."""
    targets: Any = examples.targets["y"]
    for chunk in np.array_split(rows, -(-len(rows) // CHUNK)):
        values = targets.gather(chunk).astype(float)
        yield _flat_windows(examples, chunk), values.reshape(len(chunk), -1)


def repeat_last(examples: Examples, rows: Array) -> Array:
    """Return forecasts that repeat the last value (b u c), which nothing can write into."""
    targets: Any = examples.targets["y"]
    levels = targets.levels(rows)[:, None]
    return np.broadcast_to(levels, (len(rows), targets.size, targets.level_width))


def repeat_season(examples: Examples, rows: Array, season: int) -> Array:
    """Return forecasts that repeat the values of one season earlier (b u c)."""
    inputs: Any = examples.inputs["x"]
    targets: Any = examples.targets["y"]
    first = inputs.index.starts(rows)[:, None] + inputs.size - season  # b 1
    forecasts: Array = np.take(targets.flat, first + np.arange(targets.size) % season, axis=0)
    return forecasts


def _flat_windows(examples: Examples, rows: Array) -> Array:
    """Return the past targets of each window as one vector, with a one at its end (b t*c+1)."""
    inputs: Any = examples.inputs["x"]
    windows = inputs.gather(rows)[..., : inputs.level_width].astype(float)
    windows = windows.reshape(len(rows), inputs.size * inputs.level_width)
    return np.concatenate([windows, np.ones((len(rows), 1))], axis=1)
