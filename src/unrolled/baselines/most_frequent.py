"""The most frequent output, as a baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from unrolled.data.batches import Examples
from unrolled.data.block import Array


@dataclass(frozen=True)
class MostFrequent:
    """The row of steps that stands most often in the training part, the first one where several do.

    Attributes:
        answers: The ids of that row, by output.
    """

    answers: Mapping[str, Array]
    name = "most frequent output"

    @classmethod
    def fitted(cls, examples: Examples, outputs: Sequence[str]) -> Self:
        """Return the most frequent rows of a training part."""
        found = {}
        for output in outputs:
            count: dict[bytes, int] = {}
            rows = examples.targets[output].rows()
            for row in rows:
                count[row.tobytes()] = count.get(row.tobytes(), 0) + 1
            most = max(count, key=lambda row: count[row])
            found[output] = np.frombuffer(most, rows[0].dtype)
        return cls(found)

    def outputs(self, examples: Examples) -> dict[str, Array | list[Array]]:
        """Return the ids of every row, by output."""
        return {output: [answer] * examples.rows for output, answer in self.answers.items()}

    def nats(self, examples: Examples) -> dict[str, Array]:  # noqa: ARG002
        """Return nothing: it gives no probability to any other row."""
        return {}

    def facts(self) -> dict[str, Any]:
        """Return all but the arrays, as JSON."""
        return {"outputs": list(self.answers)}

    def arrays(self) -> dict[str, Array]:
        """Return the arrays by output."""
        return dict(self.answers)

    @classmethod
    def restored(cls, facts: Mapping[str, Any], arrays: Mapping[str, Array]) -> Self:
        """Return the reference that facts and arrays describe."""
        return cls({output: arrays[output] for output in facts["outputs"]})
