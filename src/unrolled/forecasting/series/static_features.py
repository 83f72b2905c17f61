"""Static columns, constant within a series, as numbers: scaled numbers and one-hot categories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from unrolled.data.block import Array
from unrolled.errors import DataError, did_you_mean, quote_names
from unrolled.forecasting.series.panel import Panel
from unrolled.saving import from_untrusted


@dataclass(frozen=True)
class StaticEncoder:
    """How static columns become numbers.

    Attributes:
        scales: Mean and standard deviation of each column of numbers.
        categories: The known categories of each column of text.
    """

    scales: dict[str, tuple[float, float]]
    categories: dict[str, tuple[str, ...]]

    @classmethod
    def fit(cls, panel: Panel) -> StaticEncoder:
        """Fit the encoder on the series of a panel."""
        texts = {column.name: column for column in panel.static if column.dtype == pl.String}
        numbers = {c.name: _as_floats(c) for c in panel.static if c.name not in texts}
        return cls(
            {name: (float(a.mean()), float(a.std()) or 1.0) for name, a in numbers.items()},
            {name: tuple(column.unique().sort().to_list()) for name, column in texts.items()},
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the encoder as JSON."""
        return {"scales": self.scales, "categories": self.categories}

    @classmethod
    def from_dict(cls, state: Any) -> StaticEncoder:
        """Return the encoder that `to_dict` wrote.

        Raises:
            RefusedError: It is not such an encoder.
        """
        return from_untrusted(cls, state, "statics")

    def encode(self, panel: Panel) -> Array:
        """Return the static columns of each series as numbers (s m).

        Raises:
            DataError: No series of `fit` had a category, or there is text in place of numbers.
        """
        parts = [self._encode_column(column) for column in panel.static]
        return np.concatenate([np.zeros((len(panel.ids), 0)), *parts], axis=1).astype("float32")

    def _encode_column(self, column: pl.Series) -> Array:
        """Return one column (s 1) or (s categories)."""
        name = column.name
        if (name in self.categories) != (column.dtype == pl.String):
            kind = "text" if name in self.categories else "numbers"
            raise DataError(
                f"column '{name}' was {kind} in the data of `fit` and holds {column.dtype} here."
                f" Give {kind}."
            )
        if name in self.scales:
            mean, std = self.scales[name]
            return np.asarray((_as_floats(column)[:, None] - mean) / std)
        known = self.categories[name]
        for value in column:
            if value not in known:
                raise _unknown_category(value, name, known)
        return np.asarray(column.to_numpy()[:, None] == np.array(known))


def _as_floats(column: pl.Series) -> Array:
    """Return a column of numbers or booleans (s)."""
    return column.cast(pl.Float64).to_numpy()


def _unknown_category(value: str, name: str, known: tuple[str, ...]) -> DataError:
    """Return the error for a category that is not known."""
    return DataError(
        f"the category '{value}' in '{name}' was not in the data of `fit`, which had"
        f" {quote_names(known)}.{did_you_mean(value, known)} Correct it, or train on series"
        " that have it."
    )
