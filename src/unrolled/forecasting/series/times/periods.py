"""Periods of pandas, which become the times at which they begin, and back."""

from __future__ import annotations

from typing import Any


def without_periods(data: Any, time: str | None) -> Any:
    """Return data whose column of times holds no periods; everything else stays as it is.

    Args:
        data: A pandas frame, a dict of columns, or anything else, which has no periods.
        time: The column of times.
    """
    cells = _column(data, time)
    if cells is None or _frequency(cells) is None:
        return data
    begins = [period.to_timestamp() for period in cells]
    return data.assign(**{str(time): begins}) if hasattr(data, "assign") else {**data, time: begins}


def with_periods(forecast: Any, data: Any, time: str | None) -> Any:
    """Return a forecast with periods in its column of times, if the data has them there.

    Args:
        forecast: A table of the same kind as the data.
        data: The data that came in.
        time: The column of times.
    """
    cells = _column(data, time)
    if cells is None and time in (getattr(getattr(data, "index", None), "names", None) or ()):
        cells = data.index.get_level_values(time)
    if cells is None and str(getattr(getattr(data, "index", None), "dtype", "")).startswith("per"):
        cells = data.index
    frequency = None if cells is None else _frequency(cells)
    if frequency is None or time is None:
        return forecast
    import pandas as pd  # the data has periods of pandas, so that it is there

    periods = pd.PeriodIndex(pd.DatetimeIndex(forecast[time]), freq=frequency)
    if hasattr(forecast, "assign"):
        return forecast.assign(**{str(time): periods})
    return {**forecast, time: list(periods)} if isinstance(forecast, dict) else forecast


def _column(data: Any, time: str | None) -> Any:
    """Return the cells of the column of times; None where there is no such column."""
    is_table = isinstance(data, dict) or (hasattr(data, "assign") and hasattr(data, "columns"))
    names = data if isinstance(data, dict) else getattr(data, "columns", ())
    return data[time] if is_table and time is not None and time in names else None


def _frequency(cells: Any) -> Any:
    """Return the frequency of periods; None for other cells."""
    first = cells.iloc[0] if hasattr(cells, "iloc") else next(iter(cells), None)
    return getattr(first, "freq", None) if type(first).__name__ == "Period" else None
