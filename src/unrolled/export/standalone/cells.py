"""Cells of a table: numbers, lists, dates."""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np

UNKNOWN, END = 1, 2  # ids; 0 is padding
MISSING = ("?", "NA", "N/A", "#N/A", "n/a", "na", "null", "NULL", "None", "-", "--")
YEAR_DAYS = 365.25
_DATE = re.compile(
    r"\s*(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T](\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?))?"
    r"\s*(?:[zZ]|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?\s*"
)
Columns = dict[str, list[Any]]


class BundleError(ValueError):
    """The bundle or the table cannot be used."""


def is_missing(cell: Any) -> bool:
    """Return whether a cell is missing: None, NaN, or a text of nothing but blanks."""
    return cell is None or cell != cell or (isinstance(cell, str) and not cell.strip())


def read_number(cell: Any, decimal: str = ".") -> float:
    """Return a cell as a number, NaN where it is missing."""
    if is_missing(cell) or (isinstance(cell, str) and cell.strip() in MISSING):
        return float("nan")
    if isinstance(cell, str):
        text = cell.strip()
        if decimal == ",":
            text = re.sub("[.\u00a0\u202f]", "", text).replace(",", ".")
        try:
            cell = float(text)
        except ValueError:
            raise BundleError(f"{cell!r} is not a number.") from None
    if np.isinf(float(cell)):
        raise BundleError(f"{cell!r} is not a finite number.")
    return float(cell)


def read_step(cell: Any) -> str | None:
    """Return a cell that is one step of a sequence of strings; None where it is missing."""
    return None if is_missing(cell) else as_token(cell)


def read_list(cell: Any) -> list[Any] | None:
    """Return a cell as a list: JSON, or numbers with blanks, `,` or `;` between them."""
    if cell is None or isinstance(cell, list):
        return cell or None
    text = str(cell).strip()
    if not text:
        return None
    if text.startswith("["):
        try:
            return list(json.loads(text)) or None
        except ValueError:
            raise BundleError(f"{text[:40]!r} is not a list.") from None
    return [read_number(part) for part in re.split(r"[\s,;]+", text.strip(",; ")) if part]


def read_tokens(cell: Any, *, spaced: bool) -> list[str] | None:
    """Return a cell as tokens: a list, or text with blanks between them."""
    is_json = isinstance(cell, str) and re.fullmatch(r"\s*\[.*\]\s*", cell, re.DOTALL)
    if isinstance(cell, str) and (spaced or not is_json):
        return cell.split() or None
    tokens = read_list(cell)
    if tokens is not None and any(is_missing(token) for token in tokens):
        raise BundleError("a token is missing among the steps. Give every step a string.")
    return None if tokens is None else [as_token(token) for token in tokens]


def as_token(value: Any) -> str:
    """Return a number or a boolean as a token, a whole number without a decimal point."""
    return str(int(value) if isinstance(value, float) and value.is_integer() else value)


def read_date(cell: Any) -> np.datetime64:
    """Return a cell as a date; the time of a zone is read by the clock of its zone."""
    if is_missing(cell):
        return np.datetime64("NaT", "us")
    match = _DATE.fullmatch(str(cell))
    if match is None:
        raise BundleError(f"{cell!r} is not a date such as 2024-02-29 or 2024-02-29 12:30.")
    year, month, day, clock = match.groups()
    text = f"{year}-{int(month):02}-{int(day):02}"
    return np.datetime64(f"{text}T{clock.zfill(5)}" if clock else text, "us")


def encode_date(date: np.datetime64, facts: dict[str, Any]) -> np.ndarray:
    """Return the features of a date (w): where it lies in the week, the year, the day; the days."""
    width = 2 * (3 + facts["hours"]) + 1
    encoded = np.zeros(width + facts["marked"], np.float32)
    if np.isnat(date):
        encoded[width:] = 1
        return encoded
    day, year = date.astype("datetime64[D]"), date.astype("datetime64[Y]")
    turns = [
        (int(day.astype(np.int64)) + 3) % 7 / 7,  # day 0, 1970-01-01, was a Thursday
        int((date.astype("datetime64[M]") - year).astype(np.int64)) / 12,
        int((day - year).astype(np.int64)) / YEAR_DAYS,
        (date - day) / np.timedelta64(1, "D"),
    ]
    angles = [2 * np.pi * turn for turn in turns[: 3 + facts["hours"]]]
    features = [wave(angle) for angle in angles for wave in (np.sin, np.cos)]
    days = (date - np.datetime64(facts["first"], "us")) / np.timedelta64(1, "D")
    encoded[:width] = [*features, (days - facts["mean"]) / facts["std"]]
    encoded[facts["constant"]] = 0
    return encoded
