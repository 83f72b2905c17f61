"""The most frequent output, as a baseline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from unrolled.data.batches import Examples
from unrolled.data.block import Array


@dataclass(frozen=True)
class MostFrequent:
    """The sequence that is most frequent in the training part, the first one of several.

    Attributes:
        rows: The ids of that row, by output.
    """

    rows: Mapping[str, Array]
    name = "most frequent output"

    @classmethod
    def fit(cls, examples: Examples, outputs: Sequence[str]) -> Self:
        """Return the most frequent rows of a training part."""
        most_frequent = {}
        for output in outputs:
            rows = examples.targets[output].rows()
            ((row, _),) = Counter(row.tobytes() for row in rows).most_common(1)
            most_frequent[output] = np.frombuffer(row, rows[0].dtype)
        return cls(most_frequent)

    def predict(self, examples: Examples) -> dict[str, Array | list[Array]]:
        """Return the ids of every row, by output."""
        return {output: [row] * examples.rows for output, row in self.rows.items()}

    def nll(self, examples: Examples) -> dict[str, Array]:  # noqa: ARG002
        """Return nothing: it gives no probability to any other row."""
        return {}

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the arrays, as JSON."""
        return {"outputs": list(self.rows)}

    def arrays(self) -> dict[str, Array]:
        """Return the arrays by output."""
        return dict(self.rows)

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any], arrays: Mapping[str, Array]) -> Self:
        """Return the baseline that `to_dict` and `arrays` described."""
        return cls({output: arrays[output] for output in facts["outputs"]})
