"""Numbers that are text only by their spelling: `15,6`, `1,200.50`, `$3`, `12.5%` and `3 kg`."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from unrolled.data.formats.delimited.cell_types import COMMA, POINT

_NUMBER = r"[+-]?\d[\d.,'\u00A0\u202F]*"
_MONEY = r"(?:[$€£¥₹]|USD|EUR|GBP|CHF|zł|kr)"
CURRENCY = rf"^[+-]?\s*{_MONEY}\s*{_NUMBER}$|^{_NUMBER}\s*{_MONEY}$"
PERCENT = rf"^{_NUMBER}\s*%$"
UNIT = rf"^{_NUMBER}\s?([A-Za-zµ°Ω²³/]{{1,6}})$"


@dataclass(frozen=True)
class Spelled:
    """How the numbers of a column of text are spelled.

    Attributes:
        row: The first row, from 1, that is spelled so.
        cell: Its cell.
        advice: What reads these numbers, in a sentence.
        is_unit: Whether a unit stands behind them, which may as well be part of a name.
    """

    row: int
    cell: str
    advice: str
    is_unit: bool = False


def spelled_numbers(column: pl.Series) -> Spelled | None:
    """Return how the numbers of a column of text are spelled; None if most cells are no numbers.

    Example:
        >>> print(spelled_numbers(pl.Series("a", ["15,6", "7"])).advice)
        If the comma is the decimal mark, read the file with --decimal , (in Python: \
unrolled.scan(path, decimal=',')).
        >>> print(spelled_numbers(pl.Series("a", ["3 kg", "4.5 kg"])).advice)
        Remove 'kg' from the cells.
    """
    plain = column.str.strip_chars()
    filled = plain.filter((plain != "") & plain.is_not_null())
    has_mark = filled.str.contains(r"[,\u00A0\u202F]") & filled.str.contains(r"\d")
    is_comma, is_point = (filled.str.contains(form) & has_mark for form in (COMMA, POINT))
    plain_numbers = filled.cast(pl.Float64, strict=False).is_not_null()
    for cells, advice in (
        (is_comma, _advise_comma(filled.filter(is_comma | is_point))),
        (is_point, _advise_point()),
        (filled.str.contains(CURRENCY), "Remove the sign of the currency from the cells."),
        (filled.str.contains(PERCENT), "Remove '%' from the cells."),
    ):
        if cells.any() and 2 * int((cells | plain_numbers).sum()) > len(filled):
            return _at_first(column, plain, filled.filter(cells)[0], advice)
    units = filled.str.extract(UNIT, 1)
    unit = units.drop_nulls().unique()
    if len(unit) == 1 and units.null_count() == 0 and unit[0].lower() != "e":
        return _at_first(column, plain, filled[0], f"Remove '{unit[0]}' from the cells.", True)
    return None


def _at_first(
    column: pl.Series, plain: pl.Series, cell: str, advice: str, is_unit: bool = False
) -> Spelled:
    """Return how numbers are spelled, with the first row of such a cell."""
    row = int((plain == cell).fill_null(value=False).arg_true()[0])
    return Spelled(row + 1, str(column[row]), advice, is_unit)


def _advise_comma(cells: pl.Series) -> str:
    """Return what reads numbers with commas."""
    decimal = (
        "If the comma is the decimal mark, read the file with --decimal , (in Python:"
        " unrolled.scan(path, decimal=','))."
    )
    if not cells.is_empty() and cells.str.contains(POINT).all():
        return f"{decimal} If it separates thousands, state --decimal . (decimal='.')."
    return decimal


def _advise_point() -> str:
    """Return what reads numbers with commas between thousands."""
    return (
        "If the commas separate thousands, read the file with --decimal . (in Python:"
        " unrolled.scan(path, decimal='.'))."
    )
