"""Simple baselines that a network must beat, in its own encoding, fitted on its training part.

A constant and a linear model predict numbers, categories and aligned outputs. Rows of tokens or
text of a length of their own have other baselines: the most frequent output, the output of the
nearest training input, and an n-gram model, since a linear model of such rows would be too weak
to be an honest baseline.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, Self

from unrolled.baselines.linear import Linear, fit_linear
from unrolled.baselines.most_frequent import MostFrequent
from unrolled.baselines.nearest import Nearest
from unrolled.baselines.ngram import NGram
from unrolled.data.batches import Examples
from unrolled.data.block import Array
from unrolled.data.encoders.categories import Categories

__all__ = ["Baseline", "fit_baselines", "from_dicts", "to_dicts"]


class Baseline(Protocol):
    """What every baseline does. It leaves out the outputs that it cannot predict or judge."""

    @property
    def name(self) -> str:
        """The name in tables of scores."""
        ...

    def predict(self, examples: Examples) -> dict[str, Array | list[Array]]:
        """Return outputs as a network does: (n o), (n u o), n arrays (t_i o), or n rows of ids."""
        ...

    def nll(self, examples: Examples) -> dict[str, Array]:
        """Return the negative log-likelihood of each row of the true outputs (n), by output."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the arrays, as JSON."""
        ...

    def arrays(self) -> dict[str, Array]:
        """Return the arrays by name."""
        ...

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any], arrays: Mapping[str, Array]) -> Self:
        """Return the baseline that `to_dict` and `arrays` described."""
        ...


KINDS: dict[str, type[Baseline]] = {  # the names in saved models
    "linear": Linear,
    "most frequent": MostFrequent,
    "nearest": Nearest,
    "n-gram": NGram,
}


def fit_baselines(
    examples: Examples, symbols: Mapping[str, int], categories: Categories, *, aligned: bool
) -> list[Baseline]:
    """Return the baselines of every output, fitted on the training part.

    Args:
        examples: The training part, with targets.
        symbols: The size of each input and output of ids, by name.
        categories: Where the examples hold categories.
        aligned: Whether each step of an output that has steps is a sample.
    """
    generated = [
        name
        for name, column in examples.targets.items()
        if column.is_integer and column.offsets is not None and not aligned
    ]
    others = [name for name in examples.targets if name not in generated]
    stepwise = [n for n in others if aligned and examples.targets[n].offsets is not None]
    rowwise = [n for n in others if n not in stepwise]
    baselines: list[Baseline] = []
    for names, is_aligned in ((stepwise, True), (rowwise, False)):
        if names:
            baselines += fit_linear(examples, names, symbols, aligned=is_aligned)
    if generated:
        baselines += [
            MostFrequent.fit(examples, generated),
            Nearest.fit(examples, generated, categories),
            NGram.fit(examples, generated, symbols, categories),
        ]
    return baselines


def to_dicts(baselines: Sequence[Baseline]) -> tuple[list[dict[str, Any]], dict[str, Array]]:
    """Return each baseline as JSON, and the arrays of all of them."""
    kinds = {baseline_type: kind for kind, baseline_type in KINDS.items()}
    facts = [{"kind": kinds[type(baseline)], **baseline.to_dict()} for baseline in baselines]
    arrays = {
        f"{index}/{name}": array
        for index, baseline in enumerate(baselines)
        for name, array in baseline.arrays().items()
    }
    return facts, arrays


def from_dicts(facts: list[dict[str, Any]], arrays: Mapping[str, Array]) -> tuple[Baseline, ...]:
    """Return the baselines that `to_dicts` described; those without a kind are linear."""
    baselines = []
    for index, baseline_facts in enumerate(facts):
        prefix = f"{index}/"
        own_arrays = {
            name.removeprefix(prefix): array
            for name, array in arrays.items()
            if name.startswith(prefix)
        }
        kind = KINDS[baseline_facts.get("kind", "linear")]
        baselines.append(kind.from_dict(baseline_facts, own_arrays))
    return tuple(baselines)
