"""Scores of a trained model, always beside a constant and a simple reference, with a verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from unrolled import generation, metrics
from unrolled.artifact import Trained
from unrolled.data.table import Table
from unrolled.errors import DataError
from unrolled.schema import Column

NETWORK = "network"


@dataclass(frozen=True)
class Evaluation:
    """Scores on rows that were not trained on.

    Attributes:
        rows: How many rows were scored.
        scores: By output, then by who predicted (`network` first), then by metric.
        verdicts: By output: whether the network is worth having, in a sentence.
    """

    rows: int
    scores: Mapping[str, Mapping[str, Mapping[str, float]]]
    verdicts: Mapping[str, str]

    @property
    def main(self) -> float:
        """The network's first metric on the first output: accuracy, RMSE or step accuracy."""
        first = next(iter(self.scores.values()))[NETWORK]
        return next(iter(first.values()))

    def __str__(self) -> str:
        lines = []
        for output, table in self.scores.items():
            names = list(table[NETWORK])
            width = max(len(who) for who in table)
            lines.append(f"{output} ({self.rows} rows)")
            lines.append("  ".join([" " * (width + 2), *(f"{name:>10}" for name in names)]))
            for who, scores in table.items():
                cells = [f"{shown(scores[name]):>10}" for name in names]
                lines.append("  ".join([f"  {who:<{width}}", *cells]))
            lines.append(self.verdicts[output])
        return "\n".join(lines)


def evaluate(trained: Trained, table: Table) -> Evaluation:
    """Score a model and its references on a table with known outputs.

    Args:
        trained: The model.
        table: The rows, complete.
    """
    encoding = trained.encoding
    examples = encoding.examples(table, targets=False)
    ports = [encoding.ports[column.name] for column in encoding.schema.outputs]
    said = {NETWORK: generation.outputs(trained.faces, trained.ports, examples)}
    said |= {reference.name: reference.outputs(examples) for reference in trained.references}
    scores: dict[str, dict[str, dict[str, float]]] = {}
    verdicts = {}
    for column, port in zip(encoding.schema.outputs, ports, strict=True):
        true = table.values[column.name]
        predicted = {who: encoding.decode(column, found[port]) for who, found in said.items()}
        comparable(column, true, predicted[NETWORK])
        scores[column.name] = {who: scored(column, true, p) for who, p in predicted.items()}
        errors = {who: row_errors(column, true, p) for who, p in predicted.items()}
        verdicts[column.name] = verdict(errors, scores[column.name])
    return Evaluation(table.rows, scores, verdicts)


def comparable(column: Column, true: Any, predicted: Any) -> None:
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


def scored(column: Column, true: Any, predicted: Any) -> dict[str, float]:
    """Return every metric of a column's kind, the main one first."""
    if column.kind == "category":  # the same label may be a number here and text there
        labels = list(map(str, true)), list(map(str, predicted))
        return {name: metric(*labels) for name, metric in metrics.CLASSES.items()}
    if column.kind in ("tokens", "text"):
        pairs = list(zip(_pieces(true), _pieces(predicted), strict=True))
        right = sum(_agreeing(t, p) for t, p in pairs)
        return {
            "step accuracy": right / max(1, sum(max(len(t), len(p)) for t, p in pairs)),
            "exact rows": float(np.mean([t == p for t, p in pairs])),
        }
    flat = [np.concatenate([np.ravel(row) for row in rows]) for rows in (true, predicted)]
    return {name: metric(*flat) for name, metric in metrics.NUMBERS.items()}


def row_errors(column: Column, true: Any, predicted: Any) -> Any:
    """Return one error a row (n): squared for numbers, the share of wrong labels otherwise."""
    if column.kind == "category":
        return np.array([str(t) != str(p) for t, p in zip(true, predicted, strict=True)], float)
    if column.kind in ("tokens", "text"):
        pairs = zip(_pieces(true), _pieces(predicted), strict=True)
        return np.array([1 - _agreeing(t, p) / max(len(t), len(p), 1) for t, p in pairs])
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
    ours, theirs = shown(scores[NETWORK][metric]), shown(scores[rival][metric])
    name = (
        f"the {rival}"
        if rival in ("mean", "constant", "linear map")
        else f"the {rival} value"
        if rival == "most frequent"
        else rival
    )
    facts = f"{metric} {ours} against {theirs} by {name} ({len(difference)} rows)"
    if difference.mean() > margin:
        return f"The network is worth having: {facts}."
    if difference.mean() < -margin:
        return f"The network is not worth having here: {facts}; take the simpler one."
    return f"No clear difference: {facts}; the simpler one will do until there is more data."


def shown(value: float) -> str:
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


def _pieces(rows: Any) -> list[list[str]]:
    """Return rows of tokens as they are, and texts as their characters."""
    return [list(row) for row in rows]


def _agreeing(true: list[str], predicted: list[str]) -> int:
    return sum(t == p for t, p in zip(true, predicted, strict=False))
