"""What every loop over ids keeps to: its marks, its limit, and which ids may come next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from unrolled.backend import keras
from unrolled.errors import SettingError, ShapeError

Step = Callable[[Any, Any, Any], tuple[Any, Any]]
"""(previous (n), states, memory) -> (scores (n o), states); states and memory are trees of (n ...).

`previous` is what the step before gave, `start` at first; `memory` never changes.
"""
Allowed = Callable[[Any, Any], Any]
"""(ids so far (n u), steps made so far) -> bool (n o): which ids may come next.

Only the first of `ids`, as many as steps were made, have been chosen; the rest are 0.
"""

ops = keras.ops
tree = keras.tree


@dataclass(frozen=True)
class TokenConstraints:
    """The ids a decoder may give and when it must stop.

    Args:
        start: What goes in before the first step.
        end: The id that ends a row.
        most: The limit of steps u, the one of the end mark included.
        forbidden: Ids never given.
        allowed: Which ids may come next; None allows all.

    Raises:
        SettingError: A limit below one step.
    """

    start: int
    end: int
    most: int
    forbidden: Sequence[int] = ()
    allowed: Allowed | None = None

    def __post_init__(self) -> None:
        checked_limit(self.most)

    def gains(self, scores: Any, ids: Any, position: Any) -> Any:
        """Return log-probabilities (n o), minus infinity where an id may not come next."""
        width = int(scores.shape[-1])
        outside = [i for i in (self.end, *self.forbidden) if not 0 <= i < width]
        if outside:
            raise SettingError(
                f"got the id {outside[0]} as the end mark or forbidden, expected one from 0 to"
                f" {width - 1}, as the step scores {width} ids."
            )
        free = np.ones((1, width), dtype=bool)
        free[:, list(self.forbidden)] = False
        may = ops.convert_to_tensor(free)
        if self.allowed is not None:
            may = ops.logical_and(may, self.allowed(ids, position))
        return ops.where(may, ops.log_softmax(ops.cast(scores, "float32"), axis=-1), -np.inf)


def checked_limit(most: int) -> None:
    """Refuse a limit below one step."""
    if most < 1:
        raise SettingError(f"got most={most}, expected at least 1 step. Raise it.")


def tensors(given: Any) -> Any:
    """Return a tree of arrays as one of tensors."""
    return tree.map_structure(ops.convert_to_tensor, given)


def rows_of(*trees: Any) -> Any:
    """Return b, the rows of the first tensor found.

    Raises:
        ShapeError: There is no tensor to tell it.
    """
    found = tree.flatten(trees)
    if not found:
        raise ShapeError(
            "got neither states nor memory, expected a tensor (b ...) in one of them to tell the"
            " rows. Pass any tensor of b rows as memory."
        )
    return ops.shape(found[0])[0]


def repeated(given: Any, times: int) -> Any:
    """Return a tree of (b ...) as one of (b*times ...), the copies of a row side by side."""
    if times == 1:
        return given
    return tree.map_structure(lambda x: ops.repeat(x, times, axis=0), given)


def written(steps: Any, new: Any, position: Any) -> Any:
    """Return steps (... u) with `new` (...) at a position."""
    here = ops.equal(ops.arange(int(steps.shape[-1]), dtype="int32"), position)
    return ops.where(here, ops.expand_dims(new, -1), steps)
