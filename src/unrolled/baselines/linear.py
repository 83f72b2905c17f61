"""A constant and a linear map, the references of numbers, categories and aligned outputs.

Both are linear maps from features of a row (for aligned outputs: of a step and its neighbours)
to each output, the constant one without any feature. They are fitted by scikit-learn and kept as
plain arrays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from scipy import sparse

from unrolled.data.batches import Examples
from unrolled.data.block import Array, RaggedColumn
from unrolled.errors import DataError

MOST_FLAT = 4096  # more numbers than this in a row are summarised by four statistics
MOST_GRAMS = 20_000
MOST_WEIGHTS = 20_000_000  # a linear map with more is left out: no one would call it simple
MOST_CELLS = 100_000_000  # numbers of one-hot targets; more samples than fit are thinned evenly
FEW_SYMBOLS = 200  # inputs and outputs with fewer symbols are taken for characters


@dataclass(frozen=True)
class Linear:
    """A linear map in the network's own encoding.

    Attributes:
        name: What a person calls it.
        features: How rows become features; None for a constant.
        weights: For each output (features o) and its bias (o), outputs of u steps flattened.
        steps: Output steps u of each output that has them, else 0.
        per_step: Whether each step is a sample (aligned), or each row.
    """

    name: str
    features: Features | None
    weights: Mapping[str, tuple[Array, Array]]
    steps: Mapping[str, int]
    per_step: bool = False

    def outputs(self, examples: Examples) -> dict[str, Array | list[Array]]:
        """Return what a network would: (n o), (n u o), or n arrays (t_i o), by output."""
        rows = self.features.of(examples) if self.features else None
        lengths = examples.lengths
        found: dict[str, Array | list[Array]] = {}
        for name, (weights, bias) in self.weights.items():
            if rows is None:
                samples = (
                    int(lengths.sum()) if self.per_step and lengths is not None else examples.rows
                )
                flat = np.tile(bias, (samples, 1))
            else:
                flat = np.asarray(rows @ weights) + bias
            if self.per_step and lengths is not None:
                found[name] = np.split(flat, np.cumsum(lengths)[:-1])
            elif self.steps[name]:
                found[name] = flat.reshape(len(flat), self.steps[name], -1)
            else:
                found[name] = flat
        return found

    def nats(self, examples: Examples) -> dict[str, Array]:  # noqa: ARG002
        """Return nothing: it gives no probability to a row of steps."""
        return {}

    def facts(self) -> dict[str, Any]:
        """Return all but the arrays, as JSON."""
        return {
            "name": self.name,
            "steps": dict(self.steps),
            "per_step": self.per_step,
            "outputs": list(self.weights),
            "features": asdict(self.features) if self.features else None,
        }

    def arrays(self) -> dict[str, Array]:
        """Return the arrays by output and part."""
        return {
            f"{output}/{part}": array
            for output, pair in self.weights.items()
            for part, array in zip(("weights", "bias"), pair, strict=True)
        }

    @classmethod
    def restored(cls, facts: Mapping[str, Any], arrays: Mapping[str, Array]) -> Self:
        """Return the reference that facts and arrays describe."""
        return cls(
            facts["name"],
            Features(**facts["features"]) if facts["features"] else None,
            {o: (arrays[f"{o}/weights"], arrays[f"{o}/bias"]) for o in facts["outputs"]},
            facts["steps"],
            facts["per_step"],
        )


@dataclass(frozen=True)
class Features:
    """How encoded rows become the features of a linear map.

    Attributes:
        per_step: Whether each step is a sample (aligned), or each row.
        flat: Whether steps of numbers are laid end to end, or summarised.
        grams: The counted runs of symbols of each input of whole numbers, by column of features.
        symbols: Size of each input of whole numbers.
    """

    per_step: bool
    flat: bool
    grams: Mapping[str, list[str]]
    symbols: Mapping[str, int]

    @classmethod
    def fitted(cls, examples: Examples, symbols: Mapping[str, int], *, per_step: bool) -> Features:
        """Return the features that suit these rows."""
        lengths, x = examples.lengths, examples.inputs.get("x")
        width = 0 if x is None else x.flat.shape[1] * (1 if lengths is None else int(lengths[0]))
        grams = {
            name: _frequent(block, symbols[name])
            for name, block in examples.inputs.items()
            if name in symbols and block.offsets is not None and not per_step
        }
        return cls(per_step, not examples.ragged and width <= MOST_FLAT, grams, dict(symbols))

    def of(self, examples: Examples) -> Any:
        """Return the features: (rows, F) or (steps, F), dense or sparse."""
        parts = []
        for name, block in examples.inputs.items():
            if name != "x" and name not in self.symbols:  # what only a network reads
                continue
            if self.per_step:
                parts += [self._step(name, block, shift) for shift in (-1, 0, 1)]
            elif name == "x":
                parts.append(self._numbers(block))
            elif block.offsets is None:
                parts.append(_one_hot(block.flat, self.symbols[name]))
            else:
                parts.append(_counted(block, self.symbols[name], self.grams[name]))
        if any(sparse.issparse(part) for part in parts):
            return sparse.hstack([sparse.csr_matrix(part) for part in parts]).tocsr()
        return np.concatenate(parts, axis=1)

    def _numbers(self, block: RaggedColumn) -> Array:
        if block.offsets is None:
            return block.flat
        if self.flat:
            _refuse_uneven(block)
            return block.flat.reshape(len(block.offsets) - 1, -1)
        return statistics(block)

    def _step(self, name: str, block: RaggedColumn, shift: int) -> Any:
        """Return the features of the step `shift` away, zero beyond the row's ends."""
        offsets = block.offsets if block.offsets is not None else np.arange(len(block.flat) + 1)
        place = np.arange(len(block.flat))
        row = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
        there = place + shift
        inside = (there >= offsets[row]) & (there < offsets[row + 1])
        values = block.flat[np.where(inside, there, 0)]
        if name == "x":
            return values * inside[:, None]
        return _one_hot(np.where(inside, values, -1), self.symbols[name])


