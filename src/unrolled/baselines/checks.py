"""Check baselines of untrusted files against the sizes and ranges that their columns imply."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from unrolled.baselines import features, nearest, ngram
from unrolled.baselines.features import Features
from unrolled.baselines.linear import Linear
from unrolled.baselines.most_frequent import MostFrequent
from unrolled.baselines.nearest import Nearest
from unrolled.baselines.ngram import NGram, NGramCounts
from unrolled.data.block import Array, RaggedColumn
from unrolled.data.encoders.table_encoder import TableEncoder
from unrolled.data.ngram_counts import MAX_KEY
from unrolled.errors import DataError
from unrolled.shapes import FACTS

LINEAR = ("mean", "ridge", "most frequent", "logistic regression", "constant", "linear map")
MAX_COUNT = 2**31  # of one n-gram


class BaselineChecks:
    """The sizes of encoded columns, which baselines must agree with.

    Args:
        encoder: The columns and their encoders.

    Attributes:
        ids: The size of the vocabulary of each input of ids.
        values: Numbers in the input `x` (f), and in those of further groups of inputs.
        followed: The size of the vocabulary of each input of ids whose steps are those of `x`.
        heads: Values of each output (o).
        generated: The outputs that are rows of ids of a length of their own.
        stepwise: The other outputs that have steps.
    """

    def __init__(self, encoder: TableEncoder) -> None:
        schema, names, sizes = encoder.schema, encoder.tensor_names, encoder.sizes
        inputs = {names[c.name]: encoder.encoders[c.name] for c in schema.inputs}
        outputs = {names[c.name]: c for c in schema.outputs}
        self.aligned = schema.shape == "aligned"
        self.t, self.u = encoder.steps_in, encoder.steps_out
        self.inputs_have_steps = FACTS[schema.shape].inputs == "many"
        self.categories = encoder.category_inputs
        self.ids = {
            n: sizes[n] for n, column_encoder in inputs.items() if column_encoder.produces_ids
        }
        groups = encoder.further_groups
        others = {name for group in groups for name in group.inputs}
        self.followed = {n: size for n, size in self.ids.items() if n not in others}
        self.followed_values = encoder.values
        self.values = encoder.values + sum(group.values for group in groups)
        self.has_groups = bool(groups)
        self.heads = {n: sizes[n] for n in outputs}
        have_steps = [n for n, column in outputs.items() if column.side == "many"]
        self.generated = [
            n for n in have_steps if not self.aligned and outputs[n].kind in ("tokens", "text")
        ]
        self.stepwise = [n for n in have_steps if n not in self.generated]

    def check_all(self, baselines: Sequence[Any]) -> None:
        """Refuse baselines that are not those of these columns, or that leave an output out.

        Raises:
            DataError: The first of them, and what is wrong with it.
        """
        predicted: set[str] = set()
        for baseline in baselines:
            predicted.update(CHECKS[type(baseline)](self, baseline))
        if missing := set(self.heads) - predicted:
            raise DataError(
                f"No baseline predicts the output {sorted(missing)[0]!r}. The saved model is"
                " damaged: save it again, or train it again."
            )

    def check_linear(self, baseline: Linear) -> list[str]:
        """Check a linear model, and return the outputs that it predicts."""
        name = baseline.name
        _require(name in LINEAR, "linear", f"the name {name!r}")
        _require(set(baseline.weights) <= {*self.heads} - {*self.generated}, name, "other outputs")
        _require(set(baseline.steps) >= set(baseline.weights), name, "outputs without steps")
        _require(isinstance(baseline.per_step, bool), name, "no boolean as 'per_step'")
        width = self.check_features(baseline.features, baseline) if baseline.features else 0
        for output in baseline.weights:
            self._check_weights(baseline, output, width)
        return list(baseline.weights)

    def _check_weights(self, baseline: Linear, output: str, feature_count: int) -> None:
        """Check the weights of one output; a count of -1 stands for any number of features."""
        name, (weights, bias) = baseline.name, baseline.weights[output]
        steps, o = baseline.steps[output], self.heads[output]
        fits = (steps, baseline.per_step) in self._possible_steps(output)
        _require(fits, name, f"{steps!r} steps")
        width = o * max(1, steps)
        rows = weights.shape[0] if weights.ndim == 2 else -1
        fits = rows == feature_count or (feature_count < 0 and rows > 0)
        fits = fits and weights.shape == (rows, width)
        _require(fits, name, _describe("weights", weights))
        _require(bias.shape == (width,), name, _describe("a bias", bias))
        _require(_is_finite(weights) and _is_finite(bias), name, "weights that are not numbers")

    def _possible_steps(self, output: str) -> list[tuple[int, bool]]:
        """Return the `steps` that a linear model may have for an output, each with `per_step`."""
        if output not in self.stepwise:
            return [(0, False)]
        if not self.aligned:
            return [(self.u or 0, False)]
        return [(0, True), *([(self.t, False)] if self.t else [])]

    def check_features(self, fitted: Features, baseline: Linear) -> int:
        """Check features, and return how many there are; -1 where any number is possible."""
        name = baseline.name
        fits = fitted.per_step is baseline.per_step and isinstance(fitted.flat, bool)
        _require(fits, name, "other features")
        sizes = {**self.ids, **self.heads}
        fits = isinstance(fitted.symbols, Mapping) and set(self.ids) <= set(fitted.symbols)
        fits = fits and all(sizes.get(n) == size for n, size in fitted.symbols.items())
        _require(fits, name, "other vocabularies")
        counted = set(self.ids) if self.inputs_have_steps and not fitted.per_step else set()
        grams = fitted.grams
        _require(isinstance(grams, Mapping) and set(grams) == counted, name, "other n-grams")
        fits = all(_are_ngrams(ngrams, self.ids[n]) for n, ngrams in grams.items())
        _require(fits, name, "n-grams that are not n-grams of its ids")
        return self._count_features(fitted)

    def _count_features(self, fitted: Features) -> int:
        """Return how many features there are; -1 where any number is possible."""
        if fitted.per_step:
            return 3 * (self.followed_values + sum(self.followed.values()))
        if not self.inputs_have_steps:
            return self.values + sum(self.ids.values())
        counts = sum(map(len, fitted.grams.values()))
        if not self.values:
            return counts
        if not fitted.flat or self.has_groups:
            return counts + 4 * self.values
        return counts + self.t * self.values if self.t else -1

    def check_most_frequent(self, baseline: MostFrequent) -> list[str]:
        """Check the most frequent rows, and return the outputs that they predict."""
        _require(set(baseline.rows) <= set(self.generated), baseline.name, "other outputs")
        for output, ids in baseline.rows.items():
            fits = _are_ids(ids, self.heads[output])
            _require(fits, baseline.name, f"unknown ids in {output!r}")
        return list(baseline.rows)

    def check_nearest(self, baseline: Nearest) -> list[str]:
        """Check the rows of a nearest input, and return the outputs that they predict."""
        name = baseline.name
        _require(baseline.categories == self.categories, name, "other categories")
        texts = set(self.ids) - set(self.categories.ids) if self.inputs_have_steps else set()
        _require(set(baseline.texts) == texts, name, "other inputs")
        _require(set(baseline.targets) <= set(self.generated), name, "other outputs")
        rows = len(baseline.labels) if baseline.labels.ndim == 2 else 0
        _require(0 < rows <= nearest.MAX_ROWS, name, f"{rows} rows")
        shape = (rows, self.values * (4 if self.inputs_have_steps else 1))
        fits = baseline.numbers.shape == shape
        _require(fits, name, _describe("numbers", baseline.numbers))
        _require(_is_finite(baseline.numbers), name, "numbers that are not numbers")
        _require(self._are_labels(baseline.labels), name, _describe("labels", baseline.labels))
        for column_name, column in {**baseline.texts, **baseline.targets}.items():
            size = {**self.ids, **self.heads}[column_name]
            _require(_are_ids(column.flat, size), name, f"unknown ids in {column_name!r}")
            min_length = 0 if column_name in baseline.texts else 1
            fits = _has_rows(column, rows, min_length)
            _require(fits, name, f"lengths of other rows in {column_name!r}")
        return list(baseline.targets)

    def check_ngram(self, baseline: NGram) -> list[str]:
        """Check an n-gram model, which predicts no output."""
        name, classes = baseline.name, baseline.classes
        _require(baseline.categories == self.categories, name, "other categories")
        _require(set(baseline.all_rows) <= set(self.generated), name, "other outputs")
        expected = set(baseline.all_rows) if self._category_count else set()
        _require(set(baseline.by_class) == expected, name, "other classes")
        _require(self._are_labels(classes), name, _describe("classes", classes))
        for output, counts in baseline.all_rows.items():
            fits = self._are_counts(counts, output, 1)
            _require(fits, name, f"other counts of {output!r}")
        for output, counts in baseline.by_class.items():
            fits = self._are_counts(counts, output, max(1, len(classes)))
            _require(fits, name, f"other counts of {output!r} by class")
            fits = len(counts.keys) == len(baseline.all_rows[output].keys)
            _require(fits, name, f"n-grams of another length in {output!r}")
        return []

    @property
    def _category_count(self) -> int:
        """How many categories go in."""
        return len(self.categories.marks) + len(self.categories.ids)

    def _are_labels(self, labels: Array) -> bool:
        """Return whether these are the categories of rows (m c)."""
        is_table = labels.dtype == np.int64 and labels.ndim == 2
        return is_table and labels.shape[1] == self._category_count

    def _are_counts(self, fitted: NGramCounts, output: str, classes: int) -> bool:
        """Return whether these are counts of n-grams of an output, within so many classes."""
        size, order = self.heads[output], len(fitted.keys)
        if fitted.size != size or not 1 <= order <= ngram.CHARACTER_ORDER:
            return False
        if order > 1 and classes * size**order > MAX_KEY:
            return False
        return all(
            _are_keys(keys, classes * size**n) and _are_positive(counts, keys)
            for n, (keys, counts) in enumerate(zip(fitted.keys, fitted.counts, strict=True), 1)
        )


CHECKS: dict[type[Any], Callable[[BaselineChecks, Any], list[str]]] = {
    Linear: BaselineChecks.check_linear,
    MostFrequent: BaselineChecks.check_most_frequent,
    Nearest: BaselineChecks.check_nearest,
    NGram: BaselineChecks.check_ngram,
}


def _require(condition: bool, name: str, problem: str) -> None:
    """Refuse a baseline unless a condition holds."""
    if not condition:
        raise DataError(
            f"The baseline '{name}' does not fit the columns of the model: it has {problem}. The"
            " saved model is damaged: save it again, or train it again."
        )


def _describe(part: str, array: Array) -> str:
    return f"{part} of type {array.dtype} and shape {array.shape}"


def _is_finite(array: Array) -> bool:
    return array.dtype.kind == "f" and bool(np.isfinite(array).all())


def _are_ids(array: Array, size: int) -> bool:
    """Return whether these are ids below `size` (n)."""
    is_flat = array.dtype.kind == "i" and array.ndim == 1
    return is_flat and bool(((array >= 0) & (array < size)).all())


def _has_rows(column: RaggedColumn, rows: int, min_length: int) -> bool:
    """Return whether a column has so many rows, none of them shorter than `min_length`."""
    lengths = np.asarray(column.lengths)
    if lengths.dtype.kind != "i" or lengths.shape != (rows,):
        return False
    return bool((lengths >= min_length).all() and lengths.sum() == len(column.flat))


def _are_ngrams(ngrams: Any, size: int) -> bool:
    """Return whether these are n-grams such as "3_5" of ids below `size`, no two the same."""
    if not isinstance(ngrams, list) or not 0 < len(ngrams) <= features.MAX_NGRAMS:
        return False
    if not all(isinstance(ngram, str) for ngram in ngrams) or len(set(ngrams)) < len(ngrams):
        return False
    known = {str(i) for i in range(size)}
    parts = [ngram.split("_") for ngram in ngrams]
    return all(len(ids) <= features.CHARACTER_ORDER and known.issuperset(ids) for ids in parts)


def _are_keys(keys: Array, limit: int) -> bool:
    """Return whether these are keys of n-grams below `limit`, each above the one before (n)."""
    if keys.dtype != np.int64 or keys.ndim != 1 or not len(keys):
        return False
    return bool(keys[0] >= 0 and int(keys[-1]) < limit and (np.diff(keys) > 0).all())


def _are_positive(counts: Array, keys: Array) -> bool:
    """Return whether these say how often each n-gram was seen (n)."""
    is_flat = counts.dtype == np.int64 and counts.shape == keys.shape
    return is_flat and bool(((counts > 0) & (counts < MAX_COUNT)).all())
