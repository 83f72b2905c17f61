"""Changes of axes as ONNX operators."""

from __future__ import annotations

from unrolled.export.operations.base import Writing

LAST = (1 << 63) - 1  # a limit beyond every axis


def reshape(w: Writing) -> None:
    """Write another shape of each row; 0 keeps the size of the batch."""
    shape = w.nodes.integers(0, *w.operation.shape)
    w.nodes.add("Reshape", _x(w), shape, output=w.output)


def flatten(w: Writing) -> None:
    """Write all numbers of a row along one axis."""
    w.nodes.add("Reshape", _x(w), w.nodes.integers(0, -1), output=w.output)


def repeat_vector(w: Writing) -> None:
    """Write the same features at each step."""
    steps = w.nodes.integers(1, w.operation.steps, 1)
    w.nodes.add("Expand", w.nodes.unsqueeze(_x(w), 1), steps, output=w.output)


def zero_padding(w: Writing) -> None:
    """Write steps of zeros before and after a row."""
    o = w.operation
    w.nodes.add("Pad", _x(w), w.nodes.integers(0, o.before, 0, 0, o.after, 0), output=w.output)


def select(w: Writing) -> None:
    """Write a slice of each axis; an index removes its axis, so the last axis comes first."""
    x = _x(w)
    for axis, (begin, end, step, index) in reversed(list(enumerate(w.operation.axes))):
        if index is not None:
            x = w.nodes.add("Gather", x, w.nodes.constant(index, "int64"), axis=axis)
        elif (begin, end, step) != (None, None, None):
            backwards = (step or 1) < 0
            begin = (LAST if backwards else 0) if begin is None else begin
            end = (-LAST if backwards else LAST) if end is None else end
            limits = [w.nodes.integers(n) for n in (begin, end, axis, step or 1)]
            x = w.nodes.add("Slice", x, *limits)
    w.nodes.add("Identity", x, output=w.output)


def expand_dims(w: Writing) -> None:
    """Write a new axis of one element."""
    axes = w.nodes.integers(w.operation.axis)
    w.nodes.add("Unsqueeze", _x(w), axes, output=w.output)


def permute(w: Writing) -> None:
    """Write the axes of a row in another order."""
    w.nodes.transpose(_x(w), 0, *w.operation.order, output=w.output)


def reverse(w: Writing) -> None:
    """Write the steps in the opposite order."""
    limits = [w.nodes.integers(n) for n in (-1, -LAST, 1, -1)]
    w.nodes.add("Slice", _x(w), *limits, output=w.output)


def _x(w: Writing) -> str:
    return str(w.node.inputs[0])
