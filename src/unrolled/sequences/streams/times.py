"""The time of a step, where a model has a column of times: it must be later than the last one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from unrolled.data.block import Array
from unrolled.data.formats.from_python import to_series
from unrolled.data.layouts.rows_as_steps import RowsAsSteps
from unrolled.data.layouts.times import read_times, times_as_numbers
from unrolled.errors import DataError
from unrolled.runtime.streaming.step import Kept, State

TIME = "time"  # the name in a state


class StepTimes:
    """The times of steps.

    Args:
        layout: The layout of the tables of the model, whose rows are steps.
    """

    def __init__(self, layout: RowsAsSteps) -> None:
        self.column, self.required = str(layout.time), layout.elapsed
        self.keeps = {TIME: Kept((), "float64", np.nan)}

    def read(self, steps: Sequence[Mapping[str, Any]], state: State) -> tuple[Array, Array]:
        """Return the time of each step (b), and the time since the step before (b).

        Where the network does not read times, a step may lack its time: that of the step before
        stays.

        Raises:
            KeyError: The column is missing.
            DataError: A time cannot be read, or is not later than that of the step before.
        """
        name, before = self.column, state[TIME]
        times = np.array(
            [
                self._number(step[name]) if self.required or name in step else np.nan
                for step in steps
            ]
        )
        late = np.flatnonzero(times <= before)  # false at the first step, where it is NaN
        if len(late):
            raise DataError(
                f"column '{name}': the time {steps[late[0]][name]!r} is not later than that of the"
                " step before. Steps are read in the order of time: leave this one out, or begin"
                " anew with reset()."
            )
        known = np.where(np.isnan(times), before, times)
        return known, np.where(np.isnan(before), 0.0, known - before)

    def _number(self, value: Any) -> float:
        """Return a time as a number, in days for dates and times."""
        if type(value) is float and np.isfinite(value):
            return float(value)
        try:
            times = read_times(to_series(self.column, [value]))
        except DataError as error:
            raise DataError(str(error).replace(", row 1:", ":")) from None
        return float(times_as_numbers(times)[0])
