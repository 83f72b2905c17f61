"""The `.ts` files of the UEA and UCR time series archive."""

from __future__ import annotations

import polars as pl

from unrolled.data.formats.delimited import decoded, typed
from unrolled.errors import DataError


def frame(data: bytes, *, what: str) -> pl.DataFrame:
    """Return the columns `series` (steps, each a list of channel values) and `class`.

    A problem with a numeric target (`@targetlabel true`) has `target` in place of `class`.

    Args:
        data: The bytes of the file.
        what: The file's name, for errors.

    Raises:
        DataError: No `@data` line, no cases, time stamps, or channels of differing length.

    Example:
        >>> frame(b"@classLabel true a b\\n@data\\n1,2:3,4:a\\n", what="x.ts").rows()
        [([[1.0, 3.0], [2.0, 4.0]], 'a')]
    """
    label = ""
    started = False
    cases: list[list[list[float]]] = []
    labels: list[str] = []
    for number, line in enumerate(decoded(data, what=what).splitlines(), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        if not started:
            key, _, value = text.lower().partition(" ")
            started = key == "@data"
            if key in ("@classlabel", "@targetlabel") and value.startswith("true"):
                label = "class" if key == "@classlabel" else "target"
            if key == "@timestamps" and value.startswith("true"):
                raise DataError(
                    f"{what}, line {number}: got time stamps inside the series, expected values"
                    " alone. Write the values without their times."
                )
            continue
        channels = text.split(":")
        if label:
            labels.append(channels.pop().strip())
        cases.append(_steps(channels, f"{what}, row {len(cases) + 1} (line {number})"))
    if not cases:
        missing = "no cases after its '@data' line" if started else "no '@data' line"
        raise DataError(f"{what} has {missing}, expected a case a line below '@data'.")
    columns = [pl.Series("series", cases, dtype=pl.List(pl.List(pl.Float64)))]
    if label:
        named = pl.Series(label, labels)
        columns.append(named if label == "class" else typed(named))
    return pl.DataFrame(columns)


def _steps(channels: list[str], place: str) -> list[list[float]]:
    """Return one case with its steps first and its channels second; `?` is missing."""
    try:
        rows = [[_value(cell) for cell in channel.split(",")] for channel in channels]
    except ValueError as error:
        bad = str(error).rpartition(": ")[2]
        raise DataError(f"{place}: got {bad} among the values, expected numbers or '?'.") from None
    lengths = [len(row) for row in rows]
    if len(set(lengths)) != 1:
        raise DataError(
            f"{place}: got channels of {lengths[:6]} values, expected every channel of a case to"
            " have the same number of steps."
        )
    return [list(step) for step in zip(*rows, strict=True)]


def _value(cell: str) -> float:
    """Return one value; `?` and NaN are missing."""
    return float("nan") if cell.strip() == "?" else float(cell)
