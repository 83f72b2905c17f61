"""Backtests: forecasts made from the past of known data, scored beside simple ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from unrolled.baselines.verdict import NETWORK, best_baseline, compare_scores, verdict
from unrolled.data.block import Array
from unrolled.forecasting.backtesting.plot import draw_backtest
from unrolled.forecasting.backtesting.rolling_origin import Origins, RollingForecasts
from unrolled.forecasting.baselines import REPEAT_LAST, RIDGE, SEASONAL_NAIVE

COPY_SHARE = 0.1  # of the error of repeating the last value: nearer to it, a forecast is its copy
CLEAR_MARGIN = 0.01  # share of an error that counts as better


@dataclass(frozen=True)
class Backtest:
    """Forecasts of known steps, and how wrong they were.

    Attributes:
        windows: How many forecasts were made.
        scores: By who forecast (`network` first), then by metric; `SQL`, the scaled quantile
            loss of intervals at ten levels and the forecast between them, where levels are given.
        by_step: Mean absolute error at each forecast step (u), by who forecast.
        intervals: By level: the share of true values inside, and the mean width.
        verdict: Whether the network is worth having, in a sentence.
        origins: Where the forecasts began.
        season: Steps of the season that was repeated; None without one.
        reliability: By level from 10 to 95, the share of true values inside; empty where no level
            is given.
        arrays: `true` and, by who forecast, the values (n u c); `lo-80`, ... for intervals.
    """

    windows: int
    scores: Mapping[str, Mapping[str, float]]
    by_step: Mapping[str, Array]
    intervals: Mapping[int, Mapping[str, float]]
    verdict: str
    origins: Origins = field(repr=False)
    season: int | None = None
    reliability: Mapping[int, float] = field(default_factory=dict, repr=False)
    arrays: Mapping[str, Array] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        width = max(map(len, self.scores))
        metrics = list(self.scores[NETWORK])
        lines = ["  ".join([" " * width, *(f"{name:>9}" for name in metrics)])]
        for who, scores in self.scores.items():
            cells = [f"{scores[name]:>9.4g}" for name in metrics]
            lines.append("  ".join([f"{who:<{width}}", *cells]))
        for level, found in self.intervals.items():
            lines.append(
                f"{level}% intervals hold {100 * found['coverage']:.1f}% of the true values,"
                f" mean width {found['width']:.4g}"
            )
        return "\n".join([*lines, self.verdict])

    def plot(self, path: str | Path) -> Path:
        """Draw the backtest into a file: errors, intervals, and forecasts over true values.

        The mean error at each forecast step, by who forecast; where levels were given, the share
        of true values that the network's intervals hold at levels from 10 to 95; and the latest
        true values of up to four series with some of the network's forecasts.

        Args:
            path: The picture, whose suffix says the format (`.png`, `.svg`, `.pdf`).

        Raises:
            DataError: The file cannot be written.
        """
        return draw_backtest(Path(path), self.arrays, self.origins, self.by_step, self.reliability)


def score_forecasts(
    rolled: RollingForecasts, *, levels: tuple[int, ...], season: int | None
) -> Backtest:
    """Score forecasts.

    Args:
        rolled: The forecasts, the network's first.
        levels: The levels of the intervals that were asked for.
        season: Steps of a season.

    Source:
        Bracher et al. 2021, the weighted interval score, here divided as the MASE is (Hyndman and
        Koehler 2006, section 3): the scaled quantile loss, which of the forecast alone is the MASE.
    """
    arrays = rolled.arrays
    true = arrays["true"]
    whom = [who for who in (NETWORK, REPEAT_LAST, SEASONAL_NAIVE, RIDGE) if who in arrays]
    scores, steps = {}, {}
    for who in whom:
        scores[who], steps[who] = _scores(true, arrays[who], rolled.scales)
    for who, loss in rolled.losses.items():
        scores[who]["SQL"] = _known_mean(loss / rolled.scales[:, None])
    intervals = {}
    for level in levels:
        width = arrays[f"hi-{level}"] - arrays[f"lo-{level}"]
        mean = _known_mean(width[~np.isnan(true)])
        intervals[level] = {"coverage": rolled.held[level], "width": mean}
    return Backtest(
        windows=len(true),
        scores=scores,
        by_step=steps,
        intervals=intervals,
        verdict=_verdict(scores, arrays),
        origins=rolled.origins,
        season=season,
        reliability=rolled.held,
        arrays=arrays,
    )


def _scores(true: Array, said: Array, scale: Array) -> tuple[dict[str, float], Array]:
    """Return the scores of forecasts (n u c), and the mean absolute error of each step (u)."""
    wrong = np.subtract(true, said)
    np.abs(wrong, out=wrong)
    known = ~np.isnan(wrong)
    wrong[~known] = 0
    size = np.abs(true)
    size += np.abs(said)
    share = np.divide(wrong, size, out=np.zeros_like(wrong), where=size > 0)
    rows = np.einsum("nuc->nc", wrong)  # several times faster than sum over one axis
    counts = np.full(rows.shape, wrong.shape[1]) if known.all() else known.sum(axis=1)  # n c
    scaled = ~np.isnan(scale)
    total, those = counts.sum(), counts[scaled].sum()
    found = {
        "MAE": rows.sum() / total,
        "MSE": np.vdot(wrong, wrong) / total,
        "MASE": (rows[scaled] / scale[scaled]).sum() / those if those else np.nan,
        "sMAPE": 200 * share.sum() / total,
    }
    steps = np.einsum("nuc->u", wrong) / known.sum(axis=0).sum(axis=1)
    return {name: float(value) for name, value in found.items()}, steps


def _known_mean(values: Array) -> float:
    """Return the mean of the values that are known, NaN where none is."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")


def _verdict(scores: Mapping[str, Mapping[str, float]], arrays: Mapping[str, Any]) -> str:
    """Say whether the network is worth having, and whether its forecasts are copies.

    Windows overlap, so that their errors are not independent and give no standard error: a
    difference counts when it is larger than a share of the baseline's error.
    """
    metric = "MAE" if np.isnan(scores[NETWORK]["MASE"]) else "MASE"
    errors = {name: found[metric] for name, found in scores.items()}
    best = best_baseline(errors)
    words = {REPEAT_LAST: "repeating the last value", SEASONAL_NAIVE: "repeating the last season"}
    compared = compare_scores(
        metric,
        errors[NETWORK],
        errors[best],
        words.get(best, f"the {best}"),
        f"{len(arrays['true'])} forecasts",
    )
    sentence = verdict(errors[best] - errors[NETWORK], CLEAR_MARGIN * errors[best], compared)
    distance = float(np.nanmean(np.abs(arrays[NETWORK] - arrays[REPEAT_LAST])))
    if distance < COPY_SHARE * float(np.nanmean(np.abs(arrays["true"] - arrays[REPEAT_LAST]))):
        sentence += " Its forecasts are little more than copies of the last value."
    return sentence
