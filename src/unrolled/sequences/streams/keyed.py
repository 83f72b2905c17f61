"""Many streams by key, whose steps are computed together."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from typing import Any

import numpy as np

from unrolled.data.block import Array
from unrolled.errors import DataError
from unrolled.sequences.streams.step_encoder import Step
from unrolled.sequences.streams.step_model import StepModel

FIRST_SLOTS = 16


class KeyedStreams:
    """Streams of one model by key, such as one for each machine.

    The states of all streams stand in one array for each layer, so that a step of many streams is
    one call of the network.

    `SequenceModel.streams` makes one.

    Args:
        model: The model by one step.
    """

    def __init__(self, model: StepModel) -> None:
        self._model = model
        self._states = model.begin(FIRST_SLOTS)
        self._slots: dict[Hashable, int] = {}
        self._free = list(range(FIRST_SLOTS))[::-1]  # slots of no stream, as before a first step

    def __len__(self) -> int:
        """Return the number of streams."""
        return len(self._slots)

    def keys(self) -> list[Hashable]:
        """Return the keys of the streams, in the order in which they began."""
        return list(self._slots)

    def step(self, steps: Mapping[Any, Step]) -> dict[Any, dict[str, Any]]:
        """Read one step of each of some streams; a new key begins a stream.

        Args:
            steps: By key, the value of each input column, as for `Stream.step`.

        Returns:
            By key, the outputs after the step, as from `Stream.step`.

        Raises:
            DataError: A step cannot be read; the message names its key. No stream has then
                advanced.
        """
        if not steps:
            return {}
        slots = self._find_slots(steps)
        state = {name: array[slots] for name, array in self._states.items()}
        try:
            rows, after = self._model(list(steps.values()), state)
        except DataError:
            self._name_key(steps, state)
            raise
        for name, array in self._states.items():
            array[slots] = after[name]
        self._begin(steps)
        return dict(zip(steps, rows, strict=True))

    def drop(self, key: Hashable) -> None:
        """Forget a stream; a later step of its key begins a new one.

        Raises:
            DataError: There is no such stream.
        """
        if key not in self._slots:
            raise DataError(f"There is no stream {key!r}, so it cannot be dropped.")
        slot = self._slots.pop(key)
        for name, array in self._model.begin(1).items():
            self._states[name][slot] = array[0]
        self._free.append(slot)

    def _find_slots(self, keys: Collection[Hashable]) -> Any:
        """Return where the states of streams stand (b): a slice if they stand in a row."""
        slots = list(map(self._slots.get, keys))
        if None in slots:
            new = slots.count(None)
            while len(self._free) < new:
                self._grow()
            unused = reversed(self._free[-new:])
            slots = [next(unused) if slot is None else slot for slot in slots]
        places = np.array(slots, np.int64)
        first = int(places[0])
        if (places == np.arange(first, first + len(places))).all():
            return slice(first, first + len(places))
        return places

    def _begin(self, keys: Collection[Hashable]) -> None:
        """Give each new key the slot that `_find_slots` found for it."""
        for key in keys:
            if key not in self._slots:
                self._slots[key] = self._free.pop()

    def _grow(self) -> None:
        """Make room for twice as many streams."""
        count = len(self._slots) + len(self._free)
        more = self._model.begin(count)
        self._states = {n: np.concatenate([a, more[n]]) for n, a in self._states.items()}
        self._free = [*range(2 * count - 1, count - 1, -1), *self._free]

    def _name_key(self, steps: Mapping[Any, Step], state: Mapping[str, Array]) -> None:
        """Raise the error of the first stream that has one, with its key."""
        for row, (key, step) in enumerate(steps.items()):
            try:
                self._model([step], {name: array[row : row + 1] for name, array in state.items()})
            except DataError as error:
                raise DataError(f"stream {key!r}: {error}") from None
