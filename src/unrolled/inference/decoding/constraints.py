"""Constrained decoding: which ids a decoder may output, and when it must stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from unrolled.data.block import Array
from unrolled.errors import SettingError
from unrolled.inference.decoding.step import check_max_steps
from unrolled.program.operations.activations import log_softmax

Allowed = Callable[[Array, int], Array]
"""(ids so far (n u), number of steps so far) -> bool (n o): which ids may come next.

Only the first ids, as many as there were steps, have been chosen; the others are 0.
"""


@dataclass(frozen=True)
class TokenConstraints:
    """The ids that a decoder may output, its marks, and its limit of steps.

    Args:
        start: The id that is the input of the first step.
        end: The id that ends a row.
        max_steps: The limit of steps u, including that of the end mark.
        forbidden: Ids that are never output.
        allowed: Which ids may come next; None allows all.

    Raises:
        SettingError: The limit is below one step.
    """

    start: int
    end: int
    max_steps: int
    forbidden: Sequence[int] = ()
    allowed: Allowed | None = None

    def __post_init__(self) -> None:
        check_max_steps(self.max_steps)

    def log_probabilities(self, logits: Array, ids: Array, position: int) -> Array:
        """Return log-probabilities (n o): minus infinity for ids that may not come next."""
        self._check_ids(logits.shape[-1])
        log_probabilities = log_softmax(logits.astype(np.float32, copy=False))
        log_probabilities[:, list(self.forbidden)] = -np.inf
        if self.allowed is None:
            return log_probabilities
        return np.where(self.allowed(ids, position), log_probabilities, np.float32(-np.inf))

    def _check_ids(self, count: int) -> None:
        outside = [i for i in (self.end, *self.forbidden) if not 0 <= i < count]
        if outside:
            raise SettingError(
                f"the end mark or a forbidden id is {outside[0]}, but the step outputs {count}"
                f" ids, from 0 to {count - 1}. Choose one of those."
            )
