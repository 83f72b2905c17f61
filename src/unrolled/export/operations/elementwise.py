"""Functions of each element, of one tensor or several, as ONNX operators."""

from __future__ import annotations

import numpy as np

from unrolled.export.operations.activations import activate
from unrolled.export.operations.base import Writing
from unrolled.program.operations.unary import MASKED

BINARY = {
    "add": "Add",
    "subtract": "Sub",
    "multiply": "Mul",
    "divide": "Div",
    "maximum": "Max",
    "minimum": "Min",
    "greater": "Greater",
    "less": "Less",
    "equal": "Equal",
    "not_equal": "Equal",  # and then Not
    "logical_and": "And",
    "logical_or": "Or",
}
UNARY = {
    "negative": "Neg",
    "sqrt": "Sqrt",
    "exp": "Exp",
    "log": "Log",
    "absolute": "Abs",
    "logical_not": "Not",
}
REDUCTIONS = {"mean": "ReduceMean", "max": "ReduceMax", "min": "ReduceMin"}


def elementwise(w: Writing) -> None:
    """Write a function of two or more tensors or numbers."""
    function, dtype = w.operation.function, _common_type(w)
    if function.startswith("logical"):
        dtype = np.dtype(bool)
    first, *others = (w.nodes.operand(x, dtype) for x in w.node.inputs)
    for place, other in enumerate(others, 1):
        output = w.output if place == len(others) else ""
        if function == "logaddexp":
            first = _logaddexp(w, first, other, output)
        elif function == "not_equal":
            first = w.nodes.add("Not", w.nodes.add("Equal", first, other), output=output)
        else:
            first = w.nodes.add(BINARY[function], first, other, output=output)


def _common_type(w: Writing) -> np.dtype[np.generic]:
    """Return the type in which tensors meet: that of the tensors, whatever the numbers are."""
    types = [w.nodes.kinds[x].dtype for x in w.node.inputs if isinstance(x, str)]
    common = np.result_type(*types)
    return np.dtype(np.float32) if common == np.float64 else common


def _logaddexp(w: Writing, first: str, second: str, output: str) -> str:
    """Return log(exp(a) + exp(b)) without overflow: the larger one, plus log(1 + exp(-|a - b|))."""
    distance = w.nodes.add("Abs", w.nodes.add("Sub", first, second))
    rest = w.nodes.add("Softplus", w.nodes.add("Neg", distance))
    return w.nodes.add("Add", w.nodes.add("Max", first, second), rest, output=output)


def where(w: Writing) -> None:
    """Write the choice between two tensors or numbers."""
    condition = w.nodes.operand(w.node.inputs[0], bool)
    choices = [w.nodes.operand(x, w.dtype) for x in w.node.inputs[1:]]
    w.nodes.add("Where", condition, *choices, output=w.output)


def function(w: Writing) -> None:
    """Write a function of each element."""
    name = w.operation.function
    x = w.nodes.operand(w.node.inputs[0], w.dtype)
    if name == "square":
        w.nodes.add("Mul", x, x, output=w.output)
    else:
        w.nodes.add(UNARY[name], x, output=w.output)


def activation(w: Writing) -> None:
    """Write an activation."""
    activate(w.nodes, w.operation.activation, w.float_input(), w.output)


def softmax(w: Writing) -> None:
    """Write a softmax, of what a mask allows."""
    x, mask = w.float_input(), w.optional(1)
    if mask is not None:
        x = subtract_masked(w, x, mask)
    w.nodes.add("Softmax", x, axis=w.operation.axis, output=w.output)


def subtract_masked(w: Writing, scores: str, mask: str) -> str:
    """Return scores that are so low where a mask is false that they have no weight."""
    masked = w.nodes.as_type(w.nodes.add("Not", mask), np.float32, bool)
    return w.nodes.add("Sub", scores, w.nodes.add("Mul", masked, w.nodes.constant(MASKED)))


def scale(w: Writing) -> None:
    """Write `x * scale + offset`."""
    o, weights = w.operation, w.node.weights
    factor, offset = (
        (w.nodes.weight(name) for name in weights)
        if weights
        else (w.nodes.constant(o.scale), w.nodes.constant(o.offset))
    )
    product = w.nodes.add("Mul", w.float_input(), factor)
    w.nodes.add("Add", product, offset, output=w.output)


def clip(w: Writing) -> None:
    """Write limits of numbers."""
    limits = [w.nodes.constant(n) for n in (w.operation.lowest, w.operation.highest)]
    w.nodes.add("Clip", w.float_input(), *limits, output=w.output)


def cast(w: Writing) -> None:
    """Write another type."""
    present = w.nodes.kinds[str(w.node.inputs[0])].dtype
    x = w.nodes.as_type(str(w.node.inputs[0]), w.operation.dtype, present)
    w.nodes.add("Identity", x, output=w.output)


def reduction(w: Writing) -> None:
    """Write the sum, mean, maximum or minimum over some axes."""
    o, keep = w.operation, int(w.operation.keep_axes)
    axes = [axis % w.rank() for axis in o.axes]
    if o.function in ("any", "all"):  # ONNX reduces numbers only
        kind = "ReduceMax" if o.function == "any" else "ReduceMin"
        x = w.nodes.operand(w.node.inputs[0], bool)
        most = w.nodes.add(kind, w.nodes.as_type(x, np.int32, bool), axes=axes, keepdims=keep)
        w.nodes.add("Equal", most, w.nodes.constant(1, np.int32), output=w.output)
        return
    x = w.nodes.operand(w.node.inputs[0], w.dtype)
    if o.function == "sum":
        w.nodes.add("ReduceSum", x, w.nodes.integers(*axes), keepdims=keep, output=w.output)
    else:
        w.nodes.add(REDUCTIONS[o.function], x, axes=axes, keepdims=keep, output=w.output)


def layer_normalization(w: Writing) -> None:
    """Write a normalization of the last axis, by its formula: ONNX has it only since opset 17."""
    gamma, beta = (w.nodes.weight(name) for name in w.node.weights)
    x, add = w.float_input(), w.nodes.add
    center = add("Sub", x, add("ReduceMean", x, axes=[-1], keepdims=1))
    variance = add("ReduceMean", add("Mul", center, center), axes=[-1], keepdims=1)
    deviation = add("Sqrt", add("Add", variance, w.nodes.constant(w.operation.epsilon)))
    scaled = add("Mul", add("Div", center, deviation), gamma)
    add("Add", scaled, beta, output=w.output)
