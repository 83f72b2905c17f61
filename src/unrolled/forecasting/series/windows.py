"""Windows: overlapping slices of series, as index views over one copy of the values."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from unrolled.data.block import Array, RaggedColumn

CHUNK = 4096  # windows that are gathered together where all of them are needed


@dataclass(frozen=True)
class WindowIndex:
    """Where windows start in series that stand end to end.

    Windows are numbered from 0 over all series, in order. Their starts are computed from these
    numbers and never listed, so that memory does not grow with the number of windows.

    Attributes:
        first: Where the first window of each series starts (s).
        counts: How many windows each series has (s).
        stride: Steps from one window to the next.
    """

    first: Array
    counts: Array
    stride: int = 1

    @cached_property
    def ends(self) -> Array:
        """How many windows there are up to the end of each series (s)."""
        return np.cumsum(self.counts)

    @property
    def total(self) -> int:
        """How many windows there are."""
        return int(self.ends[-1]) if len(self.ends) else 0

    def series(self, rows: Array) -> Array:
        """Return the number of the series that each window is cut from (b)."""
        return np.searchsorted(self.ends, rows, side="right")

    def starts(self, rows: Array) -> Array:
        """Return where each window starts (b)."""
        series = self.series(rows)
        windows_before = self.ends[series] - self.counts[series]
        starts: Array = self.first[series] + (rows - windows_before) * self.stride
        return starts


@dataclass(frozen=True, eq=False)
class Windows(RaggedColumn):
    """A column whose rows are windows of `size` steps over `flat` (n f).

    Attributes:
        index: Where the windows start.
        shift: Steps from there to the first step of a row.
        size: Steps of a row.
        level_step: Steps from the start of a window to the step whose values, the level, are
            subtracted from every step of the row; None subtracts nothing.
        level_width: How many values (f), the first ones, the level is subtracted from.
        observed: Which steps have all of their values (n); None where all steps do.
        static: Values of each series that are added to every step of its windows (s m), or None.
    """

    index: WindowIndex = WindowIndex(np.zeros(0, int), np.zeros(0, int))
    shift: int = 0
    size: int = 1
    level_step: int | None = None
    level_width: int = 1
    observed: Array | None = None
    static: Array | None = None

    def gather(self, rows: Array, steps: int = 0) -> Array:  # noqa: ARG002
        """Return windows (b size f+m), with their levels subtracted."""
        values = self.flat[self.steps(rows)]
        if self.level_step is not None:
            values[..., : self.level_width] -= self.levels(rows)[:, None]
        if self.static is None:
            return values
        static = self.static[self.index.series(rows)][:, None]  # b 1 m
        return np.concatenate([values, np.repeat(static, self.size, axis=1)], axis=2)

    def levels(self, rows: Array) -> Array:
        """Return the level of each window (b level_width)."""
        return self.flat[self.index.starts(rows) + (self.level_step or 0), : self.level_width]

    def stds(self, rows: Array) -> Array:
        """Return the standard deviation of the first values of each window (b level_width)."""
        chunks = np.split(rows, range(CHUNK, len(rows), CHUNK))
        return np.concatenate(
            [self.flat[self.steps(chunk), : self.level_width].std(axis=1) for chunk in chunks]
        )

    def step_weights(self, rows: Array) -> Array:
        """Return 1 for the steps of windows that have all of their values, else 0 (b size)."""
        if self.observed is None:
            return super().step_weights(rows)
        return self.observed[self.steps(rows)].astype("float32")

    def steps(self, rows: Array) -> Array:
        """Return the positions of the steps of windows (b size)."""
        return self.index.starts(rows)[:, None] + np.arange(self.shift, self.shift + self.size)
