"""Plots of series with their forecasts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from unrolled.disk.figures import BLUE, save_figure
from unrolled.forecasting.series.panel import Panel

MAX_SERIES = 12  # in one picture


def draw_forecast(panel: Panel, forecast: pl.DataFrame, path: Path, history: int) -> Path:
    """Draw the end of each series with its forecast and intervals into a file.

    Args:
        panel: The series.
        forecast: The table that `Forecaster.predict` returned for them.
        path: The picture, whose suffix says the format (`.png`, `.svg`, `.pdf`).
        history: Steps of the past to show.

    Raises:
        DataError: The file cannot be written, or its format is not known.
    """
    from matplotlib.figure import Figure

    layout = panel.layout
    shown = [(i, name) for i in range(len(panel.ids)) for name in layout.targets][:MAX_SERIES]
    figure = Figure(figsize=(9, 2.6 * len(shown) + 0.4), layout="constrained")
    all_axes: Any = figure.subplots(len(shown), 1, squeeze=False)[:, 0]
    for axes, (i, name) in zip(all_axes, shown, strict=True):
        _draw_series(axes, panel, forecast, (i, name), history)
        title = [str(panel.ids[i])] if layout.id else []
        axes.set_title(" · ".join([*title, name]), loc="left", fontsize=10)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25)
    all_axes[0].legend(loc="upper left", fontsize=8, frameon=False)
    save_figure(figure, path, example="forecast.png")
    return path


def _draw_series(
    axes: Any,
    panel: Panel,
    forecast: pl.DataFrame,
    which: tuple[int, str],
    history: int,
) -> None:
    """Draw one target of one series."""
    i, name = which  # series and target
    layout = panel.layout
    steps = min(history, int(panel.lengths[i]))
    past = panel.targets[panel.offsets[i + 1] - steps : panel.offsets[i + 1]]
    first = panel.starts[i] + panel.lengths[i] - steps
    times = panel.timeline.times(np.arange(first, first + steps)).to_list()
    known = past[:, layout.targets.index(name)]
    axes.plot(times, known, color="#4a4a4a", lw=1.2, label="known")
    own = forecast.filter(pl.col(layout.id) == panel.ids[i]) if layout.id else forecast
    future = own[layout.time or "step"].to_list()
    levels = sorted(
        (int(c.rsplit("-", 1)[1]) for c in own.columns if c.startswith(f"{name}-lo-")), reverse=True
    )
    for k, level in enumerate(levels):
        low, high = own[f"{name}-lo-{level}"].to_list(), own[f"{name}-hi-{level}"].to_list()
        shade = 0.15 + 0.15 * k
        axes.fill_between(future, low, high, color=BLUE, alpha=shade, lw=0, label=f"{level}%")
    axes.plot([times[-1], *future], [known[-1], *own[name]], color=BLUE, lw=1.6, label="forecast")
