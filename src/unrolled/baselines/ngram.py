"""An n-gram model of the outputs: how probable is each step, given the steps before it?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import zip_longest
from typing import Any, Self

import numpy as np

from unrolled.baselines.subsample import evenly_spaced
from unrolled.data.batches import Examples
from unrolled.data.block import Array, RaggedColumn
from unrolled.data.encoders.categories import Categories
from unrolled.data.ngram_counts import FEW_SYMBOLS, MAX_KEY, find_keys, ngram_keys

MAX_ROWS = 20_000
CHARACTER_ORDER, WORD_ORDER = 5, 3  # the length of the longest n-grams
DISCOUNT = 0.75  # subtracted from every count, as probability for what was not seen
CLASS_SHARE = 0.6  # the weight of a class's own model; the model of all rows has the rest


@dataclass(frozen=True)
class NGramCounts:
    """How often each n-gram of 1 to k steps stands in the training part.

    The longest n-grams are counted as they stand; the count of a shorter one is the number of
    different steps that stood before it.

    Attributes:
        size: The size of the vocabulary.
        keys: For each n, the sorted keys of the n-grams that were seen.
        counts: How often each was seen.
    """

    size: int
    keys: tuple[Array, ...]
    counts: tuple[Array, ...]

    @classmethod
    def from_keys(cls, ngrams: list[Array], size: int) -> Self:
        """Return the counts of n-grams, given what `ngram_keys` returned for all rows."""
        counted = []
        for keys, longer in zip_longest(ngrams, ngrams[1:]):
            if longer is not None:  # once for each different step before it
                keys = keys[np.unique(longer, return_index=True)[1]]
            counted.append(np.unique(keys, return_counts=True))
        return cls(size, tuple(keys for keys, _ in counted), tuple(count for _, count in counted))

    def probabilities(self, ngrams: list[Array]) -> Array:
        """Return the probability of the last step of n-grams, given the steps before it.

        What is subtracted from the counts is distributed as the n-grams that are one step shorter
        say, and in the end evenly.

        Args:
            ngrams: For each n, the n-grams that end at each of the steps (n).

        Source:
            Kneser and Ney (1995), interpolated as in Chen and Goodman (1999), section 2.7.
        """
        probability: Array = np.full(len(ngrams[0]), 1 / self.size)
        for keys, counts, ngram, (contexts, totals, followers) in zip(
            self.keys, self.counts, ngrams, self._contexts, strict=True
        ):
            context = ngram // self.size
            total, distinct = (
                _look_up(contexts, totals, context),
                _look_up(contexts, followers, context),
            )
            discounted = np.maximum(_look_up(keys, counts, ngram) - DISCOUNT, 0)
            interpolated = (discounted + DISCOUNT * distinct * probability) / np.maximum(total, 1)
            probability = np.where(total > 0, interpolated, probability)
        return probability

    @cached_property
    def _contexts(self) -> list[tuple[Array, Array, Array]]:
        """For each n: the contexts, how often each was seen, how many different steps followed."""
        contexts_by_length = []
        for keys, counts in zip(self.keys, self.counts, strict=True):
            contexts, first, followers = np.unique(
                keys // self.size, return_index=True, return_counts=True
            )
            contexts_by_length.append((contexts, np.add.reduceat(counts, first), followers))
        return contexts_by_length


@dataclass(frozen=True)
class NGram:
    """The n-gram model of each output, and of each output within each class.

    Rows with the same categories are a class; its model and that of all rows are interpolated.

    Attributes:
        all_rows: The counts over all training rows, by output.
        by_class: The counts within each class; empty where no category goes in.
        classes: The categories of each class (k c).
        categories: Where the examples hold categories.
    """

    all_rows: Mapping[str, NGramCounts]
    by_class: Mapping[str, NGramCounts]
    classes: Array
    categories: Categories
    name = "n-gram"

    @classmethod
    def fit(
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
            symbols: The size of the vocabulary of each output.
            categories: Where the examples hold categories.
        """
        rows = evenly_spaced(examples.rows, MAX_ROWS)
        labels = categories.codes(examples)[rows]
        classes = np.unique(labels, axis=0)
        all_rows, by_class = {}, {}
        for output in outputs:
            size = symbols[output]
            column = examples.targets[output].take(rows)
            ngrams = ngram_keys(column, size, _order(size, len(classes)))
            all_rows[output] = NGramCounts.from_keys(ngrams, size)
            if labels.shape[1]:
                step_classes = _at_each_step(_find_classes(labels, classes), column)
                within = _prefix_class(ngrams, step_classes, size)
                by_class[output] = NGramCounts.from_keys(within, size)
        return cls(all_rows, by_class, classes, categories)

    def predict(self, examples: Examples) -> dict[str, Array | list[Array]]:  # noqa: ARG002
        """Return nothing: the model judges rows and generates none."""
        return {}

    def nll(self, examples: Examples) -> dict[str, Array]:
        """Return the negative log-likelihood of each row of the true outputs (n), by output."""
        nll = {}
        for output, counts in self.all_rows.items():
            column, size = examples.targets[output], counts.size
            ngrams = ngram_keys(column, size, len(counts.keys))
            probability = counts.probabilities(ngrams)
            if output in self.by_class:
                classes = _find_classes(self.categories.codes(examples), self.classes)
                step_classes = _at_each_step(classes, column)
                within = self.by_class[output].probabilities(
                    _prefix_class(ngrams, step_classes, size)
                )
                mixed = CLASS_SHARE * within + (1 - CLASS_SHARE) * probability
                probability = np.where(step_classes < 0, probability, mixed)
            nll[output] = column.sum_by_row(-np.log(probability))
        return nll

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the arrays, as JSON."""
        return {
            "sizes": {output: counts.size for output, counts in self.all_rows.items()},
            "orders": {output: len(counts.keys) for output, counts in self.all_rows.items()},
            "within": list(self.by_class),
            "categories": self.categories.to_dict(),
        }

    def arrays(self) -> dict[str, Array]:
        """Return the arrays by output, length of the n-grams, and part."""
        arrays = {"classes": self.classes}
        for group, models in (("every", self.all_rows), ("within", self.by_class)):
            for output, model in models.items():
                for n, (keys, counts) in enumerate(zip(model.keys, model.counts, strict=True), 1):
                    arrays[f"{group}/{output}/{n}/keys"] = keys
                    arrays[f"{group}/{output}/{n}/counts"] = counts
        return arrays

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any], arrays: Mapping[str, Array]) -> Self:
        """Return the baseline that `to_dict` and `arrays` described."""

        def load_counts(group: str, output: str) -> NGramCounts:
            lengths = range(1, facts["orders"][output] + 1)
            keys = tuple(arrays[f"{group}/{output}/{n}/keys"] for n in lengths)
            counts = tuple(arrays[f"{group}/{output}/{n}/counts"] for n in lengths)
            return NGramCounts(facts["sizes"][output], keys, counts)

        return cls(
            {output: load_counts("every", output) for output in facts["sizes"]},
            {output: load_counts("within", output) for output in facts["within"]},
            arrays["classes"],
            Categories.from_dict(facts["categories"]),
        )


def _order(size: int, classes: int) -> int:
    """Return the length of the longest n-grams, shorter where a key would not fit in an integer."""
    order = CHARACTER_ORDER if size < FEW_SYMBOLS else WORD_ORDER
    return max(n for n in range(1, order + 1) if n == 1 or max(1, classes) * size**n <= MAX_KEY)


def _prefix_class(ngrams: list[Array], classes: Array, size: int) -> list[Array]:
    """Return n-grams with the class of their row as the first digit of their keys."""
    return [keys + classes * size**n for n, keys in enumerate(ngrams, 1)]


def _find_classes(labels: Array, classes: Array) -> Array:
    """Return the class of each row (n), -1 where no training row had its categories."""
    known = {row.tobytes(): index for index, row in enumerate(classes)}
    return np.array([known.get(row.tobytes(), -1) for row in labels], dtype=np.int64)


def _at_each_step(values: Array, column: RaggedColumn) -> Array:
    """Return the value of each row at each of its steps."""
    return np.repeat(values, column.lengths) if column.lengths is not None else values


def _look_up(known: Array, values: Array, keys: Array) -> Array:
    """Return the value of each key, 0 for those that are not known."""
    index = find_keys(known, keys)
    return np.where(index >= 0, values[index], 0)
