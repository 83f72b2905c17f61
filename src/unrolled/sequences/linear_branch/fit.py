"""Fit the linear branch of a network, beside its fitted recurrent layers.

The network is wide and deep: for each output of labels, the logits of the recurrent layers and
those of the linear branch are multiplied by a weight each, and added. Both weights maximise the
likelihood of the validation rows. Then the branch, which needs no rows for early stopping, is
fitted again on all rows.

Source:
    Cheng et al. 2016, "Wide & Deep Learning for Recommender Systems", who train both parts
    together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax

from unrolled.baselines.logistic import Weights
from unrolled.data.batches import Examples
from unrolled.data.block import Array
from unrolled.inference import predict
from unrolled.networks import ModelBundle, NetworkSpec, minirocket
from unrolled.networks.linear_branch import LinearBranch
from unrolled.runtime.network import runner_of
from unrolled.sequences.linear_branch.rows import (
    BranchRows,
    any_branch,
    sample_rows,
    without_ngrams,
)

STRENGTHS = (0.1, 0.5, 3.0)  # the inverse penalties that are tried on the validation rows
INITIAL_WEIGHT = 0.5  # of the logits of each side, where no validation row has a known label


@dataclass(frozen=True)
class BranchWeights:
    """How much the recurrent layers and the linear branch contribute to an output.

    Attributes:
        output: The name of the output.
        branch: The layers of the linear branch.
        head: The kernel and bias of the recurrent layers' own Dense layer, as it was fitted.
        strength: The inverse of the penalty of the branch's weights.
        recurrent: What the logits of the recurrent layers are multiplied by.
        linear: What the logits of the linear branch are multiplied by.
    """

    output: str
    branch: LinearBranch
    head: Sequence[Array]
    strength: float
    recurrent: float
    linear: float

    def set(self, fitted: Weights) -> None:
        """Set the layers so that the network adds both logits.

        Args:
            fitted: The weights and biases of the linear branch.
        """
        weights, linear_bias = fitted
        kernel, bias = self.head
        self.branch.head.set_weights(
            [self.recurrent * kernel, self.recurrent * bias + self.linear * linear_bias]
        )
        first = 0
        for table in self.branch.ngrams.values():
            table.set_weights([self.linear * weights[first : first + table.input_dim]])
            first += table.input_dim
        if self.branch.numbers is not None:
            self.branch.numbers.set_weights([self.linear * weights[first:]])


@dataclass(frozen=True)
class FittedLinearBranch:
    """The fitted linear branches of all networks and outputs.

    Attributes:
        branch_weights: How much each side contributes, by network and output.
        rows: The training rows and the validation rows.
        class_weights: The weight of the rows of each class (o), by output.
    """

    branch_weights: Sequence[BranchWeights]
    rows: BranchRows
    class_weights: Mapping[str, Array]

    def refit(self) -> None:
        """Fit the branches again on all rows, and set them."""
        strengths = {weights.output: weights.strength for weights in self.branch_weights}
        fitted = {
            output: self.rows.fit(output, self.class_weights[output], strength)
            for output, strength in strengths.items()
        }
        for weights in self.branch_weights:
            weights.set(fitted[weights.output])


def fit_linear_branch(
    bundle: ModelBundle, spec: NetworkSpec, train: Examples, validation: Examples
) -> FittedLinearBranch:
    """Fit and set the linear branch of each network.

    Args:
        bundle: The networks; their recurrent layers are fitted.
        spec: Their sizes.
        train: The rows that the recurrent layers were fitted on.
        validation: The validation rows, which decide how much each side contributes.
    """
    train, validation = (sample_rows(part, bundle, spec) for part in (train, validation))
    _set_filters(bundle, train)
    train_rows = BranchRows.of(train, bundle, spec)
    validation_rows = BranchRows.of(validation, bundle, spec)
    class_weights = {name: _class_weights(train, spec, name) for name in spec.linear_outputs}
    recurrent = without_ngrams(validation, spec)
    outputs = [
        predict.predict_outputs(runner_of(network, list(spec.heads)), recurrent, list(spec.heads))
        for network in bundle.models_to_fit
    ]
    branch_weights = []
    for name, weights in class_weights.items():
        logits = [np.asarray(network_outputs[name]) for network_outputs in outputs]
        best = choose_strength(logits, train_rows, validation_rows, name, weights)
        for branches, (recurrent_weight, linear_weight) in zip(
            bundle.linear_branches, best.logit_weights, strict=True
        ):
            branch = branches[name]
            branch_weights.append(
                BranchWeights(
                    name,
                    branch,
                    branch.head.get_weights(),
                    best.strength,
                    recurrent_weight,
                    linear_weight,
                )
            )
            branch_weights[-1].set(best.fitted)
    return FittedLinearBranch(branch_weights, train_rows.join(validation_rows), class_weights)


def refit_linear_branch(
    bundle: ModelBundle, spec: NetworkSpec, rows: Examples, earlier: Sequence[BranchWeights]
) -> None:
    """Fit and set the linear branch of each network on all rows; it counts as much as before.

    Args:
        bundle: The networks; their recurrent layers are fitted on the same rows.
        spec: Their sizes.
        rows: The rows.
        earlier: What was chosen when some of the rows were held out, by output and network.
    """
    rows = sample_rows(rows, bundle, spec)
    _set_filters(bundle, rows)
    class_weights = {name: _class_weights(rows, spec, name) for name in spec.linear_outputs}
    branches = [networks[name] for name in class_weights for networks in bundle.linear_branches]
    branch_weights = [
        replace(weights, branch=branch, head=branch.head.get_weights())
        for weights, branch in zip(earlier, branches, strict=True)
    ]
    FittedLinearBranch(branch_weights, BranchRows.of(rows, bundle, spec), class_weights).refit()


def _set_filters(bundle: ModelBundle, train: Examples) -> None:
    """Fit and set the MiniRocket filters, where the branch has some."""
    filters = any_branch(bundle).filters
    if not filters:
        return
    rows = np.random.default_rng(0).permutation(train.rows)[: minirocket.MAX_ROWS]
    fitted = minirocket.fit_filters(train.inputs["x"].take(rows).rows())
    for layer, weights in zip(filters, fitted, strict=True):
        layer.set_weights(weights)


def _class_weights(examples: Examples, spec: NetworkSpec, output: str) -> Array:
    """Return the weight of the rows of each class (o)."""
    weights = examples.class_weights.get(output)
    return np.ones(int(spec.heads[output])) if weights is None else weights


@dataclass(frozen=True)
class StrengthChoice:
    """A linear branch fitted with one strength.

    Attributes:
        loss: The loss of the validation rows, summed over the networks.
        strength: The inverse of the penalty of the weights.
        fitted: The weights and biases of the linear branch.
        logit_weights: For each network, the weights of the recurrent and of the linear logits.
    """

    loss: float
    strength: float
    fitted: Weights
    logit_weights: Sequence[tuple[float, float]]


def choose_strength(
    recurrent_logits: Sequence[Array],
    train: BranchRows,
    validation: BranchRows,
    output: str,
    class_weights: Array,
) -> StrengthChoice:
    """Return the branch whose strength maximises the likelihood of the validation rows.

    Args:
        recurrent_logits: The logits of the validation rows by each network (n o).
        train: The training rows.
        validation: The validation rows.
        output: The name of the output.
        class_weights: The weight of the rows of each class (o).
    """
    labels = validation.labels[output]
    choices = []
    for strength in STRENGTHS:
        weights, bias = train.fit(output, class_weights, strength)
        linear = validation.features @ weights + bias
        pairs = [
            fit_logit_weights(recurrent, linear, labels, class_weights)
            for recurrent in recurrent_logits
        ]
        loss = sum(
            cross_entropy(a * recurrent + b * linear, labels, class_weights)
            for recurrent, (a, b) in zip(recurrent_logits, pairs, strict=True)
        )
        choices.append(StrengthChoice(loss, strength, (weights, bias), pairs))
    return min(choices, key=lambda choice: choice.loss)


def cross_entropy(logits: Array, labels: Array, class_weights: Array) -> float:
    """Return the weighted sum over rows of minus the log-probability of the label.

    Args:
        logits: (n o).
        labels: The class of each row (n); rows with an unknown label, -1, do not count.
        class_weights: The weight of the rows of each class (o).
    """
    logits, labels = logits[labels >= 0].astype(np.float64), labels[labels >= 0]
    log_probabilities = log_softmax(logits, axis=-1)
    of_labels = np.take_along_axis(log_probabilities, labels[:, None], axis=1)[:, 0]
    return -float(of_labels @ class_weights[labels])


def fit_logit_weights(
    recurrent: Array, linear: Array, labels: Array, class_weights: Array
) -> tuple[float, float]:
    """Return the weights of two arrays of logits whose sum makes the labels most probable.

    Both are at least 0; a small penalty keeps them near their initial value where few rows are
    known.

    Args:
        recurrent: The logits of the recurrent layers (n o).
        linear: The logits of the linear branch (n o).
        labels: The class of each row (n); rows with an unknown label, -1, do not count.
        class_weights: The weight of the rows of each class (o).
    """

    def objective(weights: Array) -> float:
        penalty = float(((weights - INITIAL_WEIGHT) ** 2).sum())
        logits = weights[0] * recurrent + weights[1] * linear
        return cross_entropy(logits, labels, class_weights) + penalty

    result = minimize(objective, np.full(2, INITIAL_WEIGHT), bounds=[(0, None)] * 2)
    return float(result.x[0]), float(result.x[1])
