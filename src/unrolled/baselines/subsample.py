"""Take fewer rows, evenly spread, where there are more than a baseline needs."""

from __future__ import annotations

import numpy as np

from unrolled.data.block import Array


def evenly_spaced(rows: int, max_rows: int) -> Array:
    """Return the indices of at most `max_rows` of the rows, evenly spread from first to last.

    Example:
        >>> evenly_spaced(9, 3).tolist()
        [0, 4, 8]
    """
    return np.unique(np.linspace(0, rows - 1, min(rows, max_rows), dtype=int))
