"""Evaluate a trained model: score its predictions beside those of its baselines."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np

from unrolled.baselines.verdict import NETWORK
from unrolled.data.batches import Examples
from unrolled.data.block import Array
from unrolled.data.tables.known import known_rows
from unrolled.data.tables.table import Table, Values
from unrolled.data.tables.trained_rows import count_trained_rows
from unrolled.errors import DataError, NotFittedError
from unrolled.inference import generate, predict
from unrolled.inference.calibration import Calibration, evaluate_calibration
from unrolled.inference.threshold import apply_threshold
from unrolled.schema import Column, Schema
from unrolled.sequences.evaluation.confusion import Confusion
from unrolled.sequences.evaluation.label_sets import LabelScores
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
MAX_STEP_LABELS = 100  # with more, steps are words or the like, and not labels


def evaluate(
    trained: Trained, table: Table, *, left_out: int = 0, threshold: float | None = None
) -> Evaluation:
    """Score a model and its baselines on a table with known outputs.

    Args:
        trained: The model.
        table: The rows; each of them has at least one known output.
        left_out: How many further rows were left out, since they have no known output.
        threshold: The probability from which the network predicts a label; None takes one half.

    Raises:
        NotFittedError: There are no baselines, since the model was saved before it was trained.
    """
    if not trained.baselines:
        raise NotFittedError(
            "Cannot evaluate: this model was saved untrained, so it has no baselines. Call fit"
            " first."
        )
    schema, encoder = trained.encoder.schema, trained.encoder
    for sentence in encoder.describe_new(table):
        warnings.warn(sentence, stacklevel=3)
    generated = [column for column in schema.outputs if is_generated(schema, column)]
    examples = encoder.encode(table, targets=bool(generated))
    outputs = _predict_outputs(trained, examples)
    logits = outputs[NETWORK]
    outputs[NETWORK] = _decide(trained, logits, threshold)
    nll = _compute_nll(trained, examples, [encoder.tensor_names[c.name] for c in generated])
    scores, verdicts, rows_by_output = {}, {}, {}
    for column in schema.outputs:
        tensor, true = encoder.tensor_names[column.name], _true_values(trained, column, table)
        rows = known_rows(true, column)
        rows_by_output[column.name] = int(rows.sum())
        if not rows.any():
            continue
        predictions = {
            predictor: _take(encoder.decode(column, encoded[tensor]), rows)
            for predictor, encoded in outputs.items()
            if tensor in encoded
        }
        column_nll = {who: values[tensor] for who, values in nll.items() if tensor in values}
        steps = _count_steps(examples, tensor)
        scores[column.name], verdicts[column.name] = _score_column(
            schema, column, _take(true, rows), predictions, column_nll, steps
        )
    confusions, calibrations = _evaluate_labels(trained, table, outputs[NETWORK], logits)
    return Evaluation(
        table.rows,
        scores,
        verdicts,
        confusions,
        calibrations,
        label_scores=_evaluate_label_sets(trained, table, outputs[NETWORK]),
        left_out=left_out,
        rows_by_output=rows_by_output,
        trained_on=count_trained_rows(table, trained.data, schema.inputs, schema.outputs),
    )


def _decide(trained: Trained, logits: Mapping[str, Any], threshold: float | None) -> dict[str, Any]:
    """Return the network's outputs, from which labels are predicted by a threshold."""
    names = trained.encoder.tensor_names
    by_column = {c.name: logits[names[c.name]] for c in trained.encoder.schema.outputs}
    decided = apply_threshold(trained.encoder, by_column, threshold, trained.temperatures)
    return {**logits, **{names[name]: values for name, values in decided.items()}}


def _true_values(trained: Trained, column: Column, table: Table) -> Values:
    """Return the true values of an output, labels in the form of the training part."""
    values: Values = trained.encoder.encoders[column.name].as_classes(table.values[column.name])
    return values


def _take(values: Any, rows: Array) -> Any:
    """Return the values of the rows that are True in a mask."""
    if rows.all():
        return values
    if isinstance(values, np.ndarray):
        return values[rows]
    return [value for value, is_known in zip(values, rows, strict=True) if is_known]


def score(trained: Trained, table: Table) -> float:
    """Return one number for the first output, higher is better (scikit-learn).

    Accuracy, span F1 (tags), step accuracy (aligned), 1 - the error rate of tokens, characters or
    words (unaligned), minus the NLL per token (one-to-many), or R2.

    Args:
        trained: The model.
        table: The rows; each of them has at least one known output.

    Raises:
        DataError: The first output is not known in any row.
    """
    return named_score(trained, table)[1]


