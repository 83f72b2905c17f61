"""References from a stranger, held to the sizes and ranges that their columns imply."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from unrolled.baselines import linear, nearest, ngram
from unrolled.baselines.linear import Features, Linear
from unrolled.baselines.most_frequent import MostFrequent
from unrolled.baselines.nearest import Nearest
from unrolled.baselines.ngram import Counts, NGram
from unrolled.data.block import Array
from unrolled.data.encoders.encoder import embedded
from unrolled.data.encoders.table_encoder import TableEncoder
from unrolled.errors import DataError
from unrolled.shapes import FACTS

LINEAR = ("mean", "ridge", "most frequent", "logistic regression", "constant", "linear map")
MOST_TIMES = 2**31  # that a run of steps may stand there


class BaselineChecks:
    """The sizes of encoded rows, which references are held to.

    Args:
        encoding: The columns and their encoders.

    Attributes:
        ids: How many ids each input of whole numbers has.
        values: Numbers in the input `x` (f).
        heads: Values of each output (o).
        written: The outputs that are rows of ids of a length of their own.
        stepped: The other outputs that have steps.
    """

    def __init__(self, encoding: TableEncoder) -> None:
        schema, names, sizes = encoding.schema, encoding.tensor_names, encoding.sizes
        inputs = {names[c.name]: encoding.encoders[c.name] for c in schema.inputs}
        outputs = {names[c.name]: c for c in schema.outputs}
        self.aligned, self.t, self.u = (
            schema.shape == "aligned",
            encoding.steps_in,
            encoding.steps_out,
        )
        self.many, self.categories = FACTS[schema.shape].inputs == "many", encoding.category_inputs
        self.ids = {n: sizes[n] for n, made in inputs.items() if embedded(made)}
        self.values = sum(sizes[n] for n in inputs if n not in self.ids)
        self.heads = {n: sizes[n] for n in outputs}
        many = [n for n, column in outputs.items() if column.side == "many"]
        self.written = [
            n for n in many if not self.aligned and outputs[n].kind in ("tokens", "text")
        ]
        self.stepped = [n for n in many if n not in self.written]

    def every(self, references: Sequence[Any]) -> None:
        """Refuse references that are not those of these columns, or leave an output out.

        Raises:
            DataError: The first of them, and what is wrong with it.
        """
        answered: set[str] = set()
        for made in references:
            answered.update(CHECKS[type(made)](self, made))
        if missing := set(self.heads) - answered:
            raise DataError(f"got no reference for {sorted(missing)[0]!r}, expected one.")

    def linear(self, made: Linear) -> list[str]:
        """Hold a linear map to its columns, and return what it answers."""
        _must(made.name in LINEAR, "linear", f"the name {made.name!r}")
        _must(set(made.weights) <= {*self.heads} - {*self.written}, made.name, "other outputs")
        _must(set(made.steps) >= set(made.weights), made.name, "outputs without steps")
        _must(isinstance(made.per_step, bool), made.name, "steps that are neither")
        features = 0 if made.features is None else self.features(made.features, made)
        for name, (weights, bias) in made.weights.items():
            steps, o = made.steps[name], self.heads[name]
            _must((steps, made.per_step) in self._steps(name), made.name, f"{steps!r} steps")
            width = o * max(1, steps)
            rows = weights.shape[0] if weights.ndim == 2 else -1
            there = rows == features or (features < 0 and rows > 0)
            _must(there and weights.shape == (rows, width), made.name, _shape("weights", weights))
            _must(bias.shape == (width,), made.name, _shape("bias", bias))
            _must(_finite(weights) and _finite(bias), made.name, "weights that are no numbers")
        return list(made.weights)

    def _steps(self, name: str) -> list[tuple[int, bool]]:
        """Return the steps that a linear map may have for an output, and whether each is a row."""
        if name not in self.stepped:
            return [(0, False)]
        if not self.aligned:
            return [(self.u or 0, False)]
        return [(0, True), *([(self.t, False)] if self.t else [])]

    def features(self, made: Features, of: Linear) -> int:
        """Hold features to their columns, and return how many there are; -1 where any may be."""
        _must(made.per_step is of.per_step and isinstance(made.flat, bool), of.name, "features")
        known = {**self.ids, **self.heads}
        there = isinstance(made.symbols, Mapping) and set(self.ids) <= set(made.symbols)
        _must(
            there and all(known.get(n) == size for n, size in made.symbols.items()),
            of.name,
            "other symbols",
        )
        counted = set(self.ids) if self.many and not made.per_step else set()
        grams = made.grams
        _must(isinstance(grams, Mapping) and set(grams) == counted, of.name, "other runs")
        _must(all(map(_runs, grams.values())), of.name, "runs that are none")
        if made.per_step:
            return 3 * (self.values + sum(self.ids.values()))
        if not self.many:
            return self.values + sum(self.ids.values())
        counts = sum(map(len, grams.values()))
        if not self.values:
            return counts
        if not made.flat:
            return counts + 4 * self.values
        return counts + self.t * self.values if self.t else -1

    def frequent(self, made: MostFrequent) -> list[str]:
        """Hold recalled outputs to their columns, and return which they are."""
        _must(set(made.answers) <= set(self.written), made.name, "other outputs")
        for name, ids in made.answers.items():
            _must(_ids(ids, self.heads[name]), made.name, f"unknown ids in {name!r}")
        return list(made.answers)

    def nearest(self, made: Nearest) -> list[str]:
        """Hold recalled rows to their columns, and return which they answer."""
        _must(made.categories == self.categories, made.name, "other categories")
        texts = set(self.ids) - set(self.categories.ids) if self.many else set()
        _must(set(made.texts) == texts, made.name, "other inputs")
        _must(set(made.answers) <= set(self.written), made.name, "other outputs")
        rows = len(made.labels) if made.labels.ndim == 2 else 0
        _must(0 < rows <= nearest.MOST_ROWS, made.name, f"{rows} rows")
        width = self.values * (4 if self.many else 1)
        _must(made.numbers.shape == (rows, width), made.name, _shape("numbers", made.numbers))
        _must(_finite(made.numbers), made.name, "numbers that are none")
        _must(self._labels(made.labels), made.name, _shape("labels", made.labels))
        for name, block in {**made.texts, **made.answers}.items():
            size, least = {**self.ids, **self.heads}[name], 0 if name in made.texts else 1
            _must(_ids(block.flat, size), made.name, f"unknown ids in {name!r}")
            lengths = np.asarray(block.lengths)
            whole = lengths.dtype.kind == "i" and lengths.shape == (rows,)
            fits = whole and (lengths >= least).all() and lengths.sum() == len(block.flat)
            _must(bool(fits), made.name, f"lengths in {name!r}")
        return list(made.answers)

    def ngram(self, made: NGram) -> list[str]:
        """Hold counts to their columns; they answer nothing."""
        _must(made.categories == self.categories, made.name, "other categories")
        _must(set(made.every) <= set(self.written), made.name, "other outputs")
        classes, beside = made.classes, set(made.every) if self._wide else set()
        _must(set(made.within) == beside, made.name, "other classes")
        _must(self._labels(classes), made.name, _shape("classes", classes))
        for name, counts in made.every.items():
            _must(self._counts(counts, name, 1), made.name, f"other counts of {name!r}")
        for name, counts in made.within.items():
            there = self._counts(counts, name, max(1, len(classes)))
            _must(there, made.name, f"other counts of {name!r} by class")
            _must(len(counts.keys) == len(made.every[name].keys), made.name, f"runs in {name!r}")
        return []

    @property
    def _wide(self) -> int:
        """How many categories go in."""
        return len(self.categories.marks) + len(self.categories.ids)

    def _labels(self, labels: Array) -> bool:
        """Return whether these are the categories of rows (m c)."""
        return labels.dtype == np.int64 and labels.ndim == 2 and labels.shape[1] == self._wide

    def _counts(self, made: Counts, name: str, classes: int) -> bool:
        """Return whether these are counts of runs of an output's steps, within so many classes."""
        size, order = self.heads[name], len(made.keys)
        if made.size != size or not 1 <= order <= ngram.FEW_ORDER:
            return False
        if order > 1 and classes * size**order > ngram.MOST_KEYS:
            return False
        return all(
            _rising(keys, classes * size**k) and _times(times, keys)
            for k, (keys, times) in enumerate(zip(made.keys, made.counts, strict=True), 1)
        )