def _refuse_uneven(block: RaggedColumn) -> None:
    """Refuse rows of different lengths, which models of other versions took for even ones."""
    if block.lengths is not None and len(set(block.lengths.tolist())) > 1:
        raise DataError(
            "the linear reference was fitted on rows of one length and these have several, expected"
            " rows of that length. Train the model again."
        )


def statistics(block: RaggedColumn) -> Array:
    """Return the mean, spread, least and most of each row's steps of numbers: (n 4f)."""
    if block.offsets is None:
        return block.flat
    starts = block.offsets[:-1]
    count = np.diff(block.offsets)[:, None]
    mean = np.add.reduceat(block.flat, starts) / count
    square = np.add.reduceat(block.flat**2, starts) / count
    spread = np.sqrt(np.maximum(square - mean**2, 0))
    least, most = np.minimum.reduceat(block.flat, starts), np.maximum.reduceat(block.flat, starts)
    return np.concatenate([mean, spread, least, most], axis=1)


def fitted(
    examples: Examples, outputs: Sequence[str], symbols: Mapping[str, int], *, aligned: bool
) -> list[Linear]:
    """Return the constant and the linear reference, fitted on the training part.

    Where every row has as many steps, the constant is one for each step.

    Args:
        examples: The training part, with targets.
        outputs: Which outputs they answer.
        symbols: Size of each input and output of whole numbers, by name.
        aligned: Whether each step is a sample.
    """
    features = Features.fitted(examples, symbols, per_step=aligned)
    constant, linear = {}, {}
    steps = {}
    rows = None
    places = _places(examples) if aligned else 0
    for name in outputs:
        block = examples.targets[name]
        many = block.offsets is not None and not aligned
        steps[name] = (examples.steps_out or 0) if many else 0
        target = block.gather(np.arange(examples.rows), steps[name]) if many else block.flat
        width = symbols.get(name, 0)
        taken = _thinned(len(target), target[0].size * max(1, width), places or 1)
        wide = _as_numbers(target[taken], width)
        mean = wide.reshape(-1, (places or 1) * wide.shape[1]).mean(axis=0)
        constant[name] = (np.zeros((0, mean.size), "float32"), mean)
        rows = features.of(examples) if rows is None else rows
        if width and target.ndim == 1 and not aligned:
            linear[name] = _logistic(rows, target, width)
        elif rows.shape[1] * wide.shape[1] <= MOST_WEIGHTS:
            linear[name] = _ridge(rows[taken], wide)
    naive, simple = _names({bool(symbols.get(name)) for name in constant}, aligned, steps)
    each = dict.fromkeys(constant, places) if places else steps
    found = [Linear(naive, None, constant, each, aligned and not places)]
    if len(linear) == len(constant):
        found.append(Linear(simple, features, linear, steps, aligned))
    return found


