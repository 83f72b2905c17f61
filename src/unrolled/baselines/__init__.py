"""Simple references that a network must beat, in its own encoding and of its own training part.

Numbers, categories and aligned outputs are met by a constant and a linear map. Rows of tokens or
text of a length of their own are met by a recalled output and by an n-gram model: a line through
places in a row would be no honest reference for them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, Self

from unrolled.baselines import linear
from unrolled.baselines.linear import Linear
from unrolled.baselines.most_frequent import MostFrequent
from unrolled.baselines.nearest import Nearest
from unrolled.baselines.ngram import NGram
from unrolled.data.batches import Examples
from unrolled.data.block import Array
from unrolled.data.encoders.categories import Categories

__all__ = ["Baseline", "fit_baselines", "from_dicts", "to_dicts"]


class Baseline(Protocol):
    """What every reference does. What it cannot say of an output, it leaves out."""

    @property
    def name(self) -> str:
        """What a person calls it."""
        ...

    def outputs(self, examples: Examples) -> dict[str, Array | list[Array]]:
        """Return what a network would: (n o), (n u o), n arrays (t_i o), or n rows of ids."""
        ...

    def nats(self, examples: Examples) -> dict[str, Array]:
        """Return minus the log-probability of each row of the true outputs (n), by output."""
        ...

    def facts(self) -> dict[str, Any]:
        """Return all but the arrays, as JSON."""
        ...

    def arrays(self) -> dict[str, Array]:
        """Return the arrays by name."""
        ...

    @classmethod
    def restored(cls, facts: Mapping[str, Any], arrays: Mapping[str, Array]) -> Self:
        """Return the reference that facts and arrays describe."""
        ...


KINDS: dict[str, type[Baseline]] = {
    "linear": Linear,
    "most frequent": MostFrequent,
    "nearest": Nearest,
    "n-gram": NGram,
}


def fit_baselines(
    examples: Examples, symbols: Mapping[str, int], categories: Categories, *, aligned: bool
) -> list[Baseline]:
    """Return the references of every output, fitted on the training part.

    Args:
        examples: The training part, with targets.
        symbols: Size of each input and output of whole numbers, by name.
        categories: Where the examples hold categories.
        aligned: Whether each step of an output that has steps is a sample.
    """
    rows = [
        name
        for name, block in examples.targets.items()
        if block.is_integer and block.offsets is not None and not aligned
    ]
    plain = [name for name in examples.targets if name not in rows]
    steps = [n for n in plain if aligned and examples.targets[n].offsets is not None]
    found: list[Baseline] = []
    for names, each in ((steps, True), ([n for n in plain if n not in steps], False)):
        if names:
            found += linear.fitted(examples, names, symbols, aligned=each)
    if rows:
        found += [
            MostFrequent.fitted(examples, rows),
            Nearest.fitted(examples, rows, categories),
            NGram.fitted(examples, rows, symbols, categories),
        ]
    return found


def to_dicts(references: tuple[Baseline, ...]) -> tuple[list[dict[str, Any]], dict[str, Array]]:
    """Return the facts of each reference, as JSON, and the arrays of all."""
    names = {kind: name for name, kind in KINDS.items()}
    facts = [{"kind": names[type(made)], **made.facts()} for made in references]
    arrays = {
        f"{place}/{name}": array
        for place, made in enumerate(references)
        for name, array in made.arrays().items()
    }
    return facts, arrays


def from_dicts(facts: list[dict[str, Any]], arrays: Mapping[str, Array]) -> tuple[Baseline, ...]:
    """Return the references that `saved` described; those without a kind are linear."""
    found = []
    for place, row in enumerate(facts):
        start = f"{place}/"
        own = {n.removeprefix(start): array for n, array in arrays.items() if n.startswith(start)}
        found.append(KINDS[row.get("kind", "linear")].restored(row, own))
    return tuple(found)
