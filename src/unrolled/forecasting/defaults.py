"""The defaults of season and lookback, which depend on the data, with their reasons."""

from __future__ import annotations

import math

import numpy as np

from unrolled.data.block import Array
from unrolled.forecasting.series.panel import Panel

MIN_AUTOCORRELATION = 0.3  # of the changes of a series, from which a season counts
MIN_LOOKBACK, MAX_LOOKBACK = 16, 720  # steps
RECENT_STEPS = 2**16  # steps at the end of a long series in which a season is looked for
SHORT_FRACTION = 0.05  # of the series may be shorter than the lookback needs


def choose_season(panel: Panel) -> tuple[int | None, str]:
    """Return the season length in steps, or None without a season, and the reason."""
    season = panel.timeline.season
    longest = int(np.argmax(panel.lengths))
    series = panel.targets[panel.offsets[longest] : panel.offsets[longest + 1]]
    series = series[-RECENT_STEPS:].mean(axis=1)
    if season is not None and 2 * season < len(series):
        return season, f"season {season}: the rows are {panel.timeline.frequency}"
    season = _autocorrelation_peak(series)
    if season is None:
        return None, "no season: the changes of the series do not repeat after any number of steps"
    return season, f"season {season}: the changes of the series repeat after {season} steps"


def choose_lookback(panel: Panel, horizon: int, season: int | None) -> tuple[int, str]:
    """Return how many steps a forecast looks back on, and the reason."""
    available = int(np.quantile(panel.lengths, SHORT_FRACTION)) - 2 * horizon  # one is held out
    minimum = max(2 * (season or 0), horizon, MIN_LOOKBACK)
    unit = math.lcm(season or 1, horizon)
    unit = unit if unit <= min(MAX_LOOKBACK, available) else horizon
    steps = min(-(-minimum // unit) * unit, max(minimum, MAX_LOOKBACK))
    if steps <= available:
        return steps, f"lookback {steps}: whole seasons and horizons, two seasons at least"
    available = max(1, available)
    steps = available // unit * unit or available // horizon * horizon or available
    return steps, f"lookback {steps}: as long as short series allow"


def _autocorrelation_peak(series: Array) -> int | None:
    """Return the lag at which the changes of a series have their highest autocorrelation."""
    known = series[~np.isnan(series)]
    changes = np.diff(known) - np.diff(known).mean() if len(known) > 2 else known
    n = len(changes)
    if n < 16 or not changes.any():
        return None
    power = np.abs(np.fft.rfft(changes, 2 * n)) ** 2
    correlation = np.fft.irfft(power)[: n // 3]
    correlation = correlation / correlation[0]
    lags = range(2, len(correlation) - 1)
    peaks = [k for k in lags if correlation[k - 1] < correlation[k] >= correlation[k + 1]]
    best = max(peaks, key=lambda k: correlation[k], default=None)
    return int(best) if best is not None and correlation[best] > MIN_AUTOCORRELATION else None
