"""Which labels are taken for which: scores of each, and a picture."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from unrolled.data.block import Array
from unrolled.disk.figures import put
from unrolled.errors import SettingError

MOST_LINES = 20
WIDEST = 24  # characters of a label
COUNTED = 15  # the most labels whose counts are written into a picture
SCORES = ("precision", "recall", "F1")


@dataclass(frozen=True)
class Confusion:
    """How often rows of each label were given each label.

    Attributes:
        labels: The labels that rows have or were given (C).
        counts: Rows by true label and then by the one given (C C).
        scores: By label: precision, recall, F1; NaN where nothing could be right.
    """

    labels: tuple[str, ...]
    counts: Array
    scores: Mapping[str, Mapping[str, float]]

    @classmethod
    def of(cls, true: Iterable[Any], predicted: Iterable[Any], order: Sequence[Any] = ()) -> Self:
        """Return the confusion of rows; labels are known by their spelling.

        Args:
            true: The label of each row.
            predicted: The one it was given.
            order: How labels follow one another; further ones follow by their spelling.

        Example:
            >>> found = Confusion.of(["a", "a", "b"], ["a", "b", "b"])
            >>> found.counts.tolist(), found.scores["b"]["precision"]
            ([[1, 1], [0, 1]], 0.5)
        """
        from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

        said = list(map(str, true)), list(map(str, predicted))
        there = {*said[0], *said[1]}
        first = [label for label in dict.fromkeys(map(str, order)) if label in there]
        labels = [*first, *sorted(there.difference(first))]
        counts = confusion_matrix(*said, labels=labels)
        found = precision_recall_fscore_support(*said, labels=labels, zero_division=math.nan)
        columns = zip(*(column.tolist() for column in found[:3]), strict=True)
        scores = [dict(zip(SCORES, row, strict=True)) for row in columns]
        return cls(tuple(labels), counts, dict(zip(labels, scores, strict=True)))

    @property
    def rows(self) -> Array:
        """How many rows have each label (C)."""
        found: Array = self.counts.sum(axis=1)
        return found

    def __str__(self) -> str:
        """Return a line for each label, at most 20: those that most rows have."""
        shown = np.sort(np.argsort(-self.rows, kind="stable")[:MOST_LINES])
        wide = max(len(_short(self.labels[i])) for i in shown)
        lines = ["  ".join([" " * (wide + 2), *(f"{name:>9}" for name in (*SCORES, "rows"))])]
        for i in shown:
            scores = self.scores[self.labels[i]].values()
            cells = [f"{'-' if math.isnan(s) else f'{s:.3f}':>9}" for s in scores]
            label = f"  {_short(self.labels[i]):<{wide}}"
            lines.append("  ".join([label, *cells, f"{self.rows[i]:>9}"]))
        more = len(self.labels) - len(shown)
        return "\n".join([*lines, *([f"  and {more} labels of fewer rows"] if more else [])])


def plot_confusions(found: Mapping[str, Confusion], path: str | Path) -> None:
    """Draw the confusion of every output into a file, side by side.

    Args:
        found: By output.
        path: The picture, whose suffix says the format (`.png`, `.svg`, `.pdf`).

    Raises:
        SettingError: There is none.
        DataError: The file cannot be written, or its format is not known.
    """
    from matplotlib.figure import Figure

    if not found:
        raise SettingError(
            "got a plot asked of outputs none of which is a category, expected one: what is drawn"
            " is which labels are taken for which. Leave the plot out."
        )
    sizes = [min(14.0, 3.2 + 0.36 * len(one.labels)) for one in found.values()]
    figure = Figure(figsize=(sum(sizes) + 0.6, max(sizes)), layout="constrained")
    places: Any = figure.subplots(1, len(found), squeeze=False, width_ratios=sizes)[0]
    for place, (output, one) in zip(places, found.items(), strict=True):
        image = _one(place, output, one)
    figure.colorbar(image, ax=places, label="share of the true label's rows", shrink=0.8)
    put(figure, path, example="confusion.png")


def _one(place: Any, output: str, found: Confusion) -> Any:
    """Draw one output's confusion: shares of the rows of each true label, and their counts."""
    shares = found.counts / np.maximum(found.rows, 1)[:, None]
    image = place.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    count = len(found.labels)
    names = [_short(label) for label in found.labels]
    small = 9 if count <= COUNTED else 7
    turned = 0 if count * max(map(len, names)) <= 24 else 90
    place.set_xticks(np.arange(count), names, fontsize=small, rotation=turned)
    place.set_yticks(np.arange(count), names, fontsize=small)
    place.set(title=output, xlabel="predicted", ylabel="true")
    for (i, k), rows in np.ndenumerate(found.counts):
        if count <= COUNTED and rows:
            color = "white" if shares[i, k] > 0.5 else "black"
            place.text(k, i, str(rows), ha="center", va="center", color=color, fontsize=small)
    return image


def _short(label: str) -> str:
    """Return a label that fits beside a table."""
    return label if len(label) <= WIDEST else f"{label[: WIDEST - 1]}…"
