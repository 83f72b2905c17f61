"""Windows: many overlapping rows of steps as index views over one copy of the values."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from unrolled.data.block import Array, RaggedColumn

PIECE = 4096  # windows that are looked at together where all are


@dataclass(frozen=True)
class Places:
    """Where windows begin in series that stand end to end.

    A window is known by its number alone: of the windows of all series, in order. No list of them
    is kept, however many there are.

    Attributes:
        first: Where the first window of each series begins (s).
        counts: How many windows each series has (s).
        stride: Steps from one window to the next.
    """

    first: Array
    counts: Array
    stride: int = 1

    @cached_property
    def ends(self) -> Array:
        """How many windows there are up to each series' end (s)."""
        return np.cumsum(self.counts)

    @property
    def total(self) -> int:
        """How many windows there are."""
        return int(self.ends[-1]) if len(self.ends) else 0

    def series(self, rows: Array) -> Array:
        """Return the series that each window is of (b)."""
        return np.searchsorted(self.ends, rows, side="right")

    def of(self, rows: Array) -> Array:
        """Return where each window begins (b)."""
        which = self.series(rows)
        before = self.ends[which] - self.counts[which]
        begin: Array = self.first[which] + (rows - before) * self.stride
        return begin


@dataclass(frozen=True, eq=False)
class Windows(RaggedColumn):
    """A block whose rows are windows of `size` steps over `flat` (n f).

    Attributes:
        places: Where the windows begin.
        shift: Steps from there to the first step of a row.
        size: Steps of a row.
        level: Steps from the window's beginning to the one whose values are taken away from every
            step of the row; None takes nothing away.
        leveled: How many values (f), the first ones, are taken away.
        known: Which steps have all of their values (n), where some do not; None where all do.
        beside: What each step of a series' windows has beside its values (s m); None for nothing.
    """

    places: Places = Places(np.zeros(0, int), np.zeros(0, int))
    shift: int = 0
    size: int = 1
    level: int | None = None
    leveled: int = 1
    known: Array | None = None
    beside: Array | None = None

    def gather(self, rows: Array, steps: int = 0) -> Array:  # noqa: ARG002
        """Return windows (b size f+m), less their levels."""
        taken = self.flat[self._steps(rows)]
        if self.level is not None:
            taken[..., : self.leveled] -= self.levels(rows)[:, None]
        if self.beside is None:
            return taken
        beside = self.beside[self.places.series(rows)][:, None]  # b 1 m
        return np.concatenate([taken, np.repeat(beside, self.size, axis=1)], axis=2)

    def levels(self, rows: Array) -> Array:
        """Return what is taken away from the first values of each window (b leveled)."""
        return self.flat[self.places.of(rows) + (self.level or 0), : self.leveled]

    def spreads(self, rows: Array) -> Array:
        """Return the standard deviation of the first values of each window (b leveled)."""
        pieces = np.split(rows, range(PIECE, len(rows), PIECE))
        return np.concatenate(
            [self.flat[self._steps(piece), : self.leveled].std(axis=1) for piece in pieces]
        )

    def step_weights(self, rows: Array) -> Array:
        """Return 1 for the steps of windows that have all of their values, else 0 (b size)."""
        if self.known is None:
            return super().step_weights(rows)
        return self.known[self._steps(rows)].astype("float32")

    def _steps(self, rows: Array) -> Array:
        """Return where the steps of windows stand (b size)."""
        return self.places.of(rows)[:, None] + np.arange(self.shift, self.shift + self.size)
