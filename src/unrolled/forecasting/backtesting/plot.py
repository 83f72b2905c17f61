"""The picture of a backtest: errors by step, coverage, and forecasts over true values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from unrolled.baselines.verdict import NETWORK
from unrolled.data.block import Array
from unrolled.disk.figures import BLUE, GREY, save_figure
from unrolled.forecasting.backtesting.rolling_origin import Origins
from unrolled.forecasting.baselines import REPEAT_LAST, RIDGE, SEASONAL_NAIVE

COLORS = {NETWORK: BLUE, REPEAT_LAST: GREY, SEASONAL_NAIVE: "#c98a1b", RIDGE: "#3c8d5a"}
MAX_SERIES = 4
MAX_FORECASTS = 4  # of each series
MAX_HORIZONS, MIN_STEPS = 8, 48  # steps of a series: this many horizons, and at least this many


def draw_backtest(
    path: Path,
    arrays: Mapping[str, Array],
    origins: Origins,
    by_step: Mapping[str, Array],
    reliability: Mapping[int, float],
) -> Path:
    """Draw a backtest into a file; `Backtest.plot` says what it shows.

    Raises:
        DataError: The file cannot be written, or its format is not known.
    """
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    pairs = [(i, k) for i in np.unique(origins.series) for k in range(arrays["true"].shape[2])]
    shown = np.unique(np.linspace(0, len(pairs) - 1, MAX_SERIES).round().astype(int))
    figure = Figure(
        figsize=(9.5, 3.4 + 2.3 * len(shown)),
        layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.08),
    )
    parts: Any = figure.subfigures(2, 1, height_ratios=[3.4, 2.3 * len(shown)])
    top, bottom = parts
    upper = top.subplots(1, 2 if reliability else 1, squeeze=False)[0]
    _draw_errors(upper[0], by_step)
    if reliability:
        _draw_reliability(upper[1], reliability)
    lower = bottom.subplots(len(shown), 1, squeeze=False)[:, 0]
    for axes, number in zip(lower, shown, strict=True):
        _draw_forecasts(axes, arrays, origins, *pairs[number])
    _legend(lower[0], "right")
    lower[-1].set_xlabel(f"time ({origins.timeline.frequency})")
    if len(shown) < len(pairs):
        bottom.suptitle(f"{len(shown)} of {len(pairs)} series", fontsize=10)
    for axes in (*upper, *lower):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25)
    save_figure(figure, path, example="backtest.png")
    return path


def _draw_errors(axes: Any, by_step: Mapping[str, Array]) -> None:
    """Draw the mean error at each forecast step, by forecaster."""
    for name, errors in by_step.items():
        steps = np.arange(1, len(errors) + 1)
        marker = "o" if len(steps) == 1 else None
        width = 2.0 if name == NETWORK else 1.2
        axes.plot(steps, errors, color=COLORS[name], lw=width, label=name, marker=marker)
    axes.set_xlabel("forecast step")
    axes.set_ylabel("mean absolute error")
    axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    axes.set_ylim(bottom=0)
    _legend(axes, "left")


def _draw_reliability(axes: Any, reliability: Mapping[int, float]) -> None:
    """Draw the fraction of true values inside the intervals over their level."""
    axes.plot([0, 100], [0, 100], color=GREY, lw=1, ls="--", label="ideal")
    percents = [100 * fraction for fraction in reliability.values()]
    style = {"color": COLORS[NETWORK], "lw": 1.6, "marker": "o", "ms": 4}
    axes.plot(list(reliability), percents, label="observed", **style)
    axes.set_xlabel("level of the intervals (%)")
    axes.set_ylabel("true values inside (%)")
    axes.set(xlim=(0, 100), ylim=(0, 100), aspect="equal")
    _legend(axes, "left")


def _legend(axes: Any, side: str) -> None:
    """Name the lines above the axes, where nothing is drawn."""
    place = {"loc": f"lower {side}", "bbox_to_anchor": (1.0 if side == "right" else 0.0, 1.0)}
    axes.legend(fontsize=8, ncols=4, frameon=False, borderaxespad=0, columnspacing=1.2, **place)


def _draw_forecasts(
    axes: Any, arrays: Mapping[str, Array], origins: Origins, i: int, k: int
) -> None:
    """Draw the latest true values of a series, and forecasts from some origins over them."""
    u = arrays["true"].shape[1]
    rows = np.flatnonzero(origins.series == i)
    rows = rows[origins.steps[rows] > origins.steps[rows[-1]] - max(MAX_HORIZONS * u, MIN_STEPS)]
    first = origins.steps[rows[0]]
    true = np.full(origins.steps[rows[-1]] + u - first, np.nan)
    for row in rows:
        true[origins.steps[row] - first :][:u] = arrays["true"][row, :, k]
    axes.plot(_times(origins, first, len(true)), true, color="#4a4a4a", lw=1.1, label="true")
    level = max((int(name[3:]) for name in arrays if name.startswith("lo-")), default=None)
    for n, row in enumerate(_spread_out(rows, origins.steps[rows], u)):
        times = _times(origins, origins.steps[row], u)
        marker = "o" if u == 1 else None
        if level is not None:
            ends = (arrays[f"{end}-{level}"][row, :, k] for end in ("lo", "hi"))
            label = None if n else f"{level}%"
            axes.fill_between(times, *ends, color=COLORS[NETWORK], alpha=0.2, lw=0, label=label)
        style = {"color": COLORS[NETWORK], "lw": 1.8, "marker": marker, "ms": 3}
        axes.plot(times, arrays[NETWORK][row, :, k], label=None if n else "forecast", **style)
    axes.set_title(origins.titles[i][k], loc="left", fontsize=10)


def _spread_out(rows: Array, steps: Array, u: int) -> list[int]:
    """Return some windows that do not overlap, spread over all; the last is among them."""
    chosen: list[int] = []
    distance = max(u, int(steps[-1] - steps[0]) // (MAX_FORECASTS - 1))
    for row, step in zip(rows[::-1], steps[::-1], strict=True):
        if step <= steps[-1] - distance * len(chosen):
            chosen.append(int(row))
    return chosen


def _times(origins: Origins, first: int, count: int) -> list[Any]:
    """Return the times of some steps."""
    times: list[Any] = origins.timeline.times(np.arange(first, first + count)).to_list()
    return times
