"""What every decoding loop needs: the type of one step, its rows, and the limit of steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from unrolled.backend import keras
from unrolled.errors import SettingError, ShapeError

Step = Callable[[Any, Any, Any], tuple[Any, Any]]
"""(previous (n), states, memory) -> (logits (n o), states); states and memory are trees of (n ...).

`previous` is the output of the step before, at first the start mark; `memory` never changes.
"""

ops = keras.ops
tree = keras.tree


def check_max_steps(max_steps: int) -> None:
    """Refuse a limit below one step."""
    if max_steps < 1:
        raise SettingError(
            f"a decoder needs at least one step, but max_steps is {max_steps}. Raise it."
        )


def to_tensors(arrays: Any) -> Any:
    """Return a tree of arrays as a tree of tensors."""
    return tree.map_structure(ops.convert_to_tensor, arrays)


def count_rows(*trees: Any) -> Any:
    """Return the number of rows b, read from the first tensor of the trees.

    Raises:
        ShapeError: The trees have no tensor.
    """
    tensors = tree.flatten(trees)
    if not tensors:
        raise ShapeError(
            "the number of rows is unknown, because there are neither states nor memory. Pass any"
            " tensor (b ...) as memory."
        )
    return ops.shape(tensors[0])[0]


def repeat_rows(tensors: Any, copies: int) -> Any:
    """Return a tree of (b ...) as one of (b*copies ...), the copies of a row side by side."""
    if copies == 1:
        return tensors
    return tree.map_structure(lambda x: ops.repeat(x, copies, axis=0), tensors)


def set_step(sequence: Any, values: Any, position: Any) -> Any:
    """Return a sequence (... u) with values (...) at one position."""
    is_position = ops.equal(ops.arange(int(sequence.shape[-1]), dtype="int32"), position)
    return ops.where(is_position, ops.expand_dims(values, -1), sequence)
