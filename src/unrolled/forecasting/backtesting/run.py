"""Run a backtest: which steps are scored, and the scores of their forecasts."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from unrolled.data.block import Array
from unrolled.errors import DataError
from unrolled.forecasting.backtesting.backtest import Backtest, score_forecasts
from unrolled.forecasting.backtesting.rolling_origin import roll_origin
from unrolled.forecasting.series.arguments import Levels
from unrolled.forecasting.series.panel import Panel
from unrolled.forecasting.trained import TrainedForecaster


def first_scored_steps(
    trained: TrainedForecaster, panel: Panel, last: int | None, *, new_data: bool
) -> Array:
    """Return the first step of each series to score (s).

    Args:
        trained: The forecaster.
        panel: The series.
        last: Score the last so many steps; None scores those that `fit` did not see: the held-out
            steps of its own data, and in new data the steps after them.
        new_data: Whether the series are other data than that of `fit`.
    """
    if last is not None:
        if last >= (longest := int(panel.lengths.max(initial=0))):
            raise DataError(
                f"last={last} steps are to be scored, and the longest series has {longest}: at"
                " least one step before them is needed to forecast from. Give a smaller `last`, or"
                " data with more steps."
            )
        return np.asarray(np.maximum(panel.lengths - last, 0))
    fitted = trained.panel
    if new_data and fitted.layout.time is None:
        raise DataError(
            "without `time`, nothing tells which of the rows `fit` saw. Say how many of the last"
            " rows to score: last=..."
        )
    ends = dict(zip(fitted.ids, fitted.ends.tolist(), strict=True))
    unseen_from = ends if new_data else trained.held_out_start
    pairs = zip(panel.ids, panel.starts, strict=True)
    return np.array([unseen_from.get(name, start) - start for name, start in pairs])


def run_backtest(
    trained: TrainedForecaster,
    panel: Panel,
    first: Array,
    step: int,
    levels: Levels,
    *,
    unseen: bool,
    new_data: bool = True,
    refits: Iterable[tuple[int, int, TrainedForecaster]] = (),
) -> Backtest:
    """Score the forecasts of known steps.

    Args:
        trained: The forecaster.
        panel: The series.
        first: The first step of each series to score (s).
        step: Steps from one forecast to the next.
        levels: The levels of the intervals.
        unseen: Whether `fit` saw none of the steps to score.
        new_data: Whether the series are other data than that of `fit`.
        refits: Forecasters that take over as time passes; see `refit_as_time_passes`.

    Raises:
        DataError: No forecast can be made and scored.
    """
    window = trained.window
    first = np.maximum(first, window.lookback)
    series = trained.series(panel, np.minimum(first, panel.lengths))
    first = np.repeat(first, trained.series_per_id)
    if not series.examples(first=first).rows:
        raise DataError(
            f"no series has enough steps: a forecast to score needs {window.lookback} steps to look"
            f" back on and {window.horizon} known steps after them. Give data with more steps, or"
            " another `last`."
        )
    forecasts = roll_origin(
        trained, series, first, step, levels, unseen=unseen, new_data=new_data, refits=refits
    )
    return score_forecasts(forecasts, levels=levels, season=trained.season)
