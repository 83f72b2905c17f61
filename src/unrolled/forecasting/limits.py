"""The lowest and the highest value that forecasts can have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from unrolled.data.block import Array
from unrolled.errors import DataError, SettingError, quote_names
from unrolled.forecasting.series.panel import Panel
from unrolled.saving.checked_json import RefusedError, short_repr

NO_LIMITS = (-np.inf, np.inf)


@dataclass(frozen=True)
class Limits:
    """The range of the forecasts of each target.

    Attributes:
        by_target: The lowest and the highest value by target; a target that is not in it has none.
    """

    by_target: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @classmethod
    def fit(
        cls, panel: Panel, floor: float | None, ceiling: float | None
    ) -> tuple[Limits, tuple[str, ...]]:
        """Return the limits that are stated or that the data has, and a sentence about the latter.

        Args:
            panel: The series that a model is fitted on.
            floor: The lowest value; None takes 0 where no value is below 0.
            ceiling: The highest value; None sets none.

        Raises:
            DataError: A value of the data is outside of the stated limits.
        """
        by_target, not_negative = {}, []
        for k, name in enumerate(panel.layout.targets):
            lowest, highest = (float(f(panel.targets[:, k])) for f in (np.nanmin, np.nanmax))
            low = -np.inf if floor is None else float(floor)
            high = np.inf if ceiling is None else float(ceiling)
            if lowest < low or highest > high:
                raise DataError(
                    f"'{name}' has values from {lowest:g} to {highest:g}, but the forecasts are to"
                    f" lie from {low:g} to {high:g}. Correct the data, or the floor and ceiling."
                )
            if floor is None and lowest >= 0:
                low = 0.0
                not_negative.append(name)
            if (low, high) != NO_LIMITS:
                by_target[name] = (low, high)
        if not not_negative:
            return cls(by_target), ()
        return cls(by_target), (
            f"floor 0: no value of {quote_names(not_negative)} is below 0, so no forecast is;"
            " floor=-inf (--floor -inf) sets no limit",
        )

    def ends(self, targets: Sequence[str]) -> Array:
        """Return the lowest and the highest value of some targets (2 c)."""
        return np.array([self.by_target.get(name, NO_LIMITS) for name in targets]).T

    def to_dict(self) -> dict[str, Any]:
        """Return the limits as JSON, null where there is none."""
        return {
            name: [end if np.isfinite(end) else None for end in ends]
            for name, ends in self.by_target.items()
        }

    @classmethod
    def from_dict(cls, state: Mapping[str, Any], targets: Sequence[str]) -> Limits:
        """Return the limits that `to_dict` wrote.

        Raises:
            RefusedError: They are not limits of these targets.
        """
        by_target = {}
        for name, ends in state.items():
            is_pair = isinstance(ends, list) and len(ends) == 2
            if name not in targets or not is_pair or not all(map(_is_end, ends)):
                raise RefusedError(f"'limits' has {short_repr({name: ends})}, which is no range")
            low, high = (NO_LIMITS[k] if end is None else float(end) for k, end in enumerate(ends))
            if low > high:
                raise RefusedError(f"'limits' of {short_repr(name)} are in the wrong order")
            by_target[name] = (low, high)
        return cls(by_target)


def check_limits(floor: Any, ceiling: Any) -> None:
    """Refuse a floor or a ceiling that is no number, or a floor that is not below the ceiling.

    Raises:
        SettingError: It is named.
    """
    for name, value in (("floor", floor), ("ceiling", ceiling)):
        if value is not None and (not _is_end(value) or np.isnan(value)):
            raise SettingError(f"{name} must be a number, not {value!r}.")
    if floor is not None and ceiling is not None and floor >= ceiling:
        raise SettingError(f"floor={floor} must be below ceiling={ceiling}.")


def clamp(values: Array, ends: Array) -> Array:
    """Return values (n u c) within the lowest and the highest of each row or of all (n 2 c)."""
    low, high = ends[:, :1], ends[:, 1:]
    if np.isfinite(low).any():
        values = np.maximum(values, low)
    return np.minimum(values, high) if np.isfinite(high).any() else values


def _is_end(value: Any) -> bool:
    """Return whether a value is a number, or None for no limit."""
    is_number = isinstance(value, int | float | np.integer | np.floating)
    return value is None or (is_number and not isinstance(value, bool))
