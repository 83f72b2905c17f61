"""What is constant within a series as numbers: scaled numbers, and a mark for each category."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from unrolled.data.block import Array
from unrolled.errors import DataError, did_you_mean, quote_names
from unrolled.forecasting.series.panel import Panel


@dataclass(frozen=True)
class Statics:
    """How constant columns become numbers.

    Attributes:
        scales: Mean and spread of each column of numbers.
        categories: The known categories of each column of text.
    """

    scales: dict[str, tuple[float, float]]
    categories: dict[str, tuple[str, ...]]

    @classmethod
    def fitted(cls, panel: Panel) -> Statics:
        """Return how the columns of some series become numbers."""
        words = {c.name: c for c in panel.static if c.dtype == pl.String}
        numbers = {c.name: _numbers(c) for c in panel.static if c.name not in words}
        return cls(
            {name: (float(a.mean()), float(a.std()) or 1.0) for name, a in numbers.items()},
            {name: tuple(column.unique().sort().to_list()) for name, column in words.items()},
        )

    def applied(self, panel: Panel) -> Array:
        """Return the columns of each series as numbers (s m).

        Raises:
            DataError: A category that none of the series of `fit` had, or text for numbers.
        """
        parts = [self._column(column) for column in panel.static]
        return np.concatenate([np.zeros((len(panel.ids), 0)), *parts], axis=1).astype("float32")

    def _column(self, column: pl.Series) -> Array:
        """Return one column (s 1) or (s categories)."""
        name = column.name
        if (name in self.categories) != (column.dtype == pl.String):
            expected = "text" if name in self.categories else "numbers"
            raise DataError(
                f"column '{name}' holds {column.dtype}, expected {expected} as in the data of"
                " `fit`. Give it as it was there."
            )
        if name in self.scales:
            mean, spread = self.scales[name]
            return np.asarray((_numbers(column)[:, None] - mean) / spread)
        known = self.categories[name]
        for value in column:
            if value not in known:
                raise _new(value, name, known)
        return np.asarray(column.to_numpy()[:, None] == np.array(known))


def _numbers(column: pl.Series) -> Array:
    """Return a column of numbers or booleans (s)."""
    return column.cast(pl.Float64).to_numpy()


def _new(value: str, name: str, known: tuple[str, ...]) -> DataError:
    """Return the error for a category that is not known."""
    return DataError(
        f"got the new category '{value}' in '{name}', expected one that `fit` saw: {quote_names(known)}."
        f"{did_you_mean(value, known)} Correct it, or train on series with it."
    )
