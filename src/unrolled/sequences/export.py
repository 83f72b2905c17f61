"""Exports a trained model as ONNX files that run without unrolled."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from unrolled.data.batches import Batch, batch_inputs
from unrolled.data.block import Array
from unrolled.data.encoders.label_sets import LabelSets
from unrolled.data.encoders.labels import Labels
from unrolled.data.encoders.scaler import Scaler
from unrolled.data.ingest import ingest
from unrolled.data.special_ids import END, PREVIOUS, STOP
from unrolled.data.tables.missing_inputs import complete_inputs
from unrolled.data.tables.table import Table
from unrolled.export.bundle import export_bundle
from unrolled.export.columns import SCORES, Columns
from unrolled.export.files import Network
from unrolled.export.made_rows import Cells, made_rows, plain
from unrolled.export.proof import Model
from unrolled.inference.generate import max_output_steps
from unrolled.program.operations.activations import log_softmax, sigmoid, softmax
from unrolled.schema import Column
from unrolled.sequences.prediction import predict as predictions
from unrolled.sequences.prediction import predict_beside, predicted_name
from unrolled.sequences.trained import Trained
from unrolled.settings import Decoding

REAL_ROWS = 256  # of the data, in the proof
BEAM = {"beam": 3, "n_best": 2}


def export(trained: Trained, place: str | Path, data: Any = None) -> Path:
    """Write a trained model as a bundle; see `Predictor.export`."""
    encoder, spec = trained.encoder, trained.spec
    decodes = trained.runtime.step is not None
    network = Network(
        Columns(encoder, trained.temperatures),
        trained.runtime,
        trained.layout,
        max_steps=max_output_steps(spec) if decodes else None,
        stops=spec.stops,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about the made rows, which are unusual on purpose
        export_bundle(Path(place), network, _model(trained), _tables(trained, data))
    return Path(place)


def _tables(trained: Trained, data: Any) -> Iterator[tuple[str, Cells]]:
    """Yield the rows of the proof: made ones, and those of the data."""
    if data is None:
        yield from made_rows(trained.encoder, None)
        return
    cells, lengths = _real_rows(trained, data)
    yield from made_rows(trained.encoder, lengths)
    yield f"{len(next(iter(cells.values())))} rows of the data", cells


def _real_rows(trained: Trained, data: Any) -> tuple[Cells, tuple[int, int]]:
    """Return the cells of rows of the data, evenly spaced, and their usual numbers of steps."""
    schema = trained.encoder.schema
    table = ingest(data, None, schema.inputs, None, layout=trained.layout).table
    complete, _ = complete_inputs(table, schema.inputs)
    rows = np.flatnonzero(complete)
    rows = rows[np.unique(np.linspace(0, len(rows) - 1, min(REAL_ROWS, len(rows))).astype(int))]
    taken = table.take(rows)
    lengths = trained.encoder.encode(taken, targets=False).lengths
    usual = (1, 1) if lengths is None else (int(np.median(lengths)), int(lengths.max()))
    return {c.name: _cells(c, taken.values[c.name]) for c in schema.inputs}, usual


def _cells(column: Column, values: Any) -> list[Any]:
    """Return checked values as cells."""
    if column.kind == "date":
        texts = np.datetime_as_string(values)
        return [None if np.isnat(v) else str(t) for v, t in zip(values, texts, strict=True)]
    rows = [plain(value) for value in values]
    if column.kind == "numbers" and column.width == 1:
        return [[step[0] for step in row] for row in rows]
    if column.is_label_set and column.width:
        return [None if None in row else [int(bit) for bit in row] for row in rows]
    if column.kind == "tokens" and column.spaced:
        return [" ".join(row) for row in rows]
    return rows


def _model(trained: Trained) -> Model:
    """Return the functions that the bundle must equal."""
    runtime, tokens = trained.runtime, trained.spec.tokens
    scales: dict[str, float] = {}
    for column in trained.encoder.schema.outputs:
        encoder = trained.encoder.encoders[column.name]
        if isinstance(encoder, Scaler) and encoder.std is not None:
            names = (trained.encoder.tensor_names[column.name], predicted_name(column.name))
            scales |= dict.fromkeys(names, float(encoder.std.max()))
    step = runtime.step

    def run(arrays: Mapping[str, Array]) -> dict[str, Array]:
        return (
            _in_units(trained, runtime.model(arrays))
            if runtime.encode is None
            else runtime.encode(arrays)
        )

    def take_step(arrays: Mapping[str, Array]) -> dict[str, Array]:
        assert step is not None
        return _step_in_units(trained, step(arrays), set(step.graph.inputs))

    def predict(cells: Cells, decoding: Mapping[str, Any]) -> dict[str, Any]:
        if not decoding:
            return dict(predict_beside(trained, cells))
        columns = predictions(trained, cells, Decoding(**decoding))
        outputs = {c.name: predicted_name(c.name) for c in trained.encoder.schema.outputs}
        return {outputs.get(name, name): values for name, values in columns.items()}

    return Model(
        arrays=lambda cells: _arrays(trained, cells),
        run=run,
        step=None if step is None else take_step,
        predict=predict,
        scales=scales,
        decodings=({}, BEAM) if step is not None and tokens else ({},),
    )


def _arrays(trained: Trained, cells: Cells) -> dict[str, Array]:
    """Return the inputs of the network for rows, padded to the longest of them."""
    schema = trained.encoder.schema
    table: Table = ingest(cells, None, schema.inputs, None, layout=trained.layout).table
    rows = trained.encoder.encode(table, targets=False)
    steps = 1 if rows.lengths is None else int(rows.lengths.max())
    groups = tuple(int(group.lengths.max()) for group in rows.groups)
    return batch_inputs(rows, Batch(np.arange(rows.rows), rows.rows, steps, groups))


def _in_units(trained: Trained, outputs: Mapping[str, Array]) -> dict[str, Array]:
    """Return outputs of the network as those of `encode.onnx`: values and probabilities."""
    columns = Columns(trained.encoder, trained.temperatures)
    result: dict[str, Array] = {}
    for name, array in outputs.items():
        column = columns.of_output(name)
        encoder = trained.encoder.encoders[column.name]
        temperature = np.float32(trained.temperatures.get(column.name, 1.0))
        if isinstance(encoder, Scaler):
            result[name] = _unscaled(encoder, array)
        elif isinstance(encoder, LabelSets):
            result[name] = sigmoid(array / temperature)
        elif isinstance(encoder, Labels):
            result[name] = softmax(array / temperature)
        else:
            result[name] = softmax(array[..., END:] / temperature)
            if column.scheme:
                result[f"{name}.{SCORES}"] = array[..., END:]
    return result


def _step_in_units(
    trained: Trained, outputs: Mapping[str, Array], inputs: set[str]
) -> dict[str, Array]:
    """Return the outputs of a decoder's step as those of `step.onnx`."""
    result: dict[str, Array] = {}
    for name, array in outputs.items():
        if name in inputs:
            result[f"next.{name}"] = array
        elif name == STOP:
            result[name] = sigmoid(array)
        elif trained.spec.tokens:
            result[name] = log_softmax(array)
        else:
            (column,) = trained.encoder.schema.outputs
            encoder = trained.encoder.encoders[column.name]
            assert isinstance(encoder, Scaler)
            result[name] = _unscaled(encoder, array)
            result[f"next.{PREVIOUS}"] = array
    return result


def _unscaled(scaler: Scaler, array: Array) -> Array:
    """Return scaled numbers in their own units."""
    width, std = scaler.column.width, np.asarray(scaler.std)
    values: Array = array[..., :width].astype(np.float64) * std + np.asarray(scaler.mean)
    return values
