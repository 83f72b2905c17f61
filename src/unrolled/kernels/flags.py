"""The flags of a recurrence, for every implementation and framework."""

from __future__ import annotations

from typing import NamedTuple


class Flags(NamedTuple):
    """How a call runs.

    Args:
        reverse: Run each row from its last valid step back to step 0.
        hold: At a padded step repeat the previous output in running order, zeros before the
            first; otherwise zeros at every padded step.
        sequences: Return the output of every step.
    """

    reverse: bool = False
    hold: bool = True
    sequences: bool = True
