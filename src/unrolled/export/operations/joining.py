"""Operations on several tensors, pooling and attention as ONNX operators."""

from __future__ import annotations

import numpy as np

from unrolled.export.operations.base import Writing
from unrolled.export.operations.elementwise import subtract_masked


def concatenate(w: Writing) -> None:
    """Write tensors one after another."""
    tensors = [w.nodes.operand(x, w.dtype) for x in w.node.inputs]
    w.nodes.add("Concat", *tensors, axis=w.operation.axis, output=w.output)


def average(w: Writing) -> None:
    """Write the mean of tensors of one shape."""
    total, *others = (w.float_input(place) for place in range(len(w.node.inputs)))
    for other in others:
        total = w.nodes.add("Add", total, other)
    w.nodes.add("Div", total, w.nodes.constant(len(w.node.inputs)), output=w.output)


def dot(w: Writing) -> None:
    """Write the product of two tensors summed over one axis of each."""
    first, second = w.operation.axes
    left = w.nodes.transpose(w.float_input(0), 0, *(a for a in (1, 2) if a != first), first)
    right = w.nodes.transpose(w.float_input(1), 0, second, *(a for a in (1, 2) if a != second))
    w.nodes.add("MatMul", left, right, output=w.output)  # b m n


def einsum(w: Writing) -> None:
    """Write an Einstein sum."""
    tensors = [w.float_input(place) for place in range(len(w.node.inputs))]
    w.nodes.add("Einsum", *tensors, equation=w.operation.equation, output=w.output)


def average_pooling(w: Writing) -> None:
    """Write the mean over the real steps."""
    x, mask = w.float_input(), w.optional(1)
    if mask is None:
        w.nodes.add("ReduceMean", x, axes=[1], keepdims=0, output=w.output)
        return
    real = w.nodes.unsqueeze(w.nodes.as_type(mask, np.float32, bool), -1)  # b t 1
    axis = w.nodes.integers(1)
    total = w.nodes.add("ReduceSum", w.nodes.add("Mul", x, real), axis, keepdims=0)
    count = w.nodes.add("ReduceSum", real, axis, keepdims=0)
    w.nodes.add("Div", total, count, output=w.output)


def max_pooling(w: Writing) -> None:
    """Write the maximum over the steps."""
    w.nodes.add("ReduceMax", w.float_input(), axes=[1], keepdims=0, output=w.output)


def attention(w: Writing) -> None:
    """Write attention with the dot product of query and key as score."""
    queries, values, keys = (w.float_input(place) for place in range(3))
    query_mask, value_mask = w.optional(3), w.optional(4)
    scores = w.nodes.add("MatMul", queries, w.nodes.transpose(keys, 0, 2, 1))  # b u t
    if w.operation.scale != 1.0:
        scores = w.nodes.add("Mul", scores, w.nodes.constant(w.operation.scale))
    if value_mask is not None:
        scores = subtract_masked(w, scores, w.nodes.unsqueeze(value_mask, 1))
    read, weights = w.node.outputs
    w.nodes.add("Softmax", scores, axis=-1, output=weights)
    if query_mask is None:
        w.nodes.add("MatMul", weights, values, output=read)
        return
    means, column = w.nodes.add("MatMul", weights, values), w.nodes.unsqueeze(query_mask, -1)
    w.nodes.add("Where", column, means, w.nodes.constant(0.0), output=read)
