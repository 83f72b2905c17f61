"""A delimited file as a table: its cells as they are written, and typed when they are needed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property

import polars as pl

from unrolled.data.formats.dates import dates_if_all
from unrolled.data.formats.delimited.cell_types import (
    MISSING_MARKS,
    CellFacts,
    CellType,
    Spelling,
    as_numbers,
    cast_cells,
    choose_type,
    detect_decimal,
)
from unrolled.data.formats.delimited.dialect import SEPARATOR_WORDS
from unrolled.data.formats.raw_table import RawTable, note
from unrolled.data.formats.read_options import ReadOptions
from unrolled.errors import DataError

AS_WRITTEN = ("category", "text", "tokens", "vector", "numbers", "labels")  # kinds


class DelimitedTable(RawTable):
    """The cells of delimited text.

    The type of a column follows from all of its cells, unless it is read as a stated kind: then
    text stays as it is written, and a number is a number, whatever the other rows hold.

    Args:
        cells: Every cell as a string, None where it is empty.
        separator: The character between cells.
        options: What is stated about the file.
        name: The name of the file.
        is_part: Whether `cells` are a part of the file, whose rows are not counted from its start.
        facts: The facts about the columns of the whole file, if `cells` is a part of it.
    """

    def __init__(
        self,
        cells: pl.DataFrame,
        *,
        separator: str,
        options: ReadOptions,
        name: str,
        is_part: bool = False,
        facts: Mapping[str, CellFacts] | None = None,
    ) -> None:
        what = "" if is_part else name
        super().__init__(cells.columns, cells.height, self.column, cells=self._cells, what=what)
        self.name = name
        self.text = without_missing(cells, options)
        self.separator = separator
        self.options = options
        self._facts = dict(facts or {})

    def _cells(self, name: str) -> list[str | None]:
        """Return the cells of a column as they are written."""
        return self.text[name].to_list()

    def facts(self, name: str) -> CellFacts:
        """Return the facts about a column."""
        if name not in self._facts:
            self._facts[name] = CellFacts.from_cells(self.text[name])
        return self._facts[name]

    def column(self, name: str, kind: str = "", *, comma: bool | None = None) -> pl.Series:
        """Return one column; see `RawTable.column`."""
        cells = self.text[name]
        if kind in AS_WRITTEN:
            return cells
        if kind == "number":
            return self._numbers(cells, comma=comma)
        cell_type = choose_type(self.facts(name), self._spelling(name))
        if cell_type == "text":
            self._refuse_unclear(cells)
            form = self.options.date_format
            return cells if form is None else dates_if_all(cells, form)
        typed = cast_cells(cells, cell_type)
        self._note_marks(name, typed)
        return typed

    def written(self, *, as_text: bool) -> pl.DataFrame:
        """Return the cells as they are written in the file, or typed; see `RawTable.written`."""
        return self.text if as_text else super().written(as_text=False)

    def head(self, count: int) -> DelimitedTable:
        """Return the first rows, whose columns have the types of the whole table."""
        facts = {name: self.facts(name) for name in self.columns}
        table = DelimitedTable(
            self.text.head(count),
            separator=self.separator,
            options=self.options,
            name=self.name,
            facts=facts,
        )
        table.what = self.what
        return table

    def comma_columns(self, names: Collection[str]) -> set[str]:
        """Return those of some columns whose numbers are spelled with decimal commas."""
        present = [name for name in names if name in self.columns]
        return {n for n in present if choose_type(self.facts(n), self._spelling(n)) == "comma"}

    def _numbers(self, cells: pl.Series, *, comma: bool | None) -> pl.Series:
        """Return cells as numbers, or as text if some cell is none."""
        name = cells.name
        cell_type = self._number_type(cells, comma=comma)
        if cell_type in ("integer", "long", "nothing", "boolean"):
            return cast_cells(cells, cell_type)
        plain = cells.str.strip_chars()
        filled = (plain != "") & ~plain.is_in(MISSING_MARKS)
        numbers = as_numbers(plain, cell_type)
        if (filled & numbers.is_null()).any():
            self._refuse_point(cells, numbers, cell_type)
            return pl.select(pl.when(filled).then(cells).alias(name)).to_series()
        self._note_marks(name, numbers)
        return numbers

    def _number_type(self, cells: pl.Series, *, comma: bool | None) -> CellType:
        """Return how the cells of a column are read that are to be numbers.

        A fitted model reads a cell in one way, whatever the other rows of the file hold.
        """
        facts = self.facts(cells.name)
        if self.options.decimal is None and self.separator != ",":
            if comma:
                return "comma"
            if comma is False and facts.has_comma and not facts.certain_comma:
                self._refuse_unclear(cells)
            if comma is False and facts.numbers and self._decimal_of_file != ",":
                return "number"
        cell_type = choose_type(facts, self._spelling(cells.name))
        if cell_type == "text":
            self._refuse_unclear(cells)
        return cell_type

    def _refuse_unclear(self, cells: pl.Series) -> None:
        """Refuse numbers of which nothing says what their commas or points are."""
        facts = self.facts(cells.name)
        commas = facts.commas and facts.has_comma and not facts.certain_comma
        points = facts.numbers and facts.commas and facts.has_point and not facts.certain_point
        if self.options.decimal is not None or self.separator == "," or not (commas or points):
            return
        mark = "," if commas else "."
        row = int(cells.str.contains(mark, literal=True).fill_null(value=False).arg_true()[0])
        between = SEPARATOR_WORDS.get(self.separator, repr(self.separator))
        raise DataError(
            f"column '{cells.name}', row {row + 1}: the {'comma' if commas else 'point'} in"
            f" {cells[row]!r} may be the decimal mark or separate thousands: {between} stands"
            " between the cells, and no number of the file settles it. State the decimal mark:"
            " --decimal , or --decimal . (in Python: unrolled.read(path, decimal=','))."
        )

    def _refuse_point(self, cells: pl.Series, numbers: pl.Series, cell_type: CellType) -> None:
        """Refuse decimal points where numbers have decimal commas."""
        if cell_type != "comma" or self.options.decimal is not None:
            return
        wrong = (
            numbers.is_null() & cells.str.strip_chars().cast(pl.Float64, strict=False).is_not_null()
        )
        if wrong.any():
            row = int(wrong.arg_true()[0])
            raise DataError(
                f"column '{cells.name}', row {row + 1}: {cells[row]!r} has a decimal point, but the"
                " model was fitted on numbers with decimal commas. State the decimal mark:"
                " --decimal . (in Python: unrolled.scan(path, decimal='.'))."
            )

    def _spelling(self, name: str) -> Spelling:
        """Return how the numbers of a column are spelled, as far as it is known."""
        facts = self.facts(name)
        is_clear = not facts.commas or facts.certain_comma or facts.certain_point
        if self.options.decimal is not None or self.separator == "," or is_clear:
            return Spelling(self.options.decimal, self.separator)
        return Spelling(None, self.separator, self._decimal_of_file)

    @cached_property
    def _decimal_of_file(self) -> str | None:
        """The decimal mark that the numbers of all columns settle."""
        return detect_decimal([self.facts(name) for name in self.columns])

    def _note_marks(self, name: str, typed: pl.Series) -> None:
        """Say that marks among numbers were read as missing."""
        facts = self.facts(name)
        if facts.marked and typed.dtype.is_numeric():
            one = facts.marked == 1
            cells = "1 cell" if one else f"{facts.marked} cells"
            say = "is no number and was" if one else "are no numbers and were"
            note(
                [
                    f"{self.name}: {cells} of column '{name}', such as {facts.mark!r}, {say}"
                    " read as missing."
                ]
            )


def without_missing(cells: pl.DataFrame, options: ReadOptions) -> pl.DataFrame:
    """Return cells without those that were stated to mean "missing"."""
    if options.missing is None:
        return cells
    is_missing = pl.all().str.strip_chars().is_in(list(options.missing))
    return cells.select(pl.when(~is_missing).then(pl.all()).name.keep())
