"""Evaluate a trained model: score its predictions beside those of its baselines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from unrolled.baselines.verdict import NETWORK
from unrolled.data.batches import Examples
from unrolled.data.block import Array
from unrolled.data.tables.table import Table
from unrolled.errors import NotFittedError
from unrolled.inference import generate, predict
from unrolled.inference.calibration import Calibration, evaluate_calibration
from unrolled.schema import Column, Schema
from unrolled.sequences.evaluation.confusion import Confusion
from unrolled.sequences.evaluation.result import Evaluation
from unrolled.sequences.evaluation.scores import (
    check_lengths,
    compute_scores,
    error_rate_name,
    paired_verdict,
    row_errors,
)
from unrolled.sequences.trained import Trained

NLL = "NLL per token"


def evaluate(trained: Trained, table: Table) -> Evaluation:
    """Score a model and its baselines on a table with known outputs.

    Args:
        trained: The model.
        table: The rows, complete.

    Raises:
        NotFittedError: There are no baselines, since the model was saved before it was trained.
    """
    if not trained.baselines:
        raise NotFittedError(
            "Cannot evaluate: this model was saved untrained, so it has no baselines. Call fit"
            " first."
        )
    schema, encoder = trained.encoder.schema, trained.encoder
    generated = [column for column in schema.outputs if is_generated(schema, column)]
    examples = encoder.encode(table, targets=bool(generated))
    outputs = _predict_outputs(trained, examples)
    nll = _compute_nll(trained, examples, [encoder.tensor_names[c.name] for c in generated])
    scores, verdicts = {}, {}
    for column in schema.outputs:
        tensor = encoder.tensor_names[column.name]
        predictions = {
            predictor: encoder.decode(column, encoded[tensor])
            for predictor, encoded in outputs.items()
            if tensor in encoded
        }
        column_nll = {who: rows[tensor] for who, rows in nll.items() if tensor in rows}
        scores[column.name], verdicts[column.name] = _score_column(
            schema,
            column,
            table.values[column.name],
            predictions,
            column_nll,
            _count_steps(examples, tensor),
        )
    details = _evaluate_labels(trained, table, outputs[NETWORK])
    return Evaluation(table.rows, scores, verdicts, *details)


def score(trained: Trained, table: Table) -> float:
    """Return one number for the first output, higher is better (scikit-learn).

    Accuracy, span F1 (tags), step accuracy (aligned), 1 - the error rate of tokens, characters or
    words (unaligned), minus the NLL per token (one-to-many), or R2.

    Args:
        trained: The model.
        table: The rows, complete.
    """
    schema, encoder = trained.encoder.schema, trained.encoder
    column = schema.outputs[0]
    tensor, generated = encoder.tensor_names[column.name], is_generated(schema, column)
    if generated and schema.shape == "one-to-many":
        examples = encoder.encode(table, targets=True)
        nll = _network_nll(trained, examples, [tensor])[tensor]
        return -float(nll.sum()) / _count_steps(examples, tensor)
    examples = encoder.encode(table, targets=False)
    outputs = generate.generate_outputs(trained.bundle, trained.spec, examples)
    true, predicted = table.values[column.name], encoder.decode(column, outputs[tensor])
    check_lengths(column, true, predicted)
    scores = compute_scores(column, true, predicted, aligned=schema.shape == "aligned")
    if generated:
        return 1 - scores[error_rate_name(column)]
    return scores.get("R2", next(iter(scores.values())))


def is_generated(schema: Schema, column: Column) -> bool:
    """Return whether an output is a sequence of tokens or text with a length of its own."""
    return column.is_token_sequence and schema.shape != "aligned"


def _predict_outputs(trained: Trained, examples: Examples) -> dict[str, dict[str, Any]]:
    """Return the encoded outputs of the network and of each baseline, by their names."""
    outputs: dict[str, dict[str, Any]] = {
        NETWORK: generate.generate_outputs(trained.bundle, trained.spec, examples)
    }
    for baseline in trained.baselines:  # a baseline of steps and one of rows may share a name
        earlier = outputs.get(baseline.name, {})
        outputs[baseline.name] = earlier | baseline.predict(examples)
    return outputs


def _score_column(
    schema: Schema,
    column: Column,
    true: Any,
    predictions: Mapping[str, Any],
    nll: Mapping[str, Array],
    steps: int,
) -> tuple[dict[str, dict[str, float]], str]:
    """Return the scores of each predictor on one output, and the verdict.

    Where many outputs are right (one-to-many), rows are compared by their likelihood, else by the
    errors of the predictions. Models of older versions have no n-gram to compare likelihoods with.
    """
    aligned = schema.shape == "aligned"
    check_lengths(column, true, predictions[NETWORK])
    scores = {
        predictor: compute_scores(column, true, predicted, aligned=aligned)
        for predictor, predicted in predictions.items()
    }
    by_likelihood = schema.shape == "one-to-many" and len(nll) > 1
    errors = (
        nll
        if by_likelihood
        else {
            predictor: row_errors(column, true, predicted, aligned=aligned)
            for predictor, predicted in predictions.items()
        }
    )
    scores = _add_nll(scores, nll, steps, first=by_likelihood)
    return scores, paired_verdict(errors, scores)


def _add_nll(
    scores: dict[str, dict[str, float]], nll: Mapping[str, Array], steps: int, *, first: bool
) -> dict[str, dict[str, float]]:
    """Return scores with the NLL per token, before or after the others."""
    with_nll = {}
    for predictor in {**scores, **nll}:
        others = scores.get(predictor, {})
        per_token = {NLL: float(nll[predictor].sum()) / steps} if predictor in nll else {}
        with_nll[predictor] = per_token | others if first else others | per_token
    return with_nll


def _evaluate_labels(
    trained: Trained, table: Table, outputs: Mapping[str, Any]
) -> tuple[dict[str, Confusion], dict[str, Calibration]]:
    """Return the confusion and the calibration of each output that is a category, by column.

    Args:
        trained: The model.
        table: The rows.
        outputs: The network's encoded outputs.
    """
    confusions, calibrations = {}, {}
    for column in trained.encoder.schema.outputs:
        if not column.is_category:
            continue
        encoder, true = trained.encoder.encoders[column.name], table.values[column.name]
        logits = np.asarray(outputs[trained.encoder.tensor_names[column.name]], dtype=float)
        confusions[column.name] = Confusion.of(true, encoder.decode(logits), encoder.classes)
        temperature = trained.temperatures.get(column.name, 1.0)
        calibrations[column.name] = evaluate_calibration(logits, encoder.encode(true), temperature)
    return confusions, calibrations


def _compute_nll(
    trained: Trained, examples: Examples, tensors: list[str]
) -> dict[str, dict[str, Array]]:
    """Return the NLL of each row (n) of generated outputs, by the predictors that have one."""
    if not tensors:
        return {}
    baselines = {baseline.name: baseline.nll(examples) for baseline in trained.baselines}
    return {NETWORK: _network_nll(trained, examples, tensors), **baselines}


def _network_nll(trained: Trained, examples: Examples, tensors: list[str]) -> dict[str, Array]:
    """Return the NLL of each row (n) under the network itself, by output."""
    known = generate.teacher_forced(examples, trained.spec, trained.bundle)
    return predict.negative_log_likelihood(trained.model, known, tensors)


def _count_steps(examples: Examples, tensor: str) -> int:
    """Return how many true steps an output has, end marks included."""
    return len(examples.targets[tensor].flat) if tensor in examples.targets else 0
