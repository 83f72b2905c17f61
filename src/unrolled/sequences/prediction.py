"""Predictions of a trained model, in the form of the data that was given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from unrolled.data.formats.chunks import read_chunks
from unrolled.data.formats.read import read
from unrolled.data.formats.write import open_writer
from unrolled.data.ingest import ingest
from unrolled.data.layouts.rows_as_steps import RowsAsSteps
from unrolled.data.tables.table import Table
from unrolled.errors import quote_names
from unrolled.inference import generate
from unrolled.inference import predict as inference
from unrolled.sequences.trained import Trained
from unrolled.settings import Decoding
from unrolled.training.progress import progress_bar


def predict(trained: Trained, data: Any, decoding: Decoding | None = None) -> Any:
    """Return the outputs for new rows, or with `decoding` the hypotheses for them."""
    encoder = trained.encoder
    source = ingest(data, None, encoder.schema.inputs, None, layout=trained.layout)
    aligned = encoder.schema.shape == "aligned"
    if decoding is not None:
        rows = encoder.encode(source.table, targets=False)
        bundle, spec = trained.bundle, trained.spec
        return source.to_original_type(generate.hypotheses(bundle, spec, encoder, rows, decoding))
    outputs = _raw_outputs(trained, source.table)
    columns = {c.name: encoder.decode_cells(c, outputs[c.name]) for c in encoder.schema.outputs}
    return source.to_original_type(columns, aligned=aligned)


def predict_proba(trained: Trained, data: Any) -> Any:
    """Return the probability of each class of each category."""
    schema, layout = trained.encoder.schema, trained.layout
    source = ingest(data, None, schema.inputs, None, layout=layout)
    logits = _raw_outputs(trained, source.table)
    return source.to_original_type(
        inference.probabilities(trained.encoder, logits, trained.temperatures),
        aligned=schema.shape == "aligned",
    )


def _raw_outputs(trained: Trained, table: Table) -> dict[str, Any]:
    """Return what the network computes for each output column: numbers, or logits."""
    encoder = trained.encoder
    rows = encoder.encode(table, targets=False)
    outputs = generate.generate_outputs(trained.bundle, trained.spec, rows)
    return {c.name: outputs[encoder.tensor_names[c.name]] for c in encoder.schema.outputs}


def predict_file(
    predict_chunk: Callable[[Any], Any],
    data: Any,
    out: str | Path | TextIO,
    *,
    columns: Sequence[str] | None,
    outputs: Sequence[str],
    trained: Trained,
) -> int:
    """Predict the rows of a file in chunks, and write them beside their predictions.

    Where the rows are steps of examples, the file is read at once, since an example must not be
    cut; examples with one prediction each get one row each.

    Args:
        predict_chunk: Returns the predictions of some rows.
        data: The file, or what `unrolled.read` returned for it.
        out: The file to write, or a stream.
        columns: Names for the columns of a file without a header line.
        outputs: Columns of the file that are not written again.
        trained: The model.

    Returns:
        The number of rows.
    """
    layout, rows = trained.layout, 0
    whole = isinstance(layout, RowsAsSteps)
    chunks = (
        read_chunks(read(data, columns=columns)) if whole else read_chunks(data, columns=columns)
    )
    with (
        open_writer(out) as write,
        progress_bar(chunks.rows, shown=isinstance(out, str | Path)) as advance,
    ):
        for table in chunks.tables():
            with chunks.locate_errors(rows, table.height):
                predictions = predict_chunk(table)
            advance(table.height)
            if isinstance(layout, RowsAsSteps) and trained.encoder.schema.shape != "aligned":
                table = layout.examples(table)
                predictions = predictions.drop(layout.id)
            write(table.drop(outputs, strict=False).hstack(predictions))
            rows += table.height
    return rows


def classes(trained: Trained) -> np.ndarray[Any, Any]:
    """Return the labels of the first output that is a category (n).

    Raises:
        AttributeError: No output is a category.
    """
    encoder = trained.encoder
    for column in encoder.schema.outputs:
        if column.kind == "category":
            labels = encoder.decode(column, np.arange(encoder.encoders[column.name].size))
            same_type = len({type(label) for label in labels}) == 1
            return np.array(labels.tolist()) if same_type else np.asarray(labels)
    kinds = quote_names(f"{c.name} ({c.kind_name})" for c in encoder.schema.outputs)
    raise AttributeError(f"There is no 'classes_': no output is a category, but {kinds}.")
