"""From series to a trained forecaster: the window, the network, its settings, its weights."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from unrolled.backend import keras
from unrolled.data.batches import Examples
from unrolled.data.block import Array
from unrolled.data.tables.fingerprint import fingerprint
from unrolled.data.tables.table import Table
from unrolled.errors import DataError, SettingError
from unrolled.forecasting import defaults
from unrolled.forecasting.baselines import Ridge
from unrolled.forecasting.limits import Limits
from unrolled.forecasting.preparation import ForecastSettings
from unrolled.forecasting.series.calendar_features import calendar_cycles
from unrolled.forecasting.series.dataset import (
    SeriesDataset,
    WindowSpec,
    limit_windows_per_epoch,
    split_targets,
)
from unrolled.forecasting.series.panel import Panel
from unrolled.forecasting.series.scaling import SINGLE_TARGET, SeriesScaler
from unrolled.forecasting.series.static_features import StaticEncoder
from unrolled.forecasting.trained import TrainedForecaster, mean_naive_errors
from unrolled.inference.generate import teacher_forced
from unrolled.networks import ModelBundle, NetworkSpec, build_bundle, with_defaults
from unrolled.settings import Network, Training
from unrolled.shapes import segment
from unrolled.training import fit

MAX_HELD_OUT_WINDOWS = 20_000
UNITS, BATCH_SIZE, LEARNING_RATE = 256, 256, 1e-3
MIN_EPOCHS, MAX_EPOCHS, STEPS = 3, 100, 2500
LONG_HORIZON = 96  # steps; longer horizons need fewer training steps


def fit_forecaster(
    panel: Panel,
    settings: ForecastSettings,
    previous: TrainedForecaster | None = None,
    *,
    callbacks: Sequence[Any] = (),
) -> TrainedForecaster:
    """Train a forecaster.

    Args:
        panel: The series; their last steps decide when training stops.
        settings: The settings.
        previous: A forecaster whose weights, lookback and season to start from; None starts anew.
        callbacks: Further `keras.callbacks.Callback` objects.

    Raises:
        DataError: The series are too short, or do not suit the transform.
        SettingError: The settings do not fit the previous network.
    """
    lookback, season, reasons = _choose_window(panel, settings, previous)
    limits, limits_reason = Limits.fit(panel, settings.floor, settings.ceiling)
    reasons = (*panel.notes, *reasons, *limits_reason)
    cut = _held_out_start(panel, settings)
    past = panel.slice_steps(np.zeros_like(cut), cut)
    window = _window_spec(panel, past, lookback, settings, previous)
    series = SeriesDataset.from_panel(_as_series(panel, settings), window)
    cuts = np.repeat(cut, len(series.panel.ids) // len(panel.ids))
    train, held_out = _split_windows(series, cuts)

    bundle, spec, network = _build_network(series, settings, previous)
    training = with_training_defaults(settings.training, train, window.horizon)
    forced, forced_held_out = (teacher_forced(part, spec, bundle) for part in (train, held_out))
    (history,) = fit.fit_each(
        [bundle.model], forced, forced_held_out, training, callbacks=callbacks
    )

    if window.calendar:
        reasons += (f"calendar: the place of each step in its {', '.join(window.calendar)}",)
    reasons += _short_series_reason(past, lookback + window.horizon)
    return TrainedForecaster(
        panel=panel,
        held_out_start=dict(zip(panel.ids, (panel.starts + cut).tolist(), strict=True)),
        naive_errors=mean_naive_errors(past, season or 1),
        window=window,
        channels=settings.channels,
        season=season,
        ridge=Ridge.fit(train),
        bundle=bundle,
        spec=spec,
        network=network,
        history=history,
        reasons=tuple(dict.fromkeys(reasons)),
        training=training,
        data=_data_fingerprint(panel),
        limits=limits,
    )


def _choose_window(
    panel: Panel, settings: ForecastSettings, previous: TrainedForecaster | None
) -> tuple[int, int | None, tuple[str, ...]]:
    """Return the lookback and the season, and the reasons for those that were chosen here."""
    reasons, season, lookback = [], settings.season, settings.lookback
    if previous is not None:
        return lookback or previous.window.lookback, season or previous.season, previous.reasons
    if season is None:
        season, reason = defaults.choose_season(panel)
        reasons.append(reason)
    if lookback is None:
        lookback, reason = defaults.choose_lookback(panel, settings.horizon, season)
        reasons.append(reason)
    return int(lookback), season, tuple(reasons)


def _held_out_start(panel: Panel, settings: ForecastSettings) -> Array:
    """Return the first held-out step of each series (s)."""
    count = np.maximum(np.round(panel.lengths * settings.training.validation), settings.horizon)
    start: Array = np.maximum(panel.lengths - count.astype(int), 0)
    return start


def _as_series(panel: Panel, settings: ForecastSettings) -> Panel:
    """Return a panel as the network sees it: with shared channels, one series for each target."""
    return split_targets(panel) if settings.channels == "shared" else panel


def _window_spec(
    panel: Panel,
    past: Panel,
    lookback: int,
    settings: ForecastSettings,
    previous: TrainedForecaster | None,
) -> WindowSpec:
    """Return what a window consists of; after a previous training it has the same inputs.

    Args:
        panel: The series.
        past: Their training part, on which the scaler is fitted.
        lookback: Input steps.
        settings: The settings.
        previous: The forecaster to go on with, if any.
    """
    horizon = int(settings.horizon)
    scaler = SeriesScaler.fit(_as_series(past, settings), settings.transform)
    if previous is None:
        return WindowSpec(
            lookback,
            horizon,
            scaler,
            missing_indicator=bool(np.isnan(panel.targets).any()),
            static_encoder=StaticEncoder.fit(panel),
            calendar=calendar_cycles(panel.timeline) if settings.calendar else (),
        )
    if bool(previous.window.calendar) != bool(settings.calendar):
        raise SettingError(
            f"calendar={settings.calendar} changes the inputs of the network, and warm=True goes on"
            " with the weights that it has. Set calendar back, or leave warm out."
        )
    return replace(previous.window, lookback=lookback, horizon=horizon, scaler=scaler)


def _split_windows(series: SeriesDataset, cut: Array) -> tuple[Examples, Examples]:
    """Return the training windows and the held-out windows."""
    train = limit_windows_per_epoch(series.examples(last=cut))
    held_out = series.examples(first=cut, max_windows=MAX_HELD_OUT_WINDOWS)
    targets: Any = held_out.targets["y"]
    has_targets = held_out.rows and targets.step_weights(np.arange(held_out.rows)).any()
    if not (train.rows and has_targets):
        window = series.window
        raise DataError(
            f"the series are too short: training needs more than {window.lookback} steps to look"
            f" back on, {window.horizon} to forecast and {window.horizon} to hold out, and the"
            f" longest series has {int(series.panel.lengths.max())}."
            f"{_name_shortest_series(series.panel)} Give longer series, or a smaller lookback or"
            " horizon."
        )
    return train, held_out


def _name_shortest_series(panel: Panel) -> str:
    """Return a sentence that names the shortest of several series."""
    i = int(np.argmin(panel.lengths))
    name = panel.ids[i][0] if panel.layout.targets == (SINGLE_TARGET,) else panel.ids[i]
    return f" The shortest is '{name}' with {panel.lengths[i]}." if panel.layout.id else ""


def _short_series_reason(past: Panel, needed: int) -> tuple[str, ...]:
    """Return which series are too short to train on, if any."""
    too_short, shortest = past.lengths < needed, int(np.argmin(past.lengths))
    if not too_short.any():
        return ()
    return (
        f"{too_short.sum()} of {len(too_short)} series are too short to train on, the shortest is"
        f" '{past.ids[shortest]}': they are forecast from the steps they have",
    )


def _build_network(
    series: SeriesDataset, settings: ForecastSettings, previous: TrainedForecaster | None
) -> tuple[ModelBundle, NetworkSpec, Network]:
    """Return the network with its sizes and settings, and with the previous weights, if any."""
    window, network = series.window, settings.network
    spec = NetworkSpec(
        "unaligned",
        t=window.lookback,
        u=window.horizon,
        values=series.width,
        heads={"y": len(series.panel.layout.targets)},
    )
    network = _with_forecast_defaults(network, window)
    network = with_defaults(spec, network, rows=len(series.features))
    keras.utils.set_random_seed(settings.training.seed)
    bundle = build_bundle(spec, network)
    if previous is not None:
        try:
            bundle.model.set_weights(previous.model.get_weights())
        except ValueError:
            raise SettingError(
                "the settings now give a network of other sizes, and warm=True goes on with the"
                " weights that it has. Set them back, or leave warm out."
            ) from None
    return bundle, spec, network


def _with_forecast_defaults(network: Network, window: WindowSpec) -> Network:
    """Return the settings with the choices that are best for forecasts (docs/defaults.md)."""
    architecture = network.architecture
    if architecture == "auto":
        has_segments = segment(window.lookback, window.horizon) > 1
        architecture = "segments" if has_segments else "vector"
    return network.model_copy(
        update={
            "architecture": architecture,
            "units": network.units or UNITS,
            "bidirectional": bool(network.bidirectional),
        }
    )


def with_training_defaults(training: Training, train: Examples, horizon: int) -> Training:
    """Return the settings with every gap filled as is best for forecasts (docs/defaults.md).

    An epoch shows each value once for each step of the horizon, so that few epochs are enough.
    """
    batch_size = training.batch_size or max(16, min(BATCH_SIZE, train.rows // 20))
    steps_per_epoch = math.ceil(train.rows_per_epoch / batch_size)
    steps = STEPS * min(1, LONG_HORIZON / horizon)
    default_epochs = np.clip(math.ceil(steps / steps_per_epoch), MIN_EPOCHS, MAX_EPOCHS)
    epochs = training.epochs or int(default_epochs)
    return training.model_copy(
        update={
            "batch_size": batch_size,
            "learning_rate": training.learning_rate or LEARNING_RATE,
            "epochs": epochs,
            "decay": training.decay or "cosine",
            "patience": training.patience or epochs,
            "loss": training.loss or "absolute",
            "label_smoothing": 0.0,
        }
    )


def _data_fingerprint(panel: Panel) -> dict[str, Any]:
    """Return the fingerprint of series: their ids, times and values."""
    layout = panel.layout
    columns = {
        layout.id or "series": list(panel.ids),
        layout.time or "step": np.stack([panel.starts, panel.lengths]),
        **dict(zip(layout.numeric, panel.values.T, strict=True)),
        **{column.name: column.to_list() for column in panel.static},
    }
    return fingerprint(Table(columns, len(panel.values)))
