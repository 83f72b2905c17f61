"""What goes in, what comes out, and the shape between: found, with the reason."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from unrolled.data.encoders import tags, tokenizer
from unrolled.data.formats.delimited import headerless
from unrolled.data.infer.kinds import infer_kind
from unrolled.data.infer.reason import describe_columns, explain_shape
from unrolled.data.tables.table import Table
from unrolled.errors import DataError, SettingError, ShapeError, did_you_mean, quote_names
from unrolled.schema import Column, Schema, parse_kind
from unrolled.shapes import FACTS, Shape, Side, between, named

Lengths = np.ndarray[Any, np.dtype[np.int64]]


def infer_columns(
    frame: pl.DataFrame,
    inputs: Sequence[str],
    outputs: Sequence[str],
    *,
    stated: Mapping[str, str] | None = None,
) -> tuple[tuple[Column, ...], tuple[Column, ...]]:
    """Return the columns that go in and those that come out.

    Args:
        frame: What `read` returned.
        inputs: Names of the columns that go in.
        outputs: Names of the columns that come out.
        stated: The kinds that a person gave, by name; the rest is found.

    Raises:
        DataError: A name is on both sides, or not in the table, or its cells fit no kind.
        SettingError: A kind is stated for a column that is on neither side.

    Example:
        >>> frame = pl.DataFrame({"x": [1.0, 2.5], "y": [[1, 2], [3, 4]]})
        >>> [column.kind_name for side in sides(frame, ["x"], ["y"]) for column in side]
        ['number', 'vector']
    """
    both = [name for name in inputs if name in outputs]
    if both:
        raise DataError(
            f"column '{both[0]}' is named as an input and as an output, expected it on one side."
            " Remove it from the inputs, or the model would be given its answer."
        )
    stated = stated or {}
    for name in stated:
        if name not in (*inputs, *outputs):
            raise SettingError(
                f"got a kind for column '{name}', expected one of the inputs or outputs:"
                f" {quote_names([*inputs, *outputs])}.{did_you_mean(name, [*inputs, *outputs])}"
            )
    return (
        infer_side(frame, inputs, stated=stated, outputs=False),
        infer_side(frame, outputs, stated=stated, outputs=True),
    )


def infer_side(
    frame: pl.DataFrame,
    names: Sequence[str],
    *,
    stated: Mapping[str, str],
    outputs: bool,
) -> tuple[Column, ...]:
    """Return the columns of one side, each with its kind and the evidence for it.

    Args:
        frame: What `read` returned.
        names: Their names.
        stated: The kinds that a person gave, by name.
        outputs: Whether they come out of the model.

    Raises:
        DataError: There are none, one is named twice or is not in the table, or its cells fit
            no kind.
        SettingError: What follows the `:` of a column's name is no kind.
    """
    side = "output" if outputs else "input"
    if not names:
        raise DataError(
            f"got no {side} columns, expected at least one of {quote_names(frame.columns)}."
        )
    for place, name in enumerate(names):
        if name not in frame.columns:
            column, _, stated_kind = name.rpartition(":")
            if column in frame.columns:
                parse_kind(stated_kind, column=column)
            raise DataError(
                f"there is no column '{name}' to use as {side}, expected one of"
                f" {quote_names(frame.columns)}.{did_you_mean(name, frame.columns) or headerless(frame)}"
            )
        if name in names[:place]:
            raise DataError(f"column '{name}' is named twice as {side}, expected it once.")
    return tuple(infer_kind(frame[name], stated=stated.get(name), output=outputs) for name in names)


def infer_schema(
    data: Table,
    inputs: Sequence[Column],
    outputs: Sequence[Column],
    *,
    shape: str = "auto",
    arrays: bool = False,
) -> Schema:
    """Return the schema: the shape that the two sides ask for, or the one forced, and why.

    Args:
        data: The values of both sides, complete.
        inputs: The columns that go in.
        outputs: The columns that come out.
        shape: One of the five, `many-to-many`, or `auto`.
        arrays: Whether the data came as arrays, for the reason's words.

    Raises:
        DataError: Sequences of one side differ in length within a row; the row is named.
        ShapeError: The forced shape contradicts the sides, or outputs of both sides are not
            aligned with the input.
        SettingError: There is no such shape.
    """
    into, out = _side(inputs), _side(outputs)
    taken_in, taken_out = _lengths(data, inputs), _lengths(data, outputs)
    apart: int | None = None  # the first row, from 0, whose lengths differ
    same = taken_in is not None and taken_out is not None
    if taken_in is not None and taken_out is not None:
        differ = np.flatnonzero(taken_in != taken_out)
        apart = int(differ[0]) if differ.size else None
        same = apart is None
    sized = None
    if apart is not None and taken_in is not None and taken_out is not None:
        sized = (apart + 1, int(taken_in[apart]), int(taken_out[apart]))
    found = between(into, out, same_length=same)
    taken = found if shape == "auto" else named(shape, same_length=same)
    _refuse_mixed(outputs, taken)
    if taken != found:
        _refuse(taken, found, inputs, outputs, sized)
    inputs = _with_lengths(data, inputs)
    outputs = _with_lengths(data, outputs)
    if taken == "aligned":
        outputs = tuple(_with_scheme(data, column) for column in outputs)
    return Schema(
        inputs=inputs,
        outputs=outputs,
        shape=taken,
        reason=explain_shape(
            taken,
            inputs,
            outputs,
            forced=shape != "auto",
            apart=sized,
            likely=_likely_text(data, inputs),
            arrays=arrays,
        ),
    )


def _likely_text(data: Table, inputs: Sequence[Column]) -> str | None:
    """Return the label most like text: most cells of several words, then most distinct ones."""
    likeness = {}
    for column in inputs:
        if column.kind == "category":
            cells = [str(cell) for cell in data.values[column.name] if cell is not None]
            likeness[column.name] = (sum(" " in cell.strip() for cell in cells), len(set(cells)))
    if not likeness:
        return None
    name = max(likeness, key=lambda name: likeness[name])
    return name if likeness[name][0] or inputs[0].kind == "category" else None


def _side(found: Sequence[Column]) -> Side:
    """Return the side of several columns: many as soon as one of them is."""
    return "many" if any(column.side == "many" for column in found) else "one"


def _refuse_mixed(outputs: Sequence[Column], taken: Shape) -> None:
    """Refuse outputs of both sides, unless one network says them: aligned steps, and the row."""
    if taken != "aligned" and len({column.side for column in outputs}) > 1:
        many = next(column for column in outputs if column.side == "many")
        one = next(column for column in outputs if column.side == "one")
        raise ShapeError(
            f"got the outputs '{many.name}' ({many.kind_name}, a row of steps) and '{one.name}'"
            f" ({one.kind_name}, one set of values), expected outputs of one side, or as many steps"
            " out as in, in every row. Train a model for each."
        )


def _steps(data: Table, column: Column) -> Lengths | None:
    """Return the steps of each row (b), or None where their number is not fixed beforehand."""
    values = data.values[column.name]
    if column.kind == "text":
        return tokenizer.count_steps(list(values), column.unit or "characters")
    return np.array([len(value) for value in values], dtype=np.int64)


def _lengths(data: Table, found: Sequence[Column]) -> Lengths | None:
    """Return the steps of each row that all sequences of a side share, None where unknown."""
    many = [column for column in found if column.side == "many"]
    known: tuple[Column, Lengths] | None = None
    for column in many:
        lengths = _steps(data, column)
        if lengths is None and len(many) > 1:
            raise DataError(
                f"column '{column.name}' is read as subwords beside other sequences, expected steps"
                f" that match theirs. State '{column.name}:words' or '{column.name}:characters'."
            )
        if lengths is None:
            return None
        if known is not None and (lengths != known[1]).any():
            row = int(np.flatnonzero(lengths != known[1])[0])
            raise DataError(
                f"row {row + 1}: '{known[0].name}' ({known[0].kind_name}) has {known[1][row]} steps"
                f" and '{column.name}' ({column.kind_name}) has {lengths[row]}, expected sequences of"
                " one side to be equally long in every row. "
                f"{_evened({int(known[1][row]): known[0], int(lengths[row]): column})}"
            )
        known = known or (column, lengths)
    return known[1] if known else None


def _evened(pair: dict[int, Column]) -> str:
    """Return what to do about two columns whose steps, the keys, do not match."""
    texts = [column for _, column in sorted(pair.items()) if column.kind == "text"]
    if not texts:
        return "Correct the row, or leave one of the columns out."
    label = next((column for column in texts if column.unit == "characters"), texts[0])
    join = "Join texts into one column, state" if len(texts) == len(pair) else "State"
    return f"{join} a label as '{label.name}:category', or leave one of them out."


def _with_lengths(data: Table, found: Sequence[Column]) -> tuple[Column, ...]:
    """Return the columns with the number of steps that every row has, where it is the same."""
    measured = []
    for column in found:
        lengths = _steps(data, column) if column.side == "many" else None
        same = lengths is not None and len(np.unique(lengths)) == 1
        length = int(lengths[0]) if same and lengths is not None else None
        measured.append(column.model_copy(update={"length": length}))
    return tuple(measured)


def _with_scheme(data: Table, column: Column) -> Column:
    """Return an aligned output with the scheme of its tags; rows may depart from it, and do."""
    if column.kind != "tokens":
        return column
    rows: list[list[str] | None] = list(data.values[column.name])
    found = tags.detect_scheme(rows)
    if found is None:
        return column
    scheme, odd = found
    types = {tag.partition("-")[2] for row in rows if row for tag in row} - {""}
    why = f"{column.why}, {scheme} tags of {len(types)} {'type' if len(types) == 1 else 'types'}"
    if len(odd) == 1:
        why += f" (1 of {len(rows)} rows departs from {scheme}: row {odd[0] + 1})"
    elif odd:
        why += f" ({len(odd)} of {len(rows)} rows depart from {scheme}, row {odd[0] + 1} first)"
    return column.model_copy(update={"scheme": scheme, "why": why})


def _refuse(
    taken: Shape,
    found: Shape,
    inputs: Sequence[Column],
    outputs: Sequence[Column],
    apart: tuple[int, int, int] | None,
) -> None:
    """Refuse a forced shape that contradicts the sides; `unaligned` fits every pair of rows."""
    wanted, given = FACTS[taken], FACTS[found]
    if (wanted.inputs, wanted.outputs) != (given.inputs, given.outputs):
        wrong = [
            *(_flips(inputs, wanted.inputs) if wanted.inputs != given.inputs else []),
            *(_flips(outputs, wanted.outputs) if wanted.outputs != given.outputs else []),
        ]
        raise ShapeError(
            f"got shape='{taken}' ({wanted.pattern}), but the data is {found} ({given.pattern}):"
            f" {describe_columns(inputs)}, and {describe_columns(outputs)}; expected {wanted.inputs} in"
            f" and {wanted.outputs} out. Leave the shape to 'auto', or {' and '.join(wrong)}."
        )
    if taken == "aligned":
        detail = "subwords have no fixed number of steps"
        if apart is not None:
            detail = f"row {apart[0]} has {apart[1]} steps in and {apart[2]} out"
        raise ShapeError(
            f"got shape='aligned', but {detail}; expected as many steps out as in, in every row."
            " Correct that row, or use shape='unaligned'."
        )


def _flips(found: Sequence[Column], side: Side) -> list[str]:
    """Return what would bring columns to the other side."""
    to = {
        "number": "give '{0}' a list of numbers in each row (an array: `b u 1`)",
        "category": "state '{0}:text'",
        "vector": "state '{0}:numbers' (an array: add a last axis)",
        "numbers": "state '{0}:vector'",
        "tokens": "state '{0}:category'",
        "text": "state '{0}:category'",
    }
    return [to[column.kind].format(column.name) for column in found if column.side != side]
