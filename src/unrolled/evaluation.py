"""Scores of a trained model, always beside simple references, with a verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from unrolled import generation, inference, metrics
from unrolled.artifact import Trained
from unrolled.calibration import Calibration, calibration
from unrolled.confusion import Confusion, draw
from unrolled.data import text
from unrolled.data.batch import Array, Examples
from unrolled.data.labels import Labels
from unrolled.data.table import Table
from unrolled.errors import DataError, NotFittedError
from unrolled.schema import Column, Schema, Unit

NETWORK = "network"
NATS = "nats a token"
RUN = 4  # BLEU counts runs of four words: shorter rows have none
SPELLED = {
    **{name: f"the {name}" for name in ("mean", "constant", "linear map", "n-gram")},
    **{name: f"the {name}" for name in ("most frequent output", "nearest training input")},
    "most frequent": "the most frequent value",
}


@dataclass(frozen=True)
class Evaluation:
    """Scores on rows that were not trained on.

    Attributes:
        rows: How many rows were scored.
        scores: By output, then by who predicted (`network` first), then by metric.
        verdicts: By output: whether the network is worth having, in a sentence.
        confusions: By output that is a category: which labels are taken for which.
        calibrations: By such an output: how far its probabilities are from true.

    Who cannot be scored by a metric lacks it. BLEU and chrF are NaN without sacrebleu.
    """

    rows: int
    scores: Mapping[str, Mapping[str, Mapping[str, float]]]
    verdicts: Mapping[str, str]
    confusions: Mapping[str, Confusion] = field(default_factory=dict)
    calibrations: Mapping[str, Calibration] = field(default_factory=dict)

    @property
    def main(self) -> float:
        """The network's first metric on the first output.

        Accuracy, RMSE, span F1 (tags) or step accuracy (aligned), edit rate (unaligned) or nats a
        token (one-to-many); RMSE, edit rate and nats are better when lower.
        """
        first = next(iter(self.scores.values()))[NETWORK]
        return next(iter(first.values()))

    def plot(self, path: str | Path) -> None:
        """Draw which labels are taken for which, of every output that is a category.

        Args:
            path: The picture, whose suffix says the format (`.png`, `.svg`, `.pdf`).

        Raises:
            SettingError: No output is a category.
            DataError: The file cannot be written, or its format is not known.
        """
        draw(self.confusions, path)

    def __str__(self) -> str:
        lines = []
        for output, table in self.scores.items():
            names = list(table[NETWORK])
            width = max(len(who) for who in table)
            lines.append(f"{output} ({self.rows} rows)")
            lines.append("  ".join([" " * (width + 2), *(f"{name:>10}" for name in names)]))
            for who, scores in table.items():
                cells = [f"{shown(scores.get(n, math.nan)):>{max(10, len(n))}}" for n in names]
                lines.append("  ".join([f"  {who:<{width}}", *cells]))
            if math.isnan(table[NETWORK].get("BLEU", 0)):
                lines.append(metrics.NO_SACREBLEU)
            lines.append(self.verdicts[output])
            found = (self.confusions.get(output), self.calibrations.get(output))
            lines += [str(one) for one in found if one is not None]
        return "\n".join(lines)


def evaluate(trained: Trained, table: Table) -> Evaluation:
    """Score a model and its references on a table with known outputs.

    Args:
        trained: The model.
        table: The rows, complete.

    Raises:
        NotFittedError: There are no references, since it was saved before it was trained.
    """
    if not trained.references:
        raise NotFittedError(
            "got evaluate of a network that was saved before it was trained, expected one that was:"
            " there is nothing to score it beside. Train it first."
        )
    schema, encoding = trained.encoding.schema, trained.encoding
    written = [column for column in schema.outputs if writes(schema, column)]
    examples = encoding.examples(table, targets=bool(written))
    ports = [encoding.ports[column.name] for column in schema.outputs]
    said = {NETWORK: generation.outputs(trained.faces, trained.ports, examples)}
    for reference in trained.references:  # those of steps and of rows may have one name
        said[reference.name] = said.get(reference.name, {}) | reference.outputs(examples)
    nats = _nats(trained, examples, [encoding.ports[column.name] for column in written])
    scores: dict[str, dict[str, dict[str, float]]] = {}
    verdicts = {}
    for column, port in zip(schema.outputs, ports, strict=True):
        true, aligned = table.values[column.name], schema.shape == "aligned"
        predicted = {
            who: encoding.decode(column, found[port])
            for who, found in said.items()
            if port in found
        }
        comparable(column, true, predicted[NETWORK])
        found = {who: scored(column, true, p, aligned=aligned) for who, p in predicted.items()}
        errors = {who: row_errors(column, true, p, aligned=aligned) for who, p in predicted.items()}
        judged = {who: rows[port] for who, rows in nats.items() if port in rows}
        first = schema.shape == "one-to-many" and len(judged) > 1  # older models have no n-gram
        if first:
            errors = judged
        scores[column.name] = _beside(found, judged, _steps(examples, port), first=first)
        verdicts[column.name] = verdict(errors, scores[column.name])
    return Evaluation(table.rows, scores, verdicts, *_labels(trained, table, said[NETWORK]))


def _labels(
    trained: Trained, table: Table, said: Mapping[str, Any]
) -> tuple[dict[str, Confusion], dict[str, Calibration]]:
    """Return how labels are mixed up, and how true probabilities are, by column.

    Args:
        trained: The model.
        table: The rows.
        said: What the network says of them, by its outputs.
    """
    confusions, calibrations = {}, {}
    for column in trained.encoding.schema.outputs:
        encoder, true = trained.encoding.encoders[column.name], table.values[column.name]
        if column.kind == "category" and isinstance(encoder, Labels):
            logits = np.asarray(said[trained.encoding.ports[column.name]], dtype=float)
            confusions[column.name] = Confusion.of(true, encoder.decode(logits), encoder.classes)
            heat = trained.temperatures.get(column.name, 1.0)
            calibrations[column.name] = calibration(logits, encoder.encode(true), heat)
    return confusions, calibrations


def graded(trained: Trained, table: Table) -> float:
    """Return one number for the first output, higher is better (scikit-learn).

    Accuracy, span F1 (tags), step accuracy (aligned), 1 - edit rate (unaligned), minus the nats a
    token (one-to-many), or R2.

    Args:
        trained: The model.
        table: The rows, complete.
    """
    schema, encoding = trained.encoding.schema, trained.encoding
    column = schema.outputs[0]
    port, likely = encoding.ports[column.name], writes(schema, column)
    if likely and schema.shape == "one-to-many":
        examples = encoding.examples(table, targets=True)
        nats = _network_nats(trained, examples, [port])[port]
        return -float(nats.sum()) / _steps(examples, port)
    said = generation.outputs(trained.faces, trained.ports, encoding.examples(table, targets=False))
    true, predicted = table.values[column.name], encoding.decode(column, said[port])
    comparable(column, true, predicted)
    scores = scored(column, true, predicted, aligned=schema.shape == "aligned")
    return 1 - scores["edit rate"] if likely else scores.get("R2", next(iter(scores.values())))


def writes(schema: Schema, column: Column) -> bool:
    """Return whether an output is a row of tokens or text of a length of its own."""
    return column.kind in ("tokens", "text") and schema.shape != "aligned"


def _nats(trained: Trained, examples: Examples, ports: list[str]) -> dict[str, dict[str, Array]]:
    """Return the nats of each row (n) of the written outputs, by who gives them a probability."""
    if not ports:
        return {}
    found = {reference.name: reference.nats(examples) for reference in trained.references}
    return {NETWORK: _network_nats(trained, examples, ports), **found}


def _network_nats(trained: Trained, examples: Examples, ports: list[str]) -> dict[str, Array]:
    """Return the nats of each row (n) by the network itself, by output."""
    known = generation.forced(examples, trained.ports, trained.faces)
    return inference.nats(trained.model, known, ports)


def _steps(examples: Examples, port: str) -> int:
    """Return how many true steps an output has, end marks among them."""
    return len(examples.targets[port].flat) if port in examples.targets else 0


def _beside(
    scores: dict[str, dict[str, float]], nats: Mapping[str, Array], steps: int, *, first: bool
) -> dict[str, dict[str, float]]:
    """Return scores with the nats a token, before or after the others."""
    found = {}
    for who in {**scores, **nats}:
        others = scores.get(who, {})
        own = {NATS: float(nats[who].sum()) / steps} if who in nats else {}
        found[who] = own | others if first else others | own
    return found


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


def scored(column: Column, true: Any, predicted: Any, *, aligned: bool = False) -> dict[str, float]:
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
    ours, theirs = shown(scores[NETWORK][metric]), shown(scores[rival][metric])
    facts = (
        f"{metric} {ours} against {theirs} by {SPELLED.get(rival, rival)} ({len(difference)} rows)"
    )
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


def _pieces(column: Column, rows: Any) -> list[list[str]]:
    """Return rows of tokens as they are, and texts as the steps that are counted."""
    if column.kind == "tokens":
        return [list(row) for row in rows]
    return [text.pieces(row, _unit(column), cased=True) for row in rows]


def _spelled(column: Column, rows: Any) -> list[str]:
    """Return rows of tokens with blanks between, and texts as they can come out."""
    if column.kind == "tokens":
        return [" ".join(row) for row in rows]
    if column.unit != "words":
        return list(rows)
    return [text.joined(text.pieces(row, "words", cased=True), "words") for row in rows]


def _unit(column: Column) -> Unit:
    """Return what is counted of a text: subwords are counted by their words."""
    return "characters" if column.unit == "characters" else "words"
