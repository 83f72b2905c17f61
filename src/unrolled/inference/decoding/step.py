"""What every decoding loop needs: one step of a decoder, and the rows that it still computes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from unrolled.data.block import Array
from unrolled.errors import SettingError, ShapeError

Arrays = Mapping[str, Array]
Step = Callable[[Array, Arrays, Arrays], tuple[Array, Arrays]]
"""(previous (n), states, memory) -> (logits (n o), states): states are arrays (n ...) by name.

`previous` is the output of the step before, at first the start mark. `memory` are arrays (b ...),
which never change. With k hypotheses for each row, n is b*k: those of a row stand side by side and
read the same memory.
"""

MAX_LIVE_FRACTION = 0.75  # leaving out fewer rows would gain less than copying the memory takes


class LiveRows:
    """A decoder at work on the rows that have not ended.

    Args:
        step: One step of the decoder.
        states: Its first states, arrays (b ...) by name.
        memory: What it reads at every step, arrays (b ...) by name.
        rows: The number of rows b.
        copies: The number of hypotheses k of each row.

    Attributes:
        rows: The numbers of the rows that are still computed (r).
    """

    def __init__(
        self, step: Step, states: Arrays, memory: Arrays, *, rows: int, copies: int = 1
    ) -> None:
        self._step, self._memory, self._copies = step, memory, copies
        self.rows = np.arange(rows)
        self._states: Arrays = {name: np.repeat(x, copies, axis=0) for name, x in states.items()}

    def run(self, previous: Array) -> Array:
        """Run one step of all hypotheses, and return its logits (r*k o).

        Args:
            previous: The output of the step before (r*k ...).
        """
        logits, self._states = self._step(previous, self._states, self._memory)
        return logits

    def reorder(self, parents: Array) -> None:
        """Let each hypothesis go on from the states of another one of its row.

        Args:
            parents: The number of that other one within its row (r k).
        """
        places = (parents + self._copies * np.arange(len(parents))[:, None]).ravel()
        self._states = {name: x[places] for name, x in self._states.items()}

    def leave_out_ended(self, live: Array) -> Array | slice:
        """Compute only the rows that have not ended from now on, where that gains time.

        Args:
            live: Which of the rows have not ended (r).

        Returns:
            Which of the rows are still computed, as an index.
        """
        if np.count_nonzero(live) > MAX_LIVE_FRACTION * len(live):
            return slice(None)
        hypotheses = np.repeat(live, self._copies)
        self._states = {name: x[hypotheses] for name, x in self._states.items()}
        self._memory = {name: x[live] for name, x in self._memory.items()}
        self.rows = self.rows[live]
        return live


def check_max_steps(max_steps: int) -> None:
    """Refuse a limit below one step."""
    if max_steps < 1:
        raise SettingError(
            f"a decoder needs at least one step, but max_steps is {max_steps}. Raise it."
        )


def count_rows(states: Arrays, memory: Arrays) -> int:
    """Return the number of rows b, read from the first array.

    Raises:
        ShapeError: There is none.
    """
    for array in (*states.values(), *memory.values()):
        return len(array)
    raise ShapeError(
        "the number of rows is unknown, because there are neither states nor memory. Pass any"
        " array (b ...) as memory."
    )


def largest(x: Array, k: int) -> Array:
    """Return the places (b k) of the k largest numbers of each row of x (b n), the largest first.

    Of equal numbers the first comes first.

    Example:
        >>> largest(np.array([[0.5, 2.0, 0.5, 1.0]]), 3).tolist()
        [[1, 3, 0]]
    """
    b, n = x.shape
    if k >= n:
        return np.argsort(-x, axis=1, kind="stable")
    threshold = np.partition(x, n - k, axis=1)[:, n - k, None]
    rows, places = np.nonzero(~(x < threshold))  # at least k in each row
    order = np.lexsort((places, -x[rows, places], rows))
    first = np.searchsorted(rows, np.arange(b))
    chosen: Array = places[order[first[:, None] + np.arange(k)]]
    return chosen
