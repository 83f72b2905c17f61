"""A constant and a linear model: the baselines of numbers, categories and aligned outputs.

Both are linear maps from features of a row (for aligned outputs: of a step and its neighbours) to
each output; the constant has no features. scikit-learn fits them, and they are stored as plain
arrays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from unrolled.baselines.features import Features
from unrolled.baselines.known import fit_known, known_mean
from unrolled.baselines.logistic import Weights, fit_binary, fit_multinomial
from unrolled.baselines.ridge import fit_ridge
from unrolled.baselines.subsample import evenly_spaced
from unrolled.data.batches import Examples
from unrolled.data.block import Array

MAX_WEIGHTS = 20_000_000  # a linear map with more is left out: it would not be simple
MAX_TARGET_CELLS = 100_000_000  # numbers in one-hot targets; above, samples are evenly thinned


@dataclass(frozen=True)
class Linear:
    """A linear model from and to the encoding of the network.

    Attributes:
        name: The name in tables of scores.
        features: How rows become features; None for a constant.
        weights: For each output (features o) and its bias (o), outputs of u steps flattened.
        steps: Output steps u of each output that has them, else 0.
        per_step: Whether each step is a sample (aligned), or each row.
    """

    name: str
    features: Features | None
    weights: Mapping[str, Weights]
    steps: Mapping[str, int]
    per_step: bool = False

    def predict(self, examples: Examples) -> dict[str, Array | list[Array]]:
        """Return encoded outputs by name: (n o), (n u o), or n arrays (t_i o)."""
        rows = self.features.compute(examples) if self.features else None
        return {name: self._predict(name, rows, examples) for name in self.weights}

    def _predict(self, name: str, rows: Any, examples: Examples) -> Array | list[Array]:
        """Return one output, given the features of the rows or steps."""
        weights, bias = self.weights[name]
        lengths = examples.lengths if self.per_step else None
        if rows is None:
            samples = examples.rows if lengths is None else int(lengths.sum())
            flat = np.tile(bias, (samples, 1))
        else:
            flat = np.asarray(rows @ weights) + bias
        if lengths is not None:
            return np.split(flat, np.cumsum(lengths)[:-1])
        return flat.reshape(len(flat), self.steps[name], -1) if self.steps[name] else flat

    def nll(self, examples: Examples) -> dict[str, Array]:  # noqa: ARG002
        """Return nothing: a linear model gives no probability to a sequence."""
        return {}

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the arrays, as JSON."""
        return {
            "name": self.name,
            "steps": dict(self.steps),
            "per_step": self.per_step,
            "outputs": list(self.weights),
            "features": self.features.to_dict() if self.features else None,
        }

    def arrays(self) -> dict[str, Array]:
        """Return the arrays by output and part."""
        return {
            f"{output}/{part}": array
            for output, pair in self.weights.items()
            for part, array in zip(("weights", "bias"), pair, strict=True)
        }

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any], arrays: Mapping[str, Array]) -> Self:
        """Return the baseline that `to_dict` and `arrays` described."""
        return cls(
            facts["name"],
            Features.from_dict(facts["features"]) if facts["features"] else None,
            {o: (arrays[f"{o}/weights"], arrays[f"{o}/bias"]) for o in facts["outputs"]},
            facts["steps"],
            facts["per_step"],
        )


def fit_linear(
    examples: Examples, outputs: Sequence[str], symbols: Mapping[str, int], *, aligned: bool
) -> list[Linear]:
    """Return the constant and the linear model, fitted on the training part.

    Where every row has as many steps, the constant is one for each step. The linear model is left
    out where it would have too many weights.

    Args:
        examples: The training part, with targets.
        outputs: The names of the outputs that they predict.
        symbols: The size of each input and output of ids, by name.
        aligned: Whether each step is a sample.
    """
    features = Features.fit(examples, symbols, per_step=aligned)
    rows = features.compute(examples)
    constants: dict[str, Weights] = {}
    linear: dict[str, Weights] = {}
    steps = {}
    row_steps = _even_steps(examples) if aligned else 0
    for name in outputs:
        column, classes = examples.targets[name], symbols.get(name, 0)
        has_steps = column.offsets is not None and not aligned
        steps[name] = (examples.steps_out or 0) if has_steps else 0
        target = column.gather(np.arange(examples.rows), steps[name]) if has_steps else column.flat
        samples = _subsample(len(target), target[0].size * max(1, classes), row_steps or 1)
        numbers = _as_numbers(target[samples], classes)
        is_set = name in examples.label_sets
        mean = known_mean(numbers.reshape(-1, (row_steps or 1) * numbers.shape[1]))
        mean = np.where(mean >= 0.5, 1, -1).astype("float32") if is_set else mean
        constants[name] = (np.zeros((0, mean.size), "float32"), mean)
        if classes and target.ndim == 1 and not aligned:
            known = np.flatnonzero(target >= 0)
            linear[name] = fit_multinomial(rows[known], target[known], classes)
        elif rows.shape[1] * numbers.shape[1] <= MAX_WEIGHTS:
            fit = fit_binary if is_set else fit_ridge
            linear[name] = fit_known(fit, rows[samples], numbers)
    has_classes = {bool(symbols.get(name)) or name in examples.label_sets for name in constants}
    constant_name, linear_name = _names(has_classes, stepwise=aligned or any(steps.values()))
    constant_steps = dict.fromkeys(constants, row_steps) if row_steps else steps
    constant = Linear(constant_name, None, constants, constant_steps, aligned and not row_steps)
    if len(linear) < len(constants):
        return [constant]
    return [constant, Linear(linear_name, features, linear, steps, aligned)]


def _even_steps(examples: Examples) -> int:
    """Return the number of steps of every row, 0 where it differs between rows."""
    return 0 if examples.ragged or examples.lengths is None else int(examples.lengths[0])


def _names(has_classes: set[bool], *, stepwise: bool) -> tuple[str, str]:
    """Return the names of the constant and of the linear model.

    Args:
        has_classes: Whether each output has classes.
        stepwise: Whether outputs have steps.
    """
    if len(has_classes) > 1:
        return "constant", "linear map"
    if has_classes == {False}:
        return "mean", "ridge"
    return "most frequent", "ridge" if stepwise else "logistic regression"


def _subsample(samples: int, cells: int, group: int = 1) -> Array:
    """Return the indices of the samples to fit on, so few that their targets fit in memory.

    Args:
        samples: How many there are.
        cells: Numbers in the target of one sample.
        group: How many samples stay together: the steps of a row.
    """
    groups = samples // group
    firsts = evenly_spaced(groups, max(1, MAX_TARGET_CELLS // (cells * group))) * group
    return np.ravel(firsts[:, None] + np.arange(group))


def _as_numbers(target: Array, classes: int) -> Array:
    """Return targets as rows of numbers, classes one-hot and steps laid end to end.

    What is not known is NaN.
    """
    if classes:
        one_hot = np.eye(classes, dtype="float32")[target]
        one_hot[target < 0] = np.nan
        return one_hot.reshape(len(target), -1)
    return target.reshape(len(target), -1)