def _places(examples: Examples) -> int:
    """Return the steps of every row where all must have the same, so that each has its mean."""
    return 0 if examples.ragged or examples.lengths is None else int(examples.lengths[0])


def _names(classes: set[bool], aligned: bool, steps: Mapping[str, int]) -> tuple[str, str]:
    """Return what the two references are called, for outputs of classes, of numbers, or both."""
    if len(classes) > 1:
        return "constant", "linear map"
    if classes == {False}:
        return "mean", "ridge"
    stepwise = aligned or any(steps.values())
    return "most frequent", "ridge" if stepwise else "logistic regression"


def _thinned(samples: int, cells: int, together: int = 1) -> Array:
    """Return which samples to fit on, so that their targets of so many cells fit in memory.

    Args:
        samples: How many there are.
        cells: Numbers in the target of one.
        together: Samples that stay together: the steps of a row.
    """
    groups = samples // together
    most = max(1, min(groups, MOST_CELLS // (cells * together)))
    firsts = np.unique(np.linspace(0, groups - 1, most, dtype=int)) * together
    return np.ravel(firsts[:, None] + np.arange(together))


def _as_numbers(target: Array, width: int) -> Array:
    """Return targets as rows of numbers, classes one-hot and steps laid end to end."""
    if width:
        return np.eye(width, dtype="float32")[target].reshape(len(target), -1)
    return target.reshape(len(target), -1)


def _logistic(rows: Any, target: Array, width: int) -> tuple[Array, Array]:
    from sklearn.linear_model import LogisticRegression

    if (target == target[0]).all():  # one class to learn from: it is the answer
        return np.zeros((rows.shape[1], width), "float32"), np.eye(width, dtype="float32")[
            target[0]
        ]
    model = LogisticRegression(C=3.0, max_iter=500).fit(rows, target)
    weights, bias = np.zeros((rows.shape[1], width)), np.full(width, -1e9)
    if len(model.classes_) == 2:
        weights[:, model.classes_[1]], bias[model.classes_] = (
            model.coef_[0],
            [0, model.intercept_[0]],
        )
    else:
        weights[:, model.classes_], bias[model.classes_] = model.coef_.T, model.intercept_
    return weights.astype("float32"), bias.astype("float32")


def _ridge(rows: Any, target: Array) -> tuple[Array, Array]:
    from sklearn.linear_model import Ridge

    model = Ridge(alpha=1.0).fit(rows, target)
    return np.atleast_2d(model.coef_).T.astype("float32"), np.atleast_1d(model.intercept_).astype(
        "float32"
    )


def _one_hot(ids: Array, size: int) -> Any:
    """Return ids (n) as a sparse (n size), all zeros where an id is below zero."""
    real = np.flatnonzero(ids >= 0)
    return sparse.csr_matrix(
        (np.ones(len(real), "float32"), (real, ids[real])), shape=(len(ids), size)
    )


def _runs(size: int) -> Any:
    """Return what lists the counted runs of a row of ids: words alone, characters up to four."""
    longest = 4 if size < FEW_SYMBOLS else 1

    def runs(ids: Array) -> list[str]:
        plain = [str(i) for i in ids]
        return [
            "_".join(plain[i : i + n])
            for n in range(1, longest + 1)
            for i in range(len(plain) - n + 1)
        ]

    return runs


def _vectorizer(size: int, grams: dict[str, int] | None = None) -> Any:
    """Return what counts runs: those of `grams` by their columns, or the most frequent."""
    from sklearn.feature_extraction.text import CountVectorizer

    return CountVectorizer(
        analyzer=_runs(size), dtype=np.float32, max_features=MOST_GRAMS, vocabulary=grams
    )


def _frequent(block: RaggedColumn, size: int) -> list[str]:
    """Return the most frequent runs, in the order of their columns."""
    found = _vectorizer(size).fit(block.rows()).vocabulary_
    return sorted(found, key=lambda run: int(found[run]))


def _counted(block: RaggedColumn, size: int, grams: list[str]) -> Any:
    """Return how often each run stands in each row: sparse (n grams)."""
    return _vectorizer(size, {run: i for i, run in enumerate(grams)}).transform(block.rows())
