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
from unrolled.forecasting.series.dataset import MOST_HELD, Series, WindowSpec, sampled, shared
from unrolled.forecasting.series.panel import Panel
from unrolled.forecasting.series.scaling import SHARED, Scaling, Transform
from unrolled.forecasting.series.static_features import Statics
from unrolled.forecasting.trained import Channels, TrainedForecaster, naive
from unrolled.inference.generate import teacher_forced
from unrolled.networks import ModelBundle, NetworkSpec, build_bundle, with_defaults
from unrolled.settings import Network, Training
from unrolled.shapes import MOST_STEPS, segment
from unrolled.training import fit

UNITS, BATCH, RATE = 256, 256, 1e-3
PASSES, STEPS = (3, 100), 2500
LONG = 96  # steps of a horizon beyond which fewer steps of training do


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
                refuse_fraction(value, name)
        if self.channels not in ("shared", "joint"):
            raise SettingError(
                f"got channels={self.channels!r}, expected 'shared' (each target from its own past)"
                " or 'joint' (all from all)."
            )


def refuse_fraction(value: Any, name: str, least: int = 1) -> None:
    """Refuse what is no whole number of at least so much, or too many steps."""
    if not (isinstance(value, int | np.integer) and value >= least):
        raise SettingError(f"got {name}={value!r}, expected a whole number of at least {least}.")
    if value > MOST_STEPS:
        raise SettingError(f"got {name}={value!r}, expected at most {MOST_STEPS}.")


def trained(
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
    lookback, season, reasons = _looked(whole, wanted, before)
    held = np.maximum(np.round(whole.lengths * wanted.training.validation), wanted.horizon)
    cut = np.maximum(whole.lengths - held.astype(int), 0)
    past = whole.part(np.zeros_like(cut), cut)
    parts = [shared(one) if wanted.channels == "shared" else one for one in (whole, past)]
    scaling = Scaling.fitted(parts[1], wanted.transform)
    marked = before.plan.marked if before is not None else bool(np.isnan(whole.targets).any())
    statics = before.plan.statics if before is not None else Statics.fitted(whole)
    told = before.plan.calendar if before is not None else ()
    if wanted.calendar and before is None:
        told = calendar_features.parts(whole.timeline)
        reasons += (f"calendar: the place of each step in its {', '.join(told)}",)
    plan = WindowSpec(lookback, int(wanted.horizon), scaling, marked, statics, told)
    series = Series.of(parts[0], plan)
    train, others = _divided(series, np.repeat(cut, len(parts[0].ids) // len(whole.ids)))
    made, spec, network = _built(series, wanted, before)
    learned, stops = (teacher_forced(part, spec, made) for part in (train, others))
    settings = _settled(wanted.training, train, plan.horizon)
    (history,) = fit.fit_each([made.model], learned, stops, settings)
    reasons = tuple(dict.fromkeys((*reasons, *_short(past, lookback + plan.horizon))))
    return TrainedForecaster(
        panel=whole,
        held=dict(zip(whole.ids, (whole.starts + cut).tolist(), strict=True)),
        naive=naive(past, season or 1),
        plan=series.plan,
        channels=wanted.channels,
        season=season,
        ridge=Ridge.fitted(train),
        bundle=made,
        spec=spec,
        network=network,
        history=history,
        reasons=reasons,
        training=settings,
        data=_fingerprint(whole),
    )


def _fingerprint(panel: Panel) -> dict[str, Any]:
    """Return the fingerprint of series: their names, places and values."""
    layout = panel.layout
    columns = {
        layout.id or "series": list(panel.ids),
        layout.time or "step": np.stack([panel.starts, panel.lengths]),
        **dict(zip(layout.numbers, panel.values.T, strict=True)),
        **{one.name: one.to_list() for one in panel.static},
    }
    return fingerprint(Table(columns, len(panel.values)))


def _looked(
    whole: Panel, wanted: ForecastSettings, before: TrainedForecaster | None
) -> tuple[int, int | None, tuple[str, ...]]:
    """Return the lookback and the season, and why where nobody gave them."""
    reasons, season, lookback = [], wanted.season, wanted.lookback
    if before is not None:
        return lookback or before.plan.lookback, season or before.season, before.reasons
    if season is None:
        season, why = defaults.season(whole)
        reasons.append(why)
    if lookback is None:
        lookback, why = defaults.lookback(whole, wanted.horizon, season)
        reasons.append(why)
    return int(lookback), season, tuple(reasons)


def _short(past: Panel, needed: int) -> list[str]:
    """Return which series are not trained on, if any."""
    few, least = past.lengths < needed, int(np.argmin(past.lengths))
    if not few.any():
        return []
    return [
        f"{few.sum()} of {len(few)} series are too short to train on, the shortest is"
        f" '{past.ids[least]}': they are forecast from what they have"
    ]


def _divided(series: Series, cut: Array) -> tuple[Examples, Examples]:
    """Return the windows that train, and those that say when to stop."""
    train = sampled(series.examples(last=cut))
    held = series.examples(first=cut, most=MOST_HELD)
    block: Any = held.targets["y"]
    if not (train.rows and held.rows and block.step_weights(np.arange(held.rows)).any()):
        plan = series.plan
        raise DataError(
            f"the longest series has {int(series.panel.lengths.max())} steps, expected more than"
            f" {plan.lookback} to look back on, {plan.horizon} to forecast and as many held out."
            f"{_shortest(series.panel)} Give longer series, or a smaller lookback or horizon."
        )
    return train, held


def _shortest(panel: Panel) -> str:
    """Return a sentence that names the shortest of several series."""
    least = int(np.argmin(panel.lengths))
    name = panel.ids[least][0] if panel.layout.targets == (SHARED,) else panel.ids[least]
    return f" The shortest is '{name}' with {panel.lengths[least]}." if panel.layout.id else ""


def _built(
    series: Series, wanted: ForecastSettings, before: TrainedForecaster | None
) -> tuple[ModelBundle, NetworkSpec, Network]:
    """Return the network, its sizes and settings, with the weights of an earlier one, if any."""
    plan, asked = series.plan, wanted.network
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
    keras().utils.set_random_seed(wanted.training.seed)
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


def _settled(settings: Training, train: Examples, horizon: int) -> Training:
    """Return the settings with every gap filled as is best for forecasts (docs/defaults.md).

    A pass shows each value as often as it is a target: as many times as the horizon has steps.
    """
    size = settings.batch_size or max(16, min(BATCH, train.rows // 20))
    steps = math.ceil(train.rows_per_epoch / size)
    wanted = STEPS * min(1, LONG / horizon)
    epochs = settings.epochs or int(np.clip(math.ceil(wanted / steps), *PASSES))
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
