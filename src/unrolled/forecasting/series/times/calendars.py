"""The calendars by which series have steps, and how saved ones are read.

Each numbers the stamps at which a series has steps: `index` from stamps to numbers, `stamps` back,
`describe` in words. A stamp is in microseconds since 1970 on the wall clock.
"""

from __future__ import annotations

from typing import Any

from unrolled.forecasting.series.times.fiscal_weeks import FiscalWeeks
from unrolled.forecasting.series.times.month_days import MonthDays
from unrolled.forecasting.series.times.open_days import OpenDays
from unrolled.saving.checked_json import RefusedError

Calendar = OpenDays | MonthDays | FiscalWeeks
KINDS: dict[Any, type[Calendar]] = {
    "open days": OpenDays,
    "days of the month": MonthDays,
    "fiscal weeks": FiscalWeeks,
}


def calendar_from_dict(state: Any) -> Calendar:
    """Return the calendar that `to_dict` of one of them wrote.

    Raises:
        RefusedError: It is not a calendar.
    """
    kind = KINDS.get(state.get("kind")) if isinstance(state, dict) else None
    if kind is None:
        raise RefusedError(f"a calendar must be one of {', '.join(map(str, KINDS))}")
    return kind.from_dict({name: value for name, value in state.items() if name != "kind"})
