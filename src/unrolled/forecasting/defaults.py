"""The season and the lookback where nobody gave them, with the reason."""

from __future__ import annotations

import math

import numpy as np

from unrolled.data.block import Array
from unrolled.forecasting.series.panel import Panel

STRONG = 0.3  # autocorrelation of the changes at a season that counts
LEAST, MOST = 16, 720  # steps of a lookback that nobody gave
RECENT = 2**16  # steps at the end of a long series that tell its season
SHORT = 0.05  # share of the series that may be shorter than a lookback needs


def season(panel: Panel) -> tuple[int | None, str]:
    """Return the steps until much comes again, and why; None where nothing does."""
    found = panel.timeline.season
    longest = int(np.argmax(panel.lengths))
    series = panel.targets[panel.offsets[longest] : panel.offsets[longest + 1]]
    series = series[-RECENT:].mean(axis=1)
    if found is not None and 2 * found < len(series):
        return found, f"season {found}: the rows are {panel.timeline.spelled}"
    found = _repeated(series)
    if found is None:
        return None, "no season: no distance of steps repeats itself clearly"
    return found, f"season {found}: changes resemble those {found} steps earlier most"


def lookback(panel: Panel, horizon: int, season: int | None) -> tuple[int, str]:
    """Return the steps that a forecast looks back on, and why."""
    room = int(np.quantile(panel.lengths, SHORT)) - 2 * horizon  # one more is held out
    wanted = max(2 * (season or 0), horizon, LEAST)
    unit = math.lcm(season or 1, horizon)
    unit = unit if unit <= min(MOST, room) else horizon
    steps = min(-(-wanted // unit) * unit, max(wanted, MOST))
    why = f"lookback {steps}: two seasons or one horizon at least, in whole ones"
    if steps > room:
        whole = max(1, room) // unit * unit or max(1, room) // horizon * horizon
        steps = whole or max(1, room)
        why = f"lookback {steps}: as long as short series allow"
    return steps, why


def _repeated(series: Array) -> int | None:
    """Return the distance at which the changes of a series resemble themselves most."""
    known = series[~np.isnan(series)]
    changes = np.diff(known) - np.diff(known).mean() if len(known) > 2 else known
    n = len(changes)
    if n < 16 or not changes.any():
        return None
    power = np.abs(np.fft.rfft(changes, 2 * n)) ** 2
    alike = np.fft.irfft(power)[: n // 3]
    alike = alike / alike[0]
    peaks = [k for k in range(2, len(alike) - 1) if alike[k - 1] < alike[k] >= alike[k + 1]]
    best = max(peaks, key=lambda k: alike[k], default=None)
    return int(best) if best is not None and alike[best] > STRONG else None
