"""A table some of whose columns are the steps of one sequence: t0, t1, t2, or dates at the top."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Literal

import numpy as np
import polars as pl

from unrolled.data.layouts.numbered import NumberedName, dates_of, step_order
from unrolled.data.tables import cells
from unrolled.errors import DataError, SettingError, did_you_mean, quote_names
from unrolled.schema import Record

Steps = str | Sequence[str] | Mapping[str, str | Sequence[str]] | None
AUTO, NONE = "auto", "none"
DEFAULT_NAME = "steps"


class StepColumns(Record):
    """The columns that are the steps of one sequence, in their order.

    Attributes:
        columns: Their names, from the first step to the last.
        kind: Whether a step is a number or a label.
    """

    columns: tuple[str, ...]
    kind: Literal["number", "category"] = "number"


class ColumnsAsSteps(Record):
    """The layout of a table some of whose columns are the steps of sequences.

    Attributes:
        sequences: The columns of each sequence, by its name.
    """

    sequences: dict[str, StepColumns]

    def nest(
        self, frame: pl.DataFrame, inputs: Sequence[str], outputs: Sequence[str] = ()
    ) -> pl.DataFrame:
        """Return the table with a list in place of the columns of each sequence.

        Missing cells at the end of a row are no steps; those before its last step are missing
        steps.

        Args:
            frame: The table.
            inputs: The columns that are needed; sequences that are not are left out.
            outputs: The same.

        Raises:
            DataError: A column is missing or holds something else, or a row has no step.
        """
        nested = frame
        for name, steps in self.sequences.items():
            present = [column for column in steps.columns if column in frame.columns]
            if present:
                nested = nested.drop(present)
            if name in (*inputs, *outputs) and not (name in frame.columns and not present):
                nested = nested.with_columns(_join_steps(frame, name, steps))
        return nested


def _join_steps(frame: pl.DataFrame, name: str, steps: StepColumns) -> pl.Series:
    """Return the cells of some columns as one column of lists, each up to its last cell."""
    for column in steps.columns:
        if column not in frame.columns:
            raise DataError(
                f"the data has no column '{column}', which is a step of '{name}' in the training"
                f" data. Give all of {quote_names(steps.columns, 3)}; leave the cells behind the"
                " end of a shorter sequence empty."
            )
    series = [_read_step(frame[column], steps.kind) for column in steps.columns]
    known = np.stack([cell.is_not_null().to_numpy() for cell in series], axis=1)  # b t
    lengths = known.shape[1] - np.argmax(known[:, ::-1], axis=1)
    empty = ~known.any(axis=1)
    if empty.any():
        raise DataError(
            f"row {cells.first_row(empty)}: every one of the columns {steps.columns[0]} to"
            f" {steps.columns[-1]} is empty, so the sequence has no step. Fill in a value, or leave"
            " the row out."
        )
    lists = pl.DataFrame(series).select(pl.concat_list(pl.all()).alias(name)).to_series()
    short = pl.DataFrame({name: lists, "n": lengths})
    return short.select(pl.col(name).list.head(pl.col("n"))).to_series()


def _read_step(column: pl.Series, kind: str) -> pl.Series:
    """Return the cells of one step: numbers or strings, null where missing."""
    if kind == "number":
        return pl.Series(column.name, cells.read_numbers(column)).fill_nan(None)
    labels = [None if cell in (None, "") else str(cell) for cell in cells.read_labels(column)]
    return pl.Series(column.name, labels, dtype=pl.String)


def match_steps(steps: Steps, frame: pl.DataFrame, outputs: Sequence[str]) -> ColumnsAsSteps:
    """Return the layout that a person described by patterns, ranges or names.

    Args:
        steps: A pattern (`t*`), a range of columns (`t0:t9`), names; or several sequences by name.
        frame: The table.
        outputs: The output columns, which no pattern matches.

    Raises:
        SettingError: A pattern matches fewer than two columns, or a name is unknown.
        DataError: The columns hold neither numbers nor text.
    """
    if isinstance(steps, Mapping):
        groups = {name: _match(part, frame, outputs) for name, part in steps.items()}
    else:
        columns = _match(steps, frame, outputs)
        groups = {sequence_name(columns, frame, outputs): columns}
    chosen = [column for columns in groups.values() for column in columns]
    twice = [column for i, column in enumerate(chosen) if column in chosen[:i]]
    if twice:
        raise SettingError(
            f"column '{twice[0]}' is a step of two sequences of steps={steps!r}. Let each column"
            " be a step of one."
        )
    for name in groups:
        if name in frame.columns and name not in chosen:
            raise SettingError(
                f"steps={steps!r} names a sequence '{name}', but the table has a column of that"
                " name. Choose another name."
            )
    return ColumnsAsSteps(
        sequences={
            name: StepColumns(columns=tuple(columns), kind=_kind(frame, columns))
            for name, columns in groups.items()
        }
    )


def sequence_name(columns: Sequence[str], frame: pl.DataFrame, outputs: Sequence[str] = ()) -> str:
    """Return a name for the sequence of some columns: what their names have in common."""
    if dates_of(columns) is not None:
        return DEFAULT_NAME
    numbered = [NumberedName.of(column) for column in columns]
    stems = {number.stem for number in numbered if number is not None}
    stem = stems.pop().rstrip("_-. ") if len(stems) == 1 and None not in numbered else ""
    taken = stem in frame.columns and stem not in columns
    says_nothing = stem in ("", "column", "col")  # as files without a header line are numbered
    return DEFAULT_NAME if says_nothing or taken or stem in outputs else stem


def _match(steps: Any, frame: pl.DataFrame, outputs: Sequence[str]) -> list[str]:
    """Return the columns that patterns, ranges or names match, in the order of the steps."""
    parts = [steps] if isinstance(steps, str) else list(steps)
    matched: dict[str, None] = {}
    for part in parts:
        matched |= dict.fromkeys(_match_one(str(part), frame.columns, outputs))
    if len(matched) < 2:
        found = f"only {quote_names(matched)}" if matched else "no column"
        raise SettingError(
            f"steps={steps!r} matches {found}, and a sequence has at least two steps. The columns"
            f" are {quote_names(frame.columns)}. Give a pattern such as 't*', or a range such as"
            " 't0:t9'."
        )
    return list(matched) if len(parts) > 1 else step_order(list(matched))


def _match_one(part: str, columns: Sequence[str], outputs: Sequence[str]) -> list[str]:
    """Return the columns that one pattern, range or name matches, in the order of the table."""
    if part in columns:
        return [part]
    if any(sign in part for sign in "*?["):
        return [name for name in columns if fnmatchcase(name, part) and name not in outputs]
    for at in [i for i, sign in enumerate(part) if sign == ":"]:
        first, last = part[:at], part[at + 1 :]
        if first in columns and last in columns:
            places = sorted((list(columns).index(first), list(columns).index(last)))
            between = columns[places[0] : places[1] + 1]
            return [name for name in between if name not in outputs]
    unknown = next((name for name in part.split(":") if name not in columns), part)
    raise SettingError(
        f"there is no column '{unknown}', which steps={part!r} names. The columns are"
        f" {quote_names(columns)}.{did_you_mean(unknown, columns)}"
    )


def _kind(frame: pl.DataFrame, columns: Sequence[str]) -> Literal["number", "category"]:
    """Return what the steps of some columns are: numbers, or labels if all of them hold text."""
    texts = [
        name for name in columns if frame[name].dtype == pl.String and not _numeric(frame[name])
    ]
    if len(texts) == len(columns):
        return "category"
    if texts:
        raise DataError(
            f"the columns {quote_names(columns, 3)} are to be the steps of one sequence, but"
            f" '{texts[0]}' holds text ({frame[texts[0]].drop_nulls()[0]!r}) and"
            f" '{next(n for n in columns if n not in texts)}' holds numbers. Name only columns of"
            " one kind; a range such as 't0:t9' leaves out what lies outside it."
        )
    return "number"


def _numeric(column: pl.Series) -> bool:
    """Return whether every filled cell of a text column is a number."""
    plain = column.str.strip_chars()
    filled = plain.filter(plain != "")
    return filled.cast(pl.Float64, strict=False).null_count() == 0
