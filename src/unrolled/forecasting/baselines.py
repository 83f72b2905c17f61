"""Simple forecasts that a network must beat, over the same windows, in the same scaled units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from unrolled.data.batches import Examples
from unrolled.data.block import Array

MOST_WINDOWS = 20_000
AT_ONCE = 1000  # windows
PENALTY = 1.0  # of the ridge, per window
SEASONAL, LAST, RIDGE = "seasonal naive", "repeat last", "ridge"
NETWORK = "network"  # what they are beside


@dataclass(frozen=True)
class Ridge:
    """A linear map from the targets of a window to its forecast, both less their level.

    Attributes:
        weights: (t*c + 1, u*c).
    """

    weights: Array

    @classmethod
    def fitted(cls, examples: Examples) -> Ridge:
        """Return the map with the least squared error over training windows, in closed form."""
        rows = np.unique(np.linspace(0, examples.rows - 1, MOST_WINDOWS).astype(int))
        block: Any = examples.targets["y"]
        known = block.step_weights(rows) > 0  # b u, or 1 1
        if known.all():
            return cls(_solved(*_products(examples, rows)))
        x, y = _inputs(examples, rows), block.gather(rows).astype(float)  # b t*c+1, b u c
        parts = [(x[known[:, u]], y[known[:, u], u]) for u in range(y.shape[1])]
        each = [_solved(a.T @ a, a.T @ b) for a, b in parts]
        return cls(np.stack(each, axis=1).reshape(x.shape[1], -1))

    def forecast(self, examples: Examples, rows: Array) -> Array:
        """Return the forecasts of some windows, less their level (b u c)."""
        block: Any = examples.targets["y"]
        flat: Array = np.asarray(_inputs(examples, rows) @ self.weights)
        found: Array = flat.reshape(len(rows), int(block.size), -1)
        return found


def _products(examples: Examples, rows: Array) -> tuple[Array, Array]:
    """Return the products of windows with themselves and with their targets, summed in pieces."""
    block: Any = examples.targets["y"]
    square: Any = 0
    across: Any = 0
    for part in np.array_split(rows, -(-len(rows) // AT_ONCE)):
        x, y = _inputs(examples, part), block.gather(part).astype(float)
        square, across = square + x.T @ x, across + x.T @ y.reshape(len(part), -1)
    return square, across


def _solved(square: Array, across: Array) -> Array:
    """Return the weights with the least squared error, the last of them not held small."""
    square[np.diag_indices(len(square) - 1)] += PENALTY
    square[-1, -1] = max(square[-1, -1], PENALTY)
    return np.linalg.solve(square, across)


def last(examples: Examples, rows: Array) -> Array:
    """Return the last value again, less itself: nothing (b u c)."""
    block: Any = examples.targets["y"]
    return np.zeros((len(rows), block.size, block.leveled))


def seasonal(examples: Examples, rows: Array, season: int) -> Array:
    """Return what stood one season earlier, less the level (b u c)."""
    inputs: Any = examples.inputs["x"]
    block: Any = examples.targets["y"]
    window = inputs.gather(rows)[..., : block.leveled]  # b t c
    place = inputs.size - season + np.arange(block.size) % season
    found: Array = window[:, place]
    return found


def _inputs(examples: Examples, rows: Array) -> Array:
    """Return the targets' past in each window as one row, with a one at its end (b t*c+1)."""
    block: Any = examples.inputs["x"]
    window = block.gather(rows)[..., : block.leveled].astype(float)
    window = window.reshape(len(rows), block.size * block.leveled)
    return np.concatenate([window, np.ones((len(rows), 1))], axis=1)
