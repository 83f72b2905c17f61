"""Pooling that a graph writes as several operations: attention, deviation, last step, n-grams."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from unrolled.program import operations as op
from unrolled.program.graph import Node, Operand

Producers = Mapping[str, Node]


@dataclass(frozen=True)
class Pattern:
    """Operations that together pool the steps of a row.

    Attributes:
        kind: What they compute.
        output: The tensor that they compute.
        steps: The tensors of steps that they read.
        ids: Of a sum of the rows of a table, the tensor of ids that select them.
    """

    kind: Literal["attention", "deviation", "last", "table sum"]
    output: str
    steps: tuple[str, ...]
    ids: str | None = None


def find_pattern(node: Node, producers: Producers) -> Pattern | None:
    """Return the pattern that ends with a node, or None.

    Args:
        node: The node.
        producers: The node that computes each tensor.
    """
    for find in (_attention, _deviation, _last_step, _table_sum):
        pattern = find(node, producers)
        if pattern is not None:
            return pattern
    return None


def _attention(node: Node, producers: Producers) -> Pattern | None:
    """Return a mean of steps weighted by a softmax over steps: `Dot(Softmax(scores), values)`."""
    if not (isinstance(node.operation, op.Dot) and node.operation.axes == (1, 1)):
        return None
    softmax = _producer(node.inputs[0], producers, op.Softmax)
    if softmax is None or softmax.operation.axis != 1:
        return None
    return Pattern("attention", node.outputs[0], (str(softmax.inputs[0]), str(node.inputs[1])))


def _deviation(node: Node, producers: Producers) -> Pattern | None:
    """Return `sqrt(mean(square(x - mean(x))))`."""
    mean = _of_function(node, "sqrt", producers, op.GlobalAveragePooling)
    square = mean and _producer(mean.inputs[0], producers, op.Function)
    difference = square and _of_function(square, "square", producers, op.Elementwise)
    if not difference or difference.operation.function != "subtract":
        return None
    center = _producer(difference.inputs[1], producers, op.ExpandDims)
    inner = center and _producer(center.inputs[0], producers, op.GlobalAveragePooling)
    if not inner or inner.inputs[0] != difference.inputs[0]:
        return None
    return Pattern("deviation", node.outputs[0], (str(inner.inputs[0]),))


def _last_step(node: Node, producers: Producers) -> Pattern | None:
    """Return `sum((real - followed) * x)`: real steps that no other real step follows."""
    if not (isinstance(node.operation, op.Reduce) and node.operation.function == "sum"):
        return None
    product = _elementwise(node.inputs[0], "multiply", producers)
    last = product and _elementwise(product.inputs[0], "subtract", producers)
    padding = last and _producer(last.inputs[1], producers, op.ZeroPadding)
    later = padding and _producer(padding.inputs[0], producers, op.Slice)
    if not last or not later or later.inputs[0] != last.inputs[0] or node.operation.axes != (1,):
        return None
    return Pattern("last", node.outputs[0], (str(product.inputs[1]),))


def _table_sum(node: Node, producers: Producers) -> Pattern | None:
    """Return the sum over steps of the rows of a table that ids select, where marks are 1."""
    if not (isinstance(node.operation, op.Einsum) and node.operation.equation == "btn,btno->bo"):
        return None
    marks, rows = node.inputs
    table = _producer(rows, producers, op.Embedding)
    if table is None:
        return None
    return Pattern("table sum", node.outputs[0], (str(marks), str(rows)), str(table.inputs[0]))


def _producer(tensor: Operand, producers: Producers, kind: type[op.Operation]) -> Any:
    """Return the node that computes a tensor if it is of a kind, else None."""
    node = producers.get(tensor) if isinstance(tensor, str) else None
    return node if node is not None and isinstance(node.operation, kind) else None


def _elementwise(tensor: Operand, function: str, producers: Producers) -> Any:
    """Return the node that computes a tensor by a function of two tensors, else None."""
    node = _producer(tensor, producers, op.Elementwise)
    return node if node is not None and node.operation.function == function else None


def _of_function(node: Node, function: str, producers: Producers, kind: type[op.Operation]) -> Any:
    """Return the node of a kind whose output a function of one tensor reads, else None."""
    if not (isinstance(node.operation, op.Function) and node.operation.function == function):
        return None
    return _producer(node.inputs[0], producers, kind)
