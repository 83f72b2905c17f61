"""Metrics, one function each: true and predicted values in, a number out."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from importlib.util import find_spec
from itertools import zip_longest
from typing import Any

import numpy as np
import numpy.typing as npt

from unrolled.data.encoders.tags import spans
from unrolled.errors import MissingExtraError

Array = npt.NDArray[Any]
NO_SACREBLEU = "BLEU and chrF need sacrebleu: pip install 'unrolled[text]'."
Steps = Sequence[Sequence[Hashable]]
Tags = Sequence[Sequence[str]]


def accuracy(true: Sequence[Any], predicted: Sequence[Any]) -> float:
    """Return the share of equal values.

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

    return float(f1_score(list(map(str, true)), list(map(str, predicted)), average="macro"))


def rmse(true: Array, predicted: Array) -> float:
    """Return the root of the mean squared error.

    Example:
        >>> rmse(np.array([0.0, 2.0]), np.array([0.0, 0.0])) == 2**0.5
        True
    """
    from sklearn.metrics import root_mean_squared_error

    return float(root_mean_squared_error(true, predicted))


def mae(true: Array, predicted: Array) -> float:
    """Return the mean absolute error.

    Example:
        >>> mae(np.array([0.0, 2.0]), np.array([0.0, 0.0]))
        1.0
    """
    from sklearn.metrics import mean_absolute_error

    return float(mean_absolute_error(true, predicted))


def r2(true: Array, predicted: Array) -> float:
    """Return the share of the variance that is explained; NaN for fewer than two values.

    Example:
        >>> r2(np.array([0.0, 2.0]), np.array([1.0, 1.0]))
        0.0
    """
    from sklearn.metrics import r2_score

    return float(r2_score(true, predicted)) if len(true) > 1 else float("nan")


def exact_match(true: Steps, predicted: Steps) -> float:
    """Return the share of rows that are right at every step.

    Example:
        >>> exact_match(["abc", "de"], ["abc", "d"])
        0.5
    """
    return float(np.mean([list(t) == list(p) for t, p in zip(true, predicted, strict=True)]))


def step_accuracy(true: Steps, predicted: Steps) -> float:
    """Return the share of steps that are right where they stand; those too many are wrong.

    Example:
        >>> step_accuracy(["abcd"], ["bcd"])
        0.0
    """
    pairs = list(zip(true, predicted, strict=True))
    right = sum(agreeing(t, p) for t, p in pairs)
    return right / max(1, sum(max(len(t), len(p)) for t, p in pairs))


def agreeing(true: Sequence[Hashable], predicted: Sequence[Hashable]) -> int:
    """Return how many steps of a row are right where they stand."""
    return sum(t == p for t, p in zip(true, predicted, strict=False))


def span_precision(true: Tags, predicted: Tags) -> float:
    """Return the share of the predicted spans that are true ones, of the same type and steps.

    Example:
        >>> span_precision([["B-a", "I-a", "B-b"]], [["B-a", "B-a", "B-b"]])
        0.3333333333333333
    """
    right, _, said = _counted(true, predicted)
    return right / max(1, said)


def span_recall(true: Tags, predicted: Tags) -> float:
    """Return the share of the true spans that were predicted, with their type and steps.

    Example:
        >>> span_recall([["B-a", "I-a", "B-b"]], [["B-a", "B-a", "B-b"]])
        0.5
    """
    right, known, _ = _counted(true, predicted)
    return right / max(1, known)


def span_f1(true: Tags, predicted: Tags) -> float:
    """Return the F1 of all spans together: 2 right / (true + predicted).

    Example:
        >>> span_f1([["B-a", "I-a", "B-b"]], [["B-a", "B-a", "B-b"]])
        0.4

    Source:
        Tjong Kim Sang and Buchholz 2000, section 4.
    """
    right, known, said = _counted(true, predicted)
    return 2 * right / max(1, known + said)


