"""The errors of the latest forecasts of each series, from which intervals are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from unrolled.data.block import Array
from unrolled.forecasting import intervals
from unrolled.forecasting.live.followed import Followed
from unrolled.forecasting.live.latest_steps import LatestSteps
from unrolled.forecasting.trained import TrainedForecaster


@dataclass(frozen=True)
class SeriesErrors:
    """The errors of the latest forecasts of one series.

    Attributes:
        stop: The position after the last forecast's first step.
        errors: True minus forecast over the scale, one forecast a step, for each series that the
            network sees for this one (n u c).
    """

    stop: int
    errors: tuple[Array, ...]


def latest_errors(
    trained: TrainedForecaster, followed: Followed, before: Mapping[Any, SeriesErrors]
) -> dict[Any, SeriesErrors]:
    """Return the errors of the latest forecasts of each series whose truth is known by now.

    The forecasts are those of which `TrainedForecaster.interval_offsets` takes the errors.

    Args:
        trained: The forecaster.
        followed: The series.
        before: The errors at an earlier time. A series whose scale changes with every step has
            none, so that all of its errors are computed anew.
    """
    first = {name: _first_forecast(trained, name, s) for name, s in followed.steps.items()}
    begin = {n: max(i, before[n].stop) if n in before else i for n, i in first.items()}
    lookback, per_id = trained.window.lookback, trained.series_per_id
    counts = {name: s.end - begin[name] + lookback for name, s in followed.steps.items()}
    series = followed.dataset(followed.panel(counts))
    positions = np.repeat(list(begin.values()), per_id)
    new = trained.errors_by_series(series, positions - series.panel.starts)
    result = {}
    for i, (name, steps) in enumerate(followed.steps.items()):
        errors = new[i * per_id : (i + 1) * per_id]
        if name in before:
            errors = [
                np.concatenate(both) for both in zip(before[name].errors, errors, strict=True)
            ]
        stop = max(steps.end - trained.window.horizon + 1, first[name])
        count = stop - first[name]
        result[name] = SeriesErrors(stop, tuple(own[len(own) - count :] for own in errors))
    return result


def _first_forecast(trained: TrainedForecaster, name: Any, steps: LatestSteps) -> int:
    """Return the position of the first step of the earliest forecast whose errors count."""
    earliest = steps.start + trained.window.lookback
    recent = steps.end - intervals.RECENT_WINDOWS - trained.window.horizon
    return int(max(earliest, recent, trained.held_out_start.get(name, earliest)))
