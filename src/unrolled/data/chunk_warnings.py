"""Warnings about the rows of a large file, which is predicted in chunks."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

MAX_SHOWN = 10


class ChunkWarnings:
    """Adds to each warning where its chunk is in the file, and counts what is too much to show.

    Args:
        rows: The rows of the file.
    """

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._shown = 0
        self._hidden = 0

    @contextmanager
    def locate(self, first: int, count: int) -> Iterator[None]:
        """Locate the warnings of a chunk.

        Args:
            first: How many rows are before the chunk.
            count: How many rows it has.
        """
        if count == self._rows:
            yield
            return
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", UserWarning)
            yield
        for warning in caught:
            if self._shown == MAX_SHOWN:
                self._hidden += 1
                continue
            self._shown += 1
            place = f"rows {first + 1} to {first + count}, here counted from 1"
            warnings.warn(f"{place}: {warning.message}", warning.category, stacklevel=4)

    def close(self) -> None:
        """Say how many warnings were not shown."""
        if self._hidden:
            warnings.warn(
                f"{self._hidden} further warnings about later rows are not shown.", stacklevel=3
            )
