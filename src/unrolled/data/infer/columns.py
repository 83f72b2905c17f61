"""The input and output columns of a frame: their kinds, the reasons, and their values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from unrolled.data.formats.delimited.header_hint import missing_header_hint
from unrolled.data.infer.kinds import Measured, infer_kind
from unrolled.data.tables.table import Table
from unrolled.errors import DataError, SettingError, did_you_mean, quote_names
from unrolled.schema import Column, parse_kind


def infer_table(
    frame: pl.DataFrame,
    inputs: Sequence[str],
    outputs: Sequence[str],
    *,
    stated: Mapping[str, str] | None = None,
) -> tuple[Table, tuple[Column, ...], tuple[Column, ...]]:
    """Return the values of the named columns, the input columns, and the output columns.

    Args:
        frame: The frame that `read` returned.
        inputs: The names of the input columns.
        outputs: The names of the output columns.
        stated: The kinds that a person stated, by name; the others are inferred.

    Raises:
        DataError: A name is on both sides, or twice on one, or not in the table, or its cells fit
            no kind.
        SettingError: A kind is stated for a column that is on neither side, or there is no such
            kind.

    Example:
        >>> frame = pl.DataFrame({"x": [1.0, 2.5], "y": [[1, 2], [3, 4]]})
        >>> _, inputs, outputs = infer_table(frame, ["x"], ["y"])
        >>> inputs[0].kind_name, outputs[0].kind_name
        ('number', 'vector')
    """
    both = [name for name in inputs if name in outputs]
    if both:
        raise DataError(
            f"column '{both[0]}' is named as an input and as an output. Remove it from the inputs,"
            " or the model would be given its answer."
        )
    stated = stated or {}
    for name in stated:
        if name not in (*inputs, *outputs):
            raise SettingError(
                f"a kind is stated for column '{name}', which is no input and no output. These are"
                f" {quote_names([*inputs, *outputs])}.{did_you_mean(name, [*inputs, *outputs])}"
            )
    input_columns = _infer_side(frame, inputs, stated, output=False)
    output_columns = _infer_side(frame, outputs, stated, output=True)
    columns = [column for column, _ in input_columns], [column for column, _ in output_columns]
    values = {column.name: values for column, values in (*input_columns, *output_columns)}
    return Table(values, frame.height), tuple(columns[0]), tuple(columns[1])


def _infer_side(
    frame: pl.DataFrame, names: Sequence[str], stated: Mapping[str, str], *, output: bool
) -> list[Measured]:
    """Return the columns of one side, each with its values."""
    side = "output" if output else "input"
    if not names:
        raise DataError(
            f"no {side} column is named. Name at least one of {quote_names(frame.columns)}."
        )
    for position, name in enumerate(names):
        if name not in frame.columns:
            column, _, stated_kind = name.rpartition(":")
            if column in frame.columns:
                parse_kind(stated_kind, column=column)
            hint = did_you_mean(name, frame.columns) or missing_header_hint(frame)
            raise DataError(
                f"there is no column '{name}' to use as {side}. The columns are"
                f" {quote_names(frame.columns)}.{hint}"
            )
        if name in names[:position]:
            raise DataError(f"column '{name}' is named twice as {side}. Name it once.")
    return [infer_kind(frame[name], stated=stated.get(name), output=output) for name in names]
