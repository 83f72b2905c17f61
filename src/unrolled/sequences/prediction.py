"""Predictions of a trained model, in the form of the data that was given."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from unrolled.data.chunk_warnings import ChunkWarnings
from unrolled.data.formats.chunks import read_chunks
from unrolled.data.formats.read import open_table
from unrolled.data.formats.read_options import ReadOptions
from unrolled.data.formats.write import open_writer, takes_text
from unrolled.data.ingest import Source, ingest
from unrolled.data.layouts.rows_as_steps import RowsAsSteps
from unrolled.data.reading import read_fitted
from unrolled.data.tables.table import Table
from unrolled.errors import SettingError, quote_names
from unrolled.inference import generate
from unrolled.inference import predict as inference
from unrolled.inference.predict import label_confidence
from unrolled.inference.threshold import apply_threshold
from unrolled.sequences.complete_rows import predict_complete
from unrolled.sequences.trained import Trained
from unrolled.settings import Decoding
from unrolled.training.progress import progress_bar

DIGITS = 4  # of a confidence, after the point


def predict(
    trained: Trained,
    data: Any,
    decoding: Decoding | None = None,
    *,
    threshold: float | None = None,
) -> Any:
    """Return the outputs for new rows, or with `decoding` the hypotheses for them."""
    encoder = trained.encoder
    source = _read(trained, data)
    if decoding is not None:

        def search(table: Table) -> dict[str, Any]:
            rows = encoder.encode(table, targets=False)
            return generate.hypotheses(trained.runtime, trained.spec, encoder, rows, decoding)

        return source.to_original_type(predict_complete(encoder, source, search))

    def decode(table: Table) -> dict[str, Any]:
        outputs = _decide(trained, _raw_outputs(trained, table), threshold)
        return {c.name: encoder.decode_cells(c, outputs[c.name]) for c in encoder.schema.outputs}

    columns = predict_complete(encoder, source, decode)
    return source.to_original_type(columns, aligned=encoder.schema.shape == "aligned")


def predict_proba(trained: Trained, data: Any) -> Any:
    """Return the probability of each class of each category."""
    schema, source = trained.encoder.schema, _read(trained, data)

    def probabilities(table: Table) -> dict[str, Any]:
        logits = _raw_outputs(trained, table)
        return inference.probabilities(trained.encoder, logits, trained.temperatures)

    columns = predict_complete(trained.encoder, source, probabilities)
    if source.frame is None and schema.outputs[0].side == "many":  # (b t n), not n of (b t)
        steps = zip(*columns.values(), strict=True)
        columns = {"y": [np.concatenate(labels, axis=1) for labels in steps]}
    return source.to_original_type(columns, aligned=schema.shape == "aligned")


def predict_beside(
    trained: Trained,
    data: Any,
    decoding: Decoding | None = None,
    *,
    threshold: float | None = None,
    confidence: bool = True,
) -> Any:
    """Return predictions under names that stand beside the true columns.

    They are `NAME-predicted` and, for labels, `NAME-confidence`: the probability of the predicted
    label. The further hypotheses of a decoder keep their own names.

    Args:
        trained: The model.
        data: The rows.
        decoding: How a decoder searches.
        threshold: The probability from which a label is predicted; None takes one half.
        confidence: Whether to add the confidence.
    """
    schema, encoder = trained.encoder.schema, trained.encoder
    if decoding is not None:
        if threshold is not None:
            raise SettingError(
                "A threshold and decoding cannot be combined: a threshold decides about labels, and"
                " decoding is of tokens that are generated. Leave one of them out."
            )
        frame = predict(trained, data, decoding)
        return frame.rename({c.name: predicted_name(c.name) for c in schema.outputs})
    source = _read(trained, data)

    def decode(table: Table) -> dict[str, Any]:
        logits = _raw_outputs(trained, table)
        outputs = _decide(trained, logits, threshold)
        columns: dict[str, Any] = {}
        for column in schema.outputs:
            name = column.name
            columns[predicted_name(name)] = encoder.decode_cells(column, outputs[name])
            temperature = trained.temperatures.get(name, 1.0)
            sure = label_confidence(encoder, column, logits[name], outputs[name], temperature)
            if confidence and sure is not None:
                columns[f"{name}-confidence"] = _rounded(sure)
        return columns

    columns = predict_complete(encoder, source, decode)
    return source.to_original_type(columns, aligned=schema.shape == "aligned")


def predicted_name(output: str) -> str:
    """Return the name of the column with the predictions of an output."""
    return f"{output}-predicted"


def _read(trained: Trained, data: Any) -> Source:
    """Return the inputs of new rows."""
    return ingest(data, None, trained.encoder.schema.inputs, None, layout=trained.layout)


def _decide(trained: Trained, logits: dict[str, Any], threshold: float | None) -> dict[str, Any]:
    """Return the outputs of the network from which labels are predicted."""
    return apply_threshold(trained.encoder, logits, threshold, trained.temperatures)


def _raw_outputs(trained: Trained, table: Table) -> dict[str, Any]:
    """Return what the network computes for each output column: numbers, or logits."""
    encoder = trained.encoder
    rows = encoder.encode(table, targets=False)
    outputs = generate.generate_outputs(trained.runtime, trained.spec, rows)
    return {c.name: outputs[encoder.tensor_names[c.name]] for c in encoder.schema.outputs}


def predict_file(
    predict_chunk: Callable[[Any], Any],
    data: Any,
    out: str | Path | TextIO,
    *,
    options: ReadOptions,
    trained: Trained,
) -> int:
    """Predict the rows of a file in chunks, and write them beside their predictions.

    Where the rows are steps of examples, the file is read at once, since an example must not be
    cut; examples with one prediction each get one row each.

    Args:
        predict_chunk: Returns the predictions of some rows.
        data: The file, or what `unrolled.scan` returned for it.
        out: The file to write, or a stream.
        options: What is stated about the file.
        trained: The model.

    Returns:
        The number of rows.
    """
    layout, rows = trained.layout, 0
    whole = isinstance(layout, RowsAsSteps)
    chunks = read_chunks(open_table(data, options)) if whole else read_chunks(data, options)
    chunk_warnings = ChunkWarnings(chunks.rows)
    with (
        open_writer(out) as write,
        progress_bar(chunks.rows, shown=isinstance(out, str | Path)) as advance,
    ):
        for raw in chunks.tables():
            with chunks.locate_errors(rows, raw.height), chunk_warnings.locate(rows, raw.height):
                predictions = predict_chunk(raw)
            advance(raw.height)
            table = raw.written(as_text=takes_text(out))
            if isinstance(layout, RowsAsSteps) and trained.encoder.schema.shape != "aligned":
                table = layout.examples(table, read_fitted(raw, (), layout)[layout.id])
                predictions = predictions.drop(layout.id)
            write(table.drop(predictions.columns, strict=False).hstack(predictions))
            rows += table.height
    chunk_warnings.close()
    return rows


def _rounded(confidence: Any) -> Any:
    """Return confidences with the digits that the network's precision and their use allow."""
    if isinstance(confidence, np.ndarray):
        return confidence.round(DIGITS)
    return [steps.round(DIGITS) for steps in confidence]


def classes(trained: Trained) -> np.ndarray[Any, Any]:
    """Return the labels of the first output that is a category or a set of labels (n).

    Raises:
        AttributeError: There is no such output.
    """
    encoder = trained.encoder
    for column in encoder.schema.outputs:
        if labels := list(encoder.encoders[column.name].classes):
            same_type = len({type(label) for label in labels}) == 1
            return np.array(labels) if same_type else np.asarray(labels, dtype=object)
    kinds = quote_names(f"{c.name} ({c.kind_name})" for c in encoder.schema.outputs)
    raise AttributeError(f"There is no 'classes_': no output has labels, but {kinds}.")
