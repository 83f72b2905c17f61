"""The result of an evaluation: scores beside those of the baselines, with a verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from unrolled.baselines.verdict import NETWORK, format_score
from unrolled.explain.notebook import html_lines, html_table
from unrolled.inference.calibration import Calibration
from unrolled.sequences.evaluation.confusion import Confusion, plot_confusions
from unrolled.sequences.evaluation.label_sets import LabelScores
from unrolled.sequences.evaluation.metrics import NO_SACREBLEU

Scores = Mapping[str, Mapping[str, float]]  # by predictor, then by metric


@dataclass(frozen=True)
class Evaluation:
    """Scores on rows that the model was not trained on.

    Attributes:
        rows: How many rows were scored.
        scores: By output, then by predictor (`network` first), then by metric.
        verdicts: By output: whether the network is worth having, in a sentence.
        confusions: By output that is a category, or a label at each step: which labels are
            predicted for which.
        calibrations: By output that is a category: how far its probabilities are from the true
            frequencies.
        label_scores: By output that is a set of labels: the scores of each label.
        left_out: How many further rows were left out, since they have no known output.
        rows_by_output: In how many rows each output is known, at least in part.
        trained_on: How many of the rows were trained on, as far as that is known.

    A predictor that a metric cannot score lacks it. BLEU and chrF are NaN without sacrebleu.
    """

    rows: int
    scores: Mapping[str, Scores]
    verdicts: Mapping[str, str]
    confusions: Mapping[str, Confusion] = field(default_factory=dict)
    calibrations: Mapping[str, Calibration] = field(default_factory=dict)
    label_scores: Mapping[str, LabelScores] = field(default_factory=dict)
    left_out: int = 0
    rows_by_output: Mapping[str, int] = field(default_factory=dict)
    trained_on: int = 0

    @property
    def main(self) -> float:
        """The network's first metric on the first output.

        Accuracy, RMSE, span F1 (tags), step accuracy (aligned), the error rate of tokens,
        characters or words (unaligned), or NLL per token (one-to-many). RMSE, error rates and NLL
        are better when lower.
        """
        network_scores = next(iter(self.scores.values()))[NETWORK]
        return next(iter(network_scores.values()))

    def plot(self, path: str | Path) -> None:
        """Draw the confusion matrix of every output that is a category, or a label at each step.

        Args:
            path: The picture, whose suffix is the format (`.png`, `.svg`, `.pdf`).

        Raises:
            SettingError: No output is a category.
            DataError: The file cannot be written, or its format is unknown.
        """
        plot_confusions(self.confusions, path)

    def __str__(self) -> str:
        lines = [*self._left_out_lines()]
        for output, scores in self.scores.items():
            lines += [self._title(output), *_table(scores)]
            if lacks_sacrebleu(scores):
                lines.append(NO_SACREBLEU)
            lines.append(self.verdicts[output])
            details = [
                by_output.get(output)
                for by_output in (self.confusions, self.label_scores, self.calibrations)
            ]
            lines += [str(detail) for detail in details if detail is not None]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        """Return the verdicts and the tables of scores for a notebook."""
        parts = [html_lines(self._left_out_lines())]
        for output, scores in self.scores.items():
            parts += [
                html_lines([self.verdicts[output], self._title(output)]),
                html_table(
                    ["", *scores[NETWORK]],
                    [[predictor, *_cells(scores, predictor)] for predictor in scores],
                ),
                html_lines([NO_SACREBLEU] if lacks_sacrebleu(scores) else []),
            ]
        return "".join(parts)

    def _title(self, output: str) -> str:
        """Return the name of an output with the number of rows that are scored."""
        known = self.rows_by_output.get(output, self.rows)
        if known == self.rows:
            return f"{output} ({self.rows} rows)"
        return f"{output} ({known} of {self.rows} rows; it is not known in the others)"

    def _left_out_lines(self) -> list[str]:
        """Return lines on rows without any known output, outputs without a row, and old rows."""
        lines = []
        if self.left_out:
            total = self.rows + self.left_out
            has = "has" if self.left_out == 1 else "have"
            lines.append(f"Of {total} rows, {self.left_out} {has} no known output.")
        lines += [
            f"{output} is not known in any row."
            for output, rows in self.rows_by_output.items()
            if not rows
        ]
        if self.trained_on:
            lines.append(
                f"{self.trained_on} of these {self.rows} rows were trained on, so the scores are"
                " better than on new rows."
            )
        return lines


def lacks_sacrebleu(scores: Scores) -> bool:
    """Return whether BLEU could not be computed since sacrebleu is not installed."""
    return math.isnan(scores[NETWORK].get("BLEU", 0.0))


def _cells(scores: Scores, predictor: str) -> list[str]:
    """Return a predictor's scores, in the order of the network's metrics."""
    return [format_score(scores[predictor].get(metric, math.nan)) for metric in scores[NETWORK]]


def _table(scores: Scores) -> list[str]:
    """Return a line of metrics, and a line of scores for each predictor."""
    metrics = list(scores[NETWORK])
    width = max(len(predictor) for predictor in scores)
    lines = ["  ".join([" " * (width + 2), *(f"{metric:>10}" for metric in metrics)])]
    for predictor in scores:
        cells = zip(metrics, _cells(scores, predictor), strict=True)
        aligned = [f"{cell:>{max(10, len(metric))}}" for metric, cell in cells]
        lines.append("  ".join([f"  {predictor:<{width}}", *aligned]))
    return lines
