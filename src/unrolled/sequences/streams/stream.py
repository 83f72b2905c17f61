"""A stream: a model that reads one step at a time and keeps its state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from unrolled.data.block import Array
from unrolled.sequences.streams.saved_state import read_state, write_state
from unrolled.sequences.streams.step_encoder import Step
from unrolled.sequences.streams.step_model import StepModel


class Stream:
    """A trained model that reads a row one step at a time.

    After each step it returns what `predict` returns for the row of all steps so far; of outputs
    that have a value at each step, the value of this step. Time and memory of a step do not depend
    on how many steps came before. The state is a value: a copy of a stream goes its own way.

    `SequenceModel.stream` makes one.

    Args:
        model: The model by one step.
        state: The state to continue from; None begins a row.
    """

    def __init__(self, model: StepModel, state: Mapping[str, Array] | None = None) -> None:
        self._model = model
        self._state = model.begin(1) if state is None else state

    def step(self, step: Step) -> dict[str, Any]:
        """Read one step, and return the outputs after it.

        Args:
            step: The value of each input column at this step. Columns with one value for the whole
                row are read at the first step; later they may be left out. Other columns are not
                read.

        Returns:
            The value of each output `NAME` in its own units and labels, and, where it is a label,
            its probability as `NAME-confidence`.

        Raises:
            DataError: A column is missing, a value cannot be read, or the time is not later than
                that of the step before. The state is then as if there had been no such step.
        """
        rows, self._state = self._model([step], self._state)
        return rows[0]

    def over(self, steps: Iterable[Step]) -> Iterator[dict[str, Any]]:
        """Yield the outputs after each of several steps.

        Args:
            steps: The steps, such as `polars.DataFrame.iter_rows(named=True)`.
        """
        for step in steps:
            yield self.step(step)

    def copy(self) -> Stream:
        """Return a stream that continues from here; neither changes the other."""
        return Stream(self._model, self._state)

    def reset(self) -> None:
        """Begin a new row."""
        self._state = self._model.begin(1)

    def save(self, path: str | Path) -> None:
        """Write the state to a safetensors file, from which `model.stream(path)` continues.

        Raises:
            ArtifactError: The file cannot be written.
        """
        write_state(Path(path), self._ordered(), self._model.fingerprint)

    @classmethod
    def restored(cls, model: StepModel, path: str | Path) -> Stream:
        """Return the stream whose state `save` wrote.

        Raises:
            ArtifactError: The file is damaged, or is of another model.
        """
        return cls(model, read_state(Path(path), model.keeps, model.fingerprint))

    def _ordered(self) -> dict[str, Array]:
        return {name: self._state[name] for name in self._model.keeps}
