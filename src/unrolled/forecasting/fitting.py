"""From series to a trained forecaster: the window, the network, its settings, its weights."""

from __future__ import annotations

import math
from dataclasses import dataclass
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
from unrolled.forecasting.series import calendar_features
from unrolled.forecasting.series.dataset import (
    MAX_HELD_OUT_WINDOWS,
    SeriesDataset,
    WindowSpec,
    limit_windows_per_epoch,
    split_targets,
)
from unrolled.forecasting.series.panel import Panel
from unrolled.forecasting.series.scaling import SINGLE_TARGET, SeriesScaler, Transform
from unrolled.forecasting.series.static_features import StaticEncoder
from unrolled.forecasting.trained import Channels, TrainedForecaster, mean_naive_errors
from unrolled.inference.generate import teacher_forced
from unrolled.networks import ModelBundle, NetworkSpec, build_bundle, with_defaults
from unrolled.settings import Network, Training
from unrolled.shapes import MOST_STEPS, segment
from unrolled.training import fit

UNITS, BATCH, RATE = 256, 256, 1e-3
EPOCHS, STEPS = (3, 100), 2500
LONG_HORIZON = 96  # steps of a horizon beyond which fewer steps of training do


@dataclass(frozen=True)
class ForecastSettings:
    """What a person asked for; see `Forecaster`.

    Attributes:
        horizon: Steps to forecast.
        lookback: Steps to look back on; None chooses.
        season: Steps of a season; None finds it.
        channels: Whether targets are forecast each from its own past, or all from all.
        transform: What is done to the targets first.
        calendar: Whether the time of each step goes in.
        network: What is built.
        training: How it is fitted.
    """

    horizon: int
    lookback: int | None
    season: int | None
    channels: Channels
    transform: Transform
    calendar: bool
    network: Network
    training: Training

    def check(self) -> None:
        """Refuse sizes and choices that are none.

        Raises:
            SettingError: One of them.
        """
        for name, plain in {"seeds": 1, "class_weight": None}.items():
            value = getattr(self.training, name)
            if value != plain:
                raise SettingError(
                    f"got {name}={value!r} for a Forecaster, expected {plain}: only a SequenceModel"
                    " has a use for it. Leave it out."
                )
        for name in ("horizon", "lookback", "season"):
            value = getattr(self, name)
            if value is not None or name == "horizon":
                check_count(value, name)
        if self.channels not in ("shared", "joint"):
            raise SettingError(
                f"got channels={self.channels!r}, expected 'shared' (each target from its own past)"
                " or 'joint' (all from all)."
            )


def check_count(value: Any, name: str, least: int = 1) -> None:
    """Refuse what is no whole number of at least so much, or too many steps."""
    if not (isinstance(value, int | np.integer) and value >= least):
        raise SettingError(f"got {name}={value!r}, expected a whole number of at least {least}.")
    if value > MOST_STEPS:
        raise SettingError(f"got {name}={value!r}, expected at most {MOST_STEPS}.")


