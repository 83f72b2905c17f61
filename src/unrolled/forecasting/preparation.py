"""From the settings and data of a person to checked settings and series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from unrolled.data.block import Array
from unrolled.data.formats.read import open_table
from unrolled.errors import DataError, SettingError
from unrolled.forecasting.limits import check_limits
from unrolled.forecasting.series.arguments import check_count, layout_from_settings, read_table
from unrolled.forecasting.series.panel import Panel
from unrolled.forecasting.series.reading.from_frame import panel_from_frame
from unrolled.forecasting.series.reading.stated_steps import StatedSteps
from unrolled.forecasting.series.scaling import Transform
from unrolled.forecasting.series.wide import with_matching_targets
from unrolled.forecasting.trained import Channels
from unrolled.settings import Network, Settings, Training

# Settings that a forecaster has no use for: the values that ask for nothing, and why.
UNUSED_TRAINING: Mapping[str, tuple[Sequence[Any], str]] = {
    "split": (("auto",), "it always holds out the last steps of each series"),
    "split_by": ((None,), "it always holds out the last steps of each series"),
    "label_smoothing": ((None, 0.0), "its outputs are numbers and no labels"),
    "class_weight": ((None,), "its outputs are numbers and no labels"),
    "word_dropout": ((0.0,), "its inputs are numbers and no words"),
    "seeds": ((1,), "it is one network and no ensemble"),
}
UNUSED_NETWORK: Mapping[str, tuple[Sequence[Any], str]] = {
    "pooling": ((), "its networks do not pool the steps"),
    "linear": ((False,), "only networks for labels have a linear branch"),
}


@dataclass(frozen=True)
class ForecastSettings:
    """The settings of a `Forecaster` that are not about columns.

    Attributes:
        horizon: Steps to forecast.
        lookback: Steps to look back on; None chooses them.
        season: Season length in steps; None detects it.
        channels: Whether each target is forecast from its own past, or all from all.
        transform: The function that is applied to the targets first.
        calendar: Whether the place of each step in its day, week and year is an input.
        floor: The lowest value of forecasts; None takes 0 where no value is below 0.
        ceiling: The highest value of forecasts; None sets none.
        network: The network that is built.
        training: How it is trained.
    """

    horizon: int
    lookback: int | None
    season: int | None
    channels: Channels
    transform: Transform
    calendar: bool
    floor: float | None
    ceiling: float | None
    network: Network
    training: Training

    @classmethod
    def from_params(cls, params: Mapping[str, Any]) -> ForecastSettings:
        """Return the checked settings among the parameters of a `Forecaster`.

        Raises:
            SettingError: A value is out of range, or a stated setting would have no effect.
        """
        names = (
            *("horizon", "lookback", "season", "channels", "transform", "calendar"),
            *("floor", "ceiling"),
        )
        check_limits(params["floor"], params["ceiling"])
        StatedSteps.from_settings(params["every"], params["combine"])
        network, training = params["network"] or Network(), params["training"] or Training()
        settings = cls(**{name: params[name] for name in names}, network=network, training=training)
        for name in ("horizon", "lookback", "season"):
            value = params[name]
            if value is not None or name == "horizon":
                check_count(value, name)
        if settings.channels not in ("shared", "joint"):
            raise SettingError(
                f"there is no channels={settings.channels!r}: choose 'shared' (each target from its"
                " own past) or 'joint' (all targets from all)."
            )
        _refuse_unused(training, UNUSED_TRAINING)
        _refuse_unused(network, UNUSED_NETWORK)
        if network.architecture != "decoder":
            why = "only architecture='decoder' is fed outputs"
            _refuse_unused(training, {"scheduled_sampling": (("none",), why)})
        return settings


def _refuse_unused(settings: Settings, unused: Mapping[str, tuple[Sequence[Any], str]]) -> None:
    """Refuse a stated setting that would have no effect."""
    for name, (neutral, why) in unused.items():
        value = getattr(settings, name)
        if name in settings.model_fields_set and value not in neutral:
            raise SettingError(
                f"{name}={value!r} has no effect on a Forecaster: {why}. Leave {name} out of"
                f" {type(settings).__name__}."
            )


def read_panel(data: Any, params: Mapping[str, Any], previous: Panel | None = None) -> Panel:
    """Read the series of a table by the columns that the parameters of a `Forecaster` name.

    Args:
        data: The table.
        params: The parameters.
        previous: The series of an earlier `fit` whose weights are trained further, if any; the
            categories of covariates are those of these.
    """
    layout = layout_from_settings(params)
    if previous is not None:
        layout = replace(layout, categories=previous.layout.categories)
    if params.get("steps") is None and any("*" in name for name in layout.targets):
        layout = with_matching_targets(layout, open_table(data).columns)
    stated = StatedSteps.from_settings(params["every"], params["combine"])
    return panel_from_frame(
        read_table(data, layout, params.get("steps")), layout, stated=stated
    ).trim_unknown()


def read_like(data: Any, fitted: Panel, params: Mapping[str, Any]) -> Panel:
    """Read the series of new data of the same columns as those of `fit`."""
    stated = StatedSteps.from_settings(params["every"], params["combine"])
    panel = panel_from_frame(
        read_table(data, fitted.layout, params.get("steps")),
        fitted.layout,
        known=fitted.timeline,
        ids=fitted.ids,
        stated=stated,
    )
    return panel.trim_unknown()


def hold_out_last(panel: Panel, last: int | None, horizon: int) -> tuple[Panel, Array]:
    """Return series without their last steps, and how many steps remain of each (s).

    Args:
        panel: The series.
        last: Steps to hold out; None takes a fifth, but at least a horizon.
        horizon: Steps to forecast.

    Raises:
        DataError: No series is longer than that.
    """
    fifth = np.maximum(panel.lengths // 5, horizon)
    remaining = np.maximum(panel.lengths - (fifth if last is None else last), 0)
    if not remaining.any():
        raise DataError(
            f"all series are too short: {last or fifth.max()} steps are to be held out, and the"
            f" longest series has {panel.lengths.max()}. Give longer series, or a smaller `last`"
            " or horizon."
        )
    known = panel.slice_steps(np.zeros_like(remaining), remaining)
    return known.select_series(remaining > 0), remaining
