"""Scaling inside the graph: from numbers in their own units, and back to units and probabilities.

An input of the ONNX file is a column of the table: numbers as they are (NaN where missing), ids of
labels and tokens. Numbers are scaled in float64, as the encoders do, so that large ones (a year, a
price in cents) lose nothing. What cannot be a node, such as splitting text, is in `predict.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from unrolled.data.encoders.base import Encoder
from unrolled.data.encoders.dates import Dates
from unrolled.data.encoders.label_sets import LabelSets
from unrolled.data.encoders.labels import Labels
from unrolled.data.encoders.scaler import LIMIT, Scaler
from unrolled.data.encoders.table_encoder import TableEncoder
from unrolled.data.input_groups import numbered
from unrolled.data.special_ids import END, PREVIOUS, STOP
from unrolled.export.nodes import Nodes
from unrolled.export.onnx_graph import TensorType, graph_inputs
from unrolled.program import Graph
from unrolled.schema import Column

SCORES = "scores"  # the logits of tags, of which the best allowed sequence is searched


@dataclass(frozen=True)
class Columns:
    """The columns of a table as inputs and outputs of ONNX files.

    Attributes:
        encoder: The encoder of the table.
        temperatures: By output that is a category, the number that divides its logits.
    """

    encoder: TableEncoder
    temperatures: Mapping[str, float]

    def inputs(self, graph: Graph) -> dict[str, TensorType]:
        """Return the inputs of the ONNX file in place of those of a graph that reads rows."""
        specs: dict[str, TensorType] = {}
        for number, _ in self._groups():
            for column in self._numeric(number):
                name = self.encoder.tensor_names[column.name]
                specs[name] = _spec(column, self.encoder.encoders[column.name])
        joined = {numbered("x", number) for number, _ in self._groups()}
        kept = {name: spec for name, spec in graph_inputs(graph).items() if name not in joined}
        return specs | kept

    def write_inputs(self, nodes: Nodes) -> None:
        """Add the nodes that compute `x` of every group from its columns, all steps real."""
        names = self.encoder.tensor_names
        for number, length in self._groups():
            parts = [self._encoded(nodes, names[c.name], c) for c in self._numeric(number)]
            if not parts:
                continue
            mask, x = numbered("mask", number), numbered("x", number)
            if length == 0:
                _join(nodes, [part for part, _ in parts], x)
                continue
            along = nodes.size(mask, 1) if self.encoder.ragged else nodes.integers(length or 0)
            one = nodes.integers(1)
            shape = nodes.add("Concat", one, along, one, axis=0)
            tensors = [
                part if many else nodes.add("Expand", nodes.unsqueeze(part, 1), shape)
                for part, many in parts
            ]
            if not self.encoder.ragged:
                _join(nodes, tensors, x)
                continue
            values = _join(nodes, tensors, nodes.new("joined"))
            real = nodes.unsqueeze(mask, -1)
            nodes.add("Where", real, values, nodes.constant(0.0), output=x)

    def write_output(self, nodes: Nodes, name: str, tensor: str) -> None:
        """Add the nodes from what the network computes for an output to values in its units."""
        column = self.of_output(name)
        encoder = self.encoder.encoders[column.name]
        temperature = float(self.temperatures.get(column.name, 1.0))
        if isinstance(encoder, Scaler):
            write_unscaled(nodes, encoder, tensor, name)
        elif isinstance(encoder, LabelSets):
            nodes.add("Sigmoid", _divided(nodes, tensor, temperature), output=name)
        elif isinstance(encoder, Labels):
            nodes.add("Softmax", _divided(nodes, tensor, temperature), axis=-1, output=name)
        else:  # padding and unknown are never predicted
            limits = [nodes.integers(n) for n in (END, 1 << 62, -1)]
            labels = nodes.add("Slice", tensor, *limits)
            nodes.add("Softmax", _divided(nodes, labels, temperature), axis=-1, output=name)
            if column.scheme:
                nodes.add("Identity", labels, output=f"{name}.{SCORES}")

    def outputs(self, computed: Mapping[str, TensorType]) -> dict[str, TensorType]:
        """Return the outputs of the ONNX file for what a network without a decoder computes."""
        specs: dict[str, TensorType] = {}
        for name, spec in computed.items():
            column = self.of_output(name)
            specs[name] = replace(spec, dtype="float64" if column.is_numeric else "float32")
            if column.scheme:
                specs[f"{name}.{SCORES}"] = spec
        return specs

    def of_output(self, tensor: str) -> Column:
        """Return the output column of a tensor of the network."""
        names = self.encoder.tensor_names
        return next(c for c in self.encoder.schema.outputs if names[c.name] == tensor)

    def _groups(self) -> list[tuple[int, int | None]]:
        """Return the number of each group, and its steps: None where they differ, 0 without."""
        if not self.encoder.schema.input_groups:
            return [(1, 0)]
        further = [(group.number, group.t) for group in self.encoder.further_groups]
        return [(1, self.encoder.steps_in), *further]

    def _numeric(self, number: int) -> list[Column]:
        """Return the columns of a group that are joined into its `x`."""
        columns = self.encoder.columns_of_group(number)
        return [c for c in columns if not self.encoder.encoders[c.name].produces_ids]

    def _encoded(self, nodes: Nodes, tensor: str, column: Column) -> tuple[str, bool]:
        """Return a column as the network reads it, and whether it has steps."""
        encoder, many = self.encoder.encoders[column.name], column.side == "many"
        if isinstance(encoder, Scaler):
            return _scaled(nodes, encoder, tensor), many
        if isinstance(encoder, Labels):
            known = np.arange(1, encoder.size + 1) if not encoder.constant else [-1] * encoder.size
            ids = nodes.constant(known, np.int32)
            one_hot = nodes.add("Equal", nodes.unsqueeze(tensor, -1), ids)
            return nodes.as_type(one_hot, np.float32, bool), many
        return tensor, many


def write_unscaled(nodes: Nodes, scaler: Scaler, tensor: str, name: str) -> None:
    """Add the nodes from scaled numbers to those of the column, as float64."""
    width = scaler.column.width
    std, mean = (nodes.constant(m, np.float64) for m in (scaler.std, scaler.mean))
    limits = [nodes.integers(n) for n in (0, width, -1)]
    values = nodes.as_type(nodes.add("Slice", tensor, *limits), np.float64, np.float32)
    nodes.add("Add", nodes.add("Mul", values, std), mean, output=name)


def write_step_output(columns: Columns, nodes: Nodes, name: str, tensor: str) -> None:
    """Add the nodes of one output of a decoder's step.

    Tokens have log-probabilities; numbers their own units, and `next.previous` is what the next
    step reads; the stop has a probability.
    """
    if name.startswith("next."):
        nodes.add("Identity", tensor, output=name)
    elif name == STOP:
        nodes.add("Sigmoid", tensor, output=name)
    elif columns.encoder.generates_tokens:
        nodes.add("LogSoftmax", tensor, axis=-1, output=name)
    else:
        scaler = columns.encoder.encoders[columns.of_output(name).name]
        assert isinstance(scaler, Scaler)
        write_unscaled(nodes, scaler, tensor, name)
        nodes.add("Identity", tensor, output=f"next.{PREVIOUS}")


def _spec(column: Column, encoder: Encoder) -> TensorType:
    """Return the input of a column that is joined into `x`."""
    steps = (None,) if column.side == "many" else ()
    if isinstance(encoder, Scaler):
        return TensorType((None, *steps, column.width), "float64")
    if isinstance(encoder, Labels):
        return TensorType((None, *steps), "int32")
    if isinstance(encoder, Dates | LabelSets):
        return TensorType((None, encoder.size))
    raise TypeError(f"the column '{column.name}' has an encoder without numbers")


def _scaled(nodes: Nodes, scaler: Scaler, tensor: str) -> str:
    """Return numbers scaled as the encoder does: missing ones become 0, and are marked."""
    width = scaler.column.width
    std, mean = (nodes.constant(m, np.float64) for m in (scaler.std, scaler.mean))
    scaled = nodes.add("Div", nodes.add("Sub", tensor, mean), std)
    missing = nodes.add("IsNaN", scaled)
    limits = [nodes.constant(n, np.float64) for n in (-LIMIT, LIMIT)]
    values = nodes.add("Where", missing, nodes.constant(0.0, np.float64), scaled)
    values = nodes.as_type(nodes.add("Clip", values, *limits), np.float32, np.float64)
    if scaler.constant:
        varies = np.ones(width, np.float32)
        varies[scaler.constant] = 0
        values = nodes.add("Mul", values, nodes.constant(varies))
    if not scaler.marked:
        return values
    marks = nodes.as_type(missing, np.float32, bool)
    marks = nodes.add("Gather", marks, nodes.integers(*scaler.marked), axis=-1)
    return nodes.add("Concat", values, marks, axis=-1)


def _join(nodes: Nodes, parts: list[str], output: str) -> str:
    """Return numbers one after another."""
    if len(parts) == 1:
        return nodes.add("Identity", parts[0], output=output)
    return nodes.add("Concat", *parts, axis=-1, output=output)


def _divided(nodes: Nodes, logits: str, temperature: float) -> str:
    """Return logits divided by a temperature."""
    return logits if temperature == 1 else nodes.add("Div", logits, nodes.constant(temperature))


def facts_of_groups(columns: Columns) -> list[dict[str, Any]]:
    """Return the mask and the fixed number of steps of each group of inputs, as JSON."""
    ragged = columns.encoder.ragged
    return [
        {"mask": numbered("mask", number) if ragged else None, "steps": length or None}
        for number, length in columns._groups()
        if length != 0
    ]