CHECKS: dict[type[Any], Callable[[BaselineChecks, Any], list[str]]] = {
    Linear: BaselineChecks.linear,
    MostFrequent: BaselineChecks.frequent,
    Nearest: BaselineChecks.nearest,
    NGram: BaselineChecks.ngram,
}


def _must(right: bool, name: str, got: str) -> None:
    """Refuse a reference unless something of it is right."""
    if not right:
        raise DataError(f"got the reference '{name}' with {got}, expected those of its columns.")


def _shape(what: str, array: Array) -> str:
    return f"{what} {array.dtype} {array.shape}"


def _finite(array: Array) -> bool:
    return array.dtype.kind == "f" and bool(np.isfinite(array).all())


def _ids(array: Array, size: int) -> bool:
    """Return whether these are ids below `size` (n)."""
    whole = array.dtype.kind == "i" and array.ndim == 1
    return whole and bool(((array >= 0) & (array < size)).all())


def _runs(runs: Any) -> bool:
    """Return whether these are counted runs, no two the same."""
    texts = isinstance(runs, list) and all(isinstance(run, str) for run in runs)
    return texts and 0 < len(runs) <= linear.MOST_GRAMS and len(set(runs)) == len(runs)


def _rising(keys: Array, most: int) -> bool:
    """Return whether these are runs as numbers below `most`, each above the one before (n)."""
    if keys.dtype != np.int64 or keys.ndim != 1 or not len(keys):
        return False
    return bool(keys[0] >= 0 and int(keys[-1]) < most and (np.diff(keys) > 0).all())


def _times(times: Array, keys: Array) -> bool:
    """Return whether these say how often each run stands there (n)."""
    whole = times.dtype == np.int64 and times.shape == keys.shape
    return whole and bool(((times > 0) & (times < MOST_TIMES)).all())
