"""What the linear branch reads of encoded rows: counts of n-grams, and numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse

from unrolled.backend import keras
from unrolled.baselines.logistic import Weights, fit_one_vs_rest
from unrolled.data.batches import Examples
from unrolled.data.block import Array
from unrolled.data.ngram_counts import count_ids
from unrolled.inference import predict
from unrolled.networks import ModelBundle, NetworkSpec
from unrolled.networks.linear_branch import LinearBranch
from unrolled.runtime.network import runner_of

MAX_NUMBERS = 4_000_000  # in the features of all rows, for ten classes; above, rows are sampled


@dataclass(frozen=True)
class BranchRows:
    """The features and labels of some rows.

    Attributes:
        features: The counts of n-grams, then the numbers: sparse (n f).
        counts: How many of the features are counts.
        labels: The class of each row, by output (n); -1 where it is unknown.
    """

    features: Any
    counts: int
    labels: dict[str, Array]

    @classmethod
    def of(cls, examples: Examples, bundle: ModelBundle, spec: NetworkSpec) -> BranchRows:
        """Return the features of encoded rows with targets."""
        parts = [count_ids(examples.inputs[n], size) for n, (size, _) in spec.ngrams.items()]
        counts = sum(part.shape[1] for part in parts)
        branch = any_branch(bundle)
        if branch.numbers is not None:
            model = keras.Model(bundle.models_to_fit[0].input, branch.numbers.input)
            recurrent = without_ngrams(examples, spec)
            numbers = predict.predict_outputs(runner_of(model, ["row"]), recurrent, ["row"])["row"]
            parts.append(sparse.csr_matrix(np.asarray(numbers)))
        labels = {name: examples.targets[name].flat for name in spec.linear_outputs}
        return cls(sparse.hstack(parts).tocsr(), counts, labels)

    def join(self, other: BranchRows) -> BranchRows:
        """Return these rows followed by others."""
        labels = {
            name: np.concatenate([labels, other.labels[name]])
            for name, labels in self.labels.items()
        }
        features = sparse.vstack([self.features, other.features]).tocsr()
        return BranchRows(features, self.counts, labels)

    def fit(self, output: str, class_weights: Array, strength: float) -> Weights:
        """Return the weights and biases of a logistic regression of an output's labels.

        Args:
            output: The name of the output.
            class_weights: The weight of the rows of each class (o).
            strength: The inverse of the penalty of the weights.
        """
        labels = self.labels[output]
        known = np.flatnonzero(labels >= 0)
        return fit_one_vs_rest(
            self.features[known], self.counts, labels[known], class_weights, strength
        )


def any_branch(bundle: ModelBundle) -> LinearBranch:
    """Return one of the linear branches, which all read the same features."""
    return next(iter(bundle.linear_branches[0].values()))


def without_ngrams(examples: Examples, spec: NetworkSpec) -> Examples:
    """Return rows without their n-grams, which only the linear branch reads."""
    inputs = {name: column for name, column in examples.inputs.items() if name not in spec.ngrams}
    return replace(examples, inputs=inputs)


def sample_rows(examples: Examples, bundle: ModelBundle, spec: NetworkSpec) -> Examples:
    """Return a random sample of the rows, so small that the branch is fitted in minutes."""
    branch = any_branch(bundle)
    numbers = sum(int(np.count_nonzero(examples.inputs[name].flat)) for name in spec.ngrams)
    if branch.numbers is not None:
        numbers += examples.rows * branch.numbers.input.shape[-1]
    tens_of_classes = max(1.0, max(spec.heads[name] for name in spec.linear_outputs) / 10)
    max_rows = max(1, int(MAX_NUMBERS / tens_of_classes * examples.rows / max(1, numbers)))
    if max_rows >= examples.rows:
        return examples
    rows = np.random.default_rng(0).choice(examples.rows, max_rows, replace=False)
    return examples.take(np.sort(rows))
