"""The `.ts` files of the UEA and UCR time series archive."""

from __future__ import annotations

from dataclasses import dataclass, field

import polars as pl

from unrolled.data.formats.delimited.cell_types import infer_type
from unrolled.errors import DataError


@dataclass
class _Reader:
    """What was read of a file so far.

    Attributes:
        what: The name of the file, for errors.
        label: The column of the label, `class` or `target`; empty without one.
        in_data: Whether the line `@data` was read.
        cases: The steps of each case.
        labels: The label of each case.
    """

    what: str
    label: str = ""
    in_data: bool = False
    cases: list[list[list[float]]] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)

    def read_header(self, line: str, number: int) -> None:
        """Take what a line above the data says."""
        key, _, value = line.lower().partition(" ")
        self.in_data = key == "@data"
        if key in ("@classlabel", "@targetlabel") and value.startswith("true"):
            self.label = "class" if key == "@classlabel" else "target"
        if key == "@timestamps" and value.startswith("true"):
            raise DataError(
                f"{self.what}, line {number}: the series have time stamps, which cannot be read."
                " Write the values without their times."
            )

    def read_case(self, line: str, number: int) -> None:
        """Take the case on a line."""
        channels = line.split(":")
        if self.label:
            self.labels.append(channels.pop().strip())
        place = f"{self.what}, row {len(self.cases) + 1} (line {number})"
        self.cases.append(_steps(channels, place))


def parse(text: str, *, what: str) -> pl.DataFrame:
    """Return the columns `series` (steps, each a list of channel values) and `class`.

    A problem with a numeric target (`@targetlabel true`) has `target` in place of `class`.

    Args:
        text: The text of the file.
        what: The name of the file, for errors.

    Raises:
        DataError: There is no `@data` line or no case, or there are time stamps, or channels of
            different length.

    Example:
        >>> parse("@classLabel true a b\\n@data\\n1,2:3,4:a\\n", what="x.ts").rows()
        [([[1.0, 3.0], [2.0, 4.0]], 'a')]
    """
    reader = _Reader(what)
    for number, line in enumerate(text.splitlines(), 1):
        plain = line.strip()
        if plain and not plain.startswith("#"):
            (reader.read_case if reader.in_data else reader.read_header)(plain, number)
    if not reader.cases:
        missing = "no cases after its '@data' line" if reader.in_data else "no '@data' line"
        raise DataError(f"{what} has {missing}. Write one case on each line below '@data'.")
    columns = [pl.Series("series", reader.cases, dtype=pl.List(pl.List(pl.Float64)))]
    if reader.label:
        labels = pl.Series(reader.label, reader.labels)
        columns.append(labels if reader.label == "class" else infer_type(labels))
    return pl.DataFrame(columns)


def _steps(channels: list[str], place: str) -> list[list[float]]:
    """Return one case with its steps first and its channels second; `?` is missing."""
    try:
        rows = [[_value(cell) for cell in channel.split(",")] for channel in channels]
    except ValueError as error:
        bad = str(error).rpartition(": ")[2]
        raise DataError(
            f"{place}: {bad} is not a number. Correct it, or write '?' for a missing one."
        ) from None
    lengths = [len(row) for row in rows]
    if len(set(lengths)) != 1:
        raise DataError(
            f"{place}: the channels have {lengths[:6]} values, but all channels of a case must have"
            " the same number of steps. Correct the line."
        )
    return [list(step) for step in zip(*rows, strict=True)]


def _value(cell: str) -> float:
    """Return one value; `?` and NaN are missing."""
    return float("nan") if cell.strip() == "?" else float(cell)
