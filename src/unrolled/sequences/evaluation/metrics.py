"""Metrics, each a function of the true and the predicted values that returns a number."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from importlib.util import find_spec
from itertools import zip_longest
from typing import Any

import numpy as np

from unrolled.data.block import Array
from unrolled.data.encoders.tags import spans
from unrolled.errors import MissingExtraError

NO_SACREBLEU = "BLEU and chrF need sacrebleu: pip install 'unrolled[text]'."
SMALLEST_SQUARED, LARGEST_SQUARED = 1e-100, 1e100  # between them, squares are ordinary numbers
Rows = Sequence[Sequence[Hashable]]  # of steps
Tags = Sequence[Sequence[str]]


def accuracy(true: Sequence[Any], predicted: Sequence[Any]) -> float:
    """Return the fraction of equal values.

    Example:
        >>> accuracy(["a", "b"], ["a", "a"])
        0.5
    """
    return float(np.mean([t == p for t, p in zip(true, predicted, strict=True)]))


def macro_f1(true: Sequence[Any], predicted: Sequence[Any]) -> float:
    """Return the F1 score of each class, averaged with equal weight.

    Example:
        >>> round(macro_f1(["a", "b", "b"], ["a", "a", "b"]), 4)
        0.6667
    """
    from sklearn.metrics import f1_score

    return float(f1_score(list(true), list(predicted), average="macro"))


def rmse(true: Array, predicted: Array) -> float:
    """Return the root of the mean squared error.

    Example:
        >>> rmse(np.array([0.0, 2.0]), np.array([0.0, 0.0])) == 2**0.5
        True
    """
    from sklearn.metrics import root_mean_squared_error

    size = power_of_two(true, predicted)
    return float(root_mean_squared_error(true / size, predicted / size)) * size


def mae(true: Array, predicted: Array) -> float:
    """Return the mean absolute error.

    Example:
        >>> mae(np.array([0.0, 2.0]), np.array([0.0, 0.0]))
        1.0
    """
    from sklearn.metrics import mean_absolute_error

    size = power_of_two(true, predicted)
    return float(mean_absolute_error(true / size, predicted / size)) * size


def r2(true: Array, predicted: Array) -> float:
    """Return the fraction of the variance that is explained; NaN for fewer than two values.

    Example:
        >>> r2(np.array([0.0, 2.0]), np.array([1.0, 1.0]))
        0.0
    """
    from sklearn.metrics import r2_score

    if len(true) < 2:
        return float("nan")
    size = power_of_two(true, predicted)
    return float(r2_score(true / size, predicted / size))


def power_of_two(*numbers: Array) -> float:
    """Return what to divide numbers by so that their squares neither overflow nor vanish.

    It is a power of two, so that the division is exact, and 1 for ordinary numbers.

    Example:
        >>> power_of_two(np.array([1.0, -3.0])), power_of_two(np.array([1.5e300])) > 1e299
        (1.0, True)
    """
    largest = max(float(np.fmax.reduce(np.abs(x), axis=None, initial=0.0)) for x in numbers)
    if not 0 < largest < np.inf or SMALLEST_SQUARED < largest < LARGEST_SQUARED:
        return 1.0
    return float(2.0 ** (np.frexp(largest)[1] - 1))


def exact_match(true: Rows, predicted: Rows) -> float:
    """Return the fraction of rows whose steps are all correct.

    Example:
        >>> exact_match(["abc", "de"], ["abc", "d"])
        0.5
    """
    return float(np.mean([list(t) == list(p) for t, p in zip(true, predicted, strict=True)]))


def step_accuracy(true: Rows, predicted: Rows) -> float:
    """Return the fraction of steps that are correct at their position; extra steps are wrong.

    Example:
        >>> step_accuracy(["abcd"], ["bcd"])
        0.0
    """
    pairs = list(zip(true, predicted, strict=True))
    correct = sum(correct_steps(t, p) for t, p in pairs)
    return correct / max(1, sum(max(len(t), len(p)) for t, p in pairs))


def correct_steps(true: Sequence[Hashable], predicted: Sequence[Hashable]) -> int:
    """Return how many steps of a row are correct at their position."""
    return sum(t == p for t, p in zip(true, predicted, strict=False))


def span_precision(true: Tags, predicted: Tags) -> float:
    """Return the fraction of the predicted spans that are true ones, of the same type and steps.

    Example:
        >>> span_precision([["B-a", "I-a", "B-b"]], [["B-a", "B-a", "B-b"]])
        0.3333333333333333
    """
    correct, _, predicted_spans = _count_spans(true, predicted)
    return correct / max(1, predicted_spans)


def span_recall(true: Tags, predicted: Tags) -> float:
    """Return the fraction of the true spans that were predicted, with their type and steps.

    Example:
        >>> span_recall([["B-a", "I-a", "B-b"]], [["B-a", "B-a", "B-b"]])
        0.5
    """
    correct, true_spans, _ = _count_spans(true, predicted)
    return correct / max(1, true_spans)


def span_f1(true: Tags, predicted: Tags) -> float:
    """Return the F1 of all spans together: 2 correct / (true + predicted).

    Example:
        >>> span_f1([["B-a", "I-a", "B-b"]], [["B-a", "B-a", "B-b"]])
        0.4

    Source:
        Tjong Kim Sang and Buchholz 2000, section 4.
    """
    correct, true_spans, predicted_spans = _count_spans(true, predicted)
    return 2 * correct / max(1, true_spans + predicted_spans)


def wrong_spans(true: Sequence[str], predicted: Sequence[str]) -> int:
    """Return how many spans of a row are wrong: missed, or predicted and not true.

    Example:
        >>> wrong_spans(["B-a", "I-a", "B-b"], ["B-a", "B-a", "B-b"])
        3
    """
    return len(set(spans(true)) ^ set(spans(predicted)))


def _count_spans(true: Tags, predicted: Tags) -> tuple[int, int, int]:
    """Return how many spans are correct, how many are true, and how many were predicted."""
    pairs = [(set(spans(t)), set(spans(p))) for t, p in zip(true, predicted, strict=True)]
    return (
        sum(len(t & p) for t, p in pairs),
        sum(len(t) for t, _ in pairs),
        sum(len(p) for _, p in pairs),
    )


def edit_distance(true: Sequence[Hashable], predicted: Sequence[Hashable]) -> int:
    """Return how many insertions, deletions and substitutions turn one row into the other.

    Example:
        >>> edit_distance("abcd", "bcd")
        1
    """
    from rapidfuzz.distance import Levenshtein

    return Levenshtein.distance(true, predicted)


def error_rate(true: Rows, predicted: Rows) -> float:
    """Return the edit distance of all rows over the number of their true steps.

    It is the token, character or word error rate: 0 where every row is correct, and may exceed 1.

    Example:
        >>> error_rate(["abcd", "ef"], ["bcd", "ef"]) == 1 / 6
        True
    """
    total = sum(edit_distance(t, p) for t, p in zip(true, predicted, strict=True))
    return total / max(1, sum(map(len, true)))


def bleu(
    true: Sequence[str | Sequence[str]], predicted: Sequence[str], *, split: bool = True
) -> float:
    """Return the BLEU score of all rows together, from 0 to 100.

    Args:
        true: The correct text of each row, or several that are equally correct.
        predicted: The predicted text of each row.
        split: Whether punctuation is split off first (`13a`); otherwise spaces separate words.

    Raises:
        MissingExtraError: sacrebleu is not installed.

    Example:
        >>> round(bleu([["to be or not to be", "to be or not"]], ["to be or not"]))
        100
    """
    _need_sacrebleu()
    from sacrebleu.metrics import BLEU

    metric = BLEU(tokenize="13a" if split else "none")
    return float(metric.corpus_score(list(predicted), _references(true)).score)


def chrf(true: Sequence[str | Sequence[str]], predicted: Sequence[str]) -> float:
    """Return the chrF score, of n-grams of up to six characters, of all rows together: 0 to 100.

    Args:
        true: The correct text of each row, or several that are equally correct.
        predicted: The predicted text of each row.

    Raises:
        MissingExtraError: sacrebleu is not installed.

    Example:
        >>> chrf(["to be", "or not"], ["to be", "or not"])
        100.0
    """
    _need_sacrebleu()
    from sacrebleu.metrics import CHRF

    return float(CHRF().corpus_score(list(predicted), _references(true)).score)


def has_sacrebleu() -> bool:
    """Return whether BLEU and chrF can be computed."""
    return find_spec("sacrebleu") is not None


def _need_sacrebleu() -> None:
    if not has_sacrebleu():
        raise MissingExtraError(NO_SACREBLEU)


def _references(true: Sequence[str | Sequence[str]]) -> list[list[str | None]]:
    """Return the first correct text of every row, then the second, and so on; None fills up."""
    rows = [[row] if isinstance(row, str) else list(row) for row in true]
    return [list(texts) for texts in zip_longest(*rows)]


NUMBERS: dict[str, Callable[[Any, Any], float]] = {"RMSE": rmse, "MAE": mae, "R2": r2}
CLASSES: dict[str, Callable[[Any, Any], float]] = {"accuracy": accuracy, "macro F1": macro_f1}
STEPS: dict[str, Callable[[Any, Any], float]] = {  # of aligned rows
    "step accuracy": step_accuracy,
    "exact match": exact_match,
}
GENERATED: dict[str, Callable[[Any, Any], float]] = {  # of rows of a length of their own
    "exact match": exact_match,
    "step accuracy": step_accuracy,
}
SPANS: dict[str, Callable[[Any, Any], float]] = {
    "span F1": span_f1,
    "precision": span_precision,
    "recall": span_recall,
}