def fit_forecaster(
    whole: Panel, wanted: ForecastSettings, before: TrainedForecaster | None
) -> TrainedForecaster:
    """Train a forecaster.

    Args:
        whole: The series; their last steps say when to stop.
        wanted: What was asked for.
        before: Another whose weights to begin with; None begins anew.

    Raises:
        DataError: The series are too short, or do not suit the transform.
        SettingError: The settings do not fit the network before.
    """
    lookback, season, reasons = _choose_window(whole, wanted, before)
    held = np.maximum(np.round(whole.lengths * wanted.training.validation), wanted.horizon)
    cut = np.maximum(whole.lengths - held.astype(int), 0)
    past = whole.slice_steps(np.zeros_like(cut), cut)
    parts = [split_targets(one) if wanted.channels == "shared" else one for one in (whole, past)]
    scaling = SeriesScaler.fit(parts[1], wanted.transform)
    marked = before.window.missing_indicator if before is not None else bool(np.isnan(whole.targets).any())
    statics = before.window.static_encoder if before is not None else StaticEncoder.fit(whole)
    told = before.window.calendar if before is not None else ()
    if wanted.calendar and before is None:
        told = calendar_features.calendar_cycles(whole.timeline)
        reasons += (f"calendar: the place of each step in its {', '.join(told)}",)
    plan = WindowSpec(lookback, int(wanted.horizon), scaling, marked, statics, told)
    series = SeriesDataset.from_panel(parts[0], plan)
    train, others = _split_windows(series, np.repeat(cut, len(parts[0].ids) // len(whole.ids)))
    made, spec, network = _build_network(series, wanted, before)
    learned, stops = (teacher_forced(part, spec, made) for part in (train, others))
    settings = with_training_defaults(wanted.training, train, plan.horizon)
    (history,) = fit.fit_each([made.model], learned, stops, settings)
    reasons = tuple(dict.fromkeys((*reasons, *_short_series_reasons(past, lookback + plan.horizon))))
    return TrainedForecaster(
        panel=whole,
        held=dict(zip(whole.ids, (whole.starts + cut).tolist(), strict=True)),
        naive_errors=mean_naive_errors(past, season or 1),
        window=series.window,
        channels=wanted.channels,
        season=season,
        ridge=Ridge.fit(train),
        bundle=made,
        spec=spec,
        network=network,
        history=history,
        reasons=reasons,
        training=settings,
        data=_data_fingerprint(whole),
    )


def _data_fingerprint(panel: Panel) -> dict[str, Any]:
    """Return the fingerprint of series: their names, places and values."""
    layout = panel.layout
    columns = {
        layout.id or "series": list(panel.ids),
        layout.time or "step": np.stack([panel.starts, panel.lengths]),
        **dict(zip(layout.numeric, panel.values.T, strict=True)),
        **{one.name: one.to_list() for one in panel.static},
    }
    return fingerprint(Table(columns, len(panel.values)))


def _choose_window(
    whole: Panel, wanted: ForecastSettings, before: TrainedForecaster | None
) -> tuple[int, int | None, tuple[str, ...]]:
    """Return the lookback and the season, and why where nobody gave them."""
    reasons, season, lookback = [], wanted.season, wanted.lookback
    if before is not None:
        return lookback or before.window.lookback, season or before.season, before.reasons
    if season is None:
        season, why = defaults.choose_season(whole)
        reasons.append(why)
    if lookback is None:
        lookback, why = defaults.choose_lookback(whole, wanted.horizon, season)
        reasons.append(why)
    return int(lookback), season, tuple(reasons)


def _short_series_reasons(past: Panel, needed: int) -> list[str]:
    """Return which series are not trained on, if any."""
    few, least = past.lengths < needed, int(np.argmin(past.lengths))
    if not few.any():
        return []
    return [
        f"{few.sum()} of {len(few)} series are too short to train on, the shortest is"
        f" '{past.ids[least]}': they are forecast from what they have"
    ]


def _split_windows(series: SeriesDataset, cut: Array) -> tuple[Examples, Examples]:
    """Return the windows that train, and those that say when to stop."""
    train = limit_windows_per_epoch(series.examples(last=cut))
    held = series.examples(first=cut, most=MAX_HELD_OUT_WINDOWS)
    block: Any = held.targets["y"]
    if not (train.rows and held.rows and block.step_weights(np.arange(held.rows)).any()):
        plan = series.window
        raise DataError(
            f"the longest series has {int(series.panel.lengths.max())} steps, expected more than"
            f" {plan.lookback} to look back on, {plan.horizon} to forecast and as many held out."
            f"{_shortest_series(series.panel)} Give longer series, or a smaller lookback or horizon."
        )
    return train, held


def _shortest_series(panel: Panel) -> str:
    """Return a sentence that names the shortest of several series."""
    least = int(np.argmin(panel.lengths))
    name = panel.ids[least][0] if panel.layout.targets == (SINGLE_TARGET,) else panel.ids[least]
    return f" The shortest is '{name}' with {panel.lengths[least]}." if panel.layout.id else ""


def _build_network(
    series: SeriesDataset, wanted: ForecastSettings, before: TrainedForecaster | None
) -> tuple[ModelBundle, NetworkSpec, Network]:
    """Return the network, its sizes and settings, with the weights of an earlier one, if any."""
    plan, asked = series.window, wanted.network
    if asked.architecture == "auto":
        wide = segment(plan.lookback, plan.horizon) > 1
        asked = asked.model_copy(update={"architecture": "segments" if wide else "vector"})
    sizes = {"units": asked.units or UNITS, "bidirectional": bool(asked.bidirectional)}
    spec = NetworkSpec(
        "unaligned",
        t=plan.lookback,
        u=plan.horizon,
        values=series.width,
        heads={"y": len(series.panel.layout.targets)},
    )
    network = with_defaults(spec, asked.model_copy(update=sizes), rows=len(series.features))
    keras.utils.set_random_seed(wanted.training.seed)
    made = build_bundle(spec, network)
    if before is not None:
        try:
            made.model.set_weights(before.model.get_weights())
        except ValueError:
            raise SettingError(
                "got settings for a network of other sizes than the fitted one, expected the same"
                " for warm=True. Leave warm out, or set them back."
            ) from None
    return made, spec, network


def with_training_defaults(settings: Training, train: Examples, horizon: int) -> Training:
    """Return the settings with every gap filled as is best for forecasts (docs/defaults.md).

    A pass shows each value as often as it is a target: as many times as the horizon has steps.
    """
    size = settings.batch_size or max(16, min(BATCH, train.rows // 20))
    steps = math.ceil(train.rows_per_epoch / size)
    wanted = STEPS * min(1, LONG_HORIZON / horizon)
    epochs = settings.epochs or int(np.clip(math.ceil(wanted / steps), *EPOCHS))
    return settings.model_copy(
        update={
            "batch_size": size,
            "learning_rate": settings.learning_rate or RATE,
            "epochs": epochs,
            "decay": settings.decay or "cosine",
            "patience": settings.patience or epochs,
            "loss": settings.loss or "absolute",
            "label_smoothing": settings.label_smoothing or 0.0,
        }
    )