def wrong_spans(true: Sequence[str], predicted: Sequence[str]) -> int:
    """Return how many spans of a row are in one of the two only: missed, or made up.

    Example:
        >>> wrong_spans(["B-a", "I-a", "B-b"], ["B-a", "B-a", "B-b"])
        3
    """
    return len(set(spans(true)) ^ set(spans(predicted)))


def _counted(true: Tags, predicted: Tags) -> tuple[int, int, int]:
    """Return how many spans are right, how many are true, and how many were predicted."""
    pairs = [(set(spans(t)), set(spans(p))) for t, p in zip(true, predicted, strict=True)]
    return (
        sum(len(t & p) for t, p in pairs),
        sum(len(t) for t, _ in pairs),
        sum(len(p) for _, p in pairs),
    )


def edits(true: Sequence[Hashable], predicted: Sequence[Hashable]) -> int:
    """Return how many steps to put in, take out or change turn one row into the other.

    Example:
        >>> edits("abcd", "bcd")
        1
    """
    from rapidfuzz.distance import Levenshtein

    return Levenshtein.distance(true, predicted)


def edit_rate(true: Steps, predicted: Steps) -> float:
    """Return the edits of all rows over their true steps: the error rate of characters or words.

    It is 0 for rows that are all right, and may exceed 1.

    Example:
        >>> edit_rate(["abcd", "ef"], ["bcd", "ef"]) == 1 / 6
        True
    """
    total = sum(edits(t, p) for t, p in zip(true, predicted, strict=True))
    return total / max(1, sum(map(len, true)))


def bleu(
    true: Sequence[str | Sequence[str]], predicted: Sequence[str], *, split: bool = True
) -> float:
    """Return the BLEU score of all rows together, from 0 to 100.

    Args:
        true: A text a row, or several that are each as good.
        predicted: A text a row.
        split: Whether punctuation is split off first (`13a`); else words stand between blanks.

    Raises:
        MissingExtraError: sacrebleu is not installed.

    Example:
        >>> round(bleu([["to be or not to be", "to be or not"]], ["to be or not"]))
        100
    """
    _need_sacrebleu()
    from sacrebleu.metrics import BLEU

    made = BLEU(tokenize="13a" if split else "none")
    return float(made.corpus_score(list(predicted), _answers(true)).score)


def chrf(true: Sequence[str | Sequence[str]], predicted: Sequence[str]) -> float:
    """Return the chrF score, of runs of up to six characters, of all rows together: 0 to 100.

    Args:
        true: A text a row, or several that are each as good.
        predicted: A text a row.

    Raises:
        MissingExtraError: sacrebleu is not installed.

    Example:
        >>> chrf(["to be", "or not"], ["to be", "or not"])
        100.0
    """
    _need_sacrebleu()
    from sacrebleu.metrics import CHRF

    return float(CHRF().corpus_score(list(predicted), _answers(true)).score)


def has_sacrebleu() -> bool:
    """Return whether BLEU and chrF can be computed."""
    return find_spec("sacrebleu") is not None


def _need_sacrebleu() -> None:
    if not has_sacrebleu():
        raise MissingExtraError(NO_SACREBLEU)


def _answers(true: Sequence[str | Sequence[str]]) -> list[list[str | None]]:
    """Return the first answer of every row, then the second, and so on; None where one lacks."""
    rows = [[row] if isinstance(row, str) else list(row) for row in true]
    return [list(answers) for answers in zip_longest(*rows)]


NUMBERS: dict[str, Callable[[Any, Any], float]] = {"RMSE": rmse, "MAE": mae, "R2": r2}
CLASSES: dict[str, Callable[[Any, Any], float]] = {"accuracy": accuracy, "macro F1": macro_f1}
STEPS: dict[str, Callable[[Any, Any], float]] = {
    "edit rate": edit_rate,
    "exact match": exact_match,
    "step accuracy": step_accuracy,
}
SPANS: dict[str, Callable[[Any, Any], float]] = {
    "span F1": span_f1,
    "precision": span_precision,
    "recall": span_recall,
}
ALIGNED = {name: STEPS[name] for name in ("step accuracy", "exact match")}
