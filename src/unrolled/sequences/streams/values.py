"""One value of a column at one step, encoded exactly as the table encoder encodes it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import polars as pl

from unrolled.data.block import Array, RaggedColumn
from unrolled.data.encoders.base import Encoder
from unrolled.data.formats.from_python import to_series
from unrolled.data.layouts.arrange import Layout
from unrolled.data.layouts.rows_as_steps import RowsAsSteps
from unrolled.data.tables.cells import read_numbers
from unrolled.data.tables.missing_inputs import complete_inputs
from unrolled.data.tables.ragged import read_number_lists
from unrolled.data.tables.table import Table, make_table
from unrolled.errors import DataError
from unrolled.saving.checked_json import short_repr
from unrolled.schema import Column

MAX_REMEMBERED = 4096  # values of a column


class EncodedValue(NamedTuple):
    """A value as numbers: (w), or an id (); and the ids of its characters (c)."""

    value: Array
    characters: Array | None


class ValueEncoder:
    """Encodes values of one column, and remembers them: few of them are new.

    Args:
        column: The column.
        encoder: Its fitted encoder.
        layout: How examples stand in the tables of the model.
    """

    def __init__(self, column: Column, encoder: Encoder, layout: Layout | None) -> None:
        self.column, self._encoder = column, encoder
        self._layout: RowsAsSteps | None = None
        if isinstance(layout, RowsAsSteps) and column.name in layout.many:
            self._layout = layout.model_copy(update={"time": None, "elapsed": False})
        self._remembered: dict[tuple[type, Any], EncodedValue] = {}

    def __call__(self, value: Any) -> EncodedValue:
        """Return a value encoded.

        Raises:
            DataError: It is missing, has the wrong type, or is more than one step.
        """
        key = type(value), value
        try:
            encoded = self._remembered.get(key)
        except TypeError:  # a list
            return self._encode(value)
        if encoded is None:
            encoded = self._encode(value)
            if len(self._remembered) >= MAX_REMEMBERED:
                self._remembered.clear()
            self._remembered[key] = encoded
        return encoded

    def numbers(self, value: Any) -> Array:
        """Return the numbers of a step (f), NaN where they are missing.

        Raises:
            DataError: They are not so many numbers, or cannot be held by a table.
        """
        name, width = self.column.name, self.column.width
        try:
            if width == 1:
                number: Array = read_numbers(to_series(name, [value]))
                return number
            (row,) = read_number_lists(to_series(name, [[value]])).rows()
            if row is not None and row.shape == (1, width):
                numbers: Array = row[0]
                return numbers
        except DataError as error:
            if isinstance(value, int | float | np.number):  # infinite, or with too many digits
                raise DataError(str(error).replace(", row 1:", ":")) from None
        what = "a number" if width == 1 else f"a list of {width} numbers"
        raise DataError(
            f"column '{name}': {short_repr(value)} is not {what}, which the model reads at each"
            f" step. Give {what}; None is a number that is not known."
        )

    def _encode(self, value: Any) -> EncodedValue:
        """Return a value encoded by way of a table of one row."""
        cells = self._table(value).values[self.column.name]
        encoded = RaggedColumn.from_rows(self._encoder.encode(cells))
        steps = self._encoder.name_steps(cells[0]) or []
        count = len(steps) if self.column.kind == "text" else len(encoded.flat)
        if count != 1:
            raise self._not_one_step(value, count)
        characters = self._encoder.characters
        of_words = None if characters is None else characters.encode([steps])[0][0]
        return EncodedValue(encoded.flat[0], of_words)

    def _table(self, value: Any) -> Table:
        """Return a table with one row of one step."""
        column = self.column
        try:
            frame = self._frame(value)
            table = make_table(frame, [column])
            complete, _ = complete_inputs(table, [column])
        except DataError as error:
            raise DataError(str(error).replace(", row 1:", ":")) from None
        if (value is None and column.kind == "text") or not complete.all():
            raise DataError(
                f"column '{column.name}': the value of this step is missing, and a step without it"
                " cannot be read. Give one, or leave the step out."
            )
        return table

    def _frame(self, value: Any) -> pl.DataFrame:
        """Return a frame as a model reads it, with one row."""
        name = self.column.name
        if self._layout is not None:
            rows = pl.DataFrame([to_series(self._layout.id, [0]), to_series(name, [value])])
            return self._layout.nest(rows, [name])[0]
        in_list = self.column.side == "many" and self.column.kind != "text"
        return pl.DataFrame([to_series(name, [[value] if in_list else value])])

    def _not_one_step(self, value: Any, steps: int) -> DataError:
        unit = {"characters": "character", "words": "word"}.get(self.column.unit or "", "value")
        return DataError(
            f"column '{self.column.name}': a step is one {unit}, and {short_repr(value)} has"
            f" {steps or 'none'}. Pass one {unit} in each step."
        )
