"""The schema of a table: its columns, the shape of the problem, and the reason for the shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from unrolled.data.encoders import tags
from unrolled.data.infer.length_groups import (
    Lengths,
    count_steps,
    describe_groups,
    followed_first,
    length_groups,
)
from unrolled.data.infer.reason import DifferingRow, describe_columns, explain_shape
from unrolled.data.tables.table import Table
from unrolled.errors import DataError, ShapeError
from unrolled.schema import Column, Schema
from unrolled.shapes import FACTS, Shape, Side, shape_between, shape_named


def infer_schema(
    data: Table,
    inputs: Sequence[Column],
    outputs: Sequence[Column],
    *,
    shape: str = "auto",
    arrays: bool = False,
    alternatives: bool = True,
) -> Schema:
    """Return the schema: the shape that the columns have, or the forced one, and the reason.

    Args:
        data: The values of all columns, without missing outputs.
        inputs: The input columns.
        outputs: The output columns.
        shape: One of the five, `many-to-many`, or `auto`.
        arrays: Whether the data came as arrays, for the words of the reason.
        alternatives: Whether the reason names changes of cells that would give other shapes.

    Raises:
        DataError: Sequences differ in length within a row, where they may not; the message names
            the row.
        ShapeError: The forced shape contradicts the columns, or single values and sequences are
            both outputs and the sequences are not aligned with the input.
        SettingError: There is no such shape.
    """
    lengths_out = _lengths(data, outputs, exact=True)
    groups = followed_first(length_groups(data, inputs), lengths_out)
    lengths_in = groups[0].lengths if groups else None
    differing = _first_difference(lengths_in, lengths_out)
    same_length = lengths_in is not None and lengths_out is not None and differing is None
    inferred = shape_between(_side(inputs), _side(outputs), same_length=same_length)
    chosen = inferred if shape == "auto" else shape_named(shape, same_length=same_length)
    _refuse_mixed_outputs(outputs, chosen)
    if chosen != inferred:
        _refuse_contradiction(chosen, inferred, inputs, outputs, differing)
    lengths = {column.name: group.lengths for group in groups for column in group.columns}
    inputs = _with_lengths(inputs, lengths)
    outputs = _with_lengths(outputs, {c.name: lengths_out for c in outputs if c.side == "many"})
    if chosen == "aligned":
        outputs = tuple(_with_scheme(data, column) for column in outputs)
    reason = explain_shape(
        chosen,
        inputs,
        outputs,
        forced=shape != "auto",
        differing=differing,
        likely_text=_likely_text(data, inputs),
        arrays=arrays,
        alternatives=alternatives,
    )
    reason += describe_groups(groups, aligned=chosen == "aligned")
    names = tuple(tuple(column.name for column in group.columns) for group in groups)
    return Schema(
        inputs=inputs,
        outputs=outputs,
        shape=chosen,
        reason=reason,
        length_groups=names if len(names) > 1 else (),
    )


def _first_difference(
    lengths_in: Lengths | None, lengths_out: Lengths | None
) -> DifferingRow | None:
    """Return the first row (from 1) whose steps in and out differ, with both numbers."""
    if lengths_in is None or lengths_out is None:
        return None
    rows = np.flatnonzero(lengths_in != lengths_out)
    if not rows.size:
        return None
    row = int(rows[0])
    return row + 1, int(lengths_in[row]), int(lengths_out[row])


def _likely_text(data: Table, inputs: Sequence[Column]) -> str | None:
    """Return the category most like text: most cells of several words, then most distinct ones."""
    likeness = {}
    for column in inputs:
        if column.is_category:
            cells = [str(cell) for cell in data.values[column.name] if cell is not None]
            likeness[column.name] = (sum(" " in cell.strip() for cell in cells), len(set(cells)))
    if not likeness:
        return None
    name = max(likeness, key=lambda name: likeness[name])
    return name if likeness[name][0] or inputs[0].is_category else None


def _side(columns: Sequence[Column]) -> Side:
    """Return the side of several columns: many as soon as one of them is."""
    return "many" if any(column.side == "many" for column in columns) else "one"


def _refuse_mixed_outputs(outputs: Sequence[Column], chosen: Shape) -> None:
    """Refuse sequences beside single values as outputs, unless the sequences are aligned."""
    if chosen != "aligned" and len({column.side for column in outputs}) > 1:
        many = next(column for column in outputs if column.side == "many")
        one = next(column for column in outputs if column.side == "one")
        raise ShapeError(
            f"the output '{many.name}' ({many.kind_name}) is a sequence and the output '{one.name}'"
            f" ({one.kind_name}) is a single value. One model can predict both only if the sequence"
            " has as many steps as the input in every row. Train a model for each."
        )


def _lengths(data: Table, columns: Sequence[Column], *, exact: bool) -> Lengths | None:
    """Return the steps of each row that all sequences of a side share, None where unknown."""
    many = [column for column in columns if column.side == "many"]
    first: tuple[Column, Lengths] | None = None
    for column in many:
        lengths = count_steps(data, column, exact=exact)
        if lengths is None and len(many) > 1:
            raise DataError(
                f"column '{column.name}' is read as subwords beside other sequences, but its steps"
                f" must match theirs. State '{column.name}:words' or '{column.name}:characters'."
            )
        if lengths is None:
            return None
        if first is None:
            first = column, lengths
        elif (lengths != first[1]).any():
            row = int(np.flatnonzero(lengths != first[1])[0])
            raise _uneven_error(row, *first, column, lengths)
    return first[1] if first else None


def _uneven_error(
    row: int, one: Column, one_lengths: Lengths, other: Column, other_lengths: Lengths
) -> DataError:
    """Return the error for two sequences of one side with different lengths in a row."""
    steps = int(one_lengths[row]), int(other_lengths[row])
    return DataError(
        f"row {row + 1}: '{one.name}' ({one.kind_name}) has {steps[0]} steps and '{other.name}'"
        f" ({other.kind_name}) has {steps[1]}. All sequences of one side must have the same number"
        f" of steps in a row. {_advice({steps[0]: one, steps[1]: other})}"
    )


def _advice(by_steps: dict[int, Column]) -> str:
    """Return what to do about two columns whose steps, the keys, do not match."""
    texts = [column for _, column in sorted(by_steps.items()) if column.kind == "text"]
    if not texts:
        return "Correct the row, or leave one of the columns out."
    label = next((column for column in texts if column.unit == "characters"), texts[0])
    join = "Join texts into one column, state" if len(texts) == len(by_steps) else "State"
    return f"{join} a label as '{label.name}:category', or leave one of them out."


def _with_lengths(
    columns: Sequence[Column], lengths: Mapping[str, Lengths | None]
) -> tuple[Column, ...]:
    """Return the columns with the number of steps that every row has, where it is the same."""
    measured = []
    for column in columns:
        steps = lengths.get(column.name)
        length = int(steps[0]) if steps is not None and len(np.unique(steps)) == 1 else None
        measured.append(column.model_copy(update={"length": length}))
    return tuple(measured)


def _with_scheme(data: Table, column: Column) -> Column:
    """Return an aligned output with the scheme of its tags, which some rows may violate."""
    if column.kind != "tokens":
        return column
    rows = [row and [tag for tag in row if tag is not None] for row in data.values[column.name]]
    detected = tags.detect_scheme(rows)
    if detected is None:
        return column
    scheme, violating = detected
    types = {tag.partition("-")[2] for row in rows if row for tag in row} - {""}
    why = f"{column.why}, {scheme} tags of {len(types)} {'type' if len(types) == 1 else 'types'}"
    if len(violating) == 1:
        why += f" (1 of {len(rows)} rows violates {scheme}: row {violating[0] + 1})"
    elif violating:
        count = f"{len(violating)} of {len(rows)} rows violate {scheme}"
        why += f" ({count}, row {violating[0] + 1} first)"
    return column.model_copy(update={"scheme": scheme, "why": why})


def _refuse_contradiction(
    chosen: Shape,
    inferred: Shape,
    inputs: Sequence[Column],
    outputs: Sequence[Column],
    differing: DifferingRow | None,
) -> None:
    """Refuse a forced shape that contradicts the columns; `unaligned` fits any two sequences."""
    wanted, actual = FACTS[chosen], FACTS[inferred]
    if (wanted.inputs, wanted.outputs) != (actual.inputs, actual.outputs):
        changes = [
            *(_changes(inputs, wanted.inputs) if wanted.inputs != actual.inputs else []),
            *(_changes(outputs, wanted.outputs) if wanted.outputs != actual.outputs else []),
        ]
        raise ShapeError(
            f"the shape '{chosen}' ({wanted.pattern}) does not fit the data, which is {inferred}"
            f" ({actual.pattern}): {describe_columns(inputs)}, and {describe_columns(outputs)}."
            f" Leave the shape to 'auto', or {' and '.join(changes)}."
        )
    if chosen == "aligned":
        detail = "subwords have no fixed number of steps. Use"
        if differing is not None:
            steps = f"{differing[1]} steps in and {differing[2]} out"
            detail = f"row {differing[0]} has {steps}. Correct that row, or use"
        raise ShapeError(
            "the shape 'aligned' needs as many steps out as in, in every row, but"
            f" {detail} shape='unaligned'."
        )


def _changes(columns: Sequence[Column], side: Side) -> list[str]:
    """Return what would bring columns to the other side."""
    return [_change(column).format(column.name) for column in columns if column.side != side]


def _change(column: Column) -> str:
    """Return what would bring a column to the other side, with {0} for its name."""
    if column.is_one_hot:
        return "state '{0}:numbers' (an array: add a last axis)"
    if column.kind == "numbers" and column.length is None:
        return "give '{0}' as many numbers in each row as in the others, and state '{0}:vector'"
    if column.kind == "tokens" and not column.spaced:
        return "give '{0}' one label in each row"
    change = {
        "number": "give '{0}' a list of numbers in each row (an array: `b u 1`)",
        "category": "state '{0}:text'",
        "labels": "state '{0}:tokens'",
        "date": "state '{0}:text'",
        "vector": "state '{0}:numbers' (an array: add a last axis)",
        "numbers": "state '{0}:vector'",
        "tokens": "state '{0}:category'",
        "text": "state '{0}:category'",
    }
    return change[column.kind]
