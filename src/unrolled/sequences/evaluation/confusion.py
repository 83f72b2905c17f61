"""The confusion matrix: which labels are predicted for which, the scores of each, a picture."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np

from unrolled.data.block import Array
from unrolled.data.tables.label_index import codes
from unrolled.disk.figures import save_figure
from unrolled.errors import SettingError
from unrolled.sequences.evaluation.gaps import Rows, drop_gaps

MAX_LINES = 20
MAX_LABEL = 24  # characters
MAX_COUNTED = 15  # with more labels, a picture has no room for counts
SCORES = ("precision", "recall", "F1")


@dataclass(frozen=True)
class Confusion:
    """How often each label was predicted for rows of each label.

    Attributes:
        labels: The labels that are true or predicted for some row (C).
        counts: Rows by true label and then by predicted label (C C).
        scores: By label: precision, recall, F1; NaN where they are not defined.
        unit: What is counted: `rows`, or `steps` where each step has a label.
    """

    labels: tuple[str, ...]
    counts: Array
    scores: Mapping[str, Mapping[str, float]]
    unit: str = "rows"

    @classmethod
    def of(cls, true: Iterable[Any], predicted: Iterable[Any], order: Sequence[Any] = ()) -> Self:
        """Return the confusion matrix of rows.

        Args:
            true: The label of each row, in the form of the predicted labels.
            predicted: The label predicted for each row.
            order: The order of labels; labels that are missing here follow, sorted.

        Example:
            >>> confusion = Confusion.of(["a", "a", "b"], ["a", "b", "b"])
            >>> confusion.counts.tolist(), confusion.scores["b"]["precision"]
            ([[1, 1], [0, 1]], 0.5)
        """
        from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

        (ordered, *rows), labels = codes(order, true, predicted)
        present = {*rows[0].tolist(), *rows[1].tolist()}
        first = [code for code in dict.fromkeys(ordered.tolist()) if code in present]
        rest = sorted(present.difference(first), key=lambda code: str(labels[code]))
        in_order = [*first, *rest]
        names = _names([labels[code] for code in in_order])
        counts = confusion_matrix(*rows, labels=in_order)
        by_score = precision_recall_fscore_support(*rows, labels=in_order, zero_division=math.nan)
        by_label = zip(*(column.tolist() for column in by_score[:3]), strict=True)
        scores = [dict(zip(SCORES, row, strict=True)) for row in by_label]
        return cls(names, counts, dict(zip(names, scores, strict=True)))

    @classmethod
    def of_steps(cls, true: Rows, predicted: Rows) -> Self | None:
        """Return the confusion matrix of the known steps of aligned rows, or None without any."""
        rows = [[step for row in rows for step in row] for rows in drop_gaps(true, predicted)]
        if not rows[0] or len(rows[0]) != len(rows[1]):
            return None
        confusion = cls.of(*rows)
        return replace(confusion, unit="steps")

    @property
    def rows(self) -> Array:
        """How many rows have each label (C)."""
        rows: Array = self.counts.sum(axis=1)
        return rows

    def __str__(self) -> str:
        return format_lines(self.labels, self.scores, self.rows, self.unit)


def format_lines(
    labels: Sequence[str], scores: Mapping[str, Mapping[str, float]], counts: Array, unit: str
) -> str:
    """Return a table with a line for each label, at most 20: those that are true most often.

    Args:
        labels: The labels (C).
        scores: The scores of each label.
        counts: How often each label is true (C).
        unit: What is counted, `rows` or `steps`.
    """
    shown = np.sort(np.argsort(-counts, kind="stable")[:MAX_LINES])
    more = len(labels) - len(shown)
    width = max(len(_shorten(labels[i])) for i in shown)
    table = ["  ".join([" " * (width + 2), *(f"{name:>9}" for name in (*SCORES, unit))])]
    for i in shown:
        values = scores[labels[i]].values()
        cells = [f"{'-' if math.isnan(value) else f'{value:.3f}':>9}" for value in values]
        table.append(
            "  ".join([f"  {_shorten(labels[i]):<{width}}", *cells, f"{int(counts[i]):>9}"])
        )
    return "\n".join([*table, *([f"  and {more} labels with fewer {unit}"] if more else [])])


def plot_confusions(confusions: Mapping[str, Confusion], path: str | Path) -> None:
    """Draw the confusion matrix of every output into one file, side by side.

    Args:
        confusions: By output.
        path: The picture, whose suffix is the format (`.png`, `.svg`, `.pdf`).

    Raises:
        SettingError: There is none.
        DataError: The file cannot be written, or its format is unknown.
    """
    from matplotlib.figure import Figure

    if not confusions:
        raise SettingError(
            "There is nothing to plot: a plot shows which labels are predicted for which, and no"
            " output of this model is a category. Leave the plot out."
        )
    sizes = [min(14.0, 3.2 + 0.36 * len(confusion.labels)) for confusion in confusions.values()]
    figure = Figure(figsize=(sum(sizes) + 0.6, max(sizes)), layout="constrained")
    grid: Any = figure.subplots(1, len(confusions), squeeze=False, width_ratios=sizes)[0]
    for axes, (output, confusion) in zip(grid, confusions.items(), strict=True):
        image = _plot_one(axes, output, confusion)
    unit = next(iter(confusions.values())).unit
    figure.colorbar(image, ax=grid, label=f"fraction of the {unit} of the true label", shrink=0.8)
    save_figure(figure, path, example="confusion.png")


def _plot_one(axes: Any, output: str, confusion: Confusion) -> Any:
    """Draw one matrix: fractions of the rows of each true label, and their counts."""
    fractions = confusion.counts / np.maximum(confusion.rows, 1)[:, None]
    image = axes.imshow(fractions, cmap="Blues", vmin=0, vmax=1)
    count = len(confusion.labels)
    names = [_shorten(label) for label in confusion.labels]
    font_size = 9 if count <= MAX_COUNTED else 7
    rotation = 0 if count * max(map(len, names)) <= 24 else 90
    axes.set_xticks(np.arange(count), names, fontsize=font_size, rotation=rotation)
    axes.set_yticks(np.arange(count), names, fontsize=font_size)
    axes.set(title=output, xlabel="predicted", ylabel="true")
    for (i, k), rows in np.ndenumerate(confusion.counts):
        if count <= MAX_COUNTED and rows:
            color = "white" if fractions[i, k] > 0.5 else "black"
            axes.text(k, i, str(rows), ha="center", va="center", color=color, fontsize=font_size)
    return image


def _shorten(label: str) -> str:
    """Return a label that fits beside a table."""
    return label if len(label) <= MAX_LABEL else f"{label[: MAX_LABEL - 1]}…"


def _names(labels: Sequence[Any]) -> tuple[str, ...]:
    """Return the names of labels, with quotes around text where a number is spelled the same."""
    spelled = Counter(map(str, labels))
    return tuple(str(label) if spelled[str(label)] == 1 else repr(label) for label in labels)
