"""The picture of a backtest: errors by step, how much intervals hold, and forecasts over values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from unrolled.data.block import Array
from unrolled.disk.figures import put
from unrolled.forecasting.backtesting.rolling_origin import Origins
from unrolled.forecasting.baselines import LAST, NETWORK, RIDGE, SEASONAL

COLORS = {NETWORK: "#1f6fb4", LAST: "#9a9a9a", SEASONAL: "#c98a1b", RIDGE: "#3c8d5a"}
MOST = 4  # series that are shown
SHOWN = 4  # forecasts of each
HORIZONS, LEAST = 8, 48  # that these are spread over, and steps at least


def panels(
    path: Path,
    arrays: Mapping[str, Array],
    origins: Origins,
    by_step: Mapping[str, Array],
    reliability: Mapping[int, float],
) -> Path:
    """Draw a backtest into a file; see `Backtest` for what is drawn.

    Raises:
        DataError: The file cannot be written, or its format is not known.
    """
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    every = [(i, k) for i in np.unique(origins.series) for k in range(arrays["true"].shape[2])]
    places = np.unique(np.linspace(0, len(every) - 1, MOST).round().astype(int))
    figure = Figure(
        figsize=(9.5, 3.4 + 2.3 * len(places)),
        layout=ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.08),
    )
    parts: Any = figure.subfigures(2, 1, height_ratios=[3.4, 2.3 * len(places)])
    top, below = parts
    upper = top.subplots(1, 2 if reliability else 1, squeeze=False)[0]
    _errors(upper[0], by_step)
    if reliability:
        _reliability(upper[1], reliability)
    lower = below.subplots(len(places), 1, squeeze=False)[:, 0]
    for axes, place in zip(lower, places, strict=True):
        _overlay(axes, arrays, origins, *every[place])
    _legend(lower[0], "right")
    lower[-1].set_xlabel(f"time ({origins.timeline.spelled})")
    if len(places) < len(every):
        below.suptitle(f"{len(places)} of {len(every)} series", fontsize=10)
    for axes in (*upper, *lower):
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(alpha=0.25)
    put(figure, path, example="backtest.png")
    return path


def _errors(axes: Any, by_step: Mapping[str, Array]) -> None:
    """Draw the mean error at each forecast step, by who forecast."""
    for who, wrong in by_step.items():
        steps = np.arange(1, len(wrong) + 1)
        mark = "o" if len(steps) == 1 else None
        width = 2.0 if who == NETWORK else 1.2
        axes.plot(steps, wrong, color=COLORS[who], lw=width, label=who, marker=mark)
    axes.set_xlabel("forecast step")
    axes.set_ylabel("mean absolute error")
    axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    axes.set_ylim(bottom=0)
    _legend(axes, "left")


def _reliability(axes: Any, reliability: Mapping[int, float]) -> None:
    """Draw the share of true values that intervals hold over the share they should hold."""
    axes.plot([0, 100], [0, 100], color="#9a9a9a", lw=1, ls="--", label="as they should")
    held = [100 * share for share in reliability.values()]
    axes.plot(
        list(reliability), held, color=COLORS[NETWORK], lw=1.6, marker="o", ms=4, label="held"
    )
    axes.set_xlabel("level of the intervals (%)")
    axes.set_ylabel("true values inside (%)")
    axes.set(xlim=(0, 100), ylim=(0, 100), aspect="equal")
    _legend(axes, "left")


def _legend(axes: Any, side: str) -> None:
    """Name the lines above the axes, where nothing is drawn."""
    where = {"loc": f"lower {side}", "bbox_to_anchor": (1.0 if side == "right" else 0.0, 1.0)}
    axes.legend(fontsize=8, ncols=4, frameon=False, borderaxespad=0, columnspacing=1.2, **where)


def _overlay(axes: Any, arrays: Mapping[str, Array], origins: Origins, i: int, k: int) -> None:
    """Draw the latest true values of a series with forecasts from some origins over them."""
    u = arrays["true"].shape[1]
    rows = np.flatnonzero(origins.series == i)
    rows = rows[origins.steps[rows] > origins.steps[rows[-1]] - max(HORIZONS * u, LEAST)]
    first = origins.steps[rows[0]]
    known = np.full(origins.steps[rows[-1]] + u - first, np.nan)
    for row in rows:
        known[origins.steps[row] - first :][:u] = arrays["true"][row, :, k]
    axes.plot(_times(origins, first, len(known)), known, color="#4a4a4a", lw=1.1, label="true")
    level = max((int(name[3:]) for name in arrays if name.startswith("lo-")), default=None)
    for n, row in enumerate(_spread(rows, origins.steps[rows], u)):
        ahead = _times(origins, origins.steps[row], u)
        mark = "o" if u == 1 else None
        if level is not None:
            ends = (arrays[f"{end}-{level}"][row, :, k] for end in ("lo", "hi"))
            label = None if n else f"{level}%"
            axes.fill_between(ahead, *ends, color=COLORS[NETWORK], alpha=0.2, lw=0, label=label)
        label = None if n else "forecast"
        said = arrays[NETWORK][row, :, k]
        axes.plot(ahead, said, color=COLORS[NETWORK], lw=1.8, label=label, marker=mark, ms=3)
    axes.set_title(origins.titles[i][k], loc="left", fontsize=10)


def _spread(rows: Array, steps: Array, u: int) -> list[int]:
    """Return some windows, spread over all and not over one another, the last among them."""
    found: list[int] = []
    apart = max(u, int(steps[-1] - steps[0]) // (SHOWN - 1))
    for row, step in zip(rows[::-1], steps[::-1], strict=True):
        if step <= steps[-1] - apart * len(found):
            found.append(int(row))
    return found


def _times(origins: Origins, first: int, count: int) -> list[Any]:
    """Return the times of some steps."""
    times: list[Any] = origins.timeline.times(np.arange(first, first + count)).to_list()
    return times
