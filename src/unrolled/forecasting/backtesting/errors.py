"""Errors of many forecasts at once, summed over chunks that fit into the caches of a processor."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from os import cpu_count

import numpy as np

from unrolled.data.block import Array

CHUNK = 1 << 15  # values of a chunk
TINY = np.finfo(float).tiny


@dataclass(frozen=True)
class ErrorSums:
    """The sums of the errors of forecasts; what is not known does not count.

    Attributes:
        absolute: Absolute errors, by step (u).
        count: How many values are known, by step (u).
        squared: Squared errors.
        scaled: Absolute errors over the scale of their series.
        scaled_count: How many values are known of series that have a scale.
        relative: Absolute errors over the mean size of the true value and the forecast.
    """

    absolute: Array
    count: Array
    squared: float
    scaled: float
    scaled_count: int
    relative: float

    def add(self, other: ErrorSums) -> ErrorSums:
        """Return the sums of both together."""
        names = [field.name for field in fields(self)]
        return ErrorSums(**{name: getattr(self, name) + getattr(other, name) for name in names})

    @property
    def scores(self) -> dict[str, float]:
        """The scores by name."""
        total = self.count.sum()
        return {
            "MAE": float(self.absolute.sum() / total),
            "MSE": float(self.squared / total),
            "MASE": float(self.scaled / self.scaled_count) if self.scaled_count else np.nan,
            "sMAPE": float(100 * self.relative / total),
        }

    @property
    def by_step(self) -> Array:
        """The mean absolute error of each step (u)."""
        return np.asarray(self.absolute / self.count)


def sum_errors(true: Array, forecasts: Mapping[str, Array], scale: Array) -> dict[str, ErrorSums]:
    """Return the sums of the errors of each forecaster.

    Args:
        true: The true values (n u c), NaN where not known.
        forecasts: The forecasts by name (n u c).
        scale: What absolute errors are divided by for the MASE (n c), NaN where there is none.
    """
    workers = min(cpu_count() or 1, -(-true.size // CHUNK))
    ends = np.linspace(0, len(true), workers + 1).astype(int).tolist()

    def of_part(part: int) -> dict[str, ErrorSums]:
        rows = slice(ends[part], ends[part + 1])
        parts = {name: values[rows] for name, values in forecasts.items()}
        return _sum_part(true[rows], parts, scale[rows])

    with ThreadPoolExecutor(workers) as pool:
        first, *others = pool.map(of_part, range(workers))
    for other in others:
        first = {name: sums.add(other[name]) for name, sums in first.items()}
    return first


def _sum_part(true: Array, forecasts: Mapping[str, Array], scale: Array) -> dict[str, ErrorSums]:
    """Return the sums of the errors of some forecasts, chunk by chunk in the same memory."""
    sums: dict[str, ErrorSums] = {}
    rows = max(1, CHUNK // max(1, true[:1].size))
    memory = np.empty((3, rows, *true.shape[1:]))
    for start in range(0, len(true), rows):
        chunk = slice(start, start + rows)
        here, sizes = true[chunk], memory[0, : len(true[chunk])]
        is_known = ~np.isnan(here)
        known = None if is_known.all() else is_known
        np.abs(here, out=sizes)
        for name, values in forecasts.items():
            own = _sum_chunk(here, sizes, known, values[chunk], scale[chunk], memory[1:])
            sums[name] = sums[name].add(own) if name in sums else own
    return sums


def _sum_chunk(
    true: Array, sizes: Array, known: Array | None, values: Array, scale: Array, memory: Array
) -> ErrorSums:
    """Return the sums of the errors of a few forecasts.

    Args:
        true: The true values (n u c).
        sizes: Their absolute values.
        known: Which of them are known; None if all are.
        values: The forecasts.
        scale: What absolute errors are divided by (n c).
        memory: Two arrays that are written into, at least as large.
    """
    (n, u, c), (errors, relative) = true.shape, memory[:, : len(true)]
    np.abs(values, out=relative)
    relative += sizes
    relative += TINY  # where both are 0, so is the error
    np.subtract(true, values, out=errors)
    np.abs(errors, out=errors)
    np.divide(errors, relative, out=relative)
    counts = np.full((n, c), u) if known is None else known.sum(axis=1)
    if known is not None:
        errors[~known] = relative[~known] = 0
    by_step = np.add.reduce(errors, axis=0)  # u c
    if (scale == scale[:1]).all():  # windows of one series
        scaled = by_step.sum(axis=0) / scale[0]
    else:
        scaled = np.einsum("nuc->nc", errors) / scale
    return ErrorSums(
        absolute=by_step.sum(axis=1),
        count=np.full(u, n * c) if known is None else known.sum(axis=(0, 2)),
        squared=float(np.vdot(errors, errors)),
        scaled=float(np.nansum(scaled)),
        scaled_count=int(counts[~np.isnan(scale)].sum()),
        relative=2 * float(relative.sum()),
    )
