"""What happened while a network was fitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from unrolled.errors import SettingError

Stopped = Literal["early", "limit", "interrupted", "diverged"]


@dataclass(frozen=True)
class History:
    """What happened while a network was fitted.

    Attributes:
        best_epoch: The pass whose weights were kept, from 1: the best, or, where the rate falls
            over all passes, the last within half a percent of it.
        loss: Mean training loss of each pass.
        validation: Mean validation loss after each pass.
        stopped: No better validation loss (`early`), the `limit` of epochs, Ctrl-C (`interrupted`),
            or a training loss that was no longer a number (`diverged`).
    """

    best_epoch: int
    loss: tuple[float, ...]
    validation: tuple[float, ...]
    stopped: Stopped

    def __post_init__(self) -> None:
        """Refuse a best pass that was none, as only what was saved by others can have."""
        count = len(self.validation)
        if not (len(self.loss) == count and 1 <= self.best_epoch <= count):
            raise SettingError(
                f"got pass {self.best_epoch} as the best of {count} with {len(self.loss)} losses,"
                " expected one of them."
            )

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> History:
        """Return the history that JSON describes."""
        passes = {name: tuple(state[name]) for name in ("loss", "validation")}
        return cls(best_epoch=state["best_epoch"], stopped=state["stopped"], **passes)
