"""Products with weights, tables and filters as ONNX operators."""

from __future__ import annotations

from typing import Any

import numpy as np

from unrolled.export.operations.activations import with_activation
from unrolled.export.operations.base import Writing


def dense(w: Writing) -> None:
    """Write `activation(x @ kernel + bias)`."""
    kernel, *bias = w.node.weights

    def product(output: str) -> str:
        x, matrix = w.float_input(), w.nodes.weight(kernel)
        if not bias:
            return w.nodes.add("MatMul", x, matrix, output=output)
        y = w.nodes.add("MatMul", x, matrix)
        return w.nodes.add("Add", y, w.nodes.weight(bias[0]), output=output)

    with_activation(w.nodes, w.operation.activation, w.output, product)


def einsum_dense(w: Writing) -> None:
    """Write an Einstein sum of an input and a kernel, plus a bias."""
    kernel, *bias = w.node.weights

    def product(output: str) -> str:
        read = [w.float_input(), w.nodes.weight(kernel)]
        if not bias:
            return w.nodes.add("Einsum", *read, equation=w.operation.equation, output=output)
        y = w.nodes.add("Einsum", *read, equation=w.operation.equation)
        return w.nodes.add("Add", y, w.nodes.weight(bias[0]), output=output)

    with_activation(w.nodes, w.operation.activation, w.output, product)


def embedding(w: Writing) -> None:
    """Write the row of a table for each id; an id outside of the table becomes the nearest one."""
    (table,) = w.node.weights
    last = len(w.nodes.array(table)) - 1
    limits = [w.nodes.constant(n, np.int32) for n in (0, last)]
    ids = w.nodes.add("Clip", w.nodes.operand(w.node.inputs[0], np.int32), *limits)
    w.nodes.add("Gather", w.nodes.weight(table), ids, axis=0, output=w.output)


def convolution(w: Writing) -> None:
    """Write filters along the axis before the last: ONNX has the features before the steps."""
    o, (kernel, *bias) = w.operation, w.node.weights
    array = w.nodes.array(kernel)
    array = array[0] if array.ndim == 4 else array  # k f n
    wide = w.rank() == 4  # b c t f
    filters = array.transpose(2, 1, 0)  # n f k
    filters = filters[:, :, None] if wide else filters
    after = (0, 2, 3, 1) if wide else (0, 2, 1)
    before = (0, 3, 1, 2) if wide else (0, 2, 1)
    x = w.nodes.transpose(w.float_input(), *before)
    read = [x, w.nodes.stored(f"{kernel}/filters", filters)]
    read += [w.nodes.weight(bias[0])] if bias else []
    other = (1,) if wide else ()
    strides, dilations = (*other, o.stride), (*other, o.dilation)
    options: dict[str, Any] = {"strides": strides, "dilations": dilations}
    if o.padding == "same" and o.stride > 1:
        options["auto_pad"] = "SAME_UPPER"
    else:
        reach = (len(array) - 1) * o.dilation
        total = 0 if o.padding == "valid" else reach
        first = total if o.padding == "causal" else total // 2
        none = (0,) if wide else ()
        options["pads"] = (*none, first, *none, total - first)
    y = w.nodes.add("Conv", *read, **options)

    def back(output: str) -> str:
        return w.nodes.transpose(y, *after, output=output)

    with_activation(w.nodes, o.activation, w.output, back)
