"""Backtests: forecasts of known steps, scored beside those of simple baselines."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from unrolled.baselines.verdict import NETWORK, best_baseline, compare_scores, verdict
from unrolled.data.block import Array
from unrolled.forecasting.backtesting.errors import sum_errors
from unrolled.forecasting.backtesting.plot import draw_backtest
from unrolled.forecasting.backtesting.rolling_origin import Origins, RollingForecasts
from unrolled.forecasting.baselines import REPEAT_LAST, RIDGE, SEASONAL_NAIVE
from unrolled.forecasting.notebook import backtest_html

COPY_FRACTION = 0.1  # of the error of repeating the last value: a forecast nearer to it is a copy
CLEAR_MARGIN = 0.01  # of an error, beyond which a difference counts


@dataclass(frozen=True)
class Backtest:
    """Forecasts of known steps, and their errors.

    Attributes:
        windows: How many forecasts were made.
        scores: By forecaster (`network` first), then by metric. Where levels are given, they
            include `SQL`, the scaled quantile loss of intervals at ten levels and of the forecast
            between them.
        by_step: Mean absolute error at each forecast step (u), by forecaster.
        intervals: By level: the fraction of true values inside, and the mean width.
        verdict: Whether the network is worth having, in a sentence.
        origins: Where the forecasts begin.
        season: Length of the season that was repeated, in steps; None without one.
        reliability: By level from 10 to 95, the fraction of true values inside; empty where no
            level is given.
        trained_on: How many of the forecasts are of steps that the network was trained on.
        arrays: `true` and, by forecaster, the values (n u c); `lo-80`, ... for intervals.
    """

    windows: int
    scores: Mapping[str, Mapping[str, float]]
    by_step: Mapping[str, Array]
    intervals: Mapping[int, Mapping[str, float]]
    verdict: str
    origins: Origins = field(repr=False)
    season: int | None = None
    reliability: Mapping[int, float] = field(default_factory=dict, repr=False)
    trained_on: int = 0
    arrays: Mapping[str, Array] = field(default_factory=dict, repr=False)

    def __str__(self) -> str:
        width = max(map(len, self.scores))
        metrics = list(self.scores[NETWORK])
        lines = ["  ".join([" " * width, *(f"{name:>9}" for name in metrics)])]
        for name, scores in self.scores.items():
            cells = [f"{scores[metric]:>9.4g}" for metric in metrics]
            lines.append("  ".join([f"{name:<{width}}", *cells]))
        return "\n".join([*lines, *self._interval_lines(), *self._trained_on_line(), self.verdict])

    def _repr_html_(self) -> str:
        """Return the backtest for a notebook: scores beside those of the baselines, and verdict."""
        lines = [*self._interval_lines(), *self._trained_on_line(), self.verdict]
        return backtest_html(self.scores, lines)

    def _trained_on_line(self) -> list[str]:
        """Return how many forecasts are of steps that were trained on, if any."""
        if not self.trained_on:
            return []
        return [
            f"{self.trained_on} of these {self.windows} forecasts are of steps that the network was"
            " trained on, so the scores are too good"
        ]

    def _interval_lines(self) -> list[str]:
        """Return a line for each level, with the coverage and width of its intervals."""
        return [
            f"{level}% intervals cover {100 * own['coverage']:.1f}% of the true values,"
            f" mean width {own['width']:.4g}"
            for level, own in self.intervals.items()
        ]

    def plot(self, path: str | Path) -> Path:
        """Draw the backtest into a file: errors, intervals, and forecasts over true values.

        It shows the mean error at each forecast step, by forecaster; where levels were given, the
        coverage of the network's intervals at levels from 10 to 95; and the latest true values of
        up to four series with some of the network's forecasts.

        Args:
            path: The picture, whose suffix says the format (`.png`, `.svg`, `.pdf`).

        Raises:
            DataError: The file cannot be written.
        """
        return draw_backtest(Path(path), self.arrays, self.origins, self.by_step, self.reliability)


def score_forecasts(
    forecasts: RollingForecasts, *, levels: tuple[int, ...], season: int | None
) -> Backtest:
    """Score forecasts.

    Args:
        forecasts: The forecasts, those of the network first.
        levels: The levels of the intervals to report.
        season: Season length in steps.

    Source:
        Bracher et al. 2021, the weighted interval score, here divided as the MASE is (Hyndman and
        Koehler 2006, section 3): the scaled quantile loss, which of the forecast alone is the MASE.
    """
    arrays = forecasts.arrays
    true = arrays["true"]
    names = [n for n in (NETWORK, REPEAT_LAST, SEASONAL_NAIVE, RIDGE) if n in arrays]
    sums = sum_errors(true, {name: arrays[name] for name in names}, forecasts.scales)
    scores = {name: own.scores for name, own in sums.items()}
    for name, loss in forecasts.losses.items():
        scores[name]["SQL"] = _known_mean(loss / forecasts.scales[:, None])
    intervals = {}
    for level in levels:
        width = arrays[f"hi-{level}"] - arrays[f"lo-{level}"]
        mean_width = _known_mean(width[~np.isnan(true)])
        intervals[level] = {"coverage": forecasts.coverage[level], "width": mean_width}
    return Backtest(
        windows=len(true),
        scores=scores,
        by_step={name: own.by_step for name, own in sums.items()},
        intervals=intervals,
        verdict=_verdict(scores, arrays),
        origins=forecasts.origins,
        season=season,
        trained_on=int(forecasts.is_trained_on.sum()),
        reliability=forecasts.coverage,
        arrays=arrays,
    )


def _known_mean(values: Array) -> float:
    """Return the mean of the values that are known, NaN where none is."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if known.size else float("nan")


def _verdict(scores: Mapping[str, Mapping[str, float]], arrays: Mapping[str, Any]) -> str:
    """Return whether the network is worth having, and whether its forecasts are copies.

    Windows overlap, so that their errors are not independent and give no standard error: a
    difference counts when it exceeds a fraction of the baseline's error.
    """
    metric = "MAE" if np.isnan(scores[NETWORK]["MASE"]) else "MASE"
    errors = {name: own[metric] for name, own in scores.items()}
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
    last = arrays[REPEAT_LAST]
    distance = sum_errors(last, {NETWORK: arrays[NETWORK]}, np.ones((len(last), last.shape[2])))
    if distance[NETWORK].scores["MAE"] < COPY_FRACTION * scores[REPEAT_LAST]["MAE"]:
        sentence += " Its forecasts are little more than copies of the last value."
    return sentence
