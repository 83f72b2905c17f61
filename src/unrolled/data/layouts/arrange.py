"""From a table as a person has it to a table with an example in each row, as `fit` needs it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import polars as pl

from unrolled.data.infer.kinds import infer_kind
from unrolled.data.layouts import columns_as_steps
from unrolled.data.layouts.columns_as_steps import ColumnsAsSteps, Steps, match_steps
from unrolled.data.layouts.hint import repeated_id
from unrolled.data.layouts.numbered import find_numbered
from unrolled.data.layouts.rows_as_steps import (
    ELAPSED,
    RowsAsSteps,
    StepKind,
    StepRows,
    label_types,
    order_rows,
    varying_rows,
)
from unrolled.errors import DataError, SettingError, did_you_mean, quote_names
from unrolled.schema import Column, parse_kind

Layout = RowsAsSteps | ColumnsAsSteps
STEP_KINDS: Mapping[str, StepKind] = {  # the kind of a step, by the kind that a person states
    "number": "number",
    "numbers": "number",
    "category": "category",
    "tokens": "category",
    "vector": "vector",
}
CELL_KINDS: Mapping[str, str] = {"number": "numbers", "category": "tokens", "vector": "numbers"}


@dataclass(frozen=True)
class StatedLayout:
    """What a person said about the layout of a table.

    Attributes:
        id: The column whose rows are the steps of one example.
        time: The column that orders the steps of an id.
        elapsed: Whether the time since the step before is an input.
        steps: The columns that are the steps of a sequence; `auto` infers them, None has none.
    """

    id: str | None = None
    time: str | None = None
    elapsed: bool = False
    steps: Steps = columns_as_steps.AUTO

    def __post_init__(self) -> None:
        for name in ("time", "elapsed"):
            if getattr(self, name) and self.id is None:
                raise SettingError(
                    f"{name}={getattr(self, name)!r} has no effect without id: it is about the rows"
                    " of one id, which are the steps of one example. Name the column of ids too, as"
                    " id (on the command line --id)."
                )
        if self.elapsed and self.time is None:
            raise SettingError(
                "elapsed=True needs the column of times: name it as time (--time), or leave elapsed"
                " out."
            )
        if self.id is not None and self.id == self.time:
            raise SettingError(
                f"'{self.id}' is named as id and as time. Name the column that says which rows are"
                " one example as id, and the column that orders them as time."
            )
        if self.id is not None and self.steps not in (columns_as_steps.AUTO, None):
            raise SettingError(
                "id and steps cannot be combined: with id the steps are rows, and with steps they"
                " are columns. Leave one of them out."
            )


@dataclass(frozen=True)
class Arranged:
    """A table with an example in each row, and what is known about its columns.

    Attributes:
        frame: The table.
        inputs: The input columns.
        outputs: The output columns.
        kinds: The stated kinds, and those of the sequences.
        layout: How it was made of the table that was read; None where it is that table.
        rows: Where the rows of that table went; None where they are the examples.
        notes: Sentences for the reason of the shape.
        why: By column, why a sequence has its kind.
    """

    frame: pl.DataFrame
    inputs: list[str]
    outputs: list[str]
    kinds: dict[str, str]
    layout: Layout | None = None
    rows: StepRows | None = None
    notes: tuple[str, ...] = ()
    why: dict[str, str] = field(default_factory=dict)

    def explain(self, columns: tuple[Column, ...]) -> tuple[Column, ...]:
        """Return columns whose reasons speak of the table that was read."""
        explained = []
        for column in columns:
            why = self.why.get(column.name, column.why)
            if isinstance(self.layout, RowsAsSteps) and column.name in self.layout.one:
                why = f"one for each {self.layout.id}: {_of_examples(column.why)}"
            explained.append(column.model_copy(update={"why": why}))
        return tuple(explained)


def _of_examples(why: str) -> str:
    """Return a reason that speaks of rows as one that speaks of examples."""
    return re.sub(r" in (\d+) rows", r" in \1 of them", why.replace(" in each row", ""))


def arrange(
    frame: pl.DataFrame,
    stated: StatedLayout,
    inputs: Sequence[str],
    outputs: Sequence[str],
    kinds: Mapping[str, str],
    *,
    also: str | None = None,
) -> Arranged:
    """Return the table with an example in each row, and its layout.

    Args:
        frame: The table as it was read.
        stated: What a person said about its layout.
        inputs: The input columns; none takes all but the outputs.
        outputs: The output columns.
        kinds: The stated kinds, by column.
        also: A column that is kept although it is no input (it groups or orders the examples).

    Raises:
        DataError: The rows or the columns are not what was said of them.
        SettingError: A pattern matches nothing, or a kind is stated that no step can have.
    """
    if stated.elapsed:  # it is named, and is no column yet, where a loaded model is fitted again
        inputs = [name for name in inputs if name != ELAPSED or ELAPSED in frame.columns]
    left_out = (*outputs, stated.id, stated.time, also)
    named = list(inputs) or [name for name in frame.columns if name not in left_out]
    arranged = Arranged(frame, named, list(outputs), dict(kinds))
    if stated.id is not None:
        return _arrange_rows(arranged, stated, also)
    if stated.steps is not None and stated.steps != columns_as_steps.NONE:
        arranged = _arrange_columns(arranged, stated.steps, all_inputs=not inputs)
    if isinstance(arranged.layout, ColumnsAsSteps):
        return arranged
    free = [n for n in frame.columns if n not in outputs and (not inputs or n not in inputs)]
    hint = repeated_id(frame, free, [name for name in outputs if name in frame.columns])
    return replace(arranged, notes=(*arranged.notes, *((f"hint   {hint}",) if hint else ())))


def arrange_like(
    frame: pl.DataFrame,
    layout: Layout | None,
    inputs: Sequence[Column],
    outputs: Sequence[Column] = (),
) -> tuple[pl.DataFrame, StepRows | None]:
    """Return the table with an example in each row, as a model was fitted, and where rows went.

    Args:
        frame: The table as it was read.
        layout: The layout of the table that the model was fitted on; None if it had none.
        inputs: The input columns of the model.
        outputs: Its output columns; none to predict.

    Raises:
        DataError: The rows or the columns are not as they were in the data of `fit`.
    """
    names = [column.name for column in inputs], [column.name for column in outputs]
    if isinstance(layout, RowsAsSteps):
        return layout.nest(frame, *names)
    return (frame if layout is None else layout.nest(frame, *names)), None


def _arrange_columns(arranged: Arranged, steps: Steps, *, all_inputs: bool) -> Arranged:
    """Return the table with the steps that stand in columns as lists."""
    frame, outputs = arranged.frame, arranged.outputs
    evidence = ""
    if steps == columns_as_steps.AUTO:
        free = [n for n in arranged.inputs if n in frame.columns and n not in arranged.kinds]
        numbered = find_numbered(frame, free)
        if numbered is None:
            return arranged
        first, last = numbered.columns[0], numbered.columns[-1]
        if not numbered.why:
            hint = (
                f"hint   columns '{first}' to '{last}' are numbered: if they are the steps of one"
                f" sequence, pass steps='{first}:{last}' (--steps '{first}:{last}')."
            )
            return replace(arranged, notes=(hint,))
        steps, evidence = numbered.columns, numbered.why
    layout = match_steps(steps, frame, outputs)
    columns = {c: name for name, s in layout.sequences.items() for c in s.columns}
    inputs = list(dict.fromkeys(columns.get(name, name) for name in arranged.inputs))
    unnamed = [n for n in layout.sequences if n not in (*inputs, *outputs)]
    inputs += [] if all_inputs else unnamed
    inputs = [name for name in inputs if name not in outputs]
    kinds = {name: kind for name, kind in arranged.kinds.items() if name not in columns}
    why, notes = {}, []
    for name, sequence in layout.sequences.items():
        kinds.setdefault(name, CELL_KINDS[sequence.kind])
        first, last = sequence.columns[0], sequence.columns[-1]
        why[name] = f"{len(sequence.columns)} columns, {first} to {last}"
        if evidence:
            notes.append(
                f"Columns '{first}' to '{last}' were read as the steps of one sequence '{name}',"
                f" since {evidence}. With steps=None (--steps none) each is an input of its own."
            )
    nested = layout.nest(frame, inputs, outputs)
    return Arranged(nested, inputs, outputs, kinds, layout, None, tuple(notes), why)


def _arrange_rows(arranged: Arranged, stated: StatedLayout, also: str | None) -> Arranged:
    """Return the table with the rows of each id as lists."""
    frame, id, time = arranged.frame, str(stated.id), stated.time
    names = [*arranged.inputs, *arranged.outputs]
    _check_names(frame, names, stated)
    rows, places = order_rows(frame, id, time)
    ids = int(places.example.max()) + 1
    if ids == frame.height:
        raise DataError(
            f"column '{id}' is different in each of the {ids} rows, so no example has two steps."
            " Name the column that the rows of one example share as id, or leave id out."
        )
    one, many, kinds, why = [], {}, dict(arranged.kinds), {}
    for name in names:
        wanted = parse_kind(kinds[name], column=name)[0] if name in kinds else None
        if wanted not in ("numbers", "tokens") and varying_rows(rows, name) is None:
            one.append(name)
            continue
        output = name in arranged.outputs
        many[name], why[name] = _step_kind(frame[name], kinds.get(name), id, output=output)
        kinds[name] = CELL_KINDS[many[name]]
    kept = one + ([also] if also in frame.columns and varying_rows(rows, str(also)) is None else [])
    step_labels = label_types(frame, many)
    layout = RowsAsSteps(
        id=id, time=time, one=tuple(one), many=many, labels=step_labels, elapsed=stated.elapsed
    )
    inputs = arranged.inputs + ([ELAPSED] if stated.elapsed else [])
    if stated.elapsed:
        kinds[ELAPSED], why[ELAPSED] = "numbers", f"the time since the step before, by {time}"
    keeping = layout.model_copy(update={"one": tuple(dict.fromkeys(map(str, kept)))})
    columns = [*arranged.inputs, *kept]
    nested, places = keeping.nest(frame, columns, arranged.outputs, ordered=(rows, places))
    notes = _row_notes(layout, places)
    return Arranged(nested, inputs, arranged.outputs, kinds, layout, places, notes, why)


def _check_names(frame: pl.DataFrame, names: Sequence[str], stated: StatedLayout) -> None:
    """Refuse columns that are not there, or that have a name of ours."""
    for name in names:
        if name not in frame.columns:
            raise DataError(
                f"there is no column '{name}'. The columns are {quote_names(frame.columns)}."
                f"{did_you_mean(name, frame.columns)}"
            )
    if stated.elapsed and ELAPSED in frame.columns:
        raise SettingError(
            f"the table has a column '{ELAPSED}', which is what elapsed=True calls the time since"
            " the step before. Rename the column, or leave elapsed out and use the column."
        )


def _step_kind(
    column: pl.Series, kind: str | None, id: str, *, output: bool
) -> tuple[StepKind, str]:
    """Return the kind of the values of a column at each step, and why it has this kind."""
    name = column.name
    stated = None if kind is None else parse_kind(kind, column=name)[0]
    if stated is not None:
        if stated not in STEP_KINDS:
            raise SettingError(
                f"'{name}:{kind}' was stated, but the rows of a '{id}' have different values of"
                f" '{name}', and a step holds a number or a label. State '{name}:category' or"
                f" '{name}:number', or leave the column out."
            )
        return STEP_KINDS[stated], f"stated, at each step of a {id}"
    cell, _ = infer_kind(column, stated=None, output=output)
    if cell.kind == "text" and cell.unit == "characters":
        return "category", f"{cell.why}, one at each step of a {id}"
    if cell.kind not in ("number", "category", "vector"):
        raise DataError(
            f"column '{name}' holds {cell.kind_name} ({cell.why}) and differs between the rows of"
            f" a '{id}', but a step holds a number or a label. State '{name}:category' if each"
            " different value is a label, or leave the column out."
        )
    if cell.kind == "category" and column.dtype == pl.Boolean and not output:
        return "number", f"booleans, one at each step of a {id}"
    return STEP_KINDS[cell.kind], f"{cell.why}, a step of a {id}"


def _row_notes(layout: RowsAsSteps, places: StepRows) -> tuple[str, ...]:
    """Return sentences on the examples that were made of rows."""
    lengths = np.bincount(places.example)
    shortest, longest = int(lengths.min()), int(lengths.max())
    steps = f"{shortest}" if shortest == longest else f"{shortest} to {longest}"
    order = f"in the order of '{layout.time}'" if layout.time else "in their own order"
    notes = [
        f"The rows of each '{layout.id}', {order}, are the steps of one example:"
        f" {len(places.example)} rows make {len(lengths)} examples of {steps} steps."
    ]
    if places.moved:
        was, rows = ("was", "row") if places.moved == 1 else ("were", "rows")
        notes.append(
            f"{places.moved} {rows} {was} not in the order of '{layout.time}', and {was} sorted."
        )
    if layout.elapsed:
        notes.append(
            f"The input '{ELAPSED}' is the time since the step before, in days for dates and in"
            f" the unit of '{layout.time}' for numbers; 0 at the first step."
        )
    return tuple(notes)


def layout_from_dict(state: Any) -> Layout | None:
    """Return the layout that `to_dict` wrote; None where there is none.

    Raises:
        SettingError: It is not a layout.
    """
    if state is None:
        return None
    has_sequences = isinstance(state, Mapping) and "sequences" in state
    return (ColumnsAsSteps if has_sequences else RowsAsSteps).from_dict(state)


def layout_parameters(layout: Layout | None) -> dict[str, Any]:
    """Return the parameters of a model by which `fit` would find a layout again."""
    if isinstance(layout, RowsAsSteps):
        return {"id": layout.id, "time": layout.time, "elapsed": layout.elapsed}
    if isinstance(layout, ColumnsAsSteps):
        return {"steps": {name: list(s.columns) for name, s in layout.sequences.items()}}
    return {}
