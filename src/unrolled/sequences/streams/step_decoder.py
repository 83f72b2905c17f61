"""The outputs of a network at one step, in the units and labels of the columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import polars as pl

from unrolled.data.block import Array
from unrolled.data.encoders.labels import Labels
from unrolled.data.encoders.scaler import Scaler
from unrolled.data.encoders.vocabulary import Vocabulary
from unrolled.data.layouts.rows_as_steps import RowsAsSteps
from unrolled.program.operations.activations import softmax
from unrolled.runtime.streaming.pools import STEPS
from unrolled.runtime.streaming.step import Kept, State
from unrolled.schema import Column
from unrolled.sequences.trained import Trained

Cells = dict[str, list[Any]]  # the values of b streams, by column
Decode = Callable[[Array, State, dict[str, Array]], Cells]


class StepDecoder:
    """Decodes the outputs of a step: of each output its value and, of a label, its probability.

    Args:
        trained: The model.
    """

    def __init__(self, trained: Trained) -> None:
        self.keeps: dict[str, Kept] = {}
        names = trained.encoder.tensor_names
        self._columns = [
            (names[column.name], self._decoder_of(column, trained))
            for column in trained.encoder.schema.outputs
        ]

    def __call__(
        self, outputs: dict[str, Array], state: State
    ) -> tuple[list[dict[str, Any]], dict[str, Array]]:
        """Return a dict for each of b streams, and the next state.

        Args:
            outputs: The outputs of the network by name.
            state: The state before the step.
        """
        cells: Cells = {}
        after: dict[str, Array] = {}
        for name, decode in self._columns:
            cells |= decode(outputs[name], state, after)
        return [dict(zip(cells, row, strict=True)) for row in zip(*cells.values(), strict=True)], (
            after
        )

    def _decoder_of(self, column: Column, trained: Trained) -> Decode:
        """Return the function that decodes an output."""
        encoder, name = trained.encoder.encoders[column.name], column.name
        temperature = trained.temperatures.get(name, 1.0)
        at_each_step = trained.spec.shape == "aligned" and column.side == "many"
        if isinstance(encoder, Scaler) and (at_each_step or column.kind == "number"):
            return _numbers(name, encoder)
        if isinstance(encoder, Labels) and not column.is_one_hot:
            return _labels(name, encoder.classes, temperature)
        if isinstance(encoder, Vocabulary) and at_each_step:
            if encoder.transitions is not None:
                self.keeps[_paths(name)] = Kept((len(encoder.known),), "float64")
            return _tokens(name, encoder, trained, temperature)

        def decode(values: Array, _: State, __: dict[str, Array]) -> Cells:
            rows = list(values) if column.side == "many" else values
            return {name: [_cell(cell) for cell in trained.encoder.decode_cells(column, rows)]}

        return decode


def _numbers(name: str, scaler: Scaler) -> Decode:
    """Return the decoder of a number, or of the numbers of a step: (b w) or (b 1 w)."""
    mean, std = np.asarray(scaler.mean), np.asarray(scaler.std)
    width = len(mean)
    first_mean, first_std = float(mean[0]), float(std[0])

    def decode(values: Array, _: State, __: dict[str, Array]) -> Cells:
        if values.size == 1:  # without any array
            return {name: [values.item() * first_std + first_mean]}
        unscaled = values.reshape(-1, width).astype(np.float64) * std + mean
        return {name: (unscaled[:, 0] if width == 1 else unscaled).tolist()}

    return decode


def _labels(name: str, classes: Sequence[Any], temperature: float) -> Decode:
    """Return the decoder of a category: (b C)."""

    def decode(logits: Array, _: State, __: dict[str, Array]) -> Cells:
        places = logits.argmax(axis=1)
        return {
            name: [classes[place] for place in places.tolist()],
            f"{name}-confidence": _confidence(logits, places, temperature),
        }

    return decode


def _tokens(name: str, vocabulary: Vocabulary, trained: Trained, temperature: float) -> Decode:
    """Return the decoder of the token of a step: (b 1 size)."""
    first, transitions = vocabulary.first_id, vocabulary.transitions
    ids = np.arange(first, vocabulary.size)
    tokens = [vocabulary.decode(ids[[i]][None])[0] for i in range(len(ids))]
    if vocabulary.column.kind == "tokens":
        tokens = [token for (token,) in tokens]
    if isinstance(trained.layout, RowsAsSteps):
        tokens = trained.layout.to_labels(pl.Series(name, tokens)).to_list()

    def decode(values: Array, state: State, after: dict[str, Array]) -> Cells:
        scores = values[:, 0, first:]  # b C
        places = scores.argmax(axis=1)
        if transitions is not None:
            started, best = state[STEPS] > 0, state[_paths(name)]
            paths = [
                transitions.extend(row if begun else None, score)
                for row, begun, score in zip(best, started, scores, strict=True)
            ]
            after[_paths(name)] = np.stack(paths)
            ends = [transitions.best_end(*pair) for pair in zip(paths, scores, strict=True)]
            places = np.array(ends)
        cells = {name: [tokens[place] for place in places.tolist()]}
        if vocabulary.labels:
            cells[f"{name}-confidence"] = _confidence(scores, places, temperature)
        return cells

    return decode


def _confidence(logits: Array, places: Array, temperature: float) -> list[float]:
    """Return the probability of the labels at some places (b)."""
    probabilities = softmax(logits.astype(np.float64) / temperature)
    confidence: list[float] = probabilities[np.arange(len(places)), places].tolist()
    return confidence


def _paths(name: str) -> str:
    return f"paths of {name}"


def _cell(cell: Any) -> Any:
    """Return the value of a cell without NumPy."""
    if isinstance(cell, np.ndarray):
        return cell.ravel().tolist() if cell.ndim > 1 and cell.shape[-1] == 1 else cell.tolist()
    return cell.item() if isinstance(cell, np.generic) else cell
