"""Scaling: series as numbers near zero, fitted on the training part, and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from unrolled.data.block import Array
from unrolled.errors import DataError, SettingError, did_you_mean
from unrolled.forecasting.series.panel import Panel

Transform = Literal["none", "log", "log1p", "asinh"]
FORWARD: dict[str, Callable[[Any], Any]] = {
    "none": lambda y: y,
    "log": np.log,
    "log1p": np.log1p,
    "asinh": np.arcsinh,
}
BACK: dict[str, Callable[[Any], Any]] = {
    "none": lambda y: y,
    "log": np.exp,
    "log1p": np.expm1,
    "asinh": np.sinh,
}
LEAST = {"none": -np.inf, "asinh": -np.inf, "log": np.nextafter(0, 1), "log1p": 0.0}
LEAST_SPREAD = 1e-6
SHARED = "value"  # the one target of series that are each a target of a table


@dataclass(frozen=True)
class Scaling:
    """How series become numbers near zero, each by its own mean and spread.

    Attributes:
        transform: What is done to the targets first.
        known: By the name of a series, its means and spreads (2 c).
        others: Means and spreads of the further columns (2 k).
    """

    transform: Transform
    known: dict[Any, Array]
    others: Array

    @classmethod
    def fitted(cls, train: Panel, transform: Transform) -> Scaling:
        """Return the scaling of a training part.

        Raises:
            SettingError: There is no such transform.
            DataError: A value that the transform does not take.
        """
        if transform not in get_args(Transform):
            raise SettingError(
                f"got transform={transform!r}, expected one of {', '.join(get_args(Transform))}."
                f"{did_you_mean(str(transform), get_args(Transform))}"
            )
        c = len(train.layout.targets)
        targets = forward(train, transform)
        spans = zip(train.ids, train.offsets, train.offsets[1:], strict=False)
        known = {name: _moments(targets[a:b]) for name, a, b in spans if _enough(targets[a:b])}
        return cls(transform, known, _moments(train.values[:, c:]))

    def of(self, panel: Panel, before: Array | None = None) -> Array:
        """Return the means and spreads of each series (s 2 c); a new one's are its own.

        Args:
            panel: The series.
            before: The step of each up to which a new one may be known (s); None takes all.
        """
        targets = forward(panel, self.transform)
        ends = panel.offsets[1:] if before is None else panel.offsets[:-1] + before
        spans = zip(panel.ids, panel.offsets, ends, strict=False)
        rows = [self.known[n] if n in self.known else _moments(targets[a:b]) for n, a, b in spans]
        return np.stack(rows)

    def applied(self, panel: Panel, scales: Array) -> Array:
        """Return the values of a panel, scaled (n k), by what `of` returns for it."""
        c = len(panel.layout.targets)
        scaled = np.empty(panel.values.shape, "float32")
        targets = forward(panel, self.transform)
        for moments, a, b in zip(scales, panel.offsets, panel.offsets[1:], strict=False):
            _standardised(targets[a:b], moments, scaled[a:b, :c])
        _standardised(panel.values[:, c:], self.others, scaled[:, c:])
        return scaled

    def undone(self, values: Array, moments: Array) -> Array:
        """Return scaled targets (n u c) in their own units, by the moments of each row (n 2 c)."""
        found = values.astype(float)
        found *= moments[:, 1][:, None]
        found += moments[:, 0][:, None]
        return np.asarray(BACK[self.transform](found))


def forward(panel: Panel, transform: str) -> Array:
    """Return the transformed targets of a panel (n c)."""
    targets = panel.targets
    low = targets < LEAST[transform]
    if low.any():
        row, column = np.argwhere(low)[0]
        names, of = panel.layout.targets, np.searchsorted(panel.offsets, row, side="right") - 1
        name = names[column] if names != (SHARED,) else panel.ids[of][1]
        raise DataError(
            f"'{name}' is {targets[row, column]:g} at some step, expected"
            f" {'more than 0' if transform == 'log' else 'at least 0'} for transform={transform!r}."
            " Take another transform: log1p for counts, asinh for values of both signs."
        )
    return np.asarray(FORWARD[transform](targets))


def _enough(values: Array) -> bool:
    """Return whether each column has two values, of which to tell a spread."""
    return bool((np.sum(~np.isnan(values), axis=0) > 1).all())


def _moments(values: Array) -> Array:
    """Return means and spreads of columns (2 c), of 0 and 1 where nothing is known."""
    known = ~np.isnan(values)
    count = np.maximum(known.sum(axis=0), 1)
    mean = values.sum(axis=0, where=known) / count
    off = values - mean
    spread = np.sqrt(np.square(off, out=off).sum(axis=0, where=known) / count)
    return np.stack([mean, np.where(spread > LEAST_SPREAD * (1 + np.abs(mean)), spread, 1.0)])


def _standardised(values: Array, moments: Array, out: Array) -> None:
    """Write values less their mean, over their spread, in single precision, without a copy."""
    np.subtract(values, moments[0], out=out, casting="same_kind")
    np.divide(out, moments[1], out=out, casting="same_kind")