def named_score(trained: Trained, table: Table) -> tuple[str, float]:
    """Return what `score` returns, and before it the name of that number."""
    schema, encoder = trained.encoder.schema, trained.encoder
    column = schema.outputs[0]
    tensor, generated = encoder.tensor_names[column.name], is_generated(schema, column)
    if generated and schema.shape == "one-to-many":
        examples = encoder.encode(table, targets=True)
        nll = _network_nll(trained, examples, [tensor])[tensor]
        return f"minus the {NLL}", -float(nll.sum()) / _count_steps(examples, tensor)
    examples = encoder.encode(table, targets=False)
    outputs = generate.generate_outputs(trained.runtime, trained.spec, examples)
    true, predicted = (
        _true_values(trained, column, table),
        encoder.decode(column, outputs[tensor]),
    )
    check_lengths(column, true, predicted)
    rows = known_rows(true, column)
    if not rows.any():
        raise DataError(
            f"No row has a known value in the column '{column.name}', so there is nothing to score."
            " Fill it in at least one row."
        )
    true, predicted = _take(true, rows), _take(predicted, rows)
    scores = compute_scores(column, true, predicted, aligned=schema.shape == "aligned")
    if generated:
        name = error_rate_name(column)
        return f"1 - {name}", 1 - scores[name]
    name = "R2" if "R2" in scores else next(iter(scores))
    return name, scores[name]


def is_generated(schema: Schema, column: Column) -> bool:
    """Return whether an output is a sequence of tokens or text with a length of its own."""
    return column.is_token_sequence and schema.shape != "aligned"


def _predict_outputs(trained: Trained, examples: Examples) -> dict[str, dict[str, Any]]:
    """Return the encoded outputs of the network and of each baseline, by their names."""
    outputs: dict[str, dict[str, Any]] = {
        NETWORK: generate.generate_outputs(trained.runtime, trained.spec, examples)
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
    trained: Trained, table: Table, outputs: Mapping[str, Any], logits: Mapping[str, Any]
) -> tuple[dict[str, Confusion], dict[str, Calibration]]:
    """Return the confusion and the calibration of each output that is a category, by column.

    Labels of steps, which tags are, have a confusion as well.

    Args:
        trained: The model.
        table: The rows.
        outputs: The network's encoded outputs, from which labels are predicted.
        logits: The same without a threshold.
    """
    confusions: dict[str, Confusion] = {}
    calibrations: dict[str, Calibration] = {}
    is_aligned = trained.encoder.schema.shape == "aligned"
    for column in trained.encoder.schema.outputs:
        encoder, true = trained.encoder.encoders[column.name], table.values[column.name]
        encoded = outputs[trained.encoder.tensor_names[column.name]]
        if column.kind == "tokens" and is_aligned:
            confusion = Confusion.of_steps(list(true), encoder.decode(encoded))
            if confusion is not None and len(confusion.labels) <= MAX_STEP_LABELS:
                confusions[column.name] = confusion
        rows = known_rows(true, column)
        if not column.is_category or not rows.any():
            continue
        predicted, true = encoder.decode(np.asarray(encoded)[rows]), encoder.as_classes(true[rows])
        confusions[column.name] = Confusion.of(true, predicted, encoder.classes)
        calibrations[column.name] = evaluate_calibration(
            np.asarray(logits[trained.encoder.tensor_names[column.name]], dtype=float)[rows],
            encoder.encode(true),
            trained.temperatures.get(column.name, 1.0),
        )
    return confusions, calibrations


def _evaluate_label_sets(
    trained: Trained, table: Table, outputs: Mapping[str, Any]
) -> dict[str, LabelScores]:
    """Return the scores of each label of the outputs that are sets of labels, by column."""
    encoder, result = trained.encoder, {}
    for column in encoder.schema.outputs:
        true = table.values[column.name]
        if column.is_label_set and known_rows(true, column).any():
            rows = known_rows(true, column)
            predicted = encoder.decode(column, outputs[encoder.tensor_names[column.name]])
            classes = encoder.encoders[column.name].classes
            result[column.name] = LabelScores.of(_take(true, rows), _take(predicted, rows), classes)
    return result


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
    known = generate.teacher_forced(examples, trained.spec, trained.runtime)
    return predict.negative_log_likelihood(trained.runtime.model, known, tensors)


def _count_steps(examples: Examples, tensor: str) -> int:
    """Return how many true steps an output has, end marks included."""
    return len(examples.targets[tensor].flat) if tensor in examples.targets else 0
