"""The scores of each kind of output, the errors of its rows, and the verdict on them."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from typing import Any

import numpy as np

from unrolled.baselines.verdict import NETWORK, best_baseline, compare_scores, verdict
from unrolled.data.encoders import tokenizer
from unrolled.data.tables.label_index import codes
from unrolled.errors import DataError
from unrolled.schema import Column, Unit
from unrolled.sequences.evaluation import metrics
from unrolled.sequences.evaluation.gaps import drop_gaps, gaps_outside
from unrolled.sequences.evaluation.label_sets import label_set_scores, wrong_labels

BLEU_ORDER = 4  # BLEU counts n-grams of up to four words: shorter rows have no score
IN_SENTENCES = {  # baselines that a sentence names with an article
    **{name: f"the {name}" for name in ("mean", "constant", "linear map", "n-gram")},
    **{name: f"the {name}" for name in ("most frequent output", "nearest training input")},
    "most frequent": "the most frequent value",
}


def check_lengths(column: Column, true: Any, predicted: Any) -> None:
    """Refuse rows of numbers that have more or fewer steps than the model predicts.

    Raises:
        DataError: The first such row.
    """
    if column.kind != "numbers":
        return
    for row, (known, output) in enumerate(zip(true, predicted, strict=True), 1):
        if len(known) != len(output):
            raise DataError(
                f"Column '{column.name}', row {row}: the row has {_steps(len(known))}, but the"
                f" model predicts {_steps(len(output))} for it. Cut or fill the row, or leave it"
                " out."
            )


def _steps(count: int) -> str:
    return f"{count} step" if count == 1 else f"{count} steps"


def compute_scores(
    column: Column, true: Any, predicted: Any, *, aligned: bool = False
) -> dict[str, float]:
    """Return every metric of a column's kind, the main one first.

    In rows of a length of their own, one missing step shifts all steps after it, so that the edit
    distance is the main metric. Aligned steps are compared position by position. What is not known
    of the true values does not count.

    Args:
        column: The output.
        true: The true values; each row is known at least in part, and labels are in the form of
            the training part.
        predicted: The predicted values.
        aligned: Whether each step of the output belongs to one of the input.
    """
    if column.is_category:
        (true_codes, predicted_codes), _ = codes(true, predicted)
        return {
            name: metric(true_codes, predicted_codes) for name, metric in metrics.CLASSES.items()
        }
    if column.is_label_set:
        return label_set_scores(true, predicted)
    if column.is_numeric:
        flat = [np.concatenate([np.ravel(row) for row in rows]) for rows in (true, predicted)]
        known = ~np.isnan(flat[0])
        return {name: metric(*(x[known] for x in flat)) for name, metric in metrics.NUMBERS.items()}
    rows = _counted_steps(column, true), _counted_steps(column, predicted)
    if not aligned:
        chosen = {error_rate_name(column): metrics.error_rate} | metrics.GENERATED
        scores = {name: metric(*rows) for name, metric in chosen.items()}
        return scores | _text_scores(column, true, predicted)
    spans = {}
    if column.scheme:
        without_gaps = gaps_outside(*rows)
        spans = {name: metric(*without_gaps) for name, metric in metrics.SPANS.items()}
    known_steps = drop_gaps(*rows)
    return spans | {name: metric(*known_steps) for name, metric in metrics.STEPS.items()}


def error_rate_name(column: Column) -> str:
    """Return the name of the edit distance over the true length, by what a step is.

    Example:
        >>> error_rate_name(Column(name="y", kind="text", unit="subwords"))
        'word error rate'
    """
    if column.kind == "tokens":
        return "token error rate"
    return f"{_unit(column).removesuffix('s')} error rate"


def _text_scores(column: Column, true: Any, predicted: Any) -> dict[str, float]:
    """Return BLEU, and chrF of text, for rows of several words; NaN without sacrebleu."""
    rows = [_as_text(column, known) for known in (true, predicted)]
    if np.mean([len(row.split()) for row in rows[0]]) < BLEU_ORDER:
        return {}
    is_text = column.kind == "text"
    if not metrics.has_sacrebleu():
        return dict.fromkeys(["BLEU", "chrF"] if is_text else ["BLEU"], math.nan)
    scores = {"BLEU": metrics.bleu(*rows, split=is_text)}
    return scores | {"chrF": metrics.chrf(*rows)} if is_text else scores


def row_errors(column: Column, true: Any, predicted: Any, *, aligned: bool = False) -> Any:
    """Return one error for each row (n).

    The mean squared error of numbers, whether a label is wrong, the wrong labels of a set, the
    edit distance of rows of a length of their own, the wrong spans of tags, the fraction of wrong
    steps of other aligned rows. Huge and tiny numbers are first divided by a power of two.
    """
    if column.is_category:
        (true_codes, predicted_codes), _ = codes(true, predicted)
        return (true_codes != predicted_codes).astype(float)
    if column.is_label_set:
        return wrong_labels(true, predicted)
    if column.is_token_sequence:
        rows = _counted_steps(column, true), _counted_steps(column, predicted)
        error = _wrong_fraction
        if not aligned:
            error = metrics.edit_distance
        elif column.scheme:
            error, rows = metrics.wrong_spans, gaps_outside(*rows)
        else:
            rows = drop_gaps(*rows)
        return np.array([error(t, p) for t, p in zip(*rows, strict=True)], float)
    size = metrics.power_of_two(*([true] if isinstance(true, np.ndarray) else true))
    if isinstance(true, np.ndarray):
        squares: Any = (((true - predicted) / size) ** 2).reshape(len(true), -1)
        return np.nanmean(squares, axis=1)
    pairs = zip(true, predicted, strict=True)
    return np.array([np.nanmean(((np.ravel(t) - np.ravel(p)) / size) ** 2) for t, p in pairs])


def _wrong_fraction(true: list[str], predicted: list[str]) -> float:
    """Return the fraction of the steps of a row that are wrong, missing or too many."""
    longest = max(len(true), len(predicted), 1)
    return 1 - metrics.correct_steps(true, predicted) / longest


def paired_verdict(errors: Mapping[str, Any], scores: Mapping[str, Mapping[str, float]]) -> str:
    """Return in a sentence whether the network is worth having.

    The network is compared row by row with the best baseline: a difference counts when its 95%
    interval (1.96 standard errors of the mean paired difference) does not contain zero.

    Args:
        errors: The error of each row (n), by predictor.
        scores: By predictor, then by metric; the first metric is shown.

    Example:
        >>> errors = {"network": np.zeros(50), "mean": np.ones(50)}
        >>> paired_verdict(errors, {"network": {"RMSE": 0.0}, "mean": {"RMSE": 1.0}})
        'The network is worth having: RMSE 0 against 1 by the mean (50 rows).'
    """
    best = best_baseline({name: float(rows.mean()) for name, rows in errors.items()})
    difference = errors[best] - errors[NETWORK]
    margin = 1.96 * difference.std() / max(1.0, len(difference) ** 0.5)
    metric = next(iter(scores[NETWORK]))
    comparison = compare_scores(
        metric,
        scores[NETWORK][metric],
        scores[best][metric],
        IN_SENTENCES.get(best, best),
        f"{len(difference)} rows",
    )
    return verdict(float(difference.mean()), float(margin), comparison)


def _counted_steps(column: Column, rows: Any) -> list[list[str]]:
    """Return sequences of tokens as they are, and texts as the steps that are counted.

    A word counts with the white space before it. Two spellings of one character (composed, or a
    letter and its accent) count as the same.
    """
    if column.kind == "tokens":
        return [list(row) for row in rows]
    composed = (unicodedata.normalize("NFC", row) for row in rows)
    return [tokenizer.split_exact(row, _unit(column)) for row in composed]


def _as_text(column: Column, rows: Any) -> list[str]:
    """Return tokens joined by spaces, and texts as they are."""
    return [" ".join(row) for row in rows] if column.kind == "tokens" else list(rows)


def _unit(column: Column) -> Unit:
    """Return what is counted of a text: subwords are counted by their words."""
    return "characters" if column.unit == "characters" else "words"
