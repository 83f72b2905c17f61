"""The scores of each kind of output, and the verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from unrolled.data.encoders import tokenizer
from unrolled.errors import DataError
from unrolled.schema import Column, Unit
from unrolled.sequences import metrics

NETWORK = "network"
RUN = 4  # BLEU counts runs of four words: shorter rows have none
SPELLED = {
    **{name: f"the {name}" for name in ("mean", "constant", "linear map", "n-gram")},
    **{name: f"the {name}" for name in ("most frequent output", "nearest training input")},
    "most frequent": "the most frequent value",
}


def check_lengths(column: Column, true: Any, predicted: Any) -> None:
    """Refuse rows of numbers that have more or fewer steps than a model gives them.

    Raises:
        DataError: The first such row.
    """
    if column.kind != "numbers":
        return
    for row, (known, said) in enumerate(zip(true, predicted, strict=True), 1):
        if len(known) != len(said):
            raise DataError(
                f"column '{column.name}', row {row}: got {len(known)} steps, expected {len(said)},"
                " as many as the model gives this row. Cut or fill the row, or leave it out."
            )


def compute_scores(column: Column, true: Any, predicted: Any, *, aligned: bool = False) -> dict[str, float]:
    """Return every metric of a column's kind, the main one first.

    Where a row has a length of its own, a step left out shifts all that follow: edits are counted
    then, and not what stands at the same place. Aligned steps belong to their place.
    """
    if column.kind == "category":  # the same label may be a number here and text there
        labels = list(map(str, true)), list(map(str, predicted))
        return {name: metric(*labels) for name, metric in metrics.CLASSES.items()}
    if column.kind in ("tokens", "text"):
        rows = _pieces(column, true), _pieces(column, predicted)
        chosen = metrics.ALIGNED if aligned else metrics.STEPS
        if column.scheme:
            chosen = metrics.SPANS | metrics.ALIGNED
        found = {name: metric(*rows) for name, metric in chosen.items()}
        return found if aligned else found | _as_text(column, true, predicted)
    flat = [np.concatenate([np.ravel(row) for row in rows]) for rows in (true, predicted)]
    return {name: metric(*flat) for name, metric in metrics.NUMBERS.items()}


def _as_text(column: Column, true: Any, predicted: Any) -> dict[str, float]:
    """Return BLEU, and chrF of text, for rows of several words; NaN without sacrebleu."""
    rows = [_spelled(column, known) for known in (true, predicted)]
    if np.mean([len(row.split()) for row in rows[0]]) < RUN:
        return {}
    names = ["BLEU"] if column.kind == "tokens" else ["BLEU", "chrF"]
    if not metrics.has_sacrebleu():
        return dict.fromkeys(names, math.nan)
    found = {"BLEU": metrics.bleu(*rows, split=column.kind == "text")}
    return found if len(names) == 1 else found | {"chrF": metrics.chrf(*rows)}


def row_errors(column: Column, true: Any, predicted: Any, *, aligned: bool = False) -> Any:
    """Return one error a row (n): squared for numbers; labels, edits, spans or shares of steps."""
    if column.kind == "category":
        return np.array([str(t) != str(p) for t, p in zip(true, predicted, strict=True)], float)
    if column.kind in ("tokens", "text"):
        pairs = list(zip(_pieces(column, true), _pieces(column, predicted), strict=True))
        if not aligned:
            return np.array([metrics.edits(t, p) for t, p in pairs], float)
        if column.scheme:
            return np.array([metrics.wrong_spans(t, p) for t, p in pairs], float)
        longest = [max(len(t), len(p), 1) for t, p in pairs]
        right = np.array([metrics.agreeing(t, p) for t, p in pairs])
        return 1 - right / np.array(longest)
    if isinstance(true, np.ndarray):
        squares: Any = ((true - predicted) ** 2).reshape(len(true), -1)
        return squares.mean(axis=1)
    return np.array(
        [np.mean((np.ravel(t) - np.ravel(p)) ** 2) for t, p in zip(true, predicted, strict=True)]
    )


def verdict(errors: Mapping[str, Any], scores: Mapping[str, Mapping[str, float]]) -> str:
    """Return in a sentence whether the network is worth having.

    The network is compared row by row with the better reference: a difference counts when its
    95% interval (1.96 standard errors of the mean paired difference) leaves out zero.

    Example:
        >>> errors = {"network": np.zeros(50), "mean": np.ones(50)}
        >>> verdict(errors, {"network": {"RMSE": 0.0}, "mean": {"RMSE": 1.0}})
        'The network is worth having: RMSE 0 against 1 by the mean (50 rows).'
    """
    rival = min((who for who in errors if who != NETWORK), key=lambda who: errors[who].mean())
    difference = errors[rival] - errors[NETWORK]
    margin = 1.96 * difference.std() / max(1.0, len(difference) ** 0.5)
    metric = next(iter(scores[NETWORK]))
    ours, theirs = format_score(scores[NETWORK][metric]), format_score(scores[rival][metric])
    facts = (
        f"{metric} {ours} against {theirs} by {SPELLED.get(rival, rival)} ({len(difference)} rows)"
    )
    if difference.mean() > margin:
        return f"The network is worth having: {facts}."
    if difference.mean() < -margin:
        return f"The network is not worth having here: {facts}; take the simpler one."
    return f"No clear difference: {facts}; the simpler one will do until there is more data."


def format_score(value: float) -> str:
    """Return a score as a person reads it.

    Example:
        >>> shown(0.98765), shown(12345.6), shown(3.14159), shown(float("nan"))
        ('0.988', '12346', '3.14', '-')
    """
    if value != value:
        return "-"
    size = abs(value)
    return (
        f"{value:.0f}"
        if size >= 1000 or value == int(value)
        else f"{value:.3f}"
        if size < 1
        else f"{value:.3g}"
    )


def _pieces(column: Column, rows: Any) -> list[list[str]]:
    """Return rows of tokens as they are, and texts as the steps that are counted."""
    if column.kind == "tokens":
        return [list(row) for row in rows]
    return [tokenizer.split_text(row, _unit(column), cased=True) for row in rows]


def _spelled(column: Column, rows: Any) -> list[str]:
    """Return rows of tokens with blanks between, and texts as they can come out."""
    if column.kind == "tokens":
        return [" ".join(row) for row in rows]
    if column.unit != "words":
        return list(rows)
    return [tokenizer.join_text(tokenizer.split_text(row, "words", cased=True), "words") for row in rows]


def _unit(column: Column) -> Unit:
    """Return what is counted of a text: subwords are counted by their words."""
    return "characters" if column.unit == "characters" else "words"
