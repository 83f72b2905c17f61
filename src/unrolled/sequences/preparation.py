"""From any source to what training needs: schema, training and validation rows, encoder.

The functions are the first four steps of `SequenceModel.fit`, in their order.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import Any

import numpy as np

from unrolled.data.batches import Examples
from unrolled.data.encoders.labels import Labels
from unrolled.data.encoders.table_encoder import TableEncoder
from unrolled.data.formats.raw_table import locate_errors
from unrolled.data.infer import infer_schema as inference
from unrolled.data.ingest import Columns, Source
from unrolled.data.ingest import ingest as read_source
from unrolled.data.known_outputs import keep_known_outputs, learns_by_step
from unrolled.data.layouts.arrange import Layout, StatedLayout
from unrolled.data.layouts.rows_as_steps import RowsAsSteps
from unrolled.data.special_ids import UNKNOWN
from unrolled.data.tables.label_index import LabelIndex, is_missing
from unrolled.data.tables.missing_inputs import refuse_missing_sequences
from unrolled.data.tables.split import split as split_rows
from unrolled.data.tables.table import Indices, Table, check_trainable
from unrolled.errors import DataError, SettingError, quote_names
from unrolled.schema import Column, Schema
from unrolled.sequences.unused_settings import refuse_unused_text
from unrolled.settings import Network, Text, Training

MAX_EXAMPLES = 3  # of labels that a message names


def ingest(
    data: Any,
    y: Any,
    inputs: Columns | tuple[Column, ...],
    outputs: Columns | tuple[Column, ...],
    *,
    split_by: str | None = None,
    layout: StatedLayout | Layout | None = None,
    shape: str = "auto",
) -> Source:
    """Read a table or arrays, and leave out the rows whose outputs are not known.

    Args:
        data: A path, a frame or a dict of columns; or `X` as an array or a list.
        y: The outputs of arrays, or of a table that has none.
        inputs: Names, names with kinds, or the columns of a fitted model.
        outputs: The same.
        split_by: A column that groups or orders the rows, and is an input only if it is named.
        layout: How examples stand in the table: as a person states it, or as a model was fitted.
        shape: One of the five shapes, or `auto`.

    Raises:
        DataError: The data cannot be used, or no row has a known output.
        SettingError: No outputs were named for a table.
    """
    source = read_source(data, y, inputs, outputs, exclude=split_by, layout=layout)
    with locate_errors(source.what):
        refuse_missing_sequences(source.table, source.inputs)
    return keep_known_outputs(source, shape) if source.outputs else source


def infer_schema(source: Source, shape: str) -> Schema:
    """Return what goes in and out, with the shape that was stated or that the rows ask for.

    Args:
        source: The rows.
        shape: One of the five shapes, or `auto`.

    Raises:
        ShapeError: The stated shape contradicts the rows.
    """
    columns = source.inputs, source.outputs
    schema = inference.infer_schema(
        source.table,
        *columns,
        shape=shape,
        arrays=source.arrays,
        alternatives=source.layout is None,  # the cells are not those of the table
    )
    return schema.model_copy(update={"reason": "\n".join([schema.reason, *source.notes])})


def split(
    source: Source, schema: Schema, training: Training, validation: Any = None
) -> tuple[Source, Source]:
    """Return the training rows, and the validation rows that decide when to stop.

    Args:
        source: The rows.
        schema: What goes in and out.
        training: Says how many rows to hold out, and which.
        validation: A table of the same columns to validate on; None holds out rows of `source`.

    Raises:
        DataError: There are too few rows, or they cannot be split as asked.
        SettingError: A setting of the split has no effect, since the validation rows are given.
    """
    if validation is None:
        return hold_out(source, training.validation, training)
    defaults = Training()
    for name in ("validation", "split", "split_by"):
        if getattr(training, name) != getattr(defaults, name):
            raise SettingError(
                f"{name}={getattr(training, name)!r} of Training has no effect: the validation"
                f" rows are given, so none are held out. Leave out {name}, or"
                " fit(..., validation=...)."
            )
    return source, _read_part(validation, "validation", source, schema)


def split_test(
    source: Source, schema: Schema, test: Any, training: Training
) -> tuple[Source, Source]:
    """Return the rows to train on, and the rows to score on.

    Args:
        source: The rows.
        schema: What goes in and out.
        test: The fraction of the rows to score on, or a table of the same columns.
        training: Says which rows are held out.

    Raises:
        DataError: There are too few rows, or the table lacks a column.
        SettingError: The fraction is 0.
    """
    if isinstance(test, int | float | np.number):
        if test == 0:
            raise SettingError(
                "test=0 holds out no row, so that there is nothing to score. Call fit to train on"
                " all rows, or give a table to score on."
            )
        return hold_out(source, float(test), training)
    return source, _read_part(test, "test", source, schema)


def _read_part(data: Any, part: str, source: Source, schema: Schema) -> Source:
    """Return the rows of a table of their own, such as the `test` data."""
    columns = schema.inputs, schema.outputs
    rows = ingest(data, None, *columns, layout=source.layout, shape=schema.shape)
    if not rows.outputs:
        raise DataError(
            f"The {part} data is an array, which has no outputs. Give a table with the columns"
            f" {', '.join(repr(c.name) for c in (*schema.inputs, *schema.outputs))}."
        )
    return rows


def hold_out(source: Source, fraction: float, training: Training) -> tuple[Source, Source]:
    """Return the rows that stay and the held-out rows.

    Args:
        source: The rows.
        fraction: The fraction of the rows to hold out.
        training: Says which.

    Raises:
        DataError: There are too few rows, or they cannot be split as asked.
        SettingError: The column to split by is missing or unknown, or has no effect.
    """
    check_trainable(source.table, source.outputs, by_step=learns_by_step(source, "auto"))
    by = training.split_by
    if by is None and training.split == "time" and isinstance(source.layout, RowsAsSteps):
        by = source.layout.time  # an example is as old as its last step
    rest, held_out = split_rows(
        source.table,
        fraction,
        how=training.split,
        by=by,
        frame=source.frame,
        seed=training.seed,
        outputs=source.outputs,
    )
    return _take(source, rest, by), _take(source, held_out, by)


def fit_encoder(schema: Schema, train: Source, text: Text, network: Network) -> TableEncoder:
    """Return an encoder for every column, fitted on the training rows alone.

    Args:
        schema: What goes in and out.
        train: The training rows.
        text: How input text and input tokens are read.
        network: Says whether there may be a linear branch, which counts n-grams.

    Raises:
        SettingError: A setting of `text` has no effect.
        DataError: The training rows have too little in a column to learn from.
    """
    refuse_unused_text(schema, text)
    encoder = TableEncoder.fit(schema, train.table, text=text, linear=network.linear)
    for sentence in encoder.describe_training(train.table):
        warnings.warn(sentence, stacklevel=3)
    return encoder


def _take(source: Source, rows: Indices, split_by: str | None) -> Source:
    """Return some rows; of the table as read they keep only the column to split by."""
    keep = source.frame is not None and split_by is not None
    frame = source.frame.select(split_by)[rows] if keep and source.frame is not None else None
    return replace(source, table=source.table.take(rows), frame=frame)


def refuse_new_labels(encoder: TableEncoder, table: Table) -> None:
    """Refuse rows whose output has a label that the fitted model does not know.

    Raises:
        DataError: There is one: the network has no output for it.
    """
    for column in encoder.schema.outputs:
        fitted = encoder.encoders[column.name]
        if isinstance(fitted, Labels) and (
            new := _unknown_labels(fitted, table.values[column.name])
        ):
            raise DataError(
                f"{len(new)} rows have labels of the output '{column.name}' that the model does"
                f" not know: {quote_names(dict.fromkeys(new), limit=MAX_EXAMPLES)}. The network has"
                " no output for them: leave warm (--from) out to train a new model on all rows, or"
                " leave these rows out."
            )


def describe_unknown(encoder: TableEncoder, table: Table, rows: Examples) -> list[str]:
    """Return a sentence for each column with labels or words that the fitted model does not know.

    Args:
        encoder: The encoder of the fitted model.
        table: The new rows.
        rows: The same rows, encoded.
    """
    sentences, blocks = [], {**rows.inputs, **rows.targets}
    for column in (*encoder.schema.inputs, *encoder.schema.outputs):
        fitted, tensor = encoder.encoders[column.name], encoder.tensor_names[column.name]
        count, total, what = 0, 1, "labels"
        if isinstance(fitted, Labels):
            count, total = len(_unknown_labels(fitted, table.values[column.name])), table.rows
        elif column.is_token_sequence and tensor in blocks and blocks[tensor].is_integer:
            flat = blocks[tensor].flat
            count, total = int(np.sum(flat == UNKNOWN)), flat.size
            what = column.unit or "tokens"
        if count:
            sentences.append(
                f"{count} of {total} {what} of '{column.name}' ({count / total:.1%}) are unknown to"
                " the model, which learned its labels and words when it was first trained. It reads"
                " them all as 'unknown'."
            )
    return sentences


def _unknown_labels(fitted: Labels, values: Any) -> list[Any]:
    """Return the labels of some rows that a fitted encoder does not know."""
    known = LabelIndex(fitted.classes).ids(values) >= 0
    pairs = zip(values, known, strict=True)
    return [value for value, is_known in pairs if not (is_known or is_missing(value))]
