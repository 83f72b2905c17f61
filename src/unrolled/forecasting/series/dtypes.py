"""The types and the values of columns of ids and times as JSON, and back."""

from __future__ import annotations

from typing import Any

import polars as pl

from unrolled.saving.checked_json import RefusedError, short_repr

DTYPES = (
    *("Date", "Datetime", "String", "Boolean", "Float32", "Float64"),
    *(f"{sign}Int{size}" for sign in ("", "U") for size in (8, 16, 32, 64)),
)


def dtype_to_list(dtype: Any) -> list[str]:
    """Return the name of a type, followed by its time zone if it has one.

    Example:
        >>> dtype_to_list(pl.Datetime("us", "UTC"))
        ['Datetime', 'UTC']
    """
    zone = getattr(dtype, "time_zone", None)
    return [dtype.base_type().__name__, *([zone] if zone else [])]


def dtype_from_list(state: Any) -> Any:
    """Return the type that `dtype_to_list` described.

    Raises:
        RefusedError: It is not a type that ids or times can have.
    """
    name, *zone = state if isinstance(state, list) and state else [None]
    if name not in DTYPES:
        raise RefusedError(
            f"there is no type {short_repr(name)} of columns; the types are {', '.join(DTYPES)}"
        )
    return pl.Datetime("us", *zone) if name == "Datetime" else getattr(pl, name)


def values_to_dict(values: tuple[Any, ...]) -> dict[str, Any]:
    """Return values of one type; dates and times become the integers that represent them."""
    column = pl.Series(values)
    return {"type": dtype_to_list(column.dtype), "values": column.to_physical().to_list()}


def values_from_dict(state: dict[str, Any]) -> tuple[Any, ...]:
    """Return the values that `values_to_dict` described.

    Example:
        >>> from datetime import date
        >>> values_from_dict(values_to_dict((date(2024, 1, 31),)))
        (datetime.date(2024, 1, 31),)
    """
    return tuple(pl.Series(state["values"]).cast(dtype_from_list(state["type"])).to_list())
