"""Forecaster: a step is a row of a table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import polars as pl

from unrolled.data.block import Array
from unrolled.data.formats.read import to_frame_like
from unrolled.data.formats.write import check_writable
from unrolled.disk.figures import refuse_undrawable
from unrolled.errors import DataError, NotFittedError
from unrolled.estimator import Estimator
from unrolled.explain.code import code
from unrolled.explain.diagram import Diagram, diagram
from unrolled.explain.wiring import wiring
from unrolled.forecasting.backtesting.backtest import Backtest, backtested
from unrolled.forecasting.backtesting.refit import refits
from unrolled.forecasting.backtesting.rolling_origin import rolled
from unrolled.forecasting.fitting import ForecastSettings, refuse_fraction, trained
from unrolled.forecasting.forecast_plot import drawn
from unrolled.forecasting.model_card import forecasts
from unrolled.forecasting.serialization import asked, files, restored
from unrolled.forecasting.series.arguments import Levels, Names, layout, percents, table
from unrolled.forecasting.series.future import with_future
from unrolled.forecasting.series.panel import Panel, panel
from unrolled.forecasting.series.scaling import Transform
from unrolled.forecasting.trained import Channels, TrainedForecaster
from unrolled.saving import SavedModel, write
from unrolled.settings import Network, Training
from unrolled.training.history import History


class Forecaster(Estimator):
    """A recurrent network that forecasts the next rows of a table, each row a step in time.

    Args:
        target: The column to forecast, or several.
        horizon: Steps to forecast (u).
        time: The column of times: dates, dates and times, or whole numbers; None where the rows
            stand in order. Steps that are left out are taken as missing.
        id: The column that tells series apart; None where there is one.
        lookback: Steps that a forecast looks back on (t); None chooses, and `reasons_` says why.
        past: Further columns, known up to the present.
        future: Further columns, known beforehand, such as holidays; see `make_future`.
        static: Further columns, constant within a series, such as its region: numbers, or text for
            categories.
        channels: Whether one network forecasts each target from its own past (`shared`), or all
            from all (`joint`).
        transform: What is done to the targets first: `log` or `log1p` for what is never negative
            and grows by shares, `asinh` for what has wild values of both signs.
        calendar: Whether the place of each step in its day, week and year goes in, as fits the
            distance of the steps; `reasons_` says which.
        season: Steps until much comes again; None finds it.
        network: What is built.
        training: How it is fitted; `validation` is the share of the last steps of each series
            that says when to stop and how wide intervals are.

    Example:
        >>> table = {"t": range(60), "y": [k % 4 + 0.5 for k in range(60)]}
        >>> few = Training(epochs=2, verbose=False)
        >>> found = Forecaster("y", time="t", horizon=4, lookback=8, training=few).fit(table)
        >>> found.predict()["t"].to_list()
        [60, 61, 62, 63]
    """

    def __init__(
        self,
        target: Names,
        *,
        horizon: int,
        time: str | None = None,
        id: str | None = None,
        lookback: int | None = None,
        past: Names = (),
        future: Names = (),
        static: Names = (),
        channels: Channels = "shared",
        transform: Transform = "none",
        calendar: bool = False,
        season: int | None = None,
        network: Network | None = None,
        training: Training | None = None,
    ) -> None:
        self._settings: dict[str, Any] = {
            "target": target,
            "horizon": horizon,
            "time": time,
            "id": id,
            "lookback": lookback,
            "past": past,
            "future": future,
            "static": static,
            "channels": channels,
            "transform": transform,
            "calendar": calendar,
            "season": season,
            "network": network,
            "training": training,
        }
        self._done: TrainedForecaster | None = None

    def fit(self, data: Any, *, warm: bool = False) -> Self:
        """Train on a table.

        Args:
            data: A path, a pandas, polars or pyarrow frame, or a dict of columns.
            warm: Begin with the weights of the `fit` before, for data of the same columns.

        Raises:
            DataError: The data cannot be used; the message says where and what to do.
            SettingError: A setting that does not exist or does not fit the others.
        """
        before = self._fitted("fit with warm=True") if warm else None
        wanted = self._wanted()
        whole = self._read(data)
        whole.refuse_constant()
        self._done = trained(whole, wanted, before)
        return self

    def fit_and_evaluate(
        self,
        data: Any,
        *,
        last: int | None = None,
        step: int = 1,
        level: Sequence[int] = (),
        refit: int | None = None,
    ) -> Backtest:
        """Hold out the last steps of each series, train on the rest, and score on those held out.

        Args:
            data: As for `fit`.
            last: How many steps; None takes a fifth, a horizon at least.
            step: As for `backtest`.
            level: As for `backtest`.
            refit: Steps after which what forecasts is trained again, from the weights before and
                on all that is known by then; None trains once. What was trained first stays.

        Raises:
            DataError: As for `fit`.
        """
        wanted, levels = self._wanted(), percents(level)
        refuse_fraction(step, "step")
        for value, name, least in ((last, "last", wanted.horizon), (refit, "refit", 1)):
            if value is not None:
                refuse_fraction(value, name, least)
        whole = self._read(data)
        whole.refuse_constant()
        fifth = np.maximum(whole.lengths // 5, wanted.horizon)
        ends = np.maximum(whole.lengths - (fifth if last is None else last), 0)
        if not ends.any():
            raise DataError(
                f"the longest series has {whole.lengths.max()} steps, expected more than the"
                f" {last or fifth.max()} to hold out. Give longer series, or a smaller `last` or"
                " horizon."
            )
        known = whole.part(np.zeros_like(ends), ends).kept(ends > 0)
        self._done = trained(known, wanted, None)
        return self._backtest(whole, ends, step, levels, fresh=True, refit=refit or 0)

    def predict(self, data: Any = None, *, future: Any = None, level: Sequence[int] = ()) -> Any:
        """Forecast the steps after the end of each series.

        Args:
            data: A table of the same columns whose last `lookback` steps are looked back on; None
                takes the data of `fit`. A series may be a new one; before the first step of a
                shorter one its values are taken to have been the same.
            future: The columns known beforehand, of the steps to forecast; see `make_future`.
            level: Percents for which intervals are given, such as `[80, 95]`.

        Returns:
            A table of `id`, `time` and the forecast of each target, with `y-lo-80`, `y-hi-80` for
            each level, in the kind of frame that came in (polars for a path or without data).

        Raises:
            NotFittedError: There was no `fit`.
            DataError: A column is missing, or a step of `future`.
            SettingError: A level that is no percentage.
        """
        done = self._fitted("predict")
        levels = percents(level)
        known = self._given(data).reaching(done.plan.lookback)
        series = done.series(with_future(known, future, done.plan.horizon))
        examples = series.examples(first=series.panel.lengths - done.plan.horizon)
        rows = done.said(series, examples)  # s*c u 1, or s u c
        ends = {"": rows}
        off = done.offsets(done.series(known), levels, fresh=data is not None) if levels else ()
        risk = done.risk(series, examples) if levels else None
        for one, (low, high) in zip(levels, off, strict=True):
            ends |= {f"-lo-{one}": rows + low * risk, f"-hi-{one}": rows + high * risk}
        moments = series.moments(examples)
        arrays = {name: done.plan.scaling.undone(a, moments) for name, a in ends.items()}
        frame = known.index(known.lengths, done.plan.horizon)
        for k, name in enumerate(done.panel.layout.targets):
            columns = {n: done.apart(a)[..., k].reshape(-1) for n, a in arrays.items()}
            frame = frame.with_columns(pl.Series(name + n, a) for n, a in columns.items())
        return frame if data is None else to_frame_like(frame, data)

    def check_future(self, data: Any, future: Any) -> None:
        """Refuse values of the steps to forecast that `predict` would, before anything is trained.

        Args:
            data: As for `fit`.
            future: As for `predict`.

        Raises:
            DataError: A column is missing, or a step of `future`.
            SettingError: A table that nobody has a use for.
        """
        with_future(self._given(data), future, self._wanted().horizon)

    def check_wanted(
        self,
        *,
        level: Sequence[int] = (),
        out: str | Path | None = None,
        plot: str | Path | None = None,
    ) -> None:
        """Refuse what would be refused once it is trained, before anything is.

        Args:
            level: As for `predict`.
            out: A file to write the forecast into.
            plot: A file to draw into.

        Raises:
            SettingError: A level that is no percentage.
            DataError: A file that cannot be written, or whose suffix says no format.
        """
        percents(level)
        if out is not None:
            check_writable(out)
        if plot is not None:
            refuse_undrawable(plot)

    def make_future(self, data: Any = None) -> Any:
        """Return the table of columns known beforehand, to be filled for `predict`.

        Args:
            data: As for `predict`; before `fit` it must be given.

        Raises:
            NotFittedError: There was no `fit`, and there is no data.
        """
        known = self._given(data)
        horizon = self._done.plan.horizon if self._done else self._wanted().horizon
        frame = known.index(known.lengths, horizon)
        empty = [pl.lit(None, pl.Float64).alias(name) for name in known.layout.future]
        return (
            frame.with_columns(empty)
            if data is None
            else to_frame_like(frame.with_columns(empty), data)
        )

    def backtest(
        self,
        data: Any = None,
        *,
        last: int | None = None,
        step: int = 1,
        level: Sequence[int] = (),
    ) -> Backtest:
        """Forecast steps that are known, each from what stood before it, and score.

        Args:
            data: A table of the same columns, with the steps to look back on before those to
                score; None scores the steps that were held out of training.
            last: Score the last so many steps of each series; None those that `fit` did not see.
            step: Steps from one forecast to the next.
            level: Percents for which intervals are scored.

        Raises:
            NotFittedError: There was no `fit`.
            DataError: No forecast can be made and scored.
        """
        done, levels = self._fitted("backtest"), percents(level)
        refuse_fraction(step, "step")
        if last is not None:
            refuse_fraction(last, "last", done.plan.horizon)
        whole = self._given(data)
        first = self._first(whole, last, fresh=data is not None)
        later = first >= self._first(whole, None, fresh=True) if done.panel.layout.time else False
        return self._backtest(whole, first, step, levels, fresh=bool(np.all(later)))

    def _backtest(
        self, whole: Panel, first: Array, step: int, levels: Levels, *, fresh: bool, refit: int = 0
    ) -> Backtest:
        """Score the steps from `first` of each series; `fresh` where `fit` saw none of them."""
        done = self._fitted("backtest")
        first = np.maximum(first, done.plan.lookback)
        later = refits(done, whole, self._wanted(), first, refit) if refit else ()
        series = done.series(whole, np.minimum(first, whole.lengths))
        first = np.repeat(first, done.each)
        if not series.examples(first=first).rows:
            raise DataError(
                f"no series has {done.plan.horizon} known steps to score after"
                f" {done.plan.lookback} to look back on. Give data with more steps, or another"
                " `last`."
            )
        found = rolled(done, series, first, step, levels, fresh=fresh, later=later)
        return backtested(found, levels=levels, season=done.season)

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
            NotFittedError: There was no `fit`.
            DataError: The file cannot be written.
        """
        done = self._fitted("plot")
        forecast = self.predict(future=future, level=level)
        return drawn(done.panel, forecast, Path(path), history or 3 * done.plan.lookback)

    def save(self, folder: str | Path) -> Path:
        """Write the forecaster as safetensors and JSON, whole or not at all.

        Of the data it holds the steps that were not trained on and a lookback before them, from
        which `predict` and `backtest` go on.

        Args:
            folder: A folder, or a file that ends in .zip to hold the same in one.

        Raises:
            NotFittedError: There was no `fit`.
            ArtifactError: There is something else at the place, or it cannot be written.
        """
        done = self._fitted("save")
        pages = {"code.py": self.code(), "README.md": forecasts(done, self.diagram().text)}
        return write(folder, {**files(done, self._settings), **pages})

    @classmethod
    def restored(cls, saved: SavedModel) -> Self:
        """Return the forecaster of a folder that `save` wrote."""
        made = cls(**asked(saved))
        made._done = restored(saved)
        return made

    def code(self) -> str:
        """Return the network as a script of plain Keras."""
        done = self._fitted("code")
        return code(done.model, steps=done.plan.horizon)

    def diagram(self) -> Diagram:
        """Return the unrolled picture of the network, as text and SVG."""
        done = self._fitted("diagram")
        layout = done.panel.layout
        return diagram(wiring(done.spec, done.network, names=(layout.numbers, layout.targets)))

    @property
    def reasons_(self) -> tuple[str, ...]:
        """How the lookback and the season were found."""
        return self._fitted("reasons_").reasons

    @property
    def model_(self) -> Any:
        """The `keras.Model` itself."""
        return self._fitted("model_").model

    @property
    def network_settings_(self) -> Network:
        """The network's settings, every one of them given."""
        return self._fitted("network_settings_").network

    @property
    def history_(self) -> History:
        """How training went."""
        return self._fitted("history_").history

    def _wanted(self) -> ForecastSettings:
        """Return what was asked for, checked."""
        given = self._settings
        wanted = ForecastSettings(
            given["horizon"],
            given["lookback"],
            given["season"],
            given["channels"],
            given["transform"],
            given["calendar"],
            given["network"] or Network(),
            given["training"] or Training(),
        )
        wanted.check()
        return wanted

    def _given(self, data: Any) -> Panel:
        """Return the series of new data, or those that were fitted on."""
        if self._done is None and data is not None:
            return self._read(data)
        fitted = self._fitted("predict without data").panel
        if data is None:
            return fitted
        return panel(table(data, fitted.layout), fitted.layout, known=fitted.timeline).known()

    def _read(self, data: Any) -> Panel:
        """Return the series of data to be fitted on."""
        return panel(table(data, found := layout(self._settings)), found).known()

    def _first(self, whole: Panel, last: int | None, *, fresh: bool) -> Array:
        """Return the first step of each series to score (s)."""
        done = self._fitted("backtest")
        if last is not None:
            return np.asarray(np.maximum(whole.lengths - last, 0))
        ends = dict(
            zip(done.panel.ids, (done.panel.starts + done.panel.lengths).tolist(), strict=True)
        )
        if fresh and done.panel.layout.time is None:
            raise DataError(
                "got no last, expected how many of the last rows to score: without `time` nothing"
                " says which of them `fit` saw. Give last=..."
            )
        known = ends if fresh else done.held
        each = zip(whole.ids, whole.starts, strict=True)
        return np.array([known.get(name, start) - start for name, start in each])

    def _fitted(self, what: str) -> TrainedForecaster:
        """Return what `fit` made."""
        if self._done is None:
            raise NotFittedError(f"got {what} before fit, expected fit(data) first.")
        return self._done
