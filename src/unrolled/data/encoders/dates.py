"""Dates as numbers: where they lie in the week, the year and the day, and the days between them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self

import numpy as np

from unrolled.data.block import Array
from unrolled.data.encoders.base import Encoder
from unrolled.data.encoders.scaler import are_features, is_number, moments
from unrolled.data.tables.table import Values
from unrolled.schema import Column

DAY = np.timedelta64(1, "D")
CYCLES = ("weekday", "month", "day of year", "hour")
YEAR_DAYS = 365.25


class Dates(Encoder):
    """The encoder of `date`, which is an input.

    A date becomes the sine and the cosine of three angles, and of a fourth one if the times of day
    of the training part differ:

    - day of the week: 2 pi (days since Monday) / 7
    - month: 2 pi (month - 1) / 12
    - day of the year: 2 pi (days since 1 January) / 365.25
    - hour: 2 pi (seconds since midnight) / 86400

    and one number, the days since the earliest date of the training part, with mean 0 and standard
    deviation 1. A number that is the same for all dates of the training part becomes 0. A missing
    date becomes zeros; if dates are missing in the training part, one more number says which.

    Example:
        >>> days = np.array(["2024-01-01", "2024-01-08"], dtype="datetime64[us]")
        >>> Dates(Column(name="day", kind="date")).fit(days).encode(days)[:, -1].tolist()
        [-1.0, 1.0]
    """

    def __init__(self, column: Column, *, as_output: bool = False) -> None:
        super().__init__(column, as_output=as_output)
        self.first: np.datetime64 | None = None
        self.hours = False
        self.mean = 0.0
        self.std = 1.0
        self.constant: list[int] = []
        self.marked = False

    @property
    def size(self) -> int:
        """Encoded features."""
        return self._width + self.marked

    @property
    def _width(self) -> int:
        """Features without the mark of missing dates."""
        return _width(self.hours)

    def fit(self, values: Values) -> Self:
        """Learn the first date and the spread of the dates.

        Args:
            values: datetime64[us] (b,), NaT where missing.
        """
        dates = np.asarray(values, dtype="datetime64[us]")
        known = dates[~np.isnat(dates)]
        self.first = known.min() if len(known) else np.datetime64(0, "us")
        self.hours = len(np.unique(known - known.astype("datetime64[D]"))) > 1
        self.marked = 0 < len(known) < len(dates)
        features = self._features(known)
        self.mean, self.std = moments(features[:, -1])
        same = features.min(axis=0, initial=np.inf) >= features.max(axis=0, initial=-np.inf)
        self.constant = [int(i) for i in np.flatnonzero(same)]
        return self

    def encode(self, values: Values) -> Array:
        """Return the features of dates, as float32 (b w).

        Args:
            values: datetime64[us] (b,), NaT where missing.
        """
        if self.first is None:
            raise self.not_fitted()
        dates = np.asarray(values, dtype="datetime64[us]")
        missing = np.isnat(dates)
        encoded = np.zeros((len(dates), self.size), dtype=np.float32)
        features = self._features(dates[~missing])
        features[:, -1] = (features[:, -1] - self.mean) / self.std
        features[:, self.constant] = 0.0
        encoded[~missing, : self._width] = features
        if self.marked:
            encoded[:, -1] = missing
        return encoded

    def decode(self, values: Any) -> Any:
        """Refuse: a date cannot be predicted as a date, only as text."""
        raise NotImplementedError(f"column '{self.column.name}': dates are inputs only.")

    def to_dict(self) -> dict[str, Any]:
        """Return the fitted state as plain JSON."""
        if self.first is None:
            raise self.not_fitted()
        return {
            "encoder": "dates",
            "column": self.column.to_dict(),
            "output": self.as_output,
            "first": str(self.first),
            "hours": self.hours,
            "mean": self.mean,
            "std": self.std,
            "constant": self.constant,
            "marked": self.marked,
        }

    @staticmethod
    def invalid_field(facts: dict[str, Any]) -> str | None:
        """Return the field of a saved state that it cannot have, or None."""
        if not _is_date(facts["first"]):
            return "first"
        for name in ("hours", "marked"):
            if not isinstance(facts[name], bool):
                return name
        if not (is_number(facts["mean"]) and is_number(facts["std"], above=0)):
            return "mean or std"
        return None if are_features(facts["constant"], _width(facts["hours"])) else "constant"

    @classmethod
    def from_dict(cls, facts: dict[str, Any]) -> Self:
        """Return the encoder that `to_dict` wrote; `invalid_field` checks it first."""
        encoder = cls(Column.from_dict(facts["column"]), as_output=facts["output"])
        encoder.first = np.datetime64(facts["first"], "us")
        encoder.hours, encoder.marked = facts["hours"], facts["marked"]
        encoder.mean, encoder.std = float(facts["mean"]), float(facts["std"])
        encoder.constant = list(facts["constant"])
        return encoder

    def _features(self, dates: Array) -> Array:
        """Return the features of dates that are known (n w), the days not yet scaled."""
        days = dates.astype("datetime64[D]")
        year, month = dates.astype("datetime64[Y]"), dates.astype("datetime64[M]")
        turns = [
            (days.astype(np.int64) + 3) % 7 / 7,  # day 0, 1970-01-01, was a Thursday
            (month - year).astype(np.int64) / 12,
            (days - year).astype(np.int64) / YEAR_DAYS,
            (dates - days) / DAY,
        ]
        angles = [2 * np.pi * turn for turn in turns[: 3 + self.hours]]
        waves = [wave(angle) for angle in angles for wave in (np.sin, np.cos)]
        return np.stack([*waves, (dates - self.first) / DAY], axis=1)  # n w


def _width(hours: bool) -> int:
    """Return the number of features of a date, without the mark of a missing one."""
    return 2 * (len(CYCLES) - (not hours)) + 1


def _is_date(value: Any) -> bool:
    """Return whether a saved value is a date."""
    try:
        return isinstance(value, str) and bool(datetime.fromisoformat(value))
    except ValueError:
        return False
