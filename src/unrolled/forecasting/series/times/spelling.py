"""How the times of a column are written, so that forecasts write theirs in the same way."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import polars as pl

from unrolled.saving import from_untrusted
from unrolled.saving.checked_json import RefusedError, short_repr

INTEGER_PATTERNS = (  # by the number of digits, and where it is the same, the likelier first
    *("%Y%m", "%y%m%d", "%Y%m%d", "%Y%m%d%H", "%Y%m%d%H%M", "%Y%m%d%H%M%S"),
)
DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%y-%m-%d", "%y/%m/%d")
CLOCKS = ("%H:%M", "%H:%M:%S", "%H:%M:%S%.3f", "%H:%M:%S%.6f", "%H:%M:%SZ", "%H:%M:%S%:z")
TEXT_PATTERNS = (
    *DAYS,
    *("%Y-%m", "%Y/%m", "%Y"),
    *(f"{day}{mark}{clock}" for day in DAYS[:2] for mark in " T" for clock in CLOCKS),
    *INTEGER_PATTERNS,
)
MAX_SUFFIX = 6  # characters of an offset
SAMPLE = 1000  # rows at either end of a column that are compared


@dataclass(frozen=True)
class Spelling:
    """How times are written in a column.

    Attributes:
        kind: As text, or as whole numbers such as 202401.
        pattern: The pattern, as of `strftime`.
        suffix: Text at the end of every time, such as an offset.
    """

    kind: Literal["text", "integer"]
    pattern: str
    suffix: str = ""

    def write(self, times: pl.Series) -> pl.Series:
        """Return times as the column had them."""
        text = times.dt.strftime(self.pattern) + self.suffix
        return text.cast(pl.Int64) if self.kind == "integer" else text

    def to_dict(self) -> dict[str, Any]:
        """Return the spelling as JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, state: Any) -> Spelling:
        """Return the spelling that `to_dict` wrote.

        Raises:
            RefusedError: It is not a spelling.
        """
        spelling = from_untrusted(cls, state, "spelling")
        patterns = INTEGER_PATTERNS if spelling.kind == "integer" else TEXT_PATTERNS
        if spelling.pattern not in patterns or len(spelling.suffix) > MAX_SUFFIX:
            raise RefusedError(f"there is no spelling of times {short_repr(spelling.pattern)}")
        return spelling


def infer_spelling(column: pl.Series, times: pl.Series) -> Spelling | None:
    """Return how a column writes its times; None where it holds times, or writes in another way.

    Args:
        column: The column as it came in.
        times: Its times.

    Example:
        >>> from datetime import date
        >>> months = pl.Series([date(2023, 12, 1), date(2024, 1, 1)])
        >>> infer_spelling(pl.Series([202312, 202401]), months).pattern
        '%Y%m'
    """
    if not times.dtype.is_temporal() or column.dtype.is_temporal() or not len(column):
        return None
    rows = np.unique(np.r_[: min(SAMPLE, len(column)), max(0, len(column) - SAMPLE) : len(column)])
    written, read = column.gather(rows), times.gather(rows)
    is_text = written.dtype == pl.String
    text = written if is_text else written.cast(pl.Int64).cast(pl.String)
    for suffix in ("", *([text[0][-6:]] if is_text and text[0][-6:-5] in tuple("+-") else [])):
        for pattern in TEXT_PATTERNS if is_text else INTEGER_PATTERNS:
            if "%H" in pattern and times.dtype == pl.Date:
                continue
            if pattern.endswith("%:z") and not getattr(times.dtype, "time_zone", None):
                continue
            spelling = Spelling("text", pattern, suffix)
            if spelling.write(read[:1])[0] == text[0] and (spelling.write(read) == text).all():
                return Spelling("text" if is_text else "integer", pattern, suffix)
    return None
