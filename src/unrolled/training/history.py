"""The history of a training: its losses, its best epoch, and why it stopped."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from unrolled.errors import SettingError
from unrolled.saving import from_untrusted

Stopped = Literal["early", "limit", "interrupted", "diverged"]
LOSSES = ("loss", "validation")  # what there is one of for each epoch


@dataclass(frozen=True)
class History:
    """The history of a training.

    Attributes:
        best_epoch: The epoch whose weights were kept, from 1: the one with the lowest validation
            loss or, with cosine decay, the last one within half a percent of it.
        loss: The mean training loss of each epoch.
        validation: The mean validation loss after each epoch.
        stopped: Why training stopped: the validation loss no longer improved (`early`), the
            `limit` of epochs was reached, Ctrl-C (`interrupted`), or the training loss became
            infinite or NaN (`diverged`).
    """

    best_epoch: int
    loss: tuple[float, ...]
    validation: tuple[float, ...]
    stopped: Stopped

    def __post_init__(self) -> None:
        """Check the numbers, which may come from a file."""
        count = len(self.validation)
        if len(self.loss) != count or not 1 <= self.best_epoch <= count:
            raise SettingError(
                f"the training history does not fit together: its best epoch is {self.best_epoch},"
                f" with {len(self.loss)} training losses and {count} validation losses. Use a"
                " history with as many of both, and one of its epochs as the best."
            )

    @property
    def best_validation_loss(self) -> float:
        """The validation loss of the epoch whose weights were kept."""
        return self.validation[self.best_epoch - 1]

    def to_dict(self) -> dict[str, Any]:
        """Return the history under the names that it has in saved models and checkpoints."""
        return {
            "best_epoch": self.best_epoch,
            "loss": _without_nan(self.loss),
            "validation": _without_nan(self.validation),
            "stopped": self.stopped,
        }

    @classmethod
    def from_dict(cls, state: Any) -> History:
        """Return the history that `to_dict` wrote.

        Raises:
            RefusedError: A value is missing or of the wrong type.
            SettingError: The numbers contradict each other.
        """
        if isinstance(state, Mapping):
            state = {n: _with_nan(v) if n in LOSSES else v for n, v in state.items()}
        return from_untrusted(cls, state, "history")


def _without_nan(losses: Sequence[float]) -> list[float | None]:
    """Return losses as JSON can hold them: None in place of NaN and infinity."""
    return [loss if math.isfinite(loss) else None for loss in losses]


def _with_nan(losses: Any) -> Any:
    """Return what `_without_nan` returned, with NaN in place of None."""
    return [math.nan if v is None else v for v in losses] if isinstance(losses, list) else losses
