"""Forecaster: a step is a row of a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import polars as pl

from unrolled.data.formats.write import check_writable, to_frame_like
from unrolled.data.layouts.columns_as_steps import Steps
from unrolled.estimators import Estimator
from unrolled.forecasting import serialization
from unrolled.forecasting.prediction import forecast_next_steps
from unrolled.forecasting.preparation import ForecastSettings, hold_out_last, read_like, read_panel
from unrolled.forecasting.series.arguments import ColumnNames, check_count, check_levels
from unrolled.forecasting.series.future import future_table, with_future
from unrolled.forecasting.series.panel import Panel
from unrolled.forecasting.series.reading.stated_steps import StatedSteps
from unrolled.forecasting.series.scaling import Transform
from unrolled.forecasting.series.times.periods import with_periods
from unrolled.forecasting.trained import Channels, TrainedForecaster
from unrolled.saving import SavedModel
from unrolled.settings import Network, Training

if TYPE_CHECKING:
    from unrolled.forecasting.backtesting.backtest import Backtest
    from unrolled.forecasting.live.live_forecaster import LiveForecaster


class Forecaster(Estimator):
    """A recurrent network that forecasts the next rows of a table, each row a step in time.

    Args:
        target: The column to forecast, or several: names, or a pattern (`"shop_*"`).
        horizon: Steps to forecast (u).
        time: The column of times: dates, dates and times, or whole numbers. None if the rows stand
            in order. A time that is left out counts as a step with missing values.
        id: The column of series ids; None if there is only one series.
        lookback: Steps that a forecast looks back on (t). None chooses it, with its reason in
            `reasons_`.
        past: Columns of past covariates, which are known up to the present.
        future: Columns of future covariates, whose future is known, such as holidays; see
            `make_future`.
        static: Columns of static features, constant within a series, such as its region: numbers,
            or text for categories.
        channels: Whether one network forecasts each target from its own past (`shared`), or all
            targets from all (`joint`).
        transform: The function that is applied to the targets first: `log` or `log1p` for values
            that are never negative and grow by percentages, `asinh` for outliers of both signs.
        calendar: Whether the place of each step in its day, week and year is an input, as far as
            the frequency allows; `reasons_` says which.
        every: The distance of the steps, such as `15min`, `1h`, `1d`, `1mo`, `Mon-Sat`, `4-4-5` or
            a number; None infers it from the times, and `reasons_` says what was found.
        combine: How the rows of a step of `every` become one: `mean`, `sum`, `last`, `min` or
            `max`. None if no step has several rows.
        floor: The lowest value that a forecast can have. None takes 0 where no value of `fit` is
            below 0, and says so in `reasons_`; `-inf` sets no limit.
        ceiling: The highest value that a forecast can have, such as 1 for shares; None sets none.
        season: Season length in steps; None detects it.
        steps: The columns that are the steps, where each row of the table is a series: a pattern
            (`"20*"`), a range (`"2018-01:2019-12"`) or names. `target` then names the values, and
            `time` what the names of these columns are. None if each row is a step.
        network: The network that is built; None takes the defaults of `Network`.
        training: How it is trained; None takes the defaults of `Training`. Its `validation` is the
            fraction of the last steps of each series that is held out, to decide when training
            stops and how wide intervals are.

    Example:
        >>> table = {"t": range(60), "y": [k % 4 + 0.5 for k in range(60)]}
        >>> quick = Training(epochs=2, verbose=False)
        >>> forecaster = Forecaster("y", time="t", horizon=4, lookback=8, training=quick)
        >>> forecaster.fit(table).predict()["t"].to_list()
        [60, 61, 62, 63]
    """

    def __init__(
        self,
        target: ColumnNames,
        *,
        horizon: int,
        time: str | None = None,
        id: str | None = None,
        lookback: int | None = None,
        past: ColumnNames = (),
        future: ColumnNames = (),
        static: ColumnNames = (),
        channels: Channels = "shared",
        transform: Transform = "none",
        calendar: bool = False,
        every: str | int | None = None,
        combine: str | None = None,
        floor: float | None = None,
        ceiling: float | None = None,
        season: int | None = None,
        steps: Steps = None,
        network: Network | None = None,
        training: Training | None = None,
    ) -> None:
        self.target = target
        self.horizon = horizon
        self.time = time
        self.id = id
        self.lookback = lookback
        self.past = past
        self.future = future
        self.static = static
        self.channels = channels
        self.transform = transform
        self.calendar = calendar
        self.every = every
        self.combine = combine
        self.floor = floor
        self.ceiling = ceiling
        self.season = season
        self.steps = steps
        self.network = network
        self.training = training

    def fit(self, data: Any, *, warm: bool = False, callbacks: Sequence[Any] = ()) -> Self:
        """Train on a table.

        Args:
            data: A path, a pandas, polars or pyarrow frame, or a dict of columns.
            warm: Start from the weights of the previous `fit`, for data of the same columns.
            callbacks: `keras.callbacks.Callback` objects.

        Raises:
            DataError: The data cannot be used; the message says where and what to do.
            SettingError: A setting does not exist, contradicts another, or has no effect here.
        """
        from unrolled.forecasting.fitting import fit_forecaster

        previous = self._require_fitted("fit with warm=True") if warm else None
        settings = self._forecast_settings()
        panel = self._read_training_data(data, None if previous is None else previous.panel)
        self._trained = fit_forecaster(panel, settings, previous, callbacks=callbacks)
        return self

    def fit_and_evaluate(
        self,
        data: Any,
        *,
        last: int | None = None,
        step: int = 1,
        level: Sequence[int] = (),
        refit: int | None = None,
        callbacks: Sequence[Any] = (),
    ) -> Backtest:
        """Hold out the last steps of each series, train on the rest, and score the held-out steps.

        Args:
            data: As for `fit`.
            last: Steps to hold out; None takes a fifth, but at least a horizon.
            step: As for `backtest`.
            level: As for `backtest`.
            refit: Steps after which the network is trained again, from its weights and on all
                steps known by then; None trains once. The forecaster keeps its first training.
            callbacks: As for `fit`; each training calls them.

        Raises:
            DataError: As for `fit`.
        """
        from unrolled.forecasting.backtesting.refit import refit_as_time_passes
        from unrolled.forecasting.backtesting.run import run_backtest
        from unrolled.forecasting.fitting import fit_forecaster

        settings, levels = self._forecast_settings(), check_levels(level)
        check_count(step, "step")
        for value, name, minimum in ((last, "last", settings.horizon), (refit, "refit", 1)):
            if value is not None:
                check_count(value, name, minimum)
        panel = self._read_training_data(data)
        known, first = hold_out_last(panel, last, settings.horizon)
        self._trained = trained = fit_forecaster(known, settings, callbacks=callbacks)
        first = np.maximum(first, trained.window.lookback)
        refits = (
            refit_as_time_passes(trained, panel, settings, first, refit, callbacks=callbacks)
            if refit
            else ()
        )
        return run_backtest(trained, panel, first, step, levels, unseen=True, refits=refits)

    def predict(self, data: Any = None, *, future: Any = None, level: Sequence[int] = ()) -> Any:
        """Forecast the steps after the end of each series.

        Args:
            data: A table of the same columns, of which the last `lookback` steps are the input;
                None continues the data of `fit`. It may have new series. A series shorter than
                the lookback is extended backwards with its first values.
            future: The future covariates for the steps to forecast; see `make_future`.
            level: Levels of prediction intervals in percent, such as `[80, 95]`.

        Returns:
            A table of `id`, `time` and the forecast of each target, with `y-lo-80`, `y-hi-80` for
            each level, in the kind of frame that came in (polars for a path or without data).

        Raises:
            NotFittedError: `fit` was not called.
            DataError: A column is missing, or a step of `future`.
            SettingError: A level is no percentage.
        """
        trained: TrainedForecaster = self._require_fitted("predict")
        levels = check_levels(level)
        panel = self._panel_of(data)
        frame = forecast_next_steps(trained, panel, future, levels, new_data=data is not None)
        return frame if data is None else self._frame_like(frame, data)

    def make_future(self, data: Any = None) -> Any:
        """Return the table of future covariates that you fill in for `predict`.

        Args:
            data: As for `predict`; before `fit` it must be given.

        Raises:
            NotFittedError: `fit` was not called, and there is no data.
        """
        panel = self._panel_of(data)
        fitted = self._trained is not None
        horizon = self._trained.window.horizon if fitted else self._forecast_settings().horizon
        frame = future_table(panel, horizon)
        return frame if data is None else self._frame_like(frame, data)

    def backtest(
        self,
        data: Any = None,
        *,
        last: int | None = None,
        step: int = 1,
        level: Sequence[int] = (),
    ) -> Backtest:
        """Forecast known steps, each from the steps before it, and score the forecasts.

        Args:
            data: A table of the same columns, with the steps to look back on before those to
                score; None scores the held-out steps of `fit`.
            last: Score the last so many steps of each series; None scores the steps that `fit` did
                not see.
            step: Steps from one forecast to the next.
            level: Levels in percent of the intervals to score.

        Raises:
            NotFittedError: `fit` was not called.
            DataError: No forecast can be made and scored.
        """
        from unrolled.forecasting.backtesting.run import first_scored_steps, run_backtest

        trained: TrainedForecaster = self._require_fitted("backtest")
        levels = check_levels(level)
        check_count(step, "step")
        if last is not None:
            check_count(last, "last", trained.window.horizon)
        panel, new_data = self._panel_of(data), data is not None
        first = first_scored_steps(trained, panel, last, new_data=new_data)
        unseen = trained.panel.layout.time is not None and bool(
            np.all(first >= first_scored_steps(trained, panel, None, new_data=True))
        )
        return run_backtest(trained, panel, first, step, levels, unseen=unseen, new_data=new_data)

    def live(self, state: str | Path | None = None) -> LiveForecaster:
        """Follow the series of `fit` as they grow: observe new steps, and forecast the next ones.

        The weights stay as they are; `fit(data, warm=True)` trains them further.

        Args:
            state: The file that its `save` wrote, to go on from there; None begins after `fit`.

        Raises:
            NotFittedError: `fit` was not called.
            ArtifactError: The file is damaged, or is of another forecaster.
        """
        from unrolled.forecasting.live.live_forecaster import LiveForecaster

        trained: TrainedForecaster = self._require_fitted("live")
        stated = StatedSteps.from_settings(self.every, self.combine)
        return LiveForecaster.begin(trained, stated, state)

    def plot(
        self,
        path: str | Path,
        *,
        future: Any = None,
        level: Sequence[int] = (80, 95),
        history: int | None = None,
    ) -> Path:
        """Draw the end of each series with its forecast and intervals into a file.

        Args:
            path: The picture, whose suffix says the format (`.png`, `.svg`, `.pdf`).
            future: As for `predict`.
            level: As for `predict`.
            history: Steps of the past to show; None shows three lookbacks.

        Raises:
            NotFittedError: `fit` was not called.
            DataError: The file cannot be written.
        """
        from unrolled.forecasting.forecast_plot import draw_forecast

        trained: TrainedForecaster = self._require_fitted("plot")
        forecast = self.predict(future=future, level=level)
        steps = history or 3 * trained.window.lookback
        return draw_forecast(trained.panel, forecast, Path(path), steps)

    def check_future(self, data: Any, future: Any) -> None:
        """Refuse, before anything is trained, future values that `predict` would refuse.

        Args:
            data: As for `fit`.
            future: As for `predict`.

        Raises:
            DataError: A column is missing, or a step of `future`.
            SettingError: There are future values, and no future covariate.
        """
        with_future(self._panel_of(data), future, self._forecast_settings().horizon)

    def check_outputs(
        self,
        *,
        level: Sequence[int] = (),
        out: str | Path | None = None,
        plot: str | Path | None = None,
    ) -> None:
        """Refuse, before anything is trained, levels and files that would be refused afterwards.

        Args:
            level: As for `predict`.
            out: A file to write the forecast into.
            plot: A file to draw into.

        Raises:
            SettingError: A level is no percentage.
            DataError: A file cannot be written, or its suffix names no format.
        """
        check_levels(level)
        if out is not None:
            check_writable(out)
        self.check_plot(plot)

    def _files(self) -> dict[str, Any]:
        """Return the files of the forecaster by name, without its code.

        They include the held-out steps of the data and a lookback before them, from which `predict`
        and `backtest` continue.
        """
        from unrolled.forecasting.model_card import forecaster_readme

        trained: TrainedForecaster = self._require_fitted("save")
        files = serialization.to_files(trained, self.get_params(deep=False))
        return {**files, "README.md": forecaster_readme(trained, self.diagram().text)}

    @classmethod
    def from_saved(cls, saved: SavedModel) -> Self:
        """Return the forecaster of a folder that `save` wrote."""
        forecaster = cls(**serialization.parameters_from_files(saved))
        forecaster._trained = serialization.from_files(saved)
        return forecaster

    @property
    def reasons_(self) -> tuple[str, ...]:
        """Why this lookback and this season were chosen."""
        trained: TrainedForecaster = self._require_fitted("reasons_")
        return trained.reasons

    def _forecast_settings(self) -> ForecastSettings:
        """Return the settings that are not about columns, checked."""
        groups = {name: self._group(name) for name in ("network", "training")}
        return ForecastSettings.from_params({**self.get_params(deep=False), **groups})

    def _read_training_data(self, data: Any, previous: Panel | None = None) -> Panel:
        """Return the series to train on; after an earlier `fit` with the categories of its data."""
        panel = read_panel(data, self.get_params(deep=False), previous)
        panel.refuse_constant()
        return panel

    def _panel_of(self, data: Any) -> Panel:
        """Return the series of new data; without data those of `fit`."""
        if self._trained is None and data is not None:
            return read_panel(data, self.get_params(deep=False))
        fitted: Panel = self._require_fitted("predict without data").panel
        return fitted if data is None else read_like(data, fitted, self.get_params(deep=False))

    def _frame_like(self, frame: pl.DataFrame, data: Any) -> Any:
        """Return a table in the kind of the data that came in."""
        return with_periods(to_frame_like(frame, data), data, self.time)

    def _column_names(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the names of the columns that are inputs at each step, and of the outputs."""
        layout = self._require_fitted("diagram").panel.layout
        return layout.numeric, layout.targets

    def _facts_html(self) -> str:
        """Return what a notebook shows below the picture: the columns and the reasons."""
        from unrolled.forecasting import notebook

        return notebook.forecaster_facts(self._require_fitted("_repr_html_"))
