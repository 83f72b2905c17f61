"""Which operations need nothing but their own step, and why others cannot be streamed."""

from __future__ import annotations

from collections.abc import Sequence

from unrolled.program import operations as op
from unrolled.program.graph import Node

POINTWISE = (
    *(op.Activate, op.Average, op.Cast, op.Clip, op.Elementwise, op.Embedding, op.Function),
    *(op.Scale, op.Where),
)
LAST_AXIS = (op.Dense, op.LayerNormalization)
STEPS_AXIS = 1


def needs_only_its_step(node: Node, ranks: Sequence[int]) -> bool:
    """Return whether the output of an operation at a step depends on that step alone.

    Args:
        node: The operation, all of whose tensors have steps.
        ranks: The number of axes of each tensor that it reads, with the batch.
    """
    operation, rank = node.operation, ranks[0]
    if len(set(ranks)) > 1:
        return False
    if isinstance(operation, op.Activate) and operation.activation.endswith("softmax"):
        return rank > STEPS_AXIS + 1
    if isinstance(operation, POINTWISE):
        return rank > STEPS_AXIS + 1 or not node.weights or isinstance(operation, op.Embedding)
    if isinstance(operation, LAST_AXIS):
        return rank > STEPS_AXIS + 1
    if isinstance(operation, op.Concatenate | op.Softmax):
        return operation.axis % rank > STEPS_AXIS
    if isinstance(operation, op.ExpandDims):
        return operation.axis % (rank + 1) > STEPS_AXIS
    if isinstance(operation, op.Reduce):
        return all(axis % rank > STEPS_AXIS for axis in operation.axes)
    if isinstance(operation, op.Conv1D):  # it runs along the axis before the last
        return rank - 2 > STEPS_AXIS
    return False


def reason(node: Node) -> str:
    """Return why an operation over steps cannot be streamed, and what to train instead."""
    operation, layer = node.operation, f"The layer '{node.name.partition('.')[0]}'"
    if isinstance(operation, op.Reverse) or getattr(operation, "reverse", False):
        return (
            f"{layer} reads each row from its end, and the end of a stream is not known: a"
            " two-directional network reads the future. Train with Network(bidirectional=False),"
            " on the command line --one-way."
        )
    if isinstance(operation, op.Conv1D):
        return (
            f"{layer} reads the steps after a step too (MiniRocket features of the linear branch)."
            " Train with Network(linear=False), on the command line --no-linear."
        )
    if isinstance(operation, op.Flatten):
        return (
            f"{layer} of the linear branch reads all numbers of a row, whose number of steps is"
            " fixed. Train with Network(linear=False), on the command line --no-linear."
        )
    if isinstance(operation, op.Attention):
        return (
            f"{layer} attends to all steps of the row, so that memory would grow with each step."
            " Train with Network(architecture='repeat'), on the command line --architecture repeat."
        )
    if isinstance(operation, op.ZeroPadding | op.Slice | op.Reshape):
        return (
            f"{layer} ({operation.name}) needs the end of the row. Train with"
            " Network(architecture='repeat') or 'vector', on the command line --architecture."
        )
    return (
        f"{layer} ({operation.name}) reads several steps of a row at once, and a stream has one."
        " Predict whole rows with `predict`."
    )
