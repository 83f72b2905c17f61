"""Scores of a trained model, always beside simple references, with a verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from unrolled.data.batches import Examples
from unrolled.data.block import Array
from unrolled.data.tables.table import Table
from unrolled.errors import NotFittedError
from unrolled.inference import generate, predict
from unrolled.inference.calibration import Calibration, evaluate_calibration
from unrolled.schema import Column, Schema
from unrolled.sequences import metrics
from unrolled.sequences.confusion import Confusion, plot_confusions
from unrolled.sequences.scores import (
    NETWORK,
    check_lengths,
    compute_scores,
    format_score,
    row_errors,
    verdict,
)
from unrolled.sequences.trained import Trained

NATS = "nats a token"


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
        plot_confusions(self.confusions, path)

    def __str__(self) -> str:
        lines = []
        for output, table in self.scores.items():
            names = list(table[NETWORK])
            width = max(len(who) for who in table)
            lines.append(f"{output} ({self.rows} rows)")
            lines.append("  ".join([" " * (width + 2), *(f"{name:>10}" for name in names)]))
            for who, scores in table.items():
                cells = [f"{format_score(scores.get(n, math.nan)):>{max(10, len(n))}}" for n in names]
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
    if not trained.baselines:
        raise NotFittedError(
            "got evaluate of a network that was saved before it was trained, expected one that was:"
            " there is nothing to score it beside. Train it first."
        )
    schema, encoding = trained.encoder.schema, trained.encoder
    written = [column for column in schema.outputs if is_generated(schema, column)]
    examples = encoding.encode(table, targets=bool(written))
    ports = [encoding.tensor_names[column.name] for column in schema.outputs]
    said = {NETWORK: generate.generate_outputs(trained.bundle, trained.spec, examples)}
    for reference in trained.baselines:  # those of steps and of rows may have one name
        said[reference.name] = said.get(reference.name, {}) | reference.outputs(examples)
    nats = _nats(trained, examples, [encoding.tensor_names[column.name] for column in written])
    scores: dict[str, dict[str, dict[str, float]]] = {}
    verdicts = {}
    for column, port in zip(schema.outputs, ports, strict=True):
        true, aligned = table.values[column.name], schema.shape == "aligned"
        predicted = {
            who: encoding.decode(column, found[port])
            for who, found in said.items()
            if port in found
        }
        check_lengths(column, true, predicted[NETWORK])
        found = {who: compute_scores(column, true, p, aligned=aligned) for who, p in predicted.items()}
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
    for column in trained.encoder.schema.outputs:
        encoder, true = trained.encoder.encoders[column.name], table.values[column.name]
        if column.is_category:
            logits = np.asarray(said[trained.encoder.tensor_names[column.name]], dtype=float)
            confusions[column.name] = Confusion.of(true, encoder.decode(logits), encoder.classes)
            heat = trained.temperatures.get(column.name, 1.0)
            calibrations[column.name] = evaluate_calibration(logits, encoder.encode(true), heat)
    return confusions, calibrations


def score(trained: Trained, table: Table) -> float:
    """Return one number for the first output, higher is better (scikit-learn).

    Accuracy, span F1 (tags), step accuracy (aligned), 1 - edit rate (unaligned), minus the nats a
    token (one-to-many), or R2.

    Args:
        trained: The model.
        table: The rows, complete.
    """
    schema, encoding = trained.encoder.schema, trained.encoder
    column = schema.outputs[0]
    port, likely = encoding.tensor_names[column.name], is_generated(schema, column)
    if likely and schema.shape == "one-to-many":
        examples = encoding.encode(table, targets=True)
        nats = _network_nats(trained, examples, [port])[port]
        return -float(nats.sum()) / _steps(examples, port)
    said = generate.generate_outputs(
        trained.bundle, trained.spec, encoding.encode(table, targets=False)
    )
    true, predicted = table.values[column.name], encoding.decode(column, said[port])
    check_lengths(column, true, predicted)
    scores = compute_scores(column, true, predicted, aligned=schema.shape == "aligned")
    return 1 - scores["edit rate"] if likely else scores.get("R2", next(iter(scores.values())))


def is_generated(schema: Schema, column: Column) -> bool:
    """Return whether an output is a row of tokens or text of a length of its own."""
    return column.kind in ("tokens", "text") and schema.shape != "aligned"


def _nats(trained: Trained, examples: Examples, ports: list[str]) -> dict[str, dict[str, Array]]:
    """Return the nats of each row (n) of the written outputs, by who gives them a probability."""
    if not ports:
        return {}
    found = {reference.name: reference.nats(examples) for reference in trained.baselines}
    return {NETWORK: _network_nats(trained, examples, ports), **found}


def _network_nats(trained: Trained, examples: Examples, ports: list[str]) -> dict[str, Array]:
    """Return the nats of each row (n) by the network itself, by output."""
    known = generate.teacher_forced(examples, trained.spec, trained.bundle)
    return predict.negative_log_likelihood(trained.model, known, ports)


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
