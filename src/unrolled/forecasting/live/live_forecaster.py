"""A forecaster that follows series as they grow."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import polars as pl

from unrolled.baselines.verdict import NETWORK
from unrolled.forecasting import intervals
from unrolled.forecasting.live.followed import Followed
from unrolled.forecasting.live.observation import Reading, check_order, continued, note_missing
from unrolled.forecasting.live.rolling_errors import SeriesErrors, latest_errors
from unrolled.forecasting.live.saved_state import read_state, write_state
from unrolled.forecasting.prediction import forecast_table
from unrolled.forecasting.series.arguments import check_levels
from unrolled.forecasting.series.future import future_table, with_future
from unrolled.forecasting.series.reading.stated_steps import StatedSteps
from unrolled.forecasting.trained import TrainedForecaster


class LiveForecaster:
    """A fitted forecaster that follows series as they grow; `Forecaster.live` returns it.

    Its weights never change. Of each series it keeps the steps that the next forecast reads, and
    those from whose errors intervals are made.

    Args:
        trained: The forecaster.
        followed: The latest steps of the series.
        stated: The steps that rows are combined into, if there are any.

    Example:
        >>> from unrolled import Forecaster, Training
        >>> table = {"t": range(60), "y": [k % 4 + 0.5 for k in range(60)]}
        >>> quick = Training(epochs=2, verbose=False)
        >>> forecaster = Forecaster("y", time="t", horizon=4, lookback=8, training=quick)
        >>> live = forecaster.fit(table).live()
        >>> live.observe({"t": 60, "y": 0.5}).forecast()["t"].to_list()
        [61, 62, 63, 64]
    """

    def __init__(
        self, trained: TrainedForecaster, followed: Followed, stated: StatedSteps | None
    ) -> None:
        self._trained, self._followed, self._stated = trained, followed, stated
        self._errors: dict[Any, SeriesErrors] = {}

    @classmethod
    def begin(
        cls, trained: TrainedForecaster, stated: StatedSteps | None, state: str | Path | None
    ) -> Self:
        """Follow the series of `fit` from their ends on, or from where a saved state ends."""
        split = trained.channels == "shared"
        followed = Followed.begin(trained.panel, trained.window, split=split)
        if state is not None:
            followed = read_state(Path(state), followed, trained)
        return cls(trained, followed, stated)

    def observe(self, rows: Any) -> Self:
        """Take in the next step of a series, or several steps of one or more series.

        Args:
            rows: A dict of one step (a value for each column), or a table as for `predict`. A
                series that was not observed before is followed from its first target on.

        Returns:
            This object.

        Raises:
            DataError: A column is missing, a value cannot be used, or a step is not after those
                that were observed before. Then nothing has changed.
        """
        followed = self._followed
        panel = self._reading.read(rows, followed.steps)
        if panel.layout.time is None:
            panel = continued(panel, followed)
        check_order(panel, followed)
        after = followed.observe(panel)
        note_missing(panel, followed)
        self._followed = after
        return self

    def forecast(self, *, future: Any = None, level: Sequence[int] = ()) -> pl.DataFrame:
        """Forecast the steps after the last observed one of each series.

        Steps at the end of a series that have no target are forecast, too: the forecast begins
        after the last known target.

        Args:
            future: The future covariates of the steps to forecast; see `make_future`.
            level: Levels of prediction intervals in percent, such as `[80, 95]`. They are made from
                the errors of the latest forecasts whose truth was observed.

        Returns:
            A table as of `Forecaster.predict`.

        Raises:
            DataError: A column or a step of `future` is missing.
            SettingError: A level is no percentage.
        """
        trained, levels, window = self._trained, check_levels(level), self._trained.window
        known = self._followed.panel(window.lookback).pad_start(window.lookback)
        series = self._followed.dataset(with_future(known, future, window.horizon))
        offsets = self._interval_offsets(levels) if levels else None
        return forecast_table(trained, known, series, levels, offsets)

    def make_future(self) -> pl.DataFrame:
        """Return the table of future covariates that you fill in for `forecast`."""
        return future_table(self._followed.panel(0), self._trained.window.horizon)

    def copy(self) -> LiveForecaster:
        """Return another one that goes on from here by itself."""
        other = LiveForecaster(self._trained, self._followed, self._stated)
        other._errors = self._errors
        return other

    def save(self, path: str | Path) -> Path:
        """Write what is kept of the series to a safetensors file, to go on from it later.

        Args:
            path: The file, for `forecaster.live(path)` of the same forecaster.

        Raises:
            ArtifactError: It cannot be written.
        """
        write_state(Path(path), self._followed, self._trained)
        return Path(path)

    @cached_property
    def _reading(self) -> Reading:
        """How rows are read."""
        window = self._trained.window
        return Reading(
            self._trained.panel, self._stated, window.scaler.transform, window.static_encoder
        )

    def _interval_offsets(self, levels: Sequence[int]) -> Any:
        """Return the interval ends as `TrainedForecaster.interval_offsets` does (k 2 s u c)."""
        trained, followed = self._trained, self._followed
        errors = latest_errors(trained, followed, self._errors)
        self._errors = {n: e for n, e in errors.items() if followed.steps[n].dropped is None}
        return intervals.offsets_by_series(
            [own for one in errors.values() for own in one.errors],
            levels,
            lambda: trained.held_out_errors[NETWORK],
        )
