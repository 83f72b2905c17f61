"""A linear map beside a fitted recurrence: found apart, weighed, set in one network.

Both say logits of labels. How much each counts is what makes rows that neither was fitted on most
probable; then the linear map, which needs no rows to stop by, is found again from all of them.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import minimize

from unrolled.backend import keras
from unrolled.data.batches import Examples
from unrolled.data.block import Array, RaggedColumn
from unrolled.inference import predict
from unrolled.networks import ModelBundle, NetworkSpec, minirocket
from unrolled.networks.linear_branch import LinearBranch

STRENGTHS = (0.1, 0.5, 3.0)  # of weights: the inverse of their penalty, of which rows held out tell
MOST_NUMBERS = 4_000_000  # in the features of all rows, for ten labels; of more, some are drawn
MOST_DENSE = 1000  # numbers in a row up to which Newton's method is faster, given as many rows
ALIKE = 0.5  # what each side counts where there are no rows to tell
Map = tuple[Array, Array]  # weights (F o) and biases (o)


@dataclass(frozen=True)
class BranchWeights:
    """How much a recurrence and a linear map count for an output.

    Attributes:
        output: The output.
        path: The layers that say it.
        head: Kernel and bias of the recurrence's own Dense as it was fitted.
        strength: Of the weights of the linear map.
        own: What the logits of the recurrence are multiplied by.
        other: What those of the linear map are.
    """

    output: str
    path: LinearBranch
    head: Sequence[Array]
    strength: float
    own: float
    other: float

    def set(self, found: Map) -> None:
        """Let the network be the sum of both."""
        weights, bias = found
        kernel, own = self.head
        self.path.head.set_weights([self.own * kernel, self.own * own + self.other * bias])
        first = 0
        for table in self.path.runs.values():
            table.set_weights([self.other * weights[first : first + table.input_dim]])
            first += table.input_dim
        if self.path.numbers is not None:
            self.path.numbers.set_weights([self.other * weights[first:]])


@dataclass(frozen=True)
class Rows:
    """What the linear map is given of some rows.

    Attributes:
        features: The counts of runs, then the numbers: sparse (n F).
        counts: How many of them are counts.
        ids: The label of each row, by output (n); -1 where it is not known.
    """

    features: Any
    counts: int
    ids: dict[str, Array]

    @classmethod
    def of(cls, examples: Examples, bundle: ModelBundle, spec: NetworkSpec) -> Rows:
        """Return the features of encoded rows with targets."""
        parts = [_counts(examples.inputs[n], size) for n, (size, _) in spec.ngrams.items()]
        counts = sum(part.shape[1] for part in parts)
        path, network = next(iter(bundle.linear_branches[0].values())), bundle.models_to_fit[0]
        if path.numbers is not None:
            model = keras.Model(network.input, path.numbers.input)
            said = predict.predict_outputs(model, recurrent(examples, spec), ["row"])["row"]
            parts.append(sparse.csr_matrix(np.asarray(said)))
        ids = {name: examples.targets[name].flat for name in spec.linear_outputs}
        return cls(sparse.hstack(parts).tocsr(), counts, ids)

    def and_(self, other: Rows) -> Rows:
        """Return these and others."""
        ids = {name: np.concatenate([own, other.ids[name]]) for name, own in self.ids.items()}
        return Rows(sparse.vstack([self.features, other.features]).tocsr(), self.counts, ids)

    def mapped(self, name: str, each: Array, strength: float) -> Map:
        """Return the linear map to an output's labels.

        Args:
            name: The output.
            each: What rows of each label weigh (o).
            strength: Of the weights.
        """
        ids = self.ids[name]
        known = np.flatnonzero(ids >= 0)
        return logistic(self.features[known], self.counts, ids[known], each, strength)


@dataclass(frozen=True)
class FittedLinearBranch:
    """Linear maps beside fitted recurrences.

    Attributes:
        shares: How much each side counts, by network and output.
        rows: All the rows, those that were fitted on and those held out.
        weights: By output, what rows of each label weigh (o).
    """

    shares: Sequence[BranchWeights]
    rows: Rows
    weights: Mapping[str, Array]

    def again(self) -> None:
        """Find the linear maps from all the rows, and set them."""
        strengths = {share.output: share.strength for share in self.shares}
        maps = {n: self.rows.mapped(n, self.weights[n], s) for n, s in strengths.items()}
        for share in self.shares:
            share.set(maps[share.output])


def recurrent(examples: Examples, spec: NetworkSpec) -> Examples:
    """Return rows without what the linear map alone reads."""
    inputs = {name: b for name, b in examples.inputs.items() if name not in spec.ngrams}
    return replace(examples, inputs=inputs)


def thinned(examples: Examples, bundle: ModelBundle, spec: NetworkSpec) -> Examples:
    """Return so many of the rows, drawn evenly, that a map is found in minutes at most."""
    path = next(iter(bundle.linear_branches[0].values()))
    size = sum(int(np.count_nonzero(examples.inputs[name].flat)) for name in spec.ngrams)
    size += examples.rows * path.numbers.input.shape[-1] if path.numbers is not None else 0
    tens = max(1.0, max(spec.heads[name] for name in spec.linear_outputs) / 10)
    most = max(1, int(MOST_NUMBERS / tens * examples.rows / max(1, size)))
    if most >= examples.rows:
        return examples
    drawn = np.random.default_rng(0).choice(examples.rows, most, replace=False)
    return examples.take(np.sort(drawn))


def fit_linear_branch(bundle: ModelBundle, spec: NetworkSpec, train: Examples, held: Examples) -> FittedLinearBranch:
    """Set a linear map beside each fitted recurrence, by how much each counts.

    Args:
        bundle: The networks; their recurrences are fitted.
        spec: What goes in and out.
        train: The rows that they were fitted on.
        held: Rows that they were not fitted on.
    """
    train, held = (thinned(part, bundle, spec) for part in (train, held))
    _see(bundle, train)
    found, apart = [], recurrent(held, spec)
    rows, others = Rows.of(train, bundle, spec), Rows.of(held, bundle, spec)
    weights = {name: _each(train, spec, name) for name in spec.linear_outputs}
    said = [predict.predict_outputs(network, apart, list(spec.heads)) for network in bundle.models_to_fit]
    for name, each in weights.items():
        logits = [np.asarray(own[name]) for own in said]
        strength, linear, counts = strongest(logits, rows, others, name, each)
        for paths, (own, other) in zip(bundle.linear_branches, counts, strict=True):
            head = paths[name].head.get_weights()
            found.append(BranchWeights(name, paths[name], head, strength, own, other))
            found[-1].set(linear)
    return FittedLinearBranch(found, rows.and_(others), weights)


def _see(bundle: ModelBundle, train: Examples) -> None:
    """Set the layers that see patterns in rows of numbers, where there are some."""
    filters = next(iter(bundle.linear_branches[0].values())).filters
    if not filters:
        return
    some = np.random.default_rng(0).permutation(train.rows)[: minirocket.MOST_ROWS]
    weights = minirocket.found(train.inputs["x"].take(some).rows())
    for layer, each in zip(filters, weights, strict=True):
        layer.set_weights(each)


def _each(examples: Examples, spec: NetworkSpec, name: str) -> Array:
    """Return what rows of each label weigh (o)."""
    weights = examples.class_weights.get(name)
    return np.ones(int(spec.heads[name])) if weights is None else weights


def strongest(
    said: Sequence[Array], rows: Rows, held: Rows, name: str, each: Array
) -> tuple[float, Map, list[tuple[float, float]]]:
    """Return the strength under which rows held out are most probable, the map, and what counts.

    Args:
        said: The logits of the rows held out by each recurrence (n o).
        rows: The rows that are mapped.
        held: The rows held out.
        name: The output.
        each: What rows of each label weigh (o).
    """
    ids, tried = held.ids[name], []
    for strength in STRENGTHS:
        weights, bias = rows.mapped(name, each, strength)
        other = held.features @ weights + bias
        counts = [weighed(own, other, ids, each) for own in said]
        pairs = zip(said, counts, strict=True)
        cost = sum(loss(a * own + b * other, ids, each) for own, (a, b) in pairs)
        tried.append((cost, strength, (weights, bias), counts))
    return min(tried, key=lambda one: one[0])[1:]


def loss(logits: Array, ids: Array, each: Array) -> float:
    """Return the weighted sum over rows of minus the log-probability of the label.

    Args:
        logits: (n o).
        ids: The label of each row (n); rows with none, -1, do not count.
        each: What rows of each label weigh (o).
    """
    logits, ids = logits[ids >= 0].astype(np.float64), ids[ids >= 0]
    logs = np.take_along_axis(predict.log_softmax(logits), ids[:, None], axis=1)[:, 0]
    return -float(logs @ each[ids])


def _counts(block: RaggedColumn, size: int) -> Any:
    """Return how often each id but 0 stands in each row: sparse (n size)."""
    lengths = np.asarray(block.lengths)
    ids = block.flat.reshape(len(block.flat), -1)
    places = np.broadcast_to(np.repeat(np.arange(len(lengths)), lengths)[:, None], ids.shape)
    real = ids > 0
    ones = np.ones(int(real.sum()), "float32")
    return sparse.csr_matrix((ones, (places[real], ids[real])), shape=(len(lengths), size))


def logistic(rows: Any, counts: int, ids: Array, each: Array, strength: float) -> Map:
    """Return the linear map that tells each label from all others.

    A count is scaled by how much more often its run stands with the label than without, so that
    those that tell little are penalised most.

    Args:
        rows: Features, sparse (n F).
        counts: How many of them are counts, the first.
        ids: The label of each row (n).
        each: What rows of each label weigh (o).
        strength: Of the weights.

    Source:
        Wang and Manning 2012, sections 2.1 and 2.3, with logistic regression for their support
        vector machine.
    """
    from scipy.linalg import LinAlgWarning
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    size = len(each)
    dense = counts == 0 and rows.shape[1] <= min(rows.shape[0], MOST_DENSE)
    if dense:
        rows = rows.toarray().astype(np.float64)
    model = LogisticRegression(C=strength, solver="newton-cholesky" if dense else "liblinear")
    weights, bias = np.zeros((rows.shape[1], size)), np.full(size, -np.log(len(ids) + 1))
    for label in [1] if size == 2 else range(size):
        mine = ids == label
        if not mine.any():
            continue
        if mine.all():
            bias[label] *= -1
            continue
        ratio = np.ones(rows.shape[1])
        if counts:
            ratio[:counts] = _ratio(rows[:, :counts], mine)
        scaled = rows if dense else rows.multiply(ratio).tocsr()
        with warnings.catch_warnings():  # of numbers so huge that it goes on another way
            warnings.simplefilter("ignore", LinAlgWarning)
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(scaled, mine, each[ids])
        weights[:, label], bias[label] = ratio * model.coef_[0], model.intercept_[0]
    if size == 2:  # the other is its mirror image
        weights[:, 0], bias[0] = -weights[:, 1], -bias[1]
    return weights.astype("float32"), bias.astype("float32")


def _ratio(rows: Any, mine: Array) -> Array:
    """Return the log of each feature's share among the rows of a label over that among others."""
    there = rows.sign()
    shares = []
    for part in (mine, ~mine):
        count = np.asarray(there[part].sum(axis=0)).ravel() + 1
        shares.append(count / count.sum())
    ratio: Array = np.log(shares[0] / shares[1])
    return np.where(np.asarray(there.sum(axis=0)).ravel() > 0, ratio, 0.0)


def weighed(own: Array, other: Array, ids: Array, each: Array) -> tuple[float, float]:
    """Return what to multiply two rows of logits by before they are added.

    Args:
        own: Logits (n o).
        other: Logits (n o).
        ids: The label of each row (n); rows with none, -1, do not count.
        each: What rows of each label weigh (o).
    """

    def cost(share: Array) -> float:
        away = float(((share - ALIKE) ** 2).sum())
        return loss(share[0] * own + share[1] * other, ids, each) + away

    found = minimize(cost, np.full(2, ALIKE), bounds=[(0, None)] * 2)
    return float(found.x[0]), float(found.x[1])
