"""References that recall a training output: the most frequent, and that of the nearest input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, Self

import numpy as np

from unrolled.baselines.linear import statistics
from unrolled.data.batches import Examples
from unrolled.data.block import Array, RaggedColumn
from unrolled.data.encoders.categories import Categories

MOST_ROWS = 20_000  # training rows that are kept to look among, fewer where they are long
MOST_CELLS = 4_000_000  # steps and numbers of all of them together
AT_ONCE = 256  # rows that are looked up together
FAR = 1e6  # what another category counts: more than any other difference


@dataclass(frozen=True)
class Nearest:
    """The output of the training row whose input is nearest, the first one where several are.

    A distance is the edits that turn one row of ids into the other, plus the distance of the
    numbers (of steps of numbers: of their statistics), plus `FAR` for each other category.

    Attributes:
        texts: The kept rows of each input of ids, such as text.
        numbers: The kept rows of numbers (m f), of no width where there are none.
        labels: The categories of the kept rows (m c).
        answers: Their outputs.
        categories: Where the examples hold categories.
    """

    texts: Mapping[str, RaggedColumn]
    numbers: Array
    labels: Array
    answers: Mapping[str, RaggedColumn]
    categories: Categories
    name = "nearest training input"

    @classmethod
    def fitted(cls, examples: Examples, outputs: Sequence[str], categories: Categories) -> Self:
        """Return the reference that recalls a training part, evenly thinned where it is large."""
        others = ("x", *categories.ids)  # and what only a network reads: several ids a step
        texts = {n: b for n, b in examples.inputs.items() if n not in others and b.flat.ndim == 1}
        numbers = _numbers(examples)
        cells = sum(len(block.flat) for block in texts.values()) + numbers.size
        most = min(MOST_ROWS, max(1, MOST_CELLS * examples.rows // max(1, cells)))
        kept = thinned(examples.rows, most)
        return cls(
            {name: block.take(kept) for name, block in texts.items()},
            numbers[kept],
            categories.codes(examples)[kept],
            {name: examples.targets[name].take(kept) for name in outputs},
            categories,
        )

    def outputs(self, examples: Examples) -> dict[str, Array | list[Array]]:
        """Return the ids of every row, by output."""
        places = self.places(examples)
        found: dict[str, Array | list[Array]] = {}
        for output, answers in self.answers.items():
            rows = answers.rows()
            found[output] = [rows[place] for place in places]
        return found

    def places(self, examples: Examples) -> Array:
        """Return which kept row is nearest to each row (n)."""
        texts = {name: _strings(examples.inputs[name]) for name in self.texts}
        numbers, labels = _numbers(examples), self.categories.codes(examples)
        found = np.zeros(examples.rows, dtype=np.int64)
        for start in range(0, examples.rows, AT_ONCE):
            part = slice(start, start + AT_ONCE)
            few = {name: rows[part] for name, rows in texts.items()}
            found[part] = self._distances(few, numbers[part], labels[part]).argmin(axis=1)
        return found

    def _distances(self, texts: dict[str, list[str]], numbers: Array, labels: Array) -> Array:
        """Return the distance of each of some rows from each kept one (n m)."""
        from rapidfuzz.distance import Levenshtein
        from rapidfuzz.process import cdist
        from scipy.spatial import distance

        far = (labels[:, None] != self.labels).sum(axis=-1) * FAR  # n m
        if self.numbers.shape[1]:
            far = far + distance.cdist(numbers, self.numbers)
        for name, rows in texts.items():
            far = far + cdist(rows, self._kept[name], scorer=Levenshtein.distance, dtype=np.int32)
        return np.asarray(far)

    @cached_property
    def _kept(self) -> dict[str, list[str]]:
        """Return the kept rows of ids as strings."""
        return {name: _strings(block) for name, block in self.texts.items()}

    def nats(self, examples: Examples) -> dict[str, Array]:  # noqa: ARG002
        """Return nothing: it gives no probability to any other row."""
        return {}

    def facts(self) -> dict[str, Any]:
        """Return all but the arrays, as JSON."""
        return {
            "texts": list(self.texts),
            "outputs": list(self.answers),
            "categories": asdict(self.categories),
        }

    def arrays(self) -> dict[str, Array]:
        """Return the arrays by side, column and part."""
        found = {"numbers": self.numbers, "labels": self.labels}
        for side, blocks in (("in", self.texts), ("out", self.answers)):
            for name, block in blocks.items():
                found[f"{side}/{name}/steps"] = block.flat
                found[f"{side}/{name}/lengths"] = np.asarray(block.lengths)
        return found

    @classmethod
    def restored(cls, facts: Mapping[str, Any], arrays: Mapping[str, Array]) -> Self:
        """Return the reference that facts and arrays describe."""
        blocks: dict[str, dict[str, RaggedColumn]] = {}
        for side, names in (("in", facts["texts"]), ("out", facts["outputs"])):
            blocks[side] = {
                name: _block(arrays[f"{side}/{name}/steps"], arrays[f"{side}/{name}/lengths"])
                for name in names
            }
        return cls(
            blocks["in"],
            arrays["numbers"],
            arrays["labels"],
            blocks["out"],
            Categories.from_dict(facts["categories"]),
        )


def thinned(rows: int, most: int) -> Array:
    """Return at most so many row numbers, evenly spread.

    Example:
        >>> thinned(9, 3).tolist()
        [0, 4, 8]
    """
    return np.unique(np.linspace(0, rows - 1, min(rows, most), dtype=int))


def _block(steps: Array, lengths: Array) -> RaggedColumn:
    return RaggedColumn(steps, np.concatenate([[0], np.cumsum(lengths)]))


def _numbers(examples: Examples) -> Array:
    """Return a row of numbers for each row (n f), of no width where none go in."""
    x = examples.inputs.get("x")
    return np.zeros((examples.rows, 0), "float32") if x is None else statistics(x)


def _strings(block: RaggedColumn) -> list[str]:
    """Return rows of ids as strings, a character an id: so they are compared fastest."""
    text = "".join(map(chr, block.flat.tolist()))
    offsets = block.offsets.tolist() if block.offsets is not None else []
    return [text[start:end] for start, end in pairwise(offsets)]
