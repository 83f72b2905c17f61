"""Models with random weights, which no training needs, and the tables that they fit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from unrolled import Network, SequenceModel, Training
from unrolled.sequences.fitting import build_untrained

QUIET = Training(epochs=1, verbose=False)


def untrained(table: Any, inputs: Any, outputs: Any, network: Network | None = None, **options):
    """Return a model as after `fit`, but with random weights."""
    training = options.pop("training", QUIET)
    network = network or Network(units=6, bidirectional=False)
    model = SequenceModel(inputs, outputs, network=network, training=training, **options)
    source = model._ingest(table, None)
    schema = model._infer_schema(source, None)
    encoder = model._fit_encoder(schema, source, None)
    rows = encoder.encode(source.table, targets=True)
    trained = build_untrained(encoder, rows, model._group("network"), training)
    random = np.random.default_rng(0)
    for weight in trained.bundle.model.weights:
        weight.assign(random.normal(0, 0.5, weight.shape))
    temperatures = {column.name: 1.5 for column in schema.outputs if column.is_category}
    model._trained = replace(trained, layout=source.layout, temperatures=temperatures)
    return model


def rows_of_numbers(count: int = 12, width: int = 1) -> list[Any]:
    """Return rows of one to six steps of numbers."""
    random = np.random.default_rng(1)
    rows = [random.normal(3, 2, (length % 6 + 1, width)) for length in range(count)]
    return [row.ravel().tolist() if width == 1 else row.tolist() for row in rows]
