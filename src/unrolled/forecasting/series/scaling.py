"""Scaling: series as numbers near zero, fitted on the training part, and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from unrolled.data.block import Array
from unrolled.errors import DataError, SettingError, did_you_mean
from unrolled.forecasting.series.panel import Panel
from unrolled.program.operations.activations import sigmoid
from unrolled.saving.checked_json import RefusedError

SQUEEZE = 1e-3  # the distance of a share of 0 or 1 from the end, whose logit would be infinite
Transform = Literal["none", "log", "log1p", "asinh", "logit"]
TRANSFORMS: dict[str, Callable[[Any], Any]] = {
    "none": lambda y: y,
    "log": np.log,
    "log1p": np.log1p,
    "asinh": np.arcsinh,
    "logit": lambda y: _logit(SQUEEZE + (1 - 2 * SQUEEZE) * y),
}
INVERSES: dict[str, Callable[[Any], Any]] = {
    "none": lambda y: y,
    "log": np.exp,
    "log1p": np.expm1,
    "asinh": np.sinh,
    "logit": lambda z: np.clip((sigmoid(z) - SQUEEZE) / (1 - 2 * SQUEEZE), 0, 1),
}
MIN_VALUES = {
    "none": -np.inf,
    "asinh": -np.inf,
    "log": np.nextafter(0, 1),
    "log1p": 0.0,
    "logit": 0.0,
}
MAX_VALUES = {"logit": 1.0}
RANGES = {"log": "more than 0", "log1p": "at least 0", "logit": "0 to 1"}
MIN_STD = 1e-6
SINGLE_TARGET = "value"  # the name of the only target where each target is a series of its own


@dataclass(frozen=True)
class RunningMoments:
    """Mean and standard deviation of columns, to which further values can be added.

    Attributes:
        count: How many values of each column are known (c).
        mean: Their mean (c), 0 where there is none.
        squares: The sum of their squared deviations from it (c).
    """

    count: Array
    mean: Array
    squares: Array

    @classmethod
    def of(cls, values: Array) -> RunningMoments:
        """Return the moments of some values (n c); NaN does not count."""
        known = ~np.isnan(values)
        count = known.sum(axis=0)
        mean = values.sum(axis=0, where=known) / np.maximum(count, 1)
        deviation = values - mean
        squares = np.square(deviation, out=deviation).sum(axis=0, where=known)
        return cls(count, mean, squares)

    def add(self, other: RunningMoments) -> RunningMoments:
        """Return the moments of the values of both together.

        Source:
            Chan et al. 1983, equation 2.1.
        """
        count = self.count + other.count
        fraction = other.count / np.maximum(count, 1)
        distance = other.mean - self.mean
        squares = self.squares + other.squares + distance**2 * self.count * fraction
        return RunningMoments(count, self.mean + distance * fraction, squares)

    def to_array(self) -> Array:
        """Return count, mean and squares as one array (3 c)."""
        return np.stack([self.count, self.mean, self.squares])

    @classmethod
    def from_array(cls, state: Array) -> RunningMoments | None:
        """Return the moments that `to_array` described; None for NaN.

        Raises:
            RefusedError: A count or a sum of squares cannot be.
        """
        if np.isnan(state).all():
            return None
        count, mean, squares = state
        if not np.isfinite(state).all() or (count < 0).any() or (squares < 0).any():
            raise RefusedError("the moments of a series have values that they cannot have")
        return cls(count, mean, squares)

    @property
    def mean_and_std(self) -> Array:
        """Mean and standard deviation (2 c), 0 and 1 where nothing is known."""
        std = np.sqrt(self.squares / np.maximum(self.count, 1))
        is_constant = std <= MIN_STD * (1 + np.abs(self.mean))
        return np.stack([self.mean, np.where(is_constant, 1.0, std)])


@dataclass(frozen=True)
class SeriesScaler:
    """How series become numbers near zero: each by its own mean and standard deviation.

    Attributes:
        transform: The function that is applied to the targets first.
        by_series: By the id of a series, mean and standard deviation of its targets (2 c).
        covariates: Mean and standard deviation of the further columns (2 k).
    """

    transform: Transform
    by_series: dict[Any, Array]
    covariates: Array

    @classmethod
    def fit(cls, train: Panel, transform: Transform) -> SeriesScaler:
        """Fit the scaler on a training part.

        Raises:
            SettingError: There is no such transform.
            DataError: The transform is not defined for a value.
        """
        if transform not in get_args(Transform):
            raise SettingError(
                f"there is no transform {transform!r}: expected one of"
                f" {', '.join(get_args(Transform))}."
                f"{did_you_mean(str(transform), get_args(Transform))}"
            )
        c = len(train.layout.targets)
        targets = transform_targets(train, transform)
        spans = zip(train.ids, train.offsets, train.offsets[1:], strict=False)
        by_series = {
            name: _mean_and_std(targets[a:b])
            for name, a, b in spans
            if _has_two_values(targets[a:b])
        }
        return cls(transform, by_series, _mean_and_std(train.values[:, c:]))

    def moments(self, panel: Panel, before: Array | None = None) -> Array:
        """Return mean and standard deviation of each series (s 2 c); a new series has its own.

        Args:
            panel: The series.
            before: For each series, the step before which a new one may be used (s); None uses
                all steps.
        """
        targets = transform_targets(panel, self.transform)
        ends = panel.offsets[1:] if before is None else panel.offsets[:-1] + before
        spans = zip(panel.ids, panel.offsets, ends, strict=False)
        known = self.by_series
        return np.stack(
            [known[n] if n in known else _mean_and_std(targets[a:b]) for n, a, b in spans]
        )

    def scale(self, panel: Panel, moments: Array) -> Array:
        """Return the scaled values of a panel (n k), given its `moments`."""
        c = len(panel.layout.targets)
        scaled = np.empty(panel.values.shape, "float32")
        targets = transform_targets(panel, self.transform)
        for own, a, b in zip(moments, panel.offsets, panel.offsets[1:], strict=False):
            _standardise(targets[a:b], own, scaled[a:b, :c])
        _standardise(panel.values[:, c:], self.covariates, scaled[:, c:])
        return scaled

    def unscale(self, values: Array, moments: Array) -> Array:
        """Return scaled targets (n u c) in their own units, by the moments of each row (n 2 c)."""
        unscaled = np.multiply(values, moments[:, 1][:, None], dtype=float)
        unscaled += moments[:, 0][:, None]
        return np.asarray(INVERSES[self.transform](unscaled))


def transform_targets(panel: Panel, transform: str) -> Array:
    """Return the transformed targets of a panel (n c)."""
    targets = panel.targets
    outside = (targets < MIN_VALUES[transform]) | (targets > MAX_VALUES.get(transform, np.inf))
    if outside.any():
        row, column = np.argwhere(outside)[0]
        names = panel.layout.targets
        series = np.searchsorted(panel.offsets, row, side="right") - 1
        name = names[column] if names != (SINGLE_TARGET,) else panel.ids[series][1]
        raise DataError(
            f"transform={transform!r} needs values of {RANGES[transform]}, but '{name}' is"
            f" {targets[row, column]:g} at some step. Take another transform: log1p for counts,"
            " asinh for values of both signs."
        )
    return np.asarray(TRANSFORMS[transform](targets))


def _has_two_values(values: Array) -> bool:
    """Return whether each column has two values, which a standard deviation needs."""
    return bool((np.sum(~np.isnan(values), axis=0) > 1).all())


def _mean_and_std(values: Array) -> Array:
    """Return mean and standard deviation of columns (2 c), 0 and 1 where nothing is known."""
    return RunningMoments.of(values).mean_and_std


def _standardise(values: Array, moments: Array, out: Array) -> None:
    """Write (values - mean) / standard deviation in single precision, without a copy."""
    np.subtract(values, moments[0], out=out, casting="same_kind")
    np.divide(out, moments[1], out=out, casting="same_kind")


def _logit(share: Array) -> Array:
    """Return log(y / (1 - y)), the inverse of the sigmoid."""
    result: Array = np.log(share) - np.log1p(-share)
    return result
