"""An n-gram model of the outputs: how probable is each step after those before it?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import zip_longest
from typing import Any, Self

import numpy as np

from unrolled.baselines.linear import FEW_SYMBOLS
from unrolled.baselines.nearest import thinned
from unrolled.data.batches import Examples
from unrolled.data.block import Array, RaggedColumn
from unrolled.data.encoders.categories import Categories

MOST_ROWS = 20_000
FEW_ORDER, ORDER = 5, 3  # steps counted together: of characters, of words
DISCOUNT = 0.75  # taken from every count, for what was not seen
OWN = 0.6  # share of a class's own model; the rest is that of all rows
MOST_KEYS = 2**62  # a run of steps is kept as one whole number


@dataclass(frozen=True)
class Counts:
    """How often each run of 1 to k steps stands in the training part.

    The longest runs are counted as they stand; a shorter one, by how many different steps stood
    before it.

    Attributes:
        size: How many symbols there are.
        keys: For each length of a run, the runs that were seen, as sorted numbers.
        counts: How often each was.
    """

    size: int
    keys: tuple[Array, ...]
    counts: tuple[Array, ...]

    @classmethod
    def of(cls, runs: list[Array], size: int) -> Self:
        """Return the counts of runs as `_runs` spells them, one array for each length."""
        found = []
        for run, longer in zip_longest(runs, runs[1:]):
            once = run if longer is None else run[np.unique(longer, return_index=True)[1]]
            found.append(np.unique(once, return_counts=True))
        return cls(size, tuple(keys for keys, _ in found), tuple(count for _, count in found))

    def probabilities(self, runs: list[Array]) -> Array:
        """Return the probability of each last step of the runs, given the steps before it.

        What is taken from the counts of the steps that followed is shared out as the run that is
        one step shorter says, and at last evenly.
        Source: Kneser and Ney (1995), interpolated as in Chen and Goodman (1999), section 2.7.

        Args:
            runs: The runs of each length that end at each of the steps (n).
        """
        found: Array = np.full(len(runs[0]), 1 / self.size)
        for keys, counts, run, (contexts, times, kinds) in zip(
            self.keys, self.counts, runs, self._contexts, strict=True
        ):
            before = run // self.size
            seen, different = _looked(contexts, times, before), _looked(contexts, kinds, before)
            own = np.maximum(_looked(keys, counts, run) - DISCOUNT, 0)
            share = (own + DISCOUNT * different * found) / np.maximum(seen, 1)
            found = np.where(seen > 0, share, found)
        return found

    @cached_property
    def _contexts(self) -> list[tuple[Array, Array, Array]]:
        """For each length, what runs begin with, how often, and by how many steps followed."""
        found = []
        for keys, counts in zip(self.keys, self.counts, strict=True):
            contexts, first, kinds = np.unique(
                keys // self.size, return_index=True, return_counts=True
            )
            found.append((contexts, np.add.reduceat(counts, first), kinds))
        return found


@dataclass(frozen=True)
class NGram:
    """The n-gram model of each output, and of each output within each class.

    Rows with the same categories are a class; its model and that of all rows are interpolated.

    Attributes:
        every: The counts over all training rows, by output.
        within: The counts within each class; nothing where no category goes in.
        classes: The categories of each class (k c).
        categories: Where the examples hold categories.
    """

    every: Mapping[str, Counts]
    within: Mapping[str, Counts]
    classes: Array
    categories: Categories
    name = "n-gram"

    @classmethod
    def fitted(
        cls,
        examples: Examples,
        outputs: Sequence[str],
        symbols: Mapping[str, int],
        categories: Categories,
    ) -> Self:
        """Return the counts of a training part, evenly thinned where it is large.

        Args:
            examples: The training part, with targets.
            outputs: The outputs that are rows of ids.
            symbols: How many ids each output has.
            categories: Where the examples hold categories.
        """
        kept = thinned(examples.rows, MOST_ROWS)
        labels = categories.codes(examples)[kept]
        classes = np.unique(labels, axis=0)
        every, within = {}, {}
        for output in outputs:
            size = symbols[output]
            block = examples.targets[output].take(kept)
            runs = _runs(block, size, _order(size, len(classes)))
            every[output] = Counts.of(runs, size)
            if labels.shape[1]:
                place = _steps(_places(labels, classes), block)
                within[output] = Counts.of(_inside(runs, place, size), size)
        return cls(every, within, classes, categories)

    def outputs(self, examples: Examples) -> dict[str, Array | list[Array]]:  # noqa: ARG002
        """Return nothing: it judges rows and writes none."""
        return {}

    def nats(self, examples: Examples) -> dict[str, Array]:
        """Return minus the log-probability of each row of the true outputs (n), by output."""
        found = {}
        for output, counts in self.every.items():
            block, size = examples.targets[output], counts.size
            runs = _runs(block, size, len(counts.keys))
            shares = counts.probabilities(runs)
            if output in self.within:
                place = _steps(_places(self.categories.codes(examples), self.classes), block)
                own = self.within[output].probabilities(_inside(runs, place, size))
                shares = np.where(place < 0, shares, OWN * own + (1 - OWN) * shares)
            found[output] = block.sum_by_row(-np.log(shares))
        return found

    def facts(self) -> dict[str, Any]:
        """Return all but the arrays, as JSON."""
        return {
            "sizes": {output: counts.size for output, counts in self.every.items()},
            "orders": {output: len(counts.keys) for output, counts in self.every.items()},
            "within": list(self.within),
            "categories": asdict(self.categories),
        }

    def arrays(self) -> dict[str, Array]:
        """Return the arrays by output, length of the runs, and part."""
        found = {"classes": self.classes}
        for which, models in (("every", self.every), ("within", self.within)):
            for output, counts in models.items():
                for k, (keys, times) in enumerate(zip(counts.keys, counts.counts, strict=True), 1):
                    found[f"{which}/{output}/{k}/keys"] = keys
                    found[f"{which}/{output}/{k}/counts"] = times
        return found

    @classmethod
    def restored(cls, facts: Mapping[str, Any], arrays: Mapping[str, Array]) -> Self:
        """Return the reference that facts and arrays describe."""

        def counts(which: str, output: str) -> Counts:
            runs = range(1, facts["orders"][output] + 1)
            keys = tuple(arrays[f"{which}/{output}/{k}/keys"] for k in runs)
            times = tuple(arrays[f"{which}/{output}/{k}/counts"] for k in runs)
            return Counts(facts["sizes"][output], keys, times)

        return cls(
            {output: counts("every", output) for output in facts["sizes"]},
            {output: counts("within", output) for output in facts["within"]},
            arrays["classes"],
            Categories.from_dict(facts["categories"]),
        )


def _order(size: int, classes: int) -> int:
    """Return how many steps to count together, fewer where they would not fit in one number."""
    order = FEW_ORDER if size < FEW_SYMBOLS else ORDER
    return max(k for k in range(1, order + 1) if k == 1 or max(1, classes) * size**k <= MOST_KEYS)


def _runs(block: RaggedColumn, size: int, order: int) -> list[Array]:
    """Return the run of 1 to `order` steps that ends at each step, its last step as last digit.

    Before a row stands id 0, which is in none.
    """
    steps, place = block.flat.astype(np.int64), np.arange(len(block.flat))
    begins = np.zeros_like(place) if block.offsets is None else block.offsets[:-1]
    first = np.repeat(begins, block.lengths if block.lengths is not None else 1)
    found = [steps]
    for back in range(1, order):
        there = place - back
        earlier = np.where(there >= first, steps[np.maximum(there, 0)], 0)
        found.append(found[-1] + earlier * size**back)
    return found


def _inside(runs: list[Array], classes: Array, size: int) -> list[Array]:
    """Return runs with the class they stand in as their first digit."""
    return [run + classes * size**k for k, run in enumerate(runs, 1)]


def _places(labels: Array, classes: Array) -> Array:
    """Return the class of each row (n), -1 where no training row had its categories."""
    known = {row.tobytes(): place for place, row in enumerate(classes)}
    return np.array([known.get(row.tobytes(), -1) for row in labels], dtype=np.int64)


def _steps(values: Array, block: RaggedColumn) -> Array:
    """Return a row's value at each of its steps."""
    return np.repeat(values, block.lengths) if block.lengths is not None else values


def _looked(keys: Array, values: Array, wanted: Array) -> Array:
    """Return the values of some keys, 0 for those that are not there."""
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, values[place], 0)
